"""A form makes the bytes that a program would send, and the bytes make the form again."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import registry
from schemas.registry import Message
from single_window.intake import forms, layouts, sums
from single_window.intake.surveying import Judging
from tests.schemas import samples

FILED = tuple(f"CEB{number}Message" for number in (311, 411, 511, 513, 621, 623, 625, 711))
SENDER = {"copCode": "3301960ABC", "copName": "示例", "dxpMode": "DXP", "dxpId": "DXPENT1"}
GUID = "00000000-0000-4000-8000-000000000001"
_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r"),
    min_size=1,
    max_size=40,
)


def _bytes(message: Message, values: forms.Values) -> bytes:
    return forms.to_message(message, values, sender=SENDER, guid=GUID)


def _back(body: bytes) -> forms.Values:
    _, (values,) = forms.from_message(body)
    return values


@pytest.mark.parametrize("name", FILED)
@pytest.mark.parametrize("make", [samples.smallest, samples.fullest])
def test_a_record_becomes_a_form_and_the_same_record_again(name: str, make: Any) -> None:
    message = registry.message(name)
    record = make(message)
    values = forms.from_record(message, record)
    assert forms.to_record(message, values) == record
    assert _back(_bytes(message, values)) == values


@settings(max_examples=60)
@given(st.data())
@pytest.mark.parametrize("name", FILED)
@pytest.mark.parametrize("whole", [True, False], ids=["every field", "some fields"])
def test_whatever_is_typed_comes_back_from_the_bytes(
    name: str, whole: bool, data: st.DataObject
) -> None:
    message = registry.message(name)
    known = sorted(forms.shapes(message))
    lines = data.draw(st.integers(1, 3))
    typed = {
        shape.replace("#", str(at)): _TEXT
        for shape in known
        for at in range(1, 1 + (lines if "#" in shape else 1))
    }
    made = st.fixed_dictionaries(typed if whole else {}, optional=None if whole else typed)
    values = data.draw(made)
    for group in {shape.split(".#")[0] for shape in known if "#" in shape}:
        values = forms.renumbered(values, group, forms.lines_of(values, group))
    assert _back(_bytes(message, values)) == values


@pytest.mark.parametrize("name", FILED)
def test_what_a_form_makes_the_gate_lets_pass(name: str) -> None:
    message = registry.message(name)
    values = forms.from_record(message, samples.fullest(message))
    judging = Judging([_bytes(message, values).decode()], "ignored", date(2026, 11, 20))
    (result,) = judging
    assert [f for f in result.findings if f.family == "schema"] == []
    assert judging.finished().findings == []


@pytest.mark.parametrize("name", FILED)
def test_every_field_of_a_message_has_a_place_in_its_form(name: str) -> None:
    form = layouts.layout(name)
    placed = [entry.path for section in form.sections for entry in section.all]
    assert sorted(placed) == sorted(leaf.path for leaf in form.message.record_field.leaves())


@pytest.mark.parametrize("name", FILED)
def test_a_message_needs_no_forms_file_to_have_its_form(name: str) -> None:
    form = layouts.laid_out(registry.message(name), None, {})
    placed = [entry.path for section in form.sections for entry in section.all]
    assert sorted(placed) == sorted(leaf.path for leaf in form.message.record_field.leaves())


def test_names_and_paths_tell_the_same_place() -> None:
    for path, name in (
        ("InventoryHead/orderNo", "InventoryHead.orderNo"),
        ("InventoryList[2]/qty", "InventoryList.2.qty"),
        ("guid", "guid"),
    ):
        assert forms.name_of(path) == name
        assert forms.path_of(name) == path
    assert forms.field_path("InventoryList.2.qty") == "InventoryList/qty"


@pytest.mark.parametrize(
    "name",
    ["nothing", "OrderHead.nothing", "OrderHead.2.orderNo", "OrderList.qty", "OrderList.0.qty"],
)
def test_a_field_that_does_not_exist_is_told_and_does_no_harm(name: str) -> None:
    message = registry.message("CEB311Message")
    values = {"OrderHead.orderNo": "1", name: "x"}
    (found,) = forms.strays(message, values)
    assert found.code == "FRM-UNKNOWN" and name in found.value
    assert _back(_bytes(message, values)) == {"OrderHead.orderNo": "1"}


def test_a_character_that_xml_has_not_is_told_at_its_field() -> None:
    message = registry.message("CEB311Message")
    values = {"OrderHead.orderNo": "a\x00b"}
    (found,) = forms.strays(message, values)
    assert (found.code, found.path) == ("FRM-CHARACTER", "OrderHead/orderNo")
    assert _back(_bytes(message, values)) == {"OrderHead.orderNo": "ab"}


def test_a_line_too_many_is_told_where_it_stands() -> None:
    message = registry.message("CEB311Message")
    values = forms.from_record(message, samples.smallest(message))
    line = {n.split(".", 2)[2]: v for n, v in values.items() if n.startswith("OrderList.1.")}
    for at in range(2, 101):
        values |= {f"OrderList.{at}.{leaf}": value for leaf, value in line.items()}
    (result,) = Judging([_bytes(message, values).decode()], "ignored", date(2026, 11, 20))
    assert [(f.code, f.path) for f in result.findings if f.family == "schema"] == [
        ("SCH-REPEATED", "OrderList[100]")
    ]


# --- what is filled in and worked out ------------------------------------------------------------


def _order(**more: str) -> forms.Values:
    lines = {"OrderList.1.qty": "2", "OrderList.1.price": "10.25", "OrderList.2.qty": "1"}
    return lines | {"OrderList.2.price": "5"} | more


def test_totals_follow_from_the_lines() -> None:
    form = layouts.layout("CEB311Message")
    values = sums.recomputed(
        form, {}, _order() | {"OrderHead.freight": "3", "OrderHead.taxTotal": "1"}
    )
    assert values["OrderList.1.totalPrice"] == "20.50"
    assert values["OrderHead.goodsValue"] == "25.50"
    assert values["OrderHead.acturalPaid"] == "29.50"


def test_a_total_that_somebody_typed_stays_and_one_that_nobody_touched_follows() -> None:
    form = layouts.layout("CEB311Message")
    before = sums.recomputed(form, {}, _order())
    typed = before | {"OrderList.1.totalPrice": "20.00", "OrderList.2.price": "6"}
    after = sums.recomputed(form, before, typed)
    assert after["OrderList.1.totalPrice"] == "20.00"
    assert after["OrderList.2.totalPrice"] == "6.00"
    assert after["OrderHead.goodsValue"] == "26.00"


def test_a_total_tells_how_it_came_about() -> None:
    form = layouts.layout("CEB311Message")
    total = sums.totals(form, sums.recomputed(form, {}, _order()))["OrderHead.goodsValue"]
    assert (total.expression, total.value) == ("20.50 + 5.00", "25.50")
    assert total.label_zh and total.label_en


@pytest.mark.parametrize("wrong", ["", "x", "1e999999999", "NaN", "1,5"])
def test_what_is_no_figure_gives_no_total(wrong: str) -> None:
    values = {"OrderList.1.qty": wrong, "OrderList.1.price": "2"}
    assert sums.totals(layouts.layout("CEB311Message"), values) == {}


def test_what_the_window_fills_in_is_the_same_for_the_same_draft() -> None:
    form = layouts.layout("CEB621Message")
    one, two = (sums.filled(form, {}, seed="7", at=1_795_000_000_000) for _ in range(2))
    assert one == two
    assert len(one["InventoryHead.guid"]) == 36 and one["InventoryHead.guid"].isupper()
    assert one["InventoryHead.appTime"].startswith(one["InventoryHead.declTime"])
    assert sums.filled(form, {}, seed="8", at=1_795_000_000_000) != one
    kept = sums.filled(form, {"InventoryHead.guid": "own"}, seed="7", at=0)
    assert kept["InventoryHead.guid"] == "own"


def test_a_new_form_has_its_defaults_and_a_first_line() -> None:
    values = sums.blank(layouts.layout("CEB621Message"))
    assert values["InventoryHead.tradeMode"] == "1210"
    assert values["InventoryHead.ieFlag"] == "I"
    assert values["InventoryList.1.gnum"] == "1"
    assert values["InventoryList.1.currency"] == "142"
    assert (
        sums.new_line(layouts.layout("CEB621Message"), "InventoryList", values)[
            "InventoryList.2.gnum"
        ]
        == "2"
    )
