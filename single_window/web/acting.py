"""For which company somebody acts: chosen on a page, kept in the session, seen on every page."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request
from flask import session as cookie

from single_window.accounts.permissions import Action
from single_window.declarations import mandates
from single_window.declarations.mandates import Client
from single_window.domain.findings import Family, Finding
from single_window.intake.submissions import NotTaken
from single_window.storage.store import Store
from single_window.web import session
from single_window.web.session import member, needs

_KEY = "acting"


def furnish(pages: Blueprint, store: Store) -> None:
    """Adds the page to choose on, and tells every template of the app for whom is acted."""

    @pages.app_context_processor
    def told() -> dict[str, Any]:
        return {"acting": lambda: _shown(store)}

    @pages.get("/clients")
    @needs(Action.FILE)
    def choose_client() -> Any:
        sought = request.args.get("search", "").strip()
        found = [each for each in _clients(store) if _fits(each, sought)]
        return render_template("clients.html", clients=found, search=sought, now=current(store))

    @pages.post("/clients")
    @needs(Action.FILE)
    def act_for() -> Any:
        code = request.form.get("code", "")
        if code not in {each.code for each in _clients(store)}:
            abort(HTTPStatus.FORBIDDEN)
        cookie[_KEY] = code
        return redirect(session.local(request.form.get("next", "")), HTTPStatus.SEE_OTHER)


def current(store: Store) -> Client:
    """The company that is acted for: the one chosen, as long as it may be, else the own."""
    own, *others = _clients(store)
    return next((each for each in others if each.code == cookie.get(_KEY)), own)


def client(store: Store) -> str:
    """The code of the company that is acted for; "" where somebody acts for their own."""
    found = current(store)
    return "" if found is _clients(store)[0] else found.code


def changed(store: Store, opened_for: str | None) -> list[Finding]:
    """A finding where a form was opened for another company than is acted for by now."""
    return _changed(store, opened_for, "envelope", "FRM-ACTING")


def same(store: Store, opened_for: str | None) -> None:
    """Lets files pass that come from a page of the company that is acted for now.

    Raises NotTaken where it changed since the page was opened: they were meant for another.
    """
    for finding in _changed(store, opened_for, "transport", "TRN-ACTING"):
        raise NotTaken(HTTPStatus.CONFLICT, finding)


def _changed(store: Store, opened_for: str | None, family: Family, code: str) -> list[Finding]:
    now = client(store)
    if opened_for in (None, now):
        return []
    return [Finding(family, code, "reject", value=opened_for or "", expected=now)]


def _clients(store: Store) -> list[Client]:
    """The companies that may be acted for, their own first; asked once in a request."""
    if "clients" not in g:
        with store.database.read() as connection:
            g.clients = mandates.clients(connection, member().organisation_id)
    found: list[Client] = g.clients
    return found


def _shown(store: Store) -> dict[str, Any] | None:
    """What the head of each page says; None to those who act for nobody but themselves."""
    who = g.get("principal")
    if who is None or not who.may(Action.FILE):
        return None
    found, chosen = current(store), cookie.get(_KEY)
    ended = bool(chosen) and chosen != found.code
    if len(_clients(store)) < 2 and not ended:
        return None
    return {"client": found, "own": found is _clients(store)[0], "ended": ended}


def _fits(client: Client, sought: str) -> bool:
    words = f"{client.code} {client.name_zh} {client.name_en}".casefold()
    return sought.casefold() in words
