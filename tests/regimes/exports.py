"""The papers of one export, in order; any field can be spelled otherwise."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any, NamedTuple

from single_window import regimes
from single_window.declarations.sources import sources
from single_window.domain.rules import Checked, Params
from single_window.regimes.ecommerce_export.terms import (
    ARRIVAL,
    BINDING,
    CANCELLATION,
    DEPARTURE,
    INVENTORY,
    ORDER,
    RECEIPT,
    RETURN,
    SALE,
    SUMMARY,
    TALLY,
    WAREHOUSE,
    WAYBILL,
)

Record = dict[str, Any]
DAY = date(2026, 11, 20)
ABSENT = None


class Fault(NamedTuple):
    """A change to a paper that is in order, and the finding that it provokes."""

    message: str
    changes: dict[str, Any]
    code: str
    severity: str
    path: str


_ABOUT = {"appType": "1", "appTime": "20261120093000", "appStatus": "2"}
_PARTIES = {"ebpCode": "EBP1", "ebpName": "平台", "ebcCode": "EBC1", "ebcName": "电商"}
_CARRIER = {"logisticsCode": "LOG1", "logisticsName": "物流", "logisticsNo": "L-1"}
_AGENT = {"agentCode": "AGT1", "agentName": "报关"}
_PART = {"msgCount": "1", "msgSeqNo": "1"}


def _about(number: str) -> dict[str, str]:
    return {"guid": f"{number}A0000-0000-4000-8000-000000000001", **_ABOUT}


RECORDS: dict[str, Record] = {
    ORDER: {
        "OrderHead": {
            **_about("303"), "orderType": "E", "orderNo": "O-1", **_PARTIES,
            "goodsValue": "250.00", "freight": "10.00", "currency": "142",
        },
        "OrderList": [
            {"gnum": "1", "itemNo": "S1", "itemName": "手机壳", "unit": "011", "currency": "142",
             "qty": "2", "price": "100.00", "totalPrice": "200.00"},
            {"gnum": "2", "itemNo": "S2", "itemName": "数据线", "unit": "011", "currency": "142",
             "qty": "1", "price": "50.00", "totalPrice": "50.00"},
        ],
    },
    RECEIPT: {
        **_about("403"), **_PARTIES, "orderNo": "O-1", "payCode": "PAY1", "payName": "支付",
        "payNo": "P-1", "charge": "260.00", "currency": "142", "accountingDate": "20261120100000",
    },
    WAYBILL: {
        **_about("505"), **_CARRIER, "freight": "10.00", "insuredFee": "0", "currency": "142",
        "grossWeight": "2.5", "packNo": "1", "goodsInfo": "手机配件", "ebcCode": "EBC1",
    },
    INVENTORY: {
        "InventoryHead": {
            **_about("603"), "customsCode": "5165", **_PARTIES, "orderNo": "O-1", **_CARRIER,
            "copNo": "C-1", "ieFlag": "E", "portCode": "5141", "ieDate": "20261121",
            "statisticsFlag": "A", **_AGENT, "ownerCode": "NO", "ownerName": "工厂",
            "tradeMode": "9610", "trafMode": "5", "country": "502", "POD": "2478",
            "freight": "10.00", "fCurrency": "142", "fFlag": "3", "insuredFee": "0",
            "iCurrency": "142", "iFlag": "3", "wrapType": "2", "packNo": "1",
            "grossWeight": "2.5", "netWeight": "2.3",
        },
        "InventoryList": [
            {"gnum": "1", "itemNo": "S1", "itemName": "手机壳", "gcode": "3926909090",
             "gname": "手机壳", "gmodel": "塑料", "barCode": "无", "country": "502",
             "currency": "142", "qty": "2", "qty1": "0.2", "unit": "011", "unit1": "035",
             "price": "100.00", "totalPrice": "200.00"},
            {"gnum": "2", "itemNo": "S2", "itemName": "数据线", "gcode": "8544422100",
             "gname": "数据线", "gmodel": "USB", "barCode": "无", "country": "502",
             "currency": "142", "qty": "1", "qty1": "0.1", "unit": "011", "unit1": "035",
             "price": "50.00", "totalPrice": "50.00"},
        ],
    },
    CANCELLATION: {
        **_about("605"), "customsCode": "5165", "copNo": "C-2", "invtNo": "51652026E000000001",
        "reason": "错报", **_AGENT, "ebcCode": "EBC1", "ebcName": "电商",
    },
    BINDING: {
        "WayBillHead": {
            **_about("607"), "customsCode": "5165", "copNo": "C-3", **_AGENT, "trafMode": "5",
            "trafName": "CZ1", "voyageNo": "CZ1", "billNo": "784-1", "grossWeight": "5",
            "logisticsCode": "LOG1", "logisticsName": "物流", **_PART,
        },
        "WayBillList": [{"gnum": "1", "logisticsNo": "L-1"}, {"gnum": "2", "logisticsNo": "L-2"}],
    },
    ARRIVAL: {
        "ArrivalHead": {
            **_about("507"), "customsCode": "5165", "copNo": "C-4", "operatorCode": "OP1",
            "operatorName": "场所", "ieFlag": "E", "trafMode": "5", "domesticTrafNo": "粤A1",
            "logisticsCode": "LOG1", "logisticsName": "物流", **_PART,
        },
        "ArrivalList": [{"gnum": "1", "logisticsNo": "L-1"}],
    },
    DEPARTURE: {
        "DepartureHead": {
            **_about("509"), "customsCode": "5165", "copNo": "C-5", "logisticsCode": "LOG1",
            "logisticsName": "物流", "trafMode": "5", "leaveTime": "20261121120000", **_PART,
        },
        "DepartureList": [{"gnum": "1", "logisticsNo": "L-1"}],
    },
    SUMMARY: {
        "SummaryApplyHead": {
            **_about("701"), "customsCode": "5165", "copNo": "C-6", **_AGENT, "ebcCode": "EBC1",
            "ebcName": "电商", "declAgentCode": "AGT1", "declAgentName": "报关",
            "startTime": "20261101000000", "endTime": "20261130235959", "summaryFlag": "1",
            "itemNameFlag": "1", **_PART,
        },
        "SummaryApplyList": [{"invtNo": "51652026E000000001"}],
    },
    RETURN: {
        "InvtRefundHead": {
            **_about("213"), "customsCode": "5165", **_PARTIES, **_CARRIER, "coElNo": "C-7",
            "invtNo": "51652026E000000001", "tradeMode": "9610", **_AGENT, "billNo": "L-1",
            "ieFlag": "I", "trafMode": "5", "trafName": "CZ2", "portCode": "5141",
            "reason": "退货", "country": "502", "voyageNo": "CZ2",
        },
        "InvtRefundList": [
            {"gnum": "2", "gcode": "8544422100", "gname": "数据线", "gmodel": "USB", "qty": "1",
             "qty1": "0.1", "unit": "011", "unit1": "035"},
        ],
    },
    TALLY: {
        **_about("215"), "customsCode": "5165", "operatorCode": "OP1", "operatorName": "场所",
        **_CARRIER, "coElNo": "C-8", "billNo": "L-1", "ieFlag": "I", "trafMode": "5",
        "trafName": "CZ2", "voyageNo": "CZ2",
    },
    SALE: {
        "OverseasSaleHead": {
            **_about("S01"), "saleNo": "S-1", "orderNo": "O-1", **_PARTIES, "warehouseNo": "W-1",
            "soldDate": "20261119", "country": "502", "currency": "142", "goodsValue": "130.00",
        },
        "OverseasSaleList": [
            {"gnum": "1", "itemNo": "S1", "itemName": "手机壳", "qty": "1", "unit": "011",
             "price": "130.00", "totalPrice": "130.00"},
        ],
    },
    WAREHOUSE: {
        **_about("W01"), "ebcCode": "EBC1", "ebcName": "电商", "warehouseNo": "W-1",
        "warehouseName": "洛杉矶仓", "country": "502", "place": "洛杉矶", "operatorName": "仓储",
        "validFrom": "20260101",
    },
}  # fmt: skip


def paper(message: str, **changes: Any) -> Record:
    """A paper; `OrderHead__freight="1"`, `OrderList_2__qty=ABSENT`, `charge="1"` change a field."""
    record = copy.deepcopy(RECORDS[message])
    for where, value in changes.items():
        group, _, name = where.rpartition("__")
        base, _, at = group.partition("_")
        leaves = record if not base else record[base][int(at) - 1] if at else record[base]
        if value is ABSENT:
            leaves.pop(name, None)
        else:
            leaves[name] = value
    return record


def path_of(change: str) -> str:
    """OrderList_2__qty -> OrderList[2]/qty"""
    group, _, name = change.rpartition("__")
    base, _, at = group.partition("_")
    return (f"{base}[{at}]/" if at else f"{base}/" if base else "") + name


def faults(message: str, code: str, severity: str, **changes: Any) -> tuple[Fault, ...]:
    """One fault for each change, each found at the field that was changed."""
    return tuple(
        Fault(message, {change: value}, code, severity, path_of(change))
        for change, value in changes.items()
    )


def in_force(day: date = DAY) -> Params:
    """What holds on the day."""
    return regimes.load("ecommerce_export").in_force(day, sources())


def checked(message: str, day: date = DAY, **changes: Any) -> Checked:
    """What the rules say on a day about a paper with changes."""
    regime = regimes.load("ecommerce_export")
    return regime.check(message, paper(message, **changes), in_force(day))


def facts(message: str, **changes: Any) -> dict[str, Any]:
    """What is kept of a paper with changes, for matching."""
    return regimes.load("ecommerce_export").facts(message, paper(message, **changes))
