"""The simulated FX office: gives every accepted report a case number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

#: It answers with plain receipts only.
PAPERS: dict[str, tuple[str, Callable[[Mapping[str, Any], str], str]]] = {}


def number(facts: Mapping[str, Any], seq: int, day: str) -> dict[str, str]:
    """The case number: FX, the day, and a running number."""
    return {"fxCaseNo": f"FX{day}{seq:09d}"}
