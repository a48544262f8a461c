"""The four papers of one retail import, in order; any field can be spelled otherwise."""

from __future__ import annotations

import copy
from datetime import date
from functools import cache
from typing import Any

from schemas import codes, registry
from single_window import regimes
from single_window.domain.conditions import CodeField
from single_window.domain.rules import Checked, Params, Sources

Record = dict[str, Any]

ORDER, PAYMENT = "CEB311Message", "CEB411Message"
WAYBILL, INVENTORY = "CEB511Message", "CEB621Message"
DAY = date(2026, 11, 20)
ABSENT = None

_RECORDS: dict[str, Record] = {
    ORDER: {
        "OrderHead": {
            "guid": "311A0000-0000-4000-8000-000000000001",
            "appType": "1",
            "appTime": "20261120093000",
            "appStatus": "2",
            "orderType": "I",
            "orderNo": "O-1",
            "ebpCode": "EBP1",
            "ebpName": "平台",
            "ebcCode": "EBC1",
            "ebcName": "电商",
            "goodsValue": "250.00",
            "freight": "10.00",
            "discount": "5.00",
            "taxTotal": "22.21",
            "acturalPaid": "277.21",
            "currency": "142",
            "buyerRegNo": "R1",
            "buyerName": "张三",
            "buyerTelephone": "13800000000",
            "buyerIdType": "1",
            "buyerIdNumber": "11010119900101123X",
            "payCode": "PAY1",
            "payTransactionId": "P-1",
            "consignee": "李四",
            "consigneeTelephone": "13900000000",
            "consigneeAddress": "北京市 东城区 1号",
        },
        "OrderList": [
            {"gnum": "1", "itemName": "奶粉", "gmodel": "900g", "unit": "122", "qty": "2",
             "price": "100.00", "totalPrice": "200.00", "currency": "142", "country": "601"},
            {"gnum": "2", "itemName": "蜂蜜", "gmodel": "500g", "unit": "142", "qty": "1",
             "price": "50.00", "totalPrice": "50.00", "currency": "142", "country": "609"},
        ],
    },
    PAYMENT: {
        "PaymentHead": {
            "guid": "411A0000-0000-4000-8000-000000000001",
            "appType": "1",
            "appTime": "20261120093100",
            "appStatus": "2",
            "payCode": "PAY1",
            "payName": "支付",
            "payTransactionId": "P-1",
            "orderNo": "O-1",
            "ebpCode": "EBP1",
            "ebpName": "平台",
            "payerIdType": "1",
            "payerIdNumber": "11010119900101123X",
            "payerName": "张三",
            "amountPaid": "277.21",
            "currency": "142",
            "payTime": "20261120093059",
        },
    },
    WAYBILL: {
        "LogisticsHead": {
            "guid": "511A0000-0000-4000-8000-000000000001",
            "appType": "1",
            "appTime": "20261120100000",
            "appStatus": "2",
            "logisticsCode": "LOG1",
            "logisticsName": "物流",
            "logisticsNo": "L-1",
            "orderNo": "O-1",
            "freight": "10.00",
            "insuredFee": "0",
            "currency": "142",
            "weight": "2.5",
            "packNo": "1",
            "consignee": "李四",
            "consigneeAddress": "北京市 东城区 1号",
            "consigneeTelephone": "13900000000",
        },
    },
    INVENTORY: {
        "InventoryHead": {
            "guid": "621A0000-0000-4000-8000-000000000001",
            "appType": "1",
            "appTime": "20261120110000",
            "appStatus": "2",
            "orderNo": "O-1",
            "ebpCode": "EBP1",
            "ebpName": "平台",
            "ebcCode": "EBC1",
            "ebcName": "电商",
            "logisticsNo": "L-1",
            "logisticsCode": "LOG1",
            "logisticsName": "物流",
            "assureCode": "EBC1",
            "emsNo": "T0213W000001",
            "ieFlag": "I",
            "declTime": "20261120",
            "customsCode": "0213",
            "portCode": "0213",
            "buyerIdType": "1",
            "buyerIdNumber": "11010119900101123X",
            "buyerName": "张三",
            "buyerTelephone": "13800000000",
            "consigneeAddress": "北京市 东城区 1号",
            "agentCode": "AGT1",
            "agentName": "报关",
            "areaCode": "ARE1",
            "areaName": "仓储",
            "tradeMode": "1210",
            "trafMode": "4",
            "country": "142",
            "freight": "10.00",
            "insuredFee": "0",
            "currency": "142",
            "packNo": "1",
            "grossWeight": "2.5",
            "netWeight": "2.3",
        },
        "InventoryList": [
            {"gnum": "1", "itemRecordNo": "11", "gcode": "1901101000", "gname": "奶粉",
             "gmodel": "900g", "country": "601", "currency": "142", "qty": "2", "unit": "122",
             "qty1": "1.8", "unit1": "035", "price": "100.00", "totalPrice": "200.00"},
            {"gnum": "2", "itemRecordNo": "12", "gcode": "0409000000", "gname": "蜂蜜",
             "gmodel": "500g", "country": "609", "currency": "142", "qty": "1", "unit": "142",
             "qty1": "0.5", "unit1": "035", "price": "50.00", "totalPrice": "50.00"},
        ],
    },
}  # fmt: skip


def paper(message: str, **changes: Any) -> Record:
    """A paper of the trade; `OrderHead__freight="1"`, `OrderList_2__qty=ABSENT` change a field."""
    record = copy.deepcopy(_RECORDS[message])
    for where, value in changes.items():
        group, name = where.split("__")
        base, _, at = group.partition("_")
        leaves = record[base][int(at) - 1] if at else record[base]
        if value is ABSENT:
            leaves.pop(name, None)
        else:
            leaves[name] = value
    return record


@cache
def sources() -> Sources:
    """The published code tables, fields and tariff."""
    fields = {
        name: [
            CodeField(group.name, leaf.name, group.max_occurs != 1, leaf.code_list)
            for group in registry.message(name).record_field.children
            for leaf in group.children
            if leaf.code_list
        ]
        for name in _RECORDS
    }
    return Sources(lambda table, day: codes.table(table).codes_on(day), fields, codes.tariff())


def in_force(day: date = DAY) -> Params:
    """What holds on the day."""
    return regimes.load("ecommerce_import").in_force(day, sources())


def checked(message: str, day: date = DAY, **changes: Any) -> Checked:
    """What the rules say on a day about a paper with changes."""
    regime = regimes.load("ecommerce_import")
    return regime.check(message, paper(message, **changes), in_force(day))


def facts(message: str, **changes: Any) -> dict[str, Any]:
    """What is kept of a paper with changes, for matching."""
    return regimes.load("ecommerce_import").facts(message, paper(message, **changes))
