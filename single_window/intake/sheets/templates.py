"""Templates to fill in: the sheets of one message, or of all papers of a trade in one workbook."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from schemas import codes, registry
from schemas.fields import Field
from single_window import regimes
from single_window.intake.sheets.cells import letters
from single_window.intake.sheets.layout import (
    REMARK,
    Sheet,
    is_guid,
    is_needed,
    sheets_of,
)
from single_window.intake.sheets.values import choice
from single_window.intake.sheets.writing import Choice, Look, Page, Value, written

FIRST_ROW = 4
"""The first row of values in a template; what stands above says what the columns are."""
CHOICES_MOST = 400
"""Codes that one can still choose from by scrolling."""
_NARROWEST, _WIDEST = 10, 36
_CODES = "codes"

Rows = Iterable[Sequence[Value | None]]


@cache
def words(key: str) -> tuple[str, str]:
    """What the templates themselves say, in Chinese and in English."""
    with Path(__file__).with_name("words.csv").open(encoding="utf-8", newline="") as file:
        return next((row["zh"], row["en"]) for row in csv.DictReader(file) if row["key"] == key)


def template(names: Sequence[str]) -> Iterator[bytes]:
    """A workbook to be filled in, with the sheets of these messages. KeyError if one is unknown."""
    return written(pages(names, {}))


def papers(regime: str) -> tuple[str, ...]:
    """The messages whose papers make up a trade of the regime, in the order of their plan.

    KeyError if there is no such regime.
    """
    named = dict.fromkeys(step.message for step in regimes.load(regime).plan)
    return tuple(named)


def offered(name: str) -> tuple[str, ...]:
    """The messages of the template of this name: a message's own, or that of a regime's trades.

    Empty where there is none: receipts are not filled in by those who file.
    """
    if name in regimes.all():
        return papers(name)
    if name in registry.messages() and not registry.message(name).is_receipt:
        return (name,)
    return ()


def pages(names: Sequence[str], filled: Mapping[str, Rows]) -> list[Page]:
    """The sheets of these messages with rows by the mark of their sheet, and the lists of codes."""
    sheets = [sheet for name in names for sheet in sheets_of(name)]
    lists = _lists(sheets)
    found = [_page(sheet, lists, filled.get(sheet.mark, ())) for sheet in sheets]
    return [*found, _codes_page(lists)] if lists else found


def _lists(sheets: Iterable[Sheet]) -> dict[str, list[str]]:
    """What can be chosen in fields of short code lists, by the name of the list."""
    asked = dict.fromkeys(f.code_list for sheet in sheets for f in sheet.columns if f.code_list)
    found: dict[str, list[str]] = {}
    for name in asked:
        if name in codes.names():
            rows = codes.table(name).search("", CHOICES_MOST + 1)
            if len(rows) <= CHOICES_MOST:
                found[name] = [choice(row) for row in rows]
    return found


def _codes_page(lists: Mapping[str, Sequence[str]]) -> Page:
    head = [Value(REMARK, Look.NAME), *(Value(name, Look.NAME) for name in lists)]
    longest = max(len(texts) for texts in lists.values())
    rows = (
        [None, *(Value(texts[at]) if at < len(texts) else None for texts in lists.values())]
        for at in range(longest)
    )
    return Page(_CODES, [head, *rows], hidden=True)


def _page(sheet: Sheet, lists: Mapping[str, Sequence[str]], rows: Rows) -> Page:
    places = {name: at for at, name in enumerate(lists, 2)}
    choices = [
        Choice(column, FIRST_ROW, _source(places[field.code_list], len(lists[field.code_list])))
        for column, field in enumerate(sheet.columns, sheet.first_column)
        if field.code_list and field.code_list in lists
    ]
    joins = sheet.first_column - 1
    return Page(
        title=sheet.title,
        rows=_all_rows(sheet, rows),
        widths=[_NARROWEST] * joins + [_width(field) for field in sheet.columns],
        looks=[Look.TEXT] * joins + [_look(field) for field in sheet.columns],
        choices=choices,
        frozen=(joins, FIRST_ROW - 1),
    )


def _source(column: int, count: int) -> str:
    name = letters(column)
    return f"'{_CODES}'!${name}$2:${name}${count + 1}"


def _all_rows(sheet: Sheet, rows: Rows) -> Iterator[Sequence[Value | None]]:
    joined, line = words("join"), words("line")
    yield [
        *(Value(name, Look.NAME) for name in (sheet.mark, *sheet.joins)),
        *(Value(sheet.header(field), Look.NAME) for field in sheet.columns),
    ]
    yield [
        Value(f"{REMARK} {joined[0]}", Look.LABEL),
        *(Value(line[0].format(value=each.label_zh), Look.NEEDED) for each in sheet.above),
        *(_label(field, field.label_zh, _about(field)) for field in sheet.columns),
    ]
    yield [
        Value(f"{REMARK} {joined[1]}", Look.LABEL),
        *(Value(line[1].format(value=each.label_en), Look.NEEDED) for each in sheet.above),
        *(_label(field, field.label_en, "") for field in sheet.columns),
    ]
    yield from rows


def _label(field: Field, label: str, comment: str) -> Value:
    needed = is_needed(field)
    return Value(f"{label} *" if needed else label, Look.NEEDED if needed else Look.LABEL, comment)


def _about(field: Field) -> str:
    """What the comment on a column says, first in Chinese and then in English."""
    both = zip(_notes(field, 0), _notes(field, 1), strict=True)
    sides = [list(filter(None, side)) for side in zip(*both, strict=True)]
    return "\n\n".join("\n".join(side) for side in sides if side)


def _notes(field: Field, language: int) -> list[str]:
    """What is told of a field in one language, the same kinds in the same order for both."""
    asked = [words("needed")[language]] if is_needed(field) else [""]
    asked.append(words("guid")[language] if is_guid(field) else "")
    asked.append((field.help_zh, field.help_en)[language])
    asked.append((field.condition_zh, field.condition_en)[language])
    asked.append(_facets(field, language))
    return asked


def _facets(field: Field, language: int) -> str:
    if field.total_digits is not None:
        told = {"value": field.total_digits, "fraction": field.fraction_digits or 0}
        return words("digits")[language].format_map(told)
    low, high = field.length or field.min_length or 0, field.length or field.max_length
    if high is None:
        return ""
    shown = str(high) if low == high else f"{low}–{high}"
    return words("length")[language].format(value=shown)


def _look(field: Field) -> Look:
    """Identifiers and codes are texts from the first key stroke, amounts are numbers."""
    return Look.TEXT if field.kind in {"string", "any"} else Look.PLAIN


def _width(field: Field) -> int:
    longest = field.length or field.max_length or field.total_digits or _NARROWEST
    labels = 2 * len(field.label_zh) + 2
    return max(_NARROWEST, min(_WIDEST, max(longest + 2, labels)))
