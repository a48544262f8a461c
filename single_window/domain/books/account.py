"""An account book as values: its header, items, serials, work orders, and a ledger of movements.

A movement takes a quantity of one item from one place to another, so nothing comes from nowhere.
Quantities are in the item's own unit, with five decimals at most. The goods that wait and the same
goods repaired are two items of the book, linked one to one; their ledger runs under the first.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple


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
