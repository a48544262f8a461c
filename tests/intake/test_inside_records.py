"""One value, many ways to write it in XML: each reads as the same record."""

from __future__ import annotations

import pytest
from lxml import etree

from schemas.registry import message
from single_window.intake.checking import Result
from tests.intake.documents import GUID, INVENTORY, ORDER, judged, right
from tests.schemas import samples

_TEXT = right(ORDER)
_NAME = "<ceb:orderType>I</ceb:orderType>"

FORMS = {
    "plain": _NAME,
    "CDATA": "<ceb:orderType><![CDATA[I]]></ceb:orderType>",
    "a reference": "<ceb:orderType>&#73;</ceb:orderType>",
    "a comment": "<ceb:orderType><!-- import -->I</ceb:orderType>",
    "an instruction": "<ceb:orderType>I<?print bold?></ceb:orderType>",
    "a comment between": f"<!-- kind -->{_NAME}",
    "an instruction between": f"<?page 2?>{_NAME}",
    "space in the tags": "<ceb:orderType\n>I</ceb:orderType >",
    "lines between": f"\n\t{_NAME}\r\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_the_value_is_the_same(name: str) -> None:
    (wanted,) = judged(_TEXT)[1]
    (got,) = judged(_TEXT.replace(_NAME, FORMS[name]))[1]
    assert got.record == wanted.record
    assert got.findings == []


@pytest.mark.parametrize("written", ["<ceb:note/>", "<ceb:note></ceb:note>"])
def test_an_optional_field_that_is_empty_is_as_if_it_were_not_there(written: str) -> None:
    text = _TEXT.replace("</ceb:OrderHead>", f"{written}</ceb:OrderHead>")
    (result,) = judged(text)[1]
    assert result.record is not None
    assert "note" not in result.record["OrderHead"]


def test_letters_beyond_the_basic_plane_count_as_one_character() -> None:
    name = "𠮷" * 60
    start, _, rest = _TEXT.partition("<ceb:buyerName>")
    text = f"{start}<ceb:buyerName>{name}{rest[rest.index('<') :]}"
    (result,) = judged(text)[1]
    assert result.record is not None
    assert result.record["OrderHead"]["buyerName"] == name
    (longer,) = judged(text.replace(name, name + "𠮷"))[1]
    assert [each.code for each in longer.findings] == ["SCH-LENGTH"]


def test_the_same_bytes_have_the_same_hash_wherever_they_lie() -> None:
    one, two = judged(right(INVENTORY, 2))[1]
    moved = judged(right(INVENTORY, 2).replace("<ceb:Inventory>", "\n\n<ceb:Inventory>"))[1]
    assert [one.sha256, two.sha256] == [each.sha256 for each in moved]
    assert one.sha256 != two.sha256


def _by_schema(result: Result) -> list[tuple[str, str]]:
    """What the schema says of a record that makes no sense to the rules."""
    return [(each.code, each.path) for each in result.findings if each.family == "schema"]


def _export(name: str, leaf: str, value: str) -> str:
    """A message of one export record, with a value in one of its fields."""
    found = message(name)
    record = samples.element(found, samples.fullest(found))
    record.find(f".//{{*}}{leaf}").text = value
    tag = etree.QName(found.namespace, name)
    root = etree.Element(tag, nsmap={"ceb": found.namespace}, guid=GUID, version="1.0")
    root.append(record)
    return etree.tostring(root, encoding="unicode")


@pytest.mark.parametrize(
    ("name", "leaf", "written", "read"),
    [
        ("CEB603Message", "trafMode", "\n4 ", "4"),
        ("CEB603Message", "gmodel", " a \t b\u00a0 ", "a b\u00a0"),
        ("CEB603Message", "gmodel", "a b", "a b"),
        ("CEB603Message", "gname", " a  b ", " a  b "),
        ("CEB303Message", "appStatus", "", "1"),
        ("CEB701Message", "appStatus", "", "2"),
        ("CEB303Message", "freight", "", "0"),
        ("CEB603Message", "fFlag", "", "3"),
    ],
)
def test_a_value_is_read_as_the_schema_means_it(
    name: str, leaf: str, written: str, read: str
) -> None:
    (result,) = judged(_export(name, leaf, written))[1]
    assert _by_schema(result) == []
    assert result.record is not None
    assert read in {
        value.get(leaf)
        for group in result.record.values()
        for value in (group if isinstance(group, list) else [group])
    }


def test_an_empty_field_that_has_only_one_value_is_not_what_is_wrong() -> None:
    text = _export("CEB603Message", "fFlag", "").replace("<ceb:iFlag>3<", "<ceb:iFlag>4<")
    (result,) = judged(text)[1]
    assert _by_schema(result) == [("SCH-FIXED", "InventoryHead/iFlag")]


def test_a_paper_may_have_no_lines_where_its_schema_says_so() -> None:
    text = _export("CEB507Message", "note", "x")
    start, end = text.index("<ceb:ArrivalList>"), text.rindex("</ceb:Arrival>")
    (result,) = judged(text[:start] + text[end:])[1]
    assert _by_schema(result) == []
    assert result.record is not None
    assert [*result.record] == ["ArrivalHead"]
