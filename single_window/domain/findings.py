"""A finding: what a check has to say about a record; the words stand in the wording tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Family = Literal["transport", "envelope", "schema", "rule"]
Severity = Literal["warn", "hold", "reject"]
Decision = Literal["accept", "warn", "hold", "reject"]

_RANK: dict[str, int] = {"accept": 0, "warn": 1, "hold": 2, "reject": 3}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or unsure, with the value found and the value expected.

    `path` is relative to the record; a repeating group carries a 1-based index
    ("InventoryList[2]/qty"). `args` are further named values for the text.
    """

    family: Family
    code: str
    severity: Severity
    path: str = ""
    value: str = ""
    expected: str = ""
    args: tuple[tuple[str, str], ...] = ()
    line: int | None = None


def decision(findings: Iterable[Finding]) -> Decision:
    """The worst severity among the findings; accept when there are none."""
    worst: Decision = "accept"
    for finding in findings:
        if _RANK[finding.severity] > _RANK[worst]:
            worst = finding.severity
    return worst
