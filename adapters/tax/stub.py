"""The simulated tax office: gives every accepted assessment a filing number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

_DIFFERS = "-T-TAX-DIFFER"
#: It answers with plain receipts only.
PAPERS: dict[str, tuple[str, Callable[[Mapping[str, Any], str], str]]] = {}


def number(facts: Mapping[str, Any], seq: int, day: str) -> dict[str, str]:
    """The filing number: T, the day, and a running number; with a mark, taxes of its own."""
    total = facts.get("total", "")
    if total and facts.get("orderNo", "").endswith(_DIFFERS):
        total = str(Decimal(total) + 1)
    return {"taxFilingNo": f"T{day}{seq:09d}", "total": total}
