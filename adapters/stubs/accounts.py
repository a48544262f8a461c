"""The account books that a simulated agency keeps on its own side, in single entry: what may leave.

A book is opened by a record, with items, or with what it holds at first; opened again it holds
that instead. What comes in counts once it is here, what goes out from the moment that it is asked
for. A record that would take more than there is, of any book that the agency has opened, is
refused, and is told how much is left there.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

TABLES = """
CREATE TABLE IF NOT EXISTS account_items (
    book TEXT NOT NULL, item TEXT NOT NULL, ledger TEXT NOT NULL, PRIMARY KEY (book, item)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS account_openings (
    seq INTEGER NOT NULL, book TEXT NOT NULL, ledger TEXT NOT NULL, units INTEGER NOT NULL,
    PRIMARY KEY (book, ledger, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS account_moves (
    seq INTEGER NOT NULL, book TEXT NOT NULL, ledger TEXT NOT NULL, units INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS account_moves_ledger ON account_moves (book, ledger);
"""
#: Outcomes with which a record stays open: what it takes is kept for it.
OPEN = ("approved", "hold", "inspect", "generate")
#: Outcomes by which it is done; with any other nothing has moved.
DONE = ("well", "slow", "duplicate", "shuffle", "passed", "release", "differ", "error")
OVERDRAWN = "overdrawn"
#: The fact that says how much was left where a record wanted more.
LEFT = "left"
#: A quantity has five decimals at most.
UNITS = 100_000
#: Units that no account holds so many of; sums of less can be kept.
LARGEST = 10**17


class Item(NamedTuple):
    """An item of a book, the one under which it is counted, and what that holds at first."""

    number: str
    ledger: str
    units: int | None = None


class Move(NamedTuple):
    """What a record brings (above 0) or takes of an item."""

    item: str
    units: int


@dataclass(frozen=True, slots=True)
class Paper:
    """What a record says of a book: items that it opens, and what it moves.

    `tells` is the fact under which the record is told what there is afterwards of what it moves.
    """

    book: str
    items: Sequence[Item] = ()
    moves: Sequence[Move] = ()
    tells: str = ""


#: Reads a record's facts, with its numbers, as what it says of one book or of several.
Reader = Callable[[Mapping[str, Any]], Paper | Sequence[Paper]]
#: Of a book by ledger: what is there, and what open records have spoken for.
Stocks = dict[str, list[int]]


def enter(
    db: sqlite3.Connection,
    seq: int,
    paper: Paper | Sequence[Paper],
    *,
    instead_of: Iterable[int] = (),
) -> dict[str, str]:
    """Enters what a record says, in all books or in none; what it is to be told, by the fact.

    What the records `instead_of` had moved is as if it had not been. Raises Overdrawn where it
    takes more than there is, or than can be.
    """
    db.execute("SAVEPOINT entering")
    try:
        gone = [(each,) for each in instead_of]
        db.executemany("DELETE FROM account_moves WHERE seq = ?", gone)
        return _entered(db, seq, [paper] if isinstance(paper, Paper) else paper)
    except Overdrawn:
        db.execute("ROLLBACK TO entering")
        raise
    finally:
        db.execute("RELEASE entering")


def _entered(db: sqlite3.Connection, seq: int, papers: Sequence[Paper]) -> dict[str, str]:
    books = {each.book: _Book(db, each.book) for each in papers}
    for each in papers:
        books[each.book].take_in(each)
    for book in books.values():
        book.judge()
    for book in books.values():
        book.write(seq)
    return {
        each.tells: plain(books[each.book].left(each))
        for each in papers
        if each.tells and books[each.book].is_open
    }


class Overdrawn(Exception):
    """There is not so much; `left` units are."""

    def __init__(self, left: int) -> None:
        super().__init__(left)
        self.left = left


class _Book:
    """A book while a record is entered."""

    def __init__(self, db: sqlite3.Connection, number: str) -> None:
        self._db = db
        self._number = number
        found = db.execute("SELECT item, ledger FROM account_items WHERE book = ?", (number,))
        self._ledgers: dict[str, str] = dict(found)
        self._items: dict[str, str] = {}
        self._opened: dict[str, int] = {}
        self._wanted: dict[str, int] = defaultdict(int)
        self._there: dict[str, int] = {}

    @property
    def is_open(self) -> bool:
        """Whether the agency keeps this book."""
        return bool(self._ledgers)

    def take_in(self, paper: Paper) -> None:
        """Notes what a paper opens and moves."""
        for item in paper.items:
            self._items[item.number] = self._ledgers[item.number] = item.ledger
            if item.units is not None:
                self._opened[item.ledger] = item.units
        for number, units in paper.moves:
            self._wanted[self._ledgers.get(number, number)] += units

    def judge(self) -> None:
        """Overdrawn where less would be left than nothing, or more than can be kept."""
        if not self.is_open or not (self._wanted or self._opened):
            return
        before = _openings(self._db, self._number)
        stocks = _stocks(self._db, self._number)
        for ledger in {**self._opened, **self._wanted}:
            have, held = stocks.get(ledger, (0, 0))
            left = have - held
            if ledger in self._opened:
                have += self._opened[ledger] - before.get(ledger, 0)
                left = left if ledger in before else have - held
            wanted = self._wanted.get(ledger, 0)
            self._there[ledger] = have - held + wanted
            largest = max(abs(wanted), abs(self._opened.get(ledger, 0)))
            less = wanted < 0 or ledger in self._opened
            if largest >= LARGEST or (less and self._there[ledger] < 0):
                raise Overdrawn(max(left, 0))

    def write(self, seq: int) -> None:
        """Writes what was noted; of a book that nobody opened, nothing."""
        if not self.is_open:
            return
        rows = [(self._number, *item) for item in self._items.items()]
        self._db.executemany("INSERT OR REPLACE INTO account_items VALUES (?,?,?)", rows)
        for table, units in (("openings", self._opened), ("moves", self._wanted)):
            told = [(seq, self._number, *each) for each in units.items()]
            line = f"INSERT INTO account_{table} VALUES (?,?,?,?)"  # noqa: S608 - one of two names
            self._db.executemany(line, told)

    def left(self, paper: Paper) -> int:
        """What there is now of what the paper moves or opens first."""
        names = [move.item for move in paper.moves] or [item.number for item in paper.items]
        ledger = self._ledgers.get(names[0], names[0]) if names else ""
        return self._there.get(ledger, 0)


def plain(units: int) -> str:
    """So many units as a quantity."""
    return f"{(Decimal(units) / UNITS).normalize():f}"


def _openings(db: sqlite3.Connection, book: str) -> dict[str, int]:
    """What each ledger holds at first, by the last record that said so and is done."""
    found = db.execute(
        f"SELECT a.ledger, a.units, {_STANDS} FROM account_openings a"  # noqa: S608 - fixed text
        " JOIN records r ON r.seq = a.seq WHERE a.book = ? ORDER BY a.seq",
        (book,),
    )
    return {ledger: units for ledger, units, outcome in found if outcome in DONE}


#: What has been let go after it was held is done.
_STANDS = "CASE WHEN r.told_at IS NULL THEN r.outcome ELSE 'release' END"


def _stocks(db: sqlite3.Connection, book: str) -> Stocks:
    found = db.execute(
        f"SELECT m.ledger, {_STANDS}, m.units < 0, sum(m.units) FROM account_moves m"  # noqa: S608
        " JOIN records r ON r.seq = m.seq WHERE m.book = ? GROUP BY 1, 2, 3",
        (book,),
    )
    stocks: Stocks = {ledger: [units, 0] for ledger, units in _openings(db, book).items()}
    for ledger, outcome, leaves, units in found:
        at = stocks.setdefault(ledger, [0, 0])
        if outcome in DONE:
            at[0] += units
        elif outcome in OPEN and leaves:
            at[1] -= units
    return stocks


def listed(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """Every item of every book that was opened, with what is there and what is spoken for."""
    books: Iterable[str] = [b for (b,) in db.execute("SELECT DISTINCT book FROM account_items")]
    return [
        {"book": book, "item": ledger, "there": have / UNITS, "held": held / UNITS}
        for book in sorted(books)
        for ledger, (have, held) in sorted(_stocks(db, book).items())
    ]
