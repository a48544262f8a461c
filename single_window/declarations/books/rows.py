"""Rows of the books' tables as the values that entries are judged on, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

from single_window.domain.acts import UNITS
from single_window.domain.books.account import (
    Book,
    Counted,
    Held,
    Item,
    Movement,
    Origin,
    Place,
    Serial,
    WorkOrder,
)
from single_window.domain.books.told import read, told
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store

Row = dict[str, Any]
_PARTIES = ("owner", "sender")
"""What of a piece may name a person."""


def units(quantity: Decimal) -> int:
    """A quantity as it is stored."""
    return int(quantity * UNITS)


def quantity(stored: int) -> Decimal:
    """A stored quantity as it is meant."""
    return Decimal(stored) / UNITS


def dumped(values: Mapping[str, Any]) -> str:
    """Plain values as they are kept."""
    return orjson.dumps(values).decode()


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def book_of(row: AnyRow) -> Book:
    """The header of a book."""
    known = {"number": row.number, "company": row.company}
    return read(Book, orjson.loads(row.header) | {"state": row.state}, **known)


def row_of_book(book: Book) -> Row:
    """What a header changes in the book's row."""
    return {
        "number": book.number,
        "company": book.company,
        "state": book.state.value,
        "header": dumped(told(book, "number", "company", "state")),
    }


def item_of(row: AnyRow) -> Item:
    """An item of a book."""
    return read(Item, orjson.loads(row.told), seqno=row.seqno)


def row_of_item(book_id: int, item: Item) -> Row:
    """The row of an item."""
    return {
        "book_id": book_id,
        "seqno": item.seqno,
        "ledger": item.ledger,
        "linked": item.linked,
        "told": dumped(told(item, "seqno")),
    }


def serial_of(store: Store, row: AnyRow) -> Serial:
    """A piece, with whose it is."""
    parties = orjson.loads(store.vault.open(row.sealed_parties)) if row.sealed_parties else {}
    known = {
        "number": row.number,
        "item": row.item,
        "origin": Origin(row.origin),
        "place": Place(row.place),
        "reserved": row.reserved,
    }
    return read(Serial, orjson.loads(row.told) | parties, **known)


def row_of_serial(store: Store, book_id: int, piece: Serial) -> Row:
    """The row of a piece; the day it is due stands there only while it is inside."""
    parties = {name: said for name in _PARTIES if (said := getattr(piece, name))}
    columns = ("number", "item", "origin", "place", "reserved")
    return {
        "book_id": book_id,
        "number": piece.number,
        "item": piece.item,
        "origin": piece.origin.value,
        "place": piece.place.value,
        "deadline": _day(piece.deadline) if piece.inside else "",
        "reserved": piece.reserved,
        "told": dumped(told(piece, *columns, *_PARTIES)),
        "sealed_parties": store.vault.seal(orjson.dumps(parties)) if parties else None,
    }


def order_of(row: AnyRow) -> WorkOrder:
    """A work order."""
    known = {
        "number": row.number,
        "item": row.item,
        "origin": Origin(row.origin),
        "serial": row.serial,
    }
    return read(WorkOrder, orjson.loads(row.told), **known)


def row_of_order(book_id: int, order: WorkOrder) -> Row:
    """The row of a work order."""
    return {
        "book_id": book_id,
        "number": order.number,
        "item": order.item,
        "origin": order.origin.value,
        "serial": order.serial,
        "opened": _day(order.opened),
        "closed": _day(order.closed),
        "told": dumped(told(order, "number", "item", "origin", "serial")),
    }


def movement_of(row: AnyRow, key: str) -> Movement:
    """A movement that was made under the key of an entry."""
    return Movement(
        row.item, Origin(row.origin), Place(row.source), Place(row.target), quantity(row.units),
        row.serial, row.order_no, date.fromisoformat(row.day), key,
    )  # fmt: skip


def row_of_movement(book_id: int, entry_id: int, movement: Movement) -> Row:
    """The row of a movement."""
    assert movement.day is not None
    return {
        "book_id": book_id,
        "entry_id": entry_id,
        "item": movement.item,
        "origin": movement.origin.value,
        "source": movement.source.value,
        "target": movement.target.value,
        "units": units(movement.quantity),
        "serial": movement.serial,
        "order_no": movement.order,
        "day": movement.day.isoformat(),
    }


def held_of(row: AnyRow) -> Held:
    """What a paper has spoken for."""
    return Held(row.item, Origin(row.origin), Place(row.place), quantity(row.units), row.serial)


def row_of_held(book_id: int, paper: str, declaration_id: int | None, held: Held) -> Row:
    """The row of what a paper has spoken for."""
    return {
        "book_id": book_id,
        "paper": paper,
        "declaration_id": declaration_id,
        "item": held.item,
        "origin": held.origin.value,
        "place": held.place.value,
        "units": units(held.quantity),
        "serial": held.serial,
    }


def counted_of(row: AnyRow) -> Counted:
    """What a count found."""
    return Counted(quantity(row.units), row.explanation, row.path)
