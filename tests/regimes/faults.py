"""One wrong field each, and the finding that says so: the table that the rule tests walk."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.regimes.papers import ABSENT, INVENTORY, ORDER, PAYMENT, WAYBILL


class Fault(NamedTuple):
    """A change to a paper that is in order, and the finding that it provokes."""

    message: str
    changes: dict[str, Any]
    code: str
    severity: str
    path: str


def _path(change: str) -> str:
    """OrderList_2__qty -> OrderList[2]/qty"""
    group, name = change.split("__")
    base, _, at = group.partition("_")
    return f"{base}[{at}]/{name}" if at else f"{base}/{name}"


def _faults(message: str, code: str, severity: str, **changes: Any) -> tuple[Fault, ...]:
    """One fault for each change, each found at the field that was changed."""
    return tuple(
        Fault(message, {change: value}, code, severity, _path(change))
        for change, value in changes.items()
    )


def _elsewhere(message: str, code: str, severity: str, path: str, **changes: Any) -> Fault:
    """A fault that shows in another field than the one that was changed."""
    return Fault(message, changes, code, severity, path)


_DIRECT = {
    "InventoryHead__tradeMode": "9610",
    "InventoryHead__country": "502",
    "InventoryHead__trafNo": "CA123",
    "InventoryHead__voyageNo": "V1",
    "InventoryHead__billNo": "B1",
}

_INVENTORY = (
    *(
        Fault(INVENTORY, {f"InventoryHead__{name}": value}, "CBEC-GIVEN", "reject", path)
        for name in ("emsNo", "areaCode", "areaName")
        for path in (f"InventoryHead/{name}",)
        for value in (ABSENT, "", "  ")
    ),
    *_faults(INVENTORY, "CBEC-GIVEN", "reject", InventoryList_2__itemRecordNo=""),
    *_faults(
        INVENTORY,
        "CBEC-ABSENT",
        "reject",
        InventoryHead__trafNo="CA123",
        InventoryHead__voyageNo="V1",
        InventoryHead__billNo="B1",
    ),
    *(
        Fault(INVENTORY, {**_DIRECT, change: ABSENT}, "CBEC-GIVEN", "reject", _path(change))
        for change in list(_DIRECT)[2:]
    ),
    *_faults(
        INVENTORY,
        "CBEC-VALUE",
        "reject",
        InventoryHead__country="502",
        InventoryHead__tradeMode="9710",
        InventoryHead__ieFlag="E",
        InventoryHead__buyerIdType="2",
        InventoryHead__packNo="2",
        InventoryHead__currency="502",
        InventoryList_2__currency="502",
    ),
    *_faults(
        INVENTORY,
        "CBEC-NEGATIVE",
        "reject",
        InventoryHead__freight="-1",
        InventoryHead__insuredFee="-0.01",
        InventoryHead__netWeight="-1",
        InventoryList_1__price="-100",
    ),
    *_faults(
        INVENTORY,
        "CBEC-POSITIVE",
        "reject",
        InventoryList_1__qty1="0.00",
        InventoryList_2__qty="-1",
    ),
    *(
        Fault(INVENTORY, {"InventoryHead__appTime": value}, "CBEC-TIME", "reject", path)
        for path in ("InventoryHead/appTime",)
        for value in ("20261131110000", "20261120240000", "20261120116000", "2026112011000６")
    ),
    *_faults(
        INVENTORY,
        "CBEC-DATE",
        "reject",
        InventoryHead__declTime="20270229",
        InventoryHead__ieDate="2026-1-1",
    ),
    *_faults(INVENTORY, "CBEC-UPPER", "warn", InventoryHead__guid="a" * 36),
    *_faults(
        INVENTORY,
        "CBEC-CODE",
        "reject",
        InventoryHead__customsCode="XXXX",
        InventoryHead__trafMode="?",
        InventoryHead__appStatus="3",
        InventoryList_2__unit1="999",
        InventoryList_1__country="000",
    ),
    *_faults(INVENTORY, "-621027", "reject", InventoryList_2__gnum="1"),
    *_faults(INVENTORY, "CBEC-GNUM", "reject", InventoryList_2__gnum="3"),
    *_faults(INVENTORY, "CBEC-GNUM", "reject", InventoryList_1__gnum="0"),
    *_faults(INVENTORY, "CBEC-ASSURE", "reject", InventoryHead__assureCode="ELSE"),
    _elsewhere(INVENTORY, "CBEC-QTY2", "warn", "InventoryList[1]/unit2", InventoryList_1__qty2="2"),
    _elsewhere(
        INVENTORY, "CBEC-QTY2", "warn", "InventoryList[1]/qty2", InventoryList_1__unit2="007"
    ),
    *_faults(INVENTORY, "CBEC-WEIGHT", "reject", InventoryHead__netWeight="2.6"),
    *_faults(INVENTORY, "CBEC-GOODS-CODE", "reject", InventoryList_1__gcode="19011O1000"),
    *_faults(INVENTORY, "CBEC-HS-UNKNOWN", "hold", InventoryList_1__gcode="9999999999"),
    *_faults(INVENTORY, "CBEC-RATE-UNKNOWN", "hold", InventoryList_1__gcode="2402200000"),
    *_faults(INVENTORY, "CBEC-UNIT-UNKNOWN", "hold", InventoryList_1__gcode="2208300000"),
    *_faults(INVENTORY, "TAX-CBEC-05-LINE", "reject", InventoryList_1__totalPrice="200.02"),
    _elsewhere(
        INVENTORY,
        "TAX-CBEC-01",
        "reject",
        "InventoryList[1]/totalPrice",
        InventoryList_1__price="2500.00",
        InventoryList_1__totalPrice="5000.00",
    ),
)

_ORDER = (
    *_faults(ORDER, "-301002", "reject", OrderList_2__gnum="1"),
    *_faults(ORDER, "CBEC-GNUM", "reject", OrderList_1__gnum="0"),
    *_faults(ORDER, "CBEC-GNUM-GAP", "warn", OrderList_2__gnum="4"),
    *_faults(ORDER, "TAX-CBEC-05-LINE", "reject", OrderList_1__totalPrice="200.01"),
    *_faults(ORDER, "TAX-CBEC-05-SUM", "reject", OrderHead__goodsValue="250.01"),
    *_faults(ORDER, "TAX-CBEC-05-PAID", "reject", OrderHead__acturalPaid="277.20"),
    *_faults(ORDER, "CBEC-VALUE", "reject", OrderHead__orderType="E", OrderHead__buyerIdType="2"),
    *_faults(ORDER, "CBEC-TIME", "reject", OrderHead__appTime="20261301000000"),
    *_faults(ORDER, "CBEC-UPPER", "warn", OrderHead__guid="g" * 36),
    *_faults(ORDER, "CBEC-NEGATIVE", "reject", OrderHead__discount="-5.00"),
    *_faults(ORDER, "CBEC-POSITIVE", "reject", OrderList_1__qty="0"),
    *_faults(ORDER, "CBEC-CODE", "reject", OrderList_1__unit="zzz", OrderHead__appType="4"),
)

_PAYMENT = (
    *_faults(PAYMENT, "CBEC-VALUE", "reject", PaymentHead__payerIdType="2"),
    *_faults(PAYMENT, "CBEC-TIME", "reject", PaymentHead__payTime="20260230000000"),
    *_faults(PAYMENT, "CBEC-CODE", "reject", PaymentHead__appType="4"),
    *_faults(PAYMENT, "CBEC-NEGATIVE", "reject", PaymentHead__amountPaid="-0.01"),
    *_faults(PAYMENT, "CBEC-UPPER", "warn", PaymentHead__guid="g" * 36),
)

_WAYBILL = (
    *_faults(WAYBILL, "CBEC-VALUE", "reject", LogisticsHead__packNo="6000"),
    *_faults(
        WAYBILL,
        "CBEC-TEXT",
        "warn",
        LogisticsHead__freight=ABSENT,
        LogisticsHead__insuredFee=ABSENT,
    ),
    *_faults(WAYBILL, "CBEC-NEGATIVE", "reject", LogisticsHead__weight="-1"),
    *_faults(WAYBILL, "CBEC-TIME", "reject", LogisticsHead__appTime="0" * 14),
    *_faults(WAYBILL, "CBEC-UPPER", "warn", LogisticsHead__guid="g" * 36),
)

FAULTS = (*_INVENTORY, *_ORDER, *_PAYMENT, *_WAYBILL)


def _against_waybill(name: str, value: str) -> Fault:
    """A waybill that differs from the inventory, whose field the finding points at."""
    changes = {f"LogisticsHead__{name}": value}
    return Fault(WAYBILL, changes, "TAX-CBEC-13", "hold", f"InventoryHead/{name}")


DISAGREEMENTS = (
    *_faults(
        PAYMENT,
        "TAX-CBEC-13",
        "hold",
        PaymentHead__amountPaid="277.20",
        PaymentHead__orderNo="O-2",
        PaymentHead__ebpCode="EBP2",
        PaymentHead__payCode="PAY2",
        PaymentHead__payTransactionId="P-2",
    ),
    *_faults(
        PAYMENT,
        "TAX-CBEC-12",
        "reject",
        PaymentHead__payerName="王五",
        PaymentHead__payerIdNumber="1",
    ),
    *_faults(
        WAYBILL,
        "TAX-CBEC-13",
        "hold",
        LogisticsHead__orderNo="O-2",
        LogisticsHead__consignee="王五",
        LogisticsHead__consigneeTelephone="1",
        LogisticsHead__consigneeAddress="上海",
    ),
    _against_waybill("freight", "9.99"),
    _against_waybill("insuredFee", "0.01"),
    _against_waybill("logisticsNo", "L-2"),
    _against_waybill("logisticsCode", "LOG2"),
    *_faults(
        INVENTORY,
        "TAX-CBEC-13",
        "hold",
        InventoryHead__orderNo="O-2",
        InventoryHead__ebpCode="EBP2",
        InventoryHead__ebcCode="EBC2",
        InventoryHead__buyerName="王五",
        InventoryHead__buyerIdType="2",
        InventoryHead__buyerIdNumber="2",
        InventoryHead__buyerTelephone="2",
        InventoryList_1__gname="面粉",
        InventoryList_2__qty="2",
        InventoryList_2__totalPrice="51",
    ),
    _elsewhere(
        INVENTORY, "TAX-CBEC-13-LINES", "hold", "InventoryList[1]/gnum", InventoryList_2__gnum="3"
    ),
    _elsewhere(
        INVENTORY,
        "TAX-CBEC-13-SUM",
        "hold",
        "InventoryList[1]/totalPrice",
        InventoryList_1__totalPrice="200.01",
    ),
)
