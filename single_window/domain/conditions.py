"""Checks on single fields as data: rows that say what a field must be, and when.

A row of `regime.toml`:

    [[condition]]
    code = "CBEC-GIVEN"
    severity = "reject"
    message = "CEB621Message"
    fields = ["InventoryHead/emsNo", "InventoryHead/areaCode"]
    must = "given"
    when = { tradeMode = ["1210", "1239"] }

`when` names the message's `switch` field (one per message), on which rows may depend. A field in
a repeating group is checked in every line. What a row says is read off the record as text; the
slower exact look is taken only where the quick one doubts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import repeat
from typing import Any

from single_window.domain.findings import Finding, Severity

Record = Mapping[str, Any]
Leaves = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Condition:
    """One row, for one field."""

    code: str
    severity: Severity
    group: str
    name: str
    must: str
    values: tuple[str, ...] = ()
    switch: tuple[str, ...] | None = None


def _given(value: str | None, values: tuple[str, ...]) -> bool:
    return bool(value) and not (value or "").isspace()


def _absent(value: str | None, values: tuple[str, ...]) -> bool:
    return not value or value.isspace()


def _one_of(value: str | None, values: tuple[str, ...]) -> bool:
    return value is None or value in values or value.strip() in values


def _number(value: str | None, values: tuple[str, ...]) -> bool:
    if value is None or value in values:
        return True
    amount = number(value)
    return amount is None or any(amount == Decimal(allowed) for allowed in values)


def _upper(value: str | None, values: tuple[str, ...]) -> bool:
    return value is None or value == value.upper()


def _not_negative(value: str | None, values: tuple[str, ...]) -> bool:
    if not value or "-" not in value:
        return True
    amount = number(value)
    return amount is None or amount >= 0


def _positive(value: str | None, values: tuple[str, ...]) -> bool:
    if not value or (value[0] in "123456789" and "-" not in value):
        return True
    amount = number(value)
    return amount is None or amount > 0


def _moment(value: str | None, values: tuple[str, ...]) -> bool:
    if not value:
        return True
    return (
        len(value) == 14
        and value.isascii()
        and value.isdecimal()
        and value[8:10] < "24"
        and value[10:12] < "60"
        and value[12:] < "60"
        and day_of(value[:8]) is not None
    )


def _day(value: str | None, values: tuple[str, ...]) -> bool:
    return not value or day_of(value) is not None


# name in a row -> is the value right? An absent value is right but for "given".
_RIGHT: dict[str, Callable[[str | None, tuple[str, ...]], bool]] = {
    "given": _given,
    "asked_by_text": _given,
    "absent": _absent,
    "one_of": _one_of,
    "number": _number,
    "upper": _upper,
    "not_negative": _not_negative,
    "positive": _positive,
    "moment": _moment,
    "day": _day,
}
MUSTS = frozenset(_RIGHT)


def number(text: str) -> Decimal | None:
    """The text as an exact number, None where it is none."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


@lru_cache(maxsize=4096)
def day_of(text: str) -> date | None:
    """The day that YYYYMMDD names, None where there is no such day."""
    if len(text) != 8 or not (text.isascii() and text.isdecimal()):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


_Row = tuple[str, Callable[[str | None, tuple[str, ...]], bool], tuple[str, ...], Condition]


@dataclass(frozen=True, slots=True)
class _Layout:
    """The rows of one group; what most of them ask is asked of all their fields at once.

    `given` are the names that must be there, `absent` those that must not, `fixed` those that can
    have one value only, `unsigned` those that must not be negative. Only where such a look fails
    are its rows (`doubted`) gone through one by one; `rows` always are.
    """

    given: tuple[str, ...]
    absent: tuple[str, ...]
    fixed: tuple[str, ...]
    values: list[str]
    unsigned: tuple[str, ...]
    doubted: tuple[_Row, ...]
    rows: tuple[_Row, ...]

    @classmethod
    def of(cls, rows: Sequence[_Row]) -> _Layout:
        """Lays the rows out."""
        named = {
            right: tuple(name for name, each, _, _ in rows if each is right)
            for right in (_given, _absent, _not_negative)
        }
        fixed = [row for row in rows if row[1] is _one_of and len(row[2]) == 1]
        quick = [row for row in rows if row[1] in named or row in fixed]
        return cls(
            given=named[_given],
            absent=named[_absent],
            fixed=tuple(row[0] for row in fixed),
            values=[row[2][0] for row in fixed],
            unsigned=named[_not_negative],
            doubted=tuple(quick),
            rows=tuple(row for row in rows if row not in quick),
        )

    def check(self, leaves: Leaves, group: str, at: int, found: list[Finding]) -> None:
        """Adds a finding for each field that is not as its row says."""
        get = leaves.get
        there = [*map(get, self.given)]
        if (
            not all(there)
            or any(map(str.isspace, there))  # type: ignore[arg-type]
            or any(map(get, self.absent))
            or [*map(get, self.fixed)] != self.values
            or "-" in "".join(map(get, self.unsigned, _NOTHING))
        ):
            _check(leaves, self.doubted, _prefix(group, at), found)
        for name, right, values, row in self.rows:
            value = get(name)
            if not right(value, values):
                _add(row, _prefix(group, at), value, found)


_NOTHING = repeat("")


def _prefix(group: str, at: int) -> str:
    """Where a field's path begins; `at` counts the lines of a repeating group, else it is 0."""
    if not group:
        return ""
    return f"{group}[{at}]/" if at else f"{group}/"


_Groups = tuple[tuple[str, _Layout], ...]


class Conditions:
    """The rows of one message, laid out for checking record after record."""

    def __init__(self, rows: Iterable[Condition], switch: str | None = None) -> None:
        self.rows = tuple(rows)
        group, _, name = (switch or "").rpartition("/")
        self._switch = (group, name) if switch else None
        values = {value for row in self.rows for value in row.switch or ()}
        self._cases = {value: self._layout(value) for value in values}
        self._other = self._layout(None)

    def _layout(self, value: str | None) -> _Groups:
        groups: dict[str, list[_Row]] = {}
        for row in self.rows:
            if row.switch is None or value in row.switch:
                entry = (row.name, _RIGHT[row.must], row.values, row)
                groups.setdefault(row.group, []).append(entry)
        return tuple((group, _Layout.of(entries)) for group, entries in groups.items())

    def check(self, record: Record, found: list[Finding]) -> None:
        """Add a finding for each field that is not what its row says."""
        groups = self._other
        if self._switch is not None:
            group, name = self._switch
            value = record.get(group, record).get(name) if group else record.get(name)
            groups = self._cases.get(value, self._other)  # type: ignore[arg-type]
        for group, layout in groups:
            part = record.get(group) if group else record
            if part is None:
                continue
            if isinstance(part, list):
                for at, leaves in enumerate(part, 1):
                    layout.check(leaves, group, at, found)
            else:
                layout.check(part, group, 0, found)


def _check(leaves: Leaves, rows: tuple[_Row, ...], prefix: str, found: list[Finding]) -> None:
    get = leaves.get
    for name, right, values, row in rows:
        value = get(name)
        if not right(value, values):
            _add(row, prefix, value, found)


def _add(row: Condition, prefix: str, value: str | None, found: list[Finding]) -> None:
    path = prefix + row.name
    expected = " / ".join(row.values)
    found.append(Finding("rule", row.code, row.severity, path, value or "", expected))


@dataclass(frozen=True, slots=True)
class CodeField:
    """A field that takes its values from a code list."""

    group: str
    name: str
    repeating: bool
    table: str


class Codes:
    """The code lists of one message on one day, laid out for checking."""

    def __init__(
        self,
        fields: Sequence[CodeField],
        codes: Callable[[str], frozenset[str]],
        code: str,
        severity: Severity = "reject",
    ) -> None:
        groups: dict[tuple[str, bool], list[tuple[str, frozenset[str], str]]] = {}
        for field in fields:
            entry = (field.name, codes(field.table), field.table)
            groups.setdefault((field.group, field.repeating), []).append(entry)
        self._groups = tuple(
            (group, repeating, tuple(entries)) for (group, repeating), entries in groups.items()
        )
        self._code = code
        self._severity: Severity = severity

    def check(self, record: Record, found: list[Finding]) -> None:
        """Add a finding for each value that its list does not hold; empty values are no codes."""
        for group, repeating, entries in self._groups:
            part = record.get(group) if group else record
            if part is None:
                continue
            if repeating:
                for at, leaves in enumerate(part, 1):
                    get = leaves.get
                    for name, allowed, table in entries:
                        value = get(name)
                        if value not in allowed and value:
                            self._add(found, f"{group}[{at}]/{name}", value, table)
                continue
            get = part.get
            for name, allowed, table in entries:
                value = get(name)
                if value not in allowed and value:
                    self._add(found, f"{group}/{name}" if group else name, value, table)

    def _add(self, found: list[Finding], path: str, value: str, table: str) -> None:
        found.append(
            Finding("rule", self._code, self._severity, path, value, args=(("table", table),))
        )
