"""The rules as they are told: complete, true to what the checks do, and written down in docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from single_window import regimes
from single_window.cli import main
from single_window.domain import general
from single_window.domain.wording import Wording
from single_window.reference.documents import LANGUAGES, documents, write
from single_window.reference.rules import Rule, books, rule_of, rules
from single_window.reference.telling import told
from tests.answering import ROOT
from tests.regimes.faults import FAULTS, Fault

DOCS = ROOT / "docs" / "reference"
WRITTEN = [rule for rule in rules() if rule.outcome]


def test_the_documents_are_what_the_command_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reference", "--out", str(tmp_path)]) == 0
    fresh = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text("utf-8") for path in DOCS.iterdir()}
    stale = [name for name in {*fresh, *kept} if fresh.get(name) != kept.get(name)]
    assert sorted(stale) == [], "make reference writes docs/reference anew"


def test_a_folder_that_cannot_be_is_said_and_no_fault_of_the_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["reference", "--out", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err


def test_every_finding_and_every_parameter_belongs_to_one_rule() -> None:
    everywhere = [each.code for rule in rules() for each in rule.findings]
    owned = [
        code
        for regime in regimes.all().values()
        for code in Wording.load(regime.findings_csv).codes()
    ]
    assert sorted(everywhere) == sorted(owned)
    told_of = [each.key for rule in rules() for each in rule.parameters]
    known = [each.key for regime in regimes.all().values() for each in regime.parameters]
    assert sorted(told_of) == sorted(
        [*known, *(each.key for table in general.TABLES for each in table)]
    )


@pytest.mark.parametrize("rule", WRITTEN, ids=lambda rule: rule.id)
def test_a_worked_breach_comes_out_as_the_rule_says(rule: Rule) -> None:
    """A fee is no refusal: what only changes an amount is accepted, or not decided at all."""
    allowed = {*rule.outcome, *({"accept", None} if "tax" in rule.outcome else ())}
    came = {
        case.expected.get("decision") for case in rule.cases if case.expected.get("rule") == rule.id
    }
    assert came <= allowed


def test_a_planted_fault_is_as_severe_as_its_rule_says() -> None:
    def is_said(fault: Fault) -> bool:
        rule = rule_of(fault.code)
        return rule is not None and (not rule.outcome or fault.severity in rule.outcome)

    assert [fault for fault in FAULTS if not is_said(fault)] == []


def test_what_rows_on_fields_lead_to_is_what_their_rules_say() -> None:
    strays = [
        (row.code, row.severity)
        for regime in regimes.all().values()
        for message in regime.owned
        for row in regime.conditions(message)
        if (rule := rule_of(row.code)) is None or row.severity not in rule.outcome
    ]
    assert strays == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_rule_is_told_in_one_language(lang: str) -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for rule in rules():
        said = told(rule, lang)  # type: ignore[arg-type]
        words = [said.text, said.outcome, said.certainty]
        words += [pair[0] for example in said.examples for pair in example.given + example.result]
        assert all(bool(chinese.search(word)) == (lang == "zh") for word in words if word), rule.id


def test_values_follow_one_another_without_a_gap() -> None:
    (limit,) = (rule for rule in rules() if rule.id == "TAX-CBEC-01")
    assert [(value.period, *value.lines) for value in told(limit, "en").values] == [
        ("from 2019-01-01", "5000.00"),
        ("2016-04-08 – 2018-12-31", "2000.00"),
    ]


def test_the_same_data_give_the_same_documents(tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in write(tmp_path)}
    assert {name: text.encode() for name, text in documents().items()} == first


def test_every_book_has_its_document_in_both_languages() -> None:
    assert {f"{book.name}.{lang}.md" for book in books() for lang in LANGUAGES} < {*documents()}
