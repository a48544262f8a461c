"""What may be entered into an account book, and by which law it is judged."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from single_window.domain.books.account import Movement, Origin, Place, Result
from single_window.domain.books.state import State
from single_window.domain.findings import Finding, Severity, decision


class Kind(StrEnum):
    """What an entry does (记账类型)."""

    OPENING = "opening"
    IN = "in"
    OUT = "out"
    RESERVE = "reserve"
    RELEASE = "release"
    ORDER = "order"
    ISSUE = "issue"
    GIVE_BACK = "give_back"
    REMOVE = "remove"
    WASTE = "waste"
    FINISH = "finish"
    REEXPORT = "reexport"
    DESTROY = "destroy"
    HAND_OVER = "hand_over"
    SELL = "sell"
    TAX = "tax"
    SHORTAGE = "shortage"
    SURPLUS = "surplus"
    EXCHANGE = "exchange"
    COUNT = "count"
    REVERSE = "reverse"
    SUSPEND = "suspend"
    RESUME = "resume"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Line:
    """One item of an entry, as it was written; None and "" are what was not said.

    `place` is the stock that it leaves or, of an opening or a count, lies in. What describes a
    piece (`brand` and so on) is kept when it comes in, and compared when it goes out.
    `exchanged` is the piece that leaves in exchange for this one. `path` is where the line stands.
    Numbers of pieces are the same in full width and in half width.
    """

    item: int
    quantity: Decimal | None = None
    unit: str = ""
    origin: Origin = Origin.UNSPLIT
    place: Place | None = None
    serial: str = ""
    brand: str = ""
    model: str = ""
    fault: str = ""
    owner: str = ""
    country: str = ""
    sender: str = ""
    entered: date | None = None
    deadline: date | None = None
    exchanged: str = ""
    explanation: str = ""
    path: str = ""

    def __post_init__(self) -> None:
        for name in ("serial", "exchanged"):
            number = unicodedata.normalize("NFKC", getattr(self, name)).strip()
            object.__setattr__(self, name, number)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry (记账凭证): what happened on a day, with the paper that proves it.

    `number` is that of its paper; no two entries of a kind share one. `side` is the outside from
    which things come in or to which they go. `order` names the work order, `record` the record of
    destruction, tax bill or gate registration, `reverses` the entry that it takes back. `company`
    and `book` are compared with the book's own where they are given. `names` are what the fields
    of its lines are called where it was written, if not as here.
    """

    kind: Kind
    day: date
    number: str = ""
    lines: tuple[Line, ...] = ()
    side: Place | None = None
    mode: str = ""
    order: str = ""
    result: Result = Result.OPEN
    record: str = ""
    reverses: str = ""
    reason: str = ""
    book: str = ""
    company: str = ""
    path: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """How the entry is found again: by kind and paper, work order, or where it stands."""
        return f"{self.kind}|{self.number or self.order or self.path}"


@dataclass(frozen=True, slots=True)
class Law:
    """The values of the law on the day of an entry, as the regime reads them from its parameters.

    `modes` are the supervision modes in which an entry of a kind may be declared, each with how
    gravely another one is taken. `waste_sale` says whether old parts and scrap of goods from
    abroad may be sold in China, `straight_abroad` whether catalogue goods from inside China may go
    abroad from a zone.
    """

    months_in_zone: int
    months_outside: int
    warn_days: int
    reminders: tuple[int, ...]
    waste_sale: bool
    straight_abroad: bool
    modes: Mapping[Kind, tuple[frozenset[str], Severity]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Posting:
    """What came of an entry: findings and, unless it was refused, what it changes.

    `tried` are the movements that it asks for; `state` is a fork of the state that it was tried
    on; `apply` takes it over.
    """

    entry: Entry
    findings: tuple[Finding, ...]
    tried: tuple[Movement, ...]
    state: State

    @property
    def movements(self) -> tuple[Movement, ...]:
        """What is to be written into the ledger: nothing of a refused entry."""
        return () if self.refused else self.tried

    @property
    def refused(self) -> bool:
        """True when the entry may not be made: then nothing at all is changed."""
        return decision(self.findings) == "reject"

    def apply(self, to: State) -> None:
        """Make the entry; a refused one is a mistake of the program."""
        if self.refused:
            raise ValueError(f"{self.entry.kind} {self.entry.number} was refused")
        to.absorb(self.state)
