"""Papers side by side: one row for each fact, whatever it is called in each of them."""

from __future__ import annotations

from typing import Any

from single_window.declarations.comparing import Paper, mismatches, side_by_side
from single_window.demo.declarations import DECLARATION
from single_window.demo.exports import ORDER as EXPORT_ORDER
from single_window.demo.followups import CANCELLATION
from tests.window import INVENTORY, ORDER, PAYMENT, WAYBILL

ORDERED: dict[str, Any] = {
    "orderNo": "O1", "buyerName": "甲", "acturalPaid": "10.00", "freight": "1.00",
    "currency": "142",
    "lines": [
        {"gnum": "2", "itemName": "乙物", "qty": "1", "totalPrice": "4.00"},
        {"gnum": "1", "itemName": "甲物", "qty": "2", "totalPrice": "5.00"},
    ],
}  # fmt: skip
DECLARED: dict[str, Any] = {
    "orderNo": "O1", "buyerName": "甲", "freight": "1.00", "currency": "142",
    "lines": [
        {"gnum": "1", "gname": "甲物", "qty": "2", "totalPrice": "5.00"},
        {"gnum": "2", "gname": "乙物", "qty": "3", "totalPrice": "4.00"},
    ],
}  # fmt: skip
PAID: dict[str, Any] = {
    "orderNo": "O1", "payerName": "甲", "amountPaid": "9.00", "currency": "142", "payCode": "P",
}  # fmt: skip


def _rows(*papers: Paper) -> dict[tuple[int, str], dict[str, Any]]:
    found = side_by_side(papers, mismatches(papers))
    return {(row["line"], row["name"]): row for row in found}


def _values(row: dict[str, Any]) -> list[str]:
    return [cell["value"] for cell in row["cells"]]


def test_what_a_rule_compares_stands_in_one_row_though_it_is_called_otherwise() -> None:
    rows = _rows(Paper(ORDER, 1, ORDERED, whole=True), Paper(PAYMENT, 2, PAID, whole=True))
    assert _values(rows[0, "acturalPaid"]) == ["10.00", "9.00"]
    assert _values(rows[0, "buyerName"]) == ["甲", "甲"]
    assert (0, "amountPaid") not in rows


def test_what_differs_is_marked_on_both_sides_with_the_rule_and_comes_first() -> None:
    rows = _rows(Paper(ORDER, 1, ORDERED), Paper(PAYMENT, 2, PAID))
    first = next(iter(rows.values()))
    assert (first["name"], first["codes"]) == ("acturalPaid", ["TAX-CBEC-13"])
    assert [cell["differs"] for cell in first["cells"]] == [True, True]
    assert [name for (_, name), row in rows.items() if row["differs"]] == ["acturalPaid"]


def test_what_no_rule_compares_is_told_apart() -> None:
    rows = _rows(Paper(ORDER, 1, ORDERED), Paper(PAYMENT, 2, PAID))
    compared = {name for (_, name), row in rows.items() if row["compared"]}
    assert compared == {"orderNo", "buyerName", "acturalPaid"}
    assert rows[0, "currency"]["together"]
    assert not rows[0, "payCode"]["together"]


def test_lines_stand_side_by_side_by_their_numbers_in_whatever_order_they_come() -> None:
    rows = _rows(Paper(INVENTORY, 1, DECLARED), Paper(ORDER, 2, ORDERED))
    assert _values(rows[1, "itemName"]) == ["甲物", "甲物"]
    assert _values(rows[2, "itemName"]) == ["乙物", "乙物"]
    marked = {at: row["differs"] for at, row in rows.items() if at[1] == "qty"}
    assert marked == {(1, "qty"): False, (2, "qty"): True}


def test_lines_whose_numbers_are_of_no_use_go_by_their_place() -> None:
    lines = [{**line, "gnum": "1"} for line in DECLARED["lines"]]
    rows = _rows(Paper(INVENTORY, 1, {**DECLARED, "lines": lines}), Paper(ORDER, 2, ORDERED))
    assert _values(rows[1, "gnum"]) == ["1", "1"]
    assert _values(rows[2, "gnum"])[0] == "1"


def test_people_are_masked_for_who_may_not_see_them_and_the_mark_stays() -> None:
    paid = PAID | {"payerName": "丙丁戊"}
    rows = _rows(Paper(ORDER, 1, ORDERED), Paper(PAYMENT, 2, paid))
    row = rows[0, "buyerName"]
    assert "丙丁戊" not in _values(row)
    assert (row["differs"], row["codes"]) == (True, ["TAX-CBEC-12"])


def test_one_paper_alone_shows_all_that_it_says() -> None:
    rows = _rows(Paper(WAYBILL, 1, {"logisticsNo": "W1", "freight": "1.00"}))
    assert {name for _, name in rows} == {"logisticsNo", "freight"}
    assert all(row["together"] and not row["compared"] for row in rows.values())


def test_a_paper_that_acts_on_another_is_compared_with_what_that_one_says() -> None:
    cancelled = {"orderNo": "O1", "buyerName": "乙"}
    rows = _rows(Paper(CANCELLATION, 1, cancelled), Paper(INVENTORY, 2, DECLARED))
    compared = {name: row["differs"] for (_, name), row in rows.items() if row["compared"]}
    assert compared == {"orderNo": False, "buyerName": True}
    assert rows[0, "buyerName"]["codes"] == ["CBEC-ACT-DIFFERS"]


def test_a_goods_declaration_stands_beside_its_order_though_its_fields_have_other_names() -> None:
    facts = {"ebcCode": "C1", "orderNo": "O1", "tradeMode": "9710"}
    line = {"gnum": "1", "qty": "2", "totalPrice": "5.00"}
    declared = Paper(DECLARATION, 1, facts | {"lines": [line]}, regime="ecommerce_export")
    ordered = facts | {"orderType": "B", "lines": [line | {"qty": "3"}]}
    rows = _rows(declared, Paper(EXPORT_ORDER, 2, ordered))
    compared = {at: row["differs"] for at, row in rows.items() if row["compared"]}
    assert compared == {
        (0, "ebcCode"): False,
        (0, "orderNo"): False,
        (1, "qty"): True,
        (1, "totalPrice"): False,
    }
    assert [cell["differs"] for cell in rows[1, "qty"]["cells"]] == [True, True]
