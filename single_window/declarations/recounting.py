"""Whether the statistics are what the filings add up to, and reckoning them anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Select, delete, select

from single_window import regimes
from single_window.declarations import counted
from single_window.declarations.counted import CELL, SUMS, Cell, Kept
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store

_AT_ONCE = 1000


class Difference(NamedTuple):
    """What does not agree: where (a sum, or a filing), what is kept, and what it should be."""

    where: str
    kept: str
    reckoned: str


def verify(store: Store, connection: Connection) -> Iterator[Difference]:
    """Every sum that its counts do not add up to, and every filing that counts for other things."""
    sums: dict[Cell, list[int]] = defaultdict(lambda: [0] * len(SUMS))
    numbers = select(t.counted.c.declaration_id).distinct()
    last = -1
    while some := _some(connection, numbers, t.counted.c.declaration_id, last):
        last = some[-1].declaration_id
        for each in counted.kept(connection, [row.declaration_id for row in some]).values():
            for row in each:
                counted.add(sums[row.cell], row)
    yield from _cells(connection, sums)
    yield from _filings(store, connection)


def _cells(connection: Connection, sums: dict[Cell, list[int]]) -> Iterator[Difference]:
    columns = [t.count_cells.c[name] for name in (*CELL, *SUMS)]
    kept: dict[Cell, list[int]] = {
        tuple(row[: len(CELL)]): [*row[len(CELL) :]] for row in connection.execute(select(*columns))
    }
    nothing = [0] * len(SUMS)
    for cell in sorted(kept.keys() | sums.keys()):
        own, summed = kept.get(cell, nothing), sums.get(cell, nothing)
        if own != summed:
            yield Difference("/".join(cell), _told(own), _told(summed))


def _filings(store: Store, connection: Connection) -> Iterator[Difference]:
    """Filings that count for other things than what their kept facts say."""
    known: set[int] = set()
    for some in _reached(connection):
        there = counted.kept(connection, [row.id for row in some])
        known |= there.keys()
        for row in some:
            own, reckoned = there.get(row.id, []), [*counted.due(store, row)]
            if own != reckoned:
                yield Difference(str(row.id), _rows(own), _rows(reckoned))
    numbers = select(t.counted.c.declaration_id).distinct()
    for number in connection.execute(numbers).scalars():
        if number not in known:
            yield Difference(str(number), _rows(counted.kept(connection, [number])[number]), "")


def rebuild(store: Store) -> int:
    """Reckons everything anew, in one transaction; returns how many filings count."""
    filings = 0
    with store.database.write() as connection:
        connection.execute(delete(t.counted))
        connection.execute(delete(t.count_cells))
        for some in _reached(connection):
            counted.settle(store, connection, some)
            filings += len(some)
    return filings


def _reached(connection: Connection) -> Iterator[Sequence[AnyRow]]:
    """The filings that may count, some at a time."""
    d = t.declarations.c
    counting = [each for each in regimes.all().values() if each.hooks.counting is not None]
    messages = {message for regime in counting for message in regime.owned}
    asked = select(t.declarations).where(
        d.message.in_(sorted(messages)), d.outcome.in_(counted.COUNTED)
    )
    last = -1
    while some := _some(connection, asked, d.id, last):
        last = some[-1].id
        if own := [row for row in some if counted.counts(row)]:
            yield own


def _some(
    connection: Connection, asked: Select[Any], column: Column[int], after: int
) -> Sequence[AnyRow]:
    return connection.execute(asked.where(column > after).order_by(column).limit(_AT_ONCE)).all()


def _told(sums: Sequence[int]) -> str:
    return " ".join(f"{name}={each}" for name, each in zip(SUMS, sums, strict=True) if each)


def _rows(rows: Sequence[Kept]) -> str:
    return "; ".join(f"{'/'.join(row.cell)} {row.units} {row.usd_units}" for row in rows)
