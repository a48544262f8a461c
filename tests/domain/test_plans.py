"""A plan names what is due, in order, and refuses to be a circle."""

from __future__ import annotations

from dataclasses import replace

import pytest

from single_window.domain.lifecycle import Verdict
from single_window.domain.plans import PlanError, Step, Ways, barred, due, ordered

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


DOUBT = replace(TAX, given="doubt", after=("L/customs",))
FX = Step("fx", "L", ("L/tax",))
VARYING = Ways((LIST, DOUBT, FX))


def test_what_follows_a_step_left_out_comes_after_what_that_came_after() -> None:
    assert VARYING.of({"doubt": "1"}).steps == {0: LIST, 1: DOUBT, 2: FX}
    assert VARYING.of({}).steps == {0: LIST, 2: replace(FX, after=("L/customs",))}
    assert VARYING.of({}).followers(0, {}) == [2]
    assert VARYING.of({"doubt": "1"}).followers(0, {}) == [1]


def test_a_way_begins_with_the_first_step_taken_and_waits_for_what_any_of_it_waits_for() -> None:
    ways = Ways((replace(LIST, given="goods"), replace(DOUBT, given=""), FX))
    for facts, first in (({"goods": "1"}, 0), ({}, 1)):
        way = ways.of(facts)
        assert (way.first, way.opening, way.deciding) == (first, (first,), (first,))
        assert way.awaited == ("P/customs",)


def test_a_plan_says_whether_its_steps_can_be_followed_one_by_one() -> None:
    tax = replace(TAX, decides=True)
    assert Ways((LIST, TAX)).alone
    assert Ways((LIST, replace(TAX, given="doubt"))).alone
    assert not VARYING.alone
    assert not Ways((replace(LIST, given="goods"),)).alone
    assert not Ways((LIST, TAX, replace(FX, after=("L/customs", "L/tax")))).alone
    assert not Ways((replace(LIST, decides=True), tax)).alone
    assert Ways((LIST, tax)).alone
    assert Ways((LIST, tax)).whole.deciding == (1,)
