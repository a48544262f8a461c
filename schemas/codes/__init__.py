"""The dated code tables, one CSV each in this folder, named as the schemas name them.

A code table has the columns code, name_zh, name_en, valid_from, valid_to, source and certainty,
and may have more: what `keywords` holds is searched and not shown. A code without dates is always
in force; one that changed has a row for each period. Codes are text: leading zeros count.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final, Literal

from schemas.codes.hs import Tariff, tariff

__all__ = ["Code", "CodeTable", "Tariff", "names", "table", "tariff"]

_HERE = Path(__file__).parent
_COLUMNS: Final = ("code", "name_zh", "name_en", "valid_from", "valid_to", "source", "certainty")


@dataclass(frozen=True, slots=True)
class Code:
    """One code in one period; both ends are in force, None is open."""

    code: str
    name_zh: str
    name_en: str
    valid_from: date | None
    valid_to: date | None
    source: str
    certainty: str
    more: Mapping[str, str] = field(hash=False)

    def in_force(self, day: date) -> bool:
        """Whether the code may be used on this day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )

    def has(self, word: str) -> bool:
        """Whether a word, in lower case, begins the code or stands in a name or key word."""
        if self.code.casefold().startswith(word):
            return True
        told = (self.name_zh, self.name_en, self.more.get("keywords", ""))
        return any(word in text.casefold() for text in told)

    def far(self, text: str) -> int:
        """How far down the list this one comes of those that fit a text in lower case."""
        if self.code.casefold().startswith(text):
            return 0
        names = (self.name_zh, self.name_en)
        return 1 if any(name.casefold().startswith(text) for name in names) else 2


@dataclass(frozen=True, slots=True)
class CodeTable:
    """One code table, in the order of its file."""

    name: str
    rows: tuple[Code, ...]
    _latest: Mapping[str, Code] = field(repr=False, compare=False)
    _undated: bool = field(repr=False, compare=False)
    _on: dict[date | None, frozenset[str]] = field(repr=False, compare=False, default_factory=dict)

    def codes_on(self, day: date) -> frozenset[str]:
        """The codes in force on this day; asked again, the same object."""
        key = None if self._undated else day
        if key not in self._on:
            self._on[key] = frozenset(row.code for row in self.rows if row.in_force(day))
        return self._on[key]

    def get(self, code: str) -> Code | None:
        """The newest row of this code, in force or not."""
        return self._latest.get(code)

    def label(self, code: str, lang: Literal["zh", "en"] = "zh") -> str:
        """What the code is called, in Chinese where there is no English name; "" if unknown."""
        row = self._latest.get(code)
        if row is None:
            return ""
        return (row.name_en or row.name_zh) if lang == "en" else row.name_zh

    def search(self, text: str, limit: int = 20) -> list[Code]:
        """The newest rows that fit what was typed, `limit` of them: every word of it, in any order.

        A word fits by the start of the code, or anywhere in the names and key words. First come
        codes that begin with the text, then names that do, then the others, as the file has them.
        """
        words = text.casefold().split()
        fit = [row for row in self._latest.values() if all(map(row.has, words))]
        return sorted(fit, key=lambda row: row.far(" ".join(words)))[:limit]


def names() -> tuple[str, ...]:
    """The names of all code tables; the texts of findings lie beside them but are none."""
    return tuple(sorted(path.stem for path in _HERE.glob("*.csv") if path.stem != "findings"))


@cache
def table(name: str) -> CodeTable:
    """The code table of this name; KeyError if there is none."""
    if name not in names():
        raise KeyError(name)
    with (_HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = tuple(_code(row) for row in csv.DictReader(file))
    return CodeTable(
        name=name,
        rows=rows,
        _latest={row.code: row for row in sorted(rows, key=_start)},
        _undated=all(row.valid_from is None and row.valid_to is None for row in rows),
    )


def _start(row: Code) -> date:
    return row.valid_from or date.min


def _code(row: dict[str, str]) -> Code:
    code, name_zh, name_en, start, end, source, certainty = (row.pop(name) for name in _COLUMNS)
    more = {column: value for column, value in row.items() if value}
    return Code(code, name_zh, name_en, _day(start), _day(end), source, certainty, more)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
