"""Which accounts of bonded repair may be opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from single_window.domain.books.account import Book, Item, Role
from single_window.regimes.bonded_repair.opening import opened

DAY = date(2026, 3, 2)
BOOK = Book("H1", "C1", months=24)
ENGINE = Item(1, Role.GOODS, "engine", hs="8411121000", unit="001")


def _said(day: date = DAY, *, book: Any = (), **item: Any) -> list[tuple[str, str]]:
    found = opened(replace(BOOK, **dict(book)), {1: replace(ENGINE, **item)}, day)
    return [(each.code, each.severity) for each in found]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({}, []),
        ({"hs": "0101210010"}, [("REP-01-OPEN", "warn")]),
        ({"hs": "0101210010", "catalogued": False}, [("REP-01", "reject")]),
        ({"hs": "0101210010", "catalogued": True}, [("REP-01-CODE", "warn")]),
        ({"hs": "0101210010", "approved": True}, []),
        ({"hs": "0101210010", "catalogued": False, "own_group": True}, [("REP-02", "warn")]),
        ({"hs": "9018121000"}, [("REP-01-OWN", "reject")]),
        ({"hs": "9018121000", "own_group": True}, []),
        ({"prohibited": True}, [("REP-04", "reject")]),
        ({"prohibited": True, "approved": True}, []),
    ],
)
def test_in_a_zone_goods_are_of_the_catalogue(item: Any, said: list[tuple[str, str]]) -> None:
    assert _said(**item) == said


def test_a_catalogue_holds_from_its_day_on() -> None:
    nacelle = {"hs": "8803300000", "catalogued": None}
    assert _said(date(2024, 1, 31), **nacelle) == [("REP-01-OPEN", "warn")]
    assert _said(date(2024, 2, 1), **nacelle) == []
    own = {"catalogued": False, "own_group": True}
    assert _said(date(2024, 1, 31), **own) == [("REP-01", "reject")]


def test_remanufacturing_does_not_lean_on_the_catalogue_of_repair() -> None:
    kind = {"kind": "remanufacture"}
    assert _said(book=kind) == [("REP-01-OPEN", "warn")]
    assert _said(book=kind, catalogued=True) == []


@pytest.mark.parametrize(
    ("book", "item", "said"),
    [
        ({"months": 24}, {}, []),
        ({"months": 25}, {}, [("BOOK-B11-PERIOD", "reject")]),
        ({"months": 0}, {}, [("BOOK-B11-PERIOD", "reject")]),
        ({"months": 12, "in_zone": False}, {}, []),
        ({"months": 13, "in_zone": False}, {}, [("BOOK-B11-PERIOD", "reject")]),
        ({"months": 60, "contract_until": date(2031, 1, 1)}, {"large": True}, []),
        ({"months": 60}, {"large": True}, [("BOOK-B11-PERIOD", "reject")]),
    ],
)
def test_a_period_has_its_limit_but_for_large_equipment_under_contract(
    book: Any, item: Any, said: list[tuple[str, str]]
) -> None:
    assert _said(book=book, **item) == said
