"""What the keeper of a book does: open it, enter, take back, close a period, each in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, select

from single_window.declarations.books.ledger import Answer, By, enter
from single_window.declarations.books.loading import locked
from single_window.declarations.books.opening import opened
from single_window.declarations.books.papers import failed, take_effect
from single_window.declarations.books.rights import found, permit
from single_window.declarations.history import Journal
from single_window.declarations.scope import Scope
from single_window.declarations.service import Unknown
from single_window.domain.books.account import Book, Item
from single_window.domain.books.entries import Entry, Kind
from single_window.domain.findings import Finding
from single_window.storage.engine import AnyRow, beijing_day, now_ms
from single_window.storage.store import Store
from single_window.storage.tables import book_entries

BY_CUSTOMS = frozenset({Kind.SUSPEND, Kind.RESUME})
"""What only customs does to a book."""
_OF_PAPERS = frozenset({Kind.OPENING, Kind.RESERVE, Kind.RELEASE})
"""What comes with a paper or with the book itself, and is never entered by hand."""
_REGIME = "bonded_repair"


def open_book(
    store: Store,
    scope: Scope,
    book: Book,
    items: Mapping[int, Item],
    entries: Sequence[Entry] = (),
    *,
    person: str,
    regime: str = _REGIME,
) -> Answer:
    """Opens a book of a company, with what is in it already; all of it or nothing.

    Raises NotAllowed for who may not keep books of that company.
    """
    at = now_ms()
    by = By(at, person, scope.organisation_id)
    with store.database.write() as connection:
        permit(connection, scope, book.company, regime, at=at)
        return opened(store, connection, book, items, entries, by=by, regime=regime)


def post(
    store: Store,
    scope: Scope,
    number: str,
    entries: Sequence[Entry],
    *,
    person: str,
    once: bool = False,
) -> Answer:
    """Makes entries in a book, all of them or none. Raises Unknown or NotAllowed.

    Asked to make them `once`, it makes none where one of them is there already.
    """
    at = now_ms()
    with store.database.write() as connection:
        row = _kept(connection, scope, number, at=at)
        if once and _made(connection, row, entries):
            return Answer()
        if wrong := [_by_hand(entry) for entry in entries if entry.kind in _NOT_BY_HAND]:
            return Answer(tuple(wrong))
        by = By(at, person, scope.organisation_id)
        return enter(store, connection, row, entries, by, by_day=True)


def _made(connection: Connection, row: AnyRow, entries: Sequence[Entry]) -> bool:
    e = book_entries.c
    keys = [entry.key for entry in entries]
    asked = select(e.id).where(e.book_id == row.id, e.key.in_(keys)).limit(1)
    return connection.execute(asked).first() is not None


_NOT_BY_HAND = BY_CUSTOMS | _OF_PAPERS | {Kind.CLOSE}


def _by_hand(entry: Entry) -> Finding:
    return Finding("rule", "BOOK-BY-HAND", "reject", "kind", entry.kind.value)


def reverse(
    store: Store, scope: Scope, number: str, key: str, *, day: date, reason: str, person: str
) -> Answer:
    """Takes an entry back by another that names it (红冲). Raises Unknown or NotAllowed."""
    own = f"R{now_ms()}|{key}"[:64]
    entry = Entry(Kind.REVERSE, day, number=own, reverses=key, reason=reason)
    return post(store, scope, number, [entry], person=person)


def close_period(store: Store, scope: Scope, number: str, through: date, *, person: str) -> Answer:
    """Closes a period once what was counted is what should remain. Raises Unknown or NotAllowed."""
    at = now_ms()
    with store.database.write() as connection:
        row = _kept(connection, scope, number, at=at)
        entry = Entry(Kind.CLOSE, through, number=through.isoformat())
        by = By(at, person, scope.organisation_id)
        return enter(store, connection, row, [entry], by, by_day=True)


def by_customs(store: Store, number: str, kind: Kind, *, reason: str, person: str) -> Answer:
    """Customs suspends a book or lets it go on. Raises Unknown where there is none."""
    at = now_ms()
    entry = Entry(kind, beijing_day(at), number=f"{kind}|{at}", reason=reason)
    with store.database.write() as connection:
        row = locked(connection, [number]).get(number)
        if row is None or kind not in BY_CUSTOMS:
            raise Unknown
        answer = enter(store, connection, row, [entry], By(at, person))
        _again(store, connection, row, at=at)
    return answer


def again(store: Store, scope: Scope, number: str) -> int:
    """Tries once more what took effect and could not be entered; returns how much still cannot.

    Raises Unknown or NotAllowed.
    """
    at = now_ms()
    with store.database.write() as connection:
        return _again(store, connection, _kept(connection, scope, number, at=at), at=at)


def _again(store: Store, connection: Connection, row: AnyRow, *, at: int) -> int:
    journal = Journal(at)
    take_effect(store, connection, journal, {n: set() for n in failed(connection, row.id)}, at)
    journal.write(connection)
    return len(failed(connection, row.id))


def _kept(connection: Connection, scope: Scope, number: str, *, at: int) -> AnyRow:
    """The book, locked, for who may keep it."""
    row = found(connection, scope, number, at=at)
    permit(connection, scope, row.company, row.regime, at=at)
    return locked(connection, [number])[number]
