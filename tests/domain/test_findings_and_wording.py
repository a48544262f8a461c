"""The worst finding decides; words come from tables, in two languages, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from single_window.domain.findings import Finding, Severity, decision
from single_window.domain.wording import COLUMNS, Wording

ROW = "A-1,rule,{label}是{value},{label} is {value} not {expected},改,mend {what},law,seen\n"


def _table(folder: Path, *rows: str, name: str = "findings.csv") -> Path:
    path = folder / name
    path.write_text(",".join(COLUMNS) + "\n" + "".join(rows), encoding="utf-8")
    return path


def _finding(severity: Severity, code: str = "A-1") -> Finding:
    return Finding("rule", code, severity, "Head/x", "1{0}", "2", (("what", "it"),))


def test_no_finding_is_accepted_and_the_worst_decides() -> None:
    assert decision([]) == "accept"
    assert decision([_finding("warn")]) == "warn"
    assert decision([_finding("hold"), _finding("warn")]) == "hold"
    assert decision([_finding("warn"), _finding("reject"), _finding("hold")]) == "reject"


def test_a_finding_is_rendered_in_both_languages(tmp_path: Path) -> None:
    shown = Wording.load(_table(tmp_path, ROW)).render(
        _finding("hold"), label_zh="数量", label_en="quantity"
    )
    assert shown["text_zh"] == "数量是1{0}"
    assert shown["text_en"] == "quantity is 1{0} not 2"
    assert (shown["remedy_en"], shown["source"], shown["severity"]) == ("mend it", "law", "hold")


def test_without_a_label_the_path_stands_in(tmp_path: Path) -> None:
    shown = Wording.load(_table(tmp_path, ROW)).render(_finding("hold"))
    assert shown["text_zh"] == "Head/x是1{0}"


def test_an_unlisted_code_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Wording.load(_table(tmp_path, ROW)).render(_finding("hold", "A-2"))


def test_tables_are_joined_and_a_code_in_two_is_refused(tmp_path: Path) -> None:
    first = _table(tmp_path, ROW)
    second = _table(tmp_path, ROW.replace("A-1", "B-1"), name="more.csv")
    assert Wording.load(first, second).codes() == {"A-1", "B-1"}
    with pytest.raises(ValueError, match="twice"):
        Wording.load(first, first)


def test_a_text_missing_in_one_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="remedy_zh"):
        Wording.load(_table(tmp_path, ROW.replace(",改,", ",,")))
