"""The simulated FX office: gives every accepted report a case number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_DIFFERS = "-T-FX-DIFFER"
_DOLLARS = "502"
#: It answers with plain receipts only.
PAPERS: dict[str, tuple[str, Callable[[Mapping[str, Any], str], str]]] = {}


def number(facts: Mapping[str, Any], seq: int, day: str) -> dict[str, str]:
    """The case number: FX, the day, and a running number; with a mark, a currency of its own."""
    given = {"fxCaseNo": f"FX{day}{seq:09d}"}
    return given | {"currency": _DOLLARS} if facts["orderNo"].endswith(_DIFFERS) else given
