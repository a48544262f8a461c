"""Customs keeps the account on its own side: it refuses what is not there, and agrees with ours."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.stubs.books import Books
from adapters.stubs.desk import read_message
from adapters.stubs.forms import Script, script
from single_window.declarations.books.listing import Listing
from single_window.declarations.scope import Scope
from single_window.storage import tables as t
from single_window.storage.engine import beijing_day, now_ms
from tests import repairs
from tests.window import Agency, Window

LATER = 10.0**10
"""A time at which everything is due."""


@dataclass
class Customs:
    """The simulated customs without its network: what the window sends it, and what it answers."""

    window: Window
    books: Books
    script: Script
    agency: Agency = field(default_factory=lambda: Agency.of("customs"))
    taken: int = 0

    def file(self, body: bytes) -> Any:
        """Hands one paper in, has it sent, and every answer taken in; its row."""
        self.window.receive(body)
        self.window.check()
        number = self.window.rows()[-1].id
        self.window.dispatch(self.agency)
        for message_id, sent in self.agency.got[self.taken :]:
            self.books.take(message_id, read_message(self.script, sent), now=0.0)
        self.taken = len(self.agency.got)
        while due := self.books.due(now=LATER, limit=100):
            for each in due:
                self.window.answer(self.agency.real, each.body)
                self.books.delivered(each.id, now=LATER)
        (row,) = self.window.rows(t.declarations.c.id == number)
        return row

    def theirs(self, book: str) -> dict[str, tuple[Decimal, Decimal]]:
        """There, and spoken for, by item, as customs keeps it."""
        return {
            each["item"]: (Decimal(str(each["there"])), Decimal(str(each["held"])))
            for each in self.books.accounts()
            if each["book"] == book
        }

    def ours(self, book: str) -> dict[str, tuple[Decimal, Decimal]]:
        """The same as the window keeps it."""
        with self.window.store.database.read() as connection:
            scope = Scope(self.window.broker)
            found = Listing.of(self.window.store, connection, scope, book).balances()
        return {
            str(item["seqno"]): tuple(  # type: ignore[misc]
                sum((Decimal(each[name]) for each in item["stocks"]), Decimal(0))
                for name in ("stock", "reserved")
            )
            for item in found
            if item["seqno"] == item["ledger"] and item["flows"]
        }


@pytest.fixture
def customs(sqlite_window: Window, tmp_path: Path) -> Iterator[Customs]:
    told = script("customs")
    books = Books(told, tmp_path / "customs.db", delay=0.0, slow=0.0)
    yield Customs(sqlite_window, books, told)
    books.close()


@pytest.fixture
def book(customs: Customs) -> str:
    """The number of an account that customs has opened."""
    opened = customs.file(repairs.account("BOOK-1"))
    assert opened.outcome == "accepted"
    (kept,) = customs.window.rows(of=t.books)
    return str(kept.number)


def _bond_number(row: Any) -> str:
    assert row.outcome == "accepted", row
    return str(row.invt_no)


def through(customs: Customs, book: str, number: str, flag: str) -> None:
    """An inventory, and the pass by which its goods go through the gate."""
    own = customs.file(repairs.inventory(number, flag, putrecNo=book))
    customs.file(repairs.gate_pass(f"P-{number}", flag, _bond_number(own)))


def test_customs_refuses_what_its_account_has_not_got(customs: Customs, book: str) -> None:
    elsewhere = repairs.inventory("OUT-1", "E", putrecNo=book)
    received = read_message(customs.script, elsewhere)
    customs.books.take("M-1", received, now=0.0)
    bodies = [each.body.decode() for each in customs.books.due(now=LATER, limit=9)]
    assert any("<manageResult>3</manageResult>" in body for body in bodies)
    assert any("账册可用数量不足" in body for body in bodies)
    assert customs.theirs(book) == {}


def test_both_sides_keep_the_same_account(customs: Customs, book: str) -> None:
    through(customs, book, "IN-1", "I")
    assert customs.theirs(book) == customs.ours(book) == {"1": (Decimal(1), Decimal(0))}
    today = beijing_day(now_ms()).isoformat()
    assert customs.file(repairs.work_order("W-1", book, openedOn=today, finishedOn=today))
    leaves = customs.file(repairs.inventory("OUT-1", "E", putrecNo=book))
    assert customs.theirs(book) == customs.ours(book) == {"1": (Decimal(1), Decimal(1))}
    customs.file(repairs.gate_pass("P-OUT-1", "E", _bond_number(leaves)))
    assert customs.theirs(book) == customs.ours(book) == {"1": (Decimal(0), Decimal(0))}


@pytest.mark.parametrize("seed", range(3))
def test_they_agree_after_any_papers(customs: Customs, book: str, seed: int) -> None:
    dice, waiting = random.Random(seed), list[tuple[str, str]]()
    today = beijing_day(now_ms()).isoformat()
    for at in range(14):
        match dice.choice(("in", "in", "finish", "out", "pass", "reject")):
            case "in":
                own = customs.file(repairs.inventory(f"I-{at}", "I", putrecNo=book))
                waiting.append((_bond_number(own), "I"))
            case "finish":
                customs.file(repairs.work_order(f"W-{at}", book, openedOn=today, finishedOn=today))
            case "out":
                own = customs.file(repairs.inventory(f"O-{at}", "E", putrecNo=book))
                waiting += [(own.invt_no, "E")] if own.outcome == "accepted" else []
            case "reject":
                customs.file(repairs.inventory(f"R-{at}-T-REJECT", "E", putrecNo=book))
            case "pass" if waiting:
                number, flag = waiting.pop(dice.randrange(len(waiting)))
                customs.file(repairs.gate_pass(f"P-{at}", flag, number))
        ours, theirs = customs.ours(book), customs.theirs(book)
        nothing = (Decimal(0), Decimal(0))
        assert ours.get("1", nothing) == theirs.get("1", nothing)
