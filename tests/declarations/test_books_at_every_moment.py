"""Whatever clerks enter, in whatever order: a book balances, and refusals leave no trace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any, ClassVar

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run
from sqlalchemy import select

from single_window.declarations.books import keeping
from single_window.declarations.books.ledger import Answer
from single_window.domain.books.account import Origin
from single_window.domain.books.entries import Entry, Kind, Line
from single_window.domain.books.judging import months_after
from single_window.domain.books.told import entry_of
from single_window.storage.tables import metadata
from tests.declarations.keepers import (
    BLADE,
    COMPANY,
    ENGINE,
    ITEMS,
    KEPT,
    OLD,
    OPENED,
    REPAIRED,
    SCRAP,
    Keeper,
    book,
    keeper,
)
from tests.window import Window

SERIALS, ORDERS, PAPERS = ("E1", "E2", "E3"), ("W1", "W2"), ("P1", "P2", "P3")
STOCKS = ("waiting", "repaired", "unrepairable", "parts", "old", "scrap")
GOODS = STOCKS[:3]
MOST = Decimal(450_000)
"""Four engines, with blades, are more than the book may hold."""
_numbers = count(1)
serials, orders, papers = map(st.sampled_from, (SERIALS, ORDERS, PAPERS))
quantities = st.integers(1, 60)
sides = st.sampled_from(("abroad", "china"))


@dataclass
class Seen:
    """What the movements alone say, added up here and not by the book."""

    stocks: dict[tuple[int, str, str], int] = field(default_factory=lambda: defaultdict(int))
    pieces: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    flows: dict[tuple[int, str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    held: dict[tuple[int, str], int] = field(default_factory=lambda: defaultdict(int))
    spoken: dict[str, str] = field(default_factory=dict)
    orders: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Mapping[str, list[Any]]) -> Seen:
        """Adds up."""
        seen = cls()
        for row in rows["movements"]:
            seen.flows[row.item, row.origin, row.source, row.target] += row.units
            for place, units in ((row.source, -row.units), (row.target, row.units)):
                if place in STOCKS:
                    seen.stocks[row.item, row.origin, place] += units
                if row.serial:
                    at = seen.pieces[row.serial]
                    at[place] = at.get(place, 0) + units
        for row in rows["holdings"]:
            seen.held[row.item, row.place] += row.units
            if row.serial:
                seen.spoken[row.serial] = row.paper
        for row in rows["work_orders"]:
            told = orjson.loads(row.told)
            seen.orders[row.number] = {**told, "serial": row.serial, "closed": row.closed}
        seen.origins = {row.number: row.origin for row in rows["book_serials"]}
        return seen

    def place(self, serial: str) -> str:
        """The stock in which a piece is; "" for none."""
        return next((p for p, units in self.pieces[serial].items() if units and p in STOCKS), "")

    def free(self, item: int, place: str) -> int:
        """What of a stock nobody has spoken for, in whole pieces."""
        there = sum(units for (i, _, p), units in self.stocks.items() if (i, p) == (item, place))
        return (there - self.held[item, place]) // 100_000

    def at_work(self, serial: str) -> bool:
        """True while a work order is open on a piece."""
        return any(o["serial"] == serial and not o["closed"] for o in self.orders.values())

    def living(self, order: str) -> bool:
        """True while a work order is open."""
        return order in self.orders and not self.orders[order]["closed"]


class Clerks(RuleBasedStateMachine):
    """Three clerks at one book."""

    window: ClassVar[Window]
    clerk: Keeper
    days = st.just("2026-03-01")

    @initialize(blades=st.integers(0, 50))
    def begin(self, blades: int) -> None:
        """Opens a book of its own."""
        self.clerk = keeper(self.window)
        self.clerk.number = f"H{next(_numbers):011d}"
        header = book(max_turnover=MOST, number=self.clerk.number)
        lines = (Line(BLADE, Decimal(blades), origin=Origin.ABROAD),) if blades else ()
        entries = [Entry(Kind.OPENING, OPENED, lines=lines)]
        made = keeping.open_book(
            self.clerk.store, self.clerk.scope, header, ITEMS, entries, person="x"
        )
        assert not made.refused

    def rows(self) -> dict[str, list[Any]]:
        """All that is kept of this book."""
        return kept(self.clerk)

    @contextmanager
    def judged(self) -> Iterator[list[Answer]]:
        """What is refused inside changes nothing."""
        before, answers = self.rows(), list[Answer]()
        yield answers
        if answers[0].refused:
            assert self.rows() == before

    def enter(self, kind: str, *lines: Mapping[str, Any], legal: bool | None, **said: Any) -> None:
        """One entry, refused exactly where it is not legal."""
        values = {"kind": kind, "day": self.clerk.day, "lines": lines, **said}
        values.setdefault("number", f"N{next(_numbers)}")
        with self.judged() as answers:
            answers.append(self.clerk.force(entry_of(values)))
        refused = answers[0].refused
        assert legal is None or refused is not legal, (values, answers[0].findings)

    @property
    def seen(self) -> Seen:
        """What the movements say now."""
        return Seen.of(self.rows())

    # --- what clerks do -----------------------------------------------------------------------

    @rule(serial=serials, side=sides)
    def come_in(self, serial: str, side: str) -> None:
        seen = self.seen
        worth = sum(
            Decimal(units) / 100_000 * (ITEMS[item].price or 0)
            for (item, _, _), units in seen.stocks.items()
        )
        fits = worth + 100_000 <= MOST
        self.enter("in", {"item": ENGINE, "serial": serial}, side=side,
                   legal=fits and not seen.place(serial))  # fmt: skip

    @rule(quantity=quantities)
    def parts_come_in(self, quantity: int) -> None:
        self.enter("in", {"item": BLADE, "quantity": str(quantity)}, side="abroad", legal=None)

    @rule(order=orders, serial=serials)
    def open_order(self, order: str, serial: str) -> None:
        seen = self.seen
        legal = seen.place(serial) == "waiting" and not seen.at_work(serial)
        legal = legal and serial not in seen.spoken
        legal = legal and (order not in seen.orders or seen.orders[order].get("result") == "void")
        self.enter("order", {"item": ENGINE, "serial": serial}, number=order, legal=legal)

    @rule(order=orders, quantity=quantities)
    def issue(self, order: str, quantity: int) -> None:
        seen = self.seen
        legal = seen.living(order) and quantity <= seen.free(BLADE, "parts")
        self.enter("issue", {"item": BLADE, "quantity": str(quantity)}, order=order, legal=legal)

    @rule(order=orders, quantity=quantities)
    def give_back(self, order: str, quantity: int) -> None:
        seen = self.seen
        fitted = Decimal(seen.orders.get(order, {}).get("fitted", {}).get(str(BLADE), "0"))
        legal = seen.living(order) and quantity <= fitted
        self.enter("give_back", {"item": BLADE, "quantity": str(quantity)}, order=order,
                   legal=legal)  # fmt: skip

    @rule(order=orders, quantity=quantities)
    def remove(self, order: str, quantity: int) -> None:
        self.enter("remove", {"item": OLD, "quantity": str(quantity)}, order=order,
                   legal=self.seen.living(order))  # fmt: skip

    @rule(order=orders, weight=st.integers(1, 99_999))
    def waste(self, order: str, weight: int) -> None:
        quantity = str(Decimal(weight) / 100_000)
        self.enter("waste", {"item": SCRAP, "quantity": quantity}, order=order,
                   legal=self.seen.living(order))  # fmt: skip

    @rule(order=orders, result=st.sampled_from(("repaired", "unrepairable", "untouched")))
    def finish(self, order: str, result: str) -> None:
        self.enter("finish", order=order, result=result, legal=self.seen.living(order))

    @rule(kind=st.sampled_from(("reserve", "out")), paper=papers, serial=serials, side=sides)
    def send_away(self, kind: str, paper: str, serial: str, side: str) -> None:
        seen = self.seen
        place, by = seen.place(serial), seen.spoken.get(serial, paper)
        legal = bool(place) and not seen.at_work(serial) and by == paper
        legal = legal and not (seen.origins.get(serial) == "A" and side == "china")
        item = REPAIRED if place == "repaired" else ENGINE
        number = paper if kind == "reserve" or by else f"{paper}-{next(_numbers)}"
        self.enter(kind, {"item": item, "serial": serial}, side=side, number=number,
                   legal=legal if kind == "reserve" else None)  # fmt: skip

    @rule(paper=papers, quantity=quantities)
    def speak_for_parts(self, paper: str, quantity: int) -> None:
        seen = self.seen
        rows = self.rows()["holdings"]
        own = sum(r.units for r in rows if r.paper == paper and r.item == BLADE) // 100_000
        legal = quantity <= seen.free(BLADE, "parts") + own
        self.enter("reserve", {"item": BLADE, "quantity": str(quantity)}, number=paper,
                   side="abroad", legal=legal)  # fmt: skip

    @rule(paper=papers)
    def let_go(self, paper: str) -> None:
        self.enter("release", number=paper, legal=True)

    @rule(item=st.sampled_from((OLD, SCRAP)), quantity=quantities,
          kind=st.sampled_from(("sell", "hand_over", "destroy", "reexport")))  # fmt: skip
    def dispose(self, item: int, quantity: int, kind: str) -> None:
        place = "old" if item == OLD else "scrap"
        mode, record = {"destroy": ("0400", "D1"), "reexport": ("0864", "")}.get(kind, ("", ""))
        more = {"mode": mode, "record": record}
        enough = quantity <= self.seen.free(item, place)
        legal = None if kind in ("sell", "hand_over") and enough else enough
        self.enter(kind, {"item": item, "quantity": str(quantity)}, legal=legal, **more)

    @rule(pick=st.integers(0, 1000))
    def take_back(self, pick: int) -> None:
        made = self.rows()["book_entries"]
        key = made[pick % len(made)].key
        with self.judged() as answers:
            answers.append(
                keeping.reverse(self.clerk.store, self.clerk.scope, self.clerk.number, key,
                                day=date(2026, 3, 1), reason="", person="y")
            )  # fmt: skip

    @rule(kind=st.sampled_from(("in", "out", "issue", "order", "reserve", "exchange", "count")),
          bad=st.sampled_from((
              {"quantity": "-1"}, {"quantity": "0"}, {"quantity": "0.000001"}, {"quantity": "0.5"},
              {"quantity": "1", "unit": "035"}, {"item": 99, "quantity": "1"},
              {"quantity": "2", "serial": "E1"}, {"serial": "E1", "brand": "other"},
          )),
          more=st.sampled_from(
              ({}, {"company": "ELSE"}, {"book": "H0"}, {"day": "2025-12-31"})))  # fmt: skip
    def do_nonsense(self, kind: str, bad: dict[str, Any], more: dict[str, str]) -> None:
        self.enter(kind, {"item": ENGINE, **bad}, side="abroad", order="", legal=None, **more)

    # --- what always holds --------------------------------------------------------------------

    @invariant()
    def what_is_derived_is_what_was_moved(self) -> None:
        if hasattr(self, "clerk"):
            found = [each for each in self.clerk.differences() if each.book == self.clerk.number]
            assert found == []

    @invariant()
    def the_book_balances(self) -> None:
        if hasattr(self, "clerk"):
            balanced(self.rows())


def kept(keeper: Keeper) -> dict[str, list[Any]]:
    """All that is kept of a clerk's book."""
    with keeper.store.database.read() as connection:
        own = metadata.tables["books"]
        row = connection.execute(select(own).where(own.c.number == keeper.number)).one()
        kept = {
            name: connection.execute(
                select(metadata.tables[name]).where(metadata.tables[name].c.book_id == row.id)
            ).all()
            for name in KEPT
        }
    return {**kept, "books": [row]}


def balanced(rows: Mapping[str, list[Any]]) -> None:
    """The laws of a book (B1 to B12), added up from its movements alone."""
    seen = Seen.of(rows)
    assert all(units >= 0 for units in seen.stocks.values()), "B1 to B3, B6, B8, B9"
    for (item, place), units in seen.held.items():
        assert 0 <= units <= seen.free(item, place) * 100_000 + units, "B10"
    for item, origin, source, target in seen.flows:
        moved = seen.flows[item, origin, source, target]
        assert not (moved and origin == "A" and item in (OLD, SCRAP) and target in
                    ("china", "sold", "taxed")), "B8, B9"  # fmt: skip
        assert not (moved and origin == "A" and source in GOODS and target == "china"), "B5"
    _conserved(seen)
    (header,) = rows["books"]
    worth = sum(
        Decimal(units) / 100_000 * (ITEMS[item].price or 0)
        for (item, _, _), units in seen.stocks.items()
    )
    assert Decimal(header.value) == worth <= MOST, "B12"
    for row in rows["book_serials"]:
        told = orjson.loads(row.told)
        if row.deadline:
            last = months_after(date.fromisoformat(told["entered"]), 12)
            assert row.deadline <= last.isoformat(), "B11"
    for number, order in seen.orders.items():
        fitted, removed, off = (
            Decimal(order.get(name, {}).get(str(key), "0"))
            for name, key in (("fitted", BLADE), ("removed", OLD), ("unmatched", OLD))
        )
        if order["closed"] and order.get("result") != "void":
            assert removed - fitted == off, f"B7 of {number}"


def _conserved(seen: Seen) -> None:
    """Rules B4 and B5: per item and origin, what came and did not leave is there."""
    for item, origin in {(item, origin) for item, origin, _ in seen.stocks}:
        net = sum(
            units * ((target in STOCKS) - (source in STOCKS))
            for (i, o, source, target), units in seen.flows.items()
            if (i, o) == (item, origin)
        )
        there = sum(u for (i, o, _), u in seen.stocks.items() if (i, o) == (item, origin))
        assert net == there, "B4, B5"
    for serial, places in seen.pieces.items():
        inside = [units for place, units in places.items() if place in STOCKS and units]
        assert inside in ([], [100_000]), serial


def test_a_book_balances_whatever_is_entered(window: Window) -> None:
    assert keeper(window).scope.code == COMPANY
    machine = type("Machine", (Clerks,), {"window": window})
    examples = 50 if window.store.database.is_sqlite else 12
    run(machine, settings=settings(max_examples=examples, stateful_step_count=30, deadline=None))
