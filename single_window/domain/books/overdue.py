"""What has to leave, and by when: the age of each piece in a book (rule B11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from single_window.domain.books.account import GOODS, Item, Movement, Origin, Place, Role
from single_window.domain.books.entries import Law
from single_window.domain.books.judging import months_after, plain
from single_window.domain.books.state import State
from single_window.domain.findings import Finding
from single_window.domain.money import ZERO

_WASTE = frozenset({Place.OLD, Place.SCRAP})
_CODES = ("BOOK-B11-SOON", "BOOK-B11")
_WASTE_CODES = ("BOOK-WASTE-SOON", "BOOK-WASTE-LATE")
"""What is said before a deadline, and after it."""


@dataclass(frozen=True, slots=True)
class Due:
    """Goods that are still here: until when they may be, and how many days that is from today.

    `entry` is the key of the entry by which they came in, `reminder` the last of the set days
    before the deadline that has come, None before the first.
    """

    item: int
    origin: Origin
    serial: str
    quantity: Decimal
    entered: date
    deadline: date
    days: int
    reminder: int | None
    entry: str = ""

    @property
    def overdue(self) -> bool:
        """True once the deadline is past."""
        return self.days < 0


def due_list(state: State, today: date, law: Law, movements: Iterable[Movement] = ()) -> list[Due]:
    """All that is still here and has a deadline, the most urgent first.

    Pieces have their own; goods without numbers leave in the order in which they came, and are
    known only where the `movements` are given.
    """
    found = [*_pieces(state, today, law), *_lots(state, today, law, movements)]
    found += _waste(state, today, law, movements)
    return sorted(found, key=lambda each: (each.deadline, each.item, each.serial))


def _pieces(state: State, today: date, law: Law) -> Iterator[Due]:
    for piece in state.serials.values():
        if piece.inside and piece.place in GOODS and piece.deadline and piece.entered:
            days = (piece.deadline - today).days
            yield Due(piece.item, piece.origin, piece.number, Decimal(1), piece.entered,
                      piece.deadline, days, _reminder(days, law))  # fmt: skip


def _lots(state: State, today: date, law: Law, movements: Iterable[Movement]) -> Iterator[Due]:
    """First in, first out, by item and origin: what is left is the youngest."""
    came: dict[tuple[int, Origin], list[Movement]] = {}
    for each in movements:
        entered = each.target in GOODS and each.source not in GOODS
        if entered and _stands(state, each) and not each.serial and each.day is not None:
            came.setdefault((each.item, each.origin), []).append(each)
    named: dict[tuple[int, Origin, Place], Decimal] = {}
    for piece in state.serials.values():
        if piece.inside:
            at = (piece.item, piece.origin, piece.place)
            named[at] = named.get(at, ZERO) + 1
    for (number, origin), lots in came.items():
        stocks = ((number, origin, place) for place in GOODS)
        left = sum((state.stocks.get(at, ZERO) - named.get(at, ZERO) for at in stocks), ZERO)
        for lot, quantity in _youngest(lots, left):
            deadline = _deadline(state, state.items[number], lot.day or today)
            days = (deadline - today).days
            yield Due(number, origin, "", quantity, lot.day or today, deadline, days,
                      _reminder(days, law), lot.entry)  # fmt: skip


def _waste(state: State, today: date, law: Law, movements: Iterable[Movement]) -> Iterator[Due]:
    """Old parts and scrap, to be dealt with in the time of the supervision plan (监管方案)."""
    if state.book.waste_days is None:
        return
    arose: dict[tuple[int, Origin, Place], list[Movement]] = {}
    for each in movements:
        if each.target in _WASTE and _stands(state, each):
            arose.setdefault((each.item, each.origin, each.target), []).append(each)
    for at, lots in arose.items():
        for lot, quantity in _youngest(lots, state.stocks.get(at, ZERO)):
            entered = lot.day or today
            deadline = entered + min(timedelta(days=state.book.waste_days), date.max - entered)
            days = (deadline - today).days
            yield Due(lot.item, lot.origin, "", quantity, entered, deadline, days,
                      _reminder(days, law), lot.entry)  # fmt: skip


def _stands(state: State, movement: Movement) -> bool:
    """Whether it brings something, and was not taken back as far as is known."""
    made = state.entries.get(movement.entry)
    return movement.quantity > 0 and (made is None or not made.reversed_by)


def _youngest(lots: list[Movement], left: Decimal) -> Iterator[tuple[Movement, Decimal]]:
    for lot in sorted(lots, key=lambda each: each.day or date.min, reverse=True):
        quantity = min(left, lot.quantity)
        if quantity <= 0:
            return
        left -= quantity
        yield lot, quantity


def _deadline(state: State, item: Item, entered: date) -> date:
    if item.large and state.book.contract_until:
        return state.book.contract_until
    return months_after(entered, state.book.months) if state.book.months > 0 else date.max


def _reminder(days: int, law: Law) -> int | None:
    """The last set day before a deadline that has come: 60, then 30, then 7."""
    come = [each for each in law.reminders if days <= each]
    return min(come, default=None)


def findings(
    state: State, dues: Iterable[Due], law: Law, places: Mapping[str, str]
) -> Iterator[Finding]:
    """Held once overdue, a warning in the last days before; goods without numbers in one.

    `places` tells where a piece, or an entry by its key, was written down.
    """
    pressing: dict[tuple[int, Origin, str, str], list[Due]] = {}
    for each in dues:
        if each.days <= law.warn_days:
            item = state.items.get(each.item)
            waste = item is not None and item.role in (Role.OLD, Role.SCRAP)
            code = (_WASTE_CODES if waste else _CODES)[each.overdue]
            pressing.setdefault((each.item, each.origin, each.serial, code), []).append(each)
    for (number, _, serial, code), some in pressing.items():
        first = min(some, key=lambda each: each.deadline)
        total = sum((each.quantity for each in some), ZERO)
        args = {"item": str(state.items.get(number, number)), "serial": serial, "document": "",
                "days": str(abs(first.days)), "quantity": plain(total),
                "entered": first.entered.isoformat()}  # fmt: skip
        yield Finding("rule", code, "hold" if first.overdue else "warn",
                      places.get(serial or first.entry, ""), serial or plain(total),
                      first.deadline.isoformat(), tuple(sorted(args.items())))  # fmt: skip
