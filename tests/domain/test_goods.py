"""What a goods declaration asks of its own fields, and when."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from schemas.registry import message
from single_window.domain.goods import CODES, MESSAGE, findings

_FILLED = {"PromiseItmes": "00000", "CopCode": "1200980001", "Type": "  0", "IEFlag": "E"}
_HEAD = _FILLED | dict.fromkeys(
    [
        "DistinatePort",
        "GrossWet",
        "IEPort",
        "NetWt",
        "OwnerName",
        "PackNo",
        "TradeCode",
        "TradeCountry",
        "TradeMode",
        "TradeName",
        "TrafMode",
        "TransMode",
        "WrapType",
        "EdiId",
        "EntryType",
        "OwnerCodeScc",
        "AgentCodeScc",
        "TradeCoScc",
        "EntyPortCode",
    ],
    "1",
)
_LINE = {
    "DeclPrice": "86.6667",
    "GQty": "1.92",
    "DeclTotal": "166.40",
    "GName": "贴纸",
    "OriginCountry": "USA",
    "DestinationCountry": "CHN",
    "GModel": "0|0|纸",
    **dict.fromkeys(["DutyMode", "TradeCurr", "FirstQty", "GUnit", "FirstUnit"], "1"),
    "DistrictCode": "12079",
}
_SIGN = {"OperType": "C", "Sign": "x", "SignDate": "2026112410000000"}
RIGHT: dict[str, Any] = {"DecHead": _HEAD, "DecLists": {"DecList": [_LINE]}, "DecSign": _SIGN}
_OF_LINE = "DecLists/DecList[1]"


def told(changes: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What is said of the right record with fields changed, by their paths."""
    record = deepcopy(RIGHT)
    for path, value in changes.items():
        group, _, name = path.rpartition("/")
        own = (
            record["DecLists"]["DecList"][0] if group == _OF_LINE else record.setdefault(group, {})
        )
        own[name] = value
    return [(each.code, each.severity, each.path) for each in findings(record)]


def test_a_declaration_that_is_filled_is_right() -> None:
    assert told({}) == []
    assert findings({}) == []


_CASES: dict[str, tuple[dict[str, Any], list[tuple[str, str, str]]]] = {
    "declared without a weight": (
        {"DecHead/GrossWet": ""},
        [("DEC-DECLARED", "reject", "DecHead/GrossWet")],
    ),
    "a draft without a weight": ({"DecHead/GrossWet": "", "DecSign/OperType": "G"}, []),
    "declared without a name of goods": (
        {f"{_OF_LINE}/GName": ""},
        [("DEC-DECLARED", "reject", f"{_OF_LINE}/GName")],
    ),
    "an import without a place": (
        {"DecHead/IEFlag": "I", "DecHead/DespPortCode": "1"},
        [("DEC-DECLARED", "warn", "DecHead/GoodsPlace")],
    ),
    "declared without a signature": (
        {"DecSign/Sign": ""},
        [("DEC-UNSIGNED", "warn", "DecSign/Sign")],
    ),
    "a draft without a signature": ({"DecSign/Sign": "", "DecSign/OperType": "G"}, []),
    "a second unit without a quantity": (
        {f"{_OF_LINE}/SecondUnit": "035"},
        [("DEC-SECOND", "reject", f"{_OF_LINE}/SecondQty")],
    ),
    "a second quantity without a unit": (
        {f"{_OF_LINE}/SecondQty": "1"},
        [("DEC-SECOND", "warn", f"{_OF_LINE}/SecondQty")],
    ),
    "both of them": ({f"{_OF_LINE}/SecondQty": "1", f"{_OF_LINE}/SecondUnit": "035"}, []),
    "a contract with a filing list type": (
        {"DecHead/BillType": "1", "DecHead/ContrNo": "H1", "DecFreeTxt/DecBpNo": "1"},
        [
            ("DEC-BILL-TYPE", "reject", "DecHead/ContrNo"),
            ("DEC-BILL-TYPE", "reject", "DecFreeTxt/DecBpNo"),
        ],
    ),
    "a day that is none": (
        {"DecHead/IEDate": "20260230"},
        [("DEC-DAY", "reject", "DecHead/IEDate")],
    ),
    "a day with strokes": (
        {"DecHead/IEDate": "2026-02-2"},
        [("DEC-DAY", "reject", "DecHead/IEDate")],
    ),
    "an export that comes from where it goes": (
        {f"{_OF_LINE}/OriginCountry": "CHN", f"{_OF_LINE}/DestinationCountry": "USA"},
        [("DEC-COUNTRIES", "warn", f"{_OF_LINE}/OriginCountry")],
    ),
    "an import from China": (
        {
            f"{_OF_LINE}/OriginCountry": "CHN",
            f"{_OF_LINE}/DestinationCountry": "USA",
            "DecHead/IEFlag": "I",
            "DecHead/DespPortCode": "1",
            "DecHead/GoodsPlace": "1",
        },
        [],
    ),
    "a total that is none": (
        {f"{_OF_LINE}/DeclTotal": "166.42"},
        [("DEC-TOTAL", "warn", f"{_OF_LINE}/DeclTotal")],
    ),
    "a type that lost its blanks": ({"DecHead/Type": "Z"}, []),
    "a type for combined ports": ({"DecHead/Type": "  0   Z"}, []),
    "a third position that nobody knows": (
        {"DecHead/Type": "  9"},
        [("DEC-FORM", "warn", "DecHead/Type")],
    ),
    "promises of 2019": ({"DecHead/PromiseItmes": "000"}, []),
    "a promise that is none": (
        {"DecHead/PromiseItmes": "Y0000"},
        [("DEC-FORM", "warn", "DecHead/PromiseItmes")],
    ),
    "a code of eleven": ({"DecHead/CopCode": "1" * 11}, [("DEC-FORM", "warn", "DecHead/CopCode")]),
    "a document of origin without its agreement": (
        {"DecLicenseDocus/LicenseDocu": [{"DocuCode": "Y", "CertCode": "C1"}]},
        [("DEC-LICENCE", "warn", "DecLicenseDocus/LicenseDocu[1]/CertCode")],
    ),
    "a document of origin": (
        {"DecLicenseDocus/LicenseDocu": [{"DocuCode": "Y", "CertCode": "<13>C1"}]},
        [],
    ),
}


@pytest.mark.parametrize("case", _CASES)
def test_a_change_is_told_in_its_place(case: str) -> None:
    changes, expected = _CASES[case]
    assert told(changes) == expected


def test_every_field_it_speaks_of_is_one_of_the_message() -> None:
    paths = {path for _, expected in _CASES.values() for _, _, path in expected}
    assert {message(MESSAGE).field(path).kind for path in paths} <= {"string", "decimal"}
    assert {code for _, expected in _CASES.values() for code, _, _ in expected} == CODES
