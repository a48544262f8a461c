"""A regime as a value: its messages, rules, parameters, plan and words, read from one folder."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from single_window.domain import rules
from single_window.domain.acts import Left, Link, Taken, Taking, Target, act_of
from single_window.domain.books.papers import Keeping
from single_window.domain.conditions import (
    MUSTS,
    Codes,
    Condition,
    Conditions,
    Record,
    day_of,
)
from single_window.domain.counting import Count, Counted
from single_window.domain.figures import FIGURES, Figure
from single_window.domain.findings import Finding
from single_window.domain.following import Begun, follows_in
from single_window.domain.owned import ManifestError, Owned, owned_of
from single_window.domain.parameters import Parameters
from single_window.domain.plans import Step, Ways, ordered
from single_window.domain.reports import Report, Tied
from single_window.domain.rules import Amounts, Checked, Params, Rulebook, Sources
from single_window.domain.suggesting import Suggest

Facts = dict[str, Any]
Papers = Mapping[str, Facts]
Labels = Mapping[str, tuple[str, str]]
"""What people call a message, in Chinese and in English."""

Kind = Callable[[Mapping[str, Any]], Mapping[str, Any]]

Reporting = Callable[[str, Facts, Amounts, Sequence[Tied]], Report | None]

_DAYS_KEPT = 128
YES = "1"
"""What a figure is that answers a question well."""
EVER = 0
"""The year of what is wanted once and for all."""


class Want(NamedTuple):
    """What a declaration wants of a person's year: material for the ledger's key, and the limit.

    What serves one declaration once and for all, such as a title paper, is of the year EVER.
    """

    person: str
    year: int
    fen: int
    limit_fen: int


class Formula(NamedTuple):
    """One step of a computation, in figures; its words stand in the manifest under its name.

    `cites` are the parameters that went into it, `terms` the other figures by their names in the
    manifest, `hs` the goods code where some of them are the tariff's.
    """

    name: str
    line: str
    expression: str
    result: str
    cites: tuple[str, ...]
    terms: tuple[tuple[str, str], ...] = ()
    hs: str = ""


class Agreed(NamedTuple):
    """Two fields that papers of a trade must agree in, and the code of the finding if they do not.

    Fields of lines go by their number; both paths name groups, without an index.
    """

    paper: str
    path: str
    other: str
    other_path: str
    code: str


@dataclass(frozen=True, slots=True)
class Match:
    """What the papers of a trade say together."""

    missing: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a regime supplies in code, beyond its rulebook.

    `facts` says what is kept of a message whose record is not a head with lines. `taking` says
    what a paper takes of its target, given what others have taken of each line;
    `too_much` words a line with too little left; `worth` is what the rest of a declaration counts
    for in its person's year, in fen; `in_time` whether goods released on one day and back on
    another still bring that back; `amended` what a target's facts are once a paper, of which the
    second facts are, has changed it; `links` names what a paper points to, of whatever regime, and
    `linked` judges one of them: its target is None where it is not there, or the filer's company
    may not see it; `summing` sums up all that a paper names. `deadline` is the
    message by which something has to follow what was released on a day, and the last day for it.
    `called` says of a message whose facts have other names than its fields where each stands.
    `keeping` is how a regime with account books keeps them. `counting` says what a filing that has
    reached its goal adds to the statistics: `domain/counting.py` says what it is
    given and may return. `begun` reckons what a paper says that is begun from another.
    `report` checks it and what is tied to it against each other (its message, facts, amounts, and
    the papers), for people to read; None where there is nothing to report. `suggest` has ready
    choices for the fields of a form.
    """

    rulebook: Rulebook
    match: Callable[..., Match]
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    facts: Mapping[str, Callable[[Record], Facts]] = field(default_factory=dict)
    prepare: Callable[[Params], Any] | None = None
    want: Callable[[Record, Amounts, Params], Want | None] | None = None
    over: Callable[[Want, int], Finding] | None = None
    explain: Callable[[Amounts, Params], Iterable[Formula]] | None = None
    missing: Callable[[Sequence[str], Facts, Labels, bool], list[Finding]] | None = None
    taking: Callable[[str, Facts, Target, Mapping[str, Decimal], Params], Taken] | None = None
    too_much: Callable[[Taking, Decimal], Finding] | None = None
    worth: Callable[[Mapping[str, Any], Left], int] | None = None
    in_time: Callable[[date, date, Params], bool] | None = None
    amended: Callable[[Facts, Facts], Facts] | None = None
    links: Callable[[str, Facts], Sequence[Link]] | None = None
    linked: Callable[[Link, Target | None, Facts, Params], Sequence[Finding]] | None = None
    summing: Callable[[Facts, Sequence[Target], Params], Taken] | None = None
    deadline: Callable[[Facts, date, Params], tuple[str, date] | None] | None = None
    called: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    keeping: Keeping | None = None
    counting: Callable[[str, Facts, Mapping[str, Any]], Sequence[Count]] | None = None
    begun: Begun | None = None
    report: Reporting | None = None
    suggest: Suggest | None = None
    codes: frozenset[str] = frozenset()
    agreed: Sequence[Agreed] = ()


class Regime:
    """One regime; rules and amounts are asked for here."""

    def __init__(self, folder: Path, hooks: Hooks) -> None:
        with (folder / "regime.toml").open("rb") as file:
            manifest = tomllib.load(file)
        self.name = folder.name
        self.label_zh: str = manifest["label_zh"]
        self.label_en: str = manifest["label_en"]
        self.folder = folder
        self.findings_csv = folder / "findings.csv"
        self.citations_csv = folder / "citations.csv"
        self.cases_csv = folder / "cases.csv"
        self.parameters = Parameters.load(folder / "parameters.toml")
        self.owned = {
            name: owned_of(name, row) for name, row in manifest.get("message", {}).items()
        }
        self.messages = tuple(self.owned)
        self.labels = {m.name: (m.label_zh, m.label_en) for m in self.owned.values()}
        self.leads: tuple[str, ...] = tuple(manifest.get("leads", ()))
        self.plan = ordered([_step(row) for row in manifest.get("plan", ())])
        self.ways = {
            name: Ways(tuple(step for step in self.plan if step.message == name))
            for name in self.owned
        }
        self.acts = {
            name: act_of(row, self.owned[name].head)
            for name, row in manifest.get("act", {}).items()
        }
        self.follows = follows_in(folder / "forms.toml")
        self.formulas: dict[str, dict[str, Any]] = manifest.get("formula", {})
        self.terms: dict[str, dict[str, str]] = manifest.get("term", {})
        self.figures = {name: Figure(**row) for name, row in manifest.get("amount", {}).items()}
        self.counted = Counted.of(manifest.get("counted", {}))
        lists = manifest.get("code_lists", {})
        self.code_of_lists: str = lists.get("code", "")
        self._own_tables = frozenset(lists.get("own", ()))
        self._doubtful = frozenset(lists.get("doubtful", ()))
        self.hooks = hooks
        self.kinds = hooks.kinds
        self._conditions = _conditions(manifest.get("condition", ()), self.owned)
        self._in_force = lru_cache(maxsize=_DAYS_KEPT)(self._lay_out)
        self._sources: Sources | None = None

    def steps(self, message: str) -> tuple[Step, ...]:
        """The steps of a message's declarations, in the order in which their legs are numbered."""
        return self.ways[message].steps if message in self.ways else ()

    def files(self, message: str) -> bool:
        """True when a message can be filed: some agency is told of it, or it is kept here."""
        return bool(self.steps(message)) or self.owned[message].kept

    def in_force(self, day: date, sources: Sources) -> Params:
        """Everything that holds on the day, laid out for checking; kept for the next record."""
        if sources is not self._sources:
            self._in_force.cache_clear()
            self._sources = sources
        return self._in_force(day)

    def _lay_out(self, day: date) -> Params:
        sources = self._sources
        assert sources is not None
        book, assessments = self.hooks.rulebook.on(day)
        codes = {
            message: Codes(
                [f for f in fields if f.table not in self._own_tables],
                lambda table: sources.codes(table, day),
                self.code_of_lists,
                doubtful=self._doubtful,
            )
            for message, fields in sources.code_fields.items()
            if message in self.owned and self.owned[message].checked
        }
        p = Params(
            day=day,
            values=self.parameters.on(day),
            in_force=day >= self.parameters.first_day(),
            codes=codes,
            conditions=self._conditions,
            rules=book,
            assessments=assessments,
            tariff=sources.tariff,
            registers=sources.registers_on(day),
            rates=sources.rates_on(day),
            middle=sources.middle,
        )
        if self.hooks.prepare is not None and p.in_force:
            p.prepared = self.hooks.prepare(p)
        return p

    def day_of(self, message: str, record: Record, today: date) -> date:
        """The day whose law judges the record; today where the record names no readable day."""
        path = self.owned[message].day
        if not path:
            return today
        group, _, name = path.rpartition("/")
        part = record.get(group) if group else record
        text = part.get(name) if isinstance(part, dict) else None
        return (day_of(text[:8]) if isinstance(text, str) else None) or today

    def check(self, message: str, record: Record, p: Params, *, sound: bool = True) -> Checked:
        """Findings and amounts of one record; `sound` is False where the schema refuses it."""
        run = rules.check if sound else rules.check_unsound
        return run(message, record, p)

    def facts(self, message: str, record: Record, amounts: Amounts | None = None) -> Facts:
        """The few values that are kept beside the record: for matching, showing, and building.

        What a step of the plan asks for may have been computed of the record, as YES.
        """
        kept = self._kept(message, record)
        if amounts:
            asked = (step.given for step in self.steps(message) if step.given)
            kept |= {name: YES for name in asked if name not in kept and amounts.get(name) == YES}
        return kept

    def _kept(self, message: str, record: Record) -> Facts:
        if (told := self.hooks.facts.get(message)) is not None:
            return told(record)
        owned = self.owned[message]
        head = record.get(owned.head) if owned.head else record
        facts: Facts = {name: head[name] for name in owned.facts if name in head} if head else {}
        if owned.lines:
            facts["lines"] = [
                {name: line[name] for name in owned.line_facts if name in line}
                for line in record.get(owned.lines, ())
            ]
        return facts

    def match(self, papers: Papers) -> Match:
        """What the papers of one trade say together; missing ones and disagreements told apart."""
        return self.hooks.match(papers, self.labels)

    def missing(self, names: Sequence[str], facts: Facts, *, expired: bool) -> list[Finding]:
        """The findings on missing papers: a warning, or a refusal once the wait has run out."""
        if self.hooks.missing is None:
            return []
        return self.hooks.missing(names, facts, self.labels, expired)

    def want(self, record: Record, amounts: Amounts | None, p: Params) -> Want | None:
        """What the record wants of a person's year; None where it wants nothing."""
        if amounts is None or self.hooks.want is None:
            return None
        return self.hooks.want(record, amounts, p)

    def over(self, want: Want, used_fen: int) -> Finding:
        """The finding for a want that the ledger refused."""
        assert self.hooks.over is not None
        return self.hooks.over(want, used_fen)

    def figure(self, name: str) -> Figure:
        """What a figure is called here; its bare name where nobody has named it."""
        return self.figures.get(name) or FIGURES.get(name) or Figure(name, name)

    def explain(self, amounts: Amounts, p: Params) -> list[dict[str, Any]]:
        """How the amounts came about, line by line, each with inputs, rule, source, certainty."""
        steps = self.hooks.explain(amounts, p) if self.hooks.explain else ()
        return [self._cited(step, p) for step in steps]

    def _cited(self, step: Formula, p: Params) -> dict[str, Any]:
        words = self.formulas[step.name]
        cited = [p.values.cite(key) for key in step.cites]
        sources = dict.fromkeys(dated.source for dated in cited) or {words["source"]: None}
        return {
            "name": step.name,
            "line": step.line,
            "label_zh": words["label_zh"],
            "label_en": words["label_en"],
            "expression": step.expression,
            "result": step.result,
            "inputs": [*self._terms(step, p), *(p.values.told(key) for key in step.cites)],
            "rule": words["rule"],
            "source": "; ".join(sources),
            "certainty": words["certainty"],
        }

    def _terms(self, step: Formula, p: Params) -> Iterable[dict[str, Any]]:
        """The figures of a step that no parameter gives: of the paper, of the tariff, computed."""
        row = p.tariff.get(step.hs)
        for name, value in step.terms:
            told = {**self.terms[name], "value": value}
            if told["origin"] == "tariff" and row is not None:
                told |= {"source": row.source, "certainty": row.certainty}
            yield told

    def codes(self) -> frozenset[str]:
        """Every finding code that the regime may emit."""
        from_rows = {row.code for rows in self._conditions.values() for row in rows.rows}
        duplicates = {owned.duplicate for owned in self.owned.values() if owned.duplicate}
        lists = {self.code_of_lists} if self.code_of_lists else set()
        said = {
            s.code for act in self.acts.values() for s in (act.unknown, act.refused, act.differs)
        }
        book = self.hooks.rulebook.codes() | self.hooks.codes
        return book | from_rows | duplicates | lists | said

    def conditions(self, message: str) -> tuple[Condition, ...]:
        """The rows on single fields of a message, as forms and documentation want them."""
        rows = self._conditions.get(message)
        return rows.rows if rows else ()


def _step(row: Mapping[str, Any]) -> Step:
    return Step(
        row["agency"],
        row["message"],
        tuple(row.get("after", ())),
        row["goal"],
        tuple(row.get("also", ())),
        row.get("given", ""),
        row.get("decides", False),
        row.get("tells", ""),
    )


_ROW = frozenset(
    {"code", "severity", "message", "fields", "must", "values", "when", "source", "certainty"}
)


def _conditions(
    rows: Sequence[Mapping[str, Any]], owned: Mapping[str, Owned]
) -> dict[str, Conditions]:
    by_message: dict[str, list[Condition]] = {}
    for row in rows:
        if set(row) - _ROW or row["must"] not in MUSTS:
            raise ManifestError(f"condition {row.get('code')}: {sorted(set(row) - _ROW)}")
        if row["message"] not in owned:
            raise ManifestError(f"condition on {row['message']}, which the regime does not own")
        switch = None
        if when := row.get("when"):
            name = owned[row["message"]].switch.rpartition("/")[2]
            if set(when) != {name}:
                raise ManifestError(f"condition {row['code']}: only {name} may switch it")
            switch = tuple(when[name])
        for path in row["fields"]:
            group, _, name = path.rpartition("/")
            values = tuple(row.get("values", ()))
            by_message.setdefault(row["message"], []).append(
                Condition(row["code"], row["severity"], group, name, row["must"], values, switch)
            )
    return {
        message: Conditions(found, owned[message].switch or None)
        for message, found in by_message.items()
    }
