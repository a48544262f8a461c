"""Rows on single fields: each kind of row is right and wrong where it should be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from single_window.domain import conditions
from single_window.domain.conditions import CodeField, Codes, Condition, Conditions
from single_window.domain.findings import Finding


def _wrong(must: str, value: str | None, *values: str) -> bool:
    found: list[Finding] = []
    row = Condition("C", "reject", "Head", "x", must, values)
    Conditions([row]).check({"Head": {} if value is None else {"x": value}}, found)
    return bool(found)


@pytest.mark.parametrize(
    ("must", "right", "wrong"),
    [
        ("given", ["a"], [None, "", " "]),
        ("absent", [None, "", " "], ["a"]),
        ("one_of", [None, "7", " 7 "], ["8", ""]),
        ("number", [None, "7", "+7", "07", "x"], ["8", "-7"]),
        ("upper", [None, "A-1", "甲"], ["a"]),
        ("not_negative", [None, "", "0", "-0", "1.5", "x"], ["-0.01"]),
        ("positive", [None, "", "1", "0.01", ".5", "x"], ["0", "-1", "0.00"]),
        ("moment", [None, "", "20280229235959"], ["20270229000000", "20261120246000", "2026112"]),
        ("day", [None, "", "20280229"], ["20270229", "2026-1-1", "2026112０"]),
    ],
)
def test_a_row_is_right_and_wrong_where_it_should_be(
    must: str, right: list[str | None], wrong: list[str | None]
) -> None:
    assert not any(_wrong(must, value, "7") for value in right)
    assert all(_wrong(must, value, "7") for value in wrong)


_NUMBERS = st.from_regex(r"\A[-+ ]?[0-9٠.]{0,4}[Ee0-9]{0,3} ?\Z")


@given(st.sampled_from(sorted(conditions.MUSTS)), st.none() | st.text(max_size=4) | _NUMBERS)
def test_the_look_at_all_fields_at_once_agrees_with_the_look_at_each(
    must: str, value: str | None
) -> None:
    assert _wrong(must, value, "7", "8") is not conditions._RIGHT[must](value, ("7", "8"))


def test_a_row_speaks_only_where_its_switch_stands() -> None:
    rows = [
        Condition("C", "reject", "Head", "x", "given", (), ("1",)),
        Condition("D", "reject", "List", "y", "given"),
    ]
    conditions = Conditions(rows, "Head/mode")
    for mode, codes in (("1", {"C", "D"}), ("2", {"D"}), ("", {"D"})):
        found: list[Finding] = []
        conditions.check({"Head": {"mode": mode}, "List": [{"y": "1"}, {}]}, found)
        assert {finding.code for finding in found} == codes
        assert [f.path for f in found if f.code == "D"] == ["List[2]/y"]


def test_a_code_outside_its_list_is_found_with_its_line_and_list() -> None:
    fields = [CodeField("", "a", False, "one"), CodeField("List", "b", True, "two")]
    codes = Codes(fields, {"one": frozenset("1"), "two": frozenset("2")}.__getitem__, "CODE")
    found: list[Finding] = []
    codes.check({"a": "9", "List": [{"b": "2"}, {"b": ""}, {"b": "9"}]}, found)
    assert [(f.path, f.value, f.args) for f in found] == [
        ("a", "9", (("table", "one"),)),
        ("List[3]/b", "9", (("table", "two"),)),
    ]
