"""Dated parameters: what the law says on a day, with source, certainty and last check.

A file is TOML; each key holds its labels and a list of dated values:

    [single_limit]
    label_zh = "单次交易限值"
    label_en = "limit of a single purchase"
    rule = "TAX-CBEC-01"
    unit = "CNY"
    [[single_limit.value]]
    from = 2016-04-08
    value = 2000.00
    source = "..."
    certainty = "seen"
    checked_on = 2026-11-24
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

_KEY_FIELDS = frozenset({"label_zh", "label_en", "rule", "unit", "value"})
_VALUE_FIELDS = frozenset({"from", "to", "value", "source", "certainty", "checked_on"})
_VALUE_NEEDED = _VALUE_FIELDS - {"to"}
CERTAINTIES = frozenset({"seen", "partly seen", "recalled", "convention", "derived", "proposal"})

# Days differ from record to record at most by a few; a file full of odd days must not fill memory.
_DAYS_KEPT = 128


class ParameterError(ValueError):
    """The parameter file itself is wrong; the program refuses to start with it."""


class NotInForce(LookupError):
    """No value of this parameter is known for the day."""


@dataclass(frozen=True, slots=True)
class Dated:
    """One value in force from a day on (to a last day, when it ended)."""

    first: date
    last: date | None
    value: Any
    source: str
    certainty: str
    checked_on: date


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter with all its values, oldest first."""

    key: str
    label_zh: str
    label_en: str
    rule: str
    unit: str
    values: tuple[Dated, ...]

    def on(self, day: date) -> Dated:
        """The value in force on the day."""
        for dated in reversed(self.values):
            if dated.first <= day:
                if dated.last is not None and dated.last < day:
                    break
                return dated
        raise NotInForce(f"{self.key} on {day.isoformat()}")


class InForce(Mapping[str, Any]):
    """The parameters of one day; remembers which were asked for, so an amount can be explained."""

    def __init__(self, parameters: Mapping[str, Parameter], day: date) -> None:
        self.day = day
        self._parameters = parameters
        self._asked: dict[str, Dated] = {}

    def __getitem__(self, key: str) -> Any:
        dated = self._parameters[key].on(self.day)
        self._asked[key] = dated
        return dated.value

    def __iter__(self) -> Any:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)

    def cite(self, key: str) -> Dated:
        """The dated value behind a key, with its source."""
        return self._parameters[key].on(self.day)

    def told(self, key: str) -> dict[str, Any]:
        """The value behind a key as it is shown: what it is, since when it holds, and on what."""
        parameter, dated = self._parameters[key], self.cite(key)
        return {
            "label_zh": parameter.label_zh,
            "label_en": parameter.label_en,
            "origin": "law",
            "value": _told(dated.value),
            "unit": parameter.unit,
            "since": dated.first.isoformat(),
            "until": dated.last.isoformat() if dated.last else None,
            "rule": parameter.rule,
            "source": dated.source,
            "certainty": dated.certainty,
            "checked_on": dated.checked_on.isoformat(),
        }

    def rule_of(self, key: str) -> str:
        """The rule that the parameter belongs to."""
        return self._parameters[key].rule

    def asked(self) -> dict[str, Dated]:
        """What was asked for so far, in order."""
        return dict(self._asked)


def _told(value: Any) -> str:
    """A value as people read it: a list one after the other, a row of a table by its values."""
    rows = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    each = (" ".join(map(str, row.values())) if isinstance(row, Mapping) else row for row in rows)
    return ", ".join(map(str, each))


class Parameters:
    """A checked file of parameters."""

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self._parameters = parameters
        self.on = lru_cache(maxsize=_DAYS_KEPT)(self._on)

    @classmethod
    def load(cls, path: Path) -> Parameters:
        """Read the file; refuses unknown or missing fields, gaps, overlaps, unsourced values."""
        with path.open("rb") as file:
            tree = tomllib.load(file, parse_float=Decimal)
        return cls({key: _parameter(path.name, key, entry) for key, entry in tree.items()})

    def __iter__(self) -> Any:
        return iter(self._parameters.values())

    def _on(self, day: date) -> InForce:
        return InForce(self._parameters, day)

    def in_force(self, key: str, day: date) -> Any:
        """The value of one parameter on a day."""
        return self.on(day)[key]

    def first_day(self) -> date:
        """The first day on which anything is in force."""
        return min(parameter.values[0].first for parameter in self._parameters.values())

    def from_first(self, day: date) -> InForce:
        """The parameters of a day; of a day before anything is in force, those of the first."""
        return self.on(max(day, self.first_day()))

    def last_checked(self) -> date:
        """The day as of which the file was last compared with the law."""
        days: list[date] = [dated.checked_on for parameter in self for dated in parameter.values]
        return max(days)

    def change_days(self) -> tuple[date, ...]:
        """Every day on which some value begins."""
        return tuple(sorted({dated.first for parameter in self for dated in parameter.values}))


def _parameter(name: str, key: str, entry: Mapping[str, Any]) -> Parameter:
    where = f"{name}: {key}"
    _fields(where, entry, known=_KEY_FIELDS, needed=_KEY_FIELDS)
    values = tuple(_dated(where, value) for value in entry["value"])
    if not values:
        raise ParameterError(f"{where} has no value")
    for earlier, later in pairwise(values):
        if later.first <= earlier.first:
            raise ParameterError(f"{where}: {later.first} is not after {earlier.first}")
        if earlier.last is not None and earlier.last + timedelta(days=1) != later.first:
            raise ParameterError(f"{where}: gap or overlap at {later.first}")
    return Parameter(
        key, entry["label_zh"], entry["label_en"], entry["rule"], entry["unit"], values
    )


def _dated(where: str, entry: Mapping[str, Any]) -> Dated:
    _fields(where, entry, known=_VALUE_FIELDS, needed=_VALUE_NEEDED)
    if entry["certainty"] not in CERTAINTIES:
        raise ParameterError(f"{where}: certainty {entry['certainty']!r} is unknown")
    if not str(entry["source"]).strip():
        raise ParameterError(f"{where}: a value without a source")
    last = entry.get("to")
    for day in (entry["from"], entry["checked_on"], *([last] if last else [])):
        if type(day) is not date:
            raise ParameterError(f"{where}: {day!r} is not a day")
    if last is not None and last < entry["from"]:
        raise ParameterError(f"{where}: ends {last} before it begins")
    return Dated(
        entry["from"],
        last,
        entry["value"],
        entry["source"],
        entry["certainty"],
        entry["checked_on"],
    )


def _fields(
    where: str, entry: Mapping[str, Any], *, known: frozenset[str], needed: frozenset[str]
) -> None:
    unknown = set(entry) - known
    missing = needed - set(entry)
    if unknown or missing:
        raise ParameterError(f"{where}: unknown {sorted(unknown)}, missing {sorted(missing)}")
