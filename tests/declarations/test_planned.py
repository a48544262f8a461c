"""The plan of a trade says of every step where it stands, and what it waits for."""

from __future__ import annotations

from typing import Any

from single_window.declarations import queries
from single_window.declarations.scope import Scope
from tests.routing.desks import Desk, desks, sent
from tests.window import INVENTORY, ORDER, PAYMENT, WAYBILL, Window, made

PLAN = (ORDER, PAYMENT, WAYBILL, INVENTORY, INVENTORY, INVENTORY)


def _states(window: Window, number: int) -> list[str]:
    plan = window.shown(number)["plan"]
    assert tuple(step["message"] for step in plan) == PLAN
    assert [step["agency"] for step in plan[-3:]] == ["customs", "tax", "fx"]
    return [step["state"] for step in plan]


def test_an_order_alone_shows_the_whole_way_ahead(window: Window) -> None:
    (trade,) = made()
    window.file_trade(trade, ORDER)
    window.pair()
    (row,) = window.rows()
    assert _states(window, row.id) == ["pending", *["absent"] * 5]
    assert [step["current"] for step in window.shown(row.id)["plan"]] == [True, *[False] * 5]


def test_an_inventory_says_for_which_papers_it_waits(window: Window) -> None:
    (trade,) = made()
    window.file_trade(trade, ORDER, WAYBILL, INVENTORY)
    window.pair()
    plan = window.shown(window.lead(trade).id)["plan"]
    assert [step["state"] for step in plan] == ["pending", "absent", "pending", *["waits"] * 3]
    assert plan[3]["waits_for"] == plan[3]["after"] == [0, 1, 2]
    assert [step["waits_for"] for step in plan[4:]] == [[3], [3]]
    assert [step["depth"] for step in plan] == [0, 0, 0, 1, 2, 2]


def test_steps_go_from_sent_to_done_and_the_next_become_due(window: Window) -> None:
    customs, (trade,) = Desk.of("customs"), made()
    messages = sent(window, customs, [trade])
    number = window.lead(trade).id
    assert _states(window, number) == [*["accepted"] * 3, "sent", "waits", "waits"]
    customs.answer(window, ("2", "120", "300"), *messages)
    assert _states(window, number)[3:] == ["held", "waits", "waits"]
    customs.answer(window, ("800",), *messages)
    assert _states(window, number)[3:] == ["released", "pending", "pending"]
    desks()["tax"].collect(window)
    assert _states(window, number)[3:] == ["released", "sent", "pending"]


def test_after_a_refusal_nothing_more_is_sent(window: Window) -> None:
    customs, (trade,) = Desk.of("customs"), made()
    messages = sent(window, customs, [trade])
    customs.answer(window, ("2", "100"), *messages)
    assert _states(window, window.lead(trade).id)[3:] == ["rejected", "never", "never"]


def test_papers_that_do_not_agree_are_held_here_and_shown_side_by_side(window: Window) -> None:
    (trade,) = made()
    trade.records[PAYMENT]["PaymentHead"]["amountPaid"] = "1.00"
    customs = Desk.of("customs")
    window.file_trade(trade)
    window.pair()
    customs.answer(window, ("2", "120"), *customs.collect(window))
    window.pair()
    told = window.shown(window.lead(trade).id)
    assert [step["state"] for step in told["plan"]] == [*["accepted"] * 3, "kept", "waits", "waits"]
    assert told["compared"]["papers"][0]["message"] == INVENTORY
    (row,) = [row for row in told["compared"]["rows"] if row["differs"]]
    cells = dict(zip((p["message"] for p in told["compared"]["papers"]), row["cells"], strict=True))
    assert {name for name, cell in cells.items() if cell["differs"]} == {ORDER, PAYMENT}
    assert (cells[PAYMENT]["value"], row["codes"]) == ("1.00", ["TAX-CBEC-13"])


def test_of_papers_that_are_not_for_the_reader_nothing_is_told_but_that_they_are_there(
    window: Window,
) -> None:
    customs, (trade,) = Desk.of("customs"), made()
    sent(window, customs, [trade])
    company = trade.records[WAYBILL]["LogisticsHead"]["logisticsCode"]
    number = next(row.id for row in window.rows() if row.message == WAYBILL)
    with window.store.database.read() as connection:
        told: Any = queries.declaration(
            window.store, connection, Scope(window.other, code=company), number
        )
    assert {step["state"] for step in told["plan"] if step["message"] != WAYBILL} == {"elsewhere"}
    assert {step["declaration"] for step in told["plan"]} == {number, None}
    assert told["compared"] == {"papers": [], "rows": []}
