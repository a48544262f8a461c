"""The book of the demonstration's repair shop, for pages to show."""

from __future__ import annotations

from typing import Any

from single_window.declarations.books.listing import Listing
from single_window.declarations.scope import Scope
from single_window.demo.repairs import seed_shop
from single_window.storage.store import Store

NUMBER, PIECE, ORDER_NO, FAULT = "H02146000009", "CFM-1", "W-1", "EGT +35 C"
ENGINE, REPAIRED, BLADE, OLD, SHEET, SCRAP = 1, 2, 3, 4, 5, 6


def shop(store: Store, company: str, *, number: str = NUMBER) -> dict[str, Any]:
    """Opens it; returns what addresses are about, by the names of their arguments."""
    seed_shop(store, company, number=number, language="en")
    with store.database.read() as connection:
        entries, _ = Listing.of(store, connection, Scope(None), number).entries()
    issued = next(each["id"] for each in entries if each["kind"] == "issue")
    return {"book_no": number, "serial": PIECE, "order": ORDER_NO, "entry_id": issued}
