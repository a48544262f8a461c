"""What agencies answered is matched and applied by the table of states.

A receipt may come twice, late, out of order, or for something unknown; none of that does harm.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, bindparam, insert, select, update

from single_window import regimes
from single_window.declarations.history import Journal
from single_window.declarations.records import LEGS_PER_DECLARATION
from single_window.declarations.standing import end
from single_window.domain import lifecycle
from single_window.domain.lifecycle import Event, Filer, Outcome, State, Transport
from single_window.domain.lifecycle import Verdict as Decided
from single_window.domain.plans import Step, reached
from single_window.logs import masked
from single_window.routing.arrivals import Wake
from single_window.routing.matching import Matching
from single_window.routing.runs import Read, runs
from single_window.storage.among import among
from single_window.storage.claims import anything_due, take_due
from single_window.storage.engine import AnyRow, Busy, now_ms
from single_window.storage.store import Store
from single_window.storage.tables import declarations, legs, outgoing, pairings, receipts

if TYPE_CHECKING:
    from adapters.base import Adapter, Verdict

log = logging.getLogger(__name__)

TRIES = 20
"""How often a receipt without a match is tried again; it stays listed after that."""
RETRY_MS = 5_000
AT_ONCE = 8
"""Receipts applied in one transaction."""


def apply_due(store: Store, wake: Wake, adapter: Adapter, *, most: int = 400) -> int:
    """Reads and applies the receipts of one agency that are due; returns how many."""
    applied = 0
    own = receipts.c.agency == adapter.name
    while applied < most and anything_due(store.database, receipts, now=now_ms(), where=own):
        with store.database.write(again=True) as connection:
            taken = take_due(
                connection,
                receipts,
                now=now_ms(),
                lease_ms=store.settings.lease_seconds * 1000,
                limit=AT_ONCE,
                columns=tuple(receipts.c),
                where=own,
                order=(receipts.c.due_at, receipts.c.id),
            )
        if not taken:
            break
        _apply_all(store, adapter, [read for row in taken if (read := _read(store, adapter, row))])
        applied += len(taken)
        wake("pair", "")
        wake("dispatch", "")
    return applied


def _read(store: Store, adapter: Adapter, row: AnyRow) -> Read | None:
    """A receipt and what it says; one that says nothing is put aside for the operator."""
    try:
        return row, adapter.parse(store.vault.open(row.sealed_body, row.agency.encode()))
    except ValueError as error:
        log.error("receipt unreadable", extra={"receipt": row.id, "agency": row.agency})
        told = masked(str(error))[:400]
        with store.database.write() as connection:
            _write(connection, [row.id], state="unreadable", due_at=None, detail=told)
        return None


def _apply_all(store: Store, adapter: Adapter, read: list[Read]) -> None:
    """Applies several receipts in one transaction, or, when one of them fails, each in its own."""
    try:
        with store.database.write(again=True) as connection:
            told = [one for run in runs(read) for one in _apply(connection, adapter, run)]
    except Busy:
        raise
    except Exception:
        if len(read) == 1:  # it stays claimed for a while, and the others go on
            log.exception("receipt put off", extra={"receipt": read[0][0].id})
            return
        for each in read:
            _apply_all(store, adapter, [each])
        return
    for row, unmatched in told:
        values = {"receipt": row.id, "agency": row.agency, "unmatched": unmatched}
        log.info("receipt applied", extra=values)


def _apply(
    connection: Connection, adapter: Adapter, read: Sequence[Read]
) -> list[tuple[AnyRow, int]]:
    """Applies receipts together; returns each with how many of its verdicts found nothing."""
    change = _Change(connection, adapter)
    told = change.take([verdicts for _, verdicts in read])
    change.write()
    done = [row.id for (row, _), unmatched in zip(read, told, strict=True) if not unmatched]
    if done:
        _write(connection, done, state="applied", due_at=None, detail="")
    for (row, verdicts), unmatched in zip(read, told, strict=True):
        if unmatched:
            again = now_ms() + RETRY_MS * (row.tries + 1) if row.tries + 1 < TRIES else None
            detail = f"{unmatched}/{len(verdicts)}"
            _write(connection, [row.id], state="unmatched", due_at=again, detail=detail)
    return [(row, unmatched) for (row, _), unmatched in zip(read, told, strict=True)]


def _write(connection: Connection, numbers: Sequence[int], **values: Any) -> None:
    connection.execute(
        update(receipts)
        .where(receipts.c.id.in_(numbers))
        .values(tries=receipts.c.tries + 1, **values)
    )


_OF_LEGS = (
    legs.c.id,
    legs.c.declaration_id,
    legs.c.step,
    legs.c.content,
    legs.c.transport,
    legs.c.verdict,
    legs.c.outgoing_id,
)
_EVENTS = {event.value: event for event in Event}
STATES = {
    (transport.value, verdict.value): State(Filer.SUBMITTED, transport, verdict)
    for transport in Transport
    for verdict in Decided
}
"""The state of a leg by its two columns."""


@dataclass(slots=True)
class _Leg:
    """A leg as it is while verdicts are applied."""

    row: AnyRow
    state: State
    moved: bool = False


@dataclass(slots=True)
class _Change:
    """Applies the verdicts of receipts, in their order, in one transaction."""

    connection: Connection
    adapter: Adapter
    at: int = field(default_factory=now_ms)
    journal: Journal = field(init=False)
    found: dict[int, AnyRow] = field(default_factory=dict)
    known: dict[int, _Leg] = field(default_factory=dict)
    numbers: dict[int, dict[str, str]] = field(default_factory=dict)
    outcomes: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.journal = Journal(self.at)

    def take(self, told: Sequence[Sequence[Verdict]]) -> list[int]:
        """Matches and applies each receipt's verdicts; returns how many of each found nothing."""
        each = [[one for verdict in verdicts for one in self._each(verdict)] for verdicts in told]
        verdicts = [verdict for some in each for verdict in some]
        matching = Matching(self.connection, self.adapter.name)
        pairs = matching.find(verdicts)
        self.found.update({row.id: row for row in pairs if row is not None})
        self._load_legs(list(self.found))
        if self.connection.dialect.name != "sqlite":
            # Another receipt may have taught us something while we waited for the legs' locks.
            self.found.update({row.id: row for row in matching.again(list(self.found))})
        for verdict, row in zip(verdicts, pairs, strict=True):
            if row is not None:
                self._apply(verdict, self.found[row.id])
        rest = iter(pairs)
        return [sum(row is None for row in islice(rest, len(some))) for some in each]

    def _each(self, verdict: Verdict) -> list[Verdict]:
        """A word on a whole message (a format fault) as one on each of its records."""
        message = verdict.match.get("oriCopMsgId")
        if not message:
            return [verdict]
        numbers = self.connection.execute(
            select(legs.c.id)
            .join(outgoing, outgoing.c.id == legs.c.outgoing_id)
            .where(outgoing.c.guid == message, outgoing.c.agency == self.adapter.name)
        ).scalars()
        return [replace(verdict, match={"reference": str(number)}) for number in numbers] or [
            verdict
        ]

    def _load_legs(self, numbers: list[int]) -> None:
        rows = self.connection.execute(
            select(*_OF_LEGS)
            .where(
                among(self.connection, legs.c.declaration_id, numbers),
                legs.c.agency == self.adapter.name,
            )
            .order_by(legs.c.id)
            .with_for_update()
        )
        for row in rows:
            state = STATES[row.transport, row.verdict]
            self.known[row.declaration_id] = _Leg(row, state)

    def _apply(self, verdict: Verdict, row: AnyRow) -> None:
        leg = self.known.get(row.id)
        if leg is None:
            return
        self._learn(verdict, row)
        event = _EVENTS.get(verdict.event)
        if event is None:
            self._note(verdict, row, "unknown_code")
            return
        if event in lifecycle.HISTORY_ONLY:
            self._note(verdict, row, event.value)
            return
        after = lifecycle.after(leg.state, event)
        self._note(verdict, row, event.value)
        if after != leg.state:
            leg.state, leg.moved = after, True
            self._outcome(leg, row)

    def _note(self, verdict: Verdict, row: AnyRow, kind: str) -> None:
        detail = masked(verdict.text)
        if verdict.amounts:
            told = {name: verdict.amounts.get(name) for name in ("duty", "vat", "ct", "total")}
            detail = orjson.dumps(told).decode()
        self.journal.add(
            row.submission_id,
            row.id,
            kind,
            agency=self.adapter.name,
            code=verdict.code,
            detail=detail,
        )

    def _learn(self, verdict: Verdict, row: AnyRow) -> None:
        known = self.numbers.get(row.id)
        if known is None:
            known = orjson.loads(row.numbers) if row.numbers else {}
        new = {name: text for name, text in verdict.numbers.items() if known.get(name) != text}
        if new:
            self.numbers[row.id] = known | new

    def _outcome(self, leg: _Leg, row: AnyRow) -> None:
        """The declaration's own word changes with the verdict of its first step only.

        Tax and FX follow a release; what they decide stands on their legs.
        """
        if leg.row.step == 0:
            goal = _step(leg.row.content, leg.row.step).goal
            self.outcomes[row.id] = lifecycle.outcome(leg.state, goal=goal).value

    def write(self) -> None:
        """Writes legs, declarations, what is due next, and the history."""
        moved = [leg for leg in self.known.values() if leg.moved]
        if moved:
            self._write_legs(moved)
            self._write_next(moved)
        self._write_declarations()
        self.journal.write(self.connection)

    def _write_legs(self, moved: Sequence[_Leg]) -> None:
        groups: dict[tuple[str, str], list[int]] = defaultdict(list)
        for leg in moved:
            groups[(leg.state.transport.value, leg.state.verdict.value)].append(leg.row.id)
        for (transport, verdict), numbers in groups.items():
            self.connection.execute(
                update(legs)
                .where(among(self.connection, legs.c.id, numbers))
                .values(transport=transport, verdict=verdict, at=self.at)
            )
        messages = {leg.row.outgoing_id for leg in moved} - {None}
        self.connection.execute(
            update(outgoing)
            .where(outgoing.c.id.in_(messages), outgoing.c.transport == Transport.SENT.value)
            .values(transport=Transport.ACKNOWLEDGED.value)
        )

    def _write_next(self, moved: Iterable[_Leg]) -> None:
        """Wakes the steps that waited for what was reached, in this and in other papers."""
        due: list[int] = []
        marks: list[dict[str, Any]] = []
        for leg in moved:
            row = self.found[leg.row.declaration_id]
            step = _step(leg.row.content, leg.row.step)
            if reached(step, leg.state.verdict):
                due += _followers(row, step)
            if leg.state.verdict in {Decided.ACCEPTED, Decided.RELEASED, Decided.REJECTED}:
                marks += _marks(row, self.at)
        if due:
            self.connection.execute(
                update(legs)
                .where(
                    among(self.connection, legs.c.id, due),
                    legs.c.outgoing_id.is_(None),
                    legs.c.due_at.is_(None),
                )
                .values(due_at=self.at)
            )
        if marks:
            self.connection.execute(insert(pairings), marks)

    def _write_declarations(self) -> None:
        rejected = [n for n, word in self.outcomes.items() if word == Outcome.REJECTED.value]
        groups: dict[str, list[int]] = defaultdict(list)
        for number, word in self.outcomes.items():
            groups[word].append(number)
        for word, numbers in groups.items():
            self.connection.execute(
                update(declarations)
                .where(among(self.connection, declarations.c.id, numbers))
                .values(outcome=word, updated_at=self.at)
            )
        if rejected:
            end(self.connection, rejected, Outcome.REJECTED, at=self.at)
        if self.numbers:
            rows = [
                {"of": number, "told": orjson.dumps(told).decode(), "invt": told.get("invtNo")}
                for number, told in self.numbers.items()
            ]
            self.connection.execute(_NUMBERS, rows)


_NUMBERS = (
    update(declarations)
    .where(declarations.c.id == bindparam("of"))
    .values(numbers=bindparam("told"), invt_no=bindparam("invt"))
)


@cache
def _step(content: str, number: int) -> Step:
    regime = regimes.owner(content)
    assert regime is not None
    return regime.steps(content)[number]


def _followers(row: AnyRow, done: Step) -> list[int]:
    """The legs of the same declaration that wait for nothing but this step."""
    regime = regimes.owner(row.message)
    assert regime is not None
    steps = regime.steps(row.message)
    return [
        row.id * LEGS_PER_DECLARATION + index
        for index, step in enumerate(steps)
        if step.after == (done.name,)
    ]


def _marks(row: AnyRow, at: int) -> list[dict[str, Any]]:
    """Papers tell their trade; the one that leads it has nobody to tell."""
    regime = regimes.owner(row.message)
    if regime is None or regime.lead in {"", row.message}:
        return []
    key = f"T|{row.trade_key}" if row.trade_key else f"W|{row.waybill_key}"
    return [{"key": key, "due_at": at}]
