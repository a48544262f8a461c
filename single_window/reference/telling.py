"""A rule as it is told to people in one language: the same rows for the page and the document."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from single_window import regimes
from single_window.declarations.words import cited, labels_of
from single_window.domain.cases import Case
from single_window.domain.conditions import Condition
from single_window.domain.parameters import Dated, Parameter
from single_window.reference.rules import Rule, without_values

Language = Literal["zh", "en"]
Pair = tuple[str, str]

_UNTOLD = frozenset({"kind", "rule_ids"})
"""What a case says to the program that runs it, and to nobody else."""


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    """The words of a table here, and of the `reference.csv` that a regime may have of its own."""
    tables = [Path(__file__).with_name("words.csv")]
    beside = [regime.folder / "reference.csv" for regime in regimes.all().values()]
    found: dict[str, Mapping[str, str]] = {}
    for path in (*filter(Path.exists, beside), *tables):
        with path.open(encoding="utf-8", newline="") as file:
            found.update({row["key"]: row for row in csv.DictReader(file)})
    return found


def word(key: str, lang: Language, **values: object) -> str:
    """The words of a key; the key itself where it has none."""
    found = _words().get(key)
    return found[lang].format_map(values) if found else key.rpartition(".")[2].lstrip("=")


@dataclass(frozen=True, slots=True)
class Value:
    """One dated value of a parameter."""

    label: str
    period: str
    lines: tuple[str, ...]
    unit: str
    source: str
    certainty: str
    checked: str


@dataclass(frozen=True, slots=True)
class Where:
    """One field on which the rule acts, what the field takes, and when."""

    message: str
    field: str
    takes: str
    when: str


@dataclass(frozen=True, slots=True)
class Saying:
    """One finding of the rule, with gaps where values will stand."""

    code: str
    text: str
    remedy: str
    source: str


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of an example."""

    label: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A worked case in words: what is given, the lines, what comes out, and how."""

    case: str
    given: tuple[Pair, ...]
    tables: tuple[Table, ...]
    result: tuple[Pair, ...]
    how: str


@dataclass(frozen=True, slots=True)
class Told:
    """A rule in one language."""

    id: str
    text: str
    outcome: str
    source: str
    certainty: str
    values: tuple[Value, ...]
    places: tuple[Where, ...]
    formulas: tuple[Pair, ...]
    findings: tuple[Saying, ...]
    examples: tuple[Example, ...]


@cache
def told(rule: Rule, lang: Language) -> Told:
    """A rule in a language."""
    return Told(
        id=rule.id,
        text=getattr(rule, f"text_{lang}") or word("word.fallback", lang),
        outcome=_list(_outcomes(rule), lang),
        source=cited(rule.source, lang),
        certainty=word(f"certainty.{rule.certainty}", lang) if rule.certainty else "",
        values=tuple(value for each in rule.parameters for value in _values(each, lang)),
        places=tuple(_places(rule, lang)),
        formulas=tuple(
            (each[f"label_{lang}"], cited(each["source"], lang)) for each in rule.formulas
        ),
        findings=tuple(
            Saying(
                each.code,
                without_values(getattr(each, f"text_{lang}")),
                without_values(getattr(each, f"remedy_{lang}")),
                cited(each.source, lang),
            )
            for each in rule.findings
        ),
        examples=tuple(_example(case, lang) for case in rule.examples),
    )


def _list(words: Iterator[str] | tuple[str, ...], lang: Language) -> str:
    return ("、" if lang == "zh" else ", ").join(
        word(f"outcome.{each}" if f"outcome.{each}" in _words() else f"={each}", lang)
        for each in words
    )


def _outcomes(rule: Rule) -> tuple[str, ...]:
    """What a breach leads to; where the table is silent, what the rows on fields say."""
    return rule.outcome or tuple(dict.fromkeys(row.severity for _, row in _conditions(rule)))


def _conditions(rule: Rule) -> Iterator[tuple[str, Condition]]:
    codes = {each.code for each in rule.findings}
    regime = regimes.all().get(rule.book)
    if regime is None:
        return
    for message in regime.owned:
        yield from ((message, row) for row in regime.conditions(message) if row.code in codes)


def _places(rule: Rule, lang: Language) -> Iterator[Where]:
    at = 0 if lang == "zh" else 1
    for message, row in _conditions(rule):
        owned = regimes.all()[rule.book].owned[message]
        takes = f"{word(f'must.{row.must}', lang)} {' / '.join(row.values)}".strip()
        switch = labels_of(message, owned.switch)[at]
        when = f"{switch} {' / '.join(row.switch)}" if row.switch else ""
        path = f"{row.group}/{row.name}" if row.group else row.name
        yield Where(owned.name, labels_of(message, path)[at], takes, when)


def _values(parameter: Parameter, lang: Language) -> Iterator[Value]:
    """The values of a parameter, the newest first; one ends where the next begins."""
    values = parameter.values
    ends = [later.first - timedelta(days=1) for _, later in pairwise(values)] + [None]
    for dated, end in reversed([*zip(values, ends, strict=True)]):
        last, first = dated.last or end, dated.first
        yield Value(
            label=getattr(parameter, f"label_{lang}"),
            period=f"{first} – {last}" if last else word("word.since", lang, first=first),
            lines=_lines(dated, lang),
            unit="" if parameter.unit in _SPEAKING else word(f"unit.{parameter.unit}", lang),
            source=cited(dated.source, lang),
            certainty=word(f"certainty.{dated.certainty}", lang),
            checked=f"{dated.checked_on}",
        )


_SPEAKING = frozenset({"word", "flag", "table"})
"""Units whose values say themselves what they are."""


def _lines(dated: Dated, lang: Language) -> tuple[str, ...]:
    """A value in lines: one for each row of a table."""
    value = dated.value
    rows = value if isinstance(value, list | tuple) else [value]
    return tuple(
        ", ".join(f"{word(key, lang)} {_said(each, lang)}" for key, each in row.items())
        if isinstance(row, dict)
        else _said(row, lang)
        for row in rows
    )


def _said(value: Any, lang: Language) -> str:
    """A single value: a word in the language, a number or a day as it is."""
    if isinstance(value, bool) or value is None:
        return word(f"={value}".lower(), lang)
    if isinstance(value, list):
        return ", ".join(_said(each, lang) for each in value)
    return word(f"={value}", lang) if f"={value}" in _words() else str(value)


def _example(case: Case, lang: Language) -> Example:
    inputs = {k: v for k, v in case.inputs.items() if k not in _UNTOLD}
    tables = {k: v for k, v in inputs.items() if _is_table(v)}
    result = {k: v for k, v in case.expected.items() if v not in ("", None)}
    return Example(
        case=case.case_id,
        given=tuple(
            (_given(key, lang), _said(value, lang))
            for key, value in inputs.items()
            if key not in tables
        ),
        tables=tuple(_table(key, rows, lang) for key, rows in tables.items()),
        result=tuple((word(key, lang), _said(value, lang)) for key, value in result.items()),
        how=case.how_computed if lang == "en" else "",
    )


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _given(key: str, lang: Language) -> str:
    """What a value is called that is given: a rate, where the same word means a tax in a result."""
    return word(f"given.{key}" if f"given.{key}" in _words() else key, lang)


def _table(key: str, rows: list[dict[str, Any]], lang: Language) -> Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return Table(
        label=word(key, lang),
        heads=tuple(_given(name, lang) for name in names),
        rows=tuple(tuple(_said(row.get(name, ""), lang) for name in names) for row in rows),
    )
