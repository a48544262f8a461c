"""The HTTP face of a simulated agency."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, render_template, request

from adapters.stubs.books import Books
from adapters.stubs.desk import Received, Refused, read_message
from adapters.stubs.forms import Script
from adapters.stubs.receipts import (
    PLATFORM_TOOK,
    national_time,
    platform_answer,
    platform_code,
    refusal,
)

#: Most that one message may weigh: 100 records of 99 lines stay far below.
MOST_BYTES = 64 * 1024 * 1024
MOST_LISTED = 10_000


def create_app(
    script: Script, books: Books, *, clock: Callable[[], float], wake: Callable[[], None]
) -> Flask:
    """The agency over HTTP: messages in, books and health out."""
    app = Flask(__name__, template_folder=str(Path(__file__).parent))
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    _take_messages(app, script, books, clock=clock, wake=wake)
    _show_books(app, script, books, clock=clock)
    return app


def _take_messages(
    app: Flask,
    script: Script,
    books: Books,
    *,
    clock: Callable[[], float],
    wake: Callable[[], None],
) -> None:
    @app.post("/messages")
    def messages() -> Response:
        try:
            received = read_message(script, request.get_data())
            message_id = request.headers.get("X-Message-Id") or received.guid
            if not message_id:
                raise Refused("no-message-id")
        except Refused as fault:
            return _refused(fault, 400)
        if books.must_fail(message_id, received):
            later = _refused(Refused("try-later"), 503)
            later.headers["Retry-After"] = "1"
            return later
        code, answer = _platform_answer(script, message_id, received, clock())
        if code != PLATFORM_TOOK:
            return answer
        if not books.take(message_id, received, now=clock()):
            return _refused(Refused("duplicate"), 409)
        wake()
        return answer

    @app.post("/release")
    def release() -> tuple[Response, int]:
        asked: Any = request.get_json(silent=True)
        number = asked.get("orderNo") if isinstance(asked, dict) else None
        released = books.release(str(number), now=clock()) if number else 0
        wake()
        return jsonify({"released": released}), 200 if released else 404


def _platform_answer(
    script: Script, message_id: str, received: Received, now: float
) -> tuple[str, Response]:
    """The exchange platform's word on a message; nothing said of a good one without envelope."""
    code = platform_code(script, received)
    if code == PLATFORM_TOOK and received.envelope is None:
        return code, Response(status=202)
    at = national_time(now)
    body = platform_answer(script, code, received, message_id=message_id, at=at)
    return code, Response(body, 202, content_type="application/xml")


def _show_books(app: Flask, script: Script, books: Books, *, clock: Callable[[], float]) -> None:
    @app.get("/books")
    def listing() -> Response:
        limit = max(1, min(request.args.get("limit", 1000, int), MOST_LISTED))
        after = request.args.get("after", 0, int)
        items = books.listed(after=after, limit=limit, now=clock())
        more = items[-1]["seq"] if len(items) == limit else None
        return jsonify({"items": items, "next": more})

    @app.get("/accounts")
    def account_books() -> Response:
        return jsonify({"items": books.accounts()})

    @app.get("/health")
    def health() -> Response:
        return jsonify({"agency": script.name, **books.counts()})

    @app.get("/")
    def page() -> str:
        return render_template("page.html", agency=script, counts=books.counts())


def _refused(fault: Refused, status: int) -> Response:
    body = refusal(_texts(), fault.reason, fault.values)
    return Response(body, status, content_type="application/xml")


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str]]:
    path = Path(__file__).parent / "refusals.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
