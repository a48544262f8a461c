"""Whether the window and the agencies are well, for people and for monitoring programs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from single_window.oversight import statistics
from single_window.routing import health
from single_window.storage.engine import now_ms
from single_window.storage.store import Store
from single_window.web import session
from single_window.web.session import needs
from single_window.web.showing import iso


def _published(agency: dict[str, Any]) -> dict[str, Any]:
    return {
        name: iso(value) if value is not None and name.endswith(("_at", "_until")) else value
        for name, value in agency.items()
    }


def blueprint(store: Store) -> Blueprint:
    """The state of each agency's traffic; holds nothing about any declaration."""
    pages = Blueprint("operator", __name__)
    session.guard(pages, store)

    @pages.get("/status")
    @needs(None)
    def status() -> Any:
        session.person(store)
        with store.database.read() as connection:
            found = health.status(connection)
        best = request.accept_mimetypes.best_match(["text/html", "application/json"])
        if best == "application/json":
            return jsonify({"agencies": [_published(each) for each in found]})
        return render_template("status.html", agencies=found, now=now_ms())

    @pages.get("/metrics")
    @needs(None)
    def metrics() -> Any:
        with store.database.read() as connection:
            found = statistics.figures(connection, now=now_ms())
        return Response(statistics.exposition(found), mimetype="text/plain; version=0.0.4")

    return pages
