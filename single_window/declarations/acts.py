"""What a paper does to declarations filed before it: checked when it is filed, done when accepted.

A cancellation, a return, an arrival names its targets by their numbers. What it names is kept
beside it, so that each page shows the other whichever came first; what a return takes of a line is
taken from a ledger in the same transaction, so that two returns cannot both have the last piece.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, or_, select, update

from single_window import regimes
from single_window.declarations import ledgers
from single_window.declarations.history import Journal
from single_window.declarations.papers import Origin, Paper, add, kept, opened
from single_window.declarations.sources import sources
from single_window.declarations.standing import end, free, taking_key
from single_window.domain.acts import UNITS, Act, Said, Target, mentions_of
from single_window.domain.findings import Finding
from single_window.domain.lifecycle import Outcome, Verdict
from single_window.domain.regime import Regime
from single_window.storage import many
from single_window.storage.among import among
from single_window.storage.engine import AnyRow, beijing_day
from single_window.storage.store import Store
from single_window.storage.tables import declarations, legs, messages, touches

_COLUMNS: Mapping[str, Any] = {
    "invt_no": declarations.c.invt_no,
    "waybill": declarations.c.waybill_key,
    "trade": declarations.c.trade_key,
    "key": declarations.c.key,
}
_ENDED = (Outcome.REJECTED.value, Outcome.WITHDRAWN.value)
_REACHED = (Outcome.ACCEPTED.value, Outcome.RELEASED.value)
Row = dict[str, Any]

_SHOWN = 200
"""An arrival names parcels by the thousand; a page shows the first of them."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Settles what the papers of one chunk act on, in the transaction that stores them."""

    store: Store
    connection: Connection
    regime: Regime
    origin: Origin
    at: int

    @property
    def act(self) -> Act:
        """What these papers do."""
        return self.regime.acts[self.origin.message]

    def settle(self, papers: Sequence[Paper]) -> None:
        """Keeps what each paper names; a target that is not as it must be is a finding."""
        there = self._targets({number for paper in papers for number, _ in self._named(paper)})
        rows: list[Row] = []
        for paper in papers:
            with self.connection.begin_nested() as attempt:
                if paper.replaces is not None:
                    free(self.connection, [paper.replaces])
                rows += self._touched(paper, there)
                if paper.decision == "reject":
                    attempt.rollback()  # what an earlier version had taken stays taken
        many.add(self.connection, touches, rows)

    def _named(self, paper: Paper) -> list[tuple[str, str]]:
        group = self.regime.owned[self.origin.message].lines
        return list(self.act.keys(paper.facts, group))

    def _targets(self, numbers: Iterable[str]) -> dict[str, Target]:
        """The declarations of these numbers, the living one of several, their legs locked."""
        column = _COLUMNS[self.act.by]
        rows = self.connection.execute(
            select(declarations, messages.c.sender)
            .join(messages, messages.c.id == declarations.c.message_id)
            .where(
                among(self.connection, column, numbers),
                declarations.c.message == self.act.on,
                declarations.c.outcome != "",
            )
            .order_by(declarations.c.living_key.is_not(None), declarations.c.id)
        ).all()
        first = self._first_legs([row.id for row in rows])
        return {getattr(row, column.name): self._target(row, first.get(row.id)) for row in rows}

    def _first_legs(self, numbers: Sequence[int]) -> dict[int, AnyRow]:
        found = self.connection.execute(
            select(legs.c.declaration_id, legs.c.verdict, legs.c.at)
            .where(among(self.connection, legs.c.declaration_id, numbers), legs.c.step == 0)
            .order_by(legs.c.id)
            .with_for_update()
        )
        return {row.declaration_id: row for row in found}

    def _target(self, row: AnyRow, leg: AnyRow | None) -> Target:
        facts = opened(self.store, row.sealed_facts)
        owned = self.regime.owned[row.message]
        released = leg is not None and leg.verdict == Verdict.RELEASED.value
        return Target(
            id=row.id,
            outcome=Outcome(row.outcome),
            facts=facts,
            amounts=orjson.loads(row.amounts) if row.amounts else {},
            released=beijing_day(leg.at) if leg is not None and released else None,
            companies=frozenset({row.sender, *(str(facts.get(n, "")) for n in owned.companies)}),
        )

    def _touched(self, paper: Paper, there: Mapping[str, Target]) -> list[Row]:
        """What the paper names, as rows; what is wrong with a target is added to the paper."""
        rows: list[Row] = []
        for number, path in self._named(paper):
            target = there.get(number)
            self._judge(paper, target, number, path)
            row = {
                "declaration_id": self.origin.number(paper),
                "key": self.act.mention(number),
                "line": "",
                "target_id": target.id if target else None,
                "units": 0,
                "of_units": 0,
            }
            takes = self.act.effect == "give_back" and target and paper.decision != "reject"
            rows += self._taken(paper, target, row) if takes and target else [row]
        return rows

    def _judge(self, paper: Paper, target: Target | None, number: str, path: str) -> None:
        act, sender = self.act, self.origin.sender
        if target is None:
            _say(paper, act.unknown, path, number)
        elif act.effect and sender and sender not in target.companies:
            _say(paper, Said("REC-NOT-YOURS", "reject"), path, number)
        elif target.outcome not in act.states:
            _say(paper, act.refused, path, number)
        else:
            for name in act.agree:
                own, other = str(paper.facts.get(name, "")), str(target.facts.get(name, ""))
                if own != other:
                    _say(paper, act.differs, act.prefix + name, own)

    def _taken(self, paper: Paper, target: Target, row: Row) -> list[Row]:
        """Takes what comes back from the target's lines; too little left is a finding."""
        hooks = self.regime.hooks
        assert hooks.returning is not None and hooks.too_much is not None
        p = self.regime.in_force(beijing_day(self.at), sources())
        result = hooks.returning(paper.facts, target, self._used(target), p)
        for finding in result.findings:
            add(paper, finding)
        if paper.decision == "reject":
            return [row]
        wants = [
            ledgers.Want(taking_key(target.id, taking.line), taking.units, taking.limit)
            for taking in result.takings
        ]
        refusals = ledgers.take(self.connection, wants)
        for taking, refusal in zip(result.takings, refusals, strict=True):
            if refusal is not None:
                left = taking.of - Decimal(refusal.used_fen) / UNITS
                add(paper, hooks.too_much(taking, left))
        if any(refusals):
            return [row]
        paper.amounts = kept(result.amounts)
        return [
            row | {"line": taking.line, "units": taking.units, "of_units": taking.limit}
            for taking in result.takings
        ]

    def _used(self, target: Target) -> dict[str, Decimal]:
        """Per line of a target what living returns have taken of it."""
        used: dict[str, Decimal] = defaultdict(Decimal)
        for row in self.connection.execute(_takings(target.id, _ENDED, ended=True)):
            used[row.line] += Decimal(row.units) / UNITS
        return used


def _say(paper: Paper, said: Said, path: str, value: str) -> None:
    add(paper, Finding("rule", said.code, said.severity, path, value=value))


def _takings(target: int, outcomes: Sequence[str], *, ended: bool) -> Any:
    """What papers whose outcome is (or, with `ended`, is not) one of these took of a target."""
    own = declarations.c.outcome
    return (
        select(touches.c.line, touches.c.units, touches.c.of_units)
        .join(declarations, declarations.c.id == touches.c.declaration_id)
        .where(
            touches.c.target_id == target,
            touches.c.units > 0,
            own.not_in(outcomes) if ended else own.in_(outcomes),
        )
    )


def take_effect(connection: Connection, journal: Journal, rows: Iterable[AnyRow], at: int) -> None:
    """Customs has accepted these papers: what they act on is withdrawn, or a part given back."""
    for row in rows:
        act = _act(row.message)
        if act is None or not act.effect:
            continue
        named = select(touches.c.target_id).where(touches.c.declaration_id == row.id)
        targets = connection.execute(
            select(declarations)
            .where(declarations.c.id.in_(named))
            .order_by(declarations.c.id)
            .with_for_update()
        ).all()
        for target in targets:
            told = "" if act.effect == "withdraw" or _in_time(connection, target, at) else "_late"
            kind = f"{act.effect}{told}"
            journal.add(target.submission_id, target.id, kind, code=str(row.id))
            if act.effect == "withdraw":
                end(connection, [target.id], Outcome.WITHDRAWN, at=at)
                _close(connection, target, Outcome.WITHDRAWN, at)
            else:
                _keep_rest(connection, target, at, in_time=not told)


def _keep_rest(connection: Connection, target: AnyRow, at: int, *, in_time: bool) -> None:
    """The target's quota is that of what has not come back; with nothing left it is closed."""
    regime = regimes.owner(target.message)
    assert regime is not None
    left = _left(connection, target.id)
    amounts = orjson.loads(target.amounts) if target.amounts else {}
    if target.quota_key and regime.hooks.worth is not None and in_time:
        rest = min(target.quota_fen, regime.hooks.worth(amounts, left))
        ledgers.give_back(connection, [(target.quota_key, target.quota_fen - rest)])
        own = declarations.c.id == target.id
        connection.execute(update(declarations).where(own).values(quota_fen=rest))
    lines = {str(line["gnum"]) for line in amounts.get("lines", ())}
    if lines and all(line in left and not left[line][0] for line in lines):
        _close(connection, target, Outcome.CLOSED, at)


def _in_time(connection: Connection, target: AnyRow, at: int) -> bool:
    """Whether goods that are back now still bring back what was used of the person's year."""
    regime = regimes.owner(target.message)
    assert regime is not None
    first = (legs.c.declaration_id == target.id) & (legs.c.step == 0)
    released = connection.execute(select(legs.c.at).where(first)).scalar_one()
    today, asked = beijing_day(at), regime.hooks.in_time
    p = regime.in_force(today, sources())
    return asked is None or asked(beijing_day(released), today, p)


def _left(connection: Connection, target: int) -> dict[str, tuple[Decimal, Decimal]]:
    """Per line that something came back of: how much is left of how much."""
    left: dict[str, tuple[Decimal, Decimal]] = {}
    for row in connection.execute(_takings(target, _REACHED, ended=False)):
        of = Decimal(row.of_units)
        rest, _ = left.get(row.line, (of, of))
        left[row.line] = (rest - Decimal(row.units), of)
    return left


def _close(connection: Connection, target: AnyRow, outcome: Outcome, at: int) -> None:
    """No later word of an agency moves it any more."""
    first = (legs.c.declaration_id == target.id) & (legs.c.step == 0)
    connection.execute(update(legs).where(first).values(verdict=Verdict.CLOSED.value, at=at))
    own = declarations.c.id == target.id
    connection.execute(update(declarations).where(own).values(outcome=outcome.value, updated_at=at))


def _act(message: str) -> Act | None:
    regime = regimes.owner(message)
    return regime.acts.get(message) if regime is not None else None


def connected(connection: Connection, row: AnyRow) -> ColumnElement[bool]:
    """True for the papers that name this declaration, and for those that it names."""
    naming = select(touches.c.declaration_id).where(touches.c.key.in_(mentions_of(row)))
    ways = [declarations.c.id.in_(naming)]
    if (act := _act(row.message)) is not None:
        own = select(touches.c.key).where(touches.c.declaration_id == row.id).limit(_SHOWN)
        numbers = [act.number(key) for key in connection.execute(own).scalars()]
        ways.append((declarations.c.message == act.on) & _COLUMNS[act.by].in_(numbers))
    return or_(*ways)
