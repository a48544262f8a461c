"""Ways of being bad, each with what a window has to make of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from single_window.demo.changes import (
    Change,
    add,
    drop,
    extra_line,
    gift,
    hundred_lines,
    numbered_from_two,
    one_item,
    put,
    swap,
    together,
    twice,
    twice_as_many,
)
from single_window.demo.trades import INVENTORY, ORDER, PAYMENT, WAYBILL
from single_window.domain.findings import Family, Severity

Outcome = Literal["released", "waiting", "held", "rejected"]


@dataclass(frozen=True, slots=True)
class Way:
    """One way of being bad.

    `change` is made to the record of `paper`; without one the paper is left out; a `borrowed`
    field takes the value that the trade before has. The finding has to appear on the record of
    `on`, and `outcome` is what becomes of the trade's inventory.
    """

    name: str
    paper: str
    outcome: Outcome
    code: str
    path: str
    change: Change | None = None
    borrowed: tuple[str, ...] = ()
    on: str = ""
    family: Family = "rule"
    severity: Severity = "reject"

    @property
    def shown_on(self) -> str:
        """The message whose record carries the finding."""
        return self.on or self.paper


def _schema(name: str, paper: str, code: str, path: str, change: Change) -> Way:
    """A fault that the schema refuses: the paper comes back, an inventory without it waits."""
    outcome: Outcome = "rejected" if paper == INVENTORY else "waiting"
    return Way(name, paper, outcome, code, path, change, family="schema")


def _rule(name: str, paper: str, code: str, path: str, change: Change) -> Way:
    """A fault within one paper that a rule refuses."""
    outcome: Outcome = "rejected" if paper == INVENTORY else "waiting"
    return Way(name, paper, outcome, code, path, change)


def _held(name: str, code: str, path: str, change: Change) -> Way:
    """Something about an inventory that a person has to decide."""
    return Way(name, INVENTORY, "held", code, path, change, severity="hold")


def _differs(name: str, paper: str, path: str, change: Change, code: str = "TAX-CBEC-13") -> Way:
    """Papers that are right in themselves and disagree: the inventory is held."""
    return Way(name, paper, "held", code, path, change, on=INVENTORY, severity="hold")


def _payer(name: str, path: str, change: Change) -> Way:
    """Somebody else than the buyer paid: the inventory comes back."""
    return Way(name, PAYMENT, "rejected", "TAX-CBEC-12", path, change, on=INVENTORY)


def _missing(name: str, paper: str, path: str, change: Change | None = None) -> Way:
    """A paper that the inventory waits for in vain."""
    code = "TAX-CBEC-13-MISSING"
    return Way(name, paper, "waiting", code, path, change, on=INVENTORY, severity="warn")


def _again(name: str, paper: str, code: str, *borrowed: str) -> Way:
    """A number that the trade before holds already, with other content."""
    outcome: Outcome = "rejected" if paper == INVENTORY else "waiting"
    return Way(name, paper, outcome, code, borrowed[0], lambda record: None, borrowed)


_HEAD = {
    ORDER: "OrderHead/",
    PAYMENT: "PaymentHead/",
    WAYBILL: "LogisticsHead/",
    INVENTORY: "InventoryHead/",
}
_O, _P, _W, _I = _HEAD.values()
_OL, _IL = "OrderList[1]/", "InventoryList[1]/"

WAYS: tuple[Way, ...] = (
    # what the schema refuses
    _schema("order-no-buyer", ORDER, "SCH-MISSING", _O + "buyerName", drop(_O + "buyerName")),
    _schema("order-long-phone", ORDER, "SCH-LENGTH", _O + "buyerTelephone",
            put(_O + "buyerTelephone", "1" * 31)),
    _schema("order-fields-swapped", ORDER, "SCH-ORDER", _O + "ebpName",
            swap(_O + "ebpCode", "ebpName")),
    _schema("order-unknown-field", ORDER, "SCH-UNKNOWN", _O + "customerGrade",
            put(_O + "customerGrade", "A", after="consigneeAddress")),
    _schema("order-no-name", ORDER, "SCH-EMPTY", _OL + "itemName", put(_OL + "itemName", "")),
    _schema("payment-foreign-currency", PAYMENT, "SCH-FIXED", _P + "currency",
            put(_P + "currency", "502")),
    _schema("payment-empty-payer", PAYMENT, "SCH-EMPTY", _P + "payerName",
            put(_P + "payerName", "")),
    _schema("payment-amount-with-comma", PAYMENT, "SCH-NUMBER", _P + "amountPaid",
            put(_P + "amountPaid", "1,280.00")),
    _schema("payment-time-twice", PAYMENT, "SCH-REPEATED", _P + "payTime", twice(_P + "payTime")),
    _schema("waybill-fine-weight", WAYBILL, "SCH-FRACTION", _W + "weight",
            put(_W + "weight", "0.1234567")),
    _schema("waybill-split-address", WAYBILL, "SCH-NESTED", _W + "consigneeAddress",
            put(_W + "consigneeAddress", {"city": "-", "street": "-"})),
    _schema("inventory-short-customs", INVENTORY, "SCH-LENGTH", _I + "customsCode",
            put(_I + "customsCode", "021")),
    _schema("inventory-short-goods-code", INVENTORY, "SCH-LENGTH", _IL + "gcode",
            put(_IL + "gcode", "33049900")),
    _schema("inventory-line-not-numbered", INVENTORY, "SCH-NUMBER", _IL + "gnum",
            put(_IL + "gnum", "A1")),
    _schema("inventory-huge-line-number", INVENTORY, "SCH-RANGE", _IL + "gnum",
            put(_IL + "gnum", "3000000000")),
    _schema("inventory-no-first-unit", INVENTORY, "SCH-MISSING", _IL + "unit1",
            drop(_IL + "unit1")),
    _schema("inventory-no-lines", INVENTORY, "SCH-MISSING", "InventoryList",
            drop("InventoryList")),
    _schema("inventory-hundred-lines", INVENTORY, "SCH-REPEATED", "InventoryList[100]",
            hundred_lines),
    _schema("inventory-heavy", INVENTORY, "SCH-DIGITS", _I + "grossWeight",
            put(_I + "grossWeight", "12345678901234567890")),
    # codes
    _rule("order-unknown-unit", ORDER, "CBEC-CODE", _OL + "unit", put(_OL + "unit", "999")),
    _rule("order-unknown-country", ORDER, "CBEC-CODE", _OL + "country",
          put(_OL + "country", "ZZZ")),
    _rule("order-unknown-type", ORDER, "CBEC-CODE", _O + "appType", put(_O + "appType", "9")),
    _rule("inventory-unknown-customs", INVENTORY, "CBEC-CODE", _I + "customsCode",
          put(_I + "customsCode", "9999")),
    _rule("inventory-unknown-transport", INVENTORY, "CBEC-CODE", _I + "trafMode",
          put(_I + "trafMode", "Q")),
    _rule("inventory-unknown-unit", INVENTORY, "CBEC-CODE", _IL + "unit",
          put(_IL + "unit", "ZZZ")),
    # what a field must be
    _rule("payment-no-id-card", PAYMENT, "CBEC-VALUE", _P + "payerIdType",
          put(_P + "payerIdType", "2")),
    _rule("payment-impossible-time", PAYMENT, "CBEC-TIME", _P + "payTime",
          put(_P + "payTime", "20260230256199")),
    _rule("waybill-two-packages", WAYBILL, "CBEC-VALUE", _W + "packNo",
          put(_W + "packNo", "2")),
    _rule("waybill-negative-freight", WAYBILL, "CBEC-NEGATIVE", _W + "freight",
          put(_W + "freight", "-5.00")),
    _rule("inventory-no-account-book", INVENTORY, "CBEC-GIVEN", _I + "emsNo",
          drop(_I + "emsNo")),
    _rule("inventory-empty-zone", INVENTORY, "CBEC-GIVEN", _I + "areaCode",
          put(_I + "areaCode", "")),
    _rule("inventory-no-book-item", INVENTORY, "CBEC-GIVEN", _IL + "itemRecordNo",
          drop(_IL + "itemRecordNo")),
    _rule("inventory-with-vessel", INVENTORY, "CBEC-ABSENT", _I + "trafNo",
          put(_I + "trafNo", "MH730", after="trafMode")),
    _rule("inventory-from-abroad", INVENTORY, "CBEC-VALUE", _I + "country",
          put(_I + "country", "116")),
    _rule("inventory-for-export", INVENTORY, "CBEC-VALUE", _I + "ieFlag",
          put(_I + "ieFlag", "E")),
    _rule("inventory-no-such-day", INVENTORY, "CBEC-DATE", _I + "ieDate",
          put(_I + "ieDate", "20261340")),
    _rule("inventory-strange-guarantor", INVENTORY, "CBEC-ASSURE", _I + "assureCode",
          put(_I + "assureCode", "12999X0009")),
    _rule("inventory-nothing-bought", INVENTORY, "CBEC-POSITIVE", _IL + "qty",
          together(put(_IL + "qty", "0"), put(_IL + "totalPrice", "0.00"))),
    _rule("inventory-net-above-gross", INVENTORY, "CBEC-WEIGHT", _I + "netWeight",
          put(_I + "netWeight", "99.5")),
    # numbers and arithmetic
    _rule("order-line-number-twice", ORDER, "-301002", "OrderList[2]/gnum",
          gift("OrderList")),
    _rule("order-line-total", ORDER, "TAX-CBEC-05-LINE", _OL + "totalPrice",
          add("1.00", _OL + "totalPrice", _O + "goodsValue", _O + "acturalPaid")),
    _rule("order-sum", ORDER, "TAX-CBEC-05-SUM", _O + "goodsValue",
          add("1.00", _O + "goodsValue", _O + "acturalPaid")),
    _rule("order-paid", ORDER, "TAX-CBEC-05-PAID", _O + "acturalPaid",
          add("1.00", _O + "acturalPaid")),
    _rule("inventory-line-number-twice", INVENTORY, "-621027", "InventoryList[2]/gnum",
          gift("InventoryList")),
    _rule("inventory-numbered-from-two", INVENTORY, "CBEC-GNUM", _IL + "gnum",
          numbered_from_two),
    _rule("inventory-line-total", INVENTORY, "TAX-CBEC-05-LINE", _IL + "totalPrice",
          add("1.00", _IL + "totalPrice")),
    # limits, and what nobody can compute
    _rule("inventory-above-single-limit", INVENTORY, "TAX-CBEC-01", _IL + "totalPrice",
          together(put(_IL + "qty", "2"), put(_IL + "price", "3000.00"),
               put(_IL + "totalPrice", "6000.00"))),
    _rule("inventory-above-year-limit", INVENTORY, "TAX-CBEC-02", _I + "buyerIdNumber",
          one_item("28000.00")),
    _held("inventory-goods-unheard-of", "CBEC-HS-UNKNOWN", _IL + "gcode",
          put(_IL + "gcode", "9999999999")),
    _held("inventory-rate-not-known", "CBEC-RATE-UNKNOWN", _IL + "gcode",
          put(_IL + "gcode", "3304990091")),
    _held("inventory-before-its-time", "CBEC-DAY", _I + "declTime",
          put(_I + "declTime", "20150101")),
    # papers that disagree
    _differs("payment-amount", PAYMENT, _P + "amountPaid", add("1.00", _P + "amountPaid")),
    _payer("payment-by-another-name", _P + "payerName", put(_P + "payerName", "-")),
    _payer("payment-by-another-id", _P + "payerIdNumber",
           put(_P + "payerIdNumber", "100000199001010008")),
    _differs("order-other-payment-firm", ORDER, _P + "payCode", put(_O + "payCode", "12999P0009")),
    _differs("order-other-payment", ORDER, _P + "payTransactionId",
             put(_O + "payTransactionId", "ZF0")),
    _differs("waybill-consignee", WAYBILL, _W + "consignee", put(_W + "consignee", "-")),
    _differs("waybill-phone", WAYBILL, _W + "consigneeTelephone",
             put(_W + "consigneeTelephone", "12000000000")),
    _differs("waybill-address", WAYBILL, _W + "consigneeAddress",
             put(_W + "consigneeAddress", "-")),
    _differs("waybill-other-order", WAYBILL, _W + "orderNo", put(_W + "orderNo", "DD0")),
    _differs("inventory-other-shop", INVENTORY, _I + "ebcCode",
             together(put(_I + "ebcCode", "12999D0099"), put(_I + "assureCode", "12999D0001"))),
    _differs("inventory-buyer-name", INVENTORY, _I + "buyerName", put(_I + "buyerName", "-")),
    _differs("inventory-buyer-id", INVENTORY, _I + "buyerIdNumber",
             put(_I + "buyerIdNumber", "100000199001010008")),
    _differs("inventory-buyer-phone", INVENTORY, _I + "buyerTelephone",
             put(_I + "buyerTelephone", "12000000000")),
    _differs("inventory-other-goods", INVENTORY, _IL + "gname", put(_IL + "gname", "-")),
    _differs("inventory-other-quantity", INVENTORY, _IL + "qty", twice_as_many),
    _differs("inventory-freight", INVENTORY, _I + "freight", add("1.00", _I + "freight")),
    _differs("inventory-insurance", INVENTORY, _I + "insuredFee",
             add("1.00", _I + "insuredFee")),
    _differs("inventory-extra-line", INVENTORY, _IL + "gnum",
             extra_line, "TAX-CBEC-13-LINES"),
    # papers that do not come
    _missing("no-order", ORDER, _I + "orderNo"),
    _missing("no-payment", PAYMENT, _I + "orderNo"),
    _missing("no-waybill", WAYBILL, _I + "logisticsNo"),
    _missing("payment-of-another-order", PAYMENT, _I + "orderNo", put(_P + "orderNo", "DD0")),
    _missing("inventory-other-waybill", INVENTORY, _I + "logisticsNo",
             put(_I + "logisticsNo", "YD0")),
    # numbers that are taken
    _again("order-again", ORDER, "-301010", _O + "orderNo"),
    _again("payment-again", PAYMENT, "-401007", _P + "payTransactionId", _P + "payCode"),
    _again("waybill-again", WAYBILL, "-504015", _W + "logisticsNo", _W + "logisticsCode"),
    _again("inventory-again", INVENTORY, "-621004", _I + "orderNo"),
)  # fmt: skip
