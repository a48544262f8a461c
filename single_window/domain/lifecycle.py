"""Where a declaration stands, as a table of states and events.

Three columns are kept apart: what the filer did, how far the transport is, what was decided.
An agency leg has the same three columns, so that one table serves both. An event that no row
names for a state leaves the state as it is: duplicates and late arrivals become history only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Filer(StrEnum):
    """What the filer did."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"


class Transport(StrEnum):
    """How far the message to the agency is."""

    PENDING = "pending"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"


class Verdict(StrEnum):
    """What was decided: by the agency once sent, by the window's own checks before."""

    NONE = "none"
    ACCEPTED = "accepted"
    HELD = "held"
    REJECTED = "rejected"
    RELEASED = "released"
    CLOSED = "closed"


class Outcome(StrEnum):
    """The one word that is published."""

    WAITING = "waiting"
    UNDER_WAY = "under_way"
    HELD = "held"
    RELEASED = "released"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


REACHED = (Outcome.ACCEPTED.value, Outcome.RELEASED.value)
"""The words of papers that have reached their goal."""
OVER = (Outcome.REJECTED.value, Outcome.WITHDRAWN.value)
"""The words of papers that came to nothing: what they took is free again."""
ARRIVED = (Transport.SENT.value, Transport.ACKNOWLEDGED.value)
"""How far the transport of a leg is once the agency has it."""


class Event(StrEnum):
    """Everything that can happen to a declaration or a leg."""

    CHECKED_OK = "checked_ok"
    CHECK_FAILED = "check_failed"
    PAPERS_MISSING = "papers_missing"
    MISMATCH = "mismatch"
    PAPERS_MATCHED = "papers_matched"
    WAIT_EXPIRED = "wait_expired"
    WITHDRAWN = "withdrawn"
    AMENDED = "amended"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    RETRIED = "retried"
    TAKEN = "taken"
    STORED = "stored"
    REVIEW = "review"
    REVIEWED = "reviewed"
    INSPECT = "inspect"
    HOLD = "hold"
    RETURNED = "returned"
    RELEASED = "released"
    CLOSED = "closed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    BILL = "bill"
    BILL_SUMMED = "bill_summed"
    BILL_VOID = "bill_void"
    REFUNDED = "refunded"
    SUMMED = "summed"
    DEDUCTED = "deducted"
    GATE = "gate"
    GENERATED = "generated"
    UNGENERATED = "ungenerated"


class Owner(StrEnum):
    """Who may cause an event."""

    FILER = "filer"
    WINDOW = "window"
    TRANSPORT = "transport"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True)
class State:
    """The three columns together."""

    filer: Filer = Filer.SUBMITTED
    transport: Transport = Transport.PENDING
    verdict: Verdict = Verdict.NONE


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: in these states the event changes these columns, None leaves one."""

    event: Event
    owner: Owner
    filer: frozenset[Filer]
    transport: frozenset[Transport]
    verdict: frozenset[Verdict]
    to_filer: Filer | None = None
    to_transport: Transport | None = None
    to_verdict: Verdict | None = None


_SUBMITTED = frozenset({Filer.SUBMITTED})
_UNSENT = frozenset({Transport.PENDING})
_HERE = frozenset({Transport.PENDING, Transport.FAILED})
_ANY_TRANSPORT = frozenset(Transport)
_OPEN = frozenset({Verdict.NONE, Verdict.ACCEPTED, Verdict.HELD})
_NOT_HELD = frozenset({Verdict.NONE, Verdict.ACCEPTED})
_NONE = frozenset({Verdict.NONE})
_ANY_VERDICT = frozenset(Verdict)


def _window(event: Event, verdict: frozenset[Verdict], to: Verdict) -> Row:
    return Row(event, Owner.WINDOW, _SUBMITTED, _UNSENT, verdict, to_verdict=to)


def _transport(event: Event, before: set[Transport], to: Transport) -> Row:
    return Row(event, Owner.TRANSPORT, _SUBMITTED, frozenset(before), _ANY_VERDICT, to_transport=to)


def _agency(event: Event, verdict: frozenset[Verdict], to: Verdict) -> Row:
    return Row(
        event,
        Owner.AGENCY,
        _SUBMITTED,
        _ANY_TRANSPORT,
        verdict,
        to_transport=Transport.ACKNOWLEDGED,
        to_verdict=to,
    )


# A verdict moves only forward: none < accepted < held < released or rejected < closed; the one
# step back (held to accepted) is the agency's own word that its review ended well. 899 stays
# "released": customs' closing is a line in the history, not a decision.
TABLE: tuple[Row, ...] = (
    Row(
        Event.CHECKED_OK,
        Owner.WINDOW,
        frozenset({Filer.DRAFT}),
        _UNSENT,
        _NONE,
        to_filer=Filer.SUBMITTED,
    ),
    _window(Event.CHECK_FAILED, frozenset({Verdict.NONE, Verdict.HELD}), Verdict.REJECTED),
    _window(Event.MISMATCH, _NONE, Verdict.HELD),
    _window(Event.PAPERS_MATCHED, frozenset({Verdict.HELD}), Verdict.NONE),
    _window(Event.WAIT_EXPIRED, _NONE, Verdict.REJECTED),
    Row(
        Event.WITHDRAWN,
        Owner.FILER,
        frozenset({Filer.DRAFT, Filer.SUBMITTED}),
        _HERE,
        frozenset({Verdict.NONE, Verdict.HELD}),
        to_filer=Filer.WITHDRAWN,
    ),
    Row(
        Event.AMENDED,
        Owner.FILER,
        frozenset(Filer),
        _HERE,
        frozenset({Verdict.NONE, Verdict.HELD}),
        to_filer=Filer.SUBMITTED,
        to_transport=Transport.PENDING,
        to_verdict=Verdict.NONE,
    ),
    Row(
        Event.AMENDED,
        Owner.FILER,
        frozenset(Filer),
        _ANY_TRANSPORT,
        frozenset({Verdict.REJECTED}),
        to_filer=Filer.SUBMITTED,
        to_transport=Transport.PENDING,
        to_verdict=Verdict.NONE,
    ),
    _transport(Event.SENT, {Transport.PENDING, Transport.FAILED}, Transport.SENT),
    _transport(
        Event.ACKNOWLEDGED,
        {Transport.PENDING, Transport.SENT, Transport.FAILED},
        Transport.ACKNOWLEDGED,
    ),
    Row(
        Event.FAILED,
        Owner.TRANSPORT,
        _SUBMITTED,
        frozenset({Transport.PENDING, Transport.SENT, Transport.ACKNOWLEDGED}),
        _NONE,
        to_transport=Transport.FAILED,
    ),
    Row(
        Event.RETRIED,
        Owner.TRANSPORT,
        _SUBMITTED,
        frozenset({Transport.FAILED}),
        _NONE,
        to_transport=Transport.PENDING,
    ),
    _transport(
        Event.TAKEN,
        {Transport.PENDING, Transport.SENT, Transport.FAILED},
        Transport.ACKNOWLEDGED,
    ),
    _agency(Event.STORED, _NONE, Verdict.ACCEPTED),
    _agency(Event.ACCEPTED, frozenset({Verdict.NONE, Verdict.HELD}), Verdict.ACCEPTED),
    _agency(Event.DEDUCTED, frozenset({Verdict.NONE, Verdict.HELD}), Verdict.ACCEPTED),
    _agency(Event.REVIEW, _NOT_HELD, Verdict.HELD),
    _agency(Event.INSPECT, _NOT_HELD, Verdict.HELD),
    _agency(Event.HOLD, _NOT_HELD, Verdict.HELD),
    _agency(Event.REVIEWED, frozenset({Verdict.NONE, Verdict.HELD}), Verdict.ACCEPTED),
    _agency(Event.RELEASED, _OPEN, Verdict.RELEASED),
    _agency(Event.CLOSED, _OPEN, Verdict.RELEASED),
    _agency(Event.RETURNED, _OPEN, Verdict.REJECTED),
    _agency(Event.REJECTED, _OPEN, Verdict.REJECTED),
    _agency(Event.REFUNDED, frozenset({Verdict.RELEASED}), Verdict.CLOSED),
)

# Known to the table without moving a state: they are lines of the history.
HISTORY_ONLY = frozenset(
    {
        *(Event.PAPERS_MISSING, Event.BILL, Event.BILL_SUMMED, Event.BILL_VOID, Event.SUMMED),
        *(Event.GATE, Event.GENERATED, Event.UNGENERATED),
    }
)

# States that nothing leaves: only what ended after release.
FINAL = frozenset({Verdict.CLOSED})


def _compiled() -> dict[tuple[State, Event], State]:
    moves: dict[tuple[State, Event], State] = {}
    for row in TABLE:
        for filer in row.filer:
            for transport in row.transport:
                for verdict in row.verdict:
                    state = State(filer, transport, verdict)
                    moves.setdefault(
                        (state, row.event),
                        State(
                            row.to_filer or filer,
                            row.to_transport or transport,
                            row.to_verdict or verdict,
                        ),
                    )
    return moves


MOVES = _compiled()


def after(state: State, event: Event) -> State:
    """The state after the event; the same state when the event changes nothing there."""
    return MOVES.get((state, event), state)


def moves(state: State, event: Event) -> bool:
    """True when the event changes the state."""
    return MOVES.get((state, event), state) != state


def may(state: State, event: Event, owner: Owner) -> bool:
    """True when this owner may cause the event here and it changes something."""
    return moves(state, event) and any(row.event is event and row.owner is owner for row in TABLE)


def outcome(state: State, *, goal: str) -> Outcome:
    """The published word; `goal` is the verdict that ends this message well (regime.toml)."""
    if state.filer is Filer.WITHDRAWN:
        return Outcome.WITHDRAWN
    if state.verdict is Verdict.NONE:
        waits = state.transport is Transport.PENDING
        return Outcome.WAITING if waits else Outcome.UNDER_WAY
    if state.verdict is Verdict.ACCEPTED:
        return Outcome.ACCEPTED if goal == "accepted" else Outcome.UNDER_WAY
    return Outcome(state.verdict.value)


_GRAVEST = (Outcome.WITHDRAWN, Outcome.REJECTED, Outcome.CLOSED, Outcome.HELD)


def joint(words: Sequence[Outcome]) -> Outcome:
    """The published word where several decide, in their order: good once all of them are done."""
    for word in _GRAVEST:
        if word in words:
            return word
    if {*words} <= {*REACHED}:
        return words[-1]
    return Outcome.WAITING if {*words} == {Outcome.WAITING} else Outcome.UNDER_WAY
