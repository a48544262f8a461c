"""What is known of a book while it is judged: sums, stocks, pieces, orders, what is spoken for."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from single_window.domain.books.account import (
    STOCKS,
    Book,
    Counted,
    Flow,
    Held,
    Item,
    Movement,
    Origin,
    Place,
    Recorded,
    Serial,
    Stock,
    WorkOrder,
)
from single_window.domain.money import ZERO


def ends(flow: Flow, quantity: Decimal) -> Iterator[tuple[Stock, Decimal]]:
    """The stocks from which and into which things move, with what each gains or loses."""
    item, origin, source, target = flow
    for place, signed in ((source, -quantity), (target, quantity)):
        if place in STOCKS:
            yield (item, origin, place), signed


@dataclass(slots=True)
class State:
    """What is known of a book: all of it, or only what one entry touches.

    `flows` are sums of movements, `stocks` what follows from them, `held` what papers have spoken
    for, `holdings` the same by paper. `value` is that of all stocks in the book's currency; None
    where some price is not known in it. `entries` are those that an entry names.
    `dated` is what came into a stock by day, after the first day that is judged. Where entries may
    be dated before others that were made, `today` is set, and `seen` is when a piece last moved.
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
    dated: MutableMapping[Stock, Mapping[date, Decimal]] = field(default_factory=dict)
    seen: MutableMapping[str, date] = field(default_factory=dict)
    today: date | None = None

    def know(self, flow: Flow, quantity: Decimal) -> None:
        """Add a sum of movements that was made before, as it was kept."""
        self.flows[flow] = self.flows.get(flow, ZERO) + quantity
        for at, signed in ends(flow, quantity):
            self.stocks[at] = self.stocks.get(at, ZERO) + signed

    def move(self, movement: Movement) -> None:
        """Make a movement: its sum, the stocks at both ends, the value of what is inside."""
        item, origin, source, target, quantity = movement[:5]
        self.know((item, origin, source, target), quantity)
        if self.today is not None and movement.day is not None:
            self.know_day(movement[:4], movement.day, quantity)
            if movement.serial:
                self.seen[movement.serial] = movement.day
        price = worth(self.items.get(item), self.book)
        if price and (source in STOCKS) != (target in STOCKS):
            self.value += price * (quantity if target in STOCKS else -quantity)

    def know_day(self, flow: Flow, day: date, quantity: Decimal) -> None:
        """Add what moved on a day."""
        for at, signed in ends(flow, quantity):
            known = self.dated.get(at, {})
            self.dated[at] = {**known, day: known.get(day, ZERO) + signed}

    def later(self, at: Stock, day: date) -> Decimal:
        """What came into a stock after a day; of no origin, into that of all."""
        item, origin, place = at
        dated = [self.dated.get((item, each, place), {})
                 for each in ((origin,) if origin else tuple(Origin))]  # fmt: skip
        return sum((moved for each in dated for on, moved in each.items() if on > day), ZERO)

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
