"""A refused record says all that is wrong with it: which field, what was found, what is wanted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from single_window.domain.findings import Finding
from tests.intake.documents import INVENTORY, ORDER, judged, right

Told = tuple[str, str, str, str]
_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def _schema(text: str) -> list[Finding]:
    _, results = judged(text)
    return [each for each in results[0].findings if each.family == "schema"]


def _told(text: str) -> list[Told]:
    return [(each.code, each.path, each.value, each.expected) for each in _schema(text)]


def _text(name: str, new: str) -> Callable[[str], str]:
    """Replaces the first element of a name by something else."""

    def change(text: str) -> str:
        start, rest = text.split(f"<ceb:{name}>", 1)
        return start + new + rest.split(f"</ceb:{name}>", 1)[1]

    return change


def _leaf(name: str, value: str) -> Callable[[str], str]:
    return _text(name, f"<ceb:{name}>{value}</ceb:{name}>")


H, L = "OrderHead/", "OrderList[1]/"
CASES: dict[str, tuple[Callable[[str], str], list[Told]]] = {
    "missing": (_text("buyerName", ""), [("SCH-MISSING", H + "buyerName", "", "")]),
    "empty": (_leaf("orderNo", ""), [("SCH-EMPTY", H + "orderNo", "", "1..60")]),
    "self-closing": (
        _text("orderNo", "<ceb:orderNo/>"),
        [("SCH-EMPTY", H + "orderNo", "", "1..60")],
    ),
    "too long": (
        _leaf("buyerTelephone", "1" * 31),
        [("SCH-LENGTH", H + "buyerTelephone", "1" * 31, "1..30")],
    ),
    "too short": (_leaf("appTime", "2026"), [("SCH-LENGTH", H + "appTime", "2026", "14")]),
    "no number": (_leaf("freight", "8,5"), [("SCH-NUMBER", H + "freight", "8,5", "decimal")]),
    "other digits": (_leaf("freight", "٨"), [("SCH-NUMBER", H + "freight", "٨", "decimal")]),
    "decimals": (
        _leaf("freight", "8.123456"),
        [("SCH-FRACTION", H + "freight", "8.123456", "5")],
    ),
    "a long tail": (
        _leaf("freight", f"1.{'0' * 40}1"),
        [("SCH-FRACTION", H + "freight", f"1.{'0' * 40}1", "5")],
    ),
    "digits": (_leaf("freight", "1" * 20), [("SCH-DIGITS", H + "freight", "1" * 20, "19")]),
    "range": (
        _leaf("gnum", "2147483648"),
        [("SCH-RANGE", L + "gnum", "2147483648", "-2147483648..2147483647")],
    ),
    "fixed": (_leaf("currency", "502"), [("SCH-FIXED", H + "currency", "502", "142")]),
    "unknown": (
        lambda text: text.replace("</ceb:OrderH", "<ceb:vip>1</ceb:vip></ceb:OrderH", 1),
        [("SCH-UNKNOWN", H + "vip", "vip", "")],
    ),
    "misspelt": (
        lambda text: text.replace("ceb:acturalPaid", "ceb:actualPaid"),
        [
            ("SCH-UNKNOWN", H + "actualPaid", "actualPaid", "acturalPaid"),
            ("SCH-MISSING", H + "acturalPaid", "", ""),
        ],
    ),
    "another namespace": (
        _text("orderNo", "<orderNo>1</orderNo>"),
        [
            (
                "SCH-UNKNOWN",
                H + "orderNo",
                "{}orderNo",
                "{http://www.chinaport.gov.cn/ceb}orderNo",
            ),
            ("SCH-MISSING", H + "orderNo", "", ""),
        ],
    ),
    "twice": (
        _text("orderNo", "<ceb:orderNo>1</ceb:orderNo><ceb:orderNo>2</ceb:orderNo>"),
        [("SCH-REPEATED", H + "orderNo", "", "1")],
    ),
    "attribute": (
        _text("orderNo", '<ceb:orderNo id="7">1</ceb:orderNo>'),
        [("SCH-ATTRIBUTE", H + "orderNo", "id", "")],
    ),
    "nil": (
        _text("orderNo", f'<ceb:orderNo {_XSI} xsi:nil="true"/>'),
        [
            (
                "SCH-ATTRIBUTE",
                H + "orderNo",
                "{http://www.w3.org/2001/XMLSchema-instance}nil",
                "",
            ),
            ("SCH-EMPTY", H + "orderNo", "", "1..60"),
        ],
    ),
    "stray text": (
        lambda text: text.replace("<ceb:orderNo>", "no: <ceb:orderNo>", 1),
        [("SCH-STRAY-TEXT", "OrderHead", "no:", "")],
    ),
    "wide space": (
        lambda text: text.replace("<ceb:orderNo>", "\u3000<ceb:orderNo>", 1),
        [("SCH-STRAY-TEXT", "OrderHead", "\u3000", "")],
    ),
    "nested": (
        _leaf("orderNo", "<ceb:no>1</ceb:no>"),
        [("SCH-NESTED", H + "orderNo", "{http://www.chinaport.gov.cn/ceb}no", "")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_fault_is_named(name: str) -> None:
    change, told = CASES[name]
    assert _told(change(right(ORDER))) == told


def test_all_faults_of_a_record_are_told_at_once() -> None:
    text = right(ORDER)
    for change in (_text("buyerName", ""), _leaf("freight", "x"), _leaf("unit", "1")):
        text = change(text)
    assert [code for code, *_ in _told(text)] == ["SCH-NUMBER", "SCH-MISSING", "SCH-LENGTH"]


def _moved(text: str, name: str, before: str) -> str:
    start, rest = text.split(f"<ceb:{name}>", 1)
    value, rest = rest.split(f"</ceb:{name}>", 1)
    element = f"<ceb:{name}>{value}</ceb:{name}>"
    return (start + rest).replace(f"<ceb:{before}>", f"{element}<ceb:{before}>", 1)


@pytest.mark.parametrize(
    ("name", "before", "expected"),
    [
        ("ebpName", "ebpCode", "ebcCode"),
        ("currency", "guid", "buyerRegNo"),
        ("guid", "currency", "appType"),
        ("consigneeAddress", "guid", "</OrderHead>"),
    ],
)
def test_of_fields_out_of_order_only_the_moved_one_is_named(
    name: str, before: str, expected: str
) -> None:
    (finding,) = _schema(_moved(right(ORDER), name, before))
    told = (finding.code, finding.path, finding.expected)
    assert told == ("SCH-ORDER", H + name, expected)


def test_the_line_is_that_of_the_field() -> None:
    text = right(INVENTORY, indent=True)
    number = next(n for n, line in enumerate(text.split("\n"), 1) if "<ceb:customsCode>" in line)
    (finding,) = _schema(_leaf("customsCode", "1")(text))
    assert (finding.code, finding.line) == ("SCH-LENGTH", number)


def test_a_missing_field_has_the_line_of_its_group() -> None:
    text = right(INVENTORY, indent=True)
    number = next(n for n, line in enumerate(text.split("\n"), 1) if "<ceb:InventoryList>" in line)
    (finding,) = _schema(_text("unit1", "")(text))
    assert (finding.path, finding.line) == ("InventoryList[1]/unit1", number)


def test_a_rule_has_nothing_to_say_on_a_field_whose_form_is_wrong() -> None:
    _, results = judged(_leaf("currency", "502")(right(ORDER)))
    assert [each.code for each in results[0].findings] == ["SCH-FIXED"]


def test_rules_speak_of_the_other_fields_of_a_record_with_a_fault() -> None:
    text = _leaf("unit", "ZZZ")(_leaf("buyerTelephone", "")(right(ORDER)))
    _, results = judged(text)
    assert {each.code for each in results[0].findings} == {"SCH-EMPTY", "CBEC-CODE"}


def test_a_record_with_faults_without_number_tells_a_thousand() -> None:
    text = right(ORDER).replace("</ceb:OrderHead>", "<ceb:x/>" * 3000 + "</ceb:OrderHead>", 1)
    assert len(_schema(text)) == 1000
