"""One wrong field of an export's papers each, and the finding that says so."""

from __future__ import annotations

from typing import Any

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
from tests.regimes.exports import ABSENT, Fault, faults

HEAD = "InventoryHead"
ZONE = {"InventoryHead__tradeMode": "1210", "InventoryHead__iacCode": "IAC1",
        "InventoryHead__iacName": "区内", "InventoryHead__emsNo": "T5165W000001",
        "InventoryList_1__itemRecordNo": "11", "InventoryList_2__itemRecordNo": "12"}  # fmt: skip


def _else(message: str, code: str, severity: str, path: str, **changes: Any) -> tuple[Fault, ...]:
    """A fault that shows in another field than the one that was changed."""
    return (Fault(message, changes, code, severity, path),)


FAULTS = (
    *faults(ORDER, "CBEX-GIVEN", "reject", OrderHead__ebcName="", OrderList_2__itemNo=" "),
    *faults(ORDER, "CBEX-VALUE", "reject", OrderHead__orderType="I"),
    *faults(ORDER, "CBEX-GNUM", "reject", OrderList_1__gnum="0"),
    *faults(ORDER, "CBEX-GNUM-REPEAT", "reject", OrderList_2__gnum="1"),
    *faults(ORDER, "CBEX-LINE", "reject", OrderList_1__totalPrice="200.02"),
    *faults(ORDER, "CBEX-SUM", "reject", OrderHead__goodsValue="250.01"),
    *faults(ORDER, "CBEX-CURRENCY", "reject", OrderList_2__currency="502"),
    *faults(ORDER, "CBEX-POSITIVE", "reject", OrderList_1__qty="0"),
    *faults(ORDER, "CBEX-CODE", "reject", OrderHead__appType="4", OrderList_1__unit="zzz"),
    *faults(RECEIPT, "CBEX-NEGATIVE", "reject", charge="-0.01"),
    *faults(RECEIPT, "CBEX-TIME", "reject", accountingDate="20261320000000"),
    *faults(RECEIPT, "CBEX-GIVEN", "reject", payName=""),
    *faults(WAYBILL, "CBEX-POSITIVE", "reject", packNo="0"),
    *faults(WAYBILL, "CBEX-UPPER", "warn", guid="a" * 36),
    *faults(WAYBILL, "CBEX-CODE", "reject", currency="ZZZ"),
    *faults(INVENTORY, "CBEX-VALUE", "reject", **{f"{HEAD}__tradeMode": "1239"}),
    *faults(INVENTORY, "CBEX-VALUE", "reject", **{f"{HEAD}__ieFlag": "I"}),
    *(
        Fault(INVENTORY, {**ZONE, change: ABSENT}, "CBEX-GIVEN", "reject", path)
        for change, path in (
            ("InventoryHead__emsNo", "InventoryHead/emsNo"),
            ("InventoryHead__iacCode", "InventoryHead/iacCode"),
            ("InventoryList_2__itemRecordNo", "InventoryList[2]/itemRecordNo"),
        )
    ),
    *faults(INVENTORY, "CBEX-DATE", "reject", **{f"{HEAD}__ieDate": "20261131"}),
    *faults(INVENTORY, "CBEX-WEIGHT", "reject", **{f"{HEAD}__netWeight": "2.6"}),
    *faults(INVENTORY, "CBEX-GNUM", "reject", InventoryList_2__gnum="3"),
    *faults(INVENTORY, "CBEX-GOODS-CODE", "reject", InventoryList_1__gcode="39269O9090"),
    *faults(INVENTORY, "EXP-9610-04", "warn", InventoryList_1__gcode="0000000000"),
    *_else(INVENTORY, "CBEX-HS-UNKNOWN", "warn", "InventoryList[1]/gcode",
           InventoryHead__statisticsFlag="B", InventoryList_1__gcode="3926000000"),
    *_else(INVENTORY, "CBEX-QTY2", "warn", "InventoryList[1]/unit2", InventoryList_1__qty2="2"),
    *_else(INVENTORY, "CBEX-PERMIT", "reject", f"{HEAD}/licenseNo",
           **ZONE, InventoryHead__licenseNo="X1"),
    *_else(INVENTORY, "EXP-9610-02-PERMIT", "reject", f"{HEAD}/licenseNo",
           InventoryHead__licenseNo="X1"),
    *_else(INVENTORY, "EXP-9610-02", "reject", "InventoryList[1]/totalPrice",
           InventoryList_1__price="2475.01", InventoryList_1__totalPrice="4950.02"),
    *_else(INVENTORY, "CBEX-RATE-UNKNOWN", "hold", "InventoryList[1]/totalPrice",
           InventoryList_1__currency="502", InventoryList_2__currency="502"),
    *_else(INVENTORY, "EXP-B2B-02", "reject", "InventoryList[1]/totalPrice",
           InventoryHead__tradeMode="9710", InventoryList_1__price="2475.01",
           InventoryList_1__totalPrice="4950.02"),
    *_else(INVENTORY, "EXP-B2B-02-PERMIT", "reject", f"{HEAD}/licenseNo",
           InventoryHead__tradeMode="9810", InventoryHead__licenseNo="X1"),
    *faults(CANCELLATION, "CBEX-GIVEN", "reject", reason=""),
    *faults(BINDING, "CBEX-GNUM", "reject", WayBillList_2__gnum="3"),
    *faults(BINDING, "CBEX-PART", "reject", WayBillHead__msgSeqNo="2"),
    *faults(ARRIVAL, "CBEX-VALUE", "reject", ArrivalHead__ieFlag="I"),
    *faults(DEPARTURE, "CBEX-TIME", "reject", DepartureHead__leaveTime="20261121250000"),
    *_else(SUMMARY, "CBEX-PERIOD", "reject", "SummaryApplyHead/endTime",
           SummaryApplyHead__endTime=ABSENT),
    *faults(SUMMARY, "CBEX-PERIOD-ORDER", "reject", SummaryApplyHead__endTime="20261031235959"),
    *faults(RETURN, "CBEX-CHINA", "reject", InvtRefundHead__country="142"),
    *faults(RETURN, "CBEX-TEXT", "warn", InvtRefundHead__tradeMode=ABSENT),
    *_else(RETURN, "CBEX-QTY2", "warn", "InvtRefundList[1]/qty2", InvtRefundList_1__unit2="007"),
    *faults(TALLY, "CBEX-VALUE", "reject", ieFlag="E"),
    *faults(SALE, "CBEX-LINE", "reject", OverseasSaleList_1__totalPrice="130.02"),
    *faults(SALE, "CBEX-SUM", "reject", OverseasSaleHead__goodsValue="130.01"),
    *faults(SALE, "CBEX-SOLD-LATER", "reject", OverseasSaleHead__soldDate="20261121"),
    *faults(SALE, "CBEX-CODE", "reject", OverseasSaleHead__country="000"),
    *faults(WAREHOUSE, "CBEX-PERIOD-ORDER", "reject", validUntil="20251231"),
)  # fmt: skip

DISAGREEMENTS = (
    *faults(RECEIPT, "EXP-9610-05", "hold", ebpCode="EBP2", currency="502"),
    *faults(RECEIPT, "EXP-9610-05-CHARGE", "hold", charge="255.00"),
    *_else(WAYBILL, "EXP-9610-05", "hold", f"{HEAD}/logisticsNo", logisticsNo="L-2"),
    *_else(WAYBILL, "EXP-9610-05", "hold", f"{HEAD}/ebcCode", ebcCode="EBC2"),
    *faults(INVENTORY, "EXP-9610-05", "hold", InventoryHead__ebpCode="EBP2",
            InventoryList_1__itemNo="S9", InventoryList_1__itemName="手机",
            InventoryList_2__qty="2", InventoryList_1__currency="502",
            InventoryList_2__totalPrice="51"),
    *faults(INVENTORY, "EXP-B2B-01", "reject", InventoryHead__tradeMode="9810"),
    *_else(INVENTORY, "EXP-9610-05-LINES", "hold", "InventoryList[1]/gnum",
           InventoryList_2__gnum="3"),
    *_else(INVENTORY, "EXP-9610-05-SUM", "hold", "InventoryList[1]/totalPrice",
           InventoryList_1__totalPrice="200.01"),
    *_else(ORDER, "EXP-9610-05-TYPE", "hold", f"{HEAD}/tradeMode", OrderHead__orderType="B"),
)  # fmt: skip
