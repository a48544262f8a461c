"""`python -m adapters.stubs customs --port 9001 --data DIR --callback URL --key KEY`."""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path

import waitress

from adapters.base import names
from adapters.stubs.app import create_app
from adapters.stubs.books import Books
from adapters.stubs.forms import script
from adapters.stubs.postman import Postman

THREADS = 4
#: A message of 100 inventories is some 300 KB: read in few gulps, not in forty.
RECEIVE_BYTES = 128 * 1024


def main(arguments: list[str] | None = None) -> None:
    """Serve one simulated agency until the process ends."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    agency = script(asked.agency)
    data = Path(asked.data)
    data.mkdir(parents=True, exist_ok=True)
    books = Books(agency, data / f"{agency.name}.db", delay=asked.delay, slow=asked.slow)
    postman = Postman(books, asked.callback, key=asked.key, clock=time.time)
    app = create_app(agency, books, clock=time.time, wake=postman.wake)
    postman.start()
    try:
        waitress.serve(
            app,
            host=asked.host,
            port=asked.port,
            threads=THREADS,
            recv_bytes=RECEIVE_BYTES,
            ident=None,
            _quiet=True,
        )
    finally:
        postman.stop()
        postman.join(timeout=5)
        books.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m adapters.stubs", description=main.__doc__)
    parser.add_argument("agency", choices=names())
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", required=True, help="folder for the agency's books")
    parser.add_argument("--callback", required=True, help="address that receipts are posted to")
    parser.add_argument("--key", default="", help="the agency's key at that address")
    parser.add_argument("--delay", type=_seconds, default=0.0, help="seconds between two receipts")
    parser.add_argument(
        "--slow", type=_seconds, default=5.0, help="least seconds that a slow answer takes"
    )
    return parser


def _seconds(text: str) -> float:
    """Seconds to the thousandth, written with a point or without."""
    whole, _, part = text.partition(".")
    return int(whole or "0") + int((part + "000")[:3]) / 1000


if __name__ == "__main__":
    main()
