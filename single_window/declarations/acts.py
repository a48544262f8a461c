"""What a paper does to declarations filed before it, as far as its filing: found, judged, taken.

A cancellation, a return, an arrival names its targets by their numbers. What it names is kept
beside it, so that each page shows the other whichever came first; what a return takes of a line is
taken from a ledger in the same transaction, so that two returns cannot both have the last piece.
What comes of it once customs has accepted the paper stands in `effects`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, delete, select

from single_window import regimes
from single_window.declarations import ledgers
from single_window.declarations.effects import COLUMNS, taken, takings, touch
from single_window.declarations.legs import first_legs
from single_window.declarations.papers import Origin, Paper, add, kept, opened
from single_window.declarations.sources import sources
from single_window.declarations.standing import free, taking_key
from single_window.domain.acts import ALONE, UNITS, Act, Earlier, Said, Target
from single_window.domain.conditions import day_of
from single_window.domain.findings import Finding
from single_window.domain.lifecycle import OVER, Outcome, Verdict
from single_window.domain.regime import Regime
from single_window.domain.rules import Params
from single_window.storage import many
from single_window.storage.among import among
from single_window.storage.engine import AnyRow, beijing_day
from single_window.storage.store import Store
from single_window.storage.tables import declarations, messages, pairings, parties, touches

AWAITING = "A|"
"""Begins a mark by which papers find what they wait for: the number follows as it is kept."""
_OPEN = (Outcome.WAITING.value, Outcome.UNDER_WAY.value, Outcome.HELD.value)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Acting:
    """Settles what the papers of one chunk act on, in the transaction that stores them."""

    store: Store
    connection: Connection
    regime: Regime
    origin: Origin
    at: int
    late: bool = False
    """Whether the papers were filed before what they act on, and are settled now."""
    _stored: list[tuple[Paper, Row]] = field(default_factory=list)
    """What papers of this chunk name, in order; stored when all are settled."""

    @property
    def act(self) -> Act:
        """What these papers do."""
        return self.regime.acts[self.origin.message]

    def settle(self, papers: Sequence[Paper]) -> None:
        """Keeps what each paper names; a target that is not as it must be is a finding."""
        there = self._targets({number for paper in papers for number, _ in self._named(paper)})
        for paper in papers:
            with self.connection.begin_nested() as attempt:
                if paper.replaces is not None:
                    free(self.connection, [paper.replaces])
                rows = self._touched(paper, there)
                if paper.decision == "reject":
                    attempt.rollback()  # what an earlier version had taken stays taken
                    rows = [row | {"units": 0} for row in rows]
            self._stored.extend((paper, row) for row in rows)
        if self.late:
            self._replace()
        many.add(self.connection, touches, [row for _, row in self._stored])
        if self._awaits and not self.late:
            marks = {AWAITING + row["key"] for _, row in self._stored}
            rows = [{"key": key, "due_at": self.at} for key in sorted(marks)]
            many.add(self.connection, pairings, rows)

    def is_settled(self, paper: Paper, kept: Mapping[str, int | None]) -> bool:
        """Whether what a paper names is there and was so before: `kept` is what each number was."""
        there = self._targets({number for number, _ in self._named(paper)})
        now = {
            self.act.mention(number): there[number].id if number in there else None
            for number, _ in self._named(paper)
        }
        return all(found is not None and kept.get(key) == found for key, found in now.items())

    @property
    def _awaits(self) -> bool:
        """Whether a target that is not there yet is waited for."""
        return self.origin.message in self.regime.leads

    def _replace(self) -> None:
        """Makes room for the rows of papers that are settled late; a rejected one keeps its own."""
        self._stored[:] = [each for each in self._stored if each[0].decision != "reject"]
        for number, key in {(row["declaration_id"], row["key"]) for _, row in self._stored}:
            own = (touches.c.declaration_id == number) & (touches.c.key == key)
            self.connection.execute(delete(touches).where(own))

    def _named(self, paper: Paper) -> list[tuple[str, str]]:
        message = self.origin.message
        called = self.regime.hooks.called.get(message, {})
        return list(self.act.keys(paper.facts, self.regime.owned[message].lines, called))

    def _targets(self, numbers: Iterable[str]) -> dict[str, Target]:
        """The declarations of these numbers; of several the one that lives, or the newest."""
        column = COLUMNS[self.act.by]
        living = (declarations.c.living_key.is_not(None),) if self._awaits else ()
        found = self._found(among(self.connection, column, numbers), *living)
        return {getattr(row, column.name): target for row, target in found}

    def _found(self, *where: ColumnElement[bool]) -> list[tuple[AnyRow, Target]]:
        """Declarations that the papers may act on, their legs locked.

        What is taken of a target, and what it says of itself, is changed with its leg locked: who
        had to wait for the lock reads the target again.
        """
        rows = self._rows(*where)
        first = first_legs(self.connection, rows, lock=True)
        if rows and self.connection.dialect.name != "sqlite":
            numbers = [row.id for row in rows]
            rows = self._rows(among(self.connection, declarations.c.id, numbers))
        return [(row, target_of(self.store, row, first.get(row.id))) for row in rows]

    def _rows(self, *where: ColumnElement[bool]) -> list[AnyRow]:
        """Declarations that the papers may act on; of several of a number the living one last."""
        rows = self.connection.execute(
            select(declarations, messages.c.sender)
            .join(messages, messages.c.id == declarations.c.message_id)
            .where(*where, declarations.c.message.in_(self.act.on), declarations.c.outcome != "")
            .order_by(declarations.c.living_key.is_not(None), declarations.c.id)
        ).all()
        return [row for row in rows if regimes.of(row) is self.regime]

    def _touched(self, paper: Paper, there: Mapping[str, Target]) -> list[Row]:
        """What the paper names, as rows; what is wrong with a target is added to the paper."""
        rows: list[Row] = []
        for number, path in self._named(paper):
            target = there.get(number)
            row = self._row(paper, number, target)
            if target is None and self._awaits and not self.late:
                rows.append(row)
                continue
            self._judge(paper, target, number, path)
            takes = bool(self.act.ledger) and paper.decision != "reject"
            rows += self._taken(paper, target, row) if takes and target else [row]
        if self.act.sums and paper.decision != "reject":
            rows += self._summed(paper, there)
        return rows

    def _row(self, paper: Paper, number: str, target: Target | None) -> Row:
        return touch(
            self.origin.number(paper),
            self.act.mention(number),
            ledger=self.act.ledger,
            target=target.id if target else None,
        )

    def _judge(self, paper: Paper, target: Target | None, number: str, path: str) -> None:
        act, sender = self.act, self.origin.sender
        effect = act.effect(paper.facts)
        if target is None:
            _say(paper, act.unknown, path, number)
        elif (effect or act.ledger) and sender and sender not in target.companies:
            _say(paper, Said("REC-NOT-YOURS", "reject"), path, number)
        elif target.outcome not in act.states or (
            effect in ALONE and self._is_changing(paper, target)
        ):
            _say(paper, act.refused, path, number)
        else:
            for name in act.agree:
                own, other = str(paper.facts.get(name, "")), str(target.facts.get(name, ""))
                if own != other:
                    _say(paper, act.differs, act.prefix + name, own)

    def _is_changing(self, paper: Paper, target: Target) -> bool:
        """Whether another paper that has not taken effect yet is to change or close the target."""
        changing = [
            name for name, act in self.regime.acts.items() if ALONE & {*act.effects.values()}
        ]
        naming = select(touches.c.declaration_id).where(touches.c.target_id == target.id)
        other = self.connection.execute(
            select(declarations.c.id).where(
                declarations.c.id.in_(naming),
                declarations.c.id.is_distinct_from(paper.replaces),
                declarations.c.message.in_(changing),
                declarations.c.outcome.in_(_OPEN),
            )
        )
        here = (row["target_id"] for each, row in self._stored if each.decision != "reject")
        return other.first() is not None or target.id in here

    def _taken(self, paper: Paper, target: Target, row: Row) -> list[Row]:
        """Takes what comes back from the target's lines; too little left is a finding."""
        hooks = self.regime.hooks
        assert hooks.taking is not None and hooks.too_much is not None
        before = self._taken_before(target)
        used = {line: gone for line, (gone, _) in before.items()}
        limits = {line: of for line, (_, of) in before.items()}
        earlier = self._earlier(target) if self.act.earlier else ()
        known = replace(target, limits=limits, earlier=earlier)
        own = orjson.loads(paper.amounts) if paper.amounts else {}
        facts = {**paper.facts, "amounts": own}
        result = hooks.taking(self.origin.message, facts, known, used, self._today())
        for finding in result.findings:
            add(paper, finding)
        if paper.decision == "reject":
            return [row]
        wants = [
            ledgers.Want(
                taking_key(self.act.ledger, target.id, taking.line), taking.units, taking.limit
            )
            for taking in result.takings
        ]
        refusals = ledgers.take(self.connection, wants)
        told = set[str]()
        for taking, refusal in zip(result.takings, refusals, strict=True):
            if refusal is not None and taking.path not in told:
                told.add(taking.path)  # of a field that wants too much of several lines, the first
                left = taking.of - Decimal(refusal.used_fen) / UNITS
                add(paper, hooks.too_much(taking, left))
        if any(refusals):
            return [row]
        paper.amounts = kept(own | result.amounts)
        return [
            row | {"line": taking.line, "units": taking.units, "of_units": taking.limit}
            for taking in result.takings
        ] or [row]

    def _summed(self, paper: Paper, there: Mapping[str, Target]) -> list[Row]:
        """Sums up what the paper names, by number or by a period; the latter's targets, as rows."""
        summing = self.regime.hooks.summing
        assert summing is not None
        named = [there[number] for number, _ in self._named(paper) if number in there]
        more = [] if named else self._of_period(paper)
        result = summing(paper.facts, named or more, self._today())
        for finding in result.findings:
            add(paper, finding)
        paper.amounts = kept(result.amounts)
        return [self._row(paper, target.number, target) for target in more]

    def _of_period(self, paper: Paper) -> list[Target]:
        """What the paper's company had released within the period that it names."""
        start, end = (str(paper.facts.get(name, "")) for name in self.act.within)
        company = paper.facts.get(self.regime.owned[self.act.on[0]].companies[0], "")
        first, last = day_of(start[:8]), day_of(end[:8])
        if first is None or last is None:
            return []
        named = select(parties.c.declaration_id).where(parties.c.code == company)
        found = self._found(
            declarations.c.id.in_(named), declarations.c.outcome == Outcome.RELEASED.value
        )
        return [each for _, each in found if each.released and first <= each.released <= last]

    def _today(self) -> Params:
        return self.regime.in_force(beijing_day(self.at), sources())

    def _taken_before(self, target: Target) -> dict[str, tuple[Decimal, Decimal]]:
        """Per line of a target what living papers of the kind have taken of it, and its limit."""
        stored = self.connection.execute(takings(target.id, self.act.ledger, over=OVER))
        here = [(row["line"], row["units"], row["of_units"]) for _, row in self._here(target)]
        return taken((*stored, *here))

    def _earlier(self, target: Target) -> tuple[Earlier, ...]:
        """The living papers that took of a target."""
        own = declarations.c
        took = select(touches.c.declaration_id).where(
            touches.c.target_id == target.id,
            touches.c.ledger == self.act.ledger,
            touches.c.units > 0,
        )
        stored = self.connection.execute(
            select(own.message, own.key, own.amounts, own.created_at)
            .where(own.id.in_(took), own.outcome.not_in(OVER))
            .order_by(own.id)
        )
        here = {paper.ordinal: paper for paper, _ in self._here(target)}
        message = self.origin.message
        now = [(message, paper.key, paper.amounts, self.at) for paper in here.values()]
        return tuple(
            Earlier(name, key, orjson.loads(amounts or "{}"), beijing_day(at))
            for name, key, amounts, at in (*stored, *now)
        )

    def _here(self, target: Target) -> list[tuple[Paper, Row]]:
        """What papers of this chunk have taken of a target so far."""
        return [
            (paper, row)
            for paper, row in self._stored
            if row["units"] > 0 and row["target_id"] == target.id
        ]


def target_of(store: Store, row: AnyRow, leg: AnyRow | None) -> Target:
    """A declaration as papers see it; `row` tells its sender too, `leg` is its first one."""
    regime = regimes.of(row)
    names = regime.owned[row.message].companies if regime is not None else ()
    facts = opened(store, row.sealed_facts)
    released = leg is not None and leg.verdict == Verdict.RELEASED.value
    return Target(
        id=row.id,
        number=row.invt_no or "",
        outcome=Outcome(row.outcome),
        facts=facts,
        amounts=orjson.loads(row.amounts) if row.amounts else {},
        released=beijing_day(leg.at) if leg is not None and released else None,
        companies=frozenset({row.sender, *(str(facts.get(name, "")) for name in names)}),
    )


def _say(paper: Paper, said: Said, path: str, value: str) -> None:
    add(paper, Finding("rule", said.code, said.severity, path, value=value))
