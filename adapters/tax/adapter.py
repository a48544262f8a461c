"""Tax's side of the protocol: what a released inventory owes, and the answer to that."""

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
            ("currency", "142"),
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
    names = ("gnum", "hs", "dutiable", "duty", "vat", "ct")
    return f"<TaxList>{elements((name, line.get(name)) for name in names)}</TaxList>"
