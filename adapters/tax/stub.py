"""The simulated tax office: gives every accepted assessment a filing number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

#: It answers with plain receipts only.
PAPERS: dict[str, tuple[str, Callable[[Mapping[str, Any], str], str]]] = {}


def number(facts: Mapping[str, Any], seq: int, day: str) -> dict[str, str]:
    """The filing number: T, the day, and a running number."""
    return {"taxFilingNo": f"T{day}{seq:09d}"}
