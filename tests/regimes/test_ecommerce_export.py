"""An export in order passes; each fault is named with its field; papers that disagree are held."""

from __future__ import annotations

import csv
import dataclasses
from datetime import date
from typing import Any

import pytest

from single_window import regimes
from single_window.domain.findings import decision
from single_window.domain.rules import told
from single_window.domain.wording import Wording
from single_window.regimes.ecommerce_export import levy, overseas, returns, routes
from single_window.regimes.ecommerce_export.terms import (
    INVENTORY,
    ORDER,
    RECEIPT,
    RETURN,
    SALE,
    SUMMARY,
    WAYBILL,
    on,
)
from tests.regimes.export_faults import DISAGREEMENTS, FAULTS
from tests.regimes.exports import ABSENT, DAY, RECORDS, Fault, checked, facts, in_force, paper

REGIME = regimes.load("ecommerce_export")
WORDING = Wording.load(REGIME.findings_csv)
TRADE = (ORDER, RECEIPT, WAYBILL, INVENTORY)
HEAD = "InventoryHead"


@pytest.mark.parametrize("message", RECORDS)
def test_a_paper_in_order_has_nothing_against_it(message: str) -> None:
    found = {finding.code: finding.severity for finding in checked(message).findings}
    assert found == ({"EXP-9610-02-OPEN": "warn"} if message == INVENTORY else {})


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f.code} {f.path} {f.changes}")
def test_a_fault_is_named_with_its_field_in_both_languages(fault: Fault) -> None:
    found = checked(fault.message, **fault.changes).findings
    assert (fault.code, fault.severity, fault.path) in [(f.code, f.severity, f.path) for f in found]
    for finding in found:
        shown = WORDING.render(finding, label_zh="字段", label_en="field")
        assert shown["text_zh"] and shown["remedy_en"] and shown["source"]


def test_a_record_that_its_schema_refuses_is_still_told_its_other_faults() -> None:
    record = paper(INVENTORY, InventoryHead__ieFlag="I", InventoryHead__netWeight=ABSENT)
    del record["InventoryList"]
    found = REGIME.check(INVENTORY, record, in_force(), sound=False)
    assert [f.path for f in found.findings if f.code == "CBEX-VALUE"] == ["InventoryHead/ieFlag"]


def test_a_summary_names_inventories_or_a_period_and_is_late_after_the_15th() -> None:
    silent: dict[str, Any] = {
        "SummaryApplyHead__startTime": ABSENT, "SummaryApplyHead__endTime": ABSENT,
    }  # fmt: skip
    assert checked(SUMMARY, **silent).findings == []
    record = paper(SUMMARY, **silent)
    record["SummaryApplyList"] = []
    (finding,) = REGIME.check(SUMMARY, record, in_force()).findings
    assert finding.code == "CBEX-PERIOD-NONE"
    last, late = date(2026, 12, 15), date(2026, 12, 16)
    assert checked(SUMMARY, last).findings == []
    (finding,) = checked(SUMMARY, late).findings
    assert (finding.code, finding.severity, finding.expected) == (
        "EXP-9610-03", "hold", "2026-12-15",
    )  # fmt: skip
    off = dataclasses.replace(in_force(late), registers={"holidays": {"2026-12-15": True}})
    assert REGIME.check(SUMMARY, paper(SUMMARY), off).findings == []


@pytest.mark.parametrize(
    ("registers", "found"),
    [
        ({"zones": {"5165": True}}, {"EXP-9610-02-OPEN"}),
        ({"zones": {"5165": False}}, {"EXP-9610-02-ZONE", "EXP-9610-02-OPEN"}),
        ({"zones": {"5165": True},
          "export_duty": {"3926909090": False, "8544422100": False}}, set()),
        ({"zones": {"5165": True}, "export_duty": {"3926909090": True}}, {"EXP-9610-02-DUTY"}),
    ],
)  # fmt: skip
def test_a_register_with_an_entry_decides(registers: Any, found: set[str]) -> None:
    filled = dataclasses.replace(in_force(), registers=registers)
    codes = {f.code for f in REGIME.check(INVENTORY, paper(INVENTORY), filled).findings}
    assert codes == found


def test_six_digits_do_between_firms_at_zone_customs_without_refund() -> None:
    short: dict[str, Any] = {
        "InventoryHead__tradeMode": "9710", "InventoryList_1__gcode": "3926900000",
    }  # fmt: skip
    assert {f.code for f in checked(INVENTORY, **short).findings} == {"CBEX-HS-UNKNOWN"}
    filled = dataclasses.replace(in_force(), registers={"zones": {"5165": True}})
    assert REGIME.check(INVENTORY, paper(INVENTORY, **short), filled).findings == []
    short["InventoryList_1__gcode"] = "3926000000"
    (finding,) = REGIME.check(INVENTORY, paper(INVENTORY, **short), filled).findings
    assert (finding.code, dict(finding.args)["digits"]) == ("EXP-B2B-03", "6")


@pytest.mark.parametrize(
    ("day", "customs", "code"),
    [
        (date(2020, 6, 30), "5165", "EXP-B2B-04"),
        (date(2020, 7, 1), "5165", None),
        (date(2020, 7, 1), "2201", "EXP-B2B-04"),
        (date(2020, 9, 1), "2201", "EXP-B2B-04-OPEN"),
        (date(2021, 7, 1), "2201", None),
    ],
)
def test_exports_between_firms_began_customs_by_customs(
    day: date, customs: str, code: str | None
) -> None:
    changes: dict[str, Any] = {f"{HEAD}__tradeMode": "9710", f"{HEAD}__customsCode": customs}
    found = {f.code for f in checked(INVENTORY, day, **changes).findings}
    assert {each for each in found if each.startswith("EXP-B2B-04")} == ({code} if code else set())


def test_a_day_before_the_rules_is_held_and_its_papers_are_not() -> None:
    day = date(2018, 12, 31)
    found = {f.code: f.severity for f in checked(INVENTORY, day).findings}
    assert found["CBEX-DAY"] == "hold"
    assert checked(ORDER, day).findings == []


# --- amounts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "flag", "day", "how", "income"),
    [
        ("9610", "A", DAY, "exempt", "10.00"),
        ("9610", "B", DAY, "refund", None),
        ("9710", "B", DAY, "refund", None),
        ("9810", "B", DAY, "prerefund", None),
        ("9810", "B", date(2025, 1, 26), "refund", None),
        ("9810", "A", DAY, "exempt", "10.00"),
        ("1210", "B", DAY, "none", None),
        ("9610", "A", date(2019, 12, 31), "exempt", None),
    ],
)
def test_tax_treats_an_export_by_its_mode_and_way(
    mode: str, flag: str, day: date, how: str, income: str | None
) -> None:
    changes: dict[str, Any] = {f"{HEAD}__tradeMode": mode, f"{HEAD}__statisticsFlag": flag}
    amounts = checked(INVENTORY, day, **changes).amounts
    assert amounts is not None
    amounts = told(amounts)
    assert (amounts["value"], amounts["treatment"], amounts.get("income")) == (
        "250.00",
        how,
        income,
    )
    steps = REGIME.explain(amounts, in_force(day))
    assert [step["name"] for step in steps][:2] == ["value", f"treatment_{how}"]
    assert all(step["rule"] and step["source"] and step["label_zh"] for step in steps)
    assert income is None or (steps[-1]["expression"], steps[-1]["result"]) == (
        "250.00 × 4%", "10.00",
    )  # fmt: skip


def test_what_depends_on_an_unknown_rate_is_left_out_and_not_guessed() -> None:
    dollars: dict[str, Any] = {f"InventoryList_{at}__currency": "502" for at in (1, 2)}
    amounts = checked(INVENTORY, **dollars).amounts
    assert amounts is not None
    assert (amounts["currency"], amounts.get("value_cny"), amounts.get("income")) == (
        "502", None, None,
    )  # fmt: skip


# --- match ------------------------------------------------------------------------------------


def _papers(message: str = "", **changes: Any) -> dict[str, dict[str, Any]]:
    return {m: facts(m, **(changes if m == message else {})) for m in TRADE}


def test_papers_in_order_match() -> None:
    match = REGIME.match(_papers())
    assert (match.missing, match.findings) == ((), ())


@pytest.mark.parametrize("one", DISAGREEMENTS, ids=lambda d: f"{d.message} {d.changes}")
def test_papers_that_disagree_are_held_and_both_sides_shown(one: Fault) -> None:
    found = REGIME.match(_papers(one.message, **one.changes)).findings
    finding = next(f for f in found if (f.code, f.path) == (one.code, one.path))
    assert finding.severity == one.severity
    shown = WORDING.render(finding, label_zh="字段", label_en="field")
    assert finding.value in str(shown["text_zh"]) and finding.expected in str(shown["text_en"])
    assert dict(finding.args)["other"] in TRADE


@pytest.mark.parametrize("charge", ["250", "250.00", "260.0"])
def test_what_was_received_is_the_value_with_or_without_its_freight(charge: str) -> None:
    assert REGIME.match(_papers(RECEIPT, charge=charge)).findings == ()


@pytest.mark.parametrize(
    ("mode", "day", "missing"),
    [
        ("9610", "20241214", (ORDER, WAYBILL, RECEIPT)),
        ("9610", "20241215", (ORDER, WAYBILL)),
        ("9710", "20241214", (ORDER, WAYBILL)),
    ],
)
def test_a_receipt_was_asked_of_retail_exports_until_the_end_of_2024(
    mode: str, day: str, missing: tuple[str, ...]
) -> None:
    changes: dict[str, Any] = {f"{HEAD}__tradeMode": mode, f"{HEAD}__appTime": f"{day}120000"}
    lead = facts(INVENTORY, **changes)
    assert REGIME.match({INVENTORY: lead}).missing == missing
    for expired, code, severity in (
        (False, "EXP-9610-05-MISSING", "warn"), (True, "EXP-9610-05-EXPIRED", "reject"),
    ):  # fmt: skip
        found = REGIME.missing(missing, lead, expired=expired)
        assert {(f.code, f.severity) for f in found} == {(code, severity)}
        assert found[0].value == "O-1" and found[1].value == "L-1"


# --- after release ----------------------------------------------------------------------------


def test_a_return_is_asked_for_within_a_year_of_release() -> None:
    released = date(2026, 2, 28)
    assert returns.may_be_asked(released=released, asked=date(2027, 2, 28)) == []
    (late,) = returns.may_be_asked(released=released, asked=date(2027, 3, 1))
    assert (late.code, late.severity, late.expected) == ("CBEX-RETURN-LATE", "reject", "2027-02-28")


@pytest.mark.parametrize(
    ("note", "number"),
    [
        ("已补税证明：3301202600001", "3301202600001"),
        ("客户退货。出口货物已补税/未退税证明 编号 SH-2026-0007，附件", "SH-2026-0007"),
        ("未退税证明(A12345)", "A12345"),
        ("came back; REPAID 3301202600001", "3301202600001"),
        ("已补税证明", ""),
        ("已补税证明：12", ""),
        ("客户退货 3301202600001", ""),
        ("", ""),
    ],
)
def test_the_certificate_of_a_repaid_refund_stands_in_the_note(note: str, number: str) -> None:
    assert returns.certificate(note, on(DAY)["certificate_words"]) == number


@pytest.mark.parametrize(
    ("day", "same_region", "site", "refused"),
    [
        (date(2026, 3, 12), False, True, True),
        (date(2026, 3, 13), False, True, False),
        (date(2026, 3, 13), False, None, False),
        (date(2026, 3, 13), False, False, True),
        (date(2026, 3, 12), True, False, False),
    ],
)
def test_where_a_retail_export_may_come_back(
    day: date, same_region: bool, site: bool | None, refused: bool
) -> None:
    found = returns.back_at(mode="9610", day=day, same_region=same_region, site=site)
    assert [f.code for f in found] == (["EXP-9610-10"] if refused else [])
    assert returns.back_at(mode="9710", day=day, same_region=False, site=False) == []


def test_a_refund_is_claimed_within_three_years() -> None:
    exported = date(2023, 5, 31)
    assert returns.refund_in_time(exported=exported, claimed=date(2026, 5, 31)) == []
    (late,) = returns.refund_in_time(exported=exported, claimed=date(2026, 6, 1))
    assert (late.code, late.severity) == ("EXP-REF-01", "reject")
    assert returns.refund_in_time(exported=date(2000, 1, 1), claimed=date(2025, 12, 31)) == []


def test_an_inventory_is_cancelled_before_its_release_only() -> None:
    assert [returns.may_cancel(verdict) for verdict in ("none", "accepted", "held")] == [[], [], []]
    assert {f.code for verdict in ("released", "rejected", "closed")
            for f in returns.may_cancel(verdict)} == {"CBEX-CANCEL-STATE"}  # fmt: skip


def test_no_more_comes_back_than_went_out_and_nothing_else() -> None:
    exported = facts(INVENTORY)["lines"]
    back = facts(RETURN)["lines"]
    assert returns.not_above_export(back, exported) == []
    found = returns.not_above_export(back, exported, before=back)
    assert [(f.code, f.path, f.value, f.expected) for f in found] == [
        ("CBEX-RETURN-QTY", "InvtRefundList[1]/qty", "2.00", "1.00"),
        ("CBEX-RETURN-QTY", "InvtRefundList[1]/qty1", "0.20", "0.10"),
    ]
    other = [{**back[0], "gcode": "3926909090", "qty2": "1"}, {"gnum": "9"}]
    assert [(f.code, f.path) for f in returns.not_above_export(other, exported)] == [
        ("CBEX-RETURN-GOODS", "InvtRefundList[1]/gcode"),
        ("CBEX-RETURN-QTY", "InvtRefundList[1]/qty2"),
        ("CBEX-RETURN-GOODS", "InvtRefundList[2]/gnum"),
    ]


def test_a_warehouse_and_a_declared_customs_are_worded() -> None:
    values = on(date(2024, 12, 14))
    found = [
        *routes.warehouse_filed("9810", filed=False, values=values),
        *routes.begun(date(2020, 1, 1), "5165", on(date(2020, 1, 1))),
    ]
    assert [f.code for f in found] == ["EXP-B2B-05", "EXP-B2B-04"]
    assert all(WORDING.render(f)["text_en"] for f in found)


# --- overseas warehouses ----------------------------------------------------------------------


def test_a_sale_abroad_settles_the_refund_of_its_booking() -> None:
    amounts = checked(SALE).amounts
    assert amounts is not None
    amounts = told(amounts)
    assert (amounts["value"], amounts["treatment"], amounts["settles"], amounts["sold_date"]) == (
        "130.00", "settled", "O-1", "20261119",
    )  # fmt: skip
    assert [step["name"] for step in REGIME.explain(amounts, in_force())] == [
        "value", "treatment_settled",
    ]  # fmt: skip


def test_what_is_sold_is_of_its_booking_and_leaves_the_rest() -> None:
    shipped, sold = facts(INVENTORY)["lines"], facts(SALE)["lines"]
    assert list(overseas.other_goods(sold, shipped)) == []
    assert overseas.left(shipped, [*sold, *sold]) == {"1": 0, "2": 1}
    other = [{**sold[0], "itemNo": "S9"}, {**sold[0], "gnum": "7"}]
    assert [(f.code, f.path) for f in overseas.other_goods(other, shipped)] == [
        ("CBEX-SOLD-GOODS", "OverseasSaleList[1]/itemNo"),
        ("CBEX-SOLD-GOODS", "OverseasSaleList[2]/gnum"),
    ]


def test_a_refund_on_departure_is_settled_by_the_next_april() -> None:
    exported, values = date(2025, 6, 1), on(DAY)
    in_time = levy.settled_in_time(exported=exported, settled=date(2026, 4, 30), values=values)
    assert in_time == []
    (late,) = levy.settled_in_time(exported=exported, settled=date(2026, 5, 1), values=values)
    assert (late.code, late.severity) == ("EXP-B2B-07", "hold")


# --- the whole --------------------------------------------------------------------------------


def test_every_code_has_a_failing_case() -> None:
    provoked = {fault.code for fault in (*FAULTS, *DISAGREEMENTS)} | {
        "CBEX-DAY", "CBEX-PERIOD-NONE", "CBEX-RETURN-LATE", "CBEX-RETURN-GOODS", "CBEX-RETURN-QTY",
        "CBEX-CANCEL-STATE", "EXP-9610-02-OPEN", "EXP-9610-02-ZONE", "EXP-9610-02-DUTY",
        "EXP-9610-05-MISSING", "EXP-9610-05-EXPIRED", "EXP-9610-10", "EXP-B2B-03",
        "EXP-B2B-04-OPEN", "EXP-B2B-07", "EXP-REF-01", "CBEX-SOLD-GOODS", "CBEX-SOLD-QTY",
        "CBEX-SUM-FLAG", "CBEX-ACT-DIFFERS", "CBEX-ACT-UNKNOWN", "CBEX-ACT-STATE", "CBEX-ACT-NONE",
        "CBEX-RETURN-STATE", "CBEX-DEC-LINES", "RET-EXP-03-STATED",
    }  # fmt: skip
    with REGIME.cases_csv.open(encoding="utf-8", newline="") as rows:
        cases = "".join(row["expected"] for row in csv.DictReader(rows))
    from_store = {owned.duplicate for owned in REGIME.owned.values()}
    by_case = {"EXP-9610-02-REFUND": "EXP-9610-02", "EXP-B2B-02-TAX": "EXP-B2B-02"}
    unprovoked = {
        code
        for code in REGIME.codes() - provoked - from_store
        if f'"{by_case.get(code, code)}"' not in cases
    }
    assert unprovoked == set(), "each needs a row in cases.csv or a fault above"


def test_a_parcel_with_a_refund_or_a_tax_matter_says_which_it_was() -> None:
    values = on(DAY)
    refund = routes.Parcel(None, in_zone=True, export_duty=False, refund=True)
    assert "EXP-9610-02-REFUND" in {f.code for f in routes.counted_only(refund, values)}
    for parcel in (routes.Parcel(None, inspection=True), routes.Parcel(None, export_duty=True)):
        found = routes.by_inventory(parcel, values)
        assert decision(found) == "reject" and found[-1].code == "EXP-B2B-02-TAX"


def test_a_list_that_is_not_official_only_warns() -> None:
    (port,) = [f for f in checked(INVENTORY, InventoryHead__POD="9999").findings
               if f.path == "InventoryHead/POD"]  # fmt: skip
    assert (port.code, port.severity) == ("CBEX-CODE", "warn")
