"""The portal: pages and API put together on one store."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask.logging import default_handler
from werkzeug.routing import IntegerConverter, RequestRedirect

from single_window.accounts.agencies import Agency
from single_window.api import agency, books, figures, filing, openapi, problems, subscriptions
from single_window.intake.submissions import Wake
from single_window.signatures.certificates import trusted
from single_window.storage.secrets import key_from
from single_window.storage.store import Store
from single_window.web import (
    account,
    bookshelf,
    declarations,
    desk,
    entry,
    errors,
    forms,
    handbook,
    mandates,
    officer,
    operator,
    reference,
    rendering,
    statistics,
    trader,
    words,
)

log = logging.getLogger(__name__)

FORM_MAX_BYTES = 1024 * 1024
"""Largest body of anything but an upload; uploads set their own limit."""
SESSION_HOURS = 12
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Number(IntegerConverter):
    """A number in an address. More digits than any of ours has are no address, not an error."""

    regex = r"\d{1,18}"


def create_app(
    store: Store,
    wake: Wake,
    *,
    agencies: Sequence[Agency] = (),
    simulated: Sequence[reference.Simulated] = (),
) -> Flask:
    """The portal as a WSGI application; `wake` tells the worker, `agencies` are named on pages.

    How the answers of `simulated` agencies are chosen is explained in the reference.
    """
    app = Flask(__name__, template_folder="web/templates", static_folder="web/static")
    _configure(app, store)
    app.url_map.converters["int"] = Number
    for blueprint in (
        entry.blueprint(store),
        account.blueprint(store),
        desk.blueprint(store, wake),
        declarations.blueprint(store, wake),
        mandates.blueprint(store),
        bookshelf.blueprint(store),
        forms.blueprint(store, wake),
        trader.blueprint(store),
        handbook.blueprint(store),
        reference.blueprint(store, simulated),
        officer.blueprint(store, wake, agencies),
        operator.blueprint(store),
        statistics.blueprint(store),
        filing.blueprint(store, wake),
        agency.blueprint(store, wake),
        subscriptions.blueprint(store),
        books.blueprint(store),
        figures.blueprint(store),
        openapi.blueprint(store),
    ):
        app.register_blueprint(blueprint)
    rendering.furnish(app, agencies)
    _number_requests(app)
    app.register_error_handler(Exception, _answer_error)
    return app


def _configure(app: Flask, store: Store) -> None:
    settings = store.settings
    # One that cannot be read is to be known now, and not at the first signed upload.
    trusted(settings.trusted_folder)
    key = settings.session_key.encode() or key_from("", settings.data / "keys", "session.key")
    app.config.update(
        SECRET_KEY=key,
        MAX_CONTENT_LENGTH=FORM_MAX_BYTES,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        SESSION_COOKIE_NAME="window",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.logger.removeHandler(default_handler)


def _number_requests(app: Flask) -> None:
    @app.before_request
    def number() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        g.started = time.monotonic_ns()
        if b"%00" in request.query_string:  # PostgreSQL keeps no such text and would break on it
            raise problems.Problem("bad-request")

    @app.after_request
    def sign(answer: Response) -> Response:
        answer.headers["X-Request-Id"] = g.request_id
        told = {
            "request_id": g.request_id,
            "method": request.method,
            "route": request.url_rule.rule if request.url_rule else "",
            "status": answer.status_code,
            "took_ms": (time.monotonic_ns() - g.started) // 1_000_000,
        }
        log.log(
            logging.DEBUG if request.endpoint == "static" else logging.INFO, "request", extra=told
        )
        return answer


def _answer_error(error: Exception) -> Any:
    """The one place that answers what went wrong; a bug is logged, and raised in tests."""
    if isinstance(error, RequestRedirect):
        return error
    problem = problems.problem_of(error)
    if problem.code == "broken":
        if current_app.testing:
            raise error
        log.error("request failed", exc_info=error, extra={"request_id": g.request_id})
    document = problem.document(
        request_id=g.request_id, path=request.path, chinese=words.wanted(request) == "zh"
    )
    if _wants_page():
        return errors.page(document), problem.status, problem.headers
    answer = current_app.json.response(document)
    answer.content_type = problems.TYPE
    return answer, problem.status, problem.headers


def _wants_page() -> bool:
    if request.path.startswith("/api/"):
        return False
    accepted = request.accept_mimetypes
    return accepted.best_match(["text/html", "application/json"], "text/html") == "text/html"
