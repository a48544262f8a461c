"""Every rule with all that is known of it, gathered from the tables that the checks work with.

A rule is a line of `rules.csv`: general customs law has one table, each regime another. What
belongs to it is found by its number: dated values by `rule`, findings by their code (the code of a
rule, or one that continues it: TAX-CBEC-13-LINES), formulas by `rule`, worked cases by
`rule_ids`. What no line speaks of stands as a rule of its own, in the words of its finding.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from single_window import domain, regimes
from single_window.domain import cases, general
from single_window.domain.cases import Case
from single_window.domain.parameters import Parameter
from single_window.domain.wording import Text, Wording

GENERAL = "general"
_DOMAIN = Path(domain.__file__).parent
MOST_EXAMPLES = 2
"""One that keeps the rule and one that breaks it say enough."""


@dataclass(slots=True, eq=False)
class Rule:
    """One rule: what it says, what a breach leads to, and what it is made of."""

    id: str
    book: str
    text_zh: str = ""
    text_en: str = ""
    outcome: tuple[str, ...] = ()
    source: str = ""
    certainty: str = ""
    parameters: list[Parameter] = field(default_factory=list)
    findings: list[Text] = field(default_factory=list)
    formulas: list[Mapping[str, Any]] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)

    @property
    def examples(self) -> list[Case]:
        """The first case that breaks the rule, and the first that keeps it."""
        broken = [case for case in self.cases if case.expected.get("rule") == self.id]
        kept = [case for case in self.cases if not case.expected.get("rule")]
        chosen = [*kept[:1], *broken[:1]] or self.cases[:1]
        return chosen[:MOST_EXAMPLES]

    def speaks_of(self, sought: str) -> bool:
        """Whether a text as typed is part of its number, its words or its codes."""
        words = [self.id, self.text_zh, self.text_en]
        words += [each.code for each in self.findings]
        words += [label for each in self.parameters for label in (each.label_zh, each.label_en)]
        return any(sought.casefold() in word.casefold() for word in words)


@dataclass(frozen=True, slots=True)
class Book:
    """The rules of one regime, or of general law."""

    name: str
    label_zh: str
    label_en: str
    rules: tuple[Rule, ...]


class _Gaps(dict[str, str]):
    """Values of a text that are not known until it is used."""

    def __missing__(self, name: str) -> str:
        return "…"


def without_values(text: str) -> str:
    """The words of a finding with a gap where a value will stand."""
    return text.format_map(_Gaps())


@cache
def books() -> tuple[Book, ...]:
    """All rules: general law first, then the regimes by name."""
    found: dict[str, Rule] = {}
    folders = {GENERAL: _DOMAIN} | {each.name: each.folder for each in regimes.all().values()}
    for name, folder in folders.items():
        for rule in _listed(name, folder / "rules.csv"):
            found.setdefault(rule.id, rule)
    for table in general.TABLES:
        _add_parameters(found, GENERAL, table)
    for regime in regimes.all().values():
        _add_findings(found, regime.name, regime.findings_csv)
        _add_parameters(found, regime.name, regime.parameters)
        for formula in regime.formulas.values():
            _at(found, formula["rule"], regime.name).formulas.append(formula)
    for name, folder in folders.items():
        for case in cases.read(folder / "cases.csv"):
            for rule_id in case.rule_ids:
                _at(found, rule_id, name).cases.append(case)
    labels = {each.name: (each.label_zh, each.label_en) for each in regimes.all().values()}
    return tuple(
        Book(name, *labels.get(name, ("", "")), tuple(r for r in found.values() if r.book == name))
        for name in folders
    )


def rules() -> Iterator[Rule]:
    """All rules of all books."""
    return (rule for book in books() for rule in book.rules)


def rule_of(code: str) -> Rule | None:
    """The rule of this number, or that the finding of this code belongs to."""
    for rule in rules():
        if rule.id == code or any(each.code == code for each in rule.findings):
            return rule
    return None


def _listed(book: str, path: Path) -> Iterator[Rule]:
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield Rule(book=book, **(row | {"outcome": tuple(row["outcome"].split())}))


def _at(found: dict[str, Rule], rule_id: str, book: str) -> Rule:
    return found.setdefault(rule_id, Rule(rule_id, book))


def _add_parameters(found: dict[str, Rule], book: str, parameters: Iterable[Parameter]) -> None:
    for parameter in parameters:
        rule = _at(found, parameter.rule, book)
        rule.parameters.append(parameter)
        if not rule.text_zh:
            rule.text_zh, rule.text_en = parameter.label_zh, parameter.label_en


def _add_findings(found: dict[str, Rule], book: str, path: Path) -> None:
    texts = Wording.load(path)
    for code in sorted(texts.codes()):
        text = texts[code]
        rule = _at(found, _owner(found, code), book)
        rule.findings.append(text)
        if not rule.text_zh:
            rule.text_zh, rule.text_en = map(without_values, (text.text_zh, text.text_en))
            rule.source, rule.certainty = text.source, text.certainty


def _owner(found: Mapping[str, Rule], code: str) -> str:
    """The number of the rule whose number the code continues; the code itself if there is none."""
    parts = code.split("-")
    for length in range(len(parts), 1, -1):
        if (shorter := "-".join(parts[:length])) in found:
            return shorter
    return code
