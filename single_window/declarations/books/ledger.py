"""Entries into a book: its row locked, judged by pure functions, written whole or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from single_window import regimes
from single_window.declarations.books import rows
from single_window.declarations.books.loading import Loading, Needs
from single_window.domain.books import posting
from single_window.domain.books.account import Flow, Movement
from single_window.domain.books.entries import Entry, Kind, Posting
from single_window.domain.books.papers import Keeping
from single_window.domain.books.state import State
from single_window.domain.books.told import told
from single_window.domain.findings import Decision, Finding, decision
from single_window.domain.money import ZERO
from single_window.storage import many
from single_window.storage.among import among
from single_window.storage.engine import AnyRow, beijing_day
from single_window.storage.store import Store
from single_window.storage.tables import (
    book_entries,
    book_serials,
    books,
    counts,
    flows,
    holdings,
    movements,
    work_orders,
)

_NOT_KEPT = frozenset({Kind.RESERVE, Kind.RELEASE})
"""What leaves no entry behind: it comes and goes with its paper."""


@dataclass(frozen=True, slots=True)
class By:
    """Who enters something and when; an agency's word has no organisation behind it."""

    at: int
    person: str = ""
    organisation_id: int | None = None
    declaration_id: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of entries: findings, and whether they were made."""

    findings: tuple[Finding, ...] = ()
    movements: int = 0

    @property
    def decision(self) -> Decision:
        """The worst that was found."""
        return decision(self.findings)

    @property
    def refused(self) -> bool:
        """True when nothing was written."""
        return self.decision == "reject"


def keeping_of(regime: str) -> Keeping:
    """How a regime keeps its books; one that keeps none has no business here."""
    keeping = regimes.load(regime).hooks.keeping
    assert keeping is not None
    return keeping


@dataclass(slots=True)
class Trial:
    """Entries tried on one book, one after the other; written at the end, if none was refused."""

    store: Store
    connection: Connection
    row: AnyRow
    state: State
    made: list[Posting] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    _before: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        store: Store,
        connection: Connection,
        row: AnyRow,
        entries: Sequence[Entry],
        *,
        today: date | None = None,
    ) -> Trial:
        """On a locked book, with what the entries need; by their days, where `today` is given."""
        state = Loading(store, connection, row).state(Needs.of(entries, by_day=today is not None))
        state.today = today
        return cls(store, connection, row, state, _before=dict(state.holdings))

    def run(self, entries: Iterable[Entry]) -> bool:
        """Judges the entries in their order; False as soon as one is refused."""
        law = keeping_of(self.row.regime).law
        for entry in entries:
            made = posting.judge(self.state, entry, law(entry.day))
            self.findings += made.findings
            if made.refused:
                return False
            made.apply(self.state)
            self.made.append(made)
        return True

    # --- writing ------------------------------------------------------------------------------

    def write(self, by: By) -> int:
        """Writes what was made; returns the number of movements."""
        moved = [
            rows.row_of_movement(self.row.id, number, movement)
            for made in self.made
            if made.entry.kind not in _NOT_KEPT
            for number in [self._entry(made, by)]
            for movement in made.movements
        ]
        many.add(self.connection, movements, moved)
        self._flows(movement for made in self.made for movement in made.movements)
        self._changed(by)
        own = books.c.id == self.row.id
        changed = rows.row_of_book(self.state.book) | {"value": f"{self.state.value:f}"}
        self.connection.execute(update(books).where(own).values(changed))
        if any(made.entry.kind is Kind.CLOSE for made in self.made):
            close(self.connection, self.row.id, self.state.book.closed_through)
        return len(moved)

    def _entry(self, made: Posting, by: By) -> int:
        entry, e = made.entry, book_entries.c
        written = {"entry": told(entry), "findings": list(made.findings)}
        if entry.kind is Kind.REVERSE:
            named = [k for k, each in self.state.entries.items() if each.reversed_by == entry.key]
            living = (e.book_id == self.row.id, e.key.in_(named), e.reversed_by == "")
            self.connection.execute(
                update(book_entries).where(*living).values(reversed_by=entry.key)
            )
        return int(
            self.connection.execute(
                insert(book_entries)
                .values(
                    book_id=self.row.id,
                    key=entry.key,
                    kind=entry.kind.value,
                    day=entry.day.isoformat(),
                    order_no=self.state.entries[entry.key].order,
                    reversed_by="",
                    declaration_id=by.declaration_id,
                    organisation_id=by.organisation_id,
                    person=by.person,
                    sealed_entry=self.store.vault.seal(orjson.dumps(written)),
                    at=by.at,
                )
                .returning(e.id)
            ).scalar_one()
        )

    def _flows(self, made: Iterable[Movement]) -> None:
        sums: dict[Flow, Any] = defaultdict(lambda: ZERO)
        for each in made:
            sums[each[:4]] += each.quantity
        if not sums:
            return
        dialect = sqlite if self.connection.dialect.name == "sqlite" else postgresql
        added = dialect.insert(flows)
        added = added.on_conflict_do_update(
            index_elements=[*flows.primary_key],
            set_={"units": flows.c.units + added.excluded.units},
        )
        self.connection.execute(
            added,
            [
                {"book_id": self.row.id, "item": flow[0], "origin": flow[1].value,
                 "source": flow[2].value, "target": flow[3].value, "units": rows.units(total),
                 "closed_units": 0}
                for flow, total in sums.items()
            ],
        )  # fmt: skip

    def _changed(self, by: By) -> None:
        """Rewrites the pieces, orders, counts and reservations that the entries touched."""
        book, state = self.row.id, self.state
        touched: dict[str, set[Any]] = defaultdict(set)
        for made in self.made:
            for name in ("serials", "orders", "counts"):
                touched[name] |= {*getattr(made.state, name).maps[0]}
        papers = [p for p, held in state.holdings.items() if held != self._before.get(p, ())]
        let_off = (held.serial for paper in papers for held in self._before.get(paper, ()))
        touched["serials"] |= {number for number in let_off if number in state.serials}
        pieces = [state.serials[n] for n in sorted(touched["serials"])]
        self._rewrite(book_serials, [rows.row_of_serial(self.store, book, p) for p in pieces])
        orders = [state.orders[n] for n in sorted(touched["orders"])]
        self._rewrite(work_orders, [rows.row_of_order(book, each) for each in orders])
        counted = [
            {"book_id": book, "item": at[0], "origin": at[1].value, "place": at[2].value,
             "units": rows.units(found.quantity), "explanation": found.explanation,
             "path": found.path}
            for at in touched["counts"] for found in [state.counts[at]]
        ]  # fmt: skip
        self._rewrite(counts, counted)
        if papers:
            let_go(self.connection, book, papers)
        held = [
            rows.row_of_held(book, paper, by.declaration_id, each)
            for paper in papers
            for each in state.holdings[paper]
        ]
        many.add(self.connection, holdings, held)

    def _rewrite(self, table: Any, changed: list[rows.Row]) -> None:
        if not changed:
            return
        dialect = sqlite if self.connection.dialect.name == "sqlite" else postgresql
        added = dialect.insert(table)
        keys = {column.name for column in table.primary_key}
        rest = {name: added.excluded[name] for name in changed[0] if name not in keys}
        added = added.on_conflict_do_update(index_elements=[*table.primary_key], set_=rest)
        self.connection.execute(added, changed)


def enter(
    store: Store,
    connection: Connection,
    row: AnyRow,
    entries: Sequence[Entry],
    by: By,
    *,
    by_day: bool = False,
) -> Answer:
    """Makes all of these entries in a book that is locked, or none of them.

    Judged `by_day`, none may be of a day to come, nor take what was not there on its own day.
    Papers are not: they count from the day on which they took effect, whatever they speak of.
    """
    today = beijing_day(by.at) if by_day else None
    trial = Trial.of(store, connection, row, entries, today=today)
    if not trial.run(entries):
        return Answer(tuple(trial.findings))
    return Answer(tuple(trial.findings), trial.write(by))


def let_go(connection: Connection, book_id: int, papers: Sequence[str]) -> None:
    """What papers have spoken for can be had again."""
    own = (holdings.c.book_id == book_id, among(connection, holdings.c.paper, papers))
    connection.execute(delete(holdings).where(*own))


def release(connection: Connection, numbers: Sequence[int]) -> None:
    """What declarations that are over have spoken for can be had again (返还预扣)."""
    h, s = holdings.c, book_serials.c
    own = among(connection, h.declaration_id, numbers)
    concerned = sorted({*connection.execute(select(h.book_id).where(own)).scalars()})
    if not concerned:
        return
    locks = select(books.c.id).where(among(connection, books.c.id, concerned))
    connection.execute(locks.order_by(books.c.id).with_for_update()).all()
    gone = delete(holdings).where(own).returning(h.book_id, h.paper, h.serial)
    for row in connection.execute(gone).all():
        if row.serial:
            piece = (s.book_id == row.book_id, s.number == row.serial, s.reserved == row.paper)
            connection.execute(update(book_serials).where(*piece).values(reserved=""))


def close(connection: Connection, book_id: int, through: Any) -> None:
    """Notes in the sums what belongs to closed periods, and puts the counts away."""
    m, f = movements.c, flows.c
    at = (m.item, m.origin, m.source, m.target)
    after = connection.execute(
        select(*at, func.sum(m.units).label("units"))
        .where(m.book_id == book_id, m.day > through.isoformat())
        .group_by(*at)
    ).all()
    own = f.book_id == book_id
    connection.execute(update(flows).where(own).values(closed_units=f.units))
    for each in after:
        flow = tuple_(f.item, f.origin, f.source, f.target)
        same = flow == tuple_(each.item, each.origin, each.source, each.target)
        less = update(flows).where(own, same)
        connection.execute(less.values(closed_units=f.units - int(each.units)))
    connection.execute(delete(counts).where(counts.c.book_id == book_id))
