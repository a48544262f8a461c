"""An account book as values: its header, items, serials, work orders, and a ledger of movements.

A movement takes a quantity of one item from one place to another, so nothing comes from nowhere.
Quantities are in the item's own unit, with five decimals at most. The goods that wait and the same
goods repaired are two items of the book, linked one to one; their ledger runs under the first.
"""

from __future__ import annotations

import csv
from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from single_window.domain.money import ZERO


class Origin(StrEnum):
    """Where goods came from, and must go back to (来源); a total tells no origin."""

    ABROAD = "A"
    CHINA = "C"
    UNSPLIT = ""


class Place(StrEnum):
    """A column of the ledger: an outside, a stock inside, or an end."""

    OPENING = "opening"
    ABROAD = "abroad"
    CHINA = "china"
    MAKER = "maker"
    ARISING = "arising"
    SURPLUS = "surplus"
    WAITING = "waiting"
    REPAIRED = "repaired"
    UNREPAIRABLE = "unrepairable"
    PARTS = "parts"
    OLD = "old"
    SCRAP = "scrap"
    USED = "used"
    WASTED = "wasted"
    DESTROYED = "destroyed"
    TAXED = "taxed"
    SOLD = "sold"
    SHORTAGE = "shortage"


GOODS = (Place.WAITING, Place.REPAIRED, Place.UNREPAIRABLE)
"""The stocks of goods under repair."""
STOCKS = frozenset({*GOODS, Place.PARTS, Place.OLD, Place.SCRAP})
"""The places inside, whose quantity may never fall below nothing."""
OUTSIDES = frozenset({Place.ABROAD, Place.CHINA, Place.MAKER})

with Path(__file__).with_name("places.csv").open(encoding="utf-8", newline="") as _file:
    LABELS: Mapping[str, tuple[str, str]] = {
        row["place"]: (row["zh"], row["en"]) for row in csv.DictReader(_file)
    }
"""What each place is called, in Chinese and in English."""


class Role(StrEnum):
    """What an item of the book is (料件、成品的性质)."""

    GOODS = "goods"
    REPAIRED = "repaired"
    PART = "part"
    OLD = "old"
    SCRAP = "scrap"


HOME: Mapping[Role, Place] = {
    Role.GOODS: Place.WAITING,
    Role.REPAIRED: Place.REPAIRED,
    Role.PART: Place.PARTS,
    Role.OLD: Place.OLD,
    Role.SCRAP: Place.SCRAP,
}
"""The stock in which an item lies unless something else is said."""


FITTING: Mapping[Role, tuple[Place, ...]] = {
    role: GOODS if place in GOODS else (place,) for role, place in HOME.items()
}
"""The stocks that an item may lie in."""


@dataclass(frozen=True, slots=True)
class Item:
    """One numbered item of the book (账册项号).

    `linked` is the item that goes with it: repaired goods with the waiting ones, a part with the
    old part that it replaces. `factors` are other units and what one of each is in the own one.
    `serials` says whether each piece is followed by its number; `consumable` parts leave no old
    part behind. `catalogued` is None where nobody said whether the goods are in the catalogue.
    """

    seqno: int
    role: Role
    name: str = ""
    material_no: str = ""
    hs: str = ""
    unit: str = ""
    price: Decimal | None = None
    currency: str = ""
    linked: int | None = None
    serials: bool = False
    consumable: bool = False
    factors: Mapping[str, Decimal] = field(default_factory=dict)
    catalogued: bool | None = None
    own_group: bool = False
    approved: bool = False
    prohibited: bool = False
    large: bool = False
    path: str = ""

    @property
    def ledger(self) -> int:
        """The item under which its movements are kept."""
        return self.linked if self.role is Role.REPAIRED and self.linked else self.seqno

    @property
    def of_goods(self) -> bool:
        """True of goods under repair, waiting or repaired."""
        return self.role in (Role.GOODS, Role.REPAIRED)

    def __str__(self) -> str:
        return f"{self.seqno} {self.name}".rstrip()


class BookState(StrEnum):
    """Whether entries are taken."""

    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Book:
    """The header of an account book (账册表头).

    `months` is its reconciliation period; `contract_until` the end of the contract that large
    equipment may follow instead. `max_turnover` is in `currency`. `closed_through` is the last day
    of the period that was closed, `waste_days` the time of the supervision plan for old parts
    and scrap. A book of `kind` remanufacture has a catalogue of its own.
    """

    number: str
    company: str
    kind: str = "repair"
    in_zone: bool = True
    opened: date | None = None
    valid_until: date | None = None
    months: int = 12
    contract_until: date | None = None
    max_turnover: Decimal | None = None
    currency: str = ""
    customs: str = ""
    state: BookState = BookState.OPEN
    rectifying: bool = False
    closed_through: date | None = None
    waste_days: int | None = None
    by_orders: bool = False


@dataclass(frozen=True, slots=True)
class Serial:
    """One numbered piece (序列号): where it is, where it came from, until when it must be back.

    `order` is the open work order on it, `reserved` the paper that has spoken for it, `last` the
    entry that touched it last; `linked` the piece it was exchanged for.
    """

    number: str
    item: int
    origin: Origin
    place: Place
    brand: str = ""
    model: str = ""
    fault: str = ""
    owner: str = ""
    country: str = ""
    sender: str = ""
    entered: date | None = None
    deadline: date | None = None
    left: date | None = None
    order: str = ""
    reserved: str = ""
    linked: str = ""
    last: str = ""

    @property
    def inside(self) -> bool:
        """True while it is in one of the stocks."""
        return self.place in STOCKS


class Result(StrEnum):
    """How a work order ends; one that was entered by mistake is void."""

    OPEN = ""
    REPAIRED = "repaired"
    UNREPAIRABLE = "unrepairable"
    UNTOUCHED = "untouched"
    VOID = "void"


Quantities = Mapping[int, Decimal]


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """A work order (维修工单): one piece, the parts fitted to it, the old parts taken off.

    `fitted` counts what was issued less what was given back, per item; `removed` what was taken
    off; `unmatched` is what rule B7 has already told, per old part. Goods without numbers have a
    `quantity`.
    """

    number: str
    item: int
    origin: Origin
    serial: str = ""
    quantity: Decimal = Decimal(1)
    opened: date | None = None
    closed: date | None = None
    result: Result = Result.OPEN
    fitted: Quantities = field(default_factory=dict)
    removed: Quantities = field(default_factory=dict)
    unmatched: Quantities = field(default_factory=dict)


class Movement(NamedTuple):
    """A quantity of an item that went from one place to another; a reversal's is negative."""

    item: int
    origin: Origin
    source: Place
    target: Place
    quantity: Decimal
    serial: str = ""
    order: str = ""
    day: date | None = None
    entry: str = ""


Flow = tuple[int, Origin, Place, Place]
"""Item, origin, from, to: what the sums of movements are kept by."""
Stock = tuple[int, Origin, Place]


class Held(NamedTuple):
    """What a paper has spoken for before it leaves (预扣)."""

    item: int
    origin: Origin
    place: Place
    quantity: Decimal
    serial: str = ""


class Counted(NamedTuple):
    """What a count found (盘点), and how a difference is explained.

    `standing` is what the stock held by the book on that `day`, as `State.standing` says it; None
    where that was not kept.
    """

    quantity: Decimal
    explanation: str = ""
    path: str = ""
    standing: Decimal | None = None
    day: date | None = None


class Recorded(NamedTuple):
    """An entry that was made: what is needed to find it again, and to reverse it."""

    kind: str
    day: date
    movements: tuple[Movement, ...]
    order: str = ""
    reversed_by: str = ""


@dataclass(slots=True)
class State:
    """What is known of a book: all of it, or only what one entry touches.

    `flows` are sums of movements, `stocks` what follows from them, `held` what papers have spoken
    for, `holdings` the same by paper. `value` is that of all stocks in the book's currency; None
    where some price is not known in it. `entries` are those that an entry names.
    `later` is what came into a stock after the day that is judged. Where entries may be dated
    before others that were made, `today` is set, `dated` is what came into a stock by day since the
    first of their days, and `seen` the day on which a piece last moved.
    """

    book: Book
    items: Mapping[int, Item]
    flows: MutableMapping[Flow, Decimal] = field(default_factory=dict)
    stocks: MutableMapping[Stock, Decimal] = field(default_factory=dict)
    held: MutableMapping[Stock, Decimal] = field(default_factory=dict)
    holdings: MutableMapping[str, tuple[Held, ...]] = field(default_factory=dict)
    serials: MutableMapping[str, Serial] = field(default_factory=dict)
    orders: MutableMapping[str, WorkOrder] = field(default_factory=dict)
    entries: MutableMapping[str, Recorded] = field(default_factory=dict)
    counts: MutableMapping[Stock, Counted] = field(default_factory=dict)
    value: Decimal = ZERO
    later: MutableMapping[Stock, Decimal] = field(default_factory=dict)
    dated: MutableMapping[Stock, Mapping[date, Decimal]] = field(default_factory=dict)
    seen: MutableMapping[str, date] = field(default_factory=dict)
    today: date | None = None

    def know(self, flow: Flow, quantity: Decimal) -> None:
        """Add a sum of movements that was made before, as it was kept."""
        self.flows[flow] = self.flows.get(flow, ZERO) + quantity
        item, origin, source, target = flow
        for place, signed in ((source, -quantity), (target, quantity)):
            if place in STOCKS:
                at = (item, origin, place)
                self.stocks[at] = self.stocks.get(at, ZERO) + signed

    def move(self, movement: Movement) -> None:
        """Make a movement: its sum, the stocks at both ends, the value of what is inside."""
        item, origin, source, target, quantity = movement[:5]
        self.know((item, origin, source, target), quantity)
        if self.today is not None and movement.day is not None:
            for place, signed in ((source, -quantity), (target, quantity)):
                if place in STOCKS:
                    self.know_day((item, origin, place), movement.day, signed)
            if movement.serial:
                self.seen[movement.serial] = movement.day
        price = worth(self.items.get(item), self.book)
        if price and (source in STOCKS) != (target in STOCKS):
            self.value += price * (quantity if target in STOCKS else -quantity)

    def know_day(self, at: Stock, day: date, quantity: Decimal) -> None:
        """Add what came into a stock on a day."""
        known = self.dated.get(at, {})
        self.dated[at] = {**known, day: known.get(day, ZERO) + quantity}

    def lowest(self, item: int, place: Place, origin: Origin, since: date) -> Decimal:
        """The least that lies in a stock at the end of a day or of any after it."""
        at = (item, origin, place)
        left = least = self.stock(item, place, origin)
        for day, moved in sorted(self.dated.get(at, {}).items(), reverse=True):
            if day <= since:
                break
            left -= moved
            least = min(least, left)
        return least

    def stock(self, item: int, place: Place, origin: Origin) -> Decimal:
        """What lies in a stock."""
        return self.stocks.get((item, origin, place), ZERO)

    def standing(self, item: int, place: Place, origin: Origin) -> Decimal:
        """What would lie in a stock had no difference been settled; of no origin, that of all."""
        total = ZERO
        for each in (origin,) if origin else tuple(Origin):
            total += self.stock(item, place, each)
            total += self.flows.get((item, each, place, Place.SHORTAGE), ZERO)
            total -= self.flows.get((item, each, Place.SURPLUS, place), ZERO)
        return total

    def open_counts(self) -> list[Stock]:
        """The stocks that were counted in a period that is not closed."""
        closed = self.book.closed_through or date.min
        return [at for at, count in self.counts.items() if not count.day or count.day > closed]

    def carried(self, at: Stock) -> Decimal:
        """What a count comes to by now: what was found, and what has moved since."""
        item, origin, place = at
        count = self.counts[at]
        if count.standing is None:
            return count.quantity
        return count.quantity + self.standing(item, place, origin) - count.standing

    def available(self, item: int, place: Place, origin: Origin, since: date = date.max) -> Decimal:
        """What of a stock no paper has spoken for, on a day and ever after (rule B10)."""
        held = self.held.get((item, origin, place), ZERO)
        return self.lowest(item, place, origin, since) - held

    def hold(self, paper: str, held: Iterable[Held]) -> None:
        """Let a paper speak for quantities and pieces."""
        more = tuple(held)
        self.holdings[paper] = (*self.holdings.get(paper, ()), *more)
        self._hold(more, paper)

    def let_go(self, paper: str) -> None:
        """Give back all that a paper has spoken for."""
        less = self.holdings.get(paper, ())
        self._hold([each._replace(quantity=-each.quantity) for each in less], "")
        self.holdings[paper] = ()

    def _hold(self, held: Iterable[Held], paper: str) -> None:
        for item, origin, place, quantity, number in held:
            at = (item, origin, place)
            self.held[at] = self.held.get(at, ZERO) + quantity
            if number in self.serials:
                self.serials[number] = replace(self.serials[number], reserved=paper)

    def fork(self) -> State:
        """A state to try an entry on: what changes in it changes nothing here."""
        over: dict[str, Any] = {name: ChainMap({}, getattr(self, name)) for name in _MAPS}
        return replace(self, **over)

    def absorb(self, tried: State) -> None:
        """Take over what was tried on a fork of this state."""
        for name in _MAPS:
            getattr(self, name).update(getattr(tried, name).maps[0])
        self.book, self.value = tried.book, tried.value


_MAPS = ("flows", "stocks", "held", "holdings", "serials", "orders", "entries", "counts", "dated",
         "seen")  # fmt: skip


def worth(item: Item | None, book: Book) -> Decimal | None:
    """Price of a unit in the book's currency; None where it is not known in that."""
    if item is None or item.price is None or item.currency not in ("", book.currency):
        return None
    return item.price
