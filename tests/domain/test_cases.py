"""The runner of worked cases: compares what is promised, and says what failed."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from single_window.domain.cases import Case, agrees, judge, run

KINDS = {"sum": lambda i: {"total": str(i["a"] + i["b"]), "decision": "accept", "note": "x"}}


def _case(expected: Mapping[str, Any], kind: str = "sum", **inputs: Any) -> Case:
    return Case("C1", "r", {"kind": kind, "a": 1, "b": 2, **inputs}, expected)


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        ("3.00", "3", True),
        (3, "3.00", True),
        ("3.00", "3.01", False),
        ("accept", "accept", True),
        ("accept", "Accept", False),
        ("", "", True),
        ("", None, False),
        (False, False, True),
        (True, 1, False),
        (None, "0", False),
        ("2026-10-21", "2026-10-21", True),
    ],
)
def test_amounts_agree_as_numbers_and_words_to_the_letter(
    expected: Any, got: Any, same: bool
) -> None:
    assert agrees(expected, got) is same


def test_only_what_is_expected_is_compared_and_free_text_never() -> None:
    assert judge(_case({"total": "3.00"}), KINDS) == []
    assert judge(_case({"note": "something else"}), KINDS) == []
    assert judge(_case({"total": "4", "decision": "hold"}), KINDS) == [
        "total: expected '4', got '3'",
        "decision: expected 'hold', got 'accept'",
    ]


def test_a_kind_that_nobody_carries_fails_by_name() -> None:
    assert judge(_case({}, kind="other"), KINDS) == ["no regime carries kind other"]


def test_inputs_that_make_no_sense_fail_the_case_and_not_the_run() -> None:
    (fault,) = judge(Case("C1", "r", {"kind": "sum"}, {}), KINDS)
    assert fault.startswith("KeyError")


def test_a_run_writes_failures_and_counts_and_tells_by_its_result(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["case_id", "regime", "rule_ids", "inputs", "expected"])
        for name, total in (("C1", "3"), ("C2", "4")):
            inputs = json.dumps({"kind": "sum", "a": 1, "b": 2})
            rows.writerow([name, "r", "R-1", inputs, json.dumps({"total": total})])
    written: list[str] = []
    assert run(path, KINDS, written.append) == 1
    assert written == ["C2: total: expected '4', got '3'", "1 passed, 1 failed"]
