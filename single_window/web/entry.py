"""Coming in and going out, and the files that every page is made with."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from bootstrap_wrapper import get_bootstrap_css_dir
from flask import Blueprint, g, redirect, render_template, request, send_from_directory, url_for

from single_window.accounts import service
from single_window.storage.engine import now_ms
from single_window.storage.store import Store
from single_window.web import session
from single_window.web.session import needs, takes_papers

_A_DAY = 86_400
_LONGEST_LOGIN = 80
_LONGEST_PASSWORD = 200


def blueprint(store: Store) -> Blueprint:
    """Log-in, log-out and the style sheet of the framework."""
    pages = Blueprint("entry", __name__)
    session.guard(pages, store)

    @pages.get("/login")
    @needs(None)
    def log_in() -> Any:
        if session.person(store) is not None:
            return redirect(session.local(request.args.get("next", "")))
        return render_template("login.html", login="", refused=None)

    @pages.post("/login")
    @takes_papers
    @needs(None)
    def let_in() -> Any:
        login = request.form.get("login", "").replace("\0", "").strip()[:_LONGEST_LOGIN]
        password = request.form.get("password", "")[:_LONGEST_PASSWORD]
        found = service.log_in(store, login, password, now=now_ms())
        again, kept = session.local(request.form.get("again", "")), session.handed_on()
        if isinstance(found, service.Refused):
            seconds = max(1, (found.until - now_ms()) // 1000)
            sent = [(f"kept.{name}", value) for name, value in kept]
            told = {"refused": found, "seconds": seconds, "kept": sent, "again": again}
            page = render_template("login.html", login=login, **told)
            locked = found.reason == "locked"
            return page, HTTPStatus.TOO_MANY_REQUESTS if locked else HTTPStatus.UNAUTHORIZED
        with store.database.read() as connection:
            known = service.person(connection, found.person_id or 0)
        assert known is not None
        session.begin(known)
        if kept:
            g.principal = known.principal
            return session.go_on(again, kept)
        return redirect(session.local(request.args.get("next", "")))

    @pages.post("/logout")
    @needs(None)
    def log_out() -> Any:
        session.end()
        return redirect(url_for("entry.log_in"))

    @pages.get("/assets/bootstrap.min.css")
    @needs(None)
    def framework() -> Any:
        return send_from_directory(
            get_bootstrap_css_dir(), "bootstrap.min.css", max_age=_A_DAY, mimetype="text/css"
        )

    return pages
