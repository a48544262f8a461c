"""What the simulated customs answers to bonded messages: the import client first, then receipts.

A step is the import client's code (0, -1), a result of customs (1 approved, 2 referred, 3 returned,
4 pre-deducted, 6 deducted), or a word for a receipt of its own: "gate" (the pass went through),
"booked" (the account after the booking), "generated" (a goods declaration was made of it).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters.base import elements
from adapters.stubs.accounts import UNITS, Item, Move, Paper

Facts = Mapping[str, Any]
Leaves = Sequence[tuple[str, object]]
#: Enterprise, inventory and account as a real INV201 of 2024 names them, in its order.
INVENTORY = (
    *("bondInvtNo", "chgTmsCnt", "invtPreentNo", "putrecNo", "etpsInnerInvtNo", "bizopEtpsSccd"),
    *("bizopEtpsno", "bizopEtpsNm", "rvsngdEtpsSccd", "rcvgdEtpsno", "rcvgdEtpsNm", "dclEtpsSccd"),
    *("dclEtpsno", "dclEtpsNm", "invtDclTime", "entryDclTime", "entryNo", "rltInvtNo"),
    *("rltPutrecNo", "rltEntryNo", "rltEntryBizopEtpsSccd", "rltEntryBizopEtpsno"),
    *("rltEntryBizopEtpsNm", "impexpPortcd", "dclPlcCuscd", "impexpMarkcd", "mtpckEndprdMarkcd"),
    *("supvModecd", "trspModecd", "stshipTrsarvNatcd", "applyNo", "dclcusFlag", "dclcusTypecd"),
    *("prevdTime", "formalVrfdedTime", "invtIochkptStucd", "vrfdedMarkcd", "invtStucd"),
    *("vrfdedModecd", "duCode", "rmk", "bondInvtTypecd", "entryStucd", "passportUsedTypecd"),
    *("param1", "param2", "param3", "param4"),
)
#: The same of a gate pass, after a real SAS221 of 2024.
PASS = (
    *("passportNo", "chgTmsCnt", "passportTypecd", "sasPassportPreentNo", "dclTypecd", "ioTypecd"),
    *("bindTypecd", "masterCuscd", "rltTbTypecd", "rltNo", "areainEtpsno", "areainEtpsNm"),
    *("areainEtpsSccd", "vehicleNo", "totalWt", "totalGrossWt", "totalNetWt", "passTime", "stucd"),
    *("emapvMarkcd", "logisticsStucd", "ownerSystem", "rmk"),
)
_IMPORTED, _REFUSED = "0", "-1"
#: Result -> how far the inventory is deducted (vrfdedMarkcd).
_DEDUCTED = {"4": "1", "6": "2", "booked": "2"}
_APPROVED = frozenset({"1", "4", "5", "6"})
#: A word for being returned because the account has not got so much.
_SHORT, _RETURNED = "short", "3"


def _answered(
    write: Callable[[str, str, Facts, str], str],
) -> Callable[[str, str, Facts, str], str]:
    """The import client's response to a step that is its own, else what the message is told."""

    def answer(step: str, text: str, facts: Facts, at: str) -> str:
        if step not in (_IMPORTED, _REFUSED):
            return write(step, text, facts, _clock(at))
        content = elements(
            (
                ("SeqNo", facts["SeqNo"] if step == _IMPORTED else None),
                ("EtpsPreentNo", facts["guid"]),
                ("CheckInfo", text),
                ("DealFlag", step),
            )
        )
        return f"{_HEAD}<CommonResponeMessage>{content}</CommonResponeMessage>"

    return answer


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def _clock(at: str) -> str:
    """A time of 17 digits as receipts write it."""
    return f"{at[:4]}-{at[4:6]}-{at[6:8]} {at[8:10]}:{at[10:12]}:{at[12:14]}"


def _package(name: str, number: str, at: str, groups: str) -> str:
    """The receipt in its package; the number of what it is about names the pocket."""
    digits = "".join(each for each in at if each.isdigit())
    message_id = f"CUS0000E010000{digits}{number[-10:]}"
    head = elements(
        (
            ("version", "1.0"),
            ("message_id", message_id),
            ("file_name", f"{message_id}.{name[:3]}"),
            ("message_type", name),
            ("sender_id", "CUS0000"),
            ("receiver_id", "E010000"),
            ("send_time", at.replace(" ", "T")),
        )
    )
    pocket = elements((("pocket_id", number), ("total_pocket_qty", "1"), ("cur_pocket_no", "1")))
    return (
        f'{_HEAD}<Package xmlns="http://www.w3.org/2000/09/xmldsig#"><EnvelopInfo>{head}'
        f"</EnvelopInfo><DataInfo><PocketInfo>{pocket}<is_unstructured></is_unstructured>"
        f"</PocketInfo><BussinessData><{name}>{groups}</{name}></BussinessData></DataInfo></Package>"
    )


def _result(facts: Facts, number: str, step: str, text: str, at: str) -> str:
    told = (
        ("etpsPreentNo", facts["SeqNo"]),
        ("businessId", number),
        ("tmsCnt", facts.get("chgTmsCnt") or "0"),
        ("typecd", facts.get("dclTypecd") or "1"),
        ("manageResult", _RETURNED if step == _SHORT else step),
        ("manageDate", at),
    )
    return f"<HdeApprResult>{elements(told)}{_leaf('rmk', text)}</HdeApprResult>"


def _leaf(name: str, text: object) -> str:
    return elements(((name, text),)) or f"<{name}></{name}>"


def _group(name: str, names: Sequence[str], told: Facts) -> str:
    return f"<{name}>{''.join(_leaf(each, told.get(each)) for each in names)}</{name}>"


def _inventory(step: str, text: str, facts: Facts, at: str) -> str:
    number = facts["bondInvtNo"]
    if step == "generated":
        told = (
            ("invPreentNo", facts["SeqNo"]),
            ("businessId", number),
            ("entrySeqNo", facts["entrySeqNo"]),
            ("manageResult", "1"),
            ("createDate", at),
        )
        content = f"<InvApprResult>{elements(told)}{_leaf('reason', '')}</InvApprResult>"
        return _package("INV202", number, at, content)
    done = _DEDUCTED.get(step, "0")
    told_of = {
        **facts,
        "chgTmsCnt": "0",
        "invtPreentNo": facts["SeqNo"],
        "bondInvtNo": number if step in _APPROVED or done == "2" else "",
        "prevdTime": at if done != "0" else "",
        "formalVrfdedTime": at if done == "2" else "",
        "vrfdedMarkcd": done,
        "invtStucd": "0"
        if step in _APPROVED or done == "2"
        else "2"
        if step in (_RETURNED, _SHORT)
        else "1",
    }
    head = _group("BondInvtBsc", INVENTORY, told_of)
    if step == "booked":
        return _package("INV211", number, at, head)
    return _package("INV201", number, at, _result(facts, number, step, text, at) + head)


def _state(step: str, done: str) -> str:
    """How far the inventory is: passed, returned, or in hand."""
    if step in _APPROVED or done == "2":
        return "0"
    return "2" if step in (_RETURNED, _SHORT) else "1"


def _gate_pass(step: str, text: str, facts: Facts, at: str) -> str:
    number, gate = facts["passportNo"], step == "gate"
    told = {
        **facts,
        "chgTmsCnt": "0",
        "sasPassportPreentNo": facts["SeqNo"],
        "passTime": at if gate else "",
        "stucd": "2" if gate else "1" if step in _APPROVED else "0",
    }
    groups = _result(facts, number, "1" if gate else step, text, at)
    return _package(
        "SAS223" if gate else "SAS221", number, at, groups + _group("SasPassportBsc", PASS, told)
    )


def _account(step: str, text: str, facts: Facts, at: str) -> str:
    number = facts["emsNo"]
    return _package("EMS211", number, at, _result(facts, number, step, text, at))


def _report(step: str, text: str, facts: Facts, at: str) -> str:
    number = facts["emsNo"]
    told = _result({**facts, "chgTmsCnt": facts["chgoffTmsCnt"]}, number, step, text, at)
    return _package("EMS221", number, at, told)


def _consumption(step: str, text: str, facts: Facts, at: str) -> str:
    told = (
        ("cmbNo", facts["cmbNo"]),
        ("chgTmsCnt", "0"),
        ("sasCmbPreentNo", facts["SeqNo"]),
        ("dclTypecd", facts.get("dclTypecd") or "1"),
        ("emsNo", facts["emsNo"]),
        ("masterCuscd", facts.get("customsCode")),
        ("bizopEtpsno", facts.get("bizopEtpsno")),
        ("emapvStucd", _RETURNED if step == _SHORT else step),
        ("putrecApprTime", at),
        ("rmk", text),
    )
    return _package("CMB201", facts["cmbNo"], at, f"<SasCmbBsc>{elements(told)}</SasCmbBsc>")


def numbers(facts: Facts, seq: int, day: str) -> dict[str, str]:
    """The unified number, and those by which customs calls each kind of paper (seen: their forms).

    Inventory QD, office, year, I or E, 9 digits; pass Z, office, I or E, day, 12 digits. An account
    keeps the number that it has.
    """
    office = f"{(facts.get('customsCode') or '0000')[:4]:0>4}"
    flag = "E" if facts.get("ieFlag") == "E" else "I"
    return {
        "SeqNo": f"{day[:4]}{seq:014d}",
        "bondInvtNo": f"QD{office}{day[2:4]}{flag}{seq:09d}",
        "entrySeqNo": f"{flag}{day[:4]}{seq:013d}",
        "passportNo": f"Z{office}{flag}{day[2:8]}{seq:012d}",
        "emsNo": facts.get("emsNo") or f"H{office}W{seq:06d}",
        "cmbNo": facts.get("cmbNo") or f"C{office}{day[2:4]}{seq:09d}",
    }


def _opened(facts: Facts) -> Paper:
    """A book that is opened or changed: repaired goods are counted with those that waited."""
    rows: Sequence[Facts] = facts.get("EmsPutrecDt", ())
    waiting = {
        str(row.get("gdsMtno") or ""): str(row.get("gdsSeqno") or "")
        for row in rows
        if row.get("mtpckEndprdTypecd") != "E"
    }
    items = [
        Item(number, waiting.get(row.get("gdsMtno") or "", number))
        for row in rows
        if (number := str(row.get("gdsSeqno") or ""))
    ]
    return Paper(facts["emsNo"], items)


def _moved(facts: Facts) -> Paper:
    """What an inventory brings in or takes out."""
    sign = -1 if facts.get("ieFlag") == "E" else 1
    rows: Sequence[Facts] = facts.get("BondInvtDt", ())
    moves = [Move(row.get("putrecSeqno", ""), sign * _units(row.get("dclQty"))) for row in rows]
    return Paper(facts.get("putrecNo", ""), moves=moves)


def _used(facts: Facts) -> Paper:
    """What a consumption form says was used up."""
    rows: Sequence[Facts] = facts.get("SasCmbImg", ())
    moves = [Move(row.get("mtpckSeqno", ""), -_units(row.get("ucnsNetUseupQty"))) for row in rows]
    return Paper(facts.get("emsNo", ""), moves=moves)


def _units(text: str | None) -> int:
    try:
        quantity = Decimal(text or "0")
    except InvalidOperation:
        return 0
    return int(quantity * UNITS) if quantity.is_finite() else 0


ACCOUNTING = {"opened": _opened, "moved": _moved, "used": _used}
WRITERS = {
    "inventory": _answered(_inventory),
    "gate_pass": _answered(_gate_pass),
    "account": _answered(_account),
    "report": _answered(_report),
    "consumption": _answered(_consumption),
}
