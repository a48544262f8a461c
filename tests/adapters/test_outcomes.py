"""What the network does, and what that means for a message."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from adapters.base import Outcome, Timeouts, load, names, outcome_of_status

TAKEN, REFUSED, LATER = Outcome.TAKEN, Outcome.REFUSED, Outcome.TRY_LATER


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, TAKEN),
        (202, TAKEN),
        (301, REFUSED),
        (400, REFUSED),
        (401, REFUSED),
        (408, LATER),
        (409, Outcome.DUPLICATE),
        (413, REFUSED),
        (429, LATER),
        (500, LATER),
        (503, LATER),
    ],
)
def test_a_status_means(status: int, outcome: Outcome) -> None:
    assert outcome_of_status(status) is outcome


@contextmanager
def _listener(answer: bytes | None) -> Iterator[str]:
    """A server that reads one request and then sends these bytes and hangs up, or says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        done = threading.Event()

        def serve() -> None:
            line, _ = server.accept()
            with line:
                line.recv(65536)
                if answer is None:
                    done.wait(30)
                else:
                    line.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        done.set()
        thread.join()


def _sent(url: str) -> tuple[Outcome, int | None]:
    agency = load(names()[0], url=url, timeouts=Timeouts(connect_seconds=1, read_seconds=0.2))
    sent = agency.send(b"<a/>", message_id="1")
    return sent.outcome, sent.status


def test_nobody_there_means_nothing_left() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    assert _sent(url) == (LATER, None)


def test_an_address_that_is_none_is_no_refusal() -> None:
    assert _sent("http://")[0] is LATER
    assert _sent("nowhere")[0] is LATER


def test_no_answer_in_time_leaves_it_open_whether_the_message_arrived() -> None:
    with _listener(None) as url:
        assert _sent(url) == (Outcome.UNKNOWN, None)


def test_a_line_that_breaks_leaves_it_open_too() -> None:
    with _listener(b"") as url:
        assert _sent(url) == (Outcome.UNKNOWN, None)


def test_an_answer_may_be_a_receipt_at_once() -> None:
    receipt = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 4\r\n\r\n<a/>"
    with _listener(receipt) as url:
        sent = load(names()[0], url=url).send(b"<a/>", message_id="1")
    assert (sent.outcome, sent.body) == (TAKEN, b"<a/>")


def test_who_is_busy_may_say_for_how_long() -> None:
    busy = b"HTTP/1.1 429 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"
    with _listener(busy) as url:
        sent = load(names()[0], url=url).send(b"<a/>", message_id="1")
    assert (sent.outcome, sent.retry_after) == (LATER, 7)


def test_an_agency_that_does_not_exist_is_not_known() -> None:
    with pytest.raises(KeyError):
        load("nobody", url="http://127.0.0.1")
