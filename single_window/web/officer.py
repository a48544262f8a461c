"""The desk of an agency's officers: what arrived, one of it whole, and what they decide."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound

from schemas import codes
from single_window.accounts.agencies import Agency
from single_window.accounts.permissions import Action
from single_window.declarations import answering, desk_cases
from single_window.declarations import officer as desk
from single_window.declarations.books import listing
from single_window.declarations.service import NotAllowed, Unknown
from single_window.declarations.words import rendered
from single_window.intake import told
from single_window.intake.submissions import Wake
from single_window.routing import judging
from single_window.routing.judging import Decision, Officer
from single_window.storage.engine import beijing_day, now_ms
from single_window.storage.store import Store
from single_window.web import session
from single_window.web.declarations import told_file
from single_window.web.session import member, needs

PAGE = 50
PACE_MS = 15_000
"""How often the inbox asks again. Without script it waits to be asked: a page that loads itself
would take away the number that is being typed."""
ACTIONS = ("accept", "clear", "inspect", "hold", "release", "reject", judging.ASK)
"""All that a desk may say."""
_TO_MEND = frozenset({"SVC-WORDS", "SVC-REASON"})
"""What is wrong with a form, not with the paper: it is shown again with what was typed."""


class NotArrived(NotFound):
    """A paper that the agency was not sent: another's, or none."""

    problem = "not-at-desk"


def blueprint(store: Store, wake: Wake, agencies: Sequence[Agency]) -> Blueprint:
    """Inbox, one paper with its trade, decisions."""
    pages = Blueprint("officer", __name__, url_prefix="/officer")
    session.guard(pages, store)
    known = {each.name: each for each in agencies}

    def lying() -> dict[str, Any]:
        """What lies on the desk, as far as the address asks for it."""
        asked = request.args.get("kind")
        kind = next((each for each in desk.KINDS if each == asked), desk.KINDS[0])
        order_no = request.args.get("order_no", "").strip()
        with store.database.read() as connection:
            items, following = desk.inbox(
                connection, _agency(), kind, order_no=order_no, after=_cursor(), limit=PAGE
            )
            counts = desk.counts(connection, _agency())
        after = f"{following[0]}-{following[1]}" if following else None
        return {
            "items": items, "next": after, "kind": kind, "kinds": desk.KINDS,
            "counts": counts, "order_no": order_no, "now": now_ms(), "pace": PACE_MS,
        }  # fmt: skip

    @pages.get("")
    @needs(Action.JUDGE)
    def inbox() -> Any:
        return render_template("officer_inbox.html", **lying())

    @pages.get("/live")
    @needs(Action.JUDGE)
    def watch() -> Any:
        return render_template("_inbox.html", **lying())

    def shown(declaration_id: int, **more: Any) -> str:
        agency = known[_agency()]
        with store.database.read() as connection:
            found = desk_cases.case(
                store, connection, agency.name, declaration_id, accepts=agency.accepts
            )
            kept_in = listing.of_declaration(connection, member().books, declaration_id)
        if found is None:
            raise NotArrived
        offered = judging.now_offered(agency.desk, found["leg"])
        reasons = codes.table(judging.REASONS)
        today = reasons.codes_on(beijing_day(now_ms()))
        more.setdefault("typed", {})
        return render_template(
            "officer_case.html", it=found, offered=offered, longest=answering.LONGEST,
            reasons=[row for row in reasons.rows if row.code in today], books=kept_in, **more,
        )  # fmt: skip

    @pages.get("/declarations/<int:declaration_id>")
    @needs(Action.JUDGE)
    def show(declaration_id: int) -> Any:
        return shown(declaration_id)

    @pages.get("/declarations/<int:declaration_id>/told")
    @needs(Action.JUDGE)
    def show_told(declaration_id: int) -> Any:
        step = told.told_to(store, _agency(), declaration_id)
        if step is None:
            raise NotArrived
        with store.database.read() as connection:
            case = desk_cases.case(
                store, connection, _agency(), declaration_id, accepts=known[_agency()].accepts
            )
        return render_template("told.html", it=case, told=step)

    @pages.get("/declarations/<int:declaration_id>/told.xml")
    @needs(Action.JUDGE)
    def download_told(declaration_id: int) -> Any:
        step = told.told_to(store, _agency(), declaration_id)
        if step is None:
            raise NotArrived
        return told_file(step)

    @pages.post("/declarations/<int:declaration_id>/<action>")
    @needs(Action.JUDGE)
    def judge(declaration_id: int, action: str) -> Any:
        if action not in ACTIONS:
            abort(HTTPStatus.NOT_FOUND)
        agency = known[_agency()]
        officer = Officer(member().name, agency.name, agency.desk)
        decision = Decision(action, request.form.get("text", ""), request.form.get("reason", ""))
        try:
            judging.judge(store, wake, officer, declaration_id, decision)
        except Unknown as unknown:
            raise NotArrived from unknown
        except NotAllowed as refused:
            if refused.code not in _TO_MEND:
                raise
            wrong = rendered(refused.findings, "")
            page = shown(declaration_id, wrong=wrong, acted=action, typed=request.form)
            return page, HTTPStatus.UNPROCESSABLE_ENTITY
        where = url_for("officer.show", declaration_id=declaration_id, done=action)
        return redirect(where, HTTPStatus.SEE_OTHER)

    return pages


def _agency() -> str:
    agency = member().agency
    assert agency is not None  # the permission table lets nobody else so far
    return agency


def _cursor() -> desk.Cursor | None:
    """The place in the inbox where a page goes on; what means nothing begins at the beginning."""
    moment, _, leg = request.args.get("after", "").partition("-")
    fits = all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (moment, leg))
    return (int(moment), int(leg)) if fits else None
