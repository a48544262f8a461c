"""An officer decides at the window: by the same table of states as any receipt of the agency."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from schemas import codes
from single_window.declarations import answering, questions
from single_window.declarations.legs import step_of
from single_window.declarations.service import NotAllowed, Unknown
from single_window.domain.lifecycle import Event, Owner, State, Verdict, may
from single_window.domain.plans import Step
from single_window.routing.verdicts import STATES, Change
from single_window.storage.engine import AnyRow, beijing_day, now_ms
from single_window.storage.store import Store

Wake = Callable[[str, str], None]
REASONS = "return-reason"
"""The code table of why an officer refuses."""
ASK = "ask"
"""A further question about what is held already; it moves nothing."""
_OF_GOODS = frozenset({"inspect", "release"})
"""What an officer does to goods, not to papers about them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an officer decided: a word of their desk, with what has to be said along with it."""

    action: str
    text: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Officer:
    """Who decides, for which agency, and with what its desk can say: status and event by word."""

    name: str
    agency: str
    desk: Mapping[str, tuple[str, str]]


def offered(desk: Mapping[str, tuple[str, str]], state: State, step: Step) -> list[str]:
    """The words of a desk that the table of states allows now, in the order of the desk."""
    held = state.verdict is Verdict.HELD
    found = [
        action
        for action, (_, event) in desk.items()
        if may(state, Event(event), Owner.AGENCY)
        and (action not in _OF_GOODS or step.goal == "released")
        and (action != "clear" or held)
    ]
    return [*found, ASK] if held else found


def now_offered(desk: Mapping[str, tuple[str, str]], leg: AnyRow) -> list[str]:
    """What a desk may say about a leg as it was read."""
    return offered(desk, STATES[leg.transport, leg.verdict], step_of(leg, leg.step))


def judge(store: Store, wake: Wake, officer: Officer, number: int, decision: Decision) -> None:
    """Carries out a decision: legs, outcome, history and what was said, in one transaction.

    Raises Unknown for what this agency was not sent, NotAllowed for what the table of states does
    not allow now, and for a decision without the words or the reason that it needs.
    """
    at = now_ms()
    action = decision.action
    text = _text(decision)
    with store.database.write() as connection:
        change = Change(store, connection, officer.agency, at)
        found = change.arrived(number)
        if found is None:
            raise Unknown
        state, step = found
        if action not in offered(officer.desk, state, step):
            raise NotAllowed("SVC-NOT-DECIDABLE", value=state.verdict.value)
        status, event = officer.desk.get(action, ("", ""))
        code = _reason(decision, at) if action == "reject" else status
        if event:
            change.decide(number, Event(event), code=code, detail=_by(officer.name))
        if text:
            change.note(number, "asked", detail=_by(officer.name))
            questions.write(
                store, connection, number, text,
                agency=officer.agency, side=questions.AGENCY, person=officer.name, at=at,
            )  # fmt: skip
        change.write()
    wake("pair", "")
    wake("dispatch", "")


def _by(name: str) -> str:
    """Who decided, as the history keeps it; told from an agency's own words by its mark."""
    return f"@{name}"


def _text(decision: Decision) -> str:
    needed = decision.action in {"hold", ASK}
    return answering.worded(decision.text) if needed or decision.text.strip() else ""


def _reason(decision: Decision, at: int) -> str:
    if decision.reason not in codes.table(REASONS).codes_on(beijing_day(at)):
        raise NotAllowed("SVC-REASON", value=decision.reason)
    return decision.reason
