"""What an invented agency keeps of sums that are opened, taken from together, and given back."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.stubs.accounts import UNITS, Item, Move, Paper
from adapters.stubs.books import Books
from adapters.stubs.desk import Received
from adapters.stubs.forms import Facts, Form, Script, script

LATER = 10**9
WHOLE, SLIP = "whole", "slip"
_numbers = itertools.count(1)


def _read(facts: Mapping[str, Any]) -> list[Paper]:
    """A record opens a whole, or takes of it and of a slip, which it may open in one go."""
    if facts.get("total"):
        return [Paper("W", [Item(WHOLE, WHOLE, facts["total"] * UNITS)], tells="balance")]
    moves = -facts["takes"] * UNITS
    opens = [Item(SLIP, SLIP, facts["slip"] * UNITS)] if "slip" in facts else []
    return [
        Paper("W", moves=[Move(WHOLE, moves)], tells="balance"),
        Paper("S", opens, [Move(SLIP, moves)], tells="remaining"),
    ]


def _script() -> Script:
    tax = script("tax")
    form: Form = replace(
        tax.forms["TaxAssessmentMessage"],
        account=_read,
        echoes=("guid", "balance", "remaining"),
        outcomes={
            "well": ("RECEIVED", "ACCEPTED"),
            "hold": ("RECEIVED", "HELD"),
            "release": ("ACCEPTED",),
            "reject": ("RECEIVED", "REJECTED"),
            "overdrawn": ("RECEIVED", "REJECTED:short"),
        },
        unnumbered={"RECEIVED": ("balance", "remaining"), "REJECTED": ("balance", "remaining")},
        texts={"REJECTED:short": "余额不足，仅余{left}"},
    )
    return replace(tax, forms={form.message: form})


class Office:
    """The agency without its sockets."""

    def __init__(self, path: Path) -> None:
        self.script = _script()
        self._path = path
        self.open()

    def open(self) -> None:
        """Begins, or goes on where it was."""
        self.books = Books(self.script, self._path, delay=0.0, slow=0.0)

    def told(self, *records: Mapping[str, int], order_no: str = "O") -> list[str]:
        """Files records in one message; what is answered to each at last, without its guid."""
        (form,) = self.script.forms.values()
        guids = [f"G-{next(_numbers)}" for _ in records]
        facts: list[Facts] = [
            {"guid": guid, "ebpCode": "E", "orderNo": order_no, "currency": "142", **record}
            for guid, record in zip(guids, records, strict=True)
        ]
        self.books.take(guids[0], Received(form, guids[0], facts), now=0.0)
        return [self.last(guid) for guid in guids]

    def last(self, guid: str) -> str:
        """The last answer to a record: its status, what it is told, or why it is refused."""
        bodies = [due.body.decode() for due in self.books.due(now=LATER, limit=10**6)]
        (*_, answer) = [
            entity
            for body in bodies
            for entity in re.findall(r"<TaxReceipt>(.*?)</TaxReceipt>", body)
            if f">{guid}<" in entity
        ]
        found = dict(re.findall(r"<(\w+)>([^<]*)</", answer))
        info = found["returnInfo"] if found["returnStatus"] == "REJECTED" else ""
        names = ("returnStatus", "balance", "remaining")
        return " ".join(filter(None, [*(found.get(name, "") for name in names), info]))

    def there(self) -> dict[str, tuple[float, float]]:
        """What there is, and what is spoken for, by book."""
        return {row["book"]: (row["there"], row["held"]) for row in self.books.accounts()}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path / "books.db")
    yield made
    made.books.close()


def test_a_record_opens_a_book_and_takes_of_it_and_of_another_in_one_go(office: Office) -> None:
    assert office.told({"total": 100}) == ["ACCEPTED 100"]
    assert office.told({"takes": 30, "slip": 50}) == ["ACCEPTED 70 20"]
    assert office.told({"takes": 20}) == ["ACCEPTED 50 0"]
    assert office.there() == {"W": (50.0, 0.0), "S": (0.0, 0.0)}


def test_what_one_of_the_books_has_not_got_is_taken_of_none_and_said(office: Office) -> None:
    office.told({"total": 100}, {"takes": 30, "slip": 50})
    before = office.there()
    assert office.told({"takes": 21}) == ["REJECTED 余额不足，仅余20"]
    assert office.told({"takes": 80, "slip": 90}) == ["REJECTED 余额不足，仅余70"]
    assert office.there() == before


def test_records_of_one_message_do_not_take_the_same_twice(office: Office) -> None:
    office.told({"total": 100})
    both = office.told({"takes": 60, "slip": 60}, {"takes": 60, "slip": 60})
    assert both == ["ACCEPTED 40 0", "REJECTED 余额不足，仅余40"]


def test_what_is_given_back_can_be_taken_again(office: Office) -> None:
    office.told({"total": 100}, {"takes": 100, "slip": 100})
    assert office.told({"takes": 1}) == ["REJECTED 余额不足，仅余0"]
    assert office.told({"takes": -40}) == ["ACCEPTED 40 40"]
    assert office.told({"takes": 40}) == ["ACCEPTED 0 0"]


def test_a_book_that_nobody_opened_limits_nothing_and_tells_nothing(office: Office) -> None:
    assert office.told({"takes": 30, "slip": 50}) == ["ACCEPTED 20"]
    assert office.there() == {"S": (20.0, 0.0)}


def test_a_book_opened_again_holds_what_it_now_says_but_never_less_than_is_gone(
    office: Office,
) -> None:
    office.told({"total": 100}, {"takes": 30, "slip": 50})
    assert office.told({"total": 60}) == ["ACCEPTED 30"]
    assert office.told({"total": 29}) == ["REJECTED 余额不足，仅余30"]
    assert office.told({"total": 30}) == ["ACCEPTED 0"]


def test_what_is_held_is_spoken_for_and_counts_when_it_is_let_go(office: Office) -> None:
    office.told({"total": 100})
    office.told({"takes": 30, "slip": 50}, order_no="A-T-TAX-HOLD")
    assert office.there() == {"W": (100.0, 30.0), "S": (0.0, 30.0)}
    assert office.told({"takes": 71, "slip": 90}) == ["REJECTED 余额不足，仅余70"]
    assert office.books.release("A-T-TAX-HOLD", now=1.0) == 1
    assert office.there() == {"W": (70.0, 0.0), "S": (20.0, 0.0)}


def test_what_is_refused_for_another_reason_moves_nothing(office: Office) -> None:
    office.told({"total": 100})
    office.told({"takes": 30, "slip": 50}, order_no="A-T-TAX-REJECT")
    assert office.there() == {"W": (100.0, 0.0)}


def test_all_is_remembered_across_a_restart(office: Office) -> None:
    office.told({"total": 100}, {"takes": 30, "slip": 50})
    before = office.there()
    office.books.close()
    office.open()
    assert office.there() == before
    assert office.told({"takes": 21}) == ["REJECTED 余额不足，仅余20"]


@settings(max_examples=25)
@given(st.lists(st.integers(-50, 120), max_size=8))
def test_no_book_ever_holds_less_than_nothing(
    tmp_path_factory: pytest.TempPathFactory, takes: list[int]
) -> None:
    office = Office(tmp_path_factory.mktemp("sums") / "books.db")
    office.told({"total": 200}, {"takes": 0, "slip": 150})
    left = {"W": 200, "S": 150}
    for units in takes:
        (answer,) = office.told({"takes": units})
        fits = units <= min(left.values())
        assert answer.startswith("ACCEPTED") is fits
        left = {book: have - units if fits else have for book, have in left.items()}
        assert {book: there for book, (there, _) in office.there().items()} == left
    office.books.close()
