"""Papers of a repair for tests: valid ones, of which any value can be another."""

from __future__ import annotations

from collections.abc import Mapping

from schemas import registry
from schemas.fields import Field
from single_window.intake.forms import from_message, to_message

COMPANY, NAME, CREDIT = "120721K001", "天津航修有限公司", "91120118MA00000001"
OFFICE, BOOK = "0214", "H0214W000001"
Values = dict[str, str]

_PARTIES = {
    **dict.fromkeys(("bizopEtpsno", "rcvgdEtpsno", "dclEtpsno"), COMPANY),
    **dict.fromkeys(("bizopEtpsNm", "rcvgdEtpsNm", "dclEtpsNm"), NAME),
    **dict.fromkeys(("bizopEtpsSccd", "rvsngdEtpsSccd", "dclEtpsSccd"), CREDIT),
}
_ENGINE = {
    "gdsMtno": "CFM56", "gdecd": "8411121000", "gdsNm": "航空发动机", "dclUnitcd": "001",
    "lawfUnitcd": "001", "dclCurrcd": "502", "dclUprcAmt": "1000000", "lvyrlfModecd": "3",
    "modfMarkcd": "3",
}  # fmt: skip


def paper(message: str, values: Mapping[str, str]) -> bytes:
    """The message with these values, all else that it must have as plain as can be."""
    known = registry.message(message)
    return to_message(known, {**_asked(known.record_field, values), **values}, sender={}, guid="")


def _asked(group: Field, values: Mapping[str, str], prefix: str = "") -> Values:
    """What a schema asks for and lets nobody leave empty, in every line that there is."""
    found: Values = {}
    for child in group.children:
        name = prefix + child.name
        if child.kind == "group":
            lines = [f"{name}.{at}." for at in range(1, 10)] if child.repeats else [f"{name}."]
            for line in lines:
                if any(each.startswith(line) for each in values):
                    found |= _asked(child, values, line)
        elif child.min_occurs and not child.nillable and name not in values:
            found |= {name: _plain(child)} if _plain(child) else {}
    return found


def _plain(field: Field) -> str:
    if field.kind in ("string", "any"):
        return "1" * (field.length or 0)
    return {"date": "2026-11-02", "moment": "2026-11-02T08:00:00"}.get(field.kind, "0")


def _headed(group: str, values: Mapping[str, str]) -> Values:
    return {f"{group}.{name}": text for name, text in values.items()}


def account(number: str, **changes: str) -> bytes:
    """An account book that is opened: engines that wait, and the same repaired."""
    head = _PARTIES | {
        "etpsPreentNo": number, "chgTmsCnt": "0", "masterCuscd": OFFICE, "dclTypecd": "1",
        "finishValidDate": "2028-11-02", "maxTovrAmt": "90000000", "vclrPridVal": "24",
        "dclTime": "2026-11-02 08:00:00", "ucnsDclSegcd": "2",
    }  # fmt: skip
    items = _headed("EmsPutrecDt.1", _ENGINE | {"gdsSeqno": "1", "mtpckEndprdTypecd": "I"})
    items |= _headed("EmsPutrecDt.2", _ENGINE | {"gdsSeqno": "2", "mtpckEndprdTypecd": "E"})
    return paper("EMS111", _headed("EmsPutrecBsc", head | changes) | items)


def inventory(number: str, flag: str, *, serial: str = "", **changes: str) -> bytes:
    """An inventory of one engine that comes in (I) or goes out (E), in customs' own layer."""
    head = _PARTIES | {
        "etpsInnerInvtNo": number, "putrecNo": BOOK, "chgTmsCnt": "0", "impexpPortcd": OFFICE,
        "dclPlcCuscd": OFFICE, "impexpMarkcd": flag, "mtpckEndprdMarkcd": flag,
        "supvModecd": "1371", "trspModecd": "9", "stshipTrsarvNatcd": "502", "dclcusFlag": "1",
        "dclcusTypecd": "2", "bondInvtTypecd": "0", "invtDclTime": "2026-11-02 08:00:00",
    }  # fmt: skip
    line = _ENGINE | {
        "gdsSeqno": "1", "putrecSeqno": "1" if flag == "I" else "2", "natcd": "502",
        "dclQty": "1", "dclTotalAmt": "1000000", "lawfQty": "1",
        "rmk": f"SN: {serial}" if serial else "",
    }  # fmt: skip
    line.pop("modfMarkcd")
    values = _headed("BondInvtBsc", head | changes) | _headed("BondInvtDt.1", line)
    return paper("INV101", values)


def declaration(number: str, flag: str, bond_invt_no: str = "", **changes: str) -> bytes:
    """A declaration of that engine, which names the inventory as attached document `a`."""
    head = {
        "IEFlag": flag, "Type": "  0", "AgentCode": COMPANY, "AgentName": NAME,
        "ContrNo": number, "CustomMaster": OFFICE, "IEPort": OFFICE, "ManualNo": BOOK,
        "OwnerCode": COMPANY, "OwnerName": NAME, "TradeCode": COMPANY, "TradeName": NAME,
        "TradeMode": "1371", "TrafMode": "5", "GrossWet": "2400", "NetWt": "2300", "PackNo": "1",
        "CopCode": COMPANY, "CopName": NAME, "TypistNo": "0000000000000", "InputerName": NAME,
        "DeclTrnRel": "0", "PromiseItmes": "00000", "TradeAreaCode": "USA", "DeclareName": NAME,
    }  # fmt: skip
    line = {
        "CodeTS": "8411121000", "GNo": "1", "GName": "航空发动机", "GModel": "0|0|CFM56",
        "OriginCountry": "USA", "TradeCurr": "USD", "DeclPrice": "1000000",
        "DeclTotal": "1000000", "GQty": "1", "GUnit": "001", "DestinationCountry": "CHN",
        "DutyMode": "3",
    }  # fmt: skip
    line |= {name: changes.pop(name) for name in list(changes) if name in ("WorkUsd", "DutyMode")}
    values = _headed("DecHead", head | changes) | _headed("DecLists.DecList.1", line)
    values |= {"DecSign.OperType": "G", "DecSign.ClientSeqNo": f"E{number}"}
    if bond_invt_no:
        values |= _headed(
            "DecLicenseDocus.LicenseDocu.1", {"DocuCode": "a", "CertCode": bond_invt_no}
        )
    return paper("DecMessage", values)


def with_permit(declared: bytes) -> dict[str, str]:
    """The values of a declaration with a second line, which has a permit for two vehicles."""
    _, (values,) = from_message(declared)
    first, second = "DecLists.DecList.1.", "DecLists.DecList.2."
    again = {second + n[len(first) :]: text for n, text in values.items() if n.startswith(first)}
    permit = f"{second}DecGoodsLimits.DecGoodsLimit.1."
    told = {"GoodsNo": "2", "LicenceNo": "L1", "LicTypeCode": "411"}
    for at in (1, 2):
        car = {"LicenceNo": "L1", "VinNo": str(at), "VinCode": f"VIN{at}"}
        told |= {f"DecGoodsLimitVin.{at}.{name}": text for name, text in car.items()}
    return values | again | {f"{second}GNo": "2"} | {permit + n: text for n, text in told.items()}


def gate_pass(number: str, flag: str, bond_invt_no: str, **changes: str) -> bytes:
    """A gate pass of one vehicle that carries what the inventory lists."""
    head = {
        "sasPassportPreentNo": number, "passportTypecd": "3", "dclTypecd": "1", "ioTypecd": flag,
        "bindTypecd": "2", "masterCuscd": OFFICE, "rltTbTypecd": "1", "rltNo": bond_invt_no,
        "areainEtpsno": COMPANY, "areainEtpsNm": NAME, "areainEtpsSccd": CREDIT,
        "vehicleNo": "津A00000", "vehicleWt": "8000", "totalWt": "10400", "totalGrossWt": "2400",
        "totalNetWt": "2300", "dclErConc": NAME, "dclTime": "2026-11-02 09:00:00",
    }  # fmt: skip
    related = {"rltNo": bond_invt_no, "rltTbTypecd": "1"}
    values = _headed("SasPassportBsc", head | changes) | _headed("SasPassportRlt.1", related)
    return paper("SAS121", values)


def work_order(number: str, book: str, **changes: str) -> bytes:
    """A work order on one engine, repaired without a part."""
    said = {
        "number": number, "emsNo": book, "tradeCode": COMPANY, "item": "1", "quantity": "1",
        "openedOn": "2026-11-02", "finishedOn": "2026-11-02", "result": "repaired",
    }  # fmt: skip
    return paper("RepairWorkOrder", said | changes)
