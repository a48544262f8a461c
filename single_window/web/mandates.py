"""Pages of mandates: a trader gives and ends them, a broker sees in whose name it may file."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from single_window.accounts import mandates
from single_window.accounts.permissions import Action
from single_window.storage.engine import now_ms
from single_window.storage.store import Store
from single_window.web import session
from single_window.web.session import member, needs

_LONGEST = 40


def blueprint(store: Store) -> Blueprint:
    """See, give, end."""
    pages = Blueprint("mandates", __name__, url_prefix="/mandates")
    session.guard(pages, store)

    def page(typed: dict[str, Any], wrong: list[str]) -> str:
        with store.database.read() as connection:
            found = mandates.listed(connection, member().organisation_id, now=now_ms())
        return render_template(
            "mandates.html",
            given=[each for each in found if each.given],
            held=[each for each in found if not each.given],
            choices=mandates.choices(),
            typed=typed,
            wrong=wrong,
        )

    @pages.get("")
    @needs(Action.MANDATES)
    def show() -> Any:
        return page({"broker": "", "scope": "all", "messages": [], "last_day": ""}, [])

    @pages.post("")
    @needs(Action.GIVE_MANDATE)
    def give() -> Any:
        form = request.form
        typed: dict[str, Any] = {
            "broker": form.get("broker", "").strip()[:_LONGEST],
            "scope": form.get("scope", "all"),
            "messages": form.getlist("messages"),
            "last_day": form.get("last_day", "").strip()[:_LONGEST],
        }
        wrong = mandates.give(
            store,
            member().organisation_id,
            broker=typed["broker"],
            messages=None if typed["scope"] == "all" else set(typed["messages"]),
            last_day=typed["last_day"],
            now=now_ms(),
        )
        if wrong:
            return page(typed, wrong), HTTPStatus.UNPROCESSABLE_ENTITY
        return redirect(url_for("mandates.show"), HTTPStatus.SEE_OTHER)

    @pages.post("/<int:mandate_id>/end")
    @needs(Action.MANDATES)
    def end(mandate_id: int) -> Any:
        mandates.end(store, member().organisation_id, mandate_id, now=now_ms())
        return redirect(url_for("mandates.show"), HTTPStatus.SEE_OTHER)

    return pages
