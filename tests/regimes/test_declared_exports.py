"""A goods declaration in place of an inventory (9710, 9810): what it says, what is asked."""

from __future__ import annotations

from typing import Any

from single_window import regimes
from single_window.domain.regime import Match
from single_window.regimes.ecommerce_export import declared
from single_window.regimes.ecommerce_export.terms import DECLARATION, ORDER
from tests.regimes.exports import facts, in_force

REGIME = regimes.load("ecommerce_export")
DECLARED = {
    "DecHead": {"TradeMode": "9710", "TradeCode": "EBC1", "CustomMaster": "5165"},
    "DecLists": {
        "DecList": [
            {"GNo": "1", "CodeTS": "3926909090", "GName": "手机壳", "GQty": "2", "GUnit": "011",
             "DeclPrice": "100", "DeclTotal": "200", "TradeCurr": "CNY"},
            {"GNo": "2", "CodeTS": "8544422100", "GName": "数据线", "GQty": "1", "GUnit": "011",
             "DeclPrice": "50", "DeclTotal": "50.00", "TradeCurr": "CNY"},
        ]
    },
    "EdocRealation": [{"EdocCode": "00000001", "EdocID": "X"},
                      {"EdocCode": "10000004", "EdocID": "O-1"}],
}  # fmt: skip


def test_a_goods_declaration_leads_as_an_inventory_does() -> None:
    lead = declared.facts(DECLARED)
    assert (lead["orderNo"], lead["ebcCode"], lead["tradeMode"]) == ("O-1", "EBC1", "9710")
    labels = {**REGIME.labels, DECLARATION: ("报关单", "Declaration")}
    match = REGIME.hooks.match
    assert match({DECLARATION: lead}, labels).missing == (ORDER,)
    order = facts(ORDER, OrderHead__orderType="B")
    assert match({DECLARATION: lead, ORDER: order}, labels) == Match()
    found = match({DECLARATION: lead, ORDER: facts(ORDER, OrderList_2__qty="3")}, labels).findings
    assert [(f.code, f.path) for f in found] == [
        ("EXP-B2B-01", "DecHead/TradeMode"),
        ("EXP-9610-05", "DecLists/DecList[2]/GQty"),
    ]


def test_a_declaration_between_firms_names_its_order() -> None:
    def judged(**changes: Any) -> list[tuple[str, str]]:
        found = REGIME.check(DECLARATION, {**DECLARED, **changes}, in_force()).findings
        return [(each.code, each.severity) for each in found]

    assert judged() == []
    assert judged(EdocRealation=[]) == [("EXP-B2B-01", "reject")]
    assert judged(DecLists={"DecList": [{"GNo": "1"}]}) == [("CBEX-DEC-LINES", "hold")]


def test_a_declaration_of_another_mode_is_none_of_its_own() -> None:
    assert regimes.claiming(DECLARATION, DECLARED) is REGIME
    other = {**DECLARED, "DecHead": {**DECLARED["DecHead"], "TradeMode": "0110"}}
    assert regimes.claiming(DECLARATION, other) is None
