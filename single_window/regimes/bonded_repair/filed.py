"""What is kept of the papers of bonded repair, in the same words for both layers of a message.

Customs' own layer writes `bondInvtNo`, the import client's `BondInvtNo`; the former is what facts
are called by. `guid` is the number of the enterprise's own, by which the first answer goes, and
`orderNo` the number that people look for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from single_window.domain.conditions import Record
from single_window.domain.regime import Facts

_INVENTORY = (
    *("bondInvtNo", "putrecNo", "etpsInnerInvtNo", "bizopEtpsno", "bizopEtpsNm", "rcvgdEtpsno"),
    *("rcvgdEtpsNm", "dclEtpsno", "dclEtpsNm", "impexpMarkcd", "mtpckEndprdMarkcd", "supvModecd"),
    *("dclcusFlag", "dclcusTypecd", "dclPlcCuscd", "impexpPortcd", "stshipTrsarvNatcd", "entryNo"),
    *("rltInvtNo", "rltPutrecNo", "rltEntryNo", "bondInvtTypecd", "invtDclTime", "rmk"),
)
_GOODS = (
    *("gdsSeqno", "putrecSeqno", "gdsMtno", "gdecd", "gdsNm", "gdsSpcfModelDesc", "dclUnitcd"),
    *("natcd", "dclUprcAmt", "dclTotalAmt", "dclCurrcd", "dclQty", "lvyrlfModecd", "param1", "rmk"),
)
_PASS = (
    *("passportNo", "passportTypecd", "ioTypecd", "bindTypecd", "masterCuscd", "rltTbTypecd"),
    *("rltNo", "areainEtpsno", "areainEtpsNm", "vehicleNo", "totalWt", "totalGrossWt", "dclTime"),
)
_ACCOUNT = (
    *("emsNo", "chgTmsCnt", "etpsPreentNo", "masterCuscd", "bizopEtpsno", "bizopEtpsNm"),
    *("rcvgdEtpsno", "dclEtpsno", "dclEtpsNm", "emsTypecd", "dclTypecd", "finishValidDate"),
    *("maxTovrAmt", "vclrPridVal", "ucnsDclSegcd", "dclTime", "rmk"),
)
_ITEM = (
    *("gdsSeqno", "mtpckEndprdTypecd", "gdsMtno", "gdecd", "gdsNm", "endprdGdsSpcfModelDesc"),
    *("dclUnitcd", "dclUprcAmt", "dclCurrcd", "dclQty", "vclrPridInitQty", "modfMarkcd", "rmk"),
)
_CONSUMPTION = (
    *("cmbNo", "sasCmbPreentNo", "dclTypecd", "emsNo", "masterCuscd", "cmBeginTime", "cmEndTime"),
    *("bizopEtpsno", "bizopEtpsNm", "rcvgdEtpsno", "dclTime", "rmk"),
)
_REPORT = (
    *("emsNo", "chgoffTmsCnt", "chgoffTypecd", "chgoffBeginTime", "chgoffDueTime", "bizopEtpsno"),
    *("bizopEtpsNm", "rcvgdEtpsno", "masterCuscd", "chgoffDclTime", "rmk"),
)
_NO_DIGIT = re.compile(r"[^0-9]")
FROM_INVENTORY = "1"
"""Kind of related paper: an inventory (rltTbTypecd)."""
ONE_FORM_MANY_VEHICLES = "3"
"""How a pass and its papers go together (bindTypecd): this one tells what its vehicle carries."""


def inventory(record: Record) -> Facts:
    """An inventory (核注清单): which book, which way, and its lines."""
    head = _head(record, "BondInvtBsc", "InvtHeadType")
    told = _told(head, _INVENTORY, own="etpsInnerInvtNo", at="invtDclTime")
    told["lines"] = _lines(record, _GOODS, "BondInvtDt", "InvtListType")
    return told


def gate_pass(record: Record) -> Facts:
    """A gate pass (核放单), and the inventories that it carries."""
    head = _head(record, "SasPassportBsc", "PassportHead")
    own = "etpsPreentNo" if "etpsPreentNo" in head else "sasPassportPreentNo"
    told = _told(head, _PASS, own=own, at="dclTime")
    rows = [*_rows(record, "SasPassportRlt"), *map(_bill, _rows(record, "PassportAcmp"))]
    told["lines"] = [row for row in rows if row.get("rltTbTypecd") == FROM_INVENTORY]
    if told.get("bindTypecd") == ONE_FORM_MANY_VEHICLES:
        told["carried"] = _lines(record, ("gdecd", "dclQty"), "SasPassportDt", "PassportList")
    first = next((row["rltNo"] for row in (*told["lines"], told) if row.get("rltNo")), "")
    if first and told.get("rltTbTypecd", FROM_INVENTORY) == FROM_INVENTORY:
        told["bondInvtNo"] = first
    return told


def account(record: Record) -> Facts:
    """An account book (账册) that is opened or changed, and its items."""
    told = _told(_head(record, "EmsPutrecBsc"), _ACCOUNT, own="etpsPreentNo", at="dclTime")
    told["lines"] = _lines(record, _ITEM, "EmsPutrecDt")
    return told


def consumption(record: Record) -> Facts:
    """A consumption form (耗料单): the inventories, what was used, and what scrap arose."""
    told = _told(_head(record, "SasCmbBsc"), _CONSUMPTION, own="sasCmbPreentNo", at="dclTime")
    told["lines"] = _lines(record, ("bondInvtNo",), "SasCmbInvt")
    told["used"] = _lines(record, ("mtpckSeqno", "ucnsNetUseupQty"), "SasCmbImg")
    told["scrap"] = _lines(record, ("mtpckSeqno", "gdecd", "gdsNm", "dclQty"), "SasCmbRbg")
    return told


def report(record: Record) -> Facts:
    """A reconciliation report (报核): the period, its inventories, and the items as counted."""
    told = _told(_head(record, "EmsChgoffBsc"), _REPORT, own="emsNo", at="chgoffDclTime")
    told["guid"] = "|".join((told.get("emsNo", ""), told.get("chgoffTmsCnt", "")))
    told["lines"] = _lines(record, ("bondInvtNo",), "EmsChgoffInvtLt")
    told["items"] = [dict(row) for row in _rows(record, "EmsChgoffDt")]
    return told


def _head(record: Record, *groups: str) -> Mapping[str, str]:
    group = next((group for group in groups if record.get(group)), "")
    return _lowered(record.get(group) or {})


def _lowered(values: Mapping[str, Any]) -> dict[str, str]:
    return {name[:1].lower() + name[1:]: text for name, text in values.items() if text}


def _bill(row: Mapping[str, str]) -> dict[str, str]:
    """A form in a pass of the client's layer, in the words of customs' own."""
    told = {"rltTbTypecd": row.get("rtlBillTypecd", ""), "rltNo": row.get("rtlBillNo", "")}
    return {name: text for name, text in told.items() if text}


def _rows(record: Record, group: str) -> Iterable[dict[str, str]]:
    return map(_lowered, record.get(group) or ())


def _lines(record: Record, names: Iterable[str], *groups: str) -> list[dict[str, str]]:
    rows = next(([*_rows(record, group)] for group in groups if record.get(group)), [])
    return [{name: row[name] for name in names if name in row} for row in rows]


def _told(head: Mapping[str, str], names: Iterable[str], *, own: str, at: str) -> Facts:
    told: Facts = {name: head[name] for name in names if name in head}
    told["guid"] = told["orderNo"] = head.get(own, "")
    told["appTime"] = _NO_DIGIT.sub("", head.get(at, ""))
    return told
