"""Whether what is derived from movements is what they sum up to: sums, places of pieces, stocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from single_window.domain.books.account import STOCKS
from single_window.storage.tables import book_serials, books, flows, holdings, movements


class Difference(NamedTuple):
    """Something kept that is not what the movements say: of a book, where, kept, by movements."""

    book: str
    where: str
    kept: str
    summed: str


def verify(connection: Connection) -> Iterator[Difference]:
    """Every difference in any book; none where all is well. One pass over the movements of each."""
    for row in connection.execute(select(books.c.id, books.c.number).order_by(books.c.id)):
        yield from _sums(connection, row.id, row.number)
        yield from _pieces(connection, row.id, row.number)
        yield from _stocks(connection, row.id, row.number)


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


def _stocks(connection: Connection, book: int, number: str) -> Iterator[Difference]:
    """No stock is below nothing, and no more is spoken for than there is."""
    f, h = flows.c, holdings.c
    stocks: dict[tuple[int, str, str], int] = {}
    for row in connection.execute(select(flows).where(f.book_id == book)):
        for place, sign in ((row.target, 1), (row.source, -1)):
            if place in STOCKS:
                at = (row.item, row.origin, place)
                stocks[at] = stocks.get(at, 0) + sign * row.units
    held = {
        (row.item, row.origin, row.place): int(row.units)
        for row in connection.execute(
            select(h.item, h.origin, h.place, func.sum(h.units).label("units"))
            .where(h.book_id == book)
            .group_by(h.item, h.origin, h.place)
        )
    }
    for at in sorted(stocks.keys() | held.keys()):
        there, spoken = stocks.get(at, 0), held.get(at, 0)
        if there < 0 or spoken > there:
            yield Difference(number, "/".join(map(str, at)), str(spoken), str(there))
