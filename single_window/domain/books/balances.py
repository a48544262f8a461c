"""What a book's ledger says of each item in the figures of a reconciliation report (核销报核)."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path

from single_window.domain.books.account import (
    GOODS,
    OUTSIDES,
    STOCKS,
    Flow,
    Item,
    Origin,
    Place,
    Role,
)
from single_window.domain.books.state import State
from single_window.domain.money import ZERO

_Way = tuple[Collection[Place], Collection[Place]]
_IN_USE, _BACK = frozenset({Place.USED}), frozenset({Place.PARTS})
_MAKER = frozenset({Place.MAKER})
_TRADED = frozenset({Place.ABROAD, Place.CHINA})

_GOODS_WAYS: Mapping[str, tuple[_Way, ...]] = {
    "opening": (({Place.OPENING}, GOODS),),
    "came_in": ((OUTSIDES, GOODS),),
    "finished_repaired": (({Place.WAITING}, {Place.REPAIRED}),),
    "finished_unrepairable": (({Place.WAITING}, {Place.UNREPAIRABLE}),),
    "returned_untouched": (({Place.WAITING}, OUTSIDES),),
    "shipped_repaired": (({Place.REPAIRED}, OUTSIDES),),
    "shipped_unrepairable": (({Place.UNREPAIRABLE}, OUTSIDES),),
    "destroyed": ((GOODS, {Place.DESTROYED}),),
    "shortage": ((GOODS, {Place.SHORTAGE}),),
}
_STORED_WAYS: Mapping[str, tuple[_Way, ...]] = {
    "opening": (({Place.OPENING}, STOCKS),),
    "came_in": ((_TRADED, STOCKS),),
    "arisen": (({Place.ARISING}, STOCKS),),
    "consumed": ((STOCKS, _IN_USE), (_IN_USE, STOCKS)),
    "wasted": ((STOCKS, {Place.WASTED}),),
    "exchanged": ((STOCKS, _MAKER), (_MAKER, STOCKS)),
    "reexported": ((STOCKS, {Place.ABROAD}),),
    "handed_over": ((STOCKS, {Place.CHINA}),),
    "destroyed": ((STOCKS, {Place.DESTROYED}),),
    "taxed": ((STOCKS, {Place.TAXED}),),
    "sold": ((STOCKS, {Place.SOLD}),),
    "shortage": ((STOCKS, {Place.SHORTAGE}),),
    "surplus": (({Place.SURPLUS}, STOCKS),),
}
_REMAIN: Mapping[Role, Mapping[str, Place]] = {
    Role.GOODS: {each.value: each for each in GOODS},
    Role.PART: {"remaining": Place.PARTS},
    Role.OLD: {"remaining": Place.OLD},
    Role.SCRAP: {"remaining": Place.SCRAP},
}
ADDS = frozenset({"opening", "came_in", "arisen", "surplus"})
"""The figures that add to what should remain; the others take from it."""
INSIDE = frozenset({"finished_repaired", "finished_unrepairable"})
"""The figures that only move goods from one stock to another."""

Figures = Mapping[str, Decimal]

with Path(__file__).with_name("figures.csv").open(encoding="utf-8", newline="") as _file:
    LABELS: Mapping[str, tuple[str, str]] = {
        row["figure"]: (row["zh"], row["en"]) for row in csv.DictReader(_file)
    }
"""What each figure is called, in Chinese and in English."""


def names_of(role: Role) -> tuple[str, ...]:
    """The figures of an item: its flows, then what remains of it."""
    ways = _GOODS_WAYS if role in (Role.GOODS, Role.REPAIRED) else _STORED_WAYS
    return (*ways, *remain_of(role))


def ways_of(role: Role, name: str) -> tuple[tuple[Collection[Place], Collection[Place]], ...]:
    """The ways, from places to places, whose movements make up a figure; () where it has none."""
    ways = _GOODS_WAYS if role in (Role.GOODS, Role.REPAIRED) else _STORED_WAYS
    return ways.get(name, ())


def remain_of(role: Role) -> tuple[str, ...]:
    """The figures that say what is there."""
    return tuple(_REMAIN[Role.GOODS if role is Role.REPAIRED else role])


def figures(state: State, item: Item, origins: Collection[Origin] = tuple(Origin)) -> Figures:
    """The figures of an item by the ledger, of some origins or all."""
    flows = {
        flow: quantity
        for flow, quantity in state.flows.items()
        if flow[0] == item.ledger and flow[1] in origins
    }
    ways = _GOODS_WAYS if item.of_goods else _STORED_WAYS
    found = {name: _net(flows, way) for name, way in ways.items()}
    role = Role.GOODS if item.role is Role.REPAIRED else item.role
    for name, place in _REMAIN[role].items():
        found[name] = sum((state.stock(item.ledger, place, each) for each in origins), ZERO)
    return found


def _net(flows: Mapping[Flow, Decimal], ways: tuple[_Way, ...]) -> Decimal:
    """What went the first way, less what came back the second."""
    total = ZERO
    for sign, (sources, targets) in zip((1, -1), ways, strict=False):
        for (_, _, source, target), quantity in flows.items():
            if source in sources and target in targets:
                total += sign * quantity
    return total


def should_remain(found: Figures) -> Decimal:
    """Opening and all that came, less all that went (rules B4, B6, B8, B9)."""
    ins = (found.get(name, ZERO) for name in ADDS)
    outs = (
        quantity
        for name, quantity in found.items()
        if name not in ADDS and name not in INSIDE and name not in _STANDING
    )
    return sum(ins, ZERO) - sum(outs, ZERO)


def remains(found: Figures) -> Decimal:
    """What is there, in all stocks."""
    return sum((found.get(name, ZERO) for name in _STANDING), ZERO)


_STANDING = frozenset(name for names in _REMAIN.values() for name in names)


def replaced(items: Mapping[int, Item]) -> dict[int, list[Item]]:
    """The items of old parts, each with the parts that replace it one for one (rule B7)."""
    found: dict[int, list[Item]] = {}
    for item in items.values():
        if item.role is Role.PART and item.linked is not None and not item.consumable:
            found.setdefault(item.linked, []).append(item)
    return found


def origins_of(state: State, item: Item) -> tuple[Origin, ...]:
    """The origins under which an item has movements."""
    met = {origin for number, origin, *_ in state.flows if number == item.ledger}
    return tuple(origin for origin in Origin if origin in met)


def moved(state: State, item: Item) -> bool:
    """True when the ledger knows more of an item than its opening."""
    return any(
        number == item.ledger and source is not Place.OPENING
        for number, _, source, _ in state.flows
    )


def share(difference: Decimal, should: Decimal) -> Decimal | None:
    """A difference in hundredths of what should be there, to the hundredth; None of nothing."""
    return (difference * 100 / should).quantize(Decimal("0.01")) if should else None
