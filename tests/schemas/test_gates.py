"""What the compiled schemas accept and refuse, and that a second engine sees it the same way."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from schemas.fields import tagged
from schemas.registry import gate, message, messages, part_gate, second_opinion
from single_window.intake.explaining import fault_of
from tests.schemas import samples

_MADE = [("smallest", samples.smallest), ("fullest", samples.fullest)]
_CHANGES = 40
_CHANGES_OF_LARGE = 8
"""The slower engine takes a second for a record of 400 fields."""


def _text(node: Any) -> str:
    return etree.tostring(node, encoding="unicode", with_tail=False)


def _leaf(root: Any, name: str) -> Any:
    return root.find(f".//{{*}}{name}")


def _with(name: str, leaf: str, value: str) -> bool:
    """Whether a right record of a message is still right with this value in that leaf."""
    root = samples.element(message(name), samples.fullest(message(name)))
    _leaf(root, leaf).text = value
    return gate(name).validate(etree.fromstring(_text(root)))


def _both_say(name: str, leaf: str, value: str, right: bool) -> None:
    """The schema and what explains it judge a value alike."""
    assert _with(name, leaf, value) is right
    found = next(each for each in message(name).record_field.leaves() if each.name == leaf)
    assert (fault_of(found, value) == ("", "")) is right


@pytest.mark.parametrize(("size", "make"), _MADE)
@pytest.mark.parametrize("name", messages())
def test_a_record_made_from_the_fields_is_valid_and_reads_back_the_same(
    name: str, size: str, make: Any
) -> None:
    record = make(message(name))
    root = samples.element(message(name), record)
    assert gate(name).validate(root), f"{size}: {gate(name).error_log}"
    assert second_opinion(name).is_valid(_text(root)), size
    assert samples.read(etree.fromstring(_text(root)), message(name).record_field) == record


@pytest.mark.parametrize("name", messages())
def test_both_engines_agree_on_records_that_were_changed(name: str) -> None:
    judged = {True: 0, False: 0}
    large = len(message(name).record_field.leaves()) > 200
    for number in range(_CHANGES_OF_LARGE if large else _CHANGES):
        root = samples.broken(message(name), random.Random(f"{name}{number}"))
        if root.tag != tagged(message(name).namespace, message(name).record):
            continue
        ours = gate(name).validate(etree.fromstring(_text(root)))
        assert second_opinion(name).is_valid(_text(root)) is ours, (number, _text(root))
        judged[ours] += 1
    assert judged[True], "no change was harmless"
    assert judged[False], "no change did harm"


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("0", True),
        ("-0.00000", True),
        ("+7", True),
        (".5", True),
        ("5.", True),
        (" 5 ", True),
        ("1.1234500000", True),
        ("000012345678901234.12345", True),
        ("12345678901234.12345", True),
        ("123456789012345.12345", False),
        ("1.123456", False),
        ("", False),
        (".", False),
        ("1e3", False),
        ("1,000", False),
        ("- 1", False),
        ("7\u00a0", False),
        ("１", False),
    ],
)
def test_an_amount_is_a_plain_decimal_of_19_digits_with_5_behind_the_point(
    value: str, right: bool
) -> None:
    assert _with("CEB311Message", "goodsValue", value) is right


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("1", True),
        ("-1", True),
        (" 1\n", True),
        ("+0001", True),
        ("2147483647", True),
        ("-2147483648", True),
        ("2147483648", False),
        ("1.0", False),
        ("", False),
    ],
)
def test_a_line_number_is_an_integer_of_32_bits(value: str, right: bool) -> None:
    assert _with("CEB621Message", "gnum", value) is right


@pytest.mark.parametrize(("value", "right"), [("999999999", True), ("1000000000", False)])
def test_a_number_of_packages_has_at_most_9_digits(value: str, right: bool) -> None:
    assert _with("CEB621Message", "packNo", value) is right


@pytest.mark.parametrize(
    ("leaf", "value", "right"),
    [
        ("orderNo", "单" * 60, True),
        ("orderNo", "𠮷" * 60, True),
        ("orderNo", "单" * 61, False),
        ("orderNo", " ", True),
        ("orderNo", "", False),
        ("copNo", "", True),
        ("guid", "x" * 36, True),
        ("guid", "x" * 35, False),
        ("guid", " " + "x" * 36, False),
        ("currency", "142", True),
        ("currency", "156", False),
        ("currency", " 142", False),
    ],
)
def test_text_is_measured_in_characters_with_its_white_space(
    leaf: str, value: str, right: bool
) -> None:
    assert _with("CEB621Message", leaf, value) is right


@pytest.mark.parametrize(
    ("name", "leaf", "value", "right"),
    [
        ("CEB603Message", "trafMode", " 4\n", True),
        ("CEB603Message", "trafMode", " ", False),
        ("CEB603Message", "trafMode", "\u00a04", False),
        ("CEB603Message", "gmodel", "x" * 125 + " \t " + "x" * 124 + "\n", True),
        ("CEB603Message", "gmodel", "x" * 125 + "\u3000" + "x" * 125, False),
        ("CEB603Message", "gmodel", "", True),
        ("CEB603Message", "POD", "  12  ", False),
        ("CEB603Message", "gname", "x" * 125 + "  " + "x" * 124, False),
    ],
)
def test_where_white_space_does_not_count_it_is_taken_off_first(
    name: str, leaf: str, value: str, right: bool
) -> None:
    _both_say(name, leaf, value, right)


@pytest.mark.parametrize(
    ("name", "leaf", "value", "right"),
    [
        ("CEB303Message", "appStatus", "", True),
        ("CEB701Message", "appStatus", "", True),
        ("CEB303Message", "freight", "", True),
        ("CEB303Message", "freight", " ", False),
        ("CEB303Message", "appStatus", "12", False),
        ("CEB603Message", "appStatus", "", False),
    ],
)
def test_an_empty_element_stands_for_its_default_where_it_has_one(
    name: str, leaf: str, value: str, right: bool
) -> None:
    _both_say(name, leaf, value, right)


@pytest.mark.parametrize(("name", "least"), [("CEB507Message", 0), ("CEB509Message", 1)])
def test_some_papers_have_any_number_of_lines(name: str, least: int) -> None:
    found = message(name)
    record = samples.smallest(found) | samples.fullest(found)
    lines = next(key for key in record if "List" in key)
    for count in (0, 1, 150):
        record[lines] = record[lines][:1] * count
        right = gate(name).validate(samples.element(found, record))
        assert right is (count >= least), count
        record[lines] = samples.fullest(found)[lines]


@pytest.mark.parametrize(("lines", "right"), [(0, False), (1, True), (99, True), (100, False)])
def test_an_inventory_has_1_to_99_lines(lines: int, right: bool) -> None:
    found = message("CEB621Message")
    record = samples.smallest(found)
    record["InventoryList"] = record["InventoryList"] * lines
    assert gate(found.name).validate(samples.element(found, record)) is right


_TRANSFER = """<BaseTransfer xmlns="http://www.chinaport.gov.cn/ceb"><copCode>1</copCode>
<copName/><dxpMode>DXP</dxpMode><dxpId/></BaseTransfer>"""
_SIGNATURE = """<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>
<CanonicalizationMethod Algorithm="urn:c"/><SignatureMethod Algorithm="urn:s"/><Reference URI="">
<Transforms><Transform Algorithm="urn:t"/></Transforms><DigestMethod Algorithm="urn:d"/>
<DigestValue>AAAA</DigestValue></Reference></SignedInfo><SignatureValue>AAAA</SignatureValue>
<KeyInfo><KeyName>00</KeyName><X509Data><X509Certificate>AAAA</X509Certificate></X509Data></KeyInfo>
</Signature>"""


@pytest.mark.parametrize(
    ("part", "text", "old", "new"),
    [
        ("BaseTransfer", _TRANSFER, "<copCode>1</copCode>", "<copCode/>"),
        ("BaseTransfer", _TRANSFER, "<dxpId/>", ""),
        ("BaseTransfer", _TRANSFER, "DXP", "DX"),
        ("Signature", _SIGNATURE, "<SignatureValue>AAAA</SignatureValue>", ""),
        ("Signature", _SIGNATURE, "<DigestValue>AAAA<", "<DigestValue>A<"),
        ("Signature", _SIGNATURE, ' Algorithm="urn:d"', ""),
        ("Signature", _SIGNATURE, "</Signature>", "<Object/></Signature>"),
        ("Signature", _SIGNATURE, "<KeyName>00</KeyName>", "<Name>00</Name>"),
    ],
)
def test_a_part_is_judged_by_itself(part: str, text: str, old: str, new: str) -> None:
    judge = part_gate("CEB621Message", part)
    assert old in text
    assert judge.validate(etree.fromstring(text)), judge.error_log
    assert not judge.validate(etree.fromstring(text.replace(old, new)))


def test_only_an_export_paper_may_name_no_sender() -> None:
    transfer = etree.fromstring(_TRANSFER.replace("<copCode>1</copCode>", "<copCode/>"))
    assert part_gate("CEB603Message", "BaseTransfer").validate(transfer)
    assert not part_gate("CEB621Message", "BaseTransfer").validate(transfer)


def test_an_extension_may_hold_anything_but_only_once() -> None:
    judge = part_gate("CEB311Message", "ExtendMessage")
    form = (
        '<ExtendMessage xmlns="http://www.chinaport.gov.cn/ceb"><name>n</name>'
        "<version>1</version><Message>{}</Message></ExtendMessage>"
    )
    assert judge.validate(etree.fromstring(form.format("")))
    assert judge.validate(etree.fromstring(form.format('<x xmlns="urn:x" a="1"><y/></x>')))
    assert not judge.validate(etree.fromstring(form.format("<x/><x/>")))
    assert not judge.validate(etree.fromstring(form.format("text")))


def test_the_fields_tell_the_bounds_that_the_schema_keeps() -> None:
    leaf = message("CEB621Message").field("InventoryList[2]/totalPrice")
    assert (leaf.total_digits, leaf.fraction_digits, leaf.kind) == (19, 5, "decimal")
    most = Decimal(10) ** 14 - Decimal("0.00001")
    assert _with("CEB621Message", "totalPrice", str(most))
    assert not _with("CEB621Message", "totalPrice", str(most + 1))
