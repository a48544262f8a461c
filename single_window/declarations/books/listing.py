"""What pages ask of books: which there are, what lies in them, what became of a piece."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, and_, or_, select, union

from single_window.declarations.books import rights, rows
from single_window.declarations.books.loading import Loading
from single_window.declarations.scope import Scope
from single_window.declarations.words import findings_from, rendered
from single_window.domain.books.account import LABELS, Item
from single_window.domain.books.judging import plain
from single_window.domain.books.state import State
from single_window.domain.books.told import told, whole
from single_window.domain.money import ZERO
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow, beijing_day, now_ms
from single_window.storage.store import Store

Shown = dict[str, Any]
Way = tuple[Sequence[str], Sequence[str]]
"""The places that movements come from, and those that they go to."""
Page = tuple[list[Shown], Any]
"""Items, and from where the next page goes on; None where this was the last."""


def books(connection: Connection, scope: Scope, *, after: int = 0, limit: int = 100) -> Page:
    """The books that a reader may see, in the order in which they were opened."""
    found = connection.execute(
        select(t.books)
        .where(rights.seen(scope, at=now_ms()), t.books.c.id > after)
        .order_by(t.books.c.id)
        .limit(limit + 1)
    ).all()
    return _page([header(row) for row in found], [row.id for row in found], limit)


def of_declaration(connection: Connection, scope: Scope, declaration_id: int) -> list[str]:
    """The numbers of the books that a paper has opened, moved, reserved from or failed to enter."""
    named = [
        select(t.books.c.id).where(t.books.c.declaration_id == declaration_id),
        *(
            select(table.c.book_id).where(table.c.declaration_id == declaration_id)
            for table in (t.book_entries, t.holdings, t.book_failures)
        ),
    ]
    own = t.books.c.id.in_(union(*named))
    asked = select(t.books.c.number).where(own, rights.seen(scope, at=now_ms()))
    return [*connection.execute(asked.order_by(t.books.c.number)).scalars()]


def header(row: AnyRow) -> Shown:
    """A book's header as shown."""
    value = whole(rows.book_of(row))
    return {
        "number": row.number,
        "company": row.company,
        "state": row.state,
        "regime": row.regime,
        **value,
        "value": row.value,
        "opened_at": row.opened_at,
        "declaration": row.declaration_id,
    }


def _page(shown: list[Shown], marks: Sequence[Any], limit: int) -> Page:
    more = len(shown) > limit
    return shown[:limit], marks[limit - 1] if more else None


@dataclass(frozen=True, slots=True)
class Listing:
    """Reads from one book that the reader may see."""

    store: Store
    connection: Connection
    row: AnyRow

    @classmethod
    def of(cls, store: Store, connection: Connection, scope: Scope, number: str) -> Listing:
        """The book of a number. Raises Unknown where the reader may see none."""
        return cls(store, connection, rights.found(connection, scope, number, at=now_ms()))

    # --- balances -----------------------------------------------------------------------------

    def balances(self) -> list[Shown]:
        """Each item with what lies in its stocks, by place and origin: O(items), no movements."""
        state = Loading(self.store, self.connection, self.row).whole()
        by_item: dict[int, list[Shown]] = defaultdict(list)
        for item, origin, place in sorted(state.stocks.keys() | state.held.keys()):
            there = state.stocks.get((item, origin, place), ZERO)
            held = state.held.get((item, origin, place), ZERO)
            if there or held:
                by_item[item].append(
                    {"place": place.value, **_labelled(place.value), "origin": origin.value,
                     "stock": plain(there), "reserved": plain(held),
                     "available": plain(there - held)}
                )  # fmt: skip
        return [
            {**item_shown(item), "stocks": by_item.get(item.ledger, []),
             "flows": _flows(state, item)}
            for item in state.items.values()
        ]  # fmt: skip

    # --- movements, entries -------------------------------------------------------------------

    def movements(
        self,
        *,
        place: str = "",
        ways: Sequence[Way] = (),
        since: str = "",
        until: str = "",
        after: int = 0,
        limit: int = 100,
        **where: str | int,
    ) -> Page:
        """The movements behind a figure, in their order.

        `where` names any of item (its ledger), origin, source, target, serial, order_no, day;
        those of a `place` go into it or come out of it, those of some `ways` go one of these.
        `since` and `until` are the first and the last day.
        """
        m, e = t.movements.c, t.book_entries.c
        own = [m.book_id == self.row.id, m.id > after]
        own += [m[name] == value for name, value in where.items()]
        own += [or_(m.source == place, m.target == place)] if place else []
        own += [or_(*(and_(m.source.in_(a), m.target.in_(b)) for a, b in ways))] if ways else []
        own += [m.day >= since] if since else []
        own += [m.day <= until] if until else []
        found = self.connection.execute(
            select(t.movements, e.key, e.kind, e.declaration_id, e.reversed_by, e.at)
            .join(t.book_entries, e.id == m.entry_id)
            .where(*own)
            .order_by(m.id)
            .limit(limit + 1)
        ).all()
        return _page([_moved(row) for row in found], [row.id for row in found], limit)

    def inventories(self, *, since: str, until: str) -> list[tuple[str, str]]:
        """The numbers of the papers that were entered on these days, each with what it did."""
        e, d = t.book_entries.c, t.declarations.c
        own = [e.book_id == self.row.id, e.reversed_by == "", e.day > since, e.day <= until]
        found = self.connection.execute(
            select(d.invt_no, e.kind)
            .join_from(t.book_entries, t.declarations, d.id == e.declaration_id)
            .where(*own, d.invt_no.is_not(None), d.invt_no != "")
            .order_by(e.id)
        )
        return [*dict.fromkeys((row.invt_no, row.kind) for row in found)]

    def entries(self, *, order: str = "", before: int = 0, limit: int = 100) -> Page:
        """What was entered, into the whole book or for a work order, the newest first."""
        e = t.book_entries.c
        own = [e.book_id == self.row.id] + ([e.id < before] if before else [])
        own += [e.order_no == order] if order else []
        found = self.connection.execute(
            select(t.book_entries).where(*own).order_by(e.id.desc()).limit(limit + 1)
        ).all()
        return _page([self._entered(row) for row in found], [row.id for row in found], limit)

    def entry(self, number: int) -> Shown | None:
        """An entry as it was written, with its findings and movements; None if there is none."""
        e, m = t.book_entries.c, t.movements.c
        asked = select(t.book_entries).where(e.book_id == self.row.id, e.id == number)
        row = self.connection.execute(asked).first()
        if row is None:
            return None
        moved = select(t.movements, *(e[n] for n in _OF_ENTRY)).join(t.book_entries, e.id == number)
        found = self.connection.execute(moved.where(m.entry_id == number).order_by(m.id))
        return self._entered(row) | {"movements": [_moved(each) for each in found]}

    def _entered(self, row: AnyRow) -> Shown:
        kept = orjson.loads(self.store.vault.open(row.sealed_entry))
        findings = findings_from(orjson.dumps(kept["findings"]))
        return {
            "id": row.id,
            "key": row.key,
            "kind": row.kind,
            "day": row.day,
            "order": row.order_no,
            "reversed_by": row.reversed_by,
            "declaration": row.declaration_id,
            "person": row.person,
            "at": row.at,
            "entry": kept["entry"],
            "findings": rendered(findings, ""),
        }

    # --- pieces, work orders ------------------------------------------------------------------

    def serials(
        self, *, item: int = 0, place: str = "", search: str = "", after: str = "", limit: int = 100
    ) -> Page:
        """The numbered pieces of a book, or those of an item (its ledger) or in a place."""
        s = t.book_serials.c
        own = [s.book_id == self.row.id, s.number > after]
        own += [s.item == item] if item else []
        own += [s.place == place] if place else []
        own += [s.number.startswith(search, autoescape=True)] if search else []
        found = self.connection.execute(
            select(t.book_serials).where(*own).order_by(s.number).limit(limit + 1)
        ).all()
        shown = [self._piece(row) for row in found]
        return _page(shown, [row.number for row in found], limit)

    def serial(self, number: str) -> Shown | None:
        """A piece and all that became of it: movements, work orders; None if there is none."""
        s, o = t.book_serials.c, t.work_orders.c
        asked = select(t.book_serials).where(s.book_id == self.row.id, s.number == number)
        row = self.connection.execute(asked).first()
        if row is None:
            return None
        moved, _ = self.movements(serial=number, limit=_TIMELINE)
        orders = self.connection.execute(
            select(t.work_orders).where(o.book_id == self.row.id, o.serial == number)
        )
        listed = sorted((order_shown(each) for each in orders), key=lambda each: each["opened"])
        return self._piece(row) | {"timeline": moved, "orders": listed}

    def _piece(self, row: AnyRow) -> Shown:
        piece = rows.serial_of(self.store, row)
        return told(piece) | {"inside": piece.inside, **_labelled(piece.place.value)}

    def orders(self, *, open_only: bool = True, after: str = "", limit: int = 100) -> Page:
        """Work orders by their numbers, the open ones or all."""
        o = t.work_orders.c
        own = [o.book_id == self.row.id, o.number > after] + ([o.closed == ""] if open_only else [])
        found = self.connection.execute(
            select(t.work_orders).where(*own).order_by(o.number).limit(limit + 1)
        ).all()
        return _page([order_shown(row) for row in found], [row.number for row in found], limit)

    def order(self, number: str) -> Shown | None:
        """A work order with its movements; None if there is none."""
        o = t.work_orders.c
        asked = select(t.work_orders).where(o.book_id == self.row.id, o.number == number)
        row = self.connection.execute(asked).first()
        if row is None:
            return None
        m, e = t.movements.c, t.book_entries.c
        made = select(e.id).where(e.book_id == self.row.id, e.order_no == number)
        found = self.connection.execute(
            select(t.movements, *(e[n] for n in _OF_ENTRY))
            .join(t.book_entries, e.id == m.entry_id)
            .where(m.book_id == self.row.id, m.entry_id.in_(made))
            .order_by(m.id)
        )
        return order_shown(row) | {"movements": [_moved(each) for each in found]}

    # --- why ----------------------------------------------------------------------------------

    def holders(self, item: int) -> list[Shown]:
        """The papers that have spoken for an item (its ledger) before they leave."""
        h = t.holdings.c
        asked = select(t.holdings).where(h.book_id == self.row.id, h.item == item).order_by(h.id)
        return [
            {"paper": row.paper, "declaration": row.declaration_id, "origin": row.origin,
             "place": row.place, **_labelled(row.place), "serial": row.serial,
             "quantity": plain(rows.quantity(row.units))}
            for row in self.connection.execute(asked)
        ]  # fmt: skip

    def failures(self) -> list[Shown]:
        """Papers that took effect and could not be entered: each with its findings."""
        f = t.book_failures.c
        asked = select(t.book_failures).where(f.book_id == self.row.id).order_by(f.declaration_id)
        return [
            {"declaration": row.declaration_id, "at": row.at,
             "findings": rendered(findings_from(self.store.vault.open(row.sealed_findings)), "")}
            for row in self.connection.execute(asked)
        ]  # fmt: skip


_TIMELINE = 1000
"""A piece that moved more often than this is shown with its first movements."""
_OF_ENTRY = ("key", "kind", "declaration_id", "reversed_by", "at")


def _labelled(place: str) -> Shown:
    zh, en = LABELS[place]
    return {"place_zh": zh, "place_en": en}


def item_shown(item: Item) -> Shown:
    """An item as shown, with the number its movements are kept under."""
    return {"seqno": item.seqno, **told(item, "path"), "ledger": item.ledger}


def order_shown(row: AnyRow) -> Shown:
    """A work order as shown."""
    order = rows.order_of(row)
    return {"serial": "", "opened": "", "closed": "", "result": "", **told(order)}


def _flows(state: State, item: Item) -> list[Shown]:
    """Every sum of an item's movements: what a figure is made of, to be followed down to them."""
    own = item.ledger == item.seqno
    return [
        {"origin": origin.value, "source": source.value, "target": target.value,
         "quantity": plain(quantity)}
        for (number, origin, source, target), quantity in sorted(state.flows.items())
        if own and number == item.ledger and quantity
    ]  # fmt: skip


def _moved(row: AnyRow) -> Shown:
    source, target = LABELS[row.source], LABELS[row.target]
    return {
        "id": row.id,
        "item": row.item,
        "origin": row.origin,
        "source": row.source,
        "source_zh": source[0],
        "source_en": source[1],
        "target": row.target,
        "target_zh": target[0],
        "target_en": target[1],
        "quantity": plain(rows.quantity(row.units)),
        "serial": row.serial,
        "order": row.order_no,
        "day": row.day,
        "entry": row.entry_id,
        "key": row.key,
        "kind": row.kind,
        "declaration": row.declaration_id,
        "reversed_by": row.reversed_by,
        "at": row.at,
    }


# --- what is due ----------------------------------------------------------------------------------


def due(
    store: Store,
    connection: Connection,
    scope: Scope,
    *,
    within: int,
    number: str = "",
    today: date | None = None,
    limit: int = 1000,
) -> list[Shown]:
    """Pieces that must be back within so many days, or should be back already: the latest first."""
    day = today or beijing_day(now_ms())
    s, b = t.book_serials.c, t.books.c
    last = (day + timedelta(days=within)).isoformat()
    own = [s.deadline != "", s.deadline <= last, rights.seen(scope, at=now_ms())]
    own += [b.number == number] if number else []
    found = connection.execute(
        select(t.book_serials, b.number.label("book"), b.company)
        .join(t.books, b.id == s.book_id)
        .where(*own)
        .order_by(s.deadline, s.book_id, s.number)
        .limit(limit)
    )
    shown = []
    for row in found:
        piece = rows.serial_of(store, row)
        left = (date.fromisoformat(row.deadline) - day).days
        shown.append(
            told(piece)
            | {"book": row.book, "company": row.company, "days_left": left, "overdue": left < 0}
        )
    return shown
