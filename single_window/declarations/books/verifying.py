"""Whether what is derived from movements is what they sum up to: sums, places of pieces, stocks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from single_window.declarations.books import rows
from single_window.domain.books.account import STOCKS
from single_window.domain.books.state import worth
from single_window.domain.money import ZERO
from single_window.storage.engine import AnyRow
from single_window.storage.tables import book_items, book_serials, books, flows, holdings, movements


class Difference(NamedTuple):
    """Something kept that is not what the movements say: of a book, where, kept, by movements."""

    book: str
    where: str
    kept: str
    summed: str


def verify(connection: Connection) -> Iterator[Difference]:
    """Every difference in any book; none where all is well. One pass over the movements of each."""
    for row in connection.execute(select(books).order_by(books.c.id)).all():
        yield from _sums(connection, row.id, row.number)
        yield from _pieces(connection, row.id, row.number)
        yield from _stocks(connection, row)


def _sums(connection: Connection, book: int, number: str) -> Iterator[Difference]:
    m, f = movements.c, flows.c
    at = (m.item, m.origin, m.source, m.target)
    summed = {
        tuple(row[:4]): int(row[4])
        for row in connection.execute(
            select(*at, func.sum(m.units)).where(m.book_id == book).group_by(*at)
        )
    }
    kept: dict[Any, int] = {
        tuple(row[:4]): row[4]
        for row in connection.execute(
            select(f.item, f.origin, f.source, f.target, f.units).where(f.book_id == book)
        )
    }
    for flow in sorted(summed.keys() | kept.keys()):
        if summed.get(flow, 0) != kept.get(flow, 0):
            where = "/".join(map(str, flow))
            yield Difference(number, where, str(kept.get(flow, 0)), str(summed.get(flow, 0)))


def _pieces(connection: Connection, book: int, number: str) -> Iterator[Difference]:
    """A piece stands in a stock exactly when its movements have brought one there."""
    m, s = movements.c, book_serials.c
    there: dict[str, dict[str, int]] = {}
    for place, sign in ((m.target, 1), (m.source, -1)):
        for row in connection.execute(
            select(m.serial, place, func.sum(m.units))
            .where(m.book_id == book, m.serial != "", place.in_([p.value for p in STOCKS]))
            .group_by(m.serial, place)
        ):
            stands = there.setdefault(row[0], {})
            stands[row[1]] = stands.get(row[1], 0) + sign * int(row[2])
    for piece, kept in connection.execute(select(s.number, s.place).where(s.book_id == book)):
        found = there.get(piece, {})
        by_ledger = ",".join(sorted(place for place, units in found.items() if units))
        if by_ledger != (kept if kept in STOCKS else ""):
            yield Difference(number, piece, kept, by_ledger)


def _stocks(connection: Connection, row: AnyRow) -> Iterator[Difference]:
    """No stock below nothing, no more spoken for than there is, and all worth what is kept."""
    f, h = flows.c, holdings.c
    stocks: dict[tuple[int, str, str], int] = {}
    for flow in connection.execute(select(flows).where(f.book_id == row.id)):
        for place, sign in ((flow.target, 1), (flow.source, -1)):
            if place in STOCKS:
                at = (flow.item, flow.origin, place)
                stocks[at] = stocks.get(at, 0) + sign * flow.units
    held = {
        (each.item, each.origin, each.place): int(each.units)
        for each in connection.execute(
            select(h.item, h.origin, h.place, func.sum(h.units).label("units"))
            .where(h.book_id == row.id)
            .group_by(h.item, h.origin, h.place)
        )
    }
    for at in sorted(stocks.keys() | held.keys()):
        there, spoken = stocks.get(at, 0), held.get(at, 0)
        if there < 0 or spoken > there:
            yield Difference(row.number, "/".join(map(str, at)), str(spoken), str(there))
    yield from _value(connection, row, stocks)


def _value(
    connection: Connection, row: AnyRow, stocks: dict[tuple[int, str, str], int]
) -> Iterator[Difference]:
    book, own = rows.book_of(row), book_items.c.book_id == row.id
    prices = {
        each.seqno: worth(rows.item_of(each), book) or ZERO
        for each in connection.execute(select(book_items).where(own))
    }
    value = sum((rows.quantity(n) * prices[item] for (item, *_), n in stocks.items()), ZERO)
    if value != Decimal(row.value):
        yield Difference(row.number, "", row.value, f"{value:f}")
