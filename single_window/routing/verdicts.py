"""What an agency decides moves legs and declarations, by the table of states and nothing else.

It is the same whether the word came in a receipt or from an officer at the window.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, select, update

from single_window import regimes
from single_window.declarations import contradictions, counted, late
from single_window.declarations.books.papers import take_effect as enter
from single_window.declarations.contradictions import News
from single_window.declarations.effects import act_of, take_effect
from single_window.declarations.history import Journal
from single_window.declarations.legs import leg_of, step_of, way_by, ways
from single_window.declarations.standing import end
from single_window.domain import crosschecks, lifecycle
from single_window.domain.lifecycle import Event, Filer, Outcome, State, Transport
from single_window.domain.lifecycle import Verdict as Decided
from single_window.domain.plans import Step, reached
from single_window.logs import masked
from single_window.routing.hearing import Hearing
from single_window.routing.matching import Matching, own_number
from single_window.storage import many
from single_window.storage.among import among
from single_window.storage.engine import AnyRow, now_ms
from single_window.storage.store import Store
from single_window.storage.tables import declarations, legs, outgoing, pairings, statements

if TYPE_CHECKING:
    from adapters.base import Verdict

_OF_LEGS = (
    legs.c.id,
    legs.c.declaration_id,
    legs.c.step,
    legs.c.agency,
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
class Change:
    """Applies the verdicts of one agency in the caller's transaction: what each moves, and why."""

    store: Store
    connection: Connection
    agency: str
    at: int = field(default_factory=now_ms)
    journal: Journal = field(init=False)
    found: dict[int, AnyRow] = field(default_factory=dict)
    known: dict[int, _Leg] = field(default_factory=dict)
    together: dict[int, dict[int, _Leg]] = field(default_factory=lambda: defaultdict(dict))
    numbers: dict[int, dict[str, str]] = field(default_factory=dict)
    outcomes: dict[int, str] = field(default_factory=dict)
    stated: list[dict[str, Any]] = field(default_factory=list)
    decided: set[int] = field(default_factory=set)
    said: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    hearing: Hearing = field(init=False)

    def __post_init__(self) -> None:
        self.journal = Journal(self.at)
        self.hearing = Hearing(self.connection, self.agency)

    def take(self, told: Sequence[Sequence[Verdict]]) -> list[int]:
        """Matches and applies each receipt's verdicts; returns how many of each found nothing."""
        each = [[one for verdict in verdicts for one in self._each(verdict)] for verdicts in told]
        verdicts = [verdict for some in each for verdict in some]
        matching = Matching(self.connection, self.agency)
        pairs = matching.find(verdicts)
        self.found.update({row.id: row for row in pairs if row is not None})
        self._lock(matching, list(self.found))
        told_of = [
            (one, row.id) for one, row in zip(verdicts, pairs, strict=True) if row is not None
        ]
        for verdict, number in self._in_order(told_of):
            self._apply(verdict, self.found[number])
        rest = iter(pairs)
        return [sum(row is None for row in islice(rest, len(some))) for some in each]

    def _in_order(self, told: Sequence[tuple[Verdict, int]]) -> list[tuple[Verdict, int]]:
        """Verdicts as they came; behind them those that count once, by their time at the agency."""
        once = [each for each in told if each[0].once]
        if once:
            self.hearing.recall({number for _, number in once})
            once.sort(key=lambda each: each[0].at)
        return [*(each for each in told if not each[0].once), *once]

    def arrived(self, number: int) -> tuple[State, Step] | None:
        """Where a declaration stands at the agency, its leg locked; None if it has not got it."""
        matching = Matching(self.connection, self.agency)
        row = matching.sent(number)
        if row is None:
            return None
        self.found[number] = row
        self._lock(matching, [number])
        leg = self.known[number]
        if leg.state.transport not in lifecycle.ARRIVED:
            return None
        return leg.state, step_of(row, leg.row.step)

    def decide(self, number: int, event: Event, *, code: str, detail: str) -> None:
        """Applies an event to a declaration that has arrived."""
        self.note(number, event.value, code=code, detail=detail)
        self._move(self.known[number], self.found[number], event)

    def note(self, number: int, kind: str, *, code: str = "", detail: str = "") -> None:
        """Writes a line into the history of a declaration that has arrived."""
        submission = self.found[number].submission_id
        self.said[number].add(kind)
        self.journal.add(submission, number, kind, agency=self.agency, code=code, detail=detail)

    def _each(self, verdict: Verdict) -> list[Verdict]:
        """A word on a whole message (a format fault) as one on each of its records."""
        message = verdict.match.get("oriCopMsgId")
        if not message:
            return [verdict]
        numbers = self.connection.execute(
            select(legs.c.id)
            .join(outgoing, outgoing.c.id == legs.c.outgoing_id)
            .where(outgoing.c.guid == message, outgoing.c.agency == self.agency)
        ).scalars()
        return [replace(verdict, match={"reference": str(number)}) for number in numbers] or [
            verdict
        ]

    def _lock(self, matching: Matching, numbers: list[int]) -> None:
        """Locks the legs; what another change taught us while we waited for them is read again."""
        self._load_legs(numbers)
        if self.connection.dialect.name != "sqlite":
            self.found.update({row.id: row for row in matching.again(numbers)})

    def _load_legs(self, numbers: list[int]) -> None:
        """Loads the agency's legs; all of a declaration whose steps depend on each other."""
        joined = [number for number in numbers if not ways(self.found[number]).alone]
        mine = legs.c.agency == self.agency
        wanted = mine | among(self.connection, legs.c.declaration_id, joined) if joined else mine
        rows = self.connection.execute(
            select(*_OF_LEGS)
            .where(
                among(self.connection, legs.c.declaration_id, numbers),
                wanted,
            )
            .order_by(legs.c.id)
            .with_for_update()
        )
        for row in rows:
            leg = _Leg(row, STATES[row.transport, row.verdict])
            self.together[row.declaration_id][row.step] = leg
            if row.agency == self.agency:
                self.known[row.declaration_id] = leg

    def _deciding(self, leg: _Leg, row: AnyRow) -> list[tuple[Step, State]]:
        """The deciding steps and how they stand, where this leg is of one of them; else nothing."""
        all_ = self.together[row.id]
        way = way_by(row, all_)
        if leg.row.step not in way.deciding:
            return []
        return [(way.steps[at], all_[at].state) for at in way.deciding]

    def _apply(self, verdict: Verdict, row: AnyRow) -> None:
        leg = self.known.get(row.id)
        if leg is None or (verdict.once and not self.hearing.hear(row.id, verdict)):
            return
        self._learn(verdict, row)
        self._state(verdict, row)
        event = _EVENTS.get(verdict.event)
        if event is None:
            self._note(verdict, row, "unknown_code")
            return
        if event in lifecycle.HISTORY_ONLY:
            self._note(verdict, row, event.value)
            return
        self._note(verdict, row, event.value)
        if not (verdict.once and self.hearing.is_late(row.id, verdict)):
            self._move(leg, row, event)

    def _move(self, leg: _Leg, row: AnyRow, event: Event) -> None:
        after = lifecycle.after(leg.state, event)
        # What was released is granted by the others as a rule; that contradicts nothing.
        granted = event is Event.ACCEPTED and row.outcome == Outcome.RELEASED.value
        late = not self._deciding(leg, row) or _ended(leg.state)
        if event.value in crosschecks.DECISIVE and late and not granted:
            self.decided.add(row.id)
        if after != leg.state:
            leg.state, leg.moved = after, True
            self._outcome(leg, row)

    def _note(self, verdict: Verdict, row: AnyRow, kind: str) -> None:
        detail = masked(verdict.text)
        if verdict.amounts and verdict.event == Event.BILL.value:
            told = {name: verdict.amounts.get(name) for name in ("duty", "vat", "ct", "total")}
            detail = orjson.dumps(told).decode()
        self.note(row.id, kind, code=verdict.code, detail=detail)

    def _learn(self, verdict: Verdict, row: AnyRow) -> None:
        known = self.numbers.get(row.id)
        if known is None:
            known = orjson.loads(row.numbers) if row.numbers else {}
        new = {name: text for name, text in verdict.numbers.items() if known.get(name) != text}
        if new:
            self.numbers[row.id] = known | new

    def _state(self, verdict: Verdict, row: AnyRow) -> None:
        """Keeps the figures that the agency states, to be compared with all others."""
        if verdict.amounts is None:
            return
        self.stated.append(
            {
                "declaration_id": row.id,
                "agency": self.agency,
                "bill": verdict.bill[:40],
                "code": verdict.code[:40],
                "amounts": orjson.dumps(verdict.amounts).decode(),
                "at": self.at,
            }
        )

    def _outcome(self, leg: _Leg, row: AnyRow) -> None:
        """The declaration's own word changes with the verdicts of its deciding steps only.

        Of others, as of tax and FX that follow a release, the verdicts stand on their legs.
        """
        decided = self._deciding(leg, row)
        if decided:
            words = [lifecycle.outcome(state, goal=step.goal) for step, state in decided]
            self.outcomes[row.id] = lifecycle.joint(words).value

    def write(self) -> None:
        """Writes legs, declarations, what is due next, the history, and what now contradicts."""
        stated = {each["declaration_id"]: (self.agency,) for each in self.stated}
        doubtful = sorted(self.decided | stated.keys())
        contradictions.lock(self.connection, doubtful)
        moved = [leg for leg in self.known.values() if leg.moved]
        if moved:
            self._write_legs(moved)
            self._write_next(moved)
        self._write_declarations()
        self._write_effects(moved)
        counted.settle(self.store, self.connection, [self.found[n] for n in self.outcomes])
        self.hearing.write()
        many.add(self.connection, statements, self.stated)
        self.journal.write(self.connection)
        for number, submission in contradictions.look(
            self.store, self.connection, doubtful, News(self.decided, stated), at=self.at
        ):
            self.journal.add(submission, number, "contradiction")
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
            step = step_of(row, leg.row.step)
            if reached(step, leg.state.verdict):
                due += self._followers(leg, row)
            if leg.state.verdict in {Decided.ACCEPTED, Decided.RELEASED, Decided.REJECTED}:
                marks += late.wakes(row, self.at, own_number(self.numbers.get(row.id, {})))
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
        many.add(self.connection, pairings, marks)

    def _followers(self, leg: _Leg, row: AnyRow) -> list[int]:
        """The legs of the same declaration that wait for nothing any more."""
        verdicts = {at: each.state.verdict for at, each in self.together[row.id].items()}
        steps = way_by(row, verdicts).followers(leg.row.step, verdicts)
        return [leg_of(row.id, step) for step in steps]

    def _write_effects(self, moved: Iterable[_Leg]) -> None:
        """What accepted cancellations and returns do to the declarations that they name."""
        acting = [
            (self._deciding(leg, row), row)
            for leg in moved
            if (act := act_of(row := self.found[leg.row.declaration_id])) is not None
            and any(act.effects.values())
        ]
        done = [
            row
            for decided, row in acting
            if decided and all(reached(step, state.verdict) for step, state in decided)
        ]
        if done:
            take_effect(self.store, self.connection, self.journal, done, self.at)
        spoken = {n: kinds for n, kinds in self.said.items() if _on_a_book(self.found[n])}
        if spoken:
            enter(self.store, self.connection, self.journal, spoken, self.at)

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
        summed = sorted(n for n, kinds in self.said.items() if Event.SUMMED.value in kinds)
        if summed:  # nothing more is owed about them
            own = among(self.connection, declarations.c.id, summed)
            self.connection.execute(update(declarations).where(own).values(owes=""))
        if rejected:
            end(self.connection, rejected, Outcome.REJECTED, at=self.at)
        rows = [
            {
                "id": number,
                "numbers": orjson.dumps(told).decode(),
                "invt_no": own_number(told) or None,
                "trade_key": self.found[number].trade_key or _trade_of(self.found[number], told),
            }
            for number, told in self.numbers.items()
        ]
        many.change(self.connection, declarations, rows)


def _trade_of(row: AnyRow, numbers: Mapping[str, str]) -> str:
    """The trade of a paper that only an agency's number joins to the others; "" for any other."""
    regime = regimes.of(row)
    names = regime.owned[row.message].trade if regime is not None else ()
    told = [numbers.get(name, "") for name in names]
    return "|".join(told)[:120] if all(told) else ""


def _on_a_book(row: AnyRow) -> bool:
    """Whether a paper is of a regime with account books."""
    regime = regimes.of(row)
    return regime is not None and regime.hooks.keeping is not None


def _ended(state: State) -> bool:
    """Whether the agency has decided so that what it says now can only agree or contradict."""
    return state.verdict in {Decided.RELEASED, Decided.REJECTED}
