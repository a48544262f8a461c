"""Pages of declarations: find one, see where it stands and why, take it back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from single_window.accounts.permissions import Action
from single_window.declarations import answering, desk, queries, service
from single_window.declarations.books import listing
from single_window.intake import told
from single_window.intake.submissions import Wake
from single_window.intake.told import Told
from single_window.storage.store import Store
from single_window.web import asked, session, showing
from single_window.web.session import member, needs

PAGE = 50
MOVING_MS = 2000


def blueprint(store: Store, wake: Wake) -> Blueprint:
    """Search, one declaration, withdraw."""
    pages = Blueprint("declarations", __name__, url_prefix="/declarations")
    session.guard(pages, store)

    @pages.get("")
    @needs(Action.SEE)
    def search() -> Any:
        order_no = request.args.get("order_no", "").strip()
        with store.database.read() as connection:
            items, following = queries.declarations(
                store,
                connection,
                member().scope,
                order_no=order_no or None,
                message=request.args.get("message") or None,
                after=asked.number("after") or 0,
                limit=PAGE,
            )
        return render_template("declarations.html", items=items, next=following, order_no=order_no)

    def found(declaration_id: int) -> dict[str, Any]:
        with store.database.read() as connection:
            answer = queries.declaration(store, connection, member().scope, declaration_id)
            if answer is None:
                abort(HTTPStatus.NOT_FOUND)
            kept_in = listing.of_declaration(connection, member().books, declaration_id)
            may = desk.Ways()
            if member().may(Action.CHANGE):
                may = desk.ways(store, connection, member().scope, declaration_id)
        every = MOVING_MS if showing.moves(answer) else None
        return {"it": answer, "ways": may, "books": kept_in, "every": every}

    @pages.get("/<int:declaration_id>")
    @needs(Action.SEE)
    def show(declaration_id: int) -> Any:
        return render_template("declaration.html", **found(declaration_id))

    @pages.get("/<int:declaration_id>/live")
    @needs(Action.SEE)
    def watch(declaration_id: int) -> Any:
        return render_template("_declaration.html", **found(declaration_id))

    def told_to(declaration_id: int, agency: str) -> Told:
        steps = told.told(store, member().scope, declaration_id) or ()
        own = [step for step in steps if step.agency == agency]
        if not own:
            abort(HTTPStatus.NOT_FOUND)
        return own[-1]

    @pages.get("/<int:declaration_id>/told/<agency>")
    @needs(Action.SEE)
    def show_told(declaration_id: int, agency: str) -> Any:
        step = told_to(declaration_id, agency)
        return render_template("told.html", **found(declaration_id), told=step)

    @pages.get("/<int:declaration_id>/told/<agency>.xml")
    @needs(Action.SEE)
    def download_told(declaration_id: int, agency: str) -> Any:
        return told_file(told_to(declaration_id, agency))

    @pages.post("/<int:declaration_id>/withdraw")
    @needs(Action.CHANGE)
    def withdraw(declaration_id: int) -> Any:
        service.withdraw(store, wake, member().scope, declaration_id, person=member().name)
        return redirect(url_for("declarations.show", declaration_id=declaration_id), 303)

    @pages.post("/<int:declaration_id>/answer")
    @needs(Action.CHANGE)
    def answer(declaration_id: int) -> Any:
        answering.answer(
            store,
            member().scope,
            declaration_id,
            agency=request.form.get("agency", ""),
            text=request.form.get("text", ""),
            person=member().name,
        )
        return redirect(url_for("declarations.show", declaration_id=declaration_id), 303)

    return pages


def told_file(step: Told) -> Response:
    """The one record as an agency was told it, to be kept; 404 where it was told nothing yet."""
    if step.body is None:
        abort(HTTPStatus.NOT_FOUND)
    answer = Response(step.body, mimetype="application/xml")
    name = f"{step.message}-{step.agency}.xml"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
