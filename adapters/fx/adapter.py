"""FX's side of the protocol: which payment is for which goods, and the answer to that."""

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


def build(items: Sequence[Item], *, message_id: str, now: datetime) -> bytes:
    """An FxReportMessage: one report for each released inventory and its payment."""
    return document("FxReportMessage", message_id, now, map(_report, items))


parse = plain_verdicts


def _report(item: Item) -> str:
    facts, numbers, amounts = item.facts, item.numbers, item.amounts or {}
    content = elements(
        (
            *opening(item, "fx"),
            ("invtNo", numbers.get("invtNo")),
            ("taxFilingNo", numbers.get("taxFilingNo")),
            ("payCode", facts.get("payCode")),
            ("payTransactionId", facts.get("payTransactionId")),
            ("payer", masked(facts.get("payerIdNumber") or facts.get("buyerIdNumber"))),
            ("currency", facts.get("currency") or "142"),
            ("amountPaid", facts.get("amountPaid")),
            ("dutiable", amounts.get("dutiable")),
            ("taxTotal", amounts.get("total")),
        )
    )
    return f"<FxReport>{content}</FxReport>"
