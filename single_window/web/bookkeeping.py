"""Pages on which a book is kept by hand: opened, entered into, disposed from, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from single_window.accounts.permissions import Action
from single_window.declarations.books import keeping
from single_window.declarations.service import NotAllowed
from single_window.domain.books.account import GOODS, Book, Item, Role
from single_window.domain.books.entries import Kind
from single_window.domain.books.told import Malformed, read
from single_window.domain.findings import Finding
from single_window.storage.store import Store
from single_window.web import acting, booked, bookview, stocks
from single_window.web.booked import Sheet, Values
from single_window.web.session import comes_again, keeps, member, needs

LINES = 3
"""Empty lines that a form begins with, and that are added at a time."""
_OUTSIDES = ("abroad", "china", "maker")
_PIECE = ("serial", "brand", "model", "fault", "owner", "country", "sender", "deadline")


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked for an entry of a kind: of its head, of each line, and for which items."""

    head: tuple[str, ...]
    line: tuple[str, ...]
    roles: tuple[Role, ...]
    sides: tuple[str, ...] = ()
    mode: str = ""


FORMS: Mapping[str, Form] = {
    "in": Form(("day", "number", "side", "mode"), ("item", "quantity", *_PIECE),
               (Role.GOODS, Role.PART), _OUTSIDES, "1371"),
    "out": Form(("day", "number", "side", "mode"), ("item", "serial", "quantity", "place"),
                (Role.GOODS, Role.REPAIRED, Role.PART), _OUTSIDES, "1371"),
    "exchange": Form(("day", "number", "mode"), ("item", "exchanged", *_PIECE),
                     (Role.GOODS,), mode="1371"),
    "surplus": Form(("day", "number", "reason"), ("item", "quantity", "origin", "explanation"),
                    (Role.PART, Role.OLD, Role.SCRAP)),
    "shortage": Form(("day", "number", "record", "reason"),
                     ("item", "serial", "quantity", "origin", "place"), tuple(Role)),
}  # fmt: skip
"""What is entered by hand, apart from work orders, counts and what is disposed of."""
WAYS: Mapping[str, tuple[str, ...]] = {
    "reexport": ("old", "scrap", "part"),
    "destroy": ("old", "scrap", "part", "goods"),
    "hand_over": ("old", "scrap"),
    "tax": ("part",),
}
"""How things leave for good, and what may leave so."""
MODES = {"reexport": ("0864", "0865"), "destroy": ("0400", "0200")}


def furnish(pages: Blueprint, store: Store) -> None:
    """Adds the pages."""
    _opening(pages, store)
    _entering(pages, store)
    _disposing(pages, store)
    _taking_back(pages, store)


def _entering(pages: Blueprint, store: Store) -> None:
    def page(book_no: str, kind: str, sheet: Sheet) -> Any:
        form = FORMS[kind]
        with bookview.looking(store, book_no) as book:
            told = bookview.about(book)
            items = stocks.items_of(book.balances(), *form.roles)
            leaving: list[Values] = []
            for place in GOODS if kind != "in" else ():
                leaving += book.serials(place=place.value, limit=booked.SUGGESTED)[0]
        if not told["may_enter"]:
            abort(HTTPStatus.NOT_FOUND)
        free = [each for each in leaving if not each.get("order") and not each.get("reserved")]
        return render_template(
            "books/entry_form.html",
            **told, kind=kind, form=form, items=items, sheet=sheet, leaving=free,
            places=[place.value for place in GOODS],
        )  # fmt: skip

    @pages.get("/<book_no>/enter/<kind>")
    @needs(Action.FILE)
    def new_entry(book_no: str, kind: str) -> Any:
        if kind not in FORMS:
            abort(HTTPStatus.NOT_FOUND)
        start = {"day": booked.today(), "mode": FORMS[kind].mode}
        return page(book_no, kind, Sheet(start, lines=LINES))

    @pages.post("/<book_no>/enter/<kind>")
    @keeps
    @needs(Action.FILE)
    def make_entry(book_no: str, kind: str) -> Any:
        if kind not in FORMS:
            abort(HTTPStatus.NOT_FOUND)
        values = booked.typed()
        if request.form.get("_do", "enter") != "enter":
            return page(book_no, kind, Sheet(values, lines=_room(values, "line") + LINES))
        head = {name: values.get(name, "") for name in FORMS[kind].head}
        wanted = {**head, "kind": kind, "lines": _lines(values, "line", FORMS[kind].line)}
        return booked.enter(
            store, book_no, [wanted],
            show=lambda sheet: page(book_no, kind, replace(sheet, lines=_room(values, "line"))),
            then=url_for("bookshelf.list_entries", book_no=book_no, done=1),
        )  # fmt: skip


def _room(values: Mapping[str, str], prefix: str) -> int:
    return max([LINES, *booked.numbers(values, prefix)])


def _lines(values: Mapping[str, str], prefix: str, names: Sequence[str]) -> list[Values]:
    return [
        {name: values.get(f"{prefix}.{at}.{name}", "") for name in names}
        | {"path": f"{prefix}.{at}"}
        for at in booked.numbers(values, prefix)
    ]


def _disposing(pages: Blueprint, store: Store) -> None:
    def page(book_no: str, sheet: Sheet) -> Any:
        with bookview.looking(store, book_no) as book:
            told = bookview.about(book)
            balances = book.balances()
            bad, _ = book.serials(place="unrepairable", limit=booked.SUGGESTED)
        if not told["may_enter"]:
            abort(HTTPStatus.NOT_FOUND)
        rows = stocks.rows(balances, *stocks.STORED)
        whole = [row for row in rows if row.origin is not None and row.home.there]
        return render_template(
            "books/dispose.html",
            **told, rows=whole, ways=WAYS, modes=MODES, sheet=sheet,
            pieces=[each for each in bad if not each.get("reserved")],
        )  # fmt: skip

    @pages.get("/<book_no>/dispose")
    @needs(Action.FILE)
    def choose_disposal(book_no: str) -> Any:
        way = request.args.get("way", "reexport")
        return page(book_no, Sheet({"day": booked.today(), "way": way}))

    @pages.post("/<book_no>/dispose")
    @keeps
    @needs(Action.FILE)
    def dispose(book_no: str) -> Any:
        values = booked.typed()
        way = values.get("way", "")
        head = {name: values.get(name, "") for name in ("day", "number", "mode", "record")}
        wanted = [{**head, "kind": way, "lines": _leaving(values)}] if way in WAYS else []
        return booked.enter(
            store, book_no, wanted, show=lambda sheet: page(book_no, sheet),
            then=url_for("bookshelf.list_entries", book_no=book_no, done=1),
        )  # fmt: skip


def _leaving(values: Mapping[str, str]) -> list[Values]:
    """The rows with a quantity (stock.ITEM.ORIGIN), and the pieces that were ticked (piece.N)."""
    found: list[Values] = []
    for name, text in values.items():
        first, _, rest = name.partition(".")
        item, _, origin = rest.partition(".")
        if first == "stock" and text:
            found.append({"item": item, "origin": origin, "quantity": text, "path": name})
        elif first == "piece" and text:
            found.append({"item": item, "serial": text, "path": name})
    return found


def _taking_back(pages: Blueprint, store: Store) -> None:
    def page(book_no: str, entry_id: int, sheet: Sheet) -> Any:
        with bookview.looking(store, book_no) as book:
            told = bookview.about(book)
            entry = book.entry(entry_id)
            items = {each["seqno"]: each for each in book.balances()}
        if entry is None:
            abort(HTTPStatus.NOT_FOUND)
        can = told["may_enter"] and not entry["reversed_by"] and entry["kind"] in REVERSIBLE
        can = can and entry["declaration"] is None
        return render_template(
            "books/entry.html", **told, entry=entry, items=items, sheet=sheet, can_reverse=can
        )

    @pages.get("/<book_no>/entries/<int:entry_id>")
    @needs(Action.BOOKS)
    def show_entry(book_no: str, entry_id: int) -> Any:
        return page(book_no, entry_id, Sheet({"day": booked.today()}))

    @pages.post("/<book_no>/entries/<int:entry_id>")
    @keeps
    @needs(Action.FILE)
    def take_back(book_no: str, entry_id: int) -> Any:
        values = booked.typed()
        if comes_again():
            return page(book_no, entry_id, Sheet(values))
        with bookview.looking(store, book_no) as book:
            entry = book.entry(entry_id)
        if entry is None:
            abort(HTTPStatus.NOT_FOUND)
        wrong = []
        try:
            day = date.fromisoformat(values.get("day", ""))
        except ValueError:
            wrong = [Finding("rule", "BOOK-FORM", "reject", "day", values.get("day", ""),
                             booked.today())]  # fmt: skip
        else:
            answer = keeping.reverse(
                store, member().scope, book_no, entry["key"], day=day,
                reason=values.get("reason", ""), person=member().name,
            )  # fmt: skip
            wrong = [*answer.findings] if answer.refused else []
        if wrong:
            return booked.again(lambda sheet: page(book_no, entry_id, sheet), wrong)
        return redirect(
            url_for("bookshelf.list_entries", book_no=book_no, done=1), HTTPStatus.SEE_OTHER
        )


REVERSIBLE = frozenset(
    {*(kind.value for kind in Kind)}
    - {"opening", "reserve", "release", "count", "reverse", "suspend", "resume", "close"}
)
"""Kinds of entries that another can take back."""

# --- a new book -----------------------------------------------------------------------------------

HEADER = ("number", "company", "kind", "in_zone", "customs", "opened", "valid_until", "months",
          "contract_until", "max_turnover", "currency", "waste_days", "by_orders")  # fmt: skip
ITEM = ("seqno", "role", "name", "hs", "unit", "price", "linked", "serials", "consumable",
        "catalogued", "own_group", "large")  # fmt: skip
FLAGS = frozenset({"in_zone", "by_orders", "serials", "consumable", "own_group", "large"})
_ITEMS = 6
_MARK = "item"


def _opening(pages: Blueprint, store: Store) -> None:
    def page(sheet: Sheet) -> Any:
        return render_template(
            "books/new.html", sheet=sheet, header=HEADER, columns=ITEM, flags=FLAGS,
            roles=[*Role], client=acting.current(store),
        )  # fmt: skip

    @pages.get("/new")
    @needs(Action.FILE)
    def new() -> Any:
        start = {"company": acting.current(store).code, "opened": booked.today(), "in_zone": "1",
                 "months": "12", "kind": "repair", "currency": "USD"}  # fmt: skip
        return page(Sheet(start, lines=_ITEMS))

    @pages.post("/new")
    @keeps
    @needs(Action.FILE)
    def open_book() -> Any:
        values = booked.typed()
        lines = _room(values, _MARK)
        if request.form.get("_do", "enter") != "enter":
            return page(Sheet(values, lines=lines + LINES))
        book, items, openings, wrong = opened(values)
        if not wrong and book is not None:
            try:
                answer = keeping.open_book(
                    store, member().scope, book, items, openings, person=member().name
                )
            except NotAllowed as error:
                wrong = error.findings
            else:
                if not answer.refused:
                    where = url_for("bookshelf.show", book_no=book.number, done=1)
                    return redirect(where, HTTPStatus.SEE_OTHER)
                wrong = [*answer.findings]
        return booked.again(lambda sheet: page(replace(sheet, lines=lines)), wrong)


def opened(values: Mapping[str, str]) -> tuple[Book | None, dict[int, Item], list[Any], list[Any]]:
    """A book, its items and what lies in it at the beginning, as typed; and what is wrong."""
    wrong: list[Finding] = []
    book: Book | None = None
    try:
        book = read(Book, _told(values, "", HEADER))
    except Malformed as error:
        wrong += error.findings
    items: dict[int, Item] = {}
    begun: list[Values] = []
    for at in booked.numbers(values, _MARK):
        place = f"{_MARK}.{at}"
        try:
            item = read(Item, _told(values, f"{place}.", ITEM), path=place)
        except Malformed as error:
            wrong += [replace(each, path=f"{place}/{each.path}") for each in error.findings]
            continue
        if item.seqno in items:
            wrong.append(Finding("rule", "BOOK-ITEM-TWICE", "reject", f"{place}/seqno",
                                 str(item.seqno)))  # fmt: skip
        items[item.seqno] = item
        if quantity := values.get(f"{place}.opening"):
            begun.append({"item": str(item.seqno), "quantity": quantity, "path": place,
                          "origin": values.get(f"{place}.origin", "")})  # fmt: skip
    if not items:
        wrong.append(Finding("rule", "BOOK-NO-ITEMS", "reject"))
    head = {"kind": "opening", "day": values.get("opened") or booked.today(), "number": "opening"}
    openings, faults = booked.entries_of([{**head, "lines": begun}] if begun else [])
    return book, items, openings, [*wrong, *faults]


def _told(values: Mapping[str, str], prefix: str, names: Sequence[str]) -> Values:
    """The fields that were filled in; a box that was not ticked means no."""
    found: Values = {}
    for name in names:
        text = values.get(prefix + name, "")
        if name in FLAGS:
            found[name] = bool(text)
        elif name == "catalogued" and text:
            found[name] = text == "1"
        elif text:
            found[name] = text
    return found
