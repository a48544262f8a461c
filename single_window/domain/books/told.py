"""Values of a book as plain ones (for JSON), and back: what is kept, and what callers send."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from single_window.domain.books.account import BookState, Origin, Place, Result, Role
from single_window.domain.books.entries import Entry, Kind, Line
from single_window.domain.findings import Finding

LONGEST = 400
"""Characters of a text; of names that are kept in columns of their own, see `SHORTER`."""
SHORTER = {"number": 64, "order": 64, "serial": 60, "exchanged": 60, "path": 80}
DIGITS = 9
LARGEST = Decimal(10) ** 13
"""Quantities are below this, so that sums of them can be kept."""

T = TypeVar("T")


class Malformed(ValueError):
    """Something that was sent is no value of its field; `findings` says where and what would do."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(", ".join(each.path for each in findings))
        self.findings = tuple(findings)


def told(value: Any, *without: str) -> dict[str, Any]:
    """What was said of a value: its fields by name, texts for figures and days."""
    found = {}
    for field in fields(value):
        said = getattr(value, field.name)
        if field.name not in without and said != _default(field):
            found[field.name] = _plain(said)
    return found


def whole(value: Any) -> dict[str, Any]:
    """All fields of a value for showing; "" for what nobody has said."""
    said = {field.name: getattr(value, field.name) for field in fields(value)}
    return {name: "" if each is None else _plain(each) for name, each in said.items()}


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _plain(said: Any) -> Any:
    if isinstance(said, Decimal):
        return f"{said:f}"
    if isinstance(said, date):
        return said.isoformat()
    if isinstance(said, Mapping):
        return {str(key): _plain(each) for key, each in said.items()}
    if isinstance(said, Line):
        return told(said)
    if isinstance(said, tuple):
        return [_plain(each) for each in said]
    return said


def read(kind: type[T], values: Mapping[str, Any], **known: Any) -> T:
    """The value that was told so; what is `known` besides is taken as it is. Raises Malformed."""
    found, wrong = dict(known), []
    named: dict[str, Field[Any]] = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for name, text in values.items():
        field = named.get(name)
        if field is None or name in known:
            wrong.append(_wrong(name, text, ", ".join(named)))
            continue
        try:
            found[name] = _READERS[str(field.type)](text)
        except Malformed as error:
            wrong += error.findings
        except (ValueError, TypeError, AttributeError, InvalidOperation):
            wrong.append(_wrong(name, text, _EXPECTED.get(str(field.type), str(field.type))))
        else:
            if isinstance(text, str) and len(text) > SHORTER.get(name, LONGEST):
                wrong.append(_wrong(name, text, f"1-{SHORTER.get(name, LONGEST)}"))
    for name, field in named.items():
        if name not in found and name not in values and _default(field) is MISSING:
            wrong.append(_wrong(name, "", _EXPECTED.get(str(field.type), str(field.type))))
    if wrong:
        raise Malformed(wrong)
    return kind(**found)


def _wrong(name: str, value: object, expected: str) -> Finding:
    return Finding("rule", "BOOK-FORM", "reject", name, str(value)[:80], expected)


def _lines(values: Any) -> tuple[Line, ...]:
    if not isinstance(values, list | tuple):
        raise TypeError
    lines, wrong = [], []
    for at, each in enumerate(values, 1):
        if not isinstance(each, Mapping):
            wrong.append(_wrong(f"lines[{at}]", each, "{}"))
            continue
        path = {} if "path" in each else {"path": f"lines[{at}]"}
        try:
            lines.append(read(Line, each, **path))
        except Malformed as error:
            wrong += [_at(f"lines[{at}]", finding) for finding in error.findings]
    if wrong:
        raise Malformed(wrong)
    return tuple(lines)


def _at(path: str, finding: Finding) -> Finding:
    return Finding("rule", finding.code, "reject", f"{path}/{finding.path}", finding.value,
                   finding.expected)  # fmt: skip


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise TypeError
    return value.strip()


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _whole(value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS):
        raise TypeError
    return int(text)


def _exact(value: Any) -> Decimal:
    if isinstance(value, bool) or not (figure := Decimal(str(value))).is_finite():
        raise TypeError
    if not -LARGEST < figure < LARGEST:
        raise ValueError(value)
    return figure


def _figures(key: Callable[[Any], Any]) -> Callable[[Any], Mapping[Any, Decimal]]:
    return lambda value: {key(name): _exact(each) for name, each in value.items()}


def _or_none(reader: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None or value == "" else reader(value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "str": _text,
    "bool": _yes,
    "int": _whole,
    "Decimal": _exact,
    "date": date.fromisoformat,
    "Mapping[str, str]": lambda value: {_text(k): _text(v) for k, v in value.items()},
    "Mapping[str, Decimal]": _figures(_text),
    "Quantities": _figures(_whole),
    "tuple[Line, ...]": _lines,
    "Kind": Kind,
    "Origin": Origin,
    "Place": Place,
    "Role": Role,
    "Result": Result,
    "BookState": BookState,
}
_READERS |= {f"{name} | None": _or_none(reader) for name, reader in _READERS.items()}


def _words(of: type[StrEnum]) -> str:
    return ", ".join(each.value for each in of if each.value)


_EXPECTED = {
    "date": "2026-12-31",
    "Decimal": "0.00001",
    "int": "1",
    "bool": "true, false",
    "tuple[Line, ...]": "[{}]",
    **{of.__name__: _words(of) for of in (Kind, Origin, Place, Role, Result, BookState)},
}
_EXPECTED |= {f"{name} | None": words for name, words in _EXPECTED.items()}


def entry_of(values: Mapping[str, Any]) -> Entry:
    """An entry as a form or a client's program sends it. Raises Malformed."""
    return read(Entry, values)
