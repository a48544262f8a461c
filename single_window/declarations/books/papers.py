"""Papers that concern a book: what they ask of it when filed, and enter once they take effect.

An outgoing paper speaks for what it will take while it is filed, in the transaction that stores it,
so that two clerks cannot both have the last piece. It is entered once customs has accepted it and
the papers that it waits for are through; refused or withdrawn it gives everything back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson
from sqlalchemy import Connection, delete, exists, or_, select

from single_window import regimes
from single_window.declarations.books import period
from single_window.declarations.books.ledger import Answer, By, Trial, enter
from single_window.declarations.books.loading import Loading, locked
from single_window.declarations.books.opening import changed, forbidden
from single_window.declarations.history import Journal
from single_window.declarations.papers import Origin, Paper, add, opened
from single_window.domain.acts import mentions_of
from single_window.domain.books.entries import Entry, Kind
from single_window.domain.books.papers import Change, Doing, Filed, Keeping
from single_window.domain.findings import Finding
from single_window.domain.lifecycle import OVER, REACHED
from single_window.domain.regime import Regime
from single_window.storage.among import among
from single_window.storage.engine import AnyRow, beijing_day
from single_window.storage.store import Store
from single_window.storage.tables import (
    book_entries,
    book_failures,
    books,
    declarations,
    events,
    touches,
)

# --- filing -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asking:
    """The papers of one chunk, in the transaction that stores them."""

    store: Store
    connection: Connection
    origin: Origin
    at: int

    def settle(self, papers: Iterable[Paper]) -> None:
        """Adds to each what its book has to say, and lets it speak for what it will take."""
        named: list[tuple[Paper, Keeping, Filed, str]] = []
        for paper in papers:
            keeping = paper.regime.hooks.keeping if paper.regime is not None else None
            if keeping is None or paper.record is None:
                continue
            filed = Filed(
                self.origin.message, paper.facts, beijing_day(self.at), record=paper.record
            )
            change = keeping.change(filed, None)
            if change is not None and change.at_once:
                self._open(paper, paper.regime, change)
            elif number := keeping.book_of(filed):
                named.append((paper, keeping, filed, number))
        there = locked(self.connection, (number for *_, number in named)) if named else {}
        for paper, keeping, filed, number in named:
            if (row := there.get(number)) is None:
                if keeping.change(filed, None) is None:
                    add(paper, Finding("rule", "BOOK-NOT-HERE", "warn", value=number))
                continue
            for finding in self._asked(paper, keeping, filed, row):
                add(paper, finding)

    def _open(self, paper: Paper, regime: Regime | None, change: Change) -> None:
        """A whole account that is filed: opened with all that it says, or refused."""
        findings = [*change.found]
        if not any(each.severity == "reject" for each in findings):
            made = changed(
                self.store, self.connection, None, change, by=self._by(paper),
                regime=regime.name if regime is not None else "",
            )  # fmt: skip
            findings += made.findings
        said = {(each.code, each.path): each for each in findings}
        for finding in said.values():
            add(paper, finding)

    def _by(self, paper: Paper) -> By:
        return By(
            self.at, declaration_id=self.origin.number(paper),
            organisation_id=self.origin.organisation_id,
        )  # fmt: skip

    def _asked(
        self, paper: Paper, keeping: Keeping, filed: Filed, row: AnyRow
    ) -> Sequence[Finding]:
        loading = Loading(self.store, self.connection, row)
        book = loading.book()
        doing = keeping.doing(filed, book, loading.all_items)
        findings = [*doing.unread]
        if (change := keeping.change(filed, book)) is not None:
            findings += forbidden(self.store, self.connection, row, change)
        if (span := keeping.period(filed)) is not None:
            state = period.state(self.store, self.connection, row, span)
            findings += keeping.compare(filed, state)
        if not findings or not any(each.severity == "reject" for each in findings):
            findings += self._tried(row, doing, self._by(paper))
        return findings

    def _tried(self, row: AnyRow, doing: Doing, by: By) -> Sequence[Finding]:
        """Tries what the paper will enter, and enters what it asks for, or everything at once."""
        tries = doing.makes if doing.tries is None else doing.tries
        trial = Trial.of(self.store, self.connection, row, [*tries, *doing.makes, *doing.asks])
        for number in {entry.number for entry in (*doing.makes, *doing.asks)}:
            trial.state.let_go(number)  # what an earlier version had spoken for
        probe = replace(trial, state=trial.state.fork(), made=[], findings=[])
        if not probe.run(tries):
            return probe.findings
        if trial.run(doing.makes if doing.at_once else doing.asks):
            trial.write(by)
        known = {(each.code, each.path) for each in probe.findings}
        more = (each for each in trial.findings if (each.code, each.path) not in known)
        return [*probe.findings, *more]


# --- taking effect ----------------------------------------------------------------------------


def take_effect(
    store: Store, connection: Connection, journal: Journal, heard: Mapping[int, set[str]], at: int
) -> None:
    """Agencies have spoken of these papers: what they, or what they name, enters or gives back.

    `heard` is what has just been said of each, in the words of the history.
    """
    Effects(store, connection, journal, at, heard).settle([*heard])


@dataclass(frozen=True, slots=True)
class Effects:
    """Papers and the books that they are entered into, in the transaction of an agency's word."""

    store: Store
    connection: Connection
    journal: Journal
    at: int
    heard: Mapping[int, set[str]] = field(default_factory=dict)

    def settle(self, numbers: Sequence[int]) -> None:
        """Looks at each paper, and at those that they name, and enters what is due."""
        d, t = declarations.c, touches.c
        own = among(self.connection, d.id, numbers)
        named = exists().where(
            t.target_id == d.id, among(self.connection, t.declaration_id, numbers)
        )
        keys = self.connection.execute(
            select(t.key).where(among(self.connection, t.declaration_id, numbers))
        ).scalars()
        by_number = [key.partition("|")[2] for key in keys if key.startswith("I|")]
        found = self.connection.execute(
            select(declarations)
            .where(or_(own, named, among(self.connection, d.invt_no, by_number)))
            .order_by(d.id)
        ).all()
        concerned = [(row, keeping) for row in found if (keeping := _keeping(row)) is not None]
        papers = [(row, keeping, self._filed(row)) for row, keeping in concerned]
        there = locked(self.connection, (k.book_of(filed) for _, k, filed in papers))
        for row, keeping, filed in papers:
            self._look(row, keeping, filed, there.get(keeping.book_of(filed)))

    def _filed(self, row: AnyRow) -> Filed:
        numbers = orjson.loads(row.numbers) if row.numbers else {}
        facts, own = opened(self.store, row.sealed_facts), events.c.declaration_id == row.id
        said = self.connection.execute(select(events.c.kind).where(own)).scalars()
        heard = frozenset(said) | self.heard.get(row.id, set())
        return Filed(row.message, facts, beijing_day(self.at), numbers=numbers,
                     outcome=row.outcome, heard=heard)  # fmt: skip

    def _look(self, row: AnyRow, keeping: Keeping, filed: Filed, book: AnyRow | None) -> None:
        made = self._made(row.id)
        if row.outcome in OVER:
            if made and book is not None:
                self._take_back(row, filed, book, made)
            return
        if made or row.outcome not in REACHED:
            return
        loading = Loading(self.store, self.connection, book) if book is not None else None
        own = loading.book() if loading is not None else None
        by = By(self.at, declaration_id=row.id)
        if (change := keeping.change(filed, own)) is not None:
            answer = changed(self.store, self.connection, book, change, by=by, regime=row.regime)
            self._told(row, book, answer)
        elif own is not None and book is not None and loading is not None:
            doing = keeping.doing(filed, own, loading.all_items)
            if doing.makes and not doing.at_once and keeping.due(filed, own, self._others(row)):
                self._told(row, book, self._entered(book, doing, by))

    def _made(self, number: int) -> Sequence[str]:
        """The keys of what a paper has entered, and what was not taken back since."""
        e = book_entries.c
        own = (e.declaration_id == number, e.reversed_by == "", e.kind != Kind.REVERSE.value)
        found = self.connection.execute(select(e.key).where(*own).order_by(e.id))
        opened_by = exists().where(books.c.declaration_id == number)
        opens = self.connection.execute(select(opened_by)).scalar_one()
        return [*found.scalars(), *([""] if opens else [])]

    def _others(self, row: AnyRow) -> list[Filed]:
        """The living papers that name this one."""
        d, t = declarations.c, touches.c
        keys = among(self.connection, t.key, mentions_of(row))
        found = self.connection.execute(
            select(declarations)
            .where(
                d.id.in_(select(t.declaration_id).where(or_(keys, t.target_id == row.id))),
                d.outcome.not_in((*OVER, "")),
            )
            .order_by(d.id)
        )
        return [self._filed(each) for each in found]

    def _entered(self, book: AnyRow, doing: Doing, by: By) -> Answer:
        """What the paper had spoken for is free for it, and for nobody else in between."""
        trial = Trial.of(self.store, self.connection, book, doing.makes)
        for number in {entry.number for entry in doing.makes}:
            trial.state.let_go(number)
        if not trial.run(doing.makes):
            return Answer(tuple(trial.findings))
        return Answer(tuple(trial.findings), trial.write(by))

    def _take_back(self, row: AnyRow, filed: Filed, book: AnyRow, made: Sequence[str]) -> None:
        """An agency has refused after all what was entered already."""
        for key in reversed([key for key in made if key]):
            back = Entry(Kind.REVERSE, filed.day, number=f"{row.id}|{key}"[:64], reverses=key)
            by = By(self.at, declaration_id=row.id)
            self._told(row, book, enter(self.store, self.connection, book, [back], by))

    def _told(self, row: AnyRow, book: AnyRow | None, answer: Answer) -> None:
        """Writes down that a paper was entered, or that it could not be."""
        own = book_failures.c.declaration_id == row.id
        self.connection.execute(delete(book_failures).where(own))
        code = "book_refused" if answer.refused else "book_entered"
        self.journal.add(row.submission_id, row.id, code)
        if answer.refused:
            self.connection.execute(
                book_failures.insert().values(
                    declaration_id=row.id,
                    book_id=book.id if book is not None else 0,
                    sealed_findings=self.store.vault.seal(orjson.dumps([*answer.findings])),
                    at=self.at,
                )
            )


def _keeping(row: AnyRow) -> Keeping | None:
    regime = regimes.of(row)
    return regime.hooks.keeping if regime is not None else None


def failed(connection: Connection, book_id: int) -> list[int]:
    """The papers that could not be entered into a book."""
    f = book_failures.c
    own = select(f.declaration_id).where(f.book_id == book_id).order_by(f.declaration_id)
    return [*connection.execute(own).scalars()]
