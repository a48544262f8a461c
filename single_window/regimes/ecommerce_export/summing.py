"""A month's inventories summed up into declarations (EXP-9610-03), the same whatever their order.

Inventories make one declaration when consignor, mode, transport, producer, destination and customs
are the same; their lines make one line when final destination, goods code, currency and units are.
Units are part of that because quantities in other units have no sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from single_window.domain.conditions import number
from single_window.domain.money import ZERO
from single_window.domain.regime import Facts
from single_window.regimes.ecommerce_export.terms import SUMMED

HEAD_KEY = ("ebcCode", "tradeMode", "trafMode", "ownerCode", "country", "portCode", "customsCode")
PRODUCER = "ownerCode"
LINE_KEY = ("country", "gcode", "currency", "unit", "unit1", "unit2")
ITEM_NAME = "itemName"
QUANTITIES = ("qty", "qty1", "qty2")
SUMS = (*QUANTITIES, "totalPrice")
WEIGHTS = ("packNo", "grossWeight", "netWeight")


@dataclass(frozen=True, slots=True)
class Released:
    """An inventory that customs let go: its number, the day, and what is kept of it."""

    invt_no: str
    day: date
    facts: Facts


@dataclass(frozen=True, slots=True)
class MergedLine:
    """One line of a declaration: what its lines share, their sums, and which lines they are."""

    shared: Mapping[str, str]
    gname: str
    sums: Mapping[str, Decimal]
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """One declaration: what its inventories share, their sums, its lines, and which they are."""

    shared: Mapping[str, str]
    sums: Mapping[str, Decimal]
    lines: tuple[MergedLine, ...]
    inventories: tuple[str, ...]


def summary(
    inventories: Iterable[Released],
    *,
    year: int,
    month: int,
    by_producer: bool = True,
    by_item_name: bool = False,
) -> tuple[Merged, ...]:
    """The declarations of a month's released inventories that are to be summed up.

    `by_producer` is summaryFlag 2 of message 701, `by_item_name` its itemNameFlag 1.
    """
    head_key = [name for name in HEAD_KEY if by_producer or name != PRODUCER]
    line_key = [*LINE_KEY, ITEM_NAME] if by_item_name else [*LINE_KEY]
    groups: dict[tuple[str, ...], list[Released]] = defaultdict(list)
    for one in inventories:
        if one.facts.get("statisticsFlag") == SUMMED and (one.day.year, one.day.month) == (
            year,
            month,
        ):
            groups[_values(one.facts, head_key)].append(one)
    return tuple(
        _merged(dict(zip(head_key, key, strict=True)), groups[key], line_key)
        for key in sorted(groups)
    )


def _values(facts: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(facts.get(name) or "").strip() for name in names)


def _merged(
    shared: Mapping[str, str], inventories: Sequence[Released], line_key: Sequence[str]
) -> Merged:
    ordered = sorted(inventories, key=lambda one: one.invt_no)
    groups: dict[tuple[str, ...], list[tuple[str, Mapping[str, str]]]] = defaultdict(list)
    for one in ordered:
        for line in sorted(one.facts.get("lines", ()), key=_gnum):
            groups[_values(line, line_key)].append((one.invt_no, line))
    return Merged(
        shared,
        _sums((one.facts for one in ordered), WEIGHTS),
        tuple(
            MergedLine(
                dict(zip(line_key, key, strict=True)),
                str(groups[key][0][1].get("gname", "")),
                _sums((line for _, line in groups[key]), SUMS),
                tuple((invt_no, str(line.get("gnum", ""))) for invt_no, line in groups[key]),
            )
            for key in sorted(groups)
        ),
        tuple(one.invt_no for one in ordered),
    )


def _gnum(line: Mapping[str, str]) -> tuple[int, str]:
    text = str(line.get("gnum", ""))
    return (int(text) if text.isdecimal() else 0, text)


def _sums(rows: Iterable[Mapping[str, Any]], names: Sequence[str]) -> dict[str, Decimal]:
    """The sum of each name over all rows; what says nothing counts for nothing."""
    totals = dict.fromkeys(names, ZERO)
    for row in rows:
        for name in names:
            totals[name] += number(str(row.get(name) or "0")) or ZERO
    return totals
