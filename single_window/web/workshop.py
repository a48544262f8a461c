"""The page of a work order: opened on a piece, parts issued, old parts taken off, finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for

from single_window.accounts.permissions import Action
from single_window.declarations.books.listing import Listing
from single_window.domain.books.account import Result
from single_window.domain.books.entries import Kind
from single_window.domain.money import ZERO
from single_window.storage.store import Store
from single_window.web import booked, bookview, stocks
from single_window.web.booked import Sheet, Values
from single_window.web.session import keeps, needs

PARTS_SHOWN = 30
"""Rows of parts that a page shows by itself; any other part is added by its number."""
ENDS = (Result.REPAIRED.value, Result.UNREPAIRABLE.value, Result.UNTOUCHED.value)
ACTS = {"issue": Kind.ISSUE, "back": Kind.GIVE_BACK, "waste": Kind.WASTE}
"""What is done with a part, by the name of its input; old parts and scrap have their own."""


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part on the page of an order: what can be had, what is in it, what was taken off."""

    item: stocks.Shown
    free: Decimal
    fitted: Decimal
    old: stocks.Shown | None
    off: Decimal


def furnish(pages: Blueprint, store: Store) -> None:
    """Adds the pages of work orders."""

    @pages.get("/<book_no>/orders/new")
    @needs(Action.FILE)
    def new_order(book_no: str) -> Any:
        start = {"day": booked.today(), "serial": request.args.get("serial", "")[:60]}
        return _new(store, book_no, Sheet(start))

    @pages.post("/<book_no>/orders/new")
    @keeps
    @needs(Action.FILE)
    def open_order(book_no: str) -> Any:
        values = booked.typed()
        if request.form.get("_do", "enter") != "enter":
            return _new(store, book_no, Sheet(values))
        order = values.get("order", "")
        piece = {"serial": values.get("serial", ""), "path": "serial"}
        if not piece["serial"]:
            piece |= {name: values.get(name, "") for name in ("item", "quantity", "origin")}
            piece["path"] = "item"
        opening = {**_own(values, order), "kind": Kind.ORDER.value}
        with bookview.looking(store, book_no) as book:
            piece.setdefault("item", str(_item_of(book, piece["serial"])))
        wanted = [{**opening, "lines": [piece]}, *_acts(values, order)]
        then = url_for("bookshelf.show_order", book_no=book_no, order=order or "-", done=1)
        return booked.enter(
            store, book_no, wanted, show=lambda sheet: _new(store, book_no, sheet), then=then,
            once=True,
        )  # fmt: skip

    @pages.get("/<book_no>/orders/<path:order>")
    @needs(Action.BOOKS)
    def show_order(book_no: str, order: str) -> Any:
        return _show(store, book_no, order, Sheet({"day": booked.today()}))

    @pages.post("/<book_no>/orders/<path:order>")
    @keeps
    @needs(Action.FILE)
    def work(book_no: str, order: str) -> Any:
        values = booked.typed()
        if request.form.get("_do", "enter") != "enter":
            return _show(store, book_no, order, Sheet(values))
        return booked.enter(
            store, book_no, _acts(values, order),
            show=lambda sheet: _show(store, book_no, order, sheet),
            then=url_for("bookshelf.show_order", book_no=book_no, order=order, done=1),
            once=True,
        )  # fmt: skip


def _item_of(book: Listing, serial: str) -> int:
    """The item of a piece; 0, which is none, where nobody knows it."""
    piece = book.serial(serial) if serial else None
    return int(piece["item"]) if piece else 0


def _acts(values: Mapping[str, str], order: str) -> list[Values]:
    """What was typed as entries of the order, in the order in which such things are done."""
    own = _own(values, order)
    lines = {name: _lines(values, name) for name in ("issue", "back", "off", "waste", "scrap")}
    found: list[Values] = []
    for name, kind in (("issue", Kind.ISSUE), ("back", Kind.GIVE_BACK), ("off", Kind.REMOVE)):
        if lines[name]:
            found.append({**own, "kind": kind.value, "lines": lines[name]})
    if scrap := lines["waste"] + lines["scrap"]:
        found.append({**own, "kind": Kind.WASTE.value, "lines": scrap})
    if values.get("result"):
        ends = {"result": values["result"], "reason": values.get("reason", "")}
        found.append({**own, **ends, "kind": Kind.FINISH.value})
    return found


def _own(values: Mapping[str, str], order: str) -> Values:
    """What the entries of one form share; by the page's token a form sent twice is made once."""
    return {"day": values.get("day", ""), "order": order, "number": f"{order[:50]}#{booked.seed()}"}


def _lines(values: Mapping[str, str], name: str) -> list[Values]:
    return [
        {"item": str(item), "quantity": values[f"{name}.{item}"], "path": f"{name}.{item}"}
        for item in booked.numbers(values, name)
    ]


def _new(store: Store, book_no: str, sheet: Sheet) -> Any:
    with bookview.looking(store, book_no) as book:
        told = bookview.about(book)
        balances = book.balances()
        waiting, _ = book.serials(place="waiting", limit=booked.SUGGESTED)
        taken = {each["number"] for each in book.orders(open_only=False, limit=booked.SUGGESTED)[0]}
    if not told["may_enter"]:
        abort(HTTPStatus.NOT_FOUND)
    sheet.values.setdefault("order", _next(sheet.get("day"), taken))
    return render_template(
        "books/order.html",
        **told, **_rows(balances, None, sheet.values), sheet=sheet, order=None, seed=booked.seed(),
        waiting=[each for each in waiting if not each.get("order") and not each.get("reserved")],
        unnumbered=[each for each in stocks.items_of(balances, "goods") if not each.get("serials")],
        ends=ENDS,
    )  # fmt: skip


def _next(day: str, taken: set[str]) -> str:
    """A number for the next order of a day: it is only suggested."""
    begun = "W" + day.replace("-", "")[:8]
    return next(
        name for at in range(1, len(taken) + 2) if (name := f"{begun}-{at:02}") not in taken
    )


def _show(store: Store, book_no: str, order: str, sheet: Sheet) -> Any:
    with bookview.looking(store, book_no) as book:
        told = bookview.about(book)
        found = book.order(order)
        if found is None:
            abort(HTTPStatus.NOT_FOUND)
        balances = book.balances()
        made, _ = book.entries(order=order)
        piece = book.serial(found["serial"]) if found["serial"] else None
    told["may_enter"] = told["may_enter"] and not found["closed"]
    return render_template(
        "books/order.html",
        **told, **_rows(balances, found, sheet.values), sheet=sheet, order=found,
        seed=booked.seed(), piece=piece, entries=made, ends=ENDS,
    )  # fmt: skip


def _rows(
    balances: Sequence[stocks.Shown], order: stocks.Shown | None, values: Mapping[str, str]
) -> Values:
    """The rows of parts, of old parts and of scrap that the page shows, and what else there is."""
    items = {each["seqno"]: each for each in balances}
    fitted, removed = ({int(at): Decimal(q) for at, q in (order or {}).get(name, {}).items()}
                       for name in ("fitted", "removed"))  # fmt: skip
    parts = {row.item["seqno"]: row for row in stocks.rows(balances, "part") if row.total}
    used = {
        *fitted,
        *(number for name in (*ACTS, "off") for number in booked.numbers(values, name)),
    }
    other = values.get("other", "").partition(" ")[0]
    used |= {int(other)} if booked.is_number(other) else set()
    stored = [at for at, row in parts.items() if row.home.free > 0 and at not in used]
    chosen = sorted(({*parts} & used) | {*stored[:PARTS_SHOWN]})
    linked = {each.get("linked") for each in stocks.items_of(balances, "part")}
    loose = [each for each in stocks.items_of(balances, "old") if each["seqno"] not in linked]
    return {
        "parts": [
            PartRow(
                items[at], parts[at].home.free, fitted.get(at, ZERO),
                items.get(items[at].get("linked")), removed.get(items[at].get("linked", 0), ZERO),
            )
            for at in chosen
        ],
        "others": [items[at] for at in parts if at not in chosen],
        "loose": [(each, removed.get(each["seqno"], ZERO)) for each in loose[:PARTS_SHOWN]],
        "scraps": stocks.items_of(balances, "scrap")[:PARTS_SHOWN],
        "items": items,
    }  # fmt: skip
