"""Papers and the books that they speak of: reserved when filed, entered when they take effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from adapters.base import Verdict
from single_window.declarations import service
from single_window.declarations.books import keeping
from single_window.declarations.books.listing import Listing
from single_window.declarations.legs import LEGS_PER_DECLARATION
from single_window.declarations.scope import Scope
from single_window.domain.books.account import Origin
from single_window.domain.books.entries import Entry, Kind, Line
from single_window.routing.verdicts import Change
from single_window.storage.engine import AnyRow
from tests import repairs
from tests.declarations.keepers import (
    BLADE,
    COMPANY,
    ENGINE,
    ITEMS,
    NUMBER,
    OLD,
    OPENED,
    REPAIRED,
    Keeper,
    book,
    keeper,
    opened,
)
from tests.window import Agency, Window

Pairs = Sequence[tuple[str, object]]


def work_order(number: str, serial: str, *parts: Pairs, **said: str) -> bytes:
    """A file with one work order."""
    head = {"number": number, "emsNo": NUMBER, "tradeCode": COMPANY, "item": ENGINE,
            "serial": serial, "openedOn": "2026-03-01", **said}  # fmt: skip
    body = _leaves(head.items()) + "".join(f"<Part>{_leaves(part)}</Part>" for part in parts)
    name = "urn:single-window:2026:repair-work-order"
    return (
        f'<RepairWorkOrder xmlns="{name}"><WorkOrder>{body}</WorkOrder></RepairWorkOrder>'
    ).encode()


def _leaves(said: object) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in said)  # type: ignore[attr-defined]


def _part(act: str, item: int, quantity: str) -> Pairs:
    return (("act", act), ("item", item), ("quantity", quantity))


def test_a_work_order_that_is_filed_is_entered_at_once(window: Window) -> None:
    clerk = opened(window, "E1")
    window.receive(
        work_order("W1", "E1", _part("issue", BLADE, "2"), _part("remove", OLD, "2"),
                   finishedOn="2026-03-02", result="repaired")
    )  # fmt: skip
    window.check()
    (row,) = window.rows()
    assert (row.outcome, window.codes(row.id)) == ("accepted", [])
    assert clerk.stock(BLADE, "parts") == 38
    assert clerk.stock(ENGINE, "repaired") == 1
    assert clerk.differences() == []


def test_a_work_order_that_the_book_refuses_leaves_no_trace(window: Window) -> None:
    clerk = opened(window, "E1")
    before = clerk.tables()
    window.receive(work_order("W1", "E1", _part("issue", BLADE, "41")))
    window.check()
    (row,) = window.rows()
    (found,) = window.shown(row.id)["findings"]
    assert (row.outcome, found["code"]) == ("rejected", "BOOK-B10")
    assert found["path"].startswith("Part[1]")
    assert clerk.tables() == before


# --- inventories ----------------------------------------------------------------------------------


def decide(window: Window, number: int, event: str, **numbers: str) -> None:
    """Customs has got a declaration, and says something of it."""
    window.dispatch(Agency.of("customs"))
    match = {"reference": str(number * LEGS_PER_DECLARATION)}
    with window.store.database.write() as connection:
        change = Change(window.store, connection, "customs")
        at = datetime.now(UTC)
        verdict = Verdict("customs", event, "", "", at, match, numbers=numbers)
        assert change.take([[verdict]]) == [0]
        change.write()


def file(window: Window, body: bytes) -> AnyRow:
    """Hands in one paper and has it checked."""
    window.receive(body)
    window.check()
    return window.rows()[-1]


def engines(window: Window, count: int = 1, **header: object) -> Keeper:
    """A book of the papers' company with repaired engines from abroad."""
    clerk = keeper(window)
    clerk.number = repairs.BOOK
    lines = (Line(REPAIRED, Decimal(count), origin=Origin.ABROAD),)
    plain = {item.seqno: replace(item, serials=False) for item in ITEMS.values()}
    given = {"number": repairs.BOOK, "company": repairs.COMPANY, **header}
    entries = [Entry(Kind.OPENING, OPENED, lines=lines)]
    own = replace(clerk, scope=Scope(window.broker, ""))
    made = keeping.open_book(own.store, own.scope, book(**given), plain, entries, person="x")
    assert not made.refused, made
    return own


def left(clerk: Keeper) -> tuple[Decimal, Decimal]:
    """Repaired engines: how many there are, and how many are spoken for."""
    return tuple(clerk.stock(ENGINE, "repaired", name) for name in ("stock", "reserved"))  # type: ignore[return-value]


def test_two_inventories_cannot_both_have_the_last_engine(window: Window) -> None:
    clerk = engines(window)
    assert file(window, repairs.inventory("OUT-1", "E")).decision == "accept"
    assert left(clerk) == (1, 1)
    second = file(window, repairs.inventory("OUT-2", "E"))
    (found,) = window.shown(second.id)["findings"]
    assert (found["code"], found["path"]) == ("BOOK-B10", "BondInvtDt[1]/dclQty")
    assert left(clerk) == (1, 1)


def test_what_an_inventory_spoke_for_is_given_back(window: Window) -> None:
    clerk = engines(window)
    for outcome in ("withdrawn", "rejected"):
        filed = file(window, repairs.inventory(f"OUT-{outcome}", "E"))
        assert left(clerk) == (1, 1)
        if outcome == "withdrawn":
            service.withdraw(window.store, window.wake, clerk.scope, filed.id, person="x")
        else:
            decide(window, filed.id, "rejected")
        assert left(clerk) == (1, 0)
    assert clerk.differences() == []


def _leaving(window: Window, number: str = "OUT-1") -> int:
    own = file(window, repairs.inventory(number, "E")).id
    decide(window, own, "accepted", bondInvtNo="QD1")
    return int(own)


def test_an_inventory_is_deducted_when_declared_and_through_the_gate(window: Window) -> None:
    clerk = engines(window)
    own = _leaving(window)
    assert left(clerk) == (1, 1), "customs has approved: pre-deducted"
    declared = file(window, repairs.declaration("D-1", "E", "QD1", WorkUsd="10"))
    decide(window, declared.id, "released")
    assert left(clerk) == (1, 1), "it is still here"
    passed = file(window, repairs.gate_pass("P-1", "E", "QD1"))
    decide(window, passed.id, "released")
    assert left(clerk) == (0, 0)
    kinds = [event["kind"] for event in window.shown(own)["timeline"]]
    assert kinds.count("book_entered") == 1
    assert clerk.differences() == []


def test_customs_word_that_it_has_deducted_is_enough(window: Window) -> None:
    clerk = engines(window)
    decide(window, _leaving(window), "deducted")
    assert left(clerk) == (0, 0)


def test_outside_a_zone_and_without_a_declaration_nothing_is_waited_for(window: Window) -> None:
    clerk = engines(window, in_zone=False)
    filed = file(window, repairs.inventory("OUT-1", "E", dclcusFlag="2"))
    decide(window, filed.id, "accepted", bondInvtNo="QD1")
    assert left(clerk) == (0, 0)


def test_what_customs_takes_back_comes_back(window: Window) -> None:
    clerk = engines(window)
    own = _leaving(window)
    decide(window, own, "deducted")
    decide(window, own, "rejected")
    assert left(clerk) == (1, 0)
    assert clerk.differences() == []


def test_goods_come_in_when_they_are_here(window: Window) -> None:
    clerk = engines(window)
    filed = file(window, repairs.inventory("IN-1", "I"))
    decide(window, filed.id, "accepted", bondInvtNo="QD2")
    assert clerk.stock(ENGINE, "waiting") == 0
    decide(window, file(window, repairs.declaration("D-1", "I", "QD2")).id, "released")
    decide(window, file(window, repairs.gate_pass("P-1", "I", "QD2")).id, "released")
    assert clerk.stock(ENGINE, "waiting") == 1


def test_what_took_effect_while_the_book_was_suspended_is_entered_afterwards(
    window: Window,
) -> None:
    clerk = engines(window)
    own = _leaving(window)
    keeping.by_customs(clerk.store, clerk.number, Kind.SUSPEND, reason="", person="officer")
    decide(window, own, "deducted")
    assert left(clerk) == (1, 1)
    with window.store.database.read() as connection:
        (failure,) = Listing.of(clerk.store, connection, clerk.scope, clerk.number).failures()
    assert [each["code"] for each in failure["findings"]] == ["BOOK-SUSPENDED"]
    keeping.by_customs(clerk.store, clerk.number, Kind.RESUME, reason="", person="officer")
    assert left(clerk) == (0, 0)


def test_another_companys_book_is_left_alone(window: Window) -> None:
    clerk = engines(window, company="4120961234")
    before = clerk.tables()
    filed = file(window, repairs.inventory("OUT-1", "E"))
    assert window.codes(filed.id) == ["BOOK-OTHER"]
    assert clerk.tables() == before


def test_a_book_that_is_kept_elsewhere_is_warned_of(window: Window) -> None:
    filed = file(window, repairs.inventory("OUT-1", "E"))
    assert (filed.decision, window.codes(filed.id)) == ("warn", ["BOOK-NOT-HERE"])
