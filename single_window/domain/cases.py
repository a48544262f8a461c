"""Worked cases: a table of inputs and expected results, run on the rules that production runs."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from single_window.domain.findings import Finding

Kind = Callable[[Mapping[str, Any]], Mapping[str, Any]]

_RULE = re.compile(r"[A-Z]+(-[A-Z0-9]+)?-\d+")
"""The rule that a finding's code begins with."""

# Words for people: nobody promises them to the letter.
FREE_TEXT = frozenset({"note", "reason", "text", "explanation", "remark"})


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a table."""

    case_id: str
    regime: str
    inputs: Mapping[str, Any]
    expected: Mapping[str, Any]
    rule_ids: tuple[str, ...] = ()
    how_computed: str = ""


def decided(found: Iterable[Finding]) -> dict[str, str]:
    """The first finding that decides, as results; a warning does where nothing else is said."""
    findings = tuple(found)
    hard = [each for each in findings if each.severity != "warn"]
    for each in (*hard, *findings):
        rule = _RULE.match(each.code)
        return {"decision": each.severity, "rule": rule[0] if rule else each.code}
    return {"decision": "accept", "rule": ""}


def read(path: Path) -> Iterator[Case]:
    """The cases of a table, in order."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            yield Case(
                row["case_id"],
                row.get("regime") or "",
                json.loads(row["inputs"]),
                json.loads(row["expected"]),
                tuple((row.get("rule_ids") or "").split(";")),
                row.get("how_computed") or "",
            )


def judge(case: Case, kinds: Mapping[str, Kind]) -> list[str]:
    """What is wrong with the case's results, one line each; empty when the case passes."""
    name = str(case.inputs.get("kind", ""))
    kind = kinds.get(name)
    if kind is None:
        return [f"no regime carries kind {name}"]
    try:
        got = kind(case.inputs)
    except (LookupError, ValueError, ArithmeticError, TypeError, AttributeError) as error:
        return [f"{type(error).__name__}: {error}"]
    return [
        f"{key}: expected {value!r}, got {got.get(key)!r}"
        for key, value in case.expected.items()
        if key not in FREE_TEXT and not agrees(value, got.get(key))
    ]


def agrees(expected: Any, got: Any) -> bool:
    """True when both are the same number, or the same word."""
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    if expected == got:
        return True
    first, second = _number(expected), _number(got)
    return first is not None and first == second


def _number(value: Any) -> Decimal | None:
    if not isinstance(value, str | int | Decimal) or value == "":
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


def run(path: Path, kinds: Mapping[str, Kind], write: Callable[[str], object]) -> int:
    """Run a table; writes each failing case and a last line of counts; 0 only if none failed."""
    passed = failed = 0
    for case in read(path):
        faults = judge(case, kinds)
        if not faults:
            passed += 1
            continue
        failed += 1
        write(f"{case.case_id}: " + "; ".join(faults))
    write(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
