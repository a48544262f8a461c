"""Order, occurrence and bounds of every element are those of the national schema."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.fields import Field
from schemas.registry import Message, message, messages
from tests import answering

_NAMES = [name for name in messages() if message(name).family == "ceb"]
_BOUNDS = ("length", "minLength", "maxLength", "totalDigits", "fractionDigits")
_TEXT_BASES = {"string": "string", "decimal": "decimal", "int": "int", "long": "int"}

Line = tuple[str, ...]


@pytest.fixture(scope="module")
def national() -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    file = Path(answering.need("shared")) / "reference" / "ecommerce" / "schema-facets.csv"
    with file.open(encoding="utf-8-sig", newline="") as opened:
        for row in csv.DictReader(opened):
            base = _TEXT_BASES.get(row["base"], "")
            bounds = [row[bound] for bound in _BOUNDS]
            line = (row["parent"], row["element"].removeprefix("ds:"), row["occurs"], base)
            space = row["whiteSpace"] if base == "string" else ""
            values = (row["fixed"], row["default"], space)
            found.setdefault(row["message"], []).append((*line, *bounds, *values))
    return found


def test_there_is_a_schema_for_every_message_of_the_edition(
    national: dict[str, list[Line]],
) -> None:
    assert {name for name in national if name.startswith("CEB")} == {*_NAMES}


@pytest.mark.parametrize("name", _NAMES)
def test_the_schema_says_what_the_national_one_says(
    name: str, national: dict[str, list[Line]]
) -> None:
    assert [*_lines(message(name))] == national[name]


def _lines(found: Message) -> Iterator[Line]:
    for attribute in found.attributes:
        yield _line(found.name, attribute, "required", f"@{attribute.name}")
    yield from _below(found.name, found.record_field, (found.records_min, found.records_max))
    for part in found.parts:
        if part.field is None:
            yield (found.name, part.name, _range(part.min, part.max), *[""] * 9)
        else:
            yield from _below(found.name, part.field, (part.min, part.max))


def _below(parent: str, field: Field, occurs: tuple[int, int | None]) -> Iterator[Line]:
    yield _line(parent, field, _range(*occurs), field.name)
    if field.kind == "any":
        yield (field.name, "(any)", "0..1", *[""] * 9)
    for child in field.children:
        yield from _below(field.name, child, (child.min_occurs, child.max_occurs))


def _line(parent: str, field: Field, occurs: str, name: str) -> Line:
    base = field.kind if field.kind in _TEXT_BASES else ""
    lengths = (field.length, field.min_length, field.max_length)
    digits = (field.total_digits, field.fraction_digits)
    bounds = ["" if bound is None else str(bound) for bound in (*lengths, *digits)]
    space = field.white_space or "" if field.kind == "string" else ""
    return (parent, name, occurs, base, *bounds, field.fixed or "", field.default or "", space)


def _range(least: int, most: int | None) -> str:
    return f"{least}..{'n' if most is None else most}"
