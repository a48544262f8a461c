"""Pages of account books: what lies in them, what became of each piece, what is due."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from single_window.accounts.permissions import Action
from single_window.declarations.books import keeping, listing
from single_window.domain.books import balances
from single_window.domain.books.account import STOCKS, BookState, Origin, Place, Role
from single_window.domain.books.entries import Kind
from single_window.storage.engine import beijing_day, now_ms
from single_window.storage.store import Store
from single_window.web import asked, bookkeeping, bookview, counting, session, stocks, workshop
from single_window.web.session import member, needs

PAGE = 50
FIRST = 8
"""Books on a trader's first page, open work orders on a book's."""
_REASON = 200


def blueprint(store: Store) -> Blueprint:
    """Lists, one book, its movements, pieces, work orders, entries, counts."""
    pages = Blueprint("bookshelf", __name__, url_prefix="/books")
    session.guard(pages, store)

    pages.context_processor(bookview.tools)
    pages.add_app_template_filter(stocks.entry_no, "entry_no")
    _lists(pages, store)
    _one(pages, store)
    _pieces(pages, store)
    _entries(pages, store)
    _standing(pages, store)
    workshop.furnish(pages, store)
    bookkeeping.furnish(pages, store)
    counting.furnish(pages, store)
    return pages


def _lists(pages: Blueprint, store: Store) -> None:
    @pages.get("")
    @needs(Action.BOOKS)
    def list_books() -> Any:
        scope = member().books
        with store.database.read() as connection:
            found, following = listing.books(
                connection, scope, after=asked.number("after") or 0, limit=PAGE
            )
            late = listing.due(store, connection, scope, within=stocks.REMINDED_DAYS)
        return render_template(
            "books/list.html", books=[_told(each, late) for each in found], next=following
        )


def _standing(pages: Blueprint, store: Store) -> None:
    @pages.post("/<book_no>/standing")
    @needs(Action.JUDGE)
    def set_standing(book_no: str) -> Any:
        """Customs suspends the book, or lets it go on."""
        with bookview.looking(store, book_no) as book:
            suspended = listing.header(book.row)["state"] == BookState.SUSPENDED.value
        answer = keeping.by_customs(
            store, book_no, Kind.RESUME if suspended else Kind.SUSPEND,
            reason=request.form.get("reason", "").strip()[:_REASON], person=member().name,
        )  # fmt: skip
        done = None if answer.refused else 1
        where = url_for("bookshelf.show", book_no=book_no, done=done)
        return redirect(where, HTTPStatus.SEE_OTHER)


def _told(header: dict[str, Any], late: list[dict[str, Any]]) -> dict[str, Any]:
    own = [each for each in late if each["book"] == header["number"]]
    due = stocks.duties(header, own, beijing_day(now_ms()))
    return {**header, "due": due, "turnover": stocks.turnover(header)}


def due_books(store: Store, connection: Any) -> list[dict[str, Any]]:
    """The first books of the reader, each with what is due, for the first page of a trader."""
    scope = member().books
    found, _ = listing.books(connection, scope, limit=FIRST)
    late = listing.due(store, connection, scope, within=stocks.REMINDED_DAYS) if found else []
    return [_told(each, late) for each in found]


def _one(pages: Blueprint, store: Store) -> None:
    @pages.get("/<book_no>")
    @needs(Action.BOOKS)
    def show(book_no: str) -> Any:
        with bookview.looking(store, book_no) as book:
            told = bookview.about(book)
            rows = book.balances()
            late = listing.due(
                store, book.connection, member().books, within=stocks.REMINDED_DAYS, number=book_no
            )
            orders, more = book.orders(limit=FIRST)
            failures = book.failures()
        return render_template(
            "books/book.html",
            **told,
            due=stocks.duties(told["book"], late, beijing_day(now_ms())),
            turnover=stocks.turnover(told["book"]),
            reconcile_by=stocks.reconcile_by(told["book"]),
            goods=stocks.rows(rows, "goods"),
            stored=stocks.rows(rows, *stocks.STORED),
            places=stocks.GOODS_PLACES,
            orders=orders,
            more_orders=more,
            failures=failures,
        )

    @pages.get("/<book_no>/movements")
    @needs(Action.BOOKS)
    def list_movements(book_no: str) -> Any:
        where = _where()
        with bookview.looking(store, book_no) as book:
            told = bookview.about(book)
            items = {each["seqno"]: each for each in book.balances()}
            item = items.get(where.get("item", 0))
            if item is None and "item" in where:
                abort(HTTPStatus.NOT_FOUND)
            figure = _figure(item, told["book"]) if item else {}
            found, following = book.movements(
                after=asked.number("after") or 0, limit=PAGE, **where, **figure
            )
            holders = book.holders(where["item"]) if "place" in where and item else []
        return render_template(
            "books/movements.html",
            **told, movements=found, next=following, item=item, items=items, where=where,
            stock=_stock(item, where) if item and "place" in where and not figure else None,
            figure=request.args.get("figure") if figure else None, days=figure,
            holders=[each for each in holders if each["place"] == where["place"]],
        )  # fmt: skip


def _figure(item: dict[str, Any], header: dict[str, Any]) -> dict[str, Any]:
    """The movements that make up a figure of a report: its ways, and the days of its period."""
    name = request.args.get("figure", "")
    ways = balances.ways_of(Role(item["role"]), name)
    if not ways:
        return {"until": through} if (through := _day("through")) else {}
    told = [([*sources], [*targets]) for sources, targets in ways]
    closed = header.get("closed_through")
    if name == "opening" and closed:
        return {"until": closed}
    since = (date.fromisoformat(closed) + timedelta(days=1)).isoformat() if closed else ""
    return {"ways": told, "since": since, "until": _day("through")}


def _day(name: str) -> str:
    """A day that the address asks for; "" where it asks for none."""
    try:
        return date.fromisoformat(request.args.get(name, "")).isoformat()
    except ValueError:
        return ""


def _where() -> dict[str, Any]:
    """Which movements the address asks for; what means nothing asks for nothing."""
    where: dict[str, Any] = {}
    if item := asked.number("item"):
        where["item"] = item
    for name, among in (("source", {*Place}), ("target", {*Place}), ("place", STOCKS)):
        if (value := request.args.get(name)) in among:
            where[name] = str(value)
    if (origin := request.args.get("origin")) in {*Origin}:
        where["origin"] = str(origin)
    for name in ("serial", "order_no"):
        if (text := request.args.get(name)) is not None:
            where[name] = text[:64]
    if day := _day("day"):
        where["day"] = day
    return where


def _stock(item: dict[str, Any], where: dict[str, Any]) -> stocks.Stock:
    """What lies in the stock whose movements are listed."""
    origin = where.get("origin")
    for row in stocks.rows([item], item["role"]):
        if origin is None or row.origin == origin:
            return row.at(where["place"])
    return stocks.Stock()


def _pieces(pages: Blueprint, store: Store) -> None:
    @pages.get("/<book_no>/serials")
    @needs(Action.BOOKS)
    def list_serials(book_no: str) -> Any:
        place = request.args.get("place", "")
        search = request.args.get("search", "").strip()
        with bookview.looking(store, book_no) as book:
            told = bookview.about(book)
            found, following = book.serials(
                item=asked.number("item") or 0,
                place=place if place in {*Place} else "",
                search=search,
                after=request.args.get("after", ""),
                limit=PAGE,
            )
        return render_template(
            "books/serials.html",
            **told, serials=found, next=following, search=search, place_now=place,
            places=(*stocks.GOODS_PLACES, Place.ABROAD.value, Place.CHINA.value),
        )  # fmt: skip

    @pages.get("/<book_no>/serials/<path:serial>")
    @needs(Action.BOOKS)
    def show_serial(book_no: str, serial: str) -> Any:
        with bookview.looking(store, book_no) as book:
            told = bookview.about(book)
            piece = book.serial(serial)
            if piece is None:
                abort(HTTPStatus.NOT_FOUND)
            orders = [order for each in piece["orders"] if (order := book.order(each["number"]))]
            items = {each["seqno"]: each for each in book.balances()}
        return render_template(
            "books/serial.html",
            **told, piece=piece, items=items, timeline=stocks.timeline(piece, orders),
        )  # fmt: skip


def _entries(pages: Blueprint, store: Store) -> None:
    @pages.get("/<book_no>/entries")
    @needs(Action.BOOKS)
    def list_entries(book_no: str) -> Any:
        with bookview.looking(store, book_no) as book:
            told = bookview.about(book)
            found, following = book.entries(before=asked.number("before") or 0, limit=PAGE)
        return render_template("books/entries.html", **told, entries=found, next=following)

    @pages.get("/<book_no>/orders")
    @needs(Action.BOOKS)
    def list_orders(book_no: str) -> Any:
        every = "all" in request.args
        with bookview.looking(store, book_no) as book:
            told = bookview.about(book)
            found, following = book.orders(
                open_only=not every, after=request.args.get("after", ""), limit=PAGE
            )
            items = {each["seqno"]: each for each in book.balances()}
        return render_template(
            "books/orders.html", **told, orders=found, next=following, every_order=every,
            items=items,
        )  # fmt: skip
