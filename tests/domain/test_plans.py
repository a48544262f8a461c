"""A plan names what is due, in order, and refuses to be a circle."""

from __future__ import annotations

import pytest

from single_window.domain.lifecycle import Verdict
from single_window.domain.plans import PlanError, Step, barred, due, ordered

PAPER = Step("customs", "P")
LIST = Step("customs", "L", ("P/customs",), "released")
TAX = Step("tax", "L", ("L/customs",))
PLAN = (TAX, LIST, PAPER)


def _due(message: str, **verdicts: Verdict) -> list[str]:
    said = {name.replace("_", "/"): verdict for name, verdict in verdicts.items()}
    return [step.name for step in due(PLAN, message, said)]


def test_a_step_waits_for_what_it_comes_after() -> None:
    assert _due("P") == ["P/customs"]
    assert _due("L") == []
    assert _due("L", P_customs=Verdict.HELD) == []
    assert _due("L", P_customs=Verdict.ACCEPTED) == ["L/customs"]


def test_a_step_that_wants_a_release_is_not_content_with_acceptance() -> None:
    before = {"P_customs": Verdict.ACCEPTED}
    assert _due("L", **before, L_customs=Verdict.ACCEPTED) == []
    assert _due("L", **before, L_customs=Verdict.RELEASED) == ["L/tax"]


def test_a_step_that_has_begun_is_not_named_again() -> None:
    assert _due("P", P_customs=Verdict.NONE) == []


def test_a_refusal_bars_all_that_comes_after_it() -> None:
    names = [step.name for step in barred(PLAN, "L", {"P/customs": Verdict.REJECTED})]
    assert names == ["L/tax", "L/customs"]
    assert barred(PLAN, "L", {"P/customs": Verdict.ACCEPTED}) == ()


def test_a_plan_is_put_in_order() -> None:
    assert ordered(PLAN) == (PAPER, LIST, TAX)


@pytest.mark.parametrize(
    "plan",
    [
        (Step("a", "M", ("M/b",)), Step("b", "M", ("M/a",))),
        (Step("a", "M", ("M/nowhere",)),),
        (Step("a", "M", goal="happy"),),
    ],
    ids=["circle", "unknown step", "unknown goal"],
)
def test_a_plan_that_cannot_be_followed_is_refused(plan: tuple[Step, ...]) -> None:
    with pytest.raises(PlanError):
        ordered(plan)
