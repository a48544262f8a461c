"""Tax's side of the protocol: what a released inventory owes or claims, and the answer to that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.base import (
    Item,
    document,
    elements,
    masked,
    opening,
    plain_verdicts,
)

CNY = "142"
#: What marks a refund on departure in its line (STA 2025-3).
PREREFUND_MARK = "HWC-YT"


def build(items: Sequence[Item], *, message_id: str, now: datetime) -> bytes:
    """A TaxAssessmentMessage: one assessment for each released inventory."""
    return document("TaxAssessmentMessage", message_id, now, map(_assessment, items))


parse = plain_verdicts


def _assessment(item: Item) -> str:
    facts, numbers, amounts = item.facts, item.numbers, item.amounts or {}
    head = elements(
        (
            *opening(item, "tax"),
            ("invtNo", numbers.get("invtNo")),
            ("taxNo", numbers.get("taxNo")),
            ("customsCode", facts.get("customsCode")),
            ("tradeMode", facts.get("tradeMode")),
            ("withholder", facts.get("assureCode")),
            # The buyer owes the tax; four characters are enough to tell two buyers apart.
            ("taxpayer", masked(facts.get("buyerIdNumber"))),
            ("currency", amounts.get("currency") or CNY),
            ("treatment", amounts.get("treatment")),
            ("refundMark", PREREFUND_MARK if amounts.get("treatment") == "prerefund" else None),
            ("value", amounts.get("value")),
            ("valueCny", amounts.get("value_cny")),
            ("income", amounts.get("income")),
            ("settles", amounts.get("settles")),
            ("soldDate", amounts.get("sold_date")),
            ("dutiable", amounts.get("dutiable")),
            ("duty", amounts.get("duty")),
            ("vat", amounts.get("vat")),
            ("ct", amounts.get("ct")),
            ("total", amounts.get("total")),
        )
    )
    lines = "".join(_line(line) for line in amounts.get("lines", ()))
    return f"<TaxAssessment>{head}{lines}</TaxAssessment>"


def _line(line: Mapping[str, Any]) -> str:
    names = ("gnum", "hs", "value", "dutiable", "duty", "vat", "ct")
    return f"<TaxList>{elements((name, line.get(name)) for name in names)}</TaxList>"
