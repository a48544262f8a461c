"""Which sheets a message has and what their columns are, read from its fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from schemas import fastread, registry
from schemas.fields import Field
from schemas.registry import Message
from single_window.intake.explaining import may_be_empty

REMARK = "#"
"""How the first cell of a row, or of a sheet, begins that is not read."""
_TITLE_MOST = 31
_NOT_IN_TITLES = str.maketrans("[]:*?/\\", "       ")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a message: that of its heads, or that of a group that repeats.

    `mark` is what its first cell says. `group` is the path of the group whose rows these are, ""
    for the record itself; `above` are the groups that repeat around it, the outermost first. The
    columns stand behind that of the joining number and one for each group above, which says in
    which line of it the row belongs.
    """

    message: Message
    mark: str
    title: str
    group: str
    columns: tuple[Field, ...]
    above: tuple[Field, ...] = ()

    @property
    def first_column(self) -> int:
        """Where the columns of fields begin."""
        return 2 + len(self.above)

    @property
    def joins(self) -> tuple[str, ...]:
        """What the first row calls the columns that say in which line a row belongs."""
        return tuple(f"{group.name}[]" for group in self.above)

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
            above,
        )
        for group, above in _repeating(root, ())
    ]
    return (heads, *lines)


def sheet_of(mark: str) -> Sheet | None:
    """The sheet whose first cell says this; None where there is none."""
    name = mark.partition("/")[0]
    if name not in registry.messages():
        return None
    return next((sheet for sheet in sheets_of(name) if sheet.mark == mark), None)


class Line(NamedTuple):
    """One row: of each group that repeats which line it is, its own the last; values by path."""

    indexes: tuple[int, ...]
    values: dict[str, str]


def lines_of(record: fastread.Record, sheet: Sheet) -> Iterator[Line]:
    """The rows of a record that stand in a sheet."""
    names = sheet.group.split("/") if sheet.group else []
    prefix = f"{sheet.group}/" if sheet.group else ""
    for indexes, held in _held(record, names, ()):
        yield Line(indexes, dict(_values(held, prefix)))


def _held(
    held: Any, names: Sequence[str], indexes: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], fastread.Record]]:
    """What stands at the path of these names, however often."""
    if isinstance(held, list):
        for at, line in enumerate(held, 1):
            yield from _held(line, names, (*indexes, at))
    elif not names:
        yield indexes, held
    elif names[0] in held:
        yield from _held(held[names[0]], names[1:], indexes)


def is_guid(field: Field) -> bool:
    """Whether the field is a record's own number, which is made where the sheet leaves it out."""
    return field.name == "guid" and field.length == 36 and bool(field.min_occurs)


def is_needed(field: Field) -> bool:
    """Whether whoever fills in the sheet must give a value."""
    said = may_be_empty(field) or field.nillable or is_guid(field)
    return bool(field.min_occurs) and not said


def _leaves(group: Field) -> Iterator[Field]:
    """Leaves below a group that stand once in each of its rows."""
    for child in group.children:
        if child.kind != "group":
            yield child
        elif not child.repeats:
            yield from _leaves(child)


def _repeating(group: Field, above: tuple[Field, ...]) -> Iterator[tuple[Field, tuple[Field, ...]]]:
    """The groups that repeat, each before those inside it, with those that it is inside."""
    for child in group.children:
        if child.kind == "group":
            if child.repeats:
                yield child, above
            yield from _repeating(child, (*above, child) if child.repeats else above)


def _title(number: str, label: str) -> str:
    return " ".join(f"{number} {label}".translate(_NOT_IN_TITLES).split())[:_TITLE_MOST]


def _values(record: fastread.Record, prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        if isinstance(value, str):
            yield prefix + name, value
        elif isinstance(value, dict):
            yield from _values(value, f"{prefix}{name}/")
