"""Books of a test company, and its clerks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from single_window.declarations.books import keeping
from single_window.declarations.books.ledger import Answer, By, enter
from single_window.declarations.books.listing import Listing
from single_window.declarations.books.loading import locked
from single_window.declarations.books.verifying import verify
from single_window.declarations.scope import Scope
from single_window.domain.books.account import Book, Item, Origin, Role
from single_window.domain.books.entries import Entry, Kind, Line
from single_window.domain.books.told import entry_of
from single_window.storage.engine import now_ms
from single_window.storage.store import Store
from single_window.storage.tables import metadata
from tests.window import Window

NUMBER, COMPANY = "H2026TJ00001", "OTHER"
OPENED = date(2026, 1, 1)
ENGINE, REPAIRED, BLADE, OLD, SCRAP = 1, 2, 3, 4, 5
ITEMS: Mapping[int, Item] = {
    item.seqno: item
    for item in (
        Item(ENGINE, Role.GOODS, "engine", unit="001", serials=True, linked=REPAIRED,
             price=Decimal(100_000), catalogued=True),
        Item(REPAIRED, Role.REPAIRED, "engine, repaired", unit="001", serials=True, linked=ENGINE),
        Item(BLADE, Role.PART, "blade", unit="007", linked=OLD, price=Decimal(1000),
             factors={"120": Decimal(12)}),
        Item(OLD, Role.OLD, "old blade", unit="007"),
        Item(SCRAP, Role.SCRAP, "scrap", unit="035"),
    )
}  # fmt: skip
KEPT = ("book_serials", "work_orders", "book_entries", "movements", "flows", "holdings",
         "counts")  # fmt: skip


@dataclass
class Keeper:
    """A clerk of the company, at the window."""

    store: Store
    scope: Scope
    name: str = "clerk"
    day: str = "2026-03-01"
    number: str = NUMBER

    def enter(self, kind: str, *lines: Mapping[str, Any], **said: Any) -> Answer:
        """Makes one entry, as a form would send it."""
        entry = entry_of({"kind": kind, "day": self.day, **said, "lines": lines})
        return self.post(entry)

    def post(self, *entries: Entry) -> Answer:
        """Makes entries, all or none."""
        return keeping.post(self.store, self.scope, self.number, entries, person=self.name)

    def force(self, *entries: Entry) -> Answer:
        """Makes entries as papers do: also those that nobody may make by hand."""
        by = By(now_ms(), self.name)
        with self.store.database.write() as connection:
            row = locked(connection, [self.number])[self.number]
            return enter(self.store, connection, row, entries, by)

    def stock(self, item: int, place: str, name: str = "stock") -> Decimal:
        """What lies in a stock, over all origins."""
        with self.store.database.read() as connection:
            found = Listing.of(self.store, connection, self.scope, self.number).balances()
        (shown,) = [each for each in found if each["seqno"] == item]
        return sum((Decimal(s[name]) for s in shown["stocks"] if s["place"] == place), Decimal(0))

    def tables(self) -> dict[str, list[Any]]:
        """All that is kept of any book, to see that nothing changed."""
        with self.store.database.read() as connection:
            return {
                name: [tuple(row) for row in connection.execute(select(metadata.tables[name]))]
                for name in ("books", *KEPT)
            }

    def differences(self) -> list[Any]:
        """What is derived and not what the movements say."""
        with self.store.database.read() as connection:
            return [*verify(connection)]


def keeper(window: Window) -> Keeper:
    """A clerk of the company that the tests' book belongs to."""
    return Keeper(window.store, Scope(window.other, COMPANY))


def book(**more: Any) -> Book:
    """The header of the tests' book."""
    given: dict[str, Any] = {"number": NUMBER, "company": COMPANY, "opened": OPENED}
    return Book(**given | {"currency": "502", "months": 12} | more)


def opened(window: Window, *pieces: str, blades: int = 40, **header: Any) -> Keeper:
    """A book with some blades and engines from abroad in it."""
    lines = [Line(BLADE, Decimal(blades), origin=Origin.ABROAD)] if blades else []
    lines += [Line(ENGINE, serial=number, origin=Origin.ABROAD) for number in pieces]
    entries: Sequence[Entry] = [Entry(Kind.OPENING, OPENED, lines=tuple(lines))] if lines else ()
    own = keeper(window)
    made = keeping.open_book(own.store, own.scope, book(**header), ITEMS, entries, person=own.name)
    assert not made.refused, made
    return own
