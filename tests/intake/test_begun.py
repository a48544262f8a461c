"""Papers begun from others: what they take over by name, by table, and reckoned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from single_window import regimes
from single_window.declarations import desk
from single_window.declarations.queries import Scope
from single_window.demo.followups import RETURN, returned
from single_window.domain.acts import Left
from single_window.domain.following import Follow, follows_in
from single_window.intake.begun import begun
from single_window.intake.layouts import LayoutError, layout
from single_window.storage import tables as t
from tests.routing.desks import Desk, sent
from tests.window import INVENTORY, ORDER, WAYBILL, Window, made

IMPORT = regimes.load("ecommerce_import")
RELEASED = ("2", "120", "800")
_TABLE = """
[follow.CEB511Message.CEB311Message]
label_zh = "按订单发货"
label_en = "Ship this order"
"LogisticsHead/logisticsNo" = "OrderHead/orderNo"
"LogisticsHead/freight" = ""
"""


@pytest.mark.parametrize("name", sorted(regimes.all()))
def test_what_papers_take_over_are_fields_of_both(name: str) -> None:
    for (message, target), follow in regimes.load(name).follows.items():
        own, other = layout(message, name).entries, layout(target, name).entries
        assert [path for path in follow.takes if path not in own] == []
        assert [path for path in follow.takes.values() if path and path not in other] == []


def test_a_paper_takes_over_fields_of_other_names_and_is_offered_by_its_own_words(
    sqlite_window: Window, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    window, (trade,) = sqlite_window, made()
    (tmp_path / "forms.toml").write_text(_TABLE, "utf-8")
    monkeypatch.setattr(IMPORT, "follows", follows_in(tmp_path / "forms.toml"))
    window.file_trade(trade, ORDER)
    (order,) = window.rows()
    values = begun(window.store, Scope(window.broker), order.id, WAYBILL)
    assert values["LogisticsHead.logisticsNo"] == trade.order_no
    assert "LogisticsHead.freight" not in values
    offered = _offered(window, order.id)
    assert [(each.message, each.label_en) for each in offered] == [(WAYBILL, "Ship this order")]
    with window.store.database.write() as connection:
        connection.execute(update(t.declarations).values(living_key=None, outcome="withdrawn"))
    assert _offered(window, order.id) == ()


def test_a_paper_is_offered_only_where_its_target_is_as_it_should_be(
    sqlite_window: Window, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    window, (trade,) = sqlite_window, made()
    window.file_trade(trade, ORDER)
    (order,) = window.rows()
    for number, offered in ((trade.order_no, 1), ("another", 0)):
        table = f'{_TABLE}when = {{ orderNo = "{number}" }}'
        (tmp_path / "forms.toml").write_text(table, "utf-8")
        monkeypatch.setattr(IMPORT, "follows", follows_in(tmp_path / "forms.toml"))
        assert len(_offered(window, order.id)) == offered


def _offered(window: Window, number: int) -> tuple[Follow, ...]:
    with window.store.database.read() as connection:
        return desk.ways(window.store, connection, Scope(window.broker), number).follow


def test_a_table_that_names_no_field_says_so(
    sqlite_window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, (trade,) = sqlite_window, made()
    wrong = {
        (WAYBILL, ORDER): Follow(WAYBILL, ORDER, {"LogisticsHead/logisticsNo": "OrderHead/nothing"})
    }
    monkeypatch.setattr(IMPORT, "follows", wrong)
    window.file_trade(trade, ORDER)
    with pytest.raises(LayoutError, match="logisticsNo"):
        begun(window.store, Scope(window.broker), window.rows()[0].id, WAYBILL)


def test_what_has_to_be_reckoned_knows_what_is_left_and_how_many_came_before(
    sqlite_window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, (trade,) = sqlite_window, made(seed=4)
    asked: list[tuple[str, Mapping[str, Any], Left, int]] = []

    def reckon(message: str, facts: Mapping[str, Any], left: Left, count: int) -> dict[str, str]:
        asked.append((message, facts, left, count))
        return {"InvtRefundHead/reason": f"第{count + 1}次退货", "InvtRefundHead/none": "x"}

    monkeypatch.setattr(IMPORT, "hooks", replace(IMPORT.hooks, begun=reckon))
    customs = Desk.of("customs")
    customs.answer(window, RELEASED, *sent(window, customs, [trade]))
    lead = window.lead(trade)
    line = trade.records[INVENTORY]["InventoryList"][0]
    first = begun(window.store, Scope(window.broker), lead.id, RETURN)
    window.file(RETURN, [returned(trade, lead.invt_no)])
    second = begun(window.store, Scope(window.broker), lead.id, RETURN)
    assert [values["InvtRefundHead.reason"] for values in (first, second)] == [
        "第1次退货",
        "第2次退货",
    ]
    assert "InvtRefundHead.none" not in first
    assert [(message, count) for message, _, _, count in asked] == [(RETURN, 0), (RETURN, 1)]
    assert asked[0][1]["orderNo"] == trade.order_no and asked[0][2] == {}
    assert Decimal(asked[0][1]["amounts"]["total"]) > 0
    assert asked[1][2][line["gnum"]] == (Decimal(0), Decimal(line["qty"]))
