"""Records become declarations: one to a number, versions in their order, quota by record."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from sqlalchemy import select

from single_window.declarations.queries import Scope
from single_window.declarations.service import NotAllowed, Unknown, withdraw
from single_window.demo.trades import Trade
from single_window.intake.amending import amend
from single_window.storage import tables as t
from tests.window import INVENTORY, ORDER, PAYMENT, WAYBILL, Agency, Window, findings, made, message

Record = dict[str, Any]


def changed(record: Record, later: int = 1, **head: str) -> Record:
    """A copy with other values in its head, some minutes later."""
    copied = copy.deepcopy(record)
    group: dict[str, str] = next(iter(copied.values()))
    group["appTime"] = str(int(group["appTime"][:8] + "200000") + later * 100)
    group.update(head)
    return copied


def decisions(window: Window) -> list[tuple[str, list[str]]]:
    """Decision and codes of every record, in their order; mere warnings left out."""
    return [
        (row.decision, [f.code for f in findings(window, row.id) if f.severity != "warn"])
        for row in window.rows()
    ]


def test_the_same_record_twice_in_a_file_is_one_declaration(sqlite_window: Window) -> None:
    window, (trade,) = sqlite_window, made()
    window.file(ORDER, [trade.records[ORDER]] * 2)
    first, second = window.rows()
    assert (second.same_as, second.outcome, second.living_key) == (first.id, "", None)
    assert [f.code for f in findings(window, second.id)] == ["REC-REPEATED"]
    assert len(window.rows(of=t.legs)) == 1


def test_another_content_under_a_number_that_is_taken_is_refused(sqlite_window: Window) -> None:
    window, (trade,) = sqlite_window, made()
    other = changed(trade.records[ORDER], buyerName="另一人")
    window.file(ORDER, [trade.records[ORDER], other])
    window.file(ORDER, [other])
    assert decisions(window) == [("accept", []), ("reject", ["-301010"]), ("reject", ["-301010"])]
    (finding,) = findings(window, window.rows()[1].id)
    assert (finding.path, finding.line) == ("OrderHead/orderNo", 2)


def test_the_same_record_in_another_file_has_the_first_answer(window: Window) -> None:
    (trade,) = made()
    window.file(ORDER, [trade.records[ORDER]])
    window.file(ORDER, [trade.records[ORDER]])
    first, second = window.rows()
    assert second.same_as == first.id


def test_a_refused_record_leaves_its_number_free(window: Window) -> None:
    (trade,) = made()
    window.file(ORDER, [changed(trade.records[ORDER], currency="999")])
    window.file(ORDER, [trade.records[ORDER]])
    assert [row.decision for row in window.rows()] == ["reject", "accept"]


def test_a_change_replaces_what_has_not_been_sent(window: Window) -> None:
    (trade,) = made()
    window.file(ORDER, [trade.records[ORDER]])
    window.file(ORDER, [changed(trade.records[ORDER], appType="2", note="更正")])
    first, second = window.rows()
    assert (first.outcome, first.living_key) == ("withdrawn", None)
    assert (second.version, second.outcome) == (2, "under_way")
    due = [leg.declaration_id for leg in window.rows(t.legs.c.due_at.is_not(None), of=t.legs)]
    assert due == [second.id]
    assert "amended" in [event["kind"] for event in window.shown(first.id)["timeline"]]


def test_a_change_of_nothing_is_refused(sqlite_window: Window) -> None:
    window, (trade,) = sqlite_window, made()
    for kind in "23":
        window.file(ORDER, [changed(trade.records[ORDER], appType=kind)])
    assert decisions(window) == [("reject", ["REC-NOT-FOUND"])] * 2


def test_a_change_that_is_older_than_what_is_here_is_refused(sqlite_window: Window) -> None:
    window, (trade,) = sqlite_window, made()
    window.file(ORDER, [changed(trade.records[ORDER], 5)])
    window.file(ORDER, [changed(trade.records[ORDER], 4, appType="2")])
    assert decisions(window)[-1] == ("reject", ["REC-STALE"])


def test_only_who_filed_a_record_may_change_it(sqlite_window: Window) -> None:
    window, (trade,) = sqlite_window, made()
    window.file(ORDER, [trade.records[ORDER]])
    window.trust_other()
    window.file(ORDER, [changed(trade.records[ORDER], appType="2")], organisation_id=window.other)
    assert decisions(window)[-1] == ("reject", ["REC-OTHERS"])
    assert window.rows()[0].living_key is not None


def test_what_was_sent_cannot_be_changed(window: Window) -> None:
    (trade,) = made()
    window.file(ORDER, [trade.records[ORDER]])
    window.dispatch(Agency.of("customs"))
    window.file(ORDER, [changed(trade.records[ORDER], appType="2")])
    assert decisions(window)[-1] == ("reject", ["REC-STATE"])


def test_a_deletion_ends_what_was_there_and_leaves_nothing(window: Window) -> None:
    (trade,) = made()
    window.file(ORDER, [trade.records[ORDER]])
    window.file(ORDER, [changed(trade.records[ORDER], appType="3")])
    first, second = window.rows()
    assert (first.outcome, second.outcome, second.living_key) == ("withdrawn", "", None)
    assert window.rows(t.legs.c.due_at.is_not(None), of=t.legs) == []


def test_all_records_of_a_file_have_numbers_of_their_own(sqlite_window: Window) -> None:
    window = sqlite_window
    window.file(PAYMENT, [trade.records[PAYMENT] for trade in made(250)])
    rows = window.rows()
    assert [row.ordinal for row in rows] == list(range(1, 251))
    assert len({row.id for row in rows}) == 250


# -- quota


def _dear(trade: Trade, price: str, buyer: Trade, later: int = 0, kind: str = "1") -> Record:
    """An inventory of one item at a price, bought by the buyer of another trade."""
    number = buyer.records[INVENTORY]["InventoryHead"]["buyerIdNumber"]
    record = changed(trade.records[INVENTORY], later, buyerIdNumber=number, appType=kind)
    line = record["InventoryList"][0] | {"qty": "1", "price": price, "totalPrice": price}
    record["InventoryList"] = [line]
    return record


def _used(window: Window) -> list[int]:
    with window.store.database.read() as connection:
        return list(connection.execute(select(t.quotas.c.used_fen)).scalars())


def test_a_persons_year_is_used_up_in_the_order_of_records(window: Window) -> None:
    trades = made(8)
    window.file(INVENTORY, [_dear(trade, "4000.00", trades[0]) for trade in trades])
    assert [decided for decided, _ in decisions(window)] == ["warn"] * 6 + ["reject"] * 2
    assert [codes for _, codes in decisions(window)][6:] == [["TAX-CBEC-02"]] * 2
    (used,) = _used(window)
    assert 24_000_00 <= used <= 26_000_00


def test_a_withdrawn_inventory_gives_its_part_of_the_year_back(window: Window) -> None:
    trades = made(7)
    window.file(INVENTORY, [_dear(trade, "4000.00", trades[0]) for trade in trades[:6]])
    withdraw(window.store, window.wake, Scope(window.broker), window.rows()[0].id, person="x")
    window.file(INVENTORY, [_dear(trades[6], "4000.00", trades[0])])
    assert window.rows()[-1].decision == "warn"


def test_a_change_asks_only_for_what_it_costs_more(window: Window) -> None:
    """The version before it does not stand in its own way."""
    trades = made(6)
    window.file(INVENTORY, [_dear(trade, "4000.00", trades[0]) for trade in trades])
    (before,) = _used(window)
    for later, price, more in ((1, "4999.00", 999_00), (2, "3000.00", -1000_00)):
        window.file(INVENTORY, [_dear(trades[5], price, trades[0], later, "2")])
        assert _used(window) == [before + more]
    assert window.rows()[-1].version == 3


def test_a_change_that_asks_for_too_much_leaves_everything_as_it_was(window: Window) -> None:
    trades = made(7)
    dear = [_dear(trade, "4000.00", trades[0]) for trade in trades[:6]]
    window.file(INVENTORY, [*dear, _dear(trades[6], "1000.00", trades[0])])
    before = _used(window)
    window.file(INVENTORY, [_dear(trades[6], "4000.00", trades[0], 1, "2")])
    assert decisions(window)[-1] == ("reject", ["TAX-CBEC-02"])
    assert _used(window) == before
    assert window.lead(trades[6]).living_key is None
    assert len(window.rows(t.declarations.c.living_key.is_not(None))) == 7


# -- the filer's services


def test_what_has_not_been_sent_can_be_withdrawn_once(window: Window) -> None:
    (trade,) = made()
    window.file(ORDER, [trade.records[ORDER]])
    (row,) = window.rows()
    shown = withdraw(window.store, window.wake, Scope(window.broker), row.id, person="x")
    assert shown["outcome"] == "withdrawn"
    with pytest.raises(NotAllowed):
        withdraw(window.store, window.wake, Scope(window.broker), row.id, person="x")
    assert window.dispatch(Agency.of("customs")) == 0


def test_what_was_sent_is_not_withdrawn(window: Window) -> None:
    (trade,) = made()
    window.file(ORDER, [trade.records[ORDER]])
    window.dispatch(Agency.of("customs"))
    with pytest.raises(NotAllowed):
        withdraw(window.store, window.wake, Scope(window.broker), window.rows()[0].id, person="x")


def test_nobody_withdraws_or_amends_what_is_not_theirs(sqlite_window: Window) -> None:
    window, (trade,) = sqlite_window, made()
    window.file(ORDER, [trade.records[ORDER]])
    (row,) = window.rows()
    with pytest.raises(Unknown):
        withdraw(window.store, window.wake, Scope(window.other), row.id, person="x")
    with pytest.raises(Unknown):
        _amend(window, row.id, message(ORDER, []), Scope(window.other))


def test_a_correction_is_filed_as_a_submission_of_its_own(window: Window) -> None:
    (trade,) = made()
    window.file(ORDER, [trade.records[ORDER]])
    (row,) = window.rows()
    correction = changed(trade.records[ORDER], appType="2", note="更正")
    number = _amend(window, row.id, message(ORDER, [correction]))
    window.check()
    assert number != row.submission_id
    assert [each.version for each in window.rows(t.declarations.c.living_key.is_not(None))] == [2]


@pytest.mark.parametrize("wrong", ["two records", "another number", "another paper"])
def test_a_correction_is_of_one_record_of_the_same_number(
    sqlite_window: Window, wrong: str
) -> None:
    window, (trade, other) = sqlite_window, made(2)
    window.file(ORDER, [trade.records[ORDER]])
    bodies = {
        "two records": message(ORDER, [trade.records[ORDER], other.records[ORDER]]),
        "another number": message(ORDER, [other.records[ORDER]]),
        "another paper": message(WAYBILL, [trade.records[WAYBILL]]),
    }
    with pytest.raises(NotAllowed):
        _amend(window, window.rows()[0].id, bodies[wrong])
    assert len(window.rows(of=t.submissions)) == 1


def _amend(window: Window, number: int, body: bytes, scope: Scope | None = None) -> int:
    who = {"organisation_id": window.broker, "person": "x"}
    filed = amend(
        window.store, window.wake, scope or Scope(window.broker), number, blocks=[body], **who
    )  # type: ignore[arg-type]
    return filed.id
