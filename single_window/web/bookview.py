"""One account book as a reader may see it, and what the templates of its pages can use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import request

from schemas import codes
from single_window.accounts.permissions import Action
from single_window.declarations.books import listing, rights
from single_window.declarations.books.listing import Listing
from single_window.domain.books import balances
from single_window.domain.books.account import LABELS, Origin
from single_window.domain.books.judging import plain
from single_window.storage.engine import beijing_day, now_ms
from single_window.storage.store import Store
from single_window.web import stocks, words
from single_window.web.session import member

_SIDES = ("abroad", "china", "maker")


def tools() -> dict[str, Any]:
    """What the templates of books can use besides."""
    language = words.wanted(request)
    at = 0 if language == "zh" else 1

    def said(key: str, *names: str) -> list[tuple[str, Any]]:
        return [(name, words.text(language, f"{key}.{name}")) for name in names]

    def code(table: str) -> Callable[[str], str]:
        return lambda value: codes.table(table).label(value, language)

    return {
        "place": lambda name: LABELS[name][at],
        "figure_name": lambda name: balances.LABELS[name][at],
        "plain": plain,
        "shown": stocks.shown,
        "signed": stocks.signed,
        "standing": stocks.standing,
        "is_overdue": lambda piece: stocks.is_overdue(piece, beijing_day(now_ms())),
        "unit_name": code("unit"),
        "customs_name": code("customs"),
        "currency_name": lambda value: code("currency")(value) if value.isdecimal() else value,
        "sides": [(each, LABELS[each][at]) for each in _SIDES],
        "stock_choices": [(each, LABELS[each][at]) for each in stocks.GOODS_PLACES],
        "origins": said("books.origin", Origin.ABROAD.value, Origin.CHINA.value),
        "role_choices": lambda roles: said("books.role", *roles),
        "item_choices": lambda items: [(each["seqno"], _titled(each)) for each in items],
    }


def _titled(item: dict[str, Any]) -> str:
    return f"{item['seqno']} {item['name']}"


@contextmanager
def looking(store: Store, number: str) -> Iterator[Listing]:
    """Reads of a book that the reader may see."""
    with store.database.read() as connection:
        yield Listing.of(store, connection, member().books, number)


def about(book: Listing) -> dict[str, Any]:
    """What every page of a book says: its header, and whether the reader keeps it."""
    keeps = member().may(Action.FILE) and rights.keeps(
        book.connection, member().scope, book.row, at=now_ms()
    )
    header = listing.header(book.row)
    return {"book": header, "keeps": keeps, "may_enter": keeps and header["state"] == "open"}
