"""Books that begin, and books whose header or items change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, delete, insert, select, update

from single_window.declarations.books import rows
from single_window.declarations.books.ledger import Answer, By, enter, keeping_of
from single_window.declarations.books.loading import Loading, value_of
from single_window.domain.books.account import Book, Item
from single_window.domain.books.entries import Entry
from single_window.domain.books.papers import Change
from single_window.domain.findings import Finding, decision
from single_window.domain.money import ZERO
from single_window.storage import many
from single_window.storage.among import among
from single_window.storage.engine import AnyRow, beijing_day
from single_window.storage.store import Store
from single_window.storage.tables import book_items, books, flows


def opened(
    store: Store,
    connection: Connection,
    book: Book,
    items: Mapping[int, Item],
    entries: Sequence[Entry],
    *,
    by: By,
    regime: str,
) -> Answer:
    """A new book in the caller's transaction; nothing of it where it is refused."""
    day, check = book.opened or beijing_day(by.at), keeping_of(regime).opened
    findings = [*check(book, items, day)] if check is not None else []
    known = select(books.c.id).where(books.c.number == book.number)
    if connection.execute(known).first() is not None:
        findings.append(Finding("rule", "BOOK-KNOWN", "reject", "number", book.number))
    if decision(findings) == "reject":
        return Answer(tuple(findings))
    own = rows.row_of_book(book) | {
        "regime": regime,
        "value": f"{ZERO:f}",
        "declaration_id": by.declaration_id,
        "opened_at": by.at,
    }
    with connection.begin_nested() as attempt:
        row = connection.execute(insert(books).values(own).returning(*books.c)).one()
        listed = [rows.row_of_item(row.id, each) for each in items.values()]
        many.add(connection, book_items, listed)
        made = enter(store, connection, row, entries, by)
        if made.refused:
            attempt.rollback()
    return replace(made, findings=(*findings, *made.findings))


def changed(
    store: Store,
    connection: Connection,
    row: AnyRow | None,
    change: Change,
    *,
    by: By,
    regime: str,
) -> Answer:
    """A book as a paper makes it: opened, or its header and some items changed."""
    if row is None or change.new:
        return opened(
            store, connection, change.book, change.items, change.entries, by=by, regime=regime
        )
    if wrong := forbidden(store, connection, row, change):
        return Answer(tuple(wrong))
    own = books.c.id == row.id
    of_these = among(connection, book_items.c.seqno, [*change.items])
    connection.execute(delete(book_items).where(book_items.c.book_id == row.id, of_these))
    listed = [rows.row_of_item(row.id, each) for each in change.items.values()]
    many.add(connection, book_items, listed)
    state = replace(Loading(store, connection, row).whole(), book=change.book)
    values = rows.row_of_book(change.book) | {"value": f"{value_of(state):f}"}
    connection.execute(update(books).where(own).values(values))
    return Answer()


def forbidden(store: Store, connection: Connection, row: AnyRow, change: Change) -> list[Finding]:
    """Why a book may not be changed so: by its paper, and by what has moved in it already."""
    known = Loading(store, connection, row).items(None)
    moved = _moved(connection, row, change.items)
    return [
        *change.found,
        *(
            Finding("rule", "BOOK-ITEM-MOVED", "reject", item.path, str(item.seqno), old.unit)
            for item in change.items.values()
            if (old := known.get(item.seqno)) is not None and old.ledger in moved
            if (item.role, item.unit, item.ledger, item.serials)
            != (old.role, old.unit, old.ledger, old.serials)
        ),
    ]


def _moved(connection: Connection, row: AnyRow, items: Mapping[int, Item]) -> set[int]:
    """The ledgers of these items that have movements: what they are counted in stays."""
    asked = select(flows.c.item).where(
        flows.c.book_id == row.id,
        among(connection, flows.c.item, [item.ledger for item in items.values()]),
    )
    return {*connection.execute(asked).scalars()}
