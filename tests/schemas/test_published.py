"""Order, occurrence and bounds of the bonded messages are those of the published schemas."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from schemas.fields import Field
from schemas.registry import message, messages
from tests.schemas import published

_NAMES = [name for name in messages() if message(name).edition == "2017"]
"""Those of which a schema was published, in that year."""
_BASES = {"integer": "long", "group": "group"}
_BOUNDS = ("length", "minLength", "maxLength", "totalDigits", "fractionDigits", "pattern")
Line = tuple[str, ...]


def test_there_is_a_schema_for_every_published_one(shared: object) -> None:
    assert {*published.rows()} == {*_NAMES}


@pytest.mark.parametrize("name", _NAMES)
def test_the_schema_says_what_the_published_one_says(name: str, shared: object) -> None:
    assert [*_below(name, message(name).record_field)] == [
        (
            *(row["parent"], row["element"], row["occurs"], _base(name, row)),
            *(row[bound] for bound in _BOUNDS),
            row["nillable"],
        )
        for row in published.rows()[name]
        if row["base"] != "any"
    ]


def _base(name: str, row: published.Row) -> str:
    base = row["base"]
    if base == "group" and row["parent"] != name:
        return "any"
    if row["maxInclusive"] == str(2**31 - 1):
        return "int"
    return _BASES.get(base, base)


def _below(parent: str, group: Field) -> Iterator[Line]:
    for field in group.children:
        most = "n" if field.max_occurs is None else str(field.max_occurs)
        lengths = (field.length, field.min_length, field.max_length)
        digits = (field.total_digits, field.fraction_digits)
        yield (
            *(parent, field.name, f"{field.min_occurs}..{most}", field.kind),
            *("" if bound is None else str(bound) for bound in (*lengths, *digits)),
            field.pattern or "",
            "yes" if field.nillable else "",
        )
        yield from _below(field.name, field)
