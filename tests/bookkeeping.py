"""The account book of a small repair shop, for pages to show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from single_window.declarations.books import keeping
from single_window.declarations.books.listing import Listing
from single_window.declarations.scope import Scope
from single_window.domain.books.account import Book, Item, Role
from single_window.domain.books.told import entry_of
from single_window.storage.engine import beijing_day, now_ms
from single_window.storage.store import Store

NUMBER, PIECE, ORDER_NO = "H02146000009", "CFM-1", "W-1"
ENGINE, REPAIRED, BLADE, OLD, SHEET, SCRAP = 1, 2, 3, 4, 5, 6
_ITEMS = (
    Item(ENGINE, Role.GOODS, "engine", hs="8411121000", unit="001", serials=True,
         price=Decimal(1000), catalogued=True),
    Item(REPAIRED, Role.REPAIRED, "engine, repaired", hs="8411121000", unit="001", linked=ENGINE,
         serials=True),
    Item(BLADE, Role.PART, "blade", hs="8411910000", unit="007", linked=OLD, price=Decimal(10)),
    Item(OLD, Role.OLD, "old blade", unit="007"),
    Item(SHEET, Role.PART, "gasket sheet", unit="035", consumable=True),
    Item(SCRAP, Role.SCRAP, "gasket scrap", unit="035"),
)  # fmt: skip


def shop(
    store: Store, scope: Scope, *, number: str = NUMBER, fault: str = "worn"
) -> dict[str, Any]:
    """A book that is in use; returns what addresses are about, by the names of their arguments.

    One piece is in work and due in days, one has left, one cannot be repaired and is overdue.
    """
    begun = _today() - timedelta(days=200)
    book = Book(
        number, scope.code, opened=begun, valid_until=_today() + timedelta(days=25), months=24,
        max_turnover=Decimal(10_000), currency="USD", customs="0214",
    )  # fmt: skip
    made = keeping.open_book(
        store, scope, book, {item.seqno: item for item in _ITEMS},
        [_entry("opening", 200, {"item": BLADE, "quantity": "40", "origin": "A"})], person="clerk",
    )  # fmt: skip
    assert not made.refused, made.findings
    for entries in _life(fault):
        done = keeping.post(store, scope, number, entries, person="clerk")
        assert not done.refused, done.findings
    with store.database.read() as connection:
        entries, _ = Listing.of(store, connection, scope, number).entries()
    issued = next(each["id"] for each in entries if each["kind"] == "issue")
    return {"book_no": number, "serial": PIECE, "order": ORDER_NO, "entry_id": issued}


def _life(fault: str) -> list[list[Any]]:
    """What happened in the shop, in its order."""
    soon, late = ((_today() + timedelta(days=days)).isoformat() for days in (5, -3))
    about = {"item": ENGINE, "brand": "CFM", "model": "56-7B"}
    gone, bad = f"{PIECE}-OUT", f"{PIECE}-BAD"
    came = {"side": "abroad", "mode": "1371"}
    return [
        [_entry("in", 150, {**about, "serial": gone, "origin": "A"}, number="QD-1", **came)],
        [_entry("in", 140, {**about, "serial": PIECE, "deadline": soon, "fault": fault},
                {"item": SHEET, "quantity": "50"}, number="QD-2", **came)],
        [_entry("in", 130, {**about, "serial": bad, "deadline": late}, number="QD-3",
                side="china", mode="1371")],
        [_entry("order", 120, {"item": ENGINE, "serial": gone}, order="W-0"),
         _entry("issue", 120, {"item": BLADE, "quantity": "5"}, order="W-0"),
         _entry("remove", 119, {"item": OLD, "quantity": "5"}, order="W-0"),
         _entry("waste", 119, {"item": SHEET, "quantity": "2"}, {"item": SCRAP, "quantity": "2"},
                order="W-0"),
         _entry("finish", 118, order="W-0", result="repaired")],
        [_entry("out", 110, {"item": REPAIRED, "serial": gone}, number="QD-4", side="abroad",
                mode="1371")],
        [_entry("order", 100, {"item": ENGINE, "serial": bad}, order="W-BAD"),
         _entry("finish", 99, order="W-BAD", result="unrepairable")],
        [_entry("reexport", 90, {"item": OLD, "quantity": "3"}, number="QD-5", mode="0864")],
        [_entry("order", 20, {"item": ENGINE, "serial": PIECE}, order=ORDER_NO),
         _entry("issue", 20, {"item": BLADE, "quantity": "4"}, order=ORDER_NO)],
        [_entry("count", 1, {"item": BLADE, "quantity": "30", "explanation": "dropped"},
                number="C-1")],
    ]  # fmt: skip


def _entry(kind: str, days_ago: int, *lines: Mapping[str, Any], **said: Any) -> Any:
    day = (_today() - timedelta(days=days_ago)).isoformat()
    return entry_of({"kind": kind, "day": day, **said, "lines": lines})


def _today() -> date:
    return beijing_day(now_ms())
