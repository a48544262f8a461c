"""The same over a real server and real sockets: bodies in chunks, and a client that goes away."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests
import waitress.server
from waitress import wasyncore

from single_window.api.outermost import Channel
from single_window.api.problems import TYPE
from tests.portal import ORDER, XML, Portal, made, message

BODY = message(ORDER, made(20))
LARGEST = 200_000


@pytest.fixture
def address(portal: Portal) -> Iterator[str]:
    """Address of the portal, served by the server that is used in production."""
    server = waitress.server.create_server(
        portal.app, host="127.0.0.1", port=0, threads=2, max_request_body_size=LARGEST
    )
    server.channel_class = Channel
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    # Sockets belong to the thread that waits on them, so it is the one to close them.
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join(10)
    server.task_dispatcher.shutdown()


def test_a_body_in_chunks_is_filed_and_followed_to_its_end(portal: Portal, address: str) -> None:
    pieces = (BODY[at : at + 5000] for at in range(0, len(BODY), 5000))
    with requests.Session() as session:
        session.headers.update(portal.key())
        filed = session.post(f"{address}/api/v1/submissions", data=pieces, headers=XML)
        assert filed.status_code == 202
        portal.work()
        told = session.get(address + filed.headers["Location"]).json()
    assert (told["state"], told["counts"]["records"], told["size"]) == ("done", 20, len(BODY))


def test_a_person_logs_in_files_and_sees_the_result(portal: Portal, address: str) -> None:
    with requests.Session() as session:
        page = session.get(f"{address}/login?lang=en").text
        token = page.split('name="csrf" value="')[1].split('"')[0]
        words = {"login": "broker", "password": portal.password("broker"), "csrf": token}
        page = session.post(f"{address}/login", data=words).text
        token = page.split('name="csrf" value="')[1].split('"')[0]
        form = [("csrf", (None, token)), ("files", ("orders.xml", BODY))]
        sent = session.post(f"{address}/submissions", files=form)
        assert "orders.xml" in sent.text
        portal.work()
        assert "Nothing is wrong" in session.get(sent.url).text


def test_a_client_that_goes_away_half_way_has_filed_nothing(portal: Portal, address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    head = f"POST /api/v1/submissions HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/xml\r\n"
    head += f"Authorization: {portal.key()['Authorization']}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    with socket.create_connection((host, int(port))) as client:
        client.sendall(head.encode() + BODY[: len(BODY) // 2])
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        told = requests.Session().get(f"{address}/api/v1/submissions", headers=portal.key()).json()
        if told["items"] == []:
            break
    assert told["items"] == []
    assert [*(portal.store.settings.data / "files").iterdir()] == []


@pytest.mark.parametrize("chunked", [False, True])
def test_what_the_server_itself_finds_too_large_is_told_as_a_problem(
    portal: Portal, address: str, chunked: bool
) -> None:
    body = b" " * (LARGEST + 1)
    with requests.Session() as session:
        session.headers.update(portal.key())
        sent = iter([body]) if chunked else body
        answer = session.post(f"{address}/api/v1/submissions", data=sent, headers=XML)
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, TYPE)
    assert answer.json()["code"] == "TRN-TOO-LARGE"
    assert str(LARGEST) in answer.json()["text_zh"] and str(LARGEST) in answer.json()["text_en"]


def test_what_is_no_http_is_told_as_a_problem_and_to_a_browser_as_a_page(address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    for accept, wanted in (("*/*", TYPE), ("text/html", "text/html")):
        with socket.create_connection((host, int(port))) as client:
            client.sendall(
                f"GET / HTTP/1.1\r\nAccept: {accept}\r\nContent-Length: x\r\n\r\n".encode()
            )
            told = b"".join(iter(lambda: client.recv(65536), b"")).decode()
        assert told.startswith("HTTP/1.1 400") and wanted in told
        assert "无法理解" in told and "could not be understood" in told
