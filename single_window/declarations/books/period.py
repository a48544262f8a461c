"""A book as one period sees it: what was there before as its opening, and what moved since."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from single_window.declarations.books import rows
from single_window.declarations.books.loading import Loading
from single_window.domain.books.account import STOCKS, Flow, Origin, Place
from single_window.domain.books.state import State
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store
from single_window.storage.tables import flows, movements, work_orders

Span = tuple[date | None, date]
"""First day (None: the first that is not closed yet) and last day of a period."""


def state(store: Store, connection: Connection, row: AnyRow, span: Span) -> State:
    """The book of a period: its movements, and before them all that was there as an opening.

    Since the last closing this reads the sums and only those movements that came after the period.
    """
    loading = Loading(store, connection, row)
    found = State(loading.book(), loading.items(None))
    first, last = span
    before, within = (
        _since_closing(connection, row, last)
        if first is None
        else (_sums(connection, row, until=first, inclusive=False),
              _sums(connection, row, since=first, until=last))
    )  # fmt: skip
    for stock, units in _stocks(before).items():
        item, origin, place = stock
        if units:
            found.know((item, origin, Place.OPENING, place), rows.quantity(units))
    for flow, units in within.items():
        if units:
            found.know(flow, rows.quantity(units))
    loading.counts(found)
    _orders(connection, row, found, span)
    return found


def _since_closing(
    connection: Connection, row: AnyRow, last: date
) -> tuple[dict[Flow, int], dict[Flow, int]]:
    f = flows.c
    before, within = {}, {}
    after = _sums(connection, row, since=last, inclusive=False)
    for each in connection.execute(select(flows).where(f.book_id == row.id)):
        flow = _flow(each)
        before[flow] = each.closed_units
        within[flow] = each.units - each.closed_units - after.get(flow, 0)
    return before, within


def _sums(
    connection: Connection,
    row: AnyRow,
    *,
    since: date | None = None,
    until: date | None = None,
    inclusive: bool = True,
) -> dict[Flow, int]:
    m = movements.c
    at = (m.item, m.origin, m.source, m.target)
    where: list[Any] = [m.book_id == row.id]
    if since is not None:
        day = since.isoformat()
        where.append(m.day >= day if inclusive else m.day > day)
    if until is not None:
        day = until.isoformat()
        where.append(m.day <= day if inclusive else m.day < day)
    asked = select(*at, func.sum(m.units).label("units")).where(*where).group_by(*at)
    return {_flow(each): int(each.units) for each in connection.execute(asked)}


def _flow(row: Any) -> Flow:
    return row.item, Origin(row.origin), Place(row.source), Place(row.target)


def _stocks(sums: dict[Flow, int]) -> dict[tuple[int, Origin, Place], int]:
    found: dict[tuple[int, Origin, Place], int] = {}
    for (item, origin, source, target), units in sums.items():
        for place, signed in ((source, -units), (target, units)):
            if place in STOCKS:
                at = (item, origin, place)
                found[at] = found.get(at, 0) + signed
    return found


def _orders(connection: Connection, row: AnyRow, found: State, span: Span) -> None:
    """The orders that ended in the period with old parts unmatched: rule B7 has told of them."""
    first = span[0] or found.book.closed_through
    o = work_orders.c
    where: list[Any] = [o.book_id == row.id, o.closed != "", o.closed <= span[1].isoformat()]
    if first is not None:
        where.append(o.closed >= first.isoformat())
    where.append(o.told.contains('"unmatched"'))
    for each in connection.execute(select(work_orders).where(*where)):
        order = rows.order_of(each)
        found.orders[order.number] = order
