"""How amounts and numbers of papers may be written: so that they can be counted and found again."""

from __future__ import annotations

from decimal import Decimal

from single_window.domain.conditions import Record
from single_window.domain.findings import Finding
from single_window.domain.rules import Params
from single_window.regimes.service_trade.rules import Found, book
from single_window.regimes.service_trade.terms import (
    CONTRACT,
    DEAL,
    PAYMENT,
    RECEIPT,
    WITHHOLDING,
    finding,
    on,
    plain,
)

CODES = frozenset({"SVC-DECIMALS", "SVC-NUMBER", "SVC-TOO-LARGE"})
MOST = Decimal(10) ** 12
"""From here on nothing is counted: ledgers count in hundred-thousandths, in 64 bits."""
_ALL = (CONTRACT, PAYMENT, RECEIPT, WITHHOLDING, DEAL)
_AMOUNTS = (
    *(("Head", name) for name in ("totalAmount", "amount", "recordAmount", "paidBefore")),
    *(("Head", name) for name in ("vat", "cit", "surcharge")),
    ("Outsourcing", "executedAmount"),
    ("Purchase", "amount"),
    ("Sale", "amount"),
)
"""Where amounts stand; each is in its group's currency, or in that of the head."""
_NUMBERS = (
    *(("Head", name) for name in ("contractNo", "paymentNo", "receiptNo", "voucherNo", "dealNo")),
    ("Head", "refundOf"),
    ("TitleDocument", "blNo"),
)
"""Where the numbers stand by which papers are found."""
_APART = "|"
"""Stands between the parts of a business key."""


@book.rule("SVC-TOO-LARGE", "SVC-DECIMALS", message=_ALL)
def amounts_can_be_counted(record: Record, p: Params) -> Found:
    """An amount has at most 12 digits before the point, and whole units where no parts are paid.

    Yen and won are paid in whole units (ISO 4217).
    """
    whole = on(p.day)["whole_currencies"]
    found: list[Finding] = []
    for group, name in _AMOUNTS:
        part = record.get(group) or {}
        if not (text := part.get(name)):
            continue
        amount, path = Decimal(text), f"{group}/{name}"
        currency = part.get("currency") or record["Head"].get("currency", "")
        if abs(amount) >= MOST:
            found.append(finding("SVC-TOO-LARGE", "reject", path, plain(amount)))
        elif currency in whole and amount != amount.to_integral_value():
            found.append(finding("SVC-DECIMALS", "reject", path, text, coded=currency))
    return found


@book.rule("SVC-NUMBER", message=_ALL)
def numbers_can_be_found(record: Record, p: Params) -> Found:
    """A number does not begin or end with blanks, which nobody sees, nor holds what parts keys."""
    found: list[Finding] = []
    for group, name in _NUMBERS:
        text = (record.get(group) or {}).get(name) or ""
        if text != " ".join(text.split()) or _APART in text:
            found.append(finding("SVC-NUMBER", "reject", f"{group}/{name}", text))
    return found
