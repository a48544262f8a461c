"""The order of agency steps as data, and which of them are next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

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
    `given` is taken only by records that have this fact. Where it `decides`, its verdict is part of
    the declaration's own outcome; of steps of which none says so the first one decides. `tells` is
    the message that the window makes for the agency after that message's schema.
    """

    agency: str
    message: str
    after: tuple[str, ...] = ()
    goal: str = "accepted"
    also: tuple[str, ...] = ()
    given: str = ""
    decides: bool = False
    tells: str = ""

    @property
    def name(self) -> str:
        """How other steps refer to this one."""
        return f"{self.message}/{self.agency}"


class Way:
    """The steps that one declaration takes, by their numbers among the steps of its message.

    What waits for a step that is not taken waits for what that would have waited for.
    """

    def __init__(self, steps: Mapping[int, Step]) -> None:
        self.steps = steps
        own = {step.name for step in steps.values()}
        self.awaited = tuple(
            dict.fromkeys(name for step in steps.values() for name in step.after if name not in own)
        )
        self.opening = tuple(at for at, step in steps.items() if own.isdisjoint(step.after))
        said = tuple(at for at, step in steps.items() if step.decides)
        self.deciding = said or tuple(steps)[:1]
        self.first = next(iter(steps), 0)

    def followers(self, done: int, verdicts: Mapping[int, Verdict | str | None]) -> list[int]:
        """The steps that nothing keeps any longer now that this one is reached."""
        own = {step.name: at for at, step in self.steps.items()}
        ended = self.steps[done].name
        return [
            at
            for at, step in self.steps.items()
            if ended in step.after
            and all(
                reached(self.steps[own[name]], verdicts.get(own[name]))
                for name in step.after
                if name != ended and name in own
            )
        ]


@dataclass(frozen=True)
class Ways:
    """The steps of a message, and the ways through them that its declarations may take."""

    steps: tuple[Step, ...] = ()

    @cached_property
    def whole(self) -> Way:
        """The way of those that take all steps."""
        return self.through(range(len(self.steps)))

    @cached_property
    def alone(self) -> bool:
        """Whether each step can be followed by itself, however the others of a declaration stand.

        So it is where one step decides, none waits for two, and what may be left out is not the
        first and awaited by none.
        """
        own = {step.name for step in self.steps}
        awaited = {name for step in self.steps for name in step.after}
        left_out = [at for at, step in enumerate(self.steps) if step.given]
        return (
            len(self.whole.deciding) <= 1
            and all(len(own.intersection(step.after)) <= 1 for step in self.steps)
            and not any(
                at in self.whole.deciding or self.steps[at].name in awaited or at == 0
                for at in left_out
            )
        )

    @cached_property
    def _known(self) -> dict[frozenset[int], Way]:
        return {}

    @cached_property
    def _varies(self) -> bool:
        return any(step.given for step in self.steps)

    def of(self, facts: Mapping[str, Any]) -> Way:
        """The way of a declaration with these facts."""
        if not self._varies:
            return self.whole
        steps = enumerate(self.steps)
        return self.through(at for at, step in steps if not step.given or facts.get(step.given))

    def through(self, taken: Iterable[int]) -> Way:
        """The way by these steps."""
        numbers = frozenset(taken)
        known = self._known.get(numbers)
        if known is None:
            known = self._known[numbers] = self._lay(numbers)
        return known

    def _lay(self, numbers: frozenset[int]) -> Way:
        instead = {step.name: step.after for at, step in enumerate(self.steps) if at not in numbers}

        def resolved(names: Iterable[str]) -> Iterable[str]:
            for name in names:
                yield from resolved(instead[name]) if name in instead else (name,)

        return Way(
            {
                at: replace(step, after=tuple(dict.fromkeys(resolved(step.after))))
                for at, step in enumerate(self.steps)
                if at in numbers
            }
        )


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
