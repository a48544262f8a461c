"""The papers of a trade find each other, in whatever order and way they come."""

from __future__ import annotations

import copy
import threading
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import update

from single_window.declarations import trades as pairing
from single_window.declarations.queries import Scope, submissions
from single_window.declarations.service import withdraw
from single_window.demo.trades import PAPERS, Trade
from single_window.intake import chunks
from single_window.storage import tables as t
from single_window.storage.engine import now_ms
from tests.declarations.test_filing import changed
from tests.window import INVENTORY, ORDER, PAYMENT, WAYBILL, Window, made, message, opened

DAY_MS = 86_400_000


def due(window: Window, trade: Trade) -> bool:
    """Whether customs is to get the inventory now."""
    lead = window.lead(trade)
    (leg,) = window.rows(
        t.legs.c.declaration_id == lead.id, t.legs.c.agency == "customs", of=t.legs
    )
    return leg.due_at is not None


def accept(window: Window, trade: Trade) -> None:
    """As if customs had taken in every paper but the inventory, and told the trade."""
    with window.store.database.write() as connection:
        mine = t.declarations.c.order_no == trade.order_no
        papers = t.declarations.c.message != INVENTORY
        living = t.declarations.c.living_key.is_not(None)
        connection.execute(
            update(t.declarations).where(mine, papers, living).values(outcome="accepted")
        )
        key = window.lead(trade).trade_key
        connection.execute(t.pairings.insert().values(key=f"T|{key}", due_at=now_ms()))
    window.pair()


def settled(window: Window, trade: Trade) -> tuple[str, str]:
    """Outcome and pairing of the inventory after all marks have been worked off."""
    window.pair()
    lead = window.lead(trade)
    return lead.outcome, lead.pairing


@pytest.mark.parametrize("order", [*permutations(range(4))], ids=lambda o: "".join(map(str, o)))
def test_papers_match_in_every_order_of_arrival(
    sqlite_window: Window, order: tuple[int, ...]
) -> None:
    window, (trade,) = sqlite_window, made()
    for at, paper in enumerate(order):
        window.file(PAPERS[paper], [trade.records[PAPERS[paper]]])
        window.pair()
        if PAPERS.index(INVENTORY) in order[: at + 1] and at < 3:
            assert settled(window, trade) == ("waiting", "waiting")
            assert "TAX-CBEC-13-MISSING" in window.codes(window.lead(trade).id)
    assert settled(window, trade) == ("waiting", "matched")
    assert "TAX-CBEC-13-MISSING" not in window.codes(window.lead(trade).id)
    assert not due(window, trade), "customs has not taken in the other papers yet"
    accept(window, trade)
    assert due(window, trade)
    assert window.lead(trade).outcome == "under_way"


def test_papers_of_many_trades_match_from_files_in_other_orders(window: Window) -> None:
    trades = made(30)
    for paper, step in ((INVENTORY, -1), (WAYBILL, 1), (ORDER, -1), (PAYMENT, 1)):
        window.file(paper, [trade.records[paper] for trade in trades[::step]])
        window.pair()
    assert {settled(window, trade) for trade in trades} == {("waiting", "matched")}


def test_papers_that_are_committed_at_the_same_moment_match(window: Window) -> None:
    """Two workers check chunks of the same trades and pair them, side by side."""
    trades = made(60)
    for part in (trades[:30], trades[30:]):
        for paper in PAPERS:
            window.receive(message(paper, [trade.records[paper] for trade in part]))

    def work() -> None:
        while chunks.check_due(window.store, window.wake, most=1):
            pairing.pair_due(window.store, window.wake)
        pairing.pair_due(window.store, window.wake)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {settled(window, trade) for trade in trades} == {("waiting", "matched")}


def test_what_is_missing_is_named_with_its_place(sqlite_window: Window) -> None:
    window, (trade,) = sqlite_window, made()
    window.file_trade(trade, INVENTORY, ORDER)
    window.pair()
    found = window.shown(window.lead(trade).id)["findings"]
    missing = [each for each in found if each["code"] == "TAX-CBEC-13-MISSING"]
    assert [each["path"] for each in missing] == [
        "InventoryHead/orderNo",
        "InventoryHead/logisticsNo",
    ]
    assert {each["severity"] for each in missing} == {"warn"}
    assert all(each["line"] and each["label_zh"] and each["remedy_en"] for each in missing)


def test_a_wait_that_runs_out_is_a_refusal_that_says_what_did_not_come(window: Window) -> None:
    (trade,) = made()
    window.file_trade(trade, ORDER, WAYBILL, INVENTORY)
    window.pair()
    lead = window.lead(trade)
    assert 6 * DAY_MS < lead.wait_until - now_ms() <= 7 * DAY_MS
    assert pairing.expire_due(window.store) == 0
    _let_run_out(window)
    assert pairing.expire_due(window.store) == 1
    lead = window.lead(trade)
    assert (lead.outcome, lead.living_key, lead.decision) == ("rejected", None, "reject")
    assert "TAX-CBEC-13-EXPIRED" in window.codes(lead.id)
    assert "TAX-CBEC-13-MISSING" not in window.codes(lead.id)
    assert window.shown(lead.id)["timeline"][-1]["kind"] == "expired"
    window.file_trade(trade, PAYMENT)
    assert settled(window, trade) == ("rejected", "")


def test_what_came_just_before_the_wait_ran_out_counts(window: Window) -> None:
    """The last paper is here, but nobody has looked yet."""
    (trade,) = made()
    window.file_trade(trade, ORDER, WAYBILL, INVENTORY)
    window.pair()
    window.file_trade(trade, PAYMENT)
    _let_run_out(window)
    pairing.expire_due(window.store)
    assert settled(window, trade) == ("waiting", "matched")


def _let_run_out(window: Window) -> None:
    with window.store.database.write() as connection:
        waits = t.declarations.c.wait_until.is_not(None)
        connection.execute(update(t.declarations).where(waits).values(wait_until=now_ms()))


def _with(trade: Trade, paper: str, **head: str) -> dict[str, Any]:
    record = copy.deepcopy(trade.records[paper])
    next(iter(record.values())).update(head)
    return record


def test_a_mismatch_shows_both_sides_and_is_mended_by_a_correction(window: Window) -> None:
    (trade,) = made()
    other = changed(trade.records[WAYBILL], consignee="另一人")
    window.file(WAYBILL, [other])
    window.file_trade(trade, ORDER, PAYMENT, INVENTORY)
    assert settled(window, trade) == ("held", "mismatch")
    (found,) = (
        f for f in window.shown(window.lead(trade).id)["findings"] if f["severity"] == "hold"
    )
    assert (found["code"], found["path"]) == ("TAX-CBEC-13", "LogisticsHead/consignee")
    assert found["value"] == "另一人"
    assert found["expected"] == trade.records[ORDER]["OrderHead"]["consignee"]
    assert found["line"]
    assert not due(window, trade)

    window.file(WAYBILL, [changed(trade.records[WAYBILL], 2, appType="2")])
    assert settled(window, trade) == ("waiting", "matched")
    assert {f["severity"] for f in window.shown(window.lead(trade).id)["findings"]} == {"warn"}
    accept(window, trade)
    assert due(window, trade)


def test_a_mismatch_may_be_mended_on_the_side_of_the_inventory(window: Window) -> None:
    (trade,) = made()
    window.file_trade(trade, ORDER, PAYMENT, WAYBILL)
    window.file(INVENTORY, [_with(trade, INVENTORY, buyerTelephone="12000000000")])
    assert settled(window, trade) == ("held", "mismatch")
    window.file(INVENTORY, [changed(trade.records[INVENTORY], appType="2")])
    assert settled(window, trade) == ("waiting", "matched")
    assert window.lead(trade).version == 2


def test_another_payer_than_the_buyer_is_a_refusal(window: Window) -> None:
    (trade,) = made()
    window.file_trade(trade, ORDER, WAYBILL, INVENTORY)
    window.pair()
    window.file(PAYMENT, [_with(trade, PAYMENT, payerName="另一人")])
    assert settled(window, trade) == ("rejected", "")
    assert "TAX-CBEC-12" in window.codes(window.lead(trade).id)


def test_decision_and_counts_follow_what_the_papers_say(window: Window) -> None:
    (trade,) = made()
    window.file(INVENTORY, [_with(trade, INVENTORY, buyerTelephone="12000000000")])

    def counts() -> dict[str, int]:
        with window.store.database.read() as connection:
            items, _ = submissions(connection, Scope(None), limit=99)
        told: dict[str, int] = items[-1]["counts"]
        return {name: count for name, count in told.items() if count}

    assert counts() == {"records": 1, "warned": 1, "waiting": 1}
    window.file_trade(trade, ORDER, PAYMENT, WAYBILL)
    window.pair()
    assert (window.lead(trade).decision, counts()) == ("hold", {"records": 1, "held": 1})
    window.file(ORDER, [_with(trade, ORDER, appType="2", appTime="20991231000000",
                              buyerTelephone="12000000000")])  # fmt: skip
    window.pair()
    assert counts() == {"records": 1, "warned": 1, "waiting": 1}


@pytest.mark.parametrize("way", ["withdrawn", "deleted"])
def test_a_paper_that_is_taken_back_is_missing_again(window: Window, way: str) -> None:
    (trade,) = made()
    window.file_trade(trade)
    assert settled(window, trade) == ("waiting", "matched")
    if way == "withdrawn":
        (order,) = window.rows(t.declarations.c.message == ORDER)
        withdraw(window.store, window.wake, Scope(window.broker), order.id, person="x")
    else:
        window.file(ORDER, [changed(trade.records[ORDER], appType="3")])
    assert settled(window, trade) == ("waiting", "waiting")
    assert window.lead(trade).wait_until is not None
    window.file(ORDER, [changed(trade.records[ORDER], 3)])
    assert settled(window, trade) == ("waiting", "matched")


def test_a_payment_that_turns_to_another_order_leaves_the_first_without_one(window: Window) -> None:
    first, second = made(2)
    window.file_trade(first)
    assert settled(window, first) == ("waiting", "matched")
    turned = {"orderNo": second.order_no, "appType": "2"}
    window.file(PAYMENT, [changed(first.records[PAYMENT], **turned)])
    assert settled(window, first) == ("waiting", "waiting")


def test_a_mark_that_cannot_be_worked_off_does_not_stop_the_others(sqlite_window: Window) -> None:
    window, trades = sqlite_window, made(3)
    for trade in trades:
        window.file_trade(trade)
    _spoil(window, trades[1])
    window.pair()
    pairings = [window.lead(trade).pairing for trade in trades]
    assert pairings == ["matched", "waiting", "matched"]
    left = {row.key for row in window.rows(of=t.pairings)}
    assert left
    assert all(row.due_at > now_ms() for row in window.rows(of=t.pairings))


def _spoil(window: Window, trade: Trade) -> None:
    """What was kept of a trade's papers can no longer be read."""
    with window.store.database.write() as connection:
        own = t.declarations.c.order_no == trade.order_no
        connection.execute(update(t.declarations).where(own).values(sealed_facts=b"x" * 40))


def test_a_lead_that_cannot_be_judged_when_its_time_is_up_does_not_stop_the_others(
    sqlite_window: Window,
) -> None:
    window, trades = sqlite_window, made(2)
    for trade in trades:
        window.file_trade(trade, INVENTORY)
    window.pair()
    _spoil(window, trades[0])
    _let_run_out(window)
    pairing.expire_due(window.store)
    assert [window.lead(trade).outcome for trade in trades] == ["waiting", "rejected"]
    assert window.lead(trades[0]).wait_until > now_ms()
    assert pairing.expire_due(window.store) == 0


def test_who_saw_less_does_not_write_last(postgresql_url: str, data: Any) -> None:
    """Two look at one trade: the first saw the mismatch, the other its correction."""
    with opened(data, postgresql_url) as window:
        (trade,) = made()
        window.file(WAYBILL, [changed(trade.records[WAYBILL], consignee="另一人")])
        window.file_trade(trade, ORDER, PAYMENT, INVENTORY)
        database = window.store.database
        second = threading.Thread(target=window.pair)
        with database.write() as connection:
            keys = {f"T|{window.lead(trade).trade_key}"}
            first = pairing._Pairing(window.store, connection)
            looked = first._trades(keys)
            window.file(WAYBILL, [changed(trade.records[WAYBILL], 2, appType="2")])
            second.start()
            second.join(0.5)
            for each in looked:
                first._look(each)
            first.write()
        second.join()
        assert settled(window, trade) == ("waiting", "matched")
