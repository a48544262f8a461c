"""The simulated FX office: gives every accepted report a case number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_DIFFERS = "-T-FX-DIFFER"
_DOLLARS, _EUROS = "502", "300"
#: It answers with plain receipts only.
PAPERS: dict[str, tuple[str, Callable[[Mapping[str, Any], str], str]]] = {}


def number(facts: Mapping[str, Any], seq: int, day: str) -> dict[str, str]:
    """The case number: FX, the day, and a running number; with a mark, a currency of its own."""
    differs = facts.get("orderNo", "").endswith(_DIFFERS)
    currency = facts.get("currency", "")
    if differs:
        currency = _EUROS if currency == _DOLLARS else _DOLLARS
    return {"fxCaseNo": f"FX{day}{seq:09d}", "currency": currency}
