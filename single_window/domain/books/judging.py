"""Judges an entry against an account book: findings and movements, or findings and nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from single_window.domain.books.account import (
    FITTING,
    HOME,
    LABELS,
    STOCKS,
    BookState,
    Held,
    Item,
    Movement,
    Origin,
    Place,
    Recorded,
    Role,
    Serial,
    WorkOrder,
)
from single_window.domain.books.entries import Entry, Kind, Law, Line
from single_window.domain.books.state import State
from single_window.domain.findings import Finding, Severity
from single_window.domain.money import ZERO

FINEST = Decimal("0.00001")
"""Quantities have five decimals at most."""
MOST = Decimal(10) ** 14
"""The national formats have 19 digits, five of them behind the point."""
COUNTED = frozenset(f"{code:03d}" for code in range(1, 30)) - {"018"}
"""Units of which there is no half: machines, pieces, pairs (计数单位)."""
MULTIPLES = {
    "036": ("035", Decimal("0.001")),
    "070": ("035", Decimal(1000)),
    "043": ("007", Decimal(100)),
    "054": ("007", Decimal(1000)),
    "038": ("007", Decimal(10_000)),
}
"""A unit, another, and how many of the other it is: gram and tonne; hundreds and more of pieces."""
_WASTE = frozenset({Role.OLD, Role.SCRAP})
_GOODS = frozenset({Role.GOODS, Role.REPAIRED})
_SHORT_OF = {Place.WAITING: "BOOK-B1", Place.REPAIRED: "BOOK-B2", Place.UNREPAIRABLE: "BOOK-B3"}


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


def plain(quantity: Decimal) -> str:
    """A quantity as a clerk writes it: no exponent, no idle zeros."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(slots=True)
class Work:
    """An entry being tried on a fork of a state."""

    state: State
    entry: Entry
    law: Law
    findings: list[Finding] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)

    # --- saying -------------------------------------------------------------------------------

    def say(
        self, code: str, severity: Severity, at: Line | None, name: str = "", **words: str
    ) -> None:
        """A finding on a field of the line, or of the entry itself where there is none."""
        value, expected = words.pop("value", ""), words.pop("expected", "")
        if at is not None:
            item = self.state.items.get(at.item)
            words.setdefault("item", str(item) if item else str(at.item))
            words.setdefault("serial", at.serial)
        words = {"item": "", "serial": "", **words}
        words.setdefault("document", self.entry.number or self.entry.order or self.entry.kind)
        base = at.path if at is not None else self.entry.path
        name = self.entry.names.get(name, name)
        path = f"{base}/{name}" if base and name else base or name
        self.findings.append(
            Finding("rule", code, severity, path, value, expected, tuple(sorted(words.items())))
        )

    # --- reading ------------------------------------------------------------------------------

    def item(self, line: Line, *roles: Role) -> Item | None:
        """The item of a line; None, with a finding, where there is none or it is another kind."""
        item = self.state.items.get(line.item)
        if item is None:
            self.say("BOOK-ITEM", "reject", line, "item", value=str(line.item))
        elif roles and item.role not in roles:
            self.say("BOOK-ROLE", "reject", line, "item", value=item.role)
        elif line.place is not None and line.place not in FITTING[item.role]:
            expected = " / ".join(FITTING[item.role])
            self.say("BOOK-PLACE", "reject", line, "place", value=line.place, expected=expected)
        else:
            return item
        return None

    def quantity(self, line: Line, item: Item, *, nothing: bool = False) -> Decimal | None:
        """The quantity of a line in the item's own unit; None, with a finding, if it is none."""
        given, say = line.quantity, self._quantity_said
        if given is None and line.serial:
            given = Decimal(1)
        if given is None:
            return say("BOOK-QTY-NONE", line, given)
        if given >= MOST:
            return say("BOOK-QTY-MOST", line, given)
        if given < 0 or (not given and not nothing):
            return say("BOOK-QTY", line, given)
        factor = _factor(line.unit, item)
        if factor is None:
            self.say("BOOK-UNIT", "reject", line, "unit", value=line.unit, expected=item.unit)
            return None
        quantity = given * factor
        if quantity >= MOST:
            return say("BOOK-QTY-MOST", line, given)
        if quantity % FINEST:
            return say("BOOK-QTY-FINE", line, given)
        if item.unit in COUNTED and quantity % 1:
            return say("BOOK-QTY-WHOLE", line, given)
        if line.serial and quantity != 1:
            return say("BOOK-SERIAL-ONE", line, given)
        return quantity

    def _quantity_said(self, code: str, line: Line, given: Decimal | None) -> None:
        value = "" if given is None else plain(given)
        self.say(code, "reject", line, "quantity", value=value)

    def origin(self, line: Line, piece: Serial | None) -> Origin:
        """The origin of a line: that of its piece, else what it says."""
        if piece is None:
            return line.origin
        if line.origin and line.origin != piece.origin and piece.origin:
            self.say("BOOK-B5-ORIGIN", "reject", line, "origin", value=line.origin,
                     expected=piece.origin)  # fmt: skip
        return piece.origin

    def piece(self, line: Line, item: Item) -> Serial | None:
        """The piece that a line takes from a stock; None, perhaps with a finding, if it is none."""
        if not line.serial:
            if item.serials or self.state.items.get(item.ledger, item).serials:
                self.say("BOOK-SERIAL-NEEDED", "reject", line, "serial")
            return None
        piece = self.state.serials.get(line.serial)
        if piece is None or piece.entered is None:
            self.say("BOOK-SERIAL-UNKNOWN", "reject", line, "serial", value=line.serial)
            return None
        if piece.item != item.ledger:
            known = self.state.items.get(piece.item)
            self.say("BOOK-SERIAL-OTHER", "reject", line, "item", value=str(line.item),
                     expected=str(known or piece.item))  # fmt: skip
        elif not piece.inside:
            left = piece.left.isoformat() if piece.left else ""
            self.say("BOOK-SERIAL-GONE", "reject", line, "serial", value=line.serial,
                     expected=left, last=piece.last)  # fmt: skip
        elif not self.too_early(line, piece.number):
            self._same(line, piece)
            return piece
        return None

    def too_early(self, line: Line | None, number: str) -> bool:
        """True, with a finding, where a piece has moved after the day of the entry."""
        seen = self.state.seen.get(number)
        if seen is None or seen <= self.entry.day:
            return False
        self.say("BOOK-BEFORE", "reject", line, "serial", value=self.entry.day.isoformat(),
                 expected=seen.isoformat(), about=number)  # fmt: skip
        return True

    def _same(self, line: Line, piece: Serial) -> None:
        for name in ("brand", "model"):
            said, known = getattr(line, name), getattr(piece, name)
            if said and known and said != known:
                self.say("BOOK-SERIAL-OTHER", "reject", line, name, value=said, expected=known)

    def order(self) -> WorkOrder | None:
        """The open work order that the entry names; None, perhaps with a finding, if none."""
        number = self.entry.order
        if not number:
            if self.state.book.by_orders:
                self.say("BOOK-ORDER-NEEDED", "reject", None, "order")
            return None
        order = self.state.orders.get(number)
        if order is None or order.result == "void":
            self.say("BOOK-ORDER-UNKNOWN", "reject", None, "order", value=number)
        elif order.closed is not None:
            day = order.closed.isoformat()
            self.say("BOOK-ORDER-CLOSED", "reject", None, "order", value=number, expected=day)
        else:
            return order
        return None

    # --- moving -------------------------------------------------------------------------------

    def take(
        self, line: Line, item: Item, place: Place | None = None, *origins: Origin
    ) -> list[Held]:
        """What a line takes of a stock, by origin; nothing, with findings, where it cannot.

        `origins` is the order in which a line that names none takes them.
        """
        before = len(self.findings)
        piece, quantity = self.piece(line, item), self.quantity(line, item)
        origin = self.origin(line, piece)
        if quantity is None or len(self.findings) > before:
            return []
        at = home(line, item, piece) if place is None else place
        if piece is not None and piece.place is not at:
            zh, en = LABELS[piece.place]
            self.say("BOOK-SERIAL-PLACE", "reject", line, "serial", value=piece.number,
                     stock_zh=zh, stock_en=en)  # fmt: skip
            return []
        order = (origin,) if piece or origin else (Origin.UNSPLIT, *origins, *Origin)
        if origin and piece is None:
            order = (origin, Origin.UNSPLIT)
        if not self._has(line, item, at, quantity, order):
            return []
        shares = self._share(item, at, quantity, order)
        return [Held(item.ledger, each, at, part, line.serial) for each, part in shares]

    def _share(
        self, item: Item, place: Place, quantity: Decimal, origins: Iterable[Origin]
    ) -> Iterator[tuple[Origin, Decimal]]:
        """The quantity by origin, as far as each has some."""
        for origin in dict.fromkeys(origins):
            day = self.entry.day
            free = max(self.state.available(item.ledger, place, origin, day), ZERO)
            part = min(free, quantity)
            quantity -= part
            if part:
                yield origin, part

    def _has(
        self, line: Line, item: Item, place: Place, quantity: Decimal, origins: Iterable[Origin]
    ) -> bool:
        """True when the stock has what a line takes of it; else there is a finding (B1-B3, B10)."""
        at = [(item.ledger, place, origin, self.entry.day) for origin in dict.fromkeys(origins)]
        there = sum((self.state.lowest(*each) for each in at), ZERO)
        free = sum((max(self.state.available(*each), ZERO) for each in at), ZERO)
        if quantity <= free:
            return True
        short = quantity > there and place in _SHORT_OF
        code = _SHORT_OF[place] if short else "BOOK-B10"
        zh, en = LABELS[place]
        self.say(code, "reject", line, "quantity", value=plain(quantity), expected=plain(free),
                 stock_zh=zh, stock_en=en, there=plain(there),
                 reserved=plain(there - free))  # fmt: skip
        return False

    def move(
        self, held: Held, source: Place, target: Place, *, order: str = "", day: date | None = None
    ) -> None:
        """Make a movement, and let the piece go along; `day` where it is not the entry's."""
        movement = Movement(
            held.item, held.origin, source, target, held.quantity, held.serial,
            order or self.entry.order, day or self.entry.day, self.entry.key,
        )  # fmt: skip
        self.state.move(movement)
        self.movements.append(movement)
        piece = self.state.serials.get(held.serial)
        if piece is not None:
            left = None if target in STOCKS else self.entry.day
            self.state.serials[held.serial] = replace(
                piece, place=target, left=left, last=self.entry.key
            )


def _factor(unit: str, item: Item) -> Decimal | None:
    """What one of a unit is in the item's own; None where it does not convert."""
    if not unit or unit == item.unit:
        return Decimal(1)
    if unit in item.factors:
        return item.factors[unit]
    other, factor = MULTIPLES.get(unit, ("", ZERO))
    if other == item.unit:
        return factor
    own, factor = MULTIPLES.get(item.unit, ("", ZERO))
    if own == unit:
        return 1 / factor
    if own and own == other:
        return MULTIPLES[unit][1] / factor
    return None


def home(line: Line, item: Item, piece: Serial | None) -> Place:
    """The stock that a line speaks of: what it says, where its piece is, or the item's own.

    What still waits is not called by the item of repaired goods.
    """
    waits = item.role is Role.REPAIRED and piece is not None and piece.place is Place.WAITING
    return line.place or (HOME[item.role] if piece is None or waits else piece.place)


def _same_goods(work: Work, made: Recorded) -> bool:
    """True when an entry moves what another of the same paper has moved: it came twice."""
    if work.entry.order:
        return False
    moved = {(each.item, each.serial) for each in made.movements}
    return any((item.ledger, line.serial) in moved for line, item in _items(work))


def _items(work: Work) -> Iterator[tuple[Line, Item]]:
    for line in work.entry.lines:
        if (item := work.state.items.get(line.item)) is not None:
            yield line, item


_WITH_LINES = frozenset(Kind) - {
    Kind.OPENING, Kind.RELEASE, Kind.RESERVE, Kind.ORDER, Kind.FINISH, Kind.REVERSE, Kind.SUSPEND,
    Kind.RESUME, Kind.CLOSE,
}  # fmt: skip
"""Kinds of entries that say what moves."""


def _modes(work: Work) -> tuple[frozenset[str], Severity]:
    """The customs modes (监管方式) of an entry by what it moves, and what another one gets.

    Old parts and scrap leave as such, whatever the entry calls it; of new parts any mode will do.
    What a paper speaks for may also leave the book another way.
    """
    kind, roles = work.entry.kind, {item.role for _, item in _items(work)}
    waste = [Kind.REEXPORT] if roles & _WASTE and kind is not Kind.IN else []
    crosses = kind in (Kind.IN, Kind.OUT, Kind.REEXPORT, Kind.RESERVE)
    ways = waste if crosses and not roles & _GOODS else [kind]
    if kind is Kind.RESERVE and ways:
        ways = [*ways, Kind.DESTROY, *waste]
    told = [work.law.modes[each] for each in ways if each in work.law.modes]
    modes = frozenset(mode for allowed, _ in told for mode in allowed)
    return modes, told[0][1] if told else "warn"


def admissible(work: Work) -> bool:
    """Findings on the entry as a whole: whose book, which day, which state, which mode.

    False where nothing more can be said of it, because it was made before.
    """
    book, entry, say = work.state.book, work.entry, work.say
    if entry.book and entry.book != book.number:
        say("BOOK-OTHER", "reject", None, "book", value=entry.book, expected=book.number)
    if entry.company and entry.company != book.company:
        say("BOOK-OTHER", "reject", None, "company", value=entry.company, expected=book.company)
    if book.state is BookState.SUSPENDED and entry.kind not in (Kind.RESUME, Kind.RELEASE):
        say("BOOK-SUSPENDED", "reject", None, "kind", value=book.number)
    if book.state is BookState.CLOSED:
        say("BOOK-CLOSED", "reject", None, "kind", value=book.number)
    if book.closed_through and entry.day <= book.closed_through:
        say("BOOK-PERIOD-CLOSED", "reject", None, "day", value=entry.day.isoformat(),
            expected=book.closed_through.isoformat())  # fmt: skip
    if work.state.today is not None and entry.day > work.state.today:
        say("BOOK-FUTURE", "reject", None, "day", value=entry.day.isoformat(),
            expected=work.state.today.isoformat())  # fmt: skip
    if entry.kind in _WITH_LINES and not entry.lines:
        say("BOOK-NOTHING", "reject", None, "lines")
    for limit, beyond in ((book.opened, -1), (book.valid_until, 1)):
        if limit and (entry.day - limit).days * beyond > 0:
            say("BOOK-VALIDITY", "reject", None, "day", value=entry.day.isoformat(),
                expected=limit.isoformat())  # fmt: skip
    modes, severity = _modes(work)
    if entry.mode and modes and entry.mode not in modes:
        say("BOOK-MODE", severity, None, "mode", value=entry.mode,
            expected=" / ".join(sorted(modes)))  # fmt: skip
    made = work.state.entries.get(entry.key) if entry.number else None
    if made is None or made.reversed_by or not _same_goods(work, made):
        return True
    say("BOOK-TWICE", "reject", None, "number", value=entry.number, expected=made.day.isoformat())
    return False
