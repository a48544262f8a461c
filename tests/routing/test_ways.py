"""Plans of whose steps some are left out, and plans in which several agencies decide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from single_window import regimes
from single_window.demo.followups import CANCELLATION, cancellation
from single_window.demo.trades import Trade
from single_window.domain.plans import Step
from single_window.storage import tables as t
from tests.routing.conftest import Invent
from tests.routing.desks import Desk, desks, sent
from tests.window import INVENTORY, ORDER, Window, made

TAX, FX, CUSTOMS = (Step(name, ORDER) for name in ("tax", "fx", "customs"))
NEVER = "no record has this fact"


def after(step: Step, *others: Step, **more: object) -> Step:
    """The step, behind those."""
    return replace(step, after=tuple(other.name for other in others), **more)  # type: ignore[arg-type]


def order(window: Window) -> int:
    """Files an order; its number."""
    (trade,) = made()
    window.file_trade(trade, ORDER)
    return int(window.rows()[-1].id)


def outcome(window: Window, number: int) -> str:
    (row,) = window.rows(t.declarations.c.id == number)
    return str(row.outcome)


def due(window: Window, number: int) -> list[str]:
    """The agencies whose turn it is."""
    own = (t.legs.c.declaration_id == number) & t.legs.c.due_at.is_not(None)
    return [leg.agency for leg in window.rows(own, of=t.legs)]


def says(window: Window, desk: Desk, *steps: str) -> None:
    """The agency gets what is due, and answers all that it has got."""
    desk.collect(window)
    desk.answer(window, steps, *desk.read)


def states(window: Window, number: int, message: str = ORDER) -> dict[str, str]:
    plan = window.shown(number)["plan"]
    return {step["agency"]: step["state"] for step in plan if step["message"] == message}


def test_the_first_leg_is_that_of_the_first_step_taken(window: Window, invent: Invent) -> None:
    invent(replace(TAX, given=NEVER), after(FX, TAX))
    number = order(window)
    (leg,) = window.rows(t.legs.c.declaration_id == number, of=t.legs)
    assert (leg.agency, leg.step, due(window, number)) == ("fx", 1, ["fx"])
    assert states(window, number) == {"tax": "unneeded", "fx": "pending"}
    says(window, Desk.of("fx"), "RECEIVED", "ACCEPTED")
    assert outcome(window, number) == "accepted"


def test_a_step_left_out_between_two_is_behind_once_the_one_before_it_is(
    window: Window, invent: Invent
) -> None:
    invent(TAX, after(CUSTOMS, TAX, given=NEVER), after(FX, CUSTOMS))
    number = order(window)
    assert due(window, number) == ["tax"]
    assert states(window, number) == {"tax": "pending", "customs": "unneeded", "fx": "waits"}
    plan = window.shown(number)["plan"]
    (fx,) = (step for step in plan if (step["message"], step["agency"]) == (ORDER, "fx"))
    assert [plan[at]["agency"] for at in fx["waits_for"]] == ["tax"]
    says(window, Desk.of("tax"), "RECEIVED", "ACCEPTED")
    assert due(window, number) == ["fx"]
    assert states(window, number)["fx"] == "pending"


def test_a_declaration_that_takes_no_step_is_accepted_as_it_is(
    window: Window, invent: Invent
) -> None:
    invent(replace(TAX, given=NEVER))
    number = order(window)
    assert (outcome(window, number), states(window, number)) == ("accepted", {"tax": "unneeded"})


@pytest.mark.parametrize("taken", [True, False])
def test_what_leads_a_trade_waits_for_the_papers_whichever_step_it_takes_first(
    window: Window, invent: Invent, taken: bool
) -> None:
    (first, *_) = regimes.load("ecommerce_import").steps(INVENTORY)
    tax = Step("tax", INVENTORY, first.after, given="orderNo" if taken else NEVER)
    invent(tax, replace(first, after=(tax.name,)))
    (trade,) = made()
    window.file_trade(trade)
    window.pair()
    number, customs = window.lead(trade).id, Desk.of("customs")
    assert due(window, number) == []
    assert states(window, number, INVENTORY)["customs"] == "waits"
    customs.answer(window, ("2", "120"), *customs.collect(window))
    window.pair()
    assert due(window, number) == (["tax"] if taken else ["customs"])


def test_several_who_decide_are_done_when_the_last_is(window: Window, invent: Invent) -> None:
    invent(replace(TAX, decides=True), after(FX, TAX, decides=True))
    number, there = order(window), desks()
    says(window, there["tax"], "RECEIVED", "ACCEPTED")
    assert (outcome(window, number), due(window, number)) == ("under_way", ["fx"])
    says(window, there["fx"], "RECEIVED", "HELD")
    assert outcome(window, number) == "held"
    says(window, there["fx"], "ACCEPTED")
    assert outcome(window, number) == "accepted"


def test_who_decides_first_and_refuses_ends_it_for_all(window: Window, invent: Invent) -> None:
    invent(replace(TAX, decides=True), after(FX, TAX, decides=True))
    number, there = order(window), desks()
    says(window, there["tax"], "RECEIVED", "REJECTED")
    (row,) = window.rows()
    assert (row.outcome, row.living_key, due(window, number)) == ("rejected", None, [])
    assert there["fx"].collect(window) == []
    assert states(window, number) == {"tax": "rejected", "fx": "never"}


def test_who_decides_last_may_refuse_what_the_others_accepted(
    window: Window, invent: Invent
) -> None:
    invent(replace(TAX, decides=True), after(FX, TAX, decides=True))
    number, there = order(window), desks()
    says(window, there["tax"], "RECEIVED", "ACCEPTED")
    says(window, there["fx"], "RECEIVED", "REJECTED")
    (row,) = window.rows()
    assert (row.outcome, row.living_key) == ("rejected", None)
    assert window.shown(number)["contradictions"] == []


def test_of_those_who_decide_only_who_is_asked_counts(window: Window, invent: Invent) -> None:
    invent(replace(TAX, decides=True, given=NEVER), after(FX, TAX, decides=True))
    number = order(window)
    says(window, Desk.of("fx"), "RECEIVED", "ACCEPTED")
    assert outcome(window, number) == "accepted"


def test_two_at_once_decide_in_any_order_and_what_follows_both_waits_for_both(
    window: Window, invent: Invent
) -> None:
    both = replace(TAX, decides=True), replace(FX, decides=True)
    invent(*both, after(CUSTOMS, *both))
    number, there = order(window), desks()
    assert due(window, number) == ["tax", "fx"]
    says(window, there["fx"], "RECEIVED", "ACCEPTED")
    assert (outcome(window, number), due(window, number)) == ("under_way", ["tax"])
    says(window, there["tax"], "RECEIVED", "ACCEPTED")
    assert (outcome(window, number), due(window, number)) == ("accepted", ["customs"])


def test_a_paper_takes_effect_when_the_last_who_decides_has_accepted_it(
    window: Window, invent: Invent
) -> None:
    tax = Step("tax", CANCELLATION, decides=True)
    invent(tax, Step("fx", CANCELLATION, (tax.name,), decides=True))
    there, trade = desks(), _declared(window)
    window.file(CANCELLATION, [cancellation(trade, window.lead(trade).invt_no)])
    says(window, there["tax"], "RECEIVED", "ACCEPTED")
    assert window.lead(trade).outcome != "withdrawn"
    says(window, there["fx"], "RECEIVED", "ACCEPTED")
    assert window.lead(trade).outcome == "withdrawn"


def _declared(window: Window) -> Trade:
    customs, (trade,) = Desk.of("customs"), made()
    customs.answer(window, ("2", "120"), *sent(window, customs, [trade]))
    return trade
