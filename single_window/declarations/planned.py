"""The plan of a trade as it stands: every agency step, in order, and what each awaits.

Nothing here knows a regime: which steps there are and what they wait for is data of its manifest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from single_window import regimes
from single_window.domain.lifecycle import OVER, Outcome, Transport, Verdict
from single_window.domain.plans import Step, reached
from single_window.domain.regime import Regime
from single_window.storage.engine import AnyRow

STEPS_MOST = 40
"""Steps that are shown at most; a picture of more is none."""
_ENDED = (*OVER, Outcome.CLOSED.value)


@dataclass(slots=True)
class _Place:
    """One step of one paper, or of a paper that is not here yet."""

    step: Step
    paper: AnyRow | None
    leg: Mapping[str, Any] | None
    missed: bool
    skipped: bool = False
    after: list[int] = field(default_factory=list)
    about: list[int] = field(default_factory=list)
    depth: int = 0


def planned(
    row: AnyRow,
    trade: Sequence[AnyRow],
    legs: Mapping[int, Sequence[Mapping[str, Any]]],
    missing: Sequence[str],
) -> list[dict[str, Any]]:
    """The steps in order; `after` names by place in the list those that each comes after.

    Those are the steps it waits for and, of a paper that acts on another, that paper's first step.

    `trade` are the other papers, with `seen` false for those that the reader may not look at;
    `legs` are those of all papers, `missing` the messages that this paper still waits for.
    `state` is one of: absent (no such paper yet), unneeded (nor is one missed), elsewhere (of a
    paper that is not for the reader), waits, kept (held back by the window), pending, sent,
    acknowledged, failed, never, or the agency's verdict.
    """
    regime = regimes.of(row)
    if regime is None or not regime.steps(row.message):
        return []
    steps = _steps(regime, row, trade, missing)
    leads = [each for each in (row, *trade) if each.message in regime.leads]
    missed = {*missing} if row in leads else {
        step.message for step in steps if any(each.pairing == "waiting" for each in leads)
    }  # fmt: skip
    places: list[_Place] = []
    here = {row.message} | {paper.message for paper in trade}
    for step in steps:
        if _instead(regime, step.message, here):
            continue
        papers: Iterable[AnyRow | None] = _papers(step.message, row, trade) or [None]
        missed_here = not leads or step.message in missed
        places += [_placed(step, paper, legs, missed=missed_here) for paper in papers]
    places = _few(places, row)
    _join(regime, places)
    return [_told(place, places, row) for place in places]


def _steps(
    regime: Regime, row: AnyRow, trade: Sequence[AnyRow], missing: Sequence[str]
) -> list[Step]:
    """The steps of the papers that are here, what they wait for, and what leads the trade."""
    by_name = {step.name: step for step in regime.plan}
    wanted = {row.message, *missing} | {paper.message for paper in trade}
    for lead in regime.leads:
        led = _closed([step.name for step in regime.steps(lead)], by_name)
        if not wanted & {*regime.leads} and row.message in {by_name[n].message for n in led}:
            wanted.add(lead)
    names = [step.name for step in regime.plan if step.message in wanted]
    # A summary or an arrival names inventories of many trades; of theirs it shows what is here.
    found = {*names} if row.message in regime.acts else _closed(names, by_name)
    steps = [step for step in regime.plan if step.name in found]
    return sorted(steps, key=lambda step: _turn(regime, step))


def _instead(regime: Regime, message: str, here: Set[str]) -> bool:
    """Whether a paper that is not here acts on one of another kind, and that one is."""
    acting = (act.on for name, act in regime.acts.items() if name in here and message in act.on)
    return message not in here and any(here & {*on} for on in acting)


def _turn(regime: Regime, step: Step) -> int:
    """When a step comes, so that what acts on a paper stands behind it; plan order among equals."""
    act = regime.acts.get(step.message)
    if act is not None:
        return 1 if act.frees else 3
    return 2 if step.message in regime.leads and step != regime.steps(step.message)[0] else 0


def _few(places: Sequence[_Place], row: AnyRow) -> list[_Place]:
    """As many as are shown, the steps of the paper itself among them."""
    others = STEPS_MOST - sum(place.paper is row for place in places)
    kept = []
    for place in places:
        if place.paper is not row:
            others -= 1
        if place.paper is row or others >= 0:
            kept.append(place)
    return kept


def _closed(names: Sequence[str], by_name: Mapping[str, Step]) -> set[str]:
    """The steps and all that they wait for, directly or not."""
    found: set[str] = set()
    rest = list(names)
    while rest:
        name = rest.pop()
        if name not in found:
            found.add(name)
            rest += by_name[name].after
    return found


def _papers(message: str, row: AnyRow, trade: Sequence[AnyRow]) -> list[AnyRow]:
    """The papers of a kind: the living ones, or the last of those that ended; and the one asked."""
    own = [paper for paper in trade if paper.message == message]
    living = [paper for paper in own if paper.living_key is not None]
    if message == row.message:
        return [row, *(paper for paper in living if paper.key != row.key)]
    return living or own[-1:]


def _placed(
    step: Step,
    paper: AnyRow | None,
    legs: Mapping[int, Sequence[Mapping[str, Any]]],
    *,
    missed: bool,
) -> _Place:
    """The step of a paper; one that has other legs, or may yet get some, does without this one."""
    if paper is None:
        return _Place(step, None, None, missed)
    own = legs.get(paper.id, ())
    leg = next((leg for leg in own if leg["agency"] == step.agency), None)
    without = leg is None and bool(step.given) and (bool(own) or paper.outcome not in _ENDED)
    return _Place(step, paper, leg, missed, without)


def _firsts(places: Sequence[_Place]) -> set[int]:
    """Where the first step stands that each paper takes."""
    found: dict[tuple[str, int], int] = {}
    for at, place in enumerate(places):
        paper = place.step.message, place.paper.id if place.paper is not None else 0
        if not place.skipped:
            found.setdefault(paper, at)
    return {*found.values()}


def _join(regime: Regime, places: Sequence[_Place]) -> None:
    """Finds what each step waits for: within a paper its own steps, else those of all papers.

    A paper that acts on others is put behind them.
    """
    firsts = _firsts(places)
    for here, place in enumerate(places):
        act = regime.acts.get(place.step.message) if here in firsts else None
        on = act.on if act is not None else ()
        for at, other in enumerate(places):
            if at in firsts and other.step.message in on:
                place.about.append(at)
                place.depth = max(place.depth, other.depth + 1)
            if other.step.name not in place.step.after:
                continue
            if other.step.message != place.step.message or other.paper is place.paper:
                place.after.append(at)
                place.depth = max(place.depth, other.depth + 1)


def _told(place: _Place, places: Sequence[_Place], row: AnyRow) -> dict[str, Any]:
    open_ = _open(place, places)
    state = _state(place, open_)
    seen = _seen(place, row)
    leg = place.leg
    moved = seen and leg is not None and leg["transport"] != Transport.PENDING.value
    return {
        "step": place.step.name,
        "message": place.step.message,
        "agency": place.step.agency,
        "declaration": place.paper.id if place.paper is not None and seen else None,
        "order_no": place.paper.order_no if place.paper is not None and seen else "",
        "current": place.paper is not None and place.paper.id == row.id,
        "state": state if seen else "elsewhere",
        "at": leg["at"] if leg is not None and moved else None,
        "after": [*place.after, *place.about],
        "waits_for": open_ if seen and state == "waits" else [],
        "depth": place.depth,
    }


def _seen(place: _Place, row: AnyRow) -> bool:
    paper = place.paper
    return paper is None or paper.id == row.id or bool(paper.seen)


def _open(place: _Place, places: Sequence[_Place]) -> list[int]:
    """The steps that it waits for; instead of one that is not taken, what that comes after."""
    found: list[int] = []
    for at in place.after:
        if places[at].skipped:
            found += _open(places[at], places)
        elif not _reached(places[at]):
            found.append(at)
    return found


def _reached(place: _Place) -> bool:
    if place.paper is None:
        return not place.missed
    return place.leg is not None and reached(place.step, place.leg["verdict"])


def _state(place: _Place, waits_for: Sequence[int]) -> str:
    paper, leg = place.paper, place.leg
    if paper is None:
        return "absent" if place.missed else "unneeded"
    if leg is None:
        return "unneeded" if place.skipped else "never"
    if leg["verdict"] != Verdict.NONE.value:
        return str(leg["verdict"])
    if leg["transport"] != Transport.PENDING.value:
        return str(leg["transport"])
    if paper.outcome in _ENDED:
        return "never"
    if paper.outcome == Outcome.HELD.value and not waits_for:
        return "kept"
    return "waits" if waits_for else "pending"
