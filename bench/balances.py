"""An account book's page by the number of its movements: balances, a figure's first page, an entry.

Both accounts have the same items, so that only what lies behind their sums differs.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from sqlalchemy import select

from bench import processes
from single_window.accounts.demo import seed_demo
from single_window.declarations.books import keeping
from single_window.declarations.books.listing import Listing, header
from single_window.declarations.books.verifying import verify
from single_window.declarations.scope import Scope
from single_window.domain.books.account import Book, Item, Role
from single_window.domain.books.entries import Entry, Kind, Line
from single_window.settings import Settings
from single_window.storage import many
from single_window.storage.engine import now_ms
from single_window.storage.migrate import upgrade
from single_window.storage.store import Store
from single_window.storage.tables import book_entries, books, flows, movements, organisations

NUMBER, COMPANY = "H0000BENCH01", "BENCH"
PARTS = 200
PER_ENTRY = 50
"""Movements of an entry."""
AT_ONCE = 10_000
"""Rows written in one statement."""
OPENINGS = 40
"""How often each thing is done on each account, in turn."""
DAY = date(2026, 3, 1)
_GO_ON = """SELECT setval(pg_get_serial_sequence('book_entries', 'id'), max(id))
FROM book_entries"""
"""The entries were numbered here; PostgreSQL goes on after them."""
ISSUED = 10_000
"""Units (hundred-thousandths) that each movement takes."""


def measure(sizes: Sequence[int], engine: str) -> dict[str, Any]:
    """Milliseconds for each thing by the number of movements, and the largest by the smallest."""
    took: dict[int, Mapping[str, float]] = {}
    with _accounts(sizes, engine) as accounts:
        spent = {size: {name: list[float]() for name in _THINGS} for size in sizes}
        for at in range(OPENINGS):
            for size, (store, scope) in accounts.items():
                for name, thing in _THINGS.items():
                    begun = time.perf_counter()
                    thing(store, scope, at)
                    spent[size][name].append(time.perf_counter() - begun)
        for size, times in spent.items():
            took[size] = {n: round(statistics.median(t) * 1000, 2) for n, t in times.items()}
        for store, _ in accounts.values():
            with store.database.read() as connection:
                assert not [*verify(connection)], "the sums are those of the movements"
    first, last = took[sizes[0]], took[sizes[-1]]
    ratios = {name: round(last[name] / first[name], 2) for name in _THINGS}
    return {"ms": {str(size): each for size, each in took.items()}, "ratio": ratios}


@contextmanager
def _accounts(sizes: Sequence[int], engine: str) -> Iterator[dict[int, tuple[Store, Scope]]]:
    """An account of each size, each in a database of its own."""
    if not sizes:
        yield {}
        return
    *rest, size = sizes
    with (
        _accounts(rest, engine) as accounts,
        TemporaryDirectory(prefix="bench-") as name,
        processes.database(engine) as database,
    ):
        store = Store.open(Settings(data=Path(name), database_url=database))
        upgrade(store.database)
        seed_demo(store)
        yield accounts | {size: (store, filled(store, size))}
        store.database.close()


def filled(store: Store, size: int) -> Scope:
    """Opens the account and writes so many movements; who may read and keep it."""
    with store.database.read() as connection:
        anybody = select(organisations.c.id).where(organisations.c.any_company)
        owner: int = connection.execute(anybody).scalars().first() or 0
    scope = Scope(owner, "")
    items = {n: Item(n, Role.PART, f"part {n}", unit="035") for n in range(1, PARTS + 1)}
    lines = tuple(Line(number, Decimal(1_000_000)) for number in items)
    begun = Entry(Kind.OPENING, date(2026, 1, 1), lines=lines)
    book = Book(NUMBER, COMPANY, opened=date(2026, 1, 1), in_zone=True, months=24)
    made = keeping.open_book(store, scope, book, items, [begun], person="bench")
    assert not made.refused, made.findings
    for first in range(0, size - PARTS, AT_ONCE):
        _write(store, first, min(AT_ONCE, size - PARTS - first))
    if not store.database.is_sqlite:
        with store.database.write() as connection:
            connection.exec_driver_sql(_GO_ON)
            connection.exec_driver_sql("ANALYZE")
    return scope


def _write(store: Store, first: int, count: int) -> None:
    """Movements as issues of parts make them, with their entries and their sums."""
    numbers = range(first, first + count)
    with store.database.write(again=True) as connection:
        book: int = connection.execute(select(books.c.id)).scalar_one()
        sealed = store.vault.seal(orjson.dumps({"entry": {"kind": "issue"}, "findings": []}))
        entries = [
            {"id": 2 + at // PER_ENTRY, "book_id": book, "key": f"issue|L{at}", "kind": "issue",
             "day": DAY.isoformat(), "order_no": "", "reversed_by": "", "person": "bench",
             "sealed_entry": sealed, "at": now_ms()}
            for at in numbers if at % PER_ENTRY == 0
        ]  # fmt: skip
        many.add(connection, book_entries, entries)
        rows = [
            {"book_id": book, "entry_id": 2 + at // PER_ENTRY, "item": 1 + at % PARTS,
             "origin": "", "source": "parts", "target": "used", "units": ISSUED, "serial": "",
             "order_no": "", "day": DAY.isoformat()}
            for at in numbers
        ]  # fmt: skip
        many.add(connection, movements, rows)
        _sum(connection, book, Counter(row["item"] for row in rows))


def _sum(connection: Any, book: int, counted: Mapping[Any, int]) -> None:
    f = flows.c
    for item, times in counted.items():
        own = (f.book_id == book, f.item == item, f.source == "parts")
        more = flows.update().where(*own).values(units=f.units + times * ISSUED)
        if not connection.execute(more).rowcount:
            row = {"book_id": book, "item": item, "origin": "", "source": "parts",
                   "target": "used", "units": times * ISSUED, "closed_units": 0}  # fmt: skip
            connection.execute(flows.insert().values(row))


def _balances(store: Store, scope: Scope, _at: int) -> None:
    """What the page of a book shows when it opens."""
    with store.database.read() as connection:
        found = Listing.of(store, connection, scope, NUMBER)
        assert header(found.row)
        assert len(found.balances()) == PARTS
        found.entries(limit=20)


def _drilled(store: Store, scope: Scope, at: int) -> None:
    """The first page of the movements behind a figure."""
    with store.database.read() as connection:
        found = Listing.of(store, connection, scope, NUMBER)
        found.movements(item=1 + at % PARTS, source="parts", target="used", limit=4)


def _entered(store: Store, scope: Scope, at: int) -> None:
    """One more entry."""
    lines = (Line(1 + at % PARTS, Decimal(1)),)
    entry = Entry(Kind.ISSUE, DAY, number=f"M{at}", lines=lines)
    assert not keeping.post(store, scope, NUMBER, [entry], person="bench").refused


_THINGS: dict[str, Callable[[Store, Scope, int], None]] = {
    "balances": _balances,
    "movements of a figure": _drilled,
    "an entry": _entered,
}
