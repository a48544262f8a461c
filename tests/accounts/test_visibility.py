"""Who sees what was filed: its filer, and the companies that it names; nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from single_window.accounts.permissions import Role
from single_window.demo.trades import Trade
from tests.parties import join, sent_by
from tests.portal import INVENTORY, ORDER, PAYMENT, WAYBILL, Portal, made, message
from tests.window import a_minute_after


def _trade() -> Trade:
    """A consistent trade of the shop, the same each time."""
    (trade,) = made()
    return trade


SHOP = _trade().records[ORDER]["OrderHead"]["ebcCode"]


@pytest.fixture
def window(portal: Portal) -> Portal:
    """A portal with the shop that the trades name, and a stranger."""
    join(portal, "shop", role=Role.TRADER, code=SHOP)
    join(portal, "stranger", role=Role.TRADER)
    return portal


def _items(portal: Portal, by: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = portal.call("/api/v1/declarations", by=by).json["items"]
    return items


def test_a_trader_sees_what_a_broker_filed_in_its_name(window: Portal) -> None:
    window.file(message(ORDER, [_trade()]))
    (item,) = _items(window, "shop")
    told = window.call(f"/api/v1/declarations/{item['id']}", by="shop").json
    assert (told["message"], told["mine"], told["submission"]) == (ORDER, False, None)
    page = window.browser("shop").get(f"/declarations/{item['id']}").text
    assert "Filed by another organisation" in page and "/submissions/" not in page


def test_nobody_else_sees_it_or_can_count_it(window: Portal) -> None:
    window.file(message(ORDER, [_trade()]))
    (item,) = _items(window, "shop")
    assert _items(window, "stranger") == []
    assert window.call(f"/api/v1/declarations/{item['id']}", by="stranger").status_code == 404


def test_the_submission_stays_with_its_filer(window: Portal) -> None:
    number = window.file(message(ORDER, [_trade()]))["id"]
    for path in ("", "/records", "/rejected.xml"):
        answer = window.call(f"/api/v1/submissions/{number}{path}", by="shop")
        assert answer.status_code == 404
    assert window.call("/api/v1/submissions", by="shop").json["items"] == []


def test_a_paper_that_does_not_name_the_reader_is_not_shown_but_is_not_missing(
    window: Portal,
) -> None:
    trade = _trade()
    for paper in (PAYMENT, WAYBILL, INVENTORY):
        window.file(message(paper, [trade]))
    (item,) = (each for each in _items(window, "shop") if each["message"] == INVENTORY)
    told = window.call(f"/api/v1/declarations/{item['id']}", by="shop").json
    assert told["papers"] == []
    assert told["missing"] == [ORDER]


def test_what_only_was_tried_is_shown_to_nobody_it_names(window: Portal) -> None:
    body = message(ORDER, [_trade()])
    window.call("/api/v1/submissions?check_only=true", data=body)
    window.work()
    assert _items(window, "shop") == []


def test_a_finding_about_a_person_is_masked_for_who_did_not_file(window: Portal) -> None:
    trade = _trade()
    trade.records[ORDER]["OrderHead"]["buyerTelephone"] = wrong = "13900000000" * 3
    window.file(message(ORDER, [trade]))
    (item,) = _items(window, "broker")
    where = f"/api/v1/declarations/{item['id']}"
    assert wrong in window.call(where).text
    for other in ("shop", "operator"):
        answer = window.call(where, by=other)
        assert answer.status_code == 200 and wrong not in answer.text
        assert wrong not in window.browser(other).get(f"/declarations/{item['id']}").text


def test_the_company_whose_business_it_is_may_withdraw_what_a_broker_filed(window: Portal) -> None:
    window.file(message(INVENTORY, [_trade()]))
    (item,) = _items(window, "shop")
    page = window.browser("shop").get(f"/declarations/{item['id']}").text
    assert "Withdraw this declaration" in page
    answer = window.call(f"/api/v1/declarations/{item['id']}/withdraw", by="shop", method="POST")
    assert (answer.status_code, answer.json["outcome"]) == (200, "withdrawn")


def test_who_is_only_named_reads_and_changes_nothing(window: Portal) -> None:
    trade = _trade()
    platform = trade.records[ORDER]["OrderHead"]["ebpCode"]
    join(window, "platform", role=Role.TRADER, code=platform)
    window.file(message(ORDER, [trade]))
    (item,) = _items(window, "platform")
    where = f"/api/v1/declarations/{item['id']}"
    answer = window.call(f"{where}/withdraw", by="platform", method="POST")
    assert (answer.status_code, answer.json["code"]) == (409, "SVC-NAMED-ONLY")
    amended = window.call(f"{where}/amend", by="platform", data=message(ORDER, [trade]))
    assert (amended.status_code, amended.json["code"]) == (409, "SVC-NAMED-ONLY")
    assert window.call(where, by="platform").json["outcome"] == "under_way"


def _change(trade: Trade) -> Trade:
    head = trade.records[ORDER]["OrderHead"]
    head["appType"], head["appTime"] = "2", a_minute_after(head["appTime"])
    head["note"] = "changed"
    return trade


def _findings(portal: Portal, told: dict[str, Any], by: str) -> set[str]:
    path = f"/api/v1/submissions/{told['id']}/records"
    (record,) = portal.call(path, by=by).json["items"]
    return {finding["code"] for finding in record["findings"]}


def test_a_stranger_can_neither_change_nor_repeat_it_by_its_number(window: Portal) -> None:
    window.file(message(ORDER, [_trade()]))
    code = "3301STRANGER"
    told = window.file(sent_by(code, ORDER, [_change(_trade())]), by="stranger")
    assert "REC-NOT-YOURS" in _findings(window, told, "stranger")
    told = window.file(sent_by(code, ORDER, [_trade()]), by="stranger")
    found = _findings(window, told, "stranger")
    assert "-301010" in found and "REC-REPEATED" not in found
    (item,) = _items(window, "broker")
    assert (item["outcome"], item["version"]) == ("under_way", 1)


def test_the_company_itself_may_correct_what_a_broker_filed(window: Portal) -> None:
    window.file(message(ORDER, [_trade()]))
    told = window.file(sent_by(SHOP, ORDER, [_change(_trade())]), by="shop")
    found = _findings(window, told, "shop")
    assert not found & {"REC-NOT-YOURS", "-301010"}
    outcomes = sorted(item["outcome"] for item in _items(window, "shop"))
    assert outcomes == ["under_way", "withdrawn"]
