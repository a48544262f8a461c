"""FX's side of the protocol: which money is for which goods, and the answer to that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from adapters.base import (
    Item,
    document,
    elements,
    masked,
    opening,
    plain_verdicts,
)

CNY = "142"
#: Messages after whose goods money comes in; after all others it goes out. What was paid for goods
#: that came back goes the other way.
INCOMING = frozenset({"CEB603Message", "DecMessage", "OverseasSaleMessage", "CEB625Message"})


def build(items: Sequence[Item], *, message_id: str, now: datetime) -> bytes:
    """An FxReportMessage: one report for each released inventory and its payment, or return."""
    return document("FxReportMessage", message_id, now, map(_report, items))


parse = plain_verdicts


def _report(item: Item) -> str:
    facts, numbers, amounts = item.facts, item.numbers, item.amounts or {}
    comes_in = item.message in INCOMING
    due = comes_in and "returned" not in amounts
    content = elements(
        (
            *opening(item, "fx"),
            ("invtNo", numbers.get("invtNo") or facts.get("invtNo")),
            ("taxFilingNo", numbers.get("taxFilingNo")),
            ("payCode", facts.get("payCode")),
            ("payTransactionId", facts.get("payTransactionId") or facts.get("payNo")),
            ("payer", masked(facts.get("payerIdNumber") or facts.get("buyerIdNumber"))),
            ("flow", "IN" if comes_in else "OUT"),
            ("payee", facts.get("ebcCode") if due else None),
            ("currency", amounts.get("currency") or facts.get("currency") or CNY),
            ("amountPaid", facts.get("amountPaid")),
            ("amountExpected", amounts.get("value") if due else None),
            ("amountReceived", facts.get("charge")),
            ("receivedTime", facts.get("accountingDate")),
            ("amountReturned", amounts.get("returned")),
            ("dutiable", amounts.get("dutiable")),
            ("taxTotal", amounts.get("total")),
        )
    )
    return f"<FxReport>{content}</FxReport>"
