"""Entries of an account book one by one: what they move, and what stands in their way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from single_window.domain.books.account import (
    Book,
    BookState,
    Item,
    Movement,
    Origin,
    Place,
    Result,
    Role,
)
from single_window.domain.books.entries import Entry, Kind, Line
from single_window.domain.books.overdue import due_list, findings
from single_window.domain.books.posting import judge
from single_window.domain.books.state import State
from single_window.regimes.bonded_repair.terms import law

DAY = date(2026, 3, 2)
BOOK = Book("H1", "C1", months=24, currency="USD", max_turnover=Decimal(10_000))
ITEMS = {
    1: Item(1, Role.GOODS, "engine", unit="001", serials=True, catalogued=True),
    2: Item(2, Role.REPAIRED, "engine, repaired", unit="001", linked=1),
    3: Item(3, Role.PART, "blade", unit="007", linked=4, price=Decimal(10)),
    4: Item(4, Role.OLD, "old blade", unit="007"),
}


class Clerk:
    """Writes into a book; what is refused is told by its codes."""

    def __init__(self, book: Book = BOOK, items: dict[int, Item] = ITEMS) -> None:
        self.state = State(book, items)
        self.movements: list[Movement] = []

    def enter(self, kind: Kind, *lines: Line, day: date = DAY, **more: Any) -> list[str]:
        """The codes of what is said of an entry, which is made unless it is refused."""
        posting = judge(self.state, Entry(kind, day, lines=lines, **more), law(day))
        if not posting.refused:
            posting.apply(self.state)
            self.movements += posting.movements
        return [each.code for each in posting.findings]

    def came_in(self, number: str, origin: Origin = Origin.ABROAD, **more: Any) -> None:
        """A piece comes in."""
        line = Line(1, serial=number, origin=origin, **more)
        assert self.enter(Kind.IN, line, number=f"IN-{number}") == []

    def repaired(self, number: str) -> None:
        """A piece is repaired on a work order."""
        order = f"W-{number}"
        assert self.enter(Kind.ORDER, Line(1, serial=number), number=order) == []
        assert self.enter(Kind.FINISH, order=order, result=Result.REPAIRED) == []

    def place(self, number: str) -> Place:
        """Where a piece is."""
        return self.state.serials[number].place


@pytest.fixture
def clerk() -> Clerk:
    """A clerk with an engine from abroad, one from China, and forty blades."""
    clerk = Clerk()
    clerk.came_in("A1")
    clerk.came_in("C1", Origin.CHINA)
    assert clerk.enter(Kind.OPENING, Line(3, Decimal(40))) == []
    return clerk


def test_an_exchange_links_the_piece_that_leaves_to_the_one_that_comes_in(clerk: Clerk) -> None:
    clerk.repaired("A1")
    line = Line(1, serial="A2", exchanged="A1")
    assert clerk.enter(Kind.EXCHANGE, line, number="X1") == []
    assert (clerk.place("A1"), clerk.place("A2")) == (Place.ABROAD, Place.WAITING)
    assert clerk.state.serials["A1"].linked == "A2"
    assert clerk.state.serials["A2"].linked == "A1"
    assert clerk.enter(Kind.EXCHANGE, Line(1, serial="A3"), number="X2") == ["BOOK-EXCHANGE"]


def test_goods_of_the_catalogue_from_china_may_go_abroad_since_2024_7(clerk: Clerk) -> None:
    clerk.repaired("C1")
    line = Line(2, serial="C1")
    early = date(2024, 1, 31)
    assert "BOOK-B5" in clerk.enter(Kind.OUT, line, side=Place.ABROAD, day=early)
    assert clerk.enter(Kind.OUT, line, side=Place.ABROAD) == []


@pytest.mark.parametrize(
    ("item", "code"),
    [({"catalogued": False}, "BOOK-B5"), ({"catalogued": None}, "BOOK-B5-CATALOGUE")],
)
def test_other_goods_from_china_go_back_there(item: Any, code: str) -> None:
    clerk = Clerk(BOOK, ITEMS | {1: replace(ITEMS[1], **item)})
    clerk.came_in("C1", Origin.CHINA)
    clerk.repaired("C1")
    assert clerk.enter(Kind.OUT, Line(2, serial="C1"), side=Place.ABROAD) == [code]


def test_outside_zones_goods_come_from_abroad() -> None:
    clerk = Clerk(replace(BOOK, in_zone=False), ITEMS)
    line = Line(1, serial="C1")
    assert clerk.enter(Kind.IN, line, side=Place.CHINA, number="1") == ["REP-09"]
    assert clerk.enter(Kind.IN, line, side=Place.ABROAD, number="2") == []


def test_what_is_taken_off_has_the_origin_of_its_goods(clerk: Clerk) -> None:
    assert clerk.enter(Kind.ORDER, Line(1, serial="A1"), number="W") == []
    off = Line(4, Decimal(2), origin=Origin.CHINA)
    assert clerk.enter(Kind.REMOVE, off, order="W") == ["BOOK-B5-ORIGIN"]
    assert clerk.enter(Kind.REMOVE, Line(4, Decimal(2)), order="W") == []
    assert clerk.enter(Kind.HAND_OVER, off, record="G") == ["BOOK-B10"]


def test_a_count_is_carried_on_until_its_difference_is_settled(clerk: Clerk) -> None:
    clerk.enter(Kind.IN, Line(3, Decimal(10)), side=Place.ABROAD, number="1")
    stock = clerk.state.stock(3, Place.PARTS, Origin.ABROAD)
    clerk.enter(Kind.COUNT, Line(3, stock - 2, origin=Origin.ABROAD))
    clerk.enter(Kind.IN, Line(3, Decimal(5)), side=Place.ABROAD, number="2")
    (at,) = clerk.state.open_counts()
    assert clerk.state.carried(at) == stock + 3
    assert clerk.enter(Kind.CLOSE) == ["BOOK-CLOSE"]
    assert clerk.enter(Kind.SHORTAGE, Line(3, Decimal(2), origin=Origin.ABROAD), record="T") == []
    assert clerk.state.carried(at) == clerk.state.stock(3, Place.PARTS, Origin.ABROAD)
    assert clerk.enter(Kind.CLOSE) == []
    assert clerk.state.open_counts() == []


def test_reversals_go_back_one_by_one_to_the_beginning(clerk: Clerk) -> None:
    clerk.repaired("A1")
    assert clerk.enter(Kind.OUT, Line(2, serial="A1"), number="OUT-1") == []
    assert clerk.enter(Kind.REVERSE, reverses="finish|W-A1") == ["BOOK-REVERSE-STOCK"]
    for number, named in enumerate(("OUT-1", "finish|W-A1", "order|W-A1", "IN-A1")):
        assert clerk.enter(Kind.REVERSE, reverses=named, number=f"R{number}") == [], named
    assert not clerk.state.serials["A1"].inside
    assert not any(clerk.state.stocks[at] for at in clerk.state.stocks if at[1] is Origin.ABROAD)
    clerk.came_in("A1")
    assert clerk.enter(Kind.REVERSE, reverses="OUT-1") == ["BOOK-REVERSE-TWICE"]


def test_a_work_order_that_was_used_is_not_taken_back(clerk: Clerk) -> None:
    clerk.enter(Kind.ORDER, Line(1, serial="A1"), number="W1")
    clerk.enter(Kind.ISSUE, Line(3, Decimal(5)), order="W1", number="I1")
    assert clerk.enter(Kind.REVERSE, reverses="order|W1") == ["BOOK-ORDER-USED"]
    assert clerk.enter(Kind.GIVE_BACK, Line(3, Decimal(6)), order="W1") == ["BOOK-ISSUED"]
    assert clerk.enter(Kind.GIVE_BACK, Line(3, Decimal(2)), order="W1") == []
    assert clerk.enter(Kind.REMOVE, Line(3, Decimal(3)), order="W1") == []
    assert clerk.enter(Kind.FINISH, order="W1", result=Result.REPAIRED) == []
    assert clerk.state.stock(4, Place.OLD, Origin.ABROAD) == 3
    assert clerk.enter(Kind.REVERSE, reverses="I1") == ["BOOK-ORDER-CLOSED"]


def test_one_for_one_is_told_with_the_order_and_explained_it_is_a_note(clerk: Clerk) -> None:
    clerk.enter(Kind.ORDER, Line(1, serial="A1"), number="W1")
    clerk.enter(Kind.ISSUE, Line(3, Decimal(2)), order="W1")
    finish = Entry(Kind.FINISH, DAY, order="W1", result=Result.REPAIRED)
    for reason, severity in (("", "hold"), ("lost in flight", "warn")):
        (finding,) = judge(clerk.state, replace(finish, reason=reason), law(DAY)).findings
        assert (finding.code, finding.severity) == ("BOOK-B7", severity)
        assert (finding.value, finding.expected) == ("0", "2")


def test_the_last_piece_goes_to_one_of_two_papers(clerk: Clerk) -> None:
    line = Line(3, Decimal(30))
    assert clerk.enter(Kind.RESERVE, line, number="P1") == []
    assert clerk.enter(Kind.RESERVE, line, number="P2") == ["BOOK-B10"]
    assert clerk.enter(Kind.RELEASE, number="P1") == []
    assert clerk.enter(Kind.RESERVE, line, number="P2") == []
    assert clerk.enter(Kind.OUT, line, number="P2") == []
    assert clerk.state.available(3, Place.PARTS, Origin.UNSPLIT) == 10
    assert clerk.enter(Kind.RELEASE, number="P2") == ["BOOK-NOT-HELD"]


def test_two_lines_of_one_entry_cannot_both_have_it(clerk: Clerk) -> None:
    line = Line(3, Decimal(25))
    assert clerk.enter(Kind.OUT, line, line) == ["BOOK-B10"]
    assert clerk.state.stock(3, Place.PARTS, Origin.UNSPLIT) == 40


def test_a_suspended_book_takes_nothing_until_it_is_resumed(clerk: Clerk) -> None:
    clerk.enter(Kind.SUSPEND)
    assert clerk.enter(Kind.IN, Line(1, serial="A9")) == ["BOOK-SUSPENDED"]
    clerk.enter(Kind.RESUME)
    assert clerk.state.book.state is BookState.OPEN
    clerk.came_in("A9")


def test_a_period_closes_once_its_counts_agree(clerk: Clerk) -> None:
    clerk.enter(Kind.COUNT, Line(3, Decimal(38)))
    assert clerk.enter(Kind.CLOSE) == ["BOOK-CLOSE"]
    assert clerk.enter(Kind.SHORTAGE, Line(3, Decimal(2)), record="TAX-1") == []
    assert clerk.enter(Kind.CLOSE) == []
    assert clerk.enter(Kind.IN, Line(3, Decimal(1))) == ["BOOK-PERIOD-CLOSED"]


def test_during_a_correction_new_repairs_are_held() -> None:
    clerk = Clerk(replace(BOOK, rectifying=True))
    assert clerk.enter(Kind.IN, Line(1, serial="A1"), number="1") == ["BOOK-RECTIFYING"]


def test_the_stocks_stay_within_the_maximum_turnover(clerk: Clerk) -> None:
    assert clerk.enter(Kind.IN, Line(3, Decimal(961)), number="1") == ["BOOK-B12"]
    assert clerk.enter(Kind.IN, Line(3, Decimal(960)), number="1") == []


def test_another_life_of_a_piece_begins_when_it_comes_in_again(clerk: Clerk) -> None:
    assert clerk.enter(Kind.OUT, Line(1, serial="A1"), number="OUT-1") == []
    assert clerk.enter(Kind.OUT, Line(1, serial="A1"), number="OUT-2") == ["BOOK-SERIAL-GONE"]
    line = Line(1, serial="A1", origin=Origin.ABROAD)
    assert clerk.enter(Kind.IN, line, number="IN-AGAIN") == []
    assert clerk.place("A1") is Place.WAITING


@pytest.mark.parametrize(
    ("today", "days", "reminder"),
    [
        (date(2028, 1, 1), 61, None),
        (date(2028, 1, 2), 60, 60),
        (date(2028, 2, 1), 30, 30),
        (date(2028, 2, 24), 7, 7),
        (date(2028, 3, 3), -1, 7),
    ],
)
def test_reminders_come_sixty_thirty_and_seven_days_before(
    clerk: Clerk, today: date, days: int, reminder: int | None
) -> None:
    first = due_list(clerk.state, today, law(today))[0]
    assert (first.serial, first.deadline) == ("A1", date(2028, 3, 2))
    assert (first.days, first.reminder, first.overdue) == (days, reminder, days < 0)


def test_what_has_no_number_leaves_in_the_order_in_which_it_came() -> None:
    clerk = Clerk(items={1: replace(ITEMS[1], serials=False)})
    clerk.enter(Kind.IN, Line(1, Decimal(5)), number="1", day=date(2026, 1, 5))
    clerk.enter(Kind.IN, Line(1, Decimal(5)), number="2", day=date(2026, 2, 5))
    clerk.enter(Kind.OUT, Line(1, Decimal(7), place=Place.WAITING), number="3")
    (due,) = due_list(clerk.state, DAY, law(DAY), clerk.movements)
    assert (due.quantity, due.entered) == (3, date(2026, 2, 5))


def test_large_equipment_may_stay_as_long_as_its_contract() -> None:
    until = date(2031, 6, 30)
    items = {1: replace(ITEMS[1], large=True)}
    clerk = Clerk(replace(BOOK, contract_until=until), items)
    clerk.came_in("B-2099")
    assert clerk.state.serials["B-2099"].deadline == until


def test_old_parts_are_dealt_with_in_the_time_of_the_supervision_plan() -> None:
    clerk = Clerk(replace(BOOK, waste_days=90))
    clerk.enter(Kind.REMOVE, Line(4, Decimal(6)))
    clerk.enter(Kind.REEXPORT, Line(4, Decimal(4)), mode="0864")
    for days, code in ((59, None), (60, "BOOK-WASTE-SOON"), (91, "BOOK-WASTE-LATE")):
        today = DAY + timedelta(days=days)
        dues = due_list(clerk.state, today, law(today), clerk.movements)
        found = [(each.code, each.value) for each in findings(clerk.state, dues, law(today), {})]
        assert found == ([(code, "2")] if code else [])
