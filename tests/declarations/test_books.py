"""Account books in the database: what is entered stays, what is refused leaves no trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from single_window.declarations.books import keeping, listing
from single_window.declarations.books.listing import Listing
from single_window.declarations.scope import Scope
from single_window.declarations.service import NotAllowed, Unknown
from single_window.domain.books.entries import Entry, Kind
from single_window.domain.books.told import Malformed, entry_of
from single_window.storage.tables import metadata
from tests.declarations.keepers import (
    BLADE,
    ENGINE,
    ITEMS,
    NUMBER,
    OLD,
    REPAIRED,
    Keeper,
    book,
    opened,
)
from tests.window import Window

CodesOf = Callable[[Keeper], list[str]]


def _repair(clerk: Keeper, serial: str, order: str = "W1") -> None:
    for kind, lines, more in (
        ("order", [{"item": ENGINE, "serial": serial}], {"number": order}),
        ("issue", [{"item": BLADE, "quantity": "2"}], {"order": order, "number": f"{order}-1"}),
        ("remove", [{"item": OLD, "quantity": "2"}], {"order": order, "number": f"{order}-2"}),
        ("finish", [], {"order": order, "result": "repaired", "number": f"{order}-3"}),
    ):
        assert not clerk.enter(kind, *lines, **more).refused


def test_an_engine_goes_all_the_way(window: Window) -> None:
    clerk = opened(window)
    came = clerk.enter("in", {"item": ENGINE, "serial": "E1", "owner": "A. Person"},
                       side="abroad", number="INV1")  # fmt: skip
    assert not came.refused
    _repair(clerk, "E1")
    assert clerk.stock(BLADE, "parts") == 38
    assert clerk.stock(OLD, "old") == 2
    assert not clerk.enter("out", {"item": REPAIRED, "serial": "E1"}, side="abroad",
                           number="INV2").refused  # fmt: skip
    assert clerk.stock(ENGINE, "repaired") == 0
    with window.store.database.read() as connection:
        seen = Listing.of(window.store, connection, clerk.scope, NUMBER)
        piece = seen.serial("E1")
        (order,), _ = seen.orders(open_only=False)
    assert piece is not None
    assert [each["target"] for each in piece["timeline"]] == ["waiting", "repaired", "abroad"]
    assert piece["owner"] == "A. Person"
    assert order["result"] == "repaired"
    assert clerk.differences() == []


def test_an_entry_is_taken_back_by_another(window: Window) -> None:
    clerk = opened(window, "E1")
    clerk.enter("issue", {"item": BLADE, "quantity": "5"}, number="L1")
    taken_back = keeping.reverse(
        window.store, clerk.scope, NUMBER, "issue|L1", day=date(2026, 3, 2), reason="", person="x"
    )
    assert not taken_back.refused
    assert clerk.stock(BLADE, "parts") == 40
    again = keeping.reverse(
        window.store, clerk.scope, NUMBER, "issue|L1", day=date(2026, 3, 2), reason="", person="x"
    )
    assert [each.code for each in again.findings] == ["BOOK-REVERSE-TWICE"]
    assert not clerk.enter("issue", {"item": BLADE, "quantity": "5"}, number="L1").refused
    assert clerk.stock(BLADE, "parts") == 35
    assert clerk.differences() == []


@pytest.mark.parametrize(("found", "said"), [("40", []), ("38", [("38", "40")])])
def test_a_period_is_closed_by_what_was_there_on_its_last_day(
    window: Window, found: str, said: list[tuple[str, str]]
) -> None:
    clerk = opened(window, "E1")
    clerk.enter("count", {"item": BLADE, "quantity": found}, number="C1", day="2026-03-31")
    clerk.enter("issue", {"item": BLADE, "quantity": "5"}, number="L1", day="2026-04-02")
    answer = keeping.close_period(clerk.store, clerk.scope, NUMBER, date(2026, 3, 31), person="x")
    assert [(each.value, each.expected) for each in answer.findings] == said
    assert clerk.stock(BLADE, "parts") == 35


def _went_out(clerk: Keeper) -> list[str]:
    clerk.enter("out", {"item": ENGINE, "serial": "E1"}, side="abroad", number="INV1")
    answer = clerk.enter("out", {"item": ENGINE, "serial": "E1"}, side="abroad", number="INV2")
    return [each.code for each in answer.findings]


def _suspended(clerk: Keeper) -> list[str]:
    keeping.by_customs(clerk.store, NUMBER, Kind.SUSPEND, reason="", person="officer")
    answer = clerk.enter("issue", {"item": BLADE, "quantity": "1"}, number="L1")
    return [each.code for each in answer.findings]


def _closed(clerk: Keeper) -> list[str]:
    keeping.close_period(clerk.store, clerk.scope, NUMBER, date(2026, 3, 1), person="x")
    answer = clerk.enter("issue", {"item": BLADE, "quantity": "1"}, number="L1")
    return [each.code for each in answer.findings]


def _tried(kind: str, line: dict[str, object], **more: object) -> CodesOf:
    def enter(clerk: Keeper) -> list[str]:
        lines = [line] if line else []
        return [each.code for each in clerk.enter(kind, *lines, number="N1", **more).findings]

    return enter


def test_nothing_is_taken_that_was_not_there_on_its_day(window: Window) -> None:
    clerk = opened(window, "E1")
    blades = {"item": BLADE, "quantity": "60"}
    assert not clerk.enter("in", blades, number="I2", side="abroad", day="2026-05-04").refused
    early = clerk.enter("issue", blades, number="L1", day="2026-05-03")
    assert [(each.code, each.value, each.expected) for each in early.findings] == [
        ("BOOK-B10", "60", "40")
    ]
    assert not clerk.enter("issue", blades, number="L1", day="2026-05-04").refused
    rest = {"item": BLADE, "quantity": "30"}
    assert not clerk.enter("issue", rest, number="L2", day="2026-05-05").refused
    early = clerk.enter("issue", rest, number="L3", day="2026-04-01")
    assert [each.expected for each in early.findings] == ["10"], "10 are left in May"
    engine = {"item": ENGINE, "serial": "E2"}
    assert not clerk.enter("in", engine, number="I3", side="abroad", day="2026-05-04").refused
    early = clerk.enter("out", engine, number="O1", side="abroad", day="2026-05-03")
    assert [each.code for each in early.findings] == ["BOOK-BEFORE"]
    back = clerk.enter("reverse", number="R1", reverses="issue|L1", day="2026-05-03")
    assert [each.code for each in back.findings] == ["BOOK-BEFORE"]


BAD: dict[str, tuple[CodesOf, str]] = {
    "out, never in": (
        _tried("out", {"item": ENGINE, "serial": "E9"}, side="abroad"), "BOOK-SERIAL-UNKNOWN"),
    "out twice": (_went_out, "BOOK-SERIAL-GONE"),
    "another model": (
        _tried("out", {"item": BLADE, "serial": "E1"}, side="abroad"), "BOOK-SERIAL-OTHER"),
    "another origin": (
        _tried("out", {"item": ENGINE, "serial": "E1", "origin": "C"}, side="china"),
        "BOOK-B5-ORIGIN"),
    "to China, from abroad": (
        _tried("out", {"item": ENGINE, "serial": "E1"}, side="china"), "BOOK-B5"),
    "more than there is": (_tried("issue", {"item": BLADE, "quantity": "41"}), "BOOK-B10"),
    "closed period": (_closed, "BOOK-PERIOD-CLOSED"),
    "suspended": (_suspended, "BOOK-SUSPENDED"),
    "another unit": (_tried("issue", {"item": BLADE, "quantity": "1", "unit": "035"}), "BOOK-UNIT"),
    "negative": (_tried("issue", {"item": BLADE, "quantity": "-1"}), "BOOK-QTY"),
    "half a piece": (_tried("issue", {"item": BLADE, "quantity": "0.5"}), "BOOK-QTY-WHOLE"),
    "finer than a unit": (
        _tried("issue", {"item": BLADE, "quantity": "0.000001"}), "BOOK-QTY-FINE"),
    "another company": (
        _tried("issue", {"item": BLADE, "quantity": "1"}, company="STRANGER"), "BOOK-OTHER"),
    "another book": (
        _tried("issue", {"item": BLADE, "quantity": "1"}, book="H0000"), "BOOK-OTHER"),
    "a day to come": (
        _tried("issue", {"item": BLADE, "quantity": "1"}, day="2999-01-01"), "BOOK-FUTURE"),
    "nothing at all": (_tried("issue", {}), "BOOK-NOTHING"),
    "known by a number in full width": (
        _tried("in", {"item": ENGINE, "serial": "Ｅ１"}, side="abroad"), "BOOK-SERIAL-IN"),
    "no such item": (_tried("issue", {"item": 77, "quantity": "1"}), "BOOK-ITEM"),
    "what customs does": (_tried("suspend", {"item": BLADE}), "BOOK-BY-HAND"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused_has_its_own_finding(sqlite_window: Window, name: str) -> None:
    enter, code = BAD[name]
    assert enter(opened(sqlite_window, "E1")) == [code]


@pytest.mark.parametrize(
    "name", [n for n in BAD if n not in ("out twice", "suspended", "closed period")]
)
def test_what_is_refused_leaves_everything_as_it_was(sqlite_window: Window, name: str) -> None:
    clerk = opened(sqlite_window, "E1")
    before = clerk.tables()
    BAD[name][0](clerk)
    assert clerk.tables() == before


def test_of_several_entries_one_bad_undoes_all(window: Window) -> None:
    clerk = opened(window, "E1")
    before = clerk.tables()
    good = entry_of({"kind": "issue", "day": "2026-03-01", "number": "L1",
                     "lines": [{"item": BLADE, "quantity": "30"}]})  # fmt: skip
    assert clerk.post(good, replace(good, number="L2")).refused
    assert clerk.tables() == before


def test_a_book_is_opened_once_and_whole(window: Window) -> None:
    clerk = opened(window, "E1")
    before = clerk.tables()
    twice = keeping.open_book(window.store, clerk.scope, book(), ITEMS, person="x")
    assert [each.code for each in twice.findings] == ["BOOK-KNOWN"]
    bad = Entry(Kind.OPENING, date(2025, 1, 1), lines=())
    other = replace(book(), number="H2")
    assert keeping.open_book(window.store, clerk.scope, other, ITEMS, [bad], person="x").refused
    assert clerk.tables() == before


def test_a_book_is_its_companys(window: Window) -> None:
    clerk = opened(window)
    stranger = Keeper(window.store, Scope(window.broker, ""))
    window_of = replace(stranger, scope=Scope(window.other + 100, "NOBODY"))
    with pytest.raises(Unknown):
        window_of.enter("issue", {"item": BLADE, "quantity": "1"}, number="L1")
    assert not stranger.enter("issue", {"item": BLADE, "quantity": "1"}, number="L1").refused
    alien = Keeper(window.store, Scope(window.other, "ELSE"))
    with pytest.raises(Unknown):
        alien.enter("issue", {"item": BLADE, "quantity": "1"}, number="L2")
    with pytest.raises(NotAllowed):
        keeping.open_book(
            window.store,
            Scope(window.other, "ELSE"),
            replace(book(), company="X"),
            ITEMS,
            person="",
        )
    with window.store.database.read() as connection:
        assert listing.books(connection, clerk.scope)[0][0]["number"] == NUMBER
        assert listing.books(connection, alien.scope) == ([], None)


def test_movements_lie_behind_a_figure_page_by_page(window: Window) -> None:
    clerk = opened(window)
    for at in range(5):
        clerk.enter("issue", {"item": BLADE, "quantity": "1"}, number=f"L{at}")
    with window.store.database.read() as connection:
        seen = Listing.of(window.store, connection, clerk.scope, NUMBER)
        first, mark = seen.movements(item=BLADE, source="parts", target="used", limit=3)
        rest, end = seen.movements(item=BLADE, source="parts", target="used", after=mark, limit=3)
        entered, _ = seen.entries(limit=2)
    assert [len(first), len(rest), end] == [3, 2, None]
    assert entered[0]["entry"]["number"] == "L4"
    assert sum(Decimal(each["quantity"]) for each in first + rest) == 5


def test_what_is_due_comes_first(window: Window) -> None:
    clerk = opened(window)
    for number, day in (("E1", "2026-03-10"), ("E2", "2026-04-20"), ("E3", "2026-12-31")):
        line = {"item": ENGINE, "serial": number, "deadline": day}
        assert not clerk.enter("in", line, side="abroad", number=number).refused
    with window.store.database.read() as connection:
        found = listing.due(
            window.store, connection, clerk.scope, within=60, today=date(2026, 3, 15)
        )
    assert [(each["number"], each["overdue"], each["days_left"]) for each in found] == [
        ("E1", True, -5), ("E2", False, 36)]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"kind": "steal", "day": "2026-01-01"}, "kind"),
        ({"kind": "in", "day": "1.1.2026"}, "day"),
        ({"kind": "in"}, "day"),
        ({"kind": "in", "day": "2026-01-01", "colour": "red"}, "colour"),
        ({"kind": "in", "day": "2026-01-01", "lines": [{"item": "x"}]}, "lines[1]/item"),
        ({"kind": "in", "day": "2026-01-01", "lines": [{"item": 1, "quantity": "NaN"}]},
         "lines[1]/quantity"),
        ({"kind": "in", "day": "2026-01-01", "lines": [{"item": 1, "serial": "x" * 61}]},
         "lines[1]/serial"),
        ({"kind": "in", "day": "2026-01-01", "lines": {}}, "lines"),
        ({"kind": "in", "day": "2026-01-01", "number": "\x00"}, "number"),
    ],
)  # fmt: skip
def test_what_no_entry_can_say_is_told_by_field(said: dict[str, object], path: str) -> None:
    with pytest.raises(Malformed) as told:
        entry_of(said)
    assert [each.path for each in told.value.findings] == [path]


def test_a_piece_of_another_book_is_none_of_ours(window: Window) -> None:
    clerk = opened(window, "E1")
    other = replace(book(), number="H2")
    keeping.open_book(window.store, clerk.scope, other, ITEMS, person="x")
    second = replace(clerk, number="H2")
    answer = second.enter("out", {"item": ENGINE, "serial": "E1"}, side="abroad", number="INV1")
    assert [each.code for each in answer.findings] == ["BOOK-SERIAL-UNKNOWN"]


@pytest.mark.parametrize("table", ["flows", "movements", "book_serials", "books"])
def test_what_was_tampered_with_is_found(window: Window, table: str) -> None:
    clerk = opened(window, "E1")
    changes = {"flows": {"units": 1}, "movements": {"units": 1},
               "book_serials": {"place": "repaired"}, "books": {"value": "1"}}  # fmt: skip
    assert clerk.differences() == []
    with window.store.database.write() as connection:
        connection.execute(metadata.tables[table].update().values(changes[table]))
    assert clerk.differences()
