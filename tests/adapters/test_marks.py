"""The marks by which a client rehearses outcomes, and the bill that customs sends."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest
from lxml import etree

from adapters.base import AGENCIES, names
from adapters.customs import stub
from adapters.stubs.forms import script
from schemas.codes.hs import tariff

MARKS = [
    {"agency": name, **mark}
    for name in names()
    for mark in tomllib.loads((AGENCIES / name / "marks.toml").read_text(encoding="utf-8"))["mark"]
]
SHARED_WAYS = {"slow", "silent", "error", "duplicate", "shuffle"}


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark["suffix"])
def test_a_mark_is_explained_and_its_agency_can_act_on_it(mark: dict[str, str]) -> None:
    assert all(letter >= "\u4e00" for letter in mark["text_zh"][:2])
    assert mark["text_en"].isascii()
    acting = [form for form in script(mark["agency"]).forms.values() if form.marks]
    known = {outcome for form in acting for outcome in form.outcomes}
    assert mark["outcome"] in known | SHARED_WAYS


def test_no_mark_is_the_end_of_another() -> None:
    suffixes = [mark["suffix"] for mark in MARKS]
    assert len({*suffixes}) == len(suffixes)
    for suffix in suffixes:
        assert [other for other in suffixes if other.endswith(suffix)] == [suffix]


@pytest.mark.parametrize("agency", names())
def test_every_agency_can_rehearse_every_shared_way(agency: str) -> None:
    acts = {mark["outcome"] for mark in MARKS if mark["agency"] == agency}
    assert acts >= SHARED_WAYS | {"reject", "hold"}


def test_a_mark_counts_at_the_end_only_and_on_the_inventory_only() -> None:
    customs = script("customs")
    inventory, order = customs.forms["CEB621Message"], customs.forms["CEB311Message"]
    assert customs.outcome(inventory, {"orderNo": "1-T-HOLD"}) == "hold"
    assert customs.outcome(inventory, {"orderNo": "1-T-HOLD-2"}) == "well"
    assert customs.outcome(inventory, {"orderNo": "1-T-TAX-HOLD"}) == "well"
    assert customs.outcome(order, {"orderNo": "1-T-HOLD"}) == "well"


@pytest.mark.parametrize("agency", names())
def test_a_shuffle_brings_every_status_once(agency: str) -> None:
    for form in script(agency).forms.values():
        if "shuffle" in form.outcomes:
            assert sorted(form.outcomes["shuffle"]) == sorted(form.outcomes["well"])


def _bill(*lines: tuple[str, str], freight: str = "0", insured: str = "0") -> dict[str, list[str]]:
    facts = {
        "taxNo": "T",
        "invtNo": "I",
        "orderNo": "O",
        "freight": freight,
        "insuredFee": insured,
        "InventoryList": [
            {"gnum": str(number), "gcode": code, "totalPrice": price}
            for number, (code, price) in enumerate(lines, 1)
        ],
    }
    told: dict[str, list[str]] = {}
    for leaf in etree.fromstring(stub.bill(facts, "20260301100304000", lambda _: ())).iter("*"):
        told.setdefault(str(leaf.tag), []).append(leaf.text or "")
    return told


def test_a_bill_takes_seventy_percent_of_the_vat() -> None:
    assert _bill(("2201101000", "410.00"))["valueAddedTax"] == ["37.31", "37.31"]


def test_a_bill_divides_freight_and_insurance_and_loses_no_fen() -> None:
    prices = ("10.00", "10.00", "10.00")
    told = _bill(*(("2201101000", price) for price in prices), freight="9.99", insured="0.02")
    assert told["taxPrice"] == ["13.34", "13.34", "13.33"]


def test_consumption_tax_is_part_of_what_vat_is_taken_on() -> None:
    told = _bill(("2204210000", "90.00"))
    assert told["consumptionTax"] == ["7.00", "7.00"]
    assert told["valueAddedTax"] == ["9.10", "9.10"]


def test_a_bill_for_goods_without_a_price_is_nought() -> None:
    assert _bill(("2201101000", "0"), freight="1")["taxPrice"] == ["1.00"]
    assert _bill(("2201101000", "x"))["valueAddedTax"] == ["0.00", "0.00"]


def test_customs_rates_are_those_of_the_tariff() -> None:
    for code, row in tariff().items():
        vat, consumption, floor = stub.rates(code)
        assert vat == (Decimal("0.13") if row.vat_rate is None else row.vat_rate), code
        priced = bool(row.ct_floor) and row.ct_floor_unit == row.unit1
        plain = row.ct_rate is not None and not row.ct_fixed and (priced or not row.ct_floor)
        assert consumption == (row.ct_rate if plain else 0), code
        assert floor == (row.ct_floor if plain and priced else 0), code
