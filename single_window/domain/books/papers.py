"""What papers do to a book: what they enter, when, and what they are compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from single_window.domain.books.account import Book, Item
from single_window.domain.books.entries import Entry, Law
from single_window.domain.books.state import State
from single_window.domain.findings import Finding

Items = Callable[[], Mapping[int, Item]]
"""The items of a book, for who has to look among all of them."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A paper as a book sees it: what it says, on which day it counts, and how far it is.

    `record` is there only while it is being filed; later there are `facts` and the `numbers` that
    agencies gave it. `outcome` is the published word, `heard` is what agencies have said, in the
    words of the history.
    """

    message: str
    facts: Mapping[str, Any]
    day: date
    record: Mapping[str, Any] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    outcome: str = ""
    heard: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """A new book, or one that is changed: its header and the items that are new or other.

    A new one may come with `entries`; one that takes effect by being filed is `at_once`, with what
    was `found` in it as it was read.
    """

    book: Book
    items: Mapping[int, Item]
    new: bool
    entries: Sequence[Entry] = ()
    at_once: bool = False
    found: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class Doing:
    """What a paper does to its book.

    `asks` are entries that it makes while it is filed: it speaks for what will leave. `makes` are
    those that it makes when it takes effect; they are tried when it is filed, or `tries` instead.
    `at_once` is true of what takes effect by being filed. `unread` is what could not be read.
    """

    makes: Sequence[Entry] = ()
    asks: Sequence[Entry] = ()
    tries: Sequence[Entry] | None = None
    at_once: bool = False
    unread: Sequence[Finding] = ()


Draft = Callable[[State, date, Sequence[tuple[str, str]]], tuple[str, Mapping[str, str]]]
"""From the book as of a period, its last day and its papers with their kinds: message, values."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a regime with account books supplies.

    `law` is by what an entry of a day is judged, `opened` what is wrong with a book that is opened
    on a day. `book_of` is the number of the book that a paper speaks of, "" for none; `doing` what
    it does to it. `due` says whether a paper that customs has accepted takes effect, given the
    papers that name it. `change` is what an accepted paper makes of the book itself, None if
    nothing; `compare` what is wrong with a report, given the book as of the period (`period`, its
    first and last day) that it speaks of; `drafted` the message of such a report, and what stands
    in its form, as the book says it.
    """

    law: Callable[[date], Law]
    opened: Callable[[Book, Mapping[int, Item], date], Iterable[Finding]] | None = None
    book_of: Callable[[Filed], str] = lambda paper: ""
    doing: Callable[[Filed, Book, Items], Doing] = lambda paper, book, items: Doing()
    due: Callable[[Filed, Book, Sequence[Filed]], bool] = lambda paper, book, others: True
    change: Callable[[Filed, Book | None], Change | None] = lambda paper, book: None
    period: Callable[[Filed], tuple[date | None, date] | None] = lambda paper: None
    compare: Callable[[Filed, State], Iterable[Finding]] = lambda paper, state: ()
    drafted: Draft | None = None
