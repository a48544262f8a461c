"""What agencies answer: stored as it came, then matched and applied by the table of states.

A receipt may come twice, late, out of order, or for something unknown; none of that does harm.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from single_window import regimes
from single_window.declarations.history import Journal
from single_window.declarations.records import LEGS_PER_DECLARATION, end
from single_window.domain import lifecycle
from single_window.domain.lifecycle import Event, Filer, Outcome, State, Transport
from single_window.domain.lifecycle import Verdict as Decided
from single_window.domain.plans import Step, reached
from single_window.routing.matching import Matching
from single_window.storage.claims import take_due
from single_window.storage.engine import AnyRow, now_ms
from single_window.storage.store import Store
from single_window.storage.tables import declarations, legs, outgoing, pairings, receipts

if TYPE_CHECKING:
    from adapters.base import Adapter, Verdict

log = logging.getLogger(__name__)

Wake = Callable[[str, str], None]
TRIES = 20
"""How often a receipt without a match is tried again; it stays listed after that."""
RETRY_MS = 5_000


def store_receipt(store: Store, wake: Wake, agency: str, body: bytes) -> int:
    """Stores an agency's answer; returns its number. The same bytes again are counted, once kept.

    Nothing is parsed here, so that a fault in reading loses nothing.
    """
    digest = sha256(body).hexdigest()
    sealed = store.vault.seal(body, agency.encode())
    row = {
        "agency": agency,
        "sha256": digest,
        "sealed_body": sealed,
        "received_at": now_ms(),
        "state": "new",
        "due_at": now_ms(),
    }
    try:
        with store.database.write() as connection:
            number = connection.execute(
                insert(receipts).values(row).returning(receipts.c.id)
            ).scalar_one()
    except IntegrityError:
        with store.database.write() as connection:
            number = connection.execute(
                update(receipts)
                .where(receipts.c.agency == agency, receipts.c.sha256 == digest)
                .values(times=receipts.c.times + 1)
                .returning(receipts.c.id)
            ).scalar_one()
    wake("receipts", agency)
    return int(number)


def apply_due(store: Store, wake: Wake, adapter: Adapter, *, most: int = 400) -> int:
    """Reads and applies the receipts of one agency that are due; returns how many."""
    applied = 0
    while applied < most:
        with store.database.write() as connection:
            taken = take_due(
                connection,
                receipts,
                now=now_ms(),
                lease_ms=store.settings.lease_seconds * 1000,
                limit=4,
                columns=tuple(receipts.c),
                where=receipts.c.agency == adapter.name,
                order=(receipts.c.due_at, receipts.c.id),
            )
        if not taken:
            break
        for row in taken:
            _apply(store, adapter, row)
        applied += len(taken)
        wake("pair", "")
        wake("dispatch", "")
    return applied


def _apply(store: Store, adapter: Adapter, row: AnyRow) -> None:
    body = store.vault.open(row.sealed_body, row.agency.encode())
    try:
        verdicts = adapter.parse(body)
    except ValueError as error:
        log.error("receipt unreadable", extra={"receipt": row.id, "agency": row.agency})
        _put_aside(store, row, "unreadable", str(error))
        return
    with store.database.write() as connection:
        change = _Change(store, connection, adapter)
        unmatched = change.take(verdicts)
        change.write()
        _settle(connection, row, len(verdicts), unmatched)
    log.info(
        "receipt applied",
        extra={
            "receipt": row.id,
            "agency": row.agency,
            "records": len(verdicts),
            "unmatched": unmatched,
        },
    )


def _settle(connection: Connection, row: AnyRow, verdicts: int, unmatched: int) -> None:
    if not unmatched:
        values: dict[str, Any] = {"state": "applied", "due_at": None, "detail": ""}
    else:
        again = row.tries + 1 < TRIES
        values = {
            "state": "unmatched",
            "due_at": now_ms() + RETRY_MS * (row.tries + 1) if again else None,
            "detail": f"{unmatched}/{verdicts}",
        }
    connection.execute(
        update(receipts).where(receipts.c.id == row.id).values(tries=receipts.c.tries + 1, **values)
    )


def _put_aside(store: Store, row: AnyRow, state: str, detail: str) -> None:
    with store.database.write() as connection:
        connection.execute(
            update(receipts)
            .where(receipts.c.id == row.id)
            .values(state=state, due_at=None, detail=detail[:400], tries=receipts.c.tries + 1)
        )


@dataclass(slots=True)
class _Leg:
    """A leg as it is while the verdicts of one receipt are applied."""

    row: AnyRow
    state: State
    moved: bool = False


@dataclass(slots=True)
class _Change:
    """Applies the verdicts of one receipt in one transaction."""

    store: Store
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

    def take(self, verdicts: Sequence[Verdict]) -> int:
        """Matches and applies the verdicts; returns how many found no declaration."""
        verdicts = [one for verdict in verdicts for one in self._each(verdict)]
        pairs = Matching(self.connection, self.adapter.name).find(verdicts)
        rows = [row for row in pairs if row is not None]
        self.found.update({row.id: row for row in rows})
        self._load_legs(list(self.found))
        for verdict, row in zip(verdicts, pairs, strict=True):
            if row is not None:
                self._apply(verdict, row)
        return len(verdicts) - len(rows)

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
            select(legs)
            .where(legs.c.declaration_id.in_(numbers), legs.c.agency == self.adapter.name)
            .order_by(legs.c.id)
            .with_for_update()
        )
        for row in rows:
            state = State(Filer.SUBMITTED, Transport(row.transport), Decided(row.verdict))
            self.known[row.declaration_id] = _Leg(row, state)

    def _apply(self, verdict: Verdict, row: AnyRow) -> None:
        leg = self.known.get(row.id)
        if leg is None:
            return
        self._learn(verdict, row)
        try:
            event = Event(verdict.event)
        except ValueError:
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
        detail = verdict.text
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
            goal = _step(leg.row).goal
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
                .where(legs.c.id.in_(numbers))
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
            step = _step(leg.row)
            if reached(step, leg.state.verdict):
                due += _followers(row, step)
            if leg.state.verdict in {Decided.ACCEPTED, Decided.RELEASED, Decided.REJECTED}:
                marks += _marks(row, self.at)
        if due:
            self.connection.execute(
                update(legs)
                .where(legs.c.id.in_(due), legs.c.outgoing_id.is_(None), legs.c.due_at.is_(None))
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
                .where(declarations.c.id.in_(numbers))
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


def _step(leg: AnyRow) -> Step:
    regime = regimes.owner(leg.content)
    assert regime is not None
    return regime.steps(leg.content)[int(leg.step)]


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
