"""A book's balances in the order in which people read them: goods, parts, old parts, scrap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from single_window.domain.books.account import GOODS, HOME, Role
from single_window.domain.books.judging import months_after, plain
from single_window.domain.money import ZERO

GOODS_PLACES = tuple(place.value for place in GOODS)
STORED = (Role.PART.value, Role.OLD.value, Role.SCRAP.value)
REMINDED_DAYS = 60
"""How many days ahead a page tells of what has to be done."""
_SOON, _AT_ONCE = 30, 7

Shown = Mapping[str, Any]


@dataclass(slots=True)
class Stock:
    """What lies in a stock, and what of it papers have spoken for."""

    there: Decimal = ZERO
    reserved: Decimal = ZERO

    @property
    def free(self) -> Decimal:
        """What can be taken."""
        return self.there - self.reserved


@dataclass(slots=True)
class Row:
    """The stocks of an item by place: of one origin, or of all where `origin` is None."""

    item: Shown
    origin: str | None
    stocks: dict[str, Stock] = field(default_factory=dict)
    linked: Shown | None = None
    total: bool = True

    def at(self, place: str) -> Stock:
        """What lies in a place."""
        return self.stocks.get(place, Stock())

    @property
    def home(self) -> Stock:
        """What lies where the item belongs."""
        return self.at(HOME[Role(self.item["role"])])

    @property
    def whole(self) -> Stock:
        """What lies in all places."""
        return Stock(
            sum((each.there for each in self.stocks.values()), ZERO),
            sum((each.reserved for each in self.stocks.values()), ZERO),
        )


def rows(balances: Iterable[Shown], *roles: str) -> list[Row]:
    """The items of some roles, each in all and, where goods of both origins lie, by origin."""
    items = [*balances]
    repaired = {each.get("linked"): each for each in items if each["role"] == Role.REPAIRED}
    found = []
    for item in items:
        if item["role"] not in roles:
            continue
        split: dict[str, Row] = {}
        total = Row(item, None, linked=repaired.get(item["seqno"]))
        for stock in item["stocks"]:
            origin = stock["origin"]
            for row in (total, split.setdefault(origin, Row(item, origin, total=False))):
                at = row.stocks.setdefault(stock["place"], Stock())
                at.there += Decimal(stock["stock"])
                at.reserved += Decimal(stock["reserved"])
        if len(split) == 1:
            total.origin = next(iter(split))
        found += [total, *(split[key] for key in sorted(split) if len(split) > 1)]
    return found


def items_of(balances: Iterable[Shown], *roles: str) -> list[Shown]:
    """The items of some roles."""
    return [each for each in balances if each["role"] in roles]


def shown(quantity: Decimal) -> str:
    """A quantity as people read it; nothing is a dash."""
    return plain(quantity) if quantity else "–"


@dataclass(frozen=True, slots=True)
class Duty:
    """What has to be done by a day: a piece to be sent back, a report, a book to be renewed."""

    kind: str
    day: date
    days: int
    serial: str = ""

    @property
    def tone(self) -> str:
        """How pressing it is: overdue, a week, a month, two months."""
        if self.days < 0 or self.days <= _AT_ONCE:
            return "bad"
        return "wait" if self.days <= _SOON else "note"


def duties(header: Shown, due: Iterable[Shown], today: date) -> list[Duty]:
    """What of a book is due or overdue, the most urgent first."""
    found = [
        Duty("piece", date.fromisoformat(each["deadline"]), each["days_left"], each["number"])
        for each in due
    ]
    for kind, day in (
        ("reconcile", reconcile_by(header)),
        ("validity", _day(header, "valid_until")),
    ):
        if day is not None and header["state"] != "closed" and day - today <= _AHEAD:
            found.append(Duty(kind, day, (day - today).days))
    return sorted(found, key=lambda each: (each.day, each.serial))


_AHEAD = timedelta(days=REMINDED_DAYS)


def reconcile_by(header: Shown) -> date | None:
    """The last day of the period that runs: counted from the last one, or from the opening."""
    begun = _day(header, "closed_through") or _day(header, "opened")
    return months_after(begun, int(header.get("months", 12))) if begun else None


def _day(header: Shown, name: str) -> date | None:
    text = header.get(name)
    return date.fromisoformat(text) if text else None


def turnover(header: Shown) -> tuple[Decimal, Decimal] | None:
    """The value of all stocks and the limit; None where the book has none."""
    if not header.get("max_turnover"):
        return None
    return Decimal(header["value"]), Decimal(header["max_turnover"])


def standing(piece: Shown) -> str:
    """Where a piece stands, as a key: waiting, in work, repaired, unrepairable, leaving, out."""
    if not piece["inside"]:
        return "out"
    if piece.get("reserved"):
        return "leaving"
    if piece.get("order"):
        return "in_work"
    return str(piece["place"])


STANDINGS = ("waiting", "in_work", "repaired", "unrepairable", "leaving", "out")


def is_overdue(piece: Shown, today: date) -> bool:
    """Whether a piece should have been back already."""
    deadline = _day(piece, "deadline")
    return bool(piece["inside"]) and deadline is not None and deadline < today


def signed(movement: Shown, place: str) -> str:
    """The quantity of a movement as a place sees it: what came with a plus, what went a minus."""
    quantity = Decimal(movement["quantity"])
    if place and movement["target"] != place:
        quantity = -quantity
    return f"+{plain(quantity)}" if place and quantity > 0 else plain(quantity)


def entry_no(shown: Shown) -> str:
    """The number of an entry as people know it: no mark of a form, no place in a file."""
    number = str(shown["key"]).partition("|")[2].partition("#")[0]
    return "" if "[" in number else number


def timeline(piece: Shown, orders: Iterable[Shown]) -> list[dict[str, Any]]:
    """All that became of a piece: its own movements, its orders, what was fitted and taken off."""
    events = {each["id"]: {**each, "what": "moved"} for each in piece["timeline"]}
    for order in orders:
        moved = [each for each in order["movements"] if each["id"] not in events]
        events |= {each["id"]: {**each, "what": "order_moved"} for each in moved}
    found = sorted(events.values(), key=lambda each: (each["day"], each["id"]))
    for order in orders:
        own = [at for at, each in enumerate(found) if each["order"] == order["number"]]
        later = [at for at, each in enumerate(found) if each["day"] > order["opened"]]
        at = min([*own, *later], default=len(found))
        found.insert(at, {"what": "order", "day": order["opened"], "order": order["number"],
                          "result": order["result"], "closed": order["closed"]})  # fmt: skip
    return found
