"""The account books that a simulated agency keeps on its own side, in single entry: what may leave.

What comes in counts once it is here, what goes out from the moment that it is asked for. An
inventory that would take more than there is, of a book that the agency has opened, is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

TABLES = """
CREATE TABLE IF NOT EXISTS account_items (
    book TEXT NOT NULL, item TEXT NOT NULL, ledger TEXT NOT NULL, PRIMARY KEY (book, item)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS account_moves (
    seq INTEGER NOT NULL, book TEXT NOT NULL, ledger TEXT NOT NULL, units INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS account_moves_ledger ON account_moves (book, ledger);
"""
#: Outcomes with which a record stays open: what it takes is kept for it.
OPEN = ("approved", "hold", "inspect", "generate")
#: Outcomes by which it is done; with any other nothing has moved.
DONE = ("well", "slow", "duplicate", "shuffle", "passed", "release")
OVERDRAWN = "overdrawn"
#: A quantity has five decimals at most.
UNITS = 100_000
#: Units that no account holds so many of; sums of less can be kept.
LARGEST = 10**17


class Item(NamedTuple):
    """An item of a book, and the one under which its goods are counted."""

    number: str
    ledger: str


class Move(NamedTuple):
    """What a record brings (above 0) or takes of an item."""

    item: str
    units: int


@dataclass(frozen=True, slots=True)
class Paper:
    """What a record says of a book: items that it opens, or what it moves."""

    book: str
    items: Sequence[Item] = ()
    moves: Sequence[Move] = ()


#: Reads a record's facts, with its numbers, as a paper of a book.
Reader = Callable[[Mapping[str, Any]], Paper]


def enter(db: sqlite3.Connection, seq: int, paper: Paper) -> bool:
    """Enter a record; False, and nothing is entered, when it takes more than there is or can be."""
    if paper.items:
        rows = [(paper.book, *item) for item in paper.items]
        db.executemany("INSERT OR REPLACE INTO account_items VALUES (?,?,?)", rows)
        return True
    known = dict(db.execute("SELECT item, ledger FROM account_items WHERE book = ?", (paper.book,)))
    if not known:
        return True
    wanted: dict[str, int] = {}
    for item, units in paper.moves:
        ledger = known.get(item, item)
        wanted[ledger] = wanted.get(ledger, 0) + units
    if any(abs(units) >= LARGEST for units in wanted.values()):
        return False
    there = {ledger: have - held for ledger, have, held in _stocks(db, paper.book)}
    if any(units < 0 and there.get(ledger, 0) + units < 0 for ledger, units in wanted.items()):
        return False
    rows_ = [(seq, paper.book, ledger, units) for ledger, units in wanted.items()]
    db.executemany("INSERT INTO account_moves VALUES (?,?,?,?)", rows_)
    return True


def _stocks(db: sqlite3.Connection, book: str) -> list[tuple[str, int, int]]:
    """Ledger, what is there, what open records have spoken for."""
    found = db.execute(
        "SELECT m.ledger, r.outcome, m.units < 0, sum(m.units) FROM account_moves m"
        " JOIN records r ON r.seq = m.seq WHERE m.book = ? GROUP BY 1, 2, 3",
        (book,),
    )
    stocks: dict[str, list[int]] = {}
    for ledger, outcome, leaves, units in found:
        at = stocks.setdefault(ledger, [0, 0])
        if outcome in DONE:
            at[0] += units
        elif outcome in OPEN and leaves:
            at[1] -= units
    return [(ledger, have, held) for ledger, (have, held) in sorted(stocks.items())]


def listed(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """Every item of every book that was opened, with what is there and what is spoken for."""
    books = [book for (book,) in db.execute("SELECT DISTINCT book FROM account_items")]
    return [
        {"book": book, "item": ledger, "there": have / UNITS, "held": held / UNITS}
        for book in sorted(books)
        for ledger, have, held in _stocks(db, book)
    ]
