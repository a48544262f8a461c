"""Sound records of trade in services, of which a test changes what it is about."""

from __future__ import annotations

import copy
from typing import Any

USCC = "91310000MA1FL0XX2F"
Record = dict[str, Any]

_CONTRACT: Record = {
    "Head": {
        "guid": "A" * 36, "appType": "1", "appTime": "20261120093000", "registerType": "1",
        "changeNo": "0", "contractNo": "S-1", "contractName": "商标许可合同", "direction": "I",
        "serviceKind": "licence", "bopCode": "231010", "signDate": "20261101",
        "effectiveDate": "20261101", "endDate": "20281031", "currency": "USD",
        "totalAmount": "300000.00", "taxBasis": "1", "relatedParty": "0", "performancePlace": "2",
        "summary": "licence of a trademark",
    },
    "DomesticParty": {
        "uscc": USCC, "name": "Ming Trading", "address": "Shanghai", "contact": "Li", "phone": "1",
        "taxOffice": "Pudong",
    },
    "ForeignParty": {"name": "Alpha Pte", "country": "SGP", "address": "Singapore"},
}  # fmt: skip
_PAYMENT: Record = {
    "Head": {
        "guid": "A" * 36, "appType": "1", "appTime": "20261120093000", "payerCode": USCC,
        "paymentNo": "P-1", "contractNo": "S-1", "invoiceNo": "INV-8", "instalment": "1",
        "amount": "60000.00", "currency": "USD", "paidBefore": "0.00", "paymentDate": "20261125",
        "item": "231010", "payeeAccount": "12345678", "payeeBank": "DBS DBSSSGSG",
        "payerBank": "BOC Shanghai", "transactionRemark": "商标使用费", "isRefund": "0",
        "payKind": "P",
    },
    "Tax": {
        "taxResponsibility": "ALL", "vatRate": "0.06", "citRate": "0.10", "exchangeRate": "7.0875",
    },
}  # fmt: skip
_RECEIPT: Record = {
    "Head": {
        "guid": "A" * 36, "appType": "1", "appTime": "20261120093000", "payeeCode": USCC,
        "receiptNo": "R-1", "contractNo": "S-2", "amount": "20000.00", "currency": "USD",
        "receivedDate": "20261119", "payerName": "Beta Ltd", "payerCountry": "GBR",
        "bopCode": "227020", "transactionRemark": "software development", "receiptKind": "O",
    },
}  # fmt: skip
_WITHHOLDING: Record = {
    "Head": {
        "guid": "A" * 36, "appType": "1", "appTime": "20261130093000", "payerCode": USCC,
        "taxRecordNo": "T-1", "paymentNo": "P-1", "vat": "24070.75", "cit": "40117.92",
        "paidDate": "20261128", "voucherNo": "V-1",
    },
}  # fmt: skip
_GOODS = {"gnum": "1", "name": "Copper cathode", "qty": "25", "unit": "035"}
_LEG = {
    "contractNo": "K", "contractDate": "20261001", "invoiceNo": "I-1", "currency": "USD",
    "bank": "BOC", "plannedDate": "20261201", "relatedParty": "0",
}  # fmt: skip
_DEAL: Record = {
    "Head": {
        "guid": "A" * 36, "appType": "1", "appTime": "20261120093000", "uscc": USCC,
        "companyName": "Ming Trading", "dealNo": "D-1", "bopCode": "122010",
        "businessReason": "resale to a smelter",
    },
    "Purchase": {**_LEG, "partyName": "Andes SA", "country": "CHL", "amount": "200000.00"},
    "Sale": {**_LEG, "partyName": "Volt GmbH", "country": "DEU", "amount": "206000.00"},
    "TitleDocument": {
        "blNo": "MAEU1", "carrier": "Maersk", "vessel": "Emma", "loadingPort": "CLVAP",
        "dischargePort": "DEHAM", "loadingCountry": "CHL", "dischargeCountry": "DEU",
        "shippedDate": "20261110",
    },
    "PurchaseGoods": [{**_GOODS, "price": "8000", "amount": "200000.00"}],
    "SaleGoods": [{**_GOODS, "price": "8240", "amount": "206000.00"}],
}  # fmt: skip


def _made(record: Record, changes: dict[str, Any]) -> Record:
    """A copy with other values at paths ("Head/item"); None takes a field or a group away."""
    made = copy.deepcopy(record)
    for path, value in changes.items():
        group, _, name = path.rpartition("/")
        part = made.setdefault(group, {}) if group else made
        if isinstance(part, list):
            part = part[0]
        if value is None:
            part.pop(name, None)
        else:
            part[name] = value
    return made


def contract(**changes: Any) -> Record:
    """A licence of a trademark that is paid for in Singapore."""
    return _made(_CONTRACT, changes)


def payment(**changes: Any) -> Record:
    """Its first payment, which needs a tax record."""
    return _made(_PAYMENT, changes)


def receipt(**changes: Any) -> Record:
    """Money for software made for somebody abroad."""
    return _made(_RECEIPT, changes)


def withholding(**changes: Any) -> Record:
    """What was withheld of the payment."""
    return _made(_WITHHOLDING, changes)


def deal(**changes: Any) -> Record:
    """Copper from Chile to Germany."""
    return _made(_DEAL, changes)
