"""Which sheets a message has and what their columns are, read from its fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from schemas import fastread, registry
from schemas.fields import Field
from schemas.registry import Message
from single_window.intake.explaining import fault_of

REMARK = "#"
"""How the first cell of a row, or of a sheet, begins that is not read."""
_TITLE_MOST = 31
_NOT_IN_TITLES = str.maketrans("[]:*?/\\", "       ")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a message: that of its heads, or that of a group that repeats.

    `mark` is what its first cell says. The columns stand behind that of the joining number.
    `group` is the path of the group whose rows these are, "" for the record itself.
    """

    message: Message
    mark: str
    title: str
    group: str
    columns: tuple[Field, ...]

    def header(self, field: Field) -> str:
        """What the first row calls a column: its path below the sheet's own group."""
        own = len(self.group) + 1 if self.group else 0
        path = field.path[own:]
        first, _, rest = path.partition("/")
        return rest if rest and self._groups() == {first} else path

    def _groups(self) -> set[str]:
        own = len(self.group) + 1 if self.group else 0
        return {field.path[own:].partition("/")[0] for field in self.columns}


@cache
def sheets_of(name: str) -> tuple[Sheet, ...]:
    """The sheets of a message: its heads, then each group that repeats. KeyError if unknown."""
    message = registry.message(name)
    root = message.record_field
    number = name.removesuffix("Message")
    heads = Sheet(message, name, _title(number, message.label_zh), "", tuple(_leaves(root)))
    lines = [
        Sheet(
            message,
            f"{name}/{group.path}",
            _title(number, group.label_zh),
            group.path,
            tuple(_leaves(group)),
        )
        for group in _repeating(root)
    ]
    return (heads, *lines)


def has_sheets(message: Message) -> bool:
    """Whether a workbook can hold its records: not where each is a message by itself."""
    return not message.is_record


def sheet_of(mark: str) -> Sheet | None:
    """The sheet whose first cell says this; None where there is none."""
    name = mark.partition("/")[0]
    if name not in registry.messages() or not has_sheets(registry.message(name)):
        return None
    return next((sheet for sheet in sheets_of(name) if sheet.mark == mark), None)


def values_of(record: fastread.Record, sheet: Sheet) -> list[dict[str, str]]:
    """The values of a record that stand in a sheet, by path: a mapping for each row."""
    if not sheet.group:
        return [dict(_values(record, ""))]
    held: Any = record
    for name in sheet.group.split("/"):
        held = held.get(name, []) if isinstance(held, dict) else []
    lines = held if isinstance(held, list) else [held]
    return [dict(_values(line, f"{sheet.group}/")) for line in lines]


def may_be_empty(field: Field) -> bool:
    """Whether the element must be there and may say nothing."""
    return bool(field.min_occurs) and field.kind != "any" and not fault_of(field, "")[0]


def is_guid(field: Field) -> bool:
    """Whether the field is a record's own number, which is made where the sheet leaves it out."""
    return field.name == "guid" and field.length == 36 and bool(field.min_occurs)


def is_needed(field: Field) -> bool:
    """Whether whoever fills in the sheet must give a value."""
    return bool(field.min_occurs) and not may_be_empty(field) and not is_guid(field)


def _leaves(group: Field) -> Iterator[Field]:
    """Leaves below a group that stand once in each of its rows."""
    for child in group.children:
        if child.kind != "group":
            yield child
        elif not child.repeats:
            yield from _leaves(child)


def _repeating(group: Field) -> Iterator[Field]:
    for child in group.children:
        if child.kind == "group":
            if child.repeats:
                yield child
            else:
                yield from _repeating(child)


def _title(number: str, label: str) -> str:
    return " ".join(f"{number} {label}".translate(_NOT_IN_TITLES).split())[:_TITLE_MOST]


def _values(record: fastread.Record, prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        if isinstance(value, str):
            yield prefix + name, value
        elif isinstance(value, dict):
            yield from _values(value, f"{prefix}{name}/")
