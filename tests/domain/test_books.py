"""The account book under any sequence of entries: what has to hold, holds after each of them."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from single_window.declarations.words import rendered
from single_window.domain.books.account import (
    GOODS,
    STOCKS,
    Book,
    BookState,
    Item,
    Origin,
    Place,
    Result,
    Role,
    Serial,
)
from single_window.domain.books.balances import figures, remains, should_remain
from single_window.domain.books.entries import Entry, Kind, Line, Posting
from single_window.domain.books.posting import judge
from single_window.domain.books.state import State
from single_window.domain.money import ZERO
from single_window.regimes.bonded_repair.terms import law

ITEMS = {
    1: Item(1, Role.GOODS, "engine", unit="001", serials=True, price=Decimal(900),
            catalogued=True),
    2: Item(2, Role.REPAIRED, "engine, repaired", unit="001", linked=1),
    3: Item(3, Role.PART, "blade", unit="007", linked=4, price=Decimal(10)),
    4: Item(4, Role.OLD, "old blade", unit="007"),
    5: Item(5, Role.PART, "sheet", unit="035", consumable=True, price=Decimal("0.5")),
    6: Item(6, Role.SCRAP, "scrap", unit="035"),
    7: Item(7, Role.GOODS, "board", unit="007", price=Decimal(3), catalogued=False),
    8: Item(8, Role.REPAIRED, "board, repaired", unit="007", linked=7),
}  # fmt: skip
MOST = Decimal(8000)
BEGUN = date(2026, 1, 5)
NUMBERS = st.sampled_from([f"S{n}" for n in range(6)])
ORDERS = st.sampled_from(["W1", "W2", "W3"])
PAPERS = st.sampled_from([f"P{n}" for n in range(8)])
QUANTITIES = st.sampled_from(
    [Decimal(text) for text in ("1", "2", "3", "7", "40", "0.5", "2.25", "0", "-1", "0.000001")]
)
ORIGINS = st.sampled_from([*Origin])
SIDES = st.sampled_from([None, Place.ABROAD, Place.CHINA, Place.MAKER])
LINES = st.builds(
    Line,
    item=st.sampled_from([*ITEMS, 9]),
    quantity=QUANTITIES | st.none(),
    unit=st.sampled_from(["", "", "", "035", "036", "007"]),
    origin=ORIGINS,
    place=st.sampled_from([None, None, None, *sorted(STOCKS)]),
    serial=st.just("") | NUMBERS,
    exchanged=st.just("") | NUMBERS,
)
RESULTS = st.sampled_from([Result.REPAIRED, Result.UNREPAIRABLE, Result.UNTOUCHED])
SOLE = [Kind.SUSPEND, Kind.RESUME, Kind.CLOSE]
"""Entries that would end most runs before much has happened: they have a rule of their own."""
ENTRIES = st.builds(
    Entry,
    kind=st.sampled_from([kind for kind in Kind if kind not in SOLE]),
    day=st.just(BEGUN),
    number=PAPERS,
    lines=st.lists(LINES, max_size=3).map(tuple),
    side=SIDES,
    mode=st.sampled_from(["", "1371", "0864"]),
    order=st.just("") | ORDERS,
    result=st.sampled_from([*Result]),
    record=st.sampled_from(["", "R1"]),
    reverses=PAPERS | ORDERS,
)


class Books(RuleBasedStateMachine):
    """A book that is written into at random, half of it as a clerk would."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State(Book("H1", "C1", months=24, max_turnover=MOST), ITEMS)
        self.day = BEGUN
        self.papers = 0

    # --- writing ------------------------------------------------------------------------------

    def _post(self, entry: Entry) -> Posting:
        before = _seen(self.state)
        posting = judge(self.state, entry, law(entry.day))
        assert _seen(self.state) == before, "judging changes nothing"
        assert all(each["text_zh"] for each in rendered(posting.findings, ""))
        if posting.refused:
            assert posting.movements == ()
        else:
            posting.apply(self.state)
        return posting

    def _made(self, kind: Kind, *lines: Line, **more: Any) -> None:
        self.papers += 1
        entry = Entry(kind, self.day, f"N{self.papers}", lines, **more)
        posting = self._post(entry)
        assert not posting.refused, (entry, posting.findings)

    def _refused(self, kind: Kind, *lines: Line, **more: Any) -> None:
        self.papers += 1
        entry = Entry(kind, self.day, f"N{self.papers}", lines, **more)
        assert self._post(entry).refused, entry

    def _open(self) -> bool:
        return self.state.book.state is BookState.OPEN

    def _known(self) -> Iterable[Serial]:
        return self.state.serials.values()

    def _pieces(self, *places: Place) -> list[str]:
        found = self._known()
        return [each.number for each in found if each.place in places and not each.reserved]

    # --- anything -----------------------------------------------------------------------------

    @rule(entry=ENTRIES)
    def anything_is_entered(self, entry: Entry) -> None:
        self._post(entry)

    @rule(kind=st.sampled_from([Kind.SUSPEND, Kind.RESUME, Kind.RESUME]))
    def the_book_is_suspended_or_resumed(self, kind: Kind) -> None:
        self._post(Entry(kind, self.day))

    @precondition(_open)
    @rule()
    def the_period_is_closed(self) -> None:
        if not self._post(Entry(Kind.CLOSE, self.day)).refused:
            self._refused(Kind.IN, Line(3, Decimal(1)))
            self.day += timedelta(days=1)

    # --- what a clerk does --------------------------------------------------------------------

    @initialize(blades=st.integers(10, 50))
    def it_begins(self, blades: int) -> None:
        self._made(Kind.OPENING, Line(3, Decimal(blades)))
        for number in ("S0", "S1"):
            line = Line(1, serial=number, origin=Origin.ABROAD, place=Place.REPAIRED)
            self._made(Kind.OPENING, line)

    @precondition(_open)
    @rule(number=NUMBERS, origin=st.sampled_from([Origin.ABROAD, Origin.CHINA]))
    def a_piece_comes_in(self, number: str, origin: Origin) -> None:
        piece = self.state.serials.get(number)
        if (piece is not None and piece.inside) or self.state.value + 900 > MOST:
            self._refused(Kind.IN, Line(1, serial=number, origin=origin))
        else:
            self._made(Kind.IN, Line(1, serial=number, origin=origin))

    @precondition(lambda self: self._open() and self._pieces(Place.WAITING))
    @rule(data=st.data(), blades=st.integers(0, 3), off=st.integers(0, 3), result=RESULTS)
    def a_piece_is_repaired(self, data: Any, blades: int, off: int, result: Result) -> None:
        number = data.draw(st.sampled_from(self._pieces(Place.WAITING)))
        order = self.state.serials[number].order
        if not order:
            order = f"O{self.papers}"
            self._made(Kind.ORDER, Line(1, serial=number), order=order)
        self._refused(Kind.OUT, Line(1, serial=number))
        there = sum(self.state.available(3, Place.PARTS, each) for each in Origin)
        if blades and there >= blades:
            self._made(Kind.ISSUE, Line(3, Decimal(blades)), order=order)
        self._refused(Kind.ISSUE, Line(3, there + 1), order=order)
        if off:
            self._made(Kind.REMOVE, Line(4, Decimal(off)), order=order)
        self._made(Kind.FINISH, order=order, result=result)
        found = self.state.orders[order]
        assert bool(found.unmatched) == (found.removed.get(4, 0) != found.fitted.get(3, 0))
        self._refused(Kind.FINISH, order=order, result=result)

    @precondition(lambda self: self._open() and self._pieces(Place.REPAIRED, Place.UNREPAIRABLE))
    @rule(data=st.data())
    def a_piece_goes_back(self, data: Any) -> None:
        number = data.draw(st.sampled_from(self._pieces(Place.REPAIRED, Place.UNREPAIRABLE)))
        line = Line(2, serial=number)
        if self.state.serials[number].origin is Origin.ABROAD:
            self._refused(Kind.OUT, line, side=Place.CHINA)
        self._made(Kind.RESERVE, line)
        self._refused(Kind.OUT, line)
        paper = f"N{self.papers - 1}"
        assert not self._post(Entry(Kind.OUT, self.day, paper, (line,))).refused
        self._refused(Kind.OUT, line)
        self._made(Kind.REVERSE, reverses=f"out|{paper}")
        self._made(Kind.OUT, line)

    @precondition(_open)
    @rule(quantity=st.sampled_from([Decimal(1), Decimal(2)]))
    def old_blades_are_disposed_of(self, quantity: Decimal) -> None:
        line = Line(4, quantity, origin=Origin.ABROAD)
        self._refused(Kind.SELL, line)
        self._refused(Kind.HAND_OVER, line)
        self._refused(Kind.DESTROY, line)
        free = self.state.available(4, Place.OLD, Origin.ABROAD)
        if free + self.state.available(4, Place.OLD, Origin.UNSPLIT) >= quantity:
            self._made(Kind.REEXPORT, line, mode="0864")

    # --- what has to hold ---------------------------------------------------------------------

    @invariant()
    def no_stock_is_ever_negative_nor_overspoken(self) -> None:
        assert all(quantity >= 0 for quantity in self.state.stocks.values())
        assert all(self.state.held.get(at, 0) >= 0 for at in self.state.held)
        for item, origin, place in self.state.held:
            assert self.state.available(item, place, origin) >= 0

    @invariant()
    def what_is_there_is_what_came_less_what_went(self) -> None:
        for item in ITEMS.values():
            for origin in Origin:
                found = figures(self.state, item, (origin,))
                assert remains(found) == should_remain(found)

    @invariant()
    def each_piece_is_counted_where_it_is(self) -> None:
        there = Counter((each.item, each.origin, each.place) for each in self._known())
        for origin in Origin:
            for place in GOODS:
                assert self.state.stock(1, place, origin) == there[1, origin, place]

    @invariant()
    def goods_leave_only_where_they_came_from(self) -> None:
        for (item, origin, source, target), quantity in self.state.flows.items():
            if source in GOODS and target is Place.CHINA:
                assert origin is not Origin.ABROAD or not quantity
            if source in GOODS and target is Place.ABROAD and item == 7:
                assert origin is not Origin.CHINA or not quantity

    @invariant()
    def old_parts_and_scrap_from_abroad_never_stay_in_china(self) -> None:
        for (_, origin, source, target), quantity in self.state.flows.items():
            if source in (Place.OLD, Place.SCRAP) and origin is not Origin.CHINA:
                staying = target in (Place.CHINA, Place.SOLD, Place.TAXED)
                assert not (staying and quantity)

    @invariant()
    def the_value_is_that_of_the_stocks_and_within_the_maximum(self) -> None:
        worth = sum((ITEMS[item].price or ZERO) * quantity
                    for (item, _, _), quantity in self.state.stocks.items())  # fmt: skip
        assert self.state.value == worth

    @invariant()
    def what_is_spoken_for_is_what_papers_say(self) -> None:
        said: dict[Any, Decimal] = {}
        for held in self.state.holdings.values():
            for item, origin, place, quantity, _ in held:
                at = (item, origin, place)
                said[at] = said.get(at, ZERO) + quantity
        kept = {at: quantity for at, quantity in self.state.held.items() if quantity}
        assert said == kept


def _seen(state: State) -> Any:
    names = ("book", "flows", "stocks", "held", "holdings", "serials", "orders", "entries")
    return copy.deepcopy([getattr(state, name) for name in names]), state.value


TestBooks = Books.TestCase
TestBooks.settings = settings(
    max_examples=100, stateful_step_count=30, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
