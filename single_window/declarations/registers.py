"""What an operator keeps in files: who and what is known to be in order, and exchange rates.

One CSV file for each register, named after it, in the folder that REGISTERS names:

    key,ok,first,last,source
    3304990039,yes,2022-03-01,,MoF 2022-7

An empty first or last day has no end. `rates.csv` has the rates by which customs converts in a
month (当月计征汇率), CNY for one unit:

    currency,month,rate,source
    502,2026-11,7.0899,PBOC

`middle_rates.csv` has the middle rates of days (人民币汇率中间价), CNY for one unit, by which money
is converted where a day's own rate counts; currencies by their ISO letters:

    currency,day,rate,source
    USD,2026-11-20,7.0875,PBOC

What has no entry is not known, and is never guessed.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from single_window.domain.rules import Register
from single_window.settings import BadSetting

RATES, MIDDLE_RATES = "rates", "middle_rates"
_OK = {"yes": True, "no": False}


class BadRegister(BadSetting):
    """A register cannot be read; the message names file and line, and what would do."""


class Entry(NamedTuple):
    """What is known of a key from one day to another."""

    ok: bool
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Registers:
    """All registers of a folder."""

    entries: Mapping[str, Mapping[str, list[Entry]]] = field(default_factory=dict)
    rates: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    middle_rates: Mapping[tuple[str, date], Decimal] = field(default_factory=dict)

    def on(self, day: date) -> dict[str, Register]:
        """The registers as they hold on a day; of two entries of a key the later counts."""
        return {
            name: {
                key: entry.ok
                for key, entries in keys.items()
                for entry in entries
                if entry.first <= day <= entry.last
            }
            for name, keys in self.entries.items()
        }

    def rates_on(self, day: date) -> Mapping[str, Decimal]:
        """CNY for one unit of each currency (its code), in the month of the day."""
        return self.rates.get(f"{day:%Y-%m}", {})

    def middle(self, currency: str, day: date) -> Decimal | None:
        """CNY for one unit of a currency (ISO letters) by the middle rate of the very day."""
        return self.middle_rates.get((currency, day))


def load(folder: Path | None) -> Registers:
    """The registers in a folder, none without one. Raises BadRegister."""
    entries: dict[str, dict[str, list[Entry]]] = {}
    rates: dict[str, dict[str, Decimal]] = defaultdict(dict)
    middle: dict[tuple[str, date], Decimal] = {}
    for path in sorted(folder.glob("*.csv")) if folder is not None else ():
        if path.stem == RATES:
            for place, row in _rows(path, {"currency", "month", "rate"}):
                rates[row["month"]][row["currency"]] = _rate(place, row["rate"])
            continue
        if path.stem == MIDDLE_RATES:
            for place, row in _rows(path, {"currency", "day", "rate"}):
                if (day := _day(place, row["day"], "day")) is None:
                    raise BadRegister(f"{place}: day is empty, expected YYYY-MM-DD")
                middle[row["currency"], day] = _rate(place, row["rate"])
            continue
        keys: dict[str, list[Entry]] = defaultdict(list)
        for place, row in _rows(path, {"key", "ok"}):
            if row["ok"] not in _OK:
                raise BadRegister(f"{place}: ok is {row['ok']!r}, expected yes or no")
            first, last = (_day(place, row.get(name), name) for name in ("first", "last"))
            keys[row["key"]].append(Entry(_OK[row["ok"]], first or date.min, last or date.max))
        entries[path.stem] = keys
    return Registers(entries, rates, middle)


def _rows(path: Path, needed: set[str]) -> Iterator[tuple[str, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if missing := needed - {*(reader.fieldnames or ())}:
            raise BadRegister(f"{path}: no column {', '.join(sorted(missing))}")
        for row in reader:
            yield f"{path} line {reader.line_num}", {n: (t or "").strip() for n, t in row.items()}


def _rate(place: str, text: str) -> Decimal:
    try:
        rate = Decimal(text)
    except InvalidOperation as error:
        raise BadRegister(f"{place}: rate is {text!r}, expected a number") from error
    if not rate.is_finite() or rate <= 0:
        raise BadRegister(f"{place}: rate is {text!r}, expected a number above 0")
    return rate


def _day(place: str, text: str | None, name: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadRegister(f"{place}: {name} is {text!r}, expected YYYY-MM-DD") from error
