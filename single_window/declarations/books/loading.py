"""As much of a book as some entries touch, or all of it, read from the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, or_, select

from single_window.declarations.books import rows
from single_window.domain.books.account import (
    Book,
    Item,
    Movement,
    Origin,
    Place,
    Recorded,
)
from single_window.domain.books.entries import Entry, Kind
from single_window.domain.books.state import State, worth
from single_window.domain.money import ZERO
from single_window.storage.among import among
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store
from single_window.storage.tables import (
    book_entries,
    book_items,
    book_serials,
    books,
    counts,
    flows,
    holdings,
    movements,
    work_orders,
)


def locked(connection: Connection, numbers: Iterable[str]) -> dict[str, AnyRow]:
    """The books of these numbers, each locked until the transaction ends: one writer at a time."""
    found = connection.execute(
        select(books)
        .where(among(connection, books.c.number, sorted({*numbers})))
        .order_by(books.c.id)
        .with_for_update()
    )
    return {row.number: row for row in found}


@dataclass(slots=True)
class Needs:
    """What entries name, directly or through what they name."""

    items: set[int] = field(default_factory=set)
    serials: set[str] = field(default_factory=set)
    orders: set[str] = field(default_factory=set)
    papers: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    everything: bool = False
    since: date | None = None
    by_day: bool = False

    @classmethod
    def of(cls, entries: Sequence[Entry], *, by_day: bool = False) -> Needs:
        """What these entries name by themselves, and what moved since if they go by their day."""
        days = [entry.day for entry in entries if by_day or entry.kind is Kind.CLOSE]
        needs = cls(since=min(days, default=None), by_day=by_day)
        for entry in entries:
            needs.items |= {line.item for line in entry.lines}
            needs.serials |= {line.serial for line in entry.lines}
            needs.serials |= {line.exchanged for line in entry.lines}
            needs.orders |= {entry.order, entry.number if entry.kind is Kind.ORDER else ""}
            needs.papers.add(entry.number)
            needs.keys.add(entry.key)
            if entry.kind is Kind.CLOSE:
                needs.everything = True
            if named := entry.reverses:
                needs.keys |= {named, *(f"{kind}|{named}" for kind in Kind)}
        return needs


@dataclass(frozen=True, slots=True)
class Loading:
    """Reads from one book."""

    store: Store
    connection: Connection
    row: AnyRow

    def state(self, needs: Needs) -> State:
        """What the entries need to be judged, and nothing else."""
        state = State(self.book(), {}, value=Decimal(self.row.value))
        self._entries(state, needs)
        self._orders(state, needs)
        self._holdings(state, needs)
        self._serials(state, needs)
        state.items = self.items(None if needs.everything else needs.items)
        ledgers = None if needs.everything else {item.ledger for item in state.items.values()}
        self.flows(state, ledgers)
        self._held(state, ledgers)
        if needs.everything:
            self.counts(state)
        if needs.since is not None:
            self._dated(state, needs.since, ledgers)
        if needs.by_day:
            self._seen(state, needs.serials)
        return state

    def whole(self) -> State:
        """The book as a reconciliation sees it: all sums, counts and orders, no single piece."""
        state = State(self.book(), self.items(None), value=Decimal(self.row.value))
        self.flows(state, None)
        self._held(state, None)
        self.counts(state)
        return state

    def book(self) -> Book:
        """Its header."""
        return rows.book_of(self.row)

    def all_items(self) -> dict[int, Item]:
        """All of its items."""
        return self.items(None)

    def items(self, wanted: Collection[int] | None) -> dict[int, Item]:
        """Its items, or some of them with those that they are linked to, and that to them."""
        if wanted is None:
            found = self._rows(book_items)
        else:
            own = self._among(book_items.c.seqno, wanted)
            near = self._rows(book_items, or_(own, self._among(book_items.c.linked, wanted)))
            linked = {each.linked for each in near if each.linked} | {each.seqno for each in near}
            found = self._rows(book_items, self._among(book_items.c.seqno, linked))
        return {each.seqno: rows.item_of(each) for each in found}

    def flows(self, state: State, ledgers: Collection[int] | None) -> None:
        """Adds the sums of the movements of some items, or all."""
        near = () if ledgers is None else (self._among(flows.c.item, ledgers),)
        for each in self._rows(flows, *near):
            flow = (each.item, Origin(each.origin), Place(each.source), Place(each.target))
            state.know(flow, rows.quantity(each.units))

    def _dated(self, state: State, since: date, ledgers: Collection[int] | None) -> None:
        """Adds what moved after a day, by day."""
        m = movements.c
        at = (m.item, m.origin, m.source, m.target, m.day)
        asked = select(*at, func.sum(m.units).label("units")).group_by(*at)
        asked = asked.where(m.book_id == self.row.id, m.day > since.isoformat())
        if ledgers is not None:
            asked = asked.where(self._among(m.item, ledgers))
        for each in self.connection.execute(asked):
            flow = (each.item, Origin(each.origin), Place(each.source), Place(each.target))
            state.know_day(flow, date.fromisoformat(each.day), rows.quantity(int(each.units)))

    def _seen(self, state: State, serials: Collection[str]) -> None:
        """Adds when pieces last moved."""
        m = movements.c
        pieces = (m.book_id == self.row.id, m.serial != "", self._among(m.serial, serials))
        last = select(m.serial, func.max(m.day).label("day")).where(*pieces).group_by(m.serial)
        for each in self.connection.execute(last):
            state.seen[each.serial] = date.fromisoformat(each.day)

    def counts(self, state: State) -> None:
        """Adds what was counted."""
        for each in self._rows(counts):
            at = (each.item, Origin(each.origin), Place(each.place))
            state.counts[at] = rows.counted_of(each)

    def _held(self, state: State, ledgers: Collection[int] | None) -> None:
        at = (holdings.c.item, holdings.c.origin, holdings.c.place)
        asked = select(*at, func.sum(holdings.c.units).label("units"))
        asked = asked.where(holdings.c.book_id == self.row.id).group_by(*at)
        if ledgers is not None:
            asked = asked.where(self._among(holdings.c.item, ledgers))
        for each in self.connection.execute(asked):
            stock = (each.item, Origin(each.origin), Place(each.place))
            state.held[stock] = rows.quantity(int(each.units))

    def _entries(self, state: State, needs: Needs) -> None:
        e = book_entries.c
        made = self._rows(book_entries, self._among(e.key, needs.keys), order=e.id)
        moved = self._movements([each.id for each in made])
        for each in made:
            state.entries[each.key] = recorded(
                state.entries.get(each.key), each, moved.get(each.id, ())
            )
        for key in state.entries:
            entry = state.entries[key]
            needs.orders.add(entry.order)
            needs.items |= {each.item for each in entry.movements}
            needs.serials |= {each.serial for each in entry.movements}

    def _movements(self, entries: Sequence[int]) -> dict[int, tuple[AnyRow, ...]]:
        found: dict[int, tuple[AnyRow, ...]] = defaultdict(tuple)
        own = among(self.connection, movements.c.entry_id, entries)
        asked = select(movements).where(own).order_by(movements.c.id)
        for each in self.connection.execute(asked) if entries else ():
            found[each.entry_id] += (each,)
        return found

    def _orders(self, state: State, needs: Needs) -> None:
        for each in self._rows(work_orders, self._among(work_orders.c.number, needs.orders)):
            order = rows.order_of(each)
            state.orders[order.number] = order
            needs.items |= {order.item, *order.fitted, *order.removed}
            needs.serials.add(order.serial)

    def _holdings(self, state: State, needs: Needs) -> None:
        own = self._among(holdings.c.paper, needs.papers)
        for each in self._rows(holdings, own, order=holdings.c.id):
            held = rows.held_of(each)
            state.holdings[each.paper] = (*state.holdings.get(each.paper, ()), held)
            needs.items.add(held.item)
            needs.serials.add(held.serial)

    def _serials(self, state: State, needs: Needs) -> None:
        for each in self._rows(book_serials, self._among(book_serials.c.number, needs.serials)):
            state.serials[each.number] = rows.serial_of(self.store, each)
            needs.items.add(each.item)

    def _among(self, column: Any, values: Collection[Any]) -> Any:
        return among(self.connection, column, sorted({each for each in values if each}))

    def _rows(self, table: Any, *where: Any, order: Any = None) -> Sequence[AnyRow]:
        asked = select(table).where(table.c.book_id == self.row.id, *where)
        return self.connection.execute(asked if order is None else asked.order_by(order)).all()


def value_of(state: State) -> Decimal:
    """What all stocks are worth in the book's currency, as far as prices are known in it."""
    return sum(
        (
            quantity * price
            for (item, _, _), quantity in state.stocks.items()
            if (price := worth(state.items.get(item), state.book)) is not None
        ),
        ZERO,
    )


def recorded(known: Recorded | None, row: AnyRow, moved: Iterable[AnyRow]) -> Recorded:
    """An entry with what else was made under its key; what was reversed before counts no more."""
    made: tuple[Movement, ...] = tuple(rows.movement_of(each, row.key) for each in moved)
    if known is not None and not known.reversed_by and not row.reversed_by:
        made = known.movements + made
    day = date.fromisoformat(row.day)
    return Recorded(row.kind, day, made, row.order_no, row.reversed_by)
