"""What a goods declaration (报关单) asks of its own fields, whatever its mode (interface 4.9.7).

The interface asks for more when a declaration is declared than when a draft is saved, and says in
words what its schema cannot: positions, pairs of fields, days. What it says and working programs
do not keep to is only told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from single_window.domain.conditions import Record, number
from single_window.domain.findings import Finding, Severity

MESSAGE = "DecMessage"
CODES = frozenset(
    {
        *(
            "DEC-DECLARED",
            "DEC-UNSIGNED",
            "DEC-SECOND",
            "DEC-BILL-TYPE",
            "DEC-DAY",
            "DEC-COUNTRIES",
        ),
        *("DEC-FORM", "DEC-LICENCE", "DEC-TOTAL"),
    }
)
DECLARES = {"C", "D"}
"""OperType of a declaration that is declared; every other only saves."""

_HEAD, _LINES, _LINE = "DecHead", "DecLists", "DecList"
_ASKED = {
    _HEAD: (
        *("DistinatePort", "GrossWet", "IEPort", "NetWt", "OwnerName", "PackNo", "TradeCode"),
        *("TradeCountry", "TradeMode", "TradeName", "TrafMode", "TransMode", "WrapType", "EdiId"),
        *("EntryType", "OwnerCodeScc", "AgentCodeScc", "TradeCoScc", "EntyPortCode"),
    ),
    _LINE: (
        *("DeclPrice", "DutyMode", "GName", "OriginCountry", "TradeCurr", "DeclTotal", "GQty"),
        *("FirstQty", "GUnit", "FirstUnit", "DistrictCode"),
    ),
}
"""What a declaration has to fill when it is declared, and a draft may leave empty."""
_IMPORTS = ("DespPortCode", "GoodsPlace")
"""Asked of imports alone: real exports leave them empty."""
_SIGNED = ("Sign", "SignDate")
_NOT_WITH_BILL_TYPE = {
    _HEAD: ("ContrNo", "ApprNo"),
    "SddTax": ("InRatio",),
    "DecFreeTxt": ("BonNo", "DecBpNo"),
    _LINE: ("UseTo", "WorkUsd", "ExgNo"),
}
_DAYS = ("IEDate", "DespDate", "CmplDschrgDt")
_FORMS = (
    (_HEAD, "Type", re.compile(r".{2}[056 ].{0,3}|.{2}[056 ].{3}Z?|.{0,2}"), "xx0___Z"),
    (_HEAD, "DataSource", re.compile(r".{0,5}"), "_____"),
    (_HEAD, "PromiseItmes", re.compile(r"[019]{3,5}"), "00000"),
    (_HEAD, "CopCode", re.compile(r".{9,10}|.{18}"), "9 / 10 / 18"),
    ("DecSign", "SignDate", re.compile(r"[0-9]{16}"), "yyyyMMddHHmmssSS"),
    (_LINE, "GModel", re.compile(r"[0-9]\|[0-9](?:\|.*)?", re.DOTALL), "0|0|…"),
)
"""How a value that is there is written; where it is not, it is told and no more."""
_PRICE_UNIT, _TOTAL_UNIT = Decimal("0.00005"), Decimal("0.005")
"""Half of the last place of a unit price and of a total, to which they may have been rounded."""


def findings(record: Record) -> list[Finding]:
    """What a declaration says that the interface does not allow, or that looks unlike it."""
    head = record.get(_HEAD) or {}
    lines = (record.get(_LINES) or {}).get(_LINE) or ()
    declared = (record.get("DecSign") or {}).get("OperType") in DECLARES
    found = [*_days(head), *_licences(record)]
    if declared:
        found += _unfilled(record, head)
    if head.get("BillType"):
        found += _surplus(record)
    for group, name, form, written in _FORMS:
        for path, own in _groups(record, group):
            if (text := own.get(name)) and not form.fullmatch(text):
                found.append(_told("DEC-FORM", "warn", f"{path}/{name}", text, written))
    for at, line in enumerate(lines, 1):
        found += _line(line, f"{_LINES}/{_LINE}[{at}]", head.get("IEFlag", ""), declared=declared)
    return found


def _groups(record: Record, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The groups of this name with their paths: of a line, all lines."""
    if name == _LINE:
        lines = (record.get(_LINES) or {}).get(_LINE) or ()
        yield from ((f"{_LINES}/{_LINE}[{at}]", line) for at, line in enumerate(lines, 1))
    elif isinstance(own := record.get(name), dict):
        yield name, own


def _unfilled(record: Record, head: Mapping[str, str]) -> Iterator[Finding]:
    for group, names in _ASKED.items():
        for path, own in _groups(record, group):
            for name in names:
                if not own.get(name):
                    yield _told("DEC-DECLARED", "reject", f"{path}/{name}")
    if head.get("IEFlag") == "I":
        for name in _IMPORTS:
            if not head.get(name):
                yield _told("DEC-DECLARED", "warn", f"{_HEAD}/{name}")
    for name in _SIGNED:
        if not (record.get("DecSign") or {}).get(name):
            yield _told("DEC-UNSIGNED", "warn", f"DecSign/{name}")


def _surplus(record: Record) -> Iterator[Finding]:
    for group, names in _NOT_WITH_BILL_TYPE.items():
        for path, own in _groups(record, group):
            for name in names:
                if text := own.get(name):
                    yield _told("DEC-BILL-TYPE", "reject", f"{path}/{name}", text)


def _days(head: Mapping[str, str]) -> Iterator[Finding]:
    for name in _DAYS:
        if (text := head.get(name)) and not _is_day(text):
            yield _told("DEC-DAY", "reject", f"{_HEAD}/{name}", text, "yyyyMMdd")


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch("[0-9]{8}", text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _licences(record: Record) -> Iterator[Finding]:
    """The number of a document with origin (DocuCode Y) begins with its agreement."""
    held = (record.get("DecLicenseDocus") or {}).get("LicenseDocu") or ()
    for at, each in enumerate(held, 1):
        text = each.get("CertCode", "")
        if each.get("DocuCode") == "Y" and not re.match("<[0-9]{2}>", text):
            path = f"DecLicenseDocus/LicenseDocu[{at}]/CertCode"
            yield _told("DEC-LICENCE", "warn", path, text, "<13>C…")


def _line(line: Mapping[str, str], path: str, flow: str, *, declared: bool) -> Iterator[Finding]:
    if bool(line.get("SecondUnit")) != bool(line.get("SecondQty")):
        severity: Severity = "reject" if declared and line.get("SecondUnit") else "warn"
        yield _told("DEC-SECOND", severity, f"{path}/SecondQty", line.get("SecondQty", ""))
    # The two countries of a line swap their meaning in exports.
    here, there = line.get("OriginCountry"), line.get("DestinationCountry")
    if flow == "E" and here == "CHN" and there not in (None, "", "CHN"):
        yield _told("DEC-COUNTRIES", "warn", f"{path}/OriginCountry", here)
    price, quantity, total = (
        number(line.get(name) or "") for name in ("DeclPrice", "GQty", "DeclTotal")
    )
    if price is not None and quantity is not None and total is not None:
        off = abs(price * quantity - total)
        if off > abs(quantity) * _PRICE_UNIT + _TOTAL_UNIT:
            expected = f"{price * quantity:f}"
            yield _told("DEC-TOTAL", "warn", f"{path}/DeclTotal", f"{total:f}", expected)


def _told(code: str, severity: Severity, path: str, value: str = "", expected: str = "") -> Finding:
    return Finding("rule", code, severity, path, value=value[:80], expected=expected)
