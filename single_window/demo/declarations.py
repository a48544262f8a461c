"""A made-up goods declaration (报关单) of an export between firms, instead of its inventory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from schemas import registry
from single_window.demo.cast import parties
from single_window.demo.exports import INVENTORY, Export

DECLARATION = "DecMessage"
_ORDER_FILE = "10000004"


def declaration(export: Export) -> bytes:
    """The declaration of the export's goods, which names its order among the attached files."""
    head, agent = export.head, parties()["agent"]
    record: dict[str, Any] = {
        "DecHead": {
            "SeqNo": "",
            "IEFlag": "E",
            "Type": "  0",
            "AgentCode": agent["code"],
            "AgentName": agent["name"],
            "TradeCode": head["ebcCode"],
            "TradeName": head["ebcName"],
            "OwnerCode": head["ebcCode"],
            "OwnerName": head["ebcName"],
            "ContrNo": export.order_no,
            "CustomMaster": head["customsCode"],
            "IEPort": head["portCode"],
            "GrossWet": head["grossWeight"],
            "NetWt": head["netWeight"],
            "PackNo": head["packNo"],
            "TradeMode": export.mode,
            "CopCode": agent["code"],
            "CopName": agent["name"],
            "TypistNo": "0000000000000",
            "InputerName": agent["name"],
            "DeclTrnRel": "0",
            "PromiseItmes": "00000",
            "TradeAreaCode": "USA",
            "DeclareName": agent["name"],
        },
        "DecLists": {"DecList": [_line(line) for line in export.records[INVENTORY][_LINES]]},
        "DecSign": {"OperType": "G", "ClientSeqNo": f"E{head['copNo']}"},
        "DecFreeTxt": {"RelId": ""},
        "DecContainers": "",
        "DecCopLimits": "",
        "EdocRealation": [{"EdocID": export.order_no, "EdocCode": _ORDER_FILE}],
    }
    namespace = registry.message(DECLARATION).namespace
    inside = "".join(_written(name, value) for name, value in record.items())
    start = f'<DecMessage version="4.8" xmlns="{namespace}">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{start}{inside}</DecMessage>\n'.encode()


_LINES = "InventoryList"


def _line(line: Mapping[str, str]) -> dict[str, str]:
    return {
        "CodeTS": line["gcode"],
        "DeclPrice": line["price"],
        "GNo": line["gnum"],
        "GName": line["gname"],
        "GModel": f"0|0|{line['gmodel']}",
        "OriginCountry": "USA",
        "TradeCurr": "CNY",
        "DeclTotal": line["totalPrice"],
        "GQty": line["qty"],
        "GUnit": line["unit"],
        "DestinationCountry": "CHN",
    }


def _written(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_written(name, each) for each in value)
    if isinstance(value, Mapping):
        inside = "".join(_written(child, held) for child, held in value.items())
        return f"<{name}>{inside}</{name}>"
    return f"<{name}>{escape(value)}</{name}>"
