"""Papers that follow a declared trade: cancelled, returned, unpacked, signed for."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from schemas import registry
from single_window.demo.cast import parties
from single_window.demo.trades import INVENTORY, Record, Trade

CANCELLATION, RETURN, UNPACKED, SIGNED = (f"CEB{n}Message" for n in (623, 625, 711, 513))


def cancellation(trade: Trade, invt_no: str) -> Record:
    """A cancellation (撤销申请单, CEB623) of the trade's inventory."""
    return _named(CANCELLATION, trade, invt_no, "")


def returned(
    trade: Trade, invt_no: str, quantities: Mapping[str, str] | None = None, *, number: int = 1
) -> Record:
    """A return (退货申请单, CEB625) of these quantities by line number, of all without them.

    `number` tells several returns of one inventory apart.
    """
    head = _named(RETURN, trade, invt_no, f"R{number}")
    lines = [
        {name: line[name] for name in ("gnum", "gcode", "gname")}
        | {"qty": quantities[line["gnum"]] if quantities else line["qty"], "unit": line["unit"]}
        for line in trade.records[INVENTORY]["InventoryList"]
        if quantities is None or line["gnum"] in quantities
    ]
    return {"InvtRefundHead": head, "InvtRefundList": lines}


def unpacked(trades: Sequence[Trade]) -> Record:
    """The warehouse-in detail (入库明细单, CEB711) of the parcels of one carrier and one flight."""
    first = trades[0].records[INVENTORY]["InventoryHead"]
    site = parties()["site"]
    head = _stamp(first, 90) | {
        "customsCode": first["customsCode"],
        "copNo": f"{first['copNo'][:17]}IN",
        "operatorCode": site["code"],
        "operatorName": site["name"],
        "ieFlag": "I",
        "trafMode": first["trafMode"],
        "trafNo": first.get("trafNo", "CA986"),
        "voyageNo": first.get("voyageNo", "CA986"),
        "billNo": first.get("billNo", "999-00000001"),
        "logisticsCode": first["logisticsCode"],
        "logisticsName": first["logisticsName"],
    }
    parcels = [trade.records[INVENTORY]["InventoryHead"]["logisticsNo"] for trade in trades]
    lines = [{"gnum": str(at), "logisticsNo": parcel} for at, parcel in enumerate(parcels, 1)]
    return {"DeliveryHead": head, "DeliveryList": lines}


def signed(trade: Trade) -> Record:
    """The status "signed for" (运单状态, CEB513) of the trade's parcel."""
    head = trade.records[INVENTORY]["InventoryHead"]
    stamp = _stamp(head, 300)
    names = ("logisticsCode", "logisticsName", "logisticsNo")
    told = {"logisticsStatus": "S", "logisticsTime": stamp["appTime"]}
    return stamp | {name: head[name] for name in names} | told


def _named(message: str, trade: Trade, invt_no: str, suffix: str) -> dict[str, str]:
    """The head of an application that names the trade's inventory as it was declared."""
    own = trade.records[INVENTORY]["InventoryHead"]
    told = (
        own
        | _stamp(own, 120, suffix)
        | {"invtNo": invt_no, "reason": parties()["reasons"]["cancelled"]}
    )
    told["copNo"] = f"{own['copNo'][:17]}{suffix or 'C'}"
    leaves = registry.message(message).record_field.leaves()
    return {leaf.name: told[leaf.name] for leaf in leaves if leaf.name in told}


def _stamp(head: Mapping[str, Any], minutes: int, salt: str = "") -> dict[str, str]:
    at = datetime.strptime(head["appTime"], "%Y%m%d%H%M%S") + timedelta(minutes=minutes)  # noqa: DTZ007 - the nation's clock
    guid = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{head['guid']}|{minutes}|{salt}")).upper()
    return {"guid": guid, "appType": "1", "appTime": f"{at:%Y%m%d%H%M%S}", "appStatus": "2"}
