"""A retail import in order passes; each single fault is named; papers that disagree are held."""

from __future__ import annotations

import csv
import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from single_window import regimes
from single_window.domain.findings import decision
from single_window.domain.rules import told
from single_window.domain.wording import Wording
from tests.regimes.faults import DISAGREEMENTS, FAULTS, Fault
from tests.regimes.papers import (
    ABSENT,
    INVENTORY,
    ORDER,
    PAYMENT,
    WAYBILL,
    checked,
    facts,
    in_force,
    paper,
    sources,
)

REGIME = regimes.load("ecommerce_import")
WORDING = Wording.load(REGIME.findings_csv)
MESSAGES = (ORDER, PAYMENT, WAYBILL, INVENTORY)


def test_papers_in_order_have_no_findings() -> None:
    for message in (ORDER, PAYMENT, WAYBILL):
        assert checked(message).findings == []


def test_an_inventory_in_order_is_only_told_which_registers_were_not_asked() -> None:
    found = checked(INVENTORY).findings
    assert {finding.code for finding in found} == {
        "TAX-CBEC-10-OPEN",
        "TAX-CBEC-14-OPEN",
        "TAX-CBEC-15-OPEN",
        "TAX-CBEC-23-OPEN",
        "CBEC-BOOK-OPEN",
    }
    assert decision(found) == "warn"


def test_a_direct_purchase_in_order_is_not_asked_for_an_account_book() -> None:
    found = checked(
        INVENTORY,
        InventoryHead__tradeMode="9610",
        InventoryHead__country="502",
        InventoryHead__trafNo="CA1",
        InventoryHead__voyageNo="V1",
        InventoryHead__billNo="B1",
        InventoryHead__emsNo=ABSENT,
        InventoryHead__areaCode=ABSENT,
        InventoryHead__areaName=ABSENT,
    ).findings
    assert {f.code for f in found} == {
        "TAX-CBEC-10-OPEN",
        "TAX-CBEC-14-OPEN",
        "TAX-CBEC-15-OPEN",
        "TAX-CBEC-23-OPEN",
    }


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f.code} {f.path} {f.changes}")
def test_a_fault_is_named_with_its_field(fault: Fault) -> None:
    before = checked(fault.message).findings
    found = [f for f in checked(fault.message, **fault.changes).findings if f not in before]
    assert (fault.code, fault.severity, fault.path) in [(f.code, f.severity, f.path) for f in found]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f.code} {f.path} {f.changes}")
def test_a_fault_is_worded_in_both_languages(fault: Fault) -> None:
    for finding in checked(fault.message, **fault.changes).findings:
        shown = WORDING.render(finding, label_zh="字段", label_en="field")
        assert shown["text_zh"] and shown["remedy_en"] and shown["source"]


def test_a_record_that_its_schema_refuses_is_still_told_its_other_faults() -> None:
    record = paper(INVENTORY, InventoryHead__emsNo="", InventoryHead__assureCode=ABSENT)
    del record["InventoryList"]
    found = REGIME.check(INVENTORY, record, in_force(), sound=False)
    assert [f.path for f in found.findings if f.code == "CBEC-GIVEN"] == ["InventoryHead/emsNo"]
    assert found.amounts is None


@pytest.mark.parametrize("difference", ["199.99", "200.00", "200.01"])
def test_an_inventory_line_may_differ_by_a_fen(difference: str) -> None:
    found = checked(INVENTORY, InventoryList_1__totalPrice=difference).findings
    assert "TAX-CBEC-05-LINE" not in {f.code for f in found}


def test_an_order_line_may_be_rounded_to_the_fen_and_no_further() -> None:
    price: dict[str, Any] = {"OrderList_1__price": "100.0025", "OrderHead__goodsValue": "250.01"}
    paid: dict[str, Any] = {"OrderHead__acturalPaid": "277.22"}
    assert checked(ORDER, OrderList_1__totalPrice="200.01", **price, **paid).findings == []
    found = checked(ORDER, OrderList_1__totalPrice="200.02", **price).findings
    assert "TAX-CBEC-05-LINE" in {f.code for f in found}


@pytest.mark.parametrize("code", ["EBC1", "EBP1", "LOG1", "AGT1"])
def test_every_party_of_the_inventory_may_be_its_guarantor(code: str) -> None:
    found = checked(INVENTORY, InventoryHead__assureCode=code).findings
    assert "CBEC-ASSURE" not in {f.code for f in found}


def test_a_gift_costs_nothing() -> None:
    gift: dict[str, Any] = {"OrderList_2__price": "0", "OrderList_2__totalPrice": "0"}
    money: dict[str, Any] = {"OrderHead__goodsValue": "200", "OrderHead__acturalPaid": "227.21"}
    assert checked(ORDER, **gift, **money).findings == []


# --- amounts ----------------------------------------------------------------------------------


def test_amounts_of_an_inventory_in_order() -> None:
    amounts = checked(INVENTORY).amounts
    assert amounts is not None
    amounts = told(amounts)
    assert (amounts["dutiable"], amounts["treatment"]) == ("260.00", "70pct")
    assert [line["dutiable"] for line in amounts["lines"]] == ["208.00", "52.00"]
    assert (amounts["duty"], amounts["ct"], amounts["vat"]) == ("0.00", "0.00", "22.21")


def test_one_item_above_the_limit_is_taxed_in_full() -> None:
    record = paper(
        INVENTORY,
        InventoryList_1__qty="1",
        InventoryList_1__price="6000",
        InventoryList_1__totalPrice="6000",
        InventoryHead__freight="0",
    )
    record["InventoryList"].pop()
    amounts = REGIME.check(INVENTORY, record, in_force()).amounts
    assert amounts is not None
    amounts = told(amounts)
    assert (amounts["treatment"], amounts["duty"], amounts["total"]) == (
        "full", "900.00", "1797.00",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "changes", "rate", "specific"),
    [
        # 1 kg for 9,999.99 and for 10,000.00: the floor of cosmetics
        ("3304990039", {"unit1": "035", "qty1": "0.01", "price": "99.99"}, "0", "0"),
        ("3304990039", {"unit1": "035", "qty1": "0.01", "price": "100.00"}, "0.15", "0"),
        ("3304990039", {"unit1": "036", "qty1": "10", "price": "100.00"}, "0.15", "0"),
        # a sheet mask at 15 each
        ("3304990049", {"unit": "020", "qty": "10", "price": "14.99"}, "0", "0"),
        ("3304990049", {"unit": "020", "qty": "10", "price": "15.00"}, "0.15", "0"),
        # whisky by the litre, and given in millilitres
        ("2208300000", {"unit1": "095", "qty1": "0.7", "price": "800.00"}, "0.2", "0.6384"),
        ("2208300000", {"unit1": "096", "qty1": "700", "price": "800.00"}, "0.2", "0.6384"),
        # beer above and below its step
        ("2203000000", {"unit1": "095", "qty1": "10", "price": "26.00"}, "0", "2.227"),
        ("2203000000", {"unit1": "095", "qty1": "10", "price": "27.00"}, "0", "2.53"),
    ],
)
def test_consumption_tax_follows_what_the_goods_are(
    code: str, changes: dict[str, str], rate: str, specific: str
) -> None:
    line = {"qty": "1", **changes}
    line["totalPrice"] = str(Decimal(line["qty"]) * Decimal(line["price"]))
    record = paper(INVENTORY, InventoryHead__freight="0", InventoryList_1__gcode=code)
    record["InventoryList"] = [{**record["InventoryList"][0], **line}]
    amounts = REGIME.check(INVENTORY, record, in_force()).amounts
    assert amounts is not None
    got = amounts["lines"][0]
    assert (Decimal(got["ct_rate"]), Decimal(got["ct_specific"])) == (
        Decimal(rate), Decimal(specific),
    )  # fmt: skip


def test_a_day_before_the_tariff_at_hand_is_held_and_not_guessed() -> None:
    found = checked(INVENTORY, date(2019, 3, 31)).findings
    assert "CBEC-RATE-UNKNOWN" in {f.code for f in found}
    assert checked(INVENTORY, date(2019, 4, 1)).amounts is not None


def test_an_inventory_of_a_day_before_the_regime_is_held_and_its_papers_are_not() -> None:
    day = date(2016, 4, 7)
    found = {f.code: f.severity for f in checked(INVENTORY, day).findings}
    assert found["CBEC-DAY"] == "hold"
    assert checked(ORDER, day).findings == []


def test_the_day_of_a_record_is_read_from_it_where_it_can_be() -> None:
    today = date(2026, 12, 1)
    assert REGIME.day_of(INVENTORY, paper(INVENTORY), today) == date(2026, 11, 20)
    assert REGIME.day_of(ORDER, paper(ORDER), today) == date(2026, 11, 20)
    odd = paper(INVENTORY, InventoryHead__declTime="20261399")
    assert REGIME.day_of(INVENTORY, odd, today) == today


def test_every_amount_is_explained_with_rule_and_source() -> None:
    amounts = checked(INVENTORY).amounts
    assert amounts is not None
    amounts = told(amounts)
    steps = REGIME.explain(amounts, in_force())
    vat = next(step for step in steps if step["name"] == "vat" and step["line"] == "1")
    assert (vat["expression"], vat["result"]) == (
        "208 × 13% × 70%".replace("208", "208.00"),
        "18.93",
    )
    assert all(step["rule"] and step["source"] and step["label_zh"] for step in steps)
    assert steps[-1]["result"] == amounts["total"]


# --- the year ---------------------------------------------------------------------------------


def test_an_inventory_wants_its_dutiable_value_of_its_buyers_year() -> None:
    amounts = checked(INVENTORY).amounts
    lower = paper(INVENTORY, InventoryHead__buyerIdNumber="11010119900101123x")
    want = REGIME.want(lower, amounts, in_force())
    assert want == ("1:11010119900101123X", 2026, 26000, 2600000)


def test_a_year_that_is_used_up_refuses_and_says_by_how_much() -> None:
    want = REGIME.want(paper(INVENTORY), checked(INVENTORY).amounts, in_force())
    assert want is not None
    finding = REGIME.over(want, 2590000)
    assert (finding.code, finding.severity, finding.expected) == (
        "TAX-CBEC-02", "reject", "26000.00",
    )  # fmt: skip
    assert "25900.00" in str(WORDING.render(finding)["text_en"])


# --- registers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("register", "key", "code"),
    [
        ("positive_list", "19011010", "TAX-CBEC-10"),
        ("withholders", "EBC1", "TAX-CBEC-14"),
        ("places", "0213", "TAX-CBEC-23"),
    ],
)
def test_a_register_with_an_entry_decides(register: str, key: str, code: str) -> None:
    for entry in (True, False):
        filled = dataclasses.replace(in_force(), registers={register: {key: entry}})
        found = {
            f.code: f.severity for f in REGIME.check(INVENTORY, paper(INVENTORY), filled).findings
        }
        assert (found.get(code) == "reject") is not entry
        assert "TAX-CBEC-15-OPEN" in found


# --- match ------------------------------------------------------------------------------------


def _papers(message: str = "", **changes: str) -> dict[str, dict[str, object]]:
    return {m: facts(m, **(changes if m == message else {})) for m in MESSAGES}


def test_four_papers_in_order_match() -> None:
    match = REGIME.match(_papers())
    assert (match.missing, match.findings) == ((), ())


@pytest.mark.parametrize("one", DISAGREEMENTS, ids=lambda d: f"{d.message} {d.changes}")
def test_papers_that_disagree_are_held_and_both_sides_shown(one: Fault) -> None:
    found = REGIME.match(_papers(one.message, **one.changes)).findings
    finding = next(f for f in found if (f.code, f.path) == (one.code, one.path))
    assert finding.severity == one.severity
    shown = WORDING.render(finding, label_zh="字段", label_en="field")
    assert finding.value in str(shown["text_zh"]) and finding.expected in str(shown["text_en"])
    assert dict(finding.args)["other"] in MESSAGES


def test_white_space_and_ways_of_writing_a_number_are_no_disagreement() -> None:
    assert REGIME.match(_papers(WAYBILL, LogisticsHead__freight="10.0")).findings == ()
    spaced = _papers(WAYBILL, LogisticsHead__consigneeAddress=" 北京市  东城区 1号")
    assert REGIME.match(spaced).findings == ()
    assert (
        REGIME.match(_papers(PAYMENT, PaymentHead__payerIdNumber="11010119900101123x")).findings
        == ()
    )


def test_an_order_that_names_no_payment_matches_any() -> None:
    silent = {"OrderHead__payCode": "", "OrderHead__payTransactionId": ""}
    assert REGIME.match(_papers(ORDER, **silent)).findings == ()


@pytest.mark.parametrize("gone", [ORDER, PAYMENT, WAYBILL])
def test_a_missing_paper_is_told_apart_from_a_disagreement(gone: str) -> None:
    papers = _papers()
    del papers[gone]
    match = REGIME.match(papers)
    assert (match.missing, match.findings) == ((gone,), ())
    for expired, code, severity in (
        (False, "TAX-CBEC-13-MISSING", "warn"),
        (True, "TAX-CBEC-13-EXPIRED", "reject"),
    ):
        (finding,) = REGIME.missing(match.missing, papers[INVENTORY], expired=expired)
        assert (finding.code, finding.severity) == (code, severity)
        assert WORDING.render(finding)["text_zh"]


# --- the whole --------------------------------------------------------------------------------


def test_every_code_has_a_failing_case() -> None:
    provoked = {fault.code for fault in FAULTS} | {one.code for one in DISAGREEMENTS}
    provoked |= {f.code for f in checked(INVENTORY).findings} | {"CBEC-DAY"}
    provoked |= {"TAX-CBEC-13-MISSING", "TAX-CBEC-13-EXPIRED", "TAX-CBEC-14", "TAX-CBEC-23"}
    with REGIME.cases_csv.open(encoding="utf-8", newline="") as rows:
        cases = "".join(row["expected"] for row in csv.DictReader(rows))
    from_store = {owned.duplicate for owned in REGIME.owned.values()}
    from_store |= {
        said.code
        for act in REGIME.acts.values()
        for said in (act.unknown, act.refused, act.differs)
    }
    from_store |= {"-625209", "CBEC-RETURN-QTY", "CBEC-RETURN-UNIT"}  # tests/declarations
    unprovoked = {
        code for code in REGIME.codes() - provoked - from_store if f'"{code}"' not in cases
    }
    assert unprovoked == set(), "each needs a row in cases.csv or a fault in faults.py"


def test_laying_out_a_day_is_done_once() -> None:
    assert REGIME.in_force(in_force().day, sources()) is in_force()
