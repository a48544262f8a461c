"""The web process of a yardstick: uploads and receipts, each handed to the way that was asked."""

from __future__ import annotations

import waitress
from flask import Flask, Response, jsonify, request

from bench.middle import intake as middle
from bench.peer import place
from bench.peer.work import app as celery
from bench.usual import intake as usual

THREADS = 8


def create_app() -> Flask:
    """Uploads in, receipts in; nothing else is measured."""
    app = Flask(__name__)
    way = {"usual": usual, "middle": middle}[place.WAY]

    @app.post("/api/v1/submissions")
    def submit() -> tuple[Response, int]:
        return jsonify({"id": way.receive(request.get_data())}), 202

    @app.post("/receipts/<agency>")
    def receive(agency: str) -> tuple[Response, int]:
        way.apply(agency, request.get_data())
        return jsonify({}), 202

    return app


def main() -> None:
    """Serves until the process ends."""
    place.prepare(celery)
    waitress.serve(
        create_app(), host="127.0.0.1", port=place.PORT, threads=THREADS, _quiet=True,
        max_request_body_size=2**30,
    )  # fmt: skip


if __name__ == "__main__":
    main()
