"""The order of agency steps as data, and which of them are next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from single_window.domain.lifecycle import Verdict

# What satisfies a step that waits: a paper is done when taken in, an inventory when released.
_REACHES: dict[str, frozenset[Verdict]] = {
    "accepted": frozenset({Verdict.ACCEPTED, Verdict.RELEASED}),
    "released": frozenset({Verdict.RELEASED}),
}
_NEVER = frozenset({Verdict.REJECTED, Verdict.CLOSED})


class PlanError(ValueError):
    """The plan itself is wrong: a cycle, an unknown step, an unknown goal."""


@dataclass(frozen=True, slots=True)
class Step:
    """One agency's step for one message's declarations.

    `after` names the steps ("CEB621Message/customs") whose goal must be reached first; they may
    belong to other papers of the same trade. `goal` is the verdict that ends this step well.
    `also` names the papers of the trade whose facts this agency is told as well. A step with
    `given` is taken only by records that have this fact.
    """

    agency: str
    message: str
    after: tuple[str, ...] = ()
    goal: str = "accepted"
    also: tuple[str, ...] = ()
    given: str = ""

    @property
    def name(self) -> str:
        """How other steps refer to this one."""
        return f"{self.message}/{self.agency}"


def reached(step: Step, verdict: Verdict | str | None) -> bool:
    """True when the verdict ends the step well."""
    return verdict in _REACHES[step.goal]


def due(
    plan: Sequence[Step], message: str, verdicts: Mapping[str, Verdict | str | None]
) -> tuple[Step, ...]:
    """The steps of a message's declaration that may be taken now.

    `verdicts` holds, per step name, what the agencies have said so far in the whole trade; a step
    that has an entry already (of any verdict) is begun and not named again.
    """
    by_name = {step.name: step for step in plan}
    return tuple(
        step
        for step in plan
        if step.message == message
        and step.name not in verdicts
        and all(reached(by_name[name], verdicts.get(name)) for name in step.after)
    )


def barred(
    plan: Sequence[Step], message: str, verdicts: Mapping[str, Verdict | str | None]
) -> tuple[Step, ...]:
    """The steps of a message that an ended earlier step has made impossible."""
    gone = {name for name, verdict in verdicts.items() if verdict in _NEVER}
    for step in ordered(plan):
        if any(name in gone for name in step.after):
            gone.add(step.name)
    return tuple(
        step
        for step in plan
        if step.message == message and step.name in gone and step.name not in verdicts
    )


def ordered(plan: Sequence[Step]) -> tuple[Step, ...]:
    """The steps so that each stands behind those it waits for; refuses a cycle."""
    names = {step.name for step in plan}
    done: list[Step] = []
    seen: set[str] = set()
    rest = list(plan)
    for step in plan:
        if step.goal not in _REACHES:
            raise PlanError(f"{step.name}: goal {step.goal!r} is unknown")
        unknown = set(step.after) - names
        if unknown:
            raise PlanError(f"{step.name} waits for unknown {sorted(unknown)}")
    while rest:
        ready = [step for step in rest if seen.issuperset(step.after)]
        if not ready:
            raise PlanError(f"cycle among {sorted(step.name for step in rest)}")
        done += ready
        seen.update(step.name for step in ready)
        rest = [step for step in rest if step.name not in seen]
    return tuple(done)
