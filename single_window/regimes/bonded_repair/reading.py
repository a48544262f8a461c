"""An account or a work order as a record, read into the values that the book is judged by.

What cannot be read is told where it stands, and left out; the rest is judged all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from single_window.domain.books.account import (
    OUTSIDES,
    STOCKS,
    Book,
    BookState,
    Item,
    Origin,
    Place,
    Result,
    Role,
)
from single_window.domain.books.balances import LABELS
from single_window.domain.books.entries import Entry, Kind, Line
from single_window.domain.books.judging import MOST
from single_window.domain.books.reconciling import Filed
from single_window.domain.books.statement import Account
from single_window.domain.conditions import Record, number
from single_window.domain.findings import Finding
from single_window.regimes.bonded_repair.terms import finding

NAMES: Mapping[str, str] = {"day": "date", "lines": "", "place": "stock"}
"""What the form calls a field of an entry, where it is not as in the book."""
_WORDS = ("serial", "brand", "model", "fault", "owner", "country", "sender", "exchanged",
          "explanation", "unit")  # fmt: skip
_TOLD = ("number", "mode", "order", "record", "reverses", "reason", "book", "company")
_Word = TypeVar("_Word", bound=StrEnum)
_MOST_WHOLE = 99_999
_LONG_AGO = date(1900, 1, 1)
_LAST = date(9999, 12, 30)
_SHOWN = 60
_SPAN = {True: f"< {MOST}", False: f"0 - {MOST - 1}"}
"""The numbers that there may be, below nothing or not."""


def camel(name: str) -> str:
    """A name as the form writes it: came_in is cameIn."""
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)


FIGURES: Mapping[str, str] = {camel(name): name for name in LABELS}
"""What the form calls a figure of a report -> what the book calls it."""


@dataclass(slots=True)
class Reader:
    """Reads values off a group of the record, and keeps what was wrong with them."""

    findings: list[Finding] = field(default_factory=list)

    def _cannot(self, path: str, value: str, expected: str) -> None:
        found = finding("BOOK-VALUE", "reject", path, value[:_SHOWN], expected=expected)
        self.findings.append(found)

    def day(self, group: Record, name: str, path: str) -> date | None:
        """A day, written with hyphens or without."""
        text = str(group.get(name) or "").strip()
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self._cannot(at(path, name), text, "2026-03-01")
            return None

    def amount(self, group: Record, name: str, path: str, *, signed: bool = True) -> Decimal | None:
        """A number, if not `signed` none below zero; None where there is none."""
        text = str(group.get(name) or "").strip()
        if not text:
            return None
        value = number(text)
        if value is None or not value.is_finite():
            self._cannot(at(path, name), text, "12.5")
            return None
        if not -MOST < value < MOST or (value < 0 and not signed):
            self._cannot(at(path, name), text, f"12.5 ({_SPAN[signed]})")
            return None
        return value

    def count(self, group: Record, name: str, path: str) -> int | None:
        """A whole number."""
        value = self.amount(group, name, path)
        if value is not None and (value % 1 or not 0 <= value <= _MOST_WHOLE):
            self._cannot(at(path, name), str(group.get(name)), "12")
            return None
        return None if value is None else int(value)

    def word(
        self, group: Record, name: str, path: str, words: type[_Word], among: Any = None
    ) -> _Word | None:
        """One of a list of words; None where none is given."""
        text = str(group.get(name) or "").strip()
        allowed = [each for each in words if each.value and (among is None or each in among)]
        if not text:
            return None
        if text not in allowed:
            self._cannot(at(path, name), text, " / ".join(each.value for each in allowed))
            return None
        return words(text)

    def flag(self, group: Record, name: str, path: str) -> bool | None:
        """Yes or no; None where it is not said."""
        text = str(group.get(name) or "").strip().lower()
        if text in ("1", "true"):
            return True
        if text and text not in ("0", "false"):
            self._cannot(at(path, name), text, "1 / 0")
        return False if text else None


def at(path: str, name: str) -> str:
    """The path of a field of a group."""
    return f"{path}/{name}" if path else name


class Business(StrEnum):
    """What an account is for: repair, or remanufacture (再制造)."""

    REPAIR = "repair"
    REMANUFACTURE = "remanufacture"


def text(group: Record, name: str) -> str:
    """A text without white space around it; "" where there is none."""
    return str(group.get(name) or "").strip()


def groups(record: Record, name: str, path: str = "") -> Iterator[tuple[Record, str]]:
    """The repeated groups of a name, each with its path."""
    found: Sequence[Record] = record.get(name) or ()
    for number_, group in enumerate(found, 1):
        yield group, f"{path}{name}[{number_}]"


def account(record: Record) -> tuple[Account, list[Finding]]:
    """The account of a record of BondedAccount, and what of it could not be read."""
    reader = Reader()
    book = _book(record.get("Book") or {}, reader)
    report: Record = record.get("Report") or {}
    since, until = reader.day(report, "from", "Report"), reader.day(report, "to", "Report")
    begun = book.opened or since or _first(record)
    entries = [*_entries(record, reader, begun)]
    if book.closed_through:
        begun = max(begun, min(book.closed_through, _LAST) + timedelta(days=1))
    entries = [*_openings(record, reader, begun), *entries]
    by_quantity = {text(group, "seqno") for group, _ in groups(record, "Item")
                   if text(group, "tracking") == "quantity"}  # fmt: skip
    items = _tracked(_linked(_items(record, reader)), entries, by_quantity)
    filed = [_filed(group, path, reader) for group, path in groups(report, "Figures", "Report/")]
    unread = tuple(_unread(record))
    return Account(book, items, entries, tuple(filed), (since, until), unread), reader.findings


def _unread(record: Record) -> Iterator[Line]:
    """The lines of the entries whose kind is none."""
    known = {*Kind}
    for group, path in groups(record, "Entry"):
        if text(group, "kind") not in known:
            for each, below in groups(group, "Line", f"{path}/"):
                yield _line(each, below, Reader())


def _first(record: Record) -> date:
    """The day of the first entry that has one."""
    days = (Reader().day(group, "date", path) for group, path in groups(record, "Entry"))
    return min((day for day in days if day), default=_LONG_AGO)


def _book(group: Record, reader: Reader) -> Book:
    def day(name: str) -> date | None:
        return reader.day(group, name, "Book")

    return Book(
        number=text(group, "number"),
        company=text(group, "company"),
        kind=reader.word(group, "kind", "Book", Business) or Business.REPAIR,
        in_zone=reader.flag(group, "zone", "Book") is not False,
        opened=day("opened"),
        valid_until=day("validUntil"),
        months=reader.count(group, "months", "Book") or 0,
        contract_until=day("contractUntil"),
        max_turnover=reader.amount(group, "maxTurnover", "Book", signed=False),
        currency=text(group, "currency"),
        customs=text(group, "customs"),
        state=reader.word(group, "state", "Book", BookState) or BookState.OPEN,
        rectifying=bool(reader.flag(group, "rectifying", "Book")),
        closed_through=day("closedThrough"),
        waste_days=reader.count(group, "wasteDays", "Book"),
        by_orders=bool(reader.flag(group, "workOrders", "Book")),
    )


def _items(record: Record, reader: Reader) -> dict[int, Item]:
    found: dict[int, Item] = {}
    for group, path in groups(record, "Item"):
        item = _item(group, path, reader)
        if item.seqno in found:
            said = finding("BOOK-ITEM-TWICE", "reject", f"{path}/seqno", str(item.seqno))
            reader.findings.append(said)
        else:
            found[item.seqno] = item
    return found


def _item(group: Record, path: str, reader: Reader) -> Item:
    def flag(name: str) -> bool | None:
        return reader.flag(group, name, path)

    factors = {
        text(each, "unit"): reader.amount(each, "factor", below, signed=False)
        for each, below in groups(group, "Conversion", f"{path}/")
    }
    return Item(
        seqno=reader.count(group, "seqno", path) or 0,
        role=reader.word(group, "role", path, Role) or Role.GOODS,
        name=text(group, "name"),
        material_no=text(group, "materialNo"),
        hs=text(group, "hs"),
        unit=text(group, "unit"),
        price=reader.amount(group, "price", path, signed=False),
        currency=text(group, "currency"),
        linked=reader.count(group, "linked", path),
        serials=text(group, "tracking") == "serial",
        consumable=bool(flag("consumable")),
        factors={unit: factor for unit, factor in factors.items() if factor},
        catalogued=flag("catalogue"),
        own_group=bool(flag("ownGroup")),
        approved=bool(flag("approved")),
        prohibited=bool(flag("prohibited")),
        large=bool(flag("large")),
        path=path,
    )


def _tracked(
    items: dict[int, Item], entries: Sequence[Entry], by_quantity: Collection[str]
) -> dict[int, Item]:
    """The items, those whose every piece came with its number followed by it.

    Unless the account says of one that it goes by quantity.
    """
    came: dict[int, list[Line]] = {}
    for entry in entries:
        for line in entry.lines if entry.kind in (Kind.OPENING, Kind.IN) else ():
            if (item := items.get(line.item)) is not None:
                came.setdefault(item.ledger, []).append(line)
    for seqno, item in items.items():
        own = came.get(seqno, ())
        free = item.role is Role.GOODS and str(seqno) not in by_quantity
        if free and own and all(line.serial for line in own):
            items[seqno] = replace(item, serials=True)
    return items


def _linked(items: dict[int, Item]) -> dict[int, Item]:
    """The items, each without a link linked to the one other that can only be meant.

    Repaired goods go with waiting ones, a part with old parts, of the same code and unit.
    """
    for role, other in ((Role.REPAIRED, Role.GOODS), (Role.PART, Role.OLD)):
        for seqno, item in items.items():
            if item.role is not role or item.linked is not None or item.consumable:
                continue
            fits = [each for each in items.values()
                    if (each.hs, each.unit) == (item.hs, item.unit)]  # fmt: skip
            others = [each for each in fits if each.role is other]
            if len(others) == 1 and sum(each.role is role for each in fits) == 1:
                items[seqno] = replace(item, linked=others[0].seqno)
    return items


def _line(group: Record, path: str, reader: Reader) -> Line:
    return Line(
        item=reader.count(group, "item", path) or 0,
        quantity=reader.amount(group, "quantity", path),
        origin=reader.word(group, "origin", path, Origin) or Origin.UNSPLIT,
        place=reader.word(group, "stock", path, Place, STOCKS),
        entered=reader.day(group, "entered", path),
        deadline=reader.day(group, "deadline", path),
        path=path,
        **{name: text(group, name) for name in _WORDS},
    )


def _openings(record: Record, reader: Reader, day: date) -> Iterator[Entry]:
    for group, path in groups(record, "Opening"):
        line = _line(group, path, reader)
        yield Entry(Kind.OPENING, day, lines=(line,), path=path, names=NAMES)


def _entries(record: Record, reader: Reader, begun: date) -> Iterator[Entry]:
    last = begun
    for group, path in groups(record, "Entry"):
        kind = reader.word(group, "kind", path, Kind)
        # Of an entry whose day is none the rest is judged all the same, where it stands.
        last = day = reader.day(group, "date", path) or last
        lines = tuple(
            _line(each, below, reader) for each, below in groups(group, "Line", f"{path}/")
        )
        if kind is None:
            continue
        said: dict[str, Any] = {name: text(group, name) for name in _TOLD}
        yield Entry(
            kind, day, lines=lines, path=path, names=NAMES,
            side=reader.word(group, "side", path, Place, OUTSIDES),
            result=reader.word(group, "result", path, Result) or Result.OPEN,
            **said,
        )  # fmt: skip


def _filed(group: Record, path: str, reader: Reader) -> Filed:
    read = {name: reader.amount(group, form, path, signed=name == "exchanged")
            for form, name in FIGURES.items()}  # fmt: skip
    figures = {name: value for name, value in read.items() if value is not None}
    should = figures.pop("should_remain", None)
    return Filed(
        reader.count(group, "item", path) or 0,
        figures,
        reader.word(group, "origin", path, Origin) or Origin.UNSPLIT,
        should,
        text(group, "explanation"),
        path,
    )


def work_order(record: Record) -> tuple[list[Entry], list[Finding]]:
    """The entries that a record of RepairWorkOrder asks for, in their order."""
    reader = Reader()
    number_, opened = text(record, "number"), reader.day(record, "openedOn", "")
    goods = _line(record, "", reader)
    about: dict[str, Any] = {
        "order": number_, "book": text(record, "emsNo"), "company": text(record, "tradeCode")
    }  # fmt: skip
    names = {**NAMES, "day": "openedOn", "order": "number", "book": "emsNo",
             "company": "tradeCode"}  # fmt: skip
    day = opened or _LONG_AGO
    found = [Entry(Kind.ORDER, day, number_, (goods,), names=names, **about)]
    for group, path in groups(record, "Part"):
        kind = reader.word(group, "act", path, Kind, _ACTS)
        on = reader.day(group, "date", path) or day
        if kind is not None:
            line = _line(group, path, reader)
            found.append(Entry(kind, on, lines=(line,), names=names, path=path, **about))
    finished = reader.day(record, "finishedOn", "")
    if finished is not None:
        result = reader.word(record, "result", "", Result) or Result.OPEN
        reason = text(record, "reason")
        found.append(
            Entry(Kind.FINISH, finished, result=result, reason=reason, names=names, **about)
        )
    return found, reader.findings


_ACTS = frozenset({Kind.ISSUE, Kind.GIVE_BACK, Kind.REMOVE, Kind.WASTE})
