"""A whole account posted from its first entry to its last, and reconciled.

An entry that is refused is told, and the rest is judged as if it had been made as far as it could
be: what was written down did happen, and one fault is not told again in each entry after it. What
cannot be followed that far is named beside the findings, as not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby

from single_window.domain.books import overdue
from single_window.domain.books.account import (
    Book,
    Counted,
    Item,
    Movement,
    Origin,
    Place,
    Stock,
)
from single_window.domain.books.entries import Entry, Kind, Law, Line, Posting
from single_window.domain.books.overdue import Due
from single_window.domain.books.posting import judge
from single_window.domain.books.reconciling import Filed, counted, reconcile
from single_window.domain.books.state import State, ends
from single_window.domain.findings import Finding
from single_window.domain.money import ZERO

_CONSEQUENCES = frozenset(
    {"BOOK-B1", "BOOK-B2", "BOOK-B3", "BOOK-B10", "BOOK-SERIAL-UNKNOWN", "BOOK-SERIAL-GONE",
     "BOOK-SERIAL-PLACE", "BOOK-SERIAL-IN", "BOOK-ORDER-UNKNOWN", "BOOK-ISSUED", "BOOK-B4",
     "BOOK-B5-REPORT", "BOOK-B6", "BOOK-B6-SURPLUS", "BOOK-B6-SUM", "BOOK-B7", "BOOK-REPORT",
     "BOOK-B8-DIFFERENCE", "BOOK-B9-DIFFERENCE", "BOOK-B1-REPORT", "BOOK-B2-REPORT",
     "BOOK-B3-REPORT", "BOOK-B4-REPORT", "BOOK-CLOSE", "BOOK-REVERSE-UNKNOWN"}
)  # fmt: skip
"""What may be found only because an entry before it was lost."""

_DIFFERENCES = frozenset(
    {"BOOK-B4", "BOOK-B5-REPORT", "BOOK-B6", "BOOK-B6-SURPLUS", "BOOK-B8-DIFFERENCE",
     "BOOK-B9-DIFFERENCE", "BOOK-REPORT", "BOOK-B1-REPORT", "BOOK-B2-REPORT", "BOOK-B3-REPORT",
     "BOOK-B4-REPORT", "BOOK-B6-SUM", "BOOK-B7"}
)  # fmt: skip
"""What may be found only because a refused entry says otherwise than the report."""
_OF_ORIGIN = frozenset({"BOOK-B8", "BOOK-B9"})
"""What may be found only because nobody knows of what origin the goods of a work order are."""
_ARISES = frozenset({Kind.REMOVE, Kind.WASTE})
_STILL = frozenset({Kind.RESERVE, Kind.RELEASE, Kind.COUNT})
"""Entries that move nothing."""

Laws = Callable[[date], Law]


@dataclass(frozen=True, slots=True)
class Account:
    """An account as somebody wrote it down: what is entered, and the report as filed.

    `span` are the first and last day of the report; None where it does not say. `unread` are lines
    of entries of which nobody can tell what kind they are.
    """

    book: Book
    items: Mapping[int, Item]
    entries: Sequence[Entry]
    filed: Sequence[Filed] = ()
    span: tuple[date | None, date | None] = (None, None)
    unread: Sequence[Line] = ()


@dataclass(slots=True)
class Statement:
    """What came of an account: findings in the order of its entries, and where everything is.

    `unjudged` are the pieces, items and orders of which a refused entry left nothing to judge by.
    """

    state: State
    findings: list[Finding] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    dues: list[Due] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)
    posted: int = 0
    refused: int = 0


def statement(account: Account, law: Laws, today: date) -> Statement:
    """Post all entries in the order of their days, compare counts and report, look at ages.

    A count is compared with the stocks of its day, a report with those at the end of its period.
    """
    result = Statement(State(account.book, account.items))
    lost, places = _Lost(), dict[str, str]()
    for line, item in _items(result.state, account.unread):
        lost.lose(result.state, line, item)
    on_count: list[Finding] = []
    seen: dict[Stock, Counted] = {}
    for day, entries in groupby(sorted(account.entries, key=_day), key=_day):
        for entry in entries:
            _post(result, entry, law(day), lost)
            places |= {line.serial: line.path for line in entry.lines if line.serial not in places}
            places.setdefault(entry.key, entry.path)
        counts = result.state.counts.items()
        fresh = {at: count for at, count in counts if seen.get(at) is not count}
        seen |= fresh
        found = reconcile(result.state, counted(result.state, fresh)) if fresh else []
        on_count += (each for each in found if each.code != "BOOK-B7")
        settled = _settled(result.state)
        on_count = [each for each in on_count if dict(each.args)["item"] not in settled]
    reported = _reported(result, account)
    told = {_about(each) for each in reported}
    result.findings += lost.told(reported)
    counts_told = [*lost.told(each for each in on_count if _about(each) not in told)]
    told |= {_about(each) for each in counts_told}
    result.findings = [*_beside_closing(result.findings, told), *counts_told]
    result.unjudged = [*lost.unjudged]
    result.dues = overdue.due_list(result.state, today, law(today), result.movements)
    result.findings += overdue.findings(result.state, result.dues, law(today), places)
    return result


def _day(entry: Entry) -> date:
    return entry.day


def _post(result: Statement, entry: Entry, law: Law, lost: _Lost) -> None:
    posting = judge(result.state, entry, law)
    more = posting.state.value - result.state.value
    result.findings += lost.told(posting.findings, more)
    result.refused += posting.refused
    result.posted += not posting.refused
    lost.follow(posting)
    result.state.absorb(posting.state)
    result.movements += posting.tried


def _about(found: Finding) -> tuple[str, Decimal]:
    """Item and size of a difference: one that report and count both show is told once."""
    return dict(found.args)["item"], _difference(found)


def _difference(found: Finding) -> Decimal:
    return abs(Decimal(found.value or 0) - Decimal(found.expected or 0))


def _beside_closing(findings: Iterable[Finding], told: Set[tuple[str, Decimal]]) -> list[Finding]:
    """The findings without a refusal to close for what a count or the report shows as well."""
    return [each for each in findings if each.code != "BOOK-CLOSE" or _about(each) not in told]


def _settled(state: State) -> set[str]:
    """The items of which no difference that a count found is left: it was written off, entered."""
    items, left = set[str](), set[str]()
    for at in state.counts:
        item, origin, place = at
        origins = (origin,) if origin else tuple(Origin)
        there = sum((state.stock(item, place, each) for each in origins), ZERO)
        (items if state.carried(at) == there else left).add(str(state.items.get(item)))
    return items - left


def _reported(result: Statement, account: Account) -> list[Finding]:
    """The report against the entries of its days, and what is left of older old parts (B7)."""
    first, last = account.span[0] or date.min, account.span[1] or date.max
    days = [each.day for each in result.movements if each.day and each.source is not Place.OPENING]
    if all(first <= day <= last for day in days):
        return reconcile(result.state, account.filed)
    found = reconcile(_within(result, first, last), account.filed)
    known = {(each.code, dict(each.args)["item"]) for each in found}
    older = reconcile(result.state, ())
    return found + [each for each in older if (each.code, dict(each.args)["item"]) not in known]


def _within(result: Statement, first: date, last: date) -> State:
    """The book as one period sees it: what was there before is its opening."""
    found = State(result.state.book, result.state.items)
    found.orders = {
        number: order
        for number, order in result.state.orders.items()
        if order.closed and first <= order.closed <= last
    }
    for item, origin, source, target, quantity, *_, day, _ in result.movements:
        if day is None or day > last:
            continue
        if day >= first:
            found.know((item, origin, source, target), quantity)
            continue
        for (_, _, place), signed in ends((item, origin, source, target), quantity):
            found.know((item, origin, Place.OPENING, place), signed)
    return found


class _Lost:
    """What could not be followed: pieces, and items, whose later findings are consequences."""

    def __init__(self) -> None:
        self._serials: set[str] = set()
        self._items: set[str] = set()
        self._orders: set[str] = set()
        self._anywhere: set[str] = set()
        self._short: set[tuple[str, str]] = set()
        self._beyond = ZERO
        self._amounts: dict[str, list[Decimal]] = {}
        self.unjudged: dict[str, None] = {}

    def follow(self, posting: Posting) -> None:
        """Remember what a refused entry loses, and what comes of goods that nobody knows."""
        entry = posting.entry
        if posting.refused and entry.kind not in _STILL:
            self._note(posting)
        if entry.kind in _ARISES and entry.order in self._orders:
            self._anywhere |= {str(item) for _, item in _items(posting.state, entry.lines)}

    def _note(self, posting: Posting) -> None:
        """Remember each line of a refused entry that did not move anything, and should have."""
        items, moved = posting.state.items, {(each.item, each.serial) for each in posting.tried}
        quantities = {item: [quantity] for item, quantity in _quantities(posting).items()}
        for line, item in _items(posting.state, posting.entry.lines):
            if (item.ledger, line.serial) in moved:
                continue
            quantities.setdefault(item.ledger, []).append(abs(line.quantity or Decimal(1)))
            self.lose(posting.state, line, item)
        for number, each in quantities.items():
            about = items.get(number)
            for named in (about, items.get(about.linked or 0) if about else None):
                self._amounts.setdefault(str(named), []).append(sum(each, ZERO))
        if not posting.tried:
            self._orders |= {posting.entry.order, posting.entry.number} - {""}

    def lose(self, state: State, line: Line, item: Item) -> None:
        """Of a line that cannot be followed its piece, else its item and all that it goes with."""
        if line.serial:
            self._serials.add(line.serial)
            return
        about = {item.seqno, item.ledger, item.linked}
        self._items |= {
            str(each)
            for each in state.items.values()
            if about & {each.seqno, each.ledger} or each.linked == item.seqno
        }

    def told(self, findings: Iterable[Finding], more: Decimal = ZERO) -> Iterator[Finding]:
        """The findings without those that only follow from a loss; `more` is what stocks gained."""
        for each in findings:
            args = dict(each.args)
            if self._explained(each, args):
                continue
            about = args.get("serial") or args.get("item", "")
            lost = about in (self._serials if args.get("serial") else self._items)
            if each.code == "BOOK-ORDER-UNKNOWN" and each.value in self._orders:
                about, lost = each.value, True
            lost = lost and each.code in _CONSEQUENCES
            lost = lost or (each.code in _OF_ORIGIN and about in self._anywhere)
            if lost:
                self.unjudged[about] = None
            elif not self._said(each, args, more):
                yield each

    def _said(self, found: Finding, args: Mapping[str, str], more: Decimal) -> bool:
        """True of what a paper was told before, and of a turnover that would hold without it."""
        if found.code == "BOOK-B12":
            if Decimal(found.value) - self._beyond <= Decimal(found.expected):
                return True
            self._beyond += more
        if found.code.startswith("BOOK-B10"):
            paper = (args.get("document", ""), args.get("serial") or args.get("item", ""))
            said = paper in self._short
            self._short.add(paper)
            return said
        return False

    def _explained(self, found: Finding, args: Mapping[str, str]) -> bool:
        """True of a difference that is just what a refused entry moved, or would have."""
        amounts = self._amounts.get(args.get("item", ""), [])
        if found.code not in _DIFFERENCES or not amounts:
            return False
        difference = _difference(found)
        return difference in (*amounts, sum(amounts, ZERO))


def _quantities(posting: Posting) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for each in posting.tried:
        found[each.item] = found.get(each.item, ZERO) + each.quantity
    return found


def _items(state: State, lines: Iterable[Line]) -> Iterator[tuple[Line, Item]]:
    for line in lines:
        if (item := state.items.get(line.item)) is not None:
            yield line, item
