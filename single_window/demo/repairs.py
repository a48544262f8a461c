"""The account book of a small repair shop, so that a demonstration has one to look at."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select

from single_window.declarations.books import keeping
from single_window.declarations.scope import Scope
from single_window.domain.books.account import Book, Item
from single_window.domain.books.entries import Entry
from single_window.domain.books.told import entry_of, read
from single_window.storage.engine import beijing_day, now_ms
from single_window.storage.store import Store
from single_window.storage.tables import organisations

_FILE = Path(__file__).with_name("repair.toml")
_PERSON = "demo"
_RELATIVE = ("opened_ago", "valid_ahead")

Told = Mapping[str, Any]


def seed_shop(
    store: Store, company: str, *, number: str = "", language: Literal["zh", "en"] = "zh"
) -> str:
    """Opens the book for a company with what happened in it; returns its number.

    One piece is in work and due in days, one has left, one cannot be repaired and is overdue. A
    book that is there already stays as it is.
    """
    told, day = tomllib.loads(_FILE.read_text(encoding="utf-8")), beijing_day(now_ms())
    book = _book(told["book"], company, day, number)
    with store.database.read() as connection:
        asked = select(organisations.c.id).where(organisations.c.code == company)
        scope = Scope(connection.execute(asked).scalar_one(), company)
    items = {each["seqno"]: _item(each, language) for each in told["item"]}
    begun = {"kind": "opening", "day": book.opened.isoformat() if book.opened else ""}
    opening = entry_of(begun | {"number": "opening", "lines": told["opening"]})
    if keeping.open_book(store, scope, book, items, [opening], person=_PERSON).refused:
        return book.number
    for entry in _entries(told["entry"], day):
        made = keeping.post(store, scope, book.number, [entry], person=_PERSON)
        assert not made.refused, made.findings
    return book.number


def _book(told: Told, company: str, day: date, number: str) -> Book:
    days = {
        "opened": day - timedelta(days=told["opened_ago"]),
        "valid_until": day + timedelta(days=told["valid_ahead"]),
    }
    rest = {name: value for name, value in told.items() if name not in _RELATIVE}
    return read(Book, rest | ({"number": number} if number else {}), company=company, **days)


def _item(told: Told, language: str) -> Item:
    rest = {name: value for name, value in told.items() if name not in ("zh", "en")}
    return read(Item, rest | {"name": told[language]})


def _entries(told: list[dict[str, Any]], day: date) -> Iterator[Entry]:
    for each in told:
        on = day - timedelta(days=each["ago"])
        rest = {name: value for name, value in each.items() if name not in ("ago", "lines")}
        lines = [_line(line, day) for line in each.get("lines", ())]
        yield entry_of(rest | {"day": on.isoformat(), "lines": lines})


def _line(told: Told, day: date) -> dict[str, Any]:
    line = {name: value for name, value in told.items() if name != "deadline_ahead"}
    if "deadline_ahead" in told:
        line["deadline"] = (day + timedelta(days=told["deadline_ahead"])).isoformat()
    return line
