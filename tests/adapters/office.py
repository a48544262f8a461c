"""A simulated agency as its own process, and the desk at which its receipts arrive."""

from __future__ import annotations

import http.server
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import requests
from lxml import etree

from adapters.base import Adapter, Outcome, Verdict, load
from adapters.stubs.forms import Form, Script, script
from schemas.registry import message
from tests.schemas import samples

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30
SLOW_SECONDS = 1


class Inbox:
    """Takes what is posted to it, and can be told to be out of order for a while."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.keys: set[str] = set()
        self.failures_to_come = 0
        self._news = threading.Condition()
        inbox = self

        class Desk(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = inbox._arrived(body, self.headers.get("Authorization", ""))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Desk)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/receipts"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _arrived(self, body: bytes, key: str) -> int:
        with self._news:
            self.keys.add(key)
            if self.failures_to_come > 0:
                self.failures_to_come -= 1
                return 503
            self.bodies.append(body)
            self._news.notify_all()
            return 202

    def wait(self, enough: Callable[[list[bytes]], bool]) -> list[bytes]:
        """All that has arrived, once it is enough."""
        with self._news:
            came = self._news.wait_for(lambda: enough(self.bodies), PATIENCE_SECONDS)
            assert came, f"only {len(self.bodies)} receipts came"
            return list(self.bodies)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Office:
    """One simulated agency that can be killed and started again on the same books."""

    def __init__(self, name: str, data: Path, inbox: Inbox, *, delay: str = "0") -> None:
        self.name = name
        self.script: Script = script(name)
        self.inbox = inbox
        self._data = data
        self._delay = delay
        self._port = _free_port()
        self._session = requests.Session()
        self.url = f"http://127.0.0.1:{self._port}"
        self.adapter: Adapter = load(name, url=self.url, key="window-key")
        self.start()

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        flags = {
            "--port": str(self._port),
            "--data": str(self._data),
            "--callback": self.inbox.url,
            "--key": "agency-key",
            "--delay": self._delay,
            "--slow": str(SLOW_SECONDS),
        }
        line = [sys.executable, "-m", "adapters.stubs", self.name]
        self._process = subprocess.Popen([*line, *sum(flags.items(), ())], cwd=ROOT)
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            assert self._process.poll() is None, "the agency did not start"
            try:
                self.ask("/health")
            except requests.ConnectionError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError("the agency does not answer")

    def kill(self) -> None:
        """End the process as a power cut would."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self.kill()
        self._session.close()

    def ask(self, path: str) -> Any:
        """The JSON at a path of the agency."""
        return self._session.get(self.url + path, timeout=10).json()

    def page(self) -> str:
        """What a person sees at the agency's address."""
        return self._session.get(self.url, timeout=10).text

    def tell(self, path: str, **values: str) -> requests.Response:
        """Post JSON to a path of the agency."""
        return self._session.post(self.url + path, json=values, timeout=10)

    def books(self, order_no: str) -> dict[str, Any]:
        """The one entry for this order number."""
        entries = [each for each in self.ask("/books")["items"] if each.get("orderNo") == order_no]
        assert len(entries) == 1, entries
        return dict(entries[0])

    def mark(self, outcome: str) -> str:
        """The mark that brings about an outcome at this agency."""
        return next(mark.suffix for mark in self.script.marks if mark.outcome == outcome)

    def form(self) -> Form:
        """The message on which the marks act."""
        return next(form for form in self.script.forms.values() if form.marks)

    def verdicts(self, order_no: str, steps: int) -> list[Verdict]:
        """The verdicts on one record, in the order of arrival, once there are so many."""
        guid = guid_of(order_no)
        return self.inbox_verdicts(guid, steps)

    def inbox_verdicts(self, guid: str, steps: int) -> list[Verdict]:
        def mine(bodies: list[bytes]) -> list[Verdict]:
            said = [verdict for body in bodies for verdict in self.adapter.parse(body)]
            own = [each for each in said if guid in each.match.values()]
            # Of a declaration only the first answer names the sender's number, and brings theirs.
            given = {each.numbers["SeqNo"] for each in own if "SeqNo" in each.numbers}
            return [each for each in said if each in own or each.match.get("SeqNo") in given]

        return mine(self.inbox.wait(lambda bodies: len(mine(bodies)) >= steps))

    def well(self) -> list[str]:
        """The statuses that come when nothing is marked; papers beside them left out."""
        return self.plain("well")

    def plain(self, outcome: str) -> list[str]:
        """The statuses of an outcome, papers of another kind left out."""
        return [s for s in self.form().steps(outcome) if s not in self.script.papers]

    def send(self, *order_nos: str, message_id: str = "", form: Form | None = None) -> Outcome:
        """Send one message with a record for each order number."""
        body = message_of(form or self.form(), *order_nos)
        return self.adapter.send(body, message_id=message_id or guid_of(order_nos[0])).outcome


def guid_of(order_no: str) -> str:
    """A guid of its own for each order number."""
    return str(UUID(bytes=order_no.encode()[:16].rjust(16, b"_"))).upper()


def message_of(form: Form, *order_nos: str) -> bytes:
    """A message whose records are right by the schema, one for each order number."""
    described = message(form.message)
    if described.is_record:
        return _declaration_of(form, order_nos[0])
    root = etree.Element(f"{{{form.namespace}}}{form.message}", nsmap={None: form.namespace})
    root.set("guid", guid_of(order_nos[0]))
    root.set("version", "1.0")
    for order_no in order_nos:
        record = samples.element(described, samples.fullest(described))
        keyed = {"guid": guid_of(order_no)} | dict.fromkeys(form.key[-1:], order_no)
        keyed |= {"orderNo": order_no} if "orderNo" in form.reads.values() else {}
        for name, value in keyed.items():
            record.find(f".//{{{form.namespace}}}{name}").text = value
        root.append(record)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _declaration_of(form: Form, order_no: str) -> bytes:
    """A message that is one record, with its number and the order's at the places they have."""
    described = message(form.message)
    record = samples.element(described, samples.fullest(described))
    spaces = {"m": form.namespace}
    values = {"contractNo": order_no, "IEFlag": "E", "guid": guid_of(order_no)}
    for name, value in values.items():
        if name in form.paths:
            record.find(form.paths[name], spaces).text = value
    return etree.tostring(record, xml_declaration=True, encoding="UTF-8")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
