"""The trader's desk: what to do, what is under way, what is done; and one trade in plain words."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast, get_args

from flask import Blueprint, abort, render_template, request

from single_window.accounts.permissions import Action
from single_window.declarations import balances, desk, queries
from single_window.declarations.desk import Item, Part
from single_window.intake import drafts
from single_window.storage.engine import beijing_day, now_ms
from single_window.storage.store import Store
from single_window.web import bookshelf, session, showing
from single_window.web.session import member, needs

FIRST, PAGE = 8, 30
DRAFTS = 10
MOVING_MS, QUIET_MS = 4000, 15_000
"""How often a page asks again: while something moves, and while new things may come."""


def blueprint(store: Store) -> Blueprint:
    """Home, one part of the desk, one trade."""
    pages = Blueprint("trader", __name__, url_prefix="/trades")
    session.guard(pages, store)

    def parts() -> dict[str, Any]:
        with store.database.read() as connection:
            found = {
                part: desk.trades(store, connection, member().scope, part, limit=FIRST)
                for part in desk.PARTS
            }
            begun = drafts.unfinished(connection, member().organisation_id, DRAFTS)
            owed = balances.owed(store, connection, member().scope, beijing_day(now_ms()))
            kept = bookshelf.due_books(store, connection)
        moving = found["under_way"][0] or any(_waits(item) for item in found["todo"][0])
        every = MOVING_MS if moving else QUIET_MS
        return {"parts": found, "begun": begun, "owed": owed, "books": kept, "every": every}

    @pages.get("")
    @needs(Action.FILE)
    def home() -> Any:
        return render_template("trader/home.html", **parts())

    @pages.get("/live")
    @needs(Action.FILE)
    def watch() -> Any:
        return render_template("trader/_home.html", **parts())

    @pages.get("/all/<part>")
    @needs(Action.FILE)
    def list_part(part: str) -> Any:
        if part not in get_args(Part):
            abort(HTTPStatus.NOT_FOUND)
        before = request.args.get("before", type=int)
        with store.database.read() as connection:
            items, following = desk.trades(
                store, connection, member().scope, cast(Part, part), before=before, limit=PAGE
            )
        return render_template("trader/part.html", part=part, items=items, next=following)

    def one(declaration_id: int) -> dict[str, Any]:
        scope = member().scope
        with store.database.read() as connection:
            item = desk.trade(store, connection, scope, declaration_id)
            if item is None:
                abort(HTTPStatus.NOT_FOUND)
            lead = queries.declaration(store, connection, scope, item.lead["id"])
            if lead is not None:  # the page is of the whole trade, of no paper before the others
                lead["plan"] = [step | {"current": False} for step in lead["plan"]]
            timeline = desk.timeline(store, connection, scope, item)
            may = {
                paper["id"]: desk.ways(store, connection, scope, paper["id"])
                for paper in item.papers
            }
        moves = item.part == "under_way" or _waits(item) or (lead and showing.moves(lead))
        every = MOVING_MS if moves else None
        return {"item": item, "it": lead, "timeline": timeline, "may": may, "every": every}

    @pages.get("/<int:declaration_id>")
    @needs(Action.SEE)
    def show(declaration_id: int) -> Any:
        return render_template("trader/trade.html", **one(declaration_id))

    @pages.get("/<int:declaration_id>/live")
    @needs(Action.SEE)
    def watch_trade(declaration_id: int) -> Any:
        return render_template("trader/_trade.html", **one(declaration_id))

    return pages


def _waits(item: Item) -> bool:
    """Whether something may move without the filer."""
    return item.speaks["outcome"] in ("waiting", "held")
