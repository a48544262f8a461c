"""The whole window as processes of its own: started, talked to, killed in parts, and ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import Connection

from single_window.declarations import history
from single_window.demo.cast import parties
from single_window.demo.folder import Order, write
from single_window.demo.trades import Record
from single_window.demo.writing import serialise
from single_window.settings import load
from single_window.storage.engine import beijing_day, now_ms
from single_window.storage.store import Store
from tests.answering import ROOT

PATIENCE_SECONDS = 300
"""How long a test waits for what must come; far more than it takes, so that only a fault fails."""
STOP_SECONDS = 40
INVENTORY = "CEB621Message"
AGENCIES = ("customs", "tax", "fx")


class World:
    """One `python -m worker.run` with a data folder of its own and no delay at the agencies."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self._mark = f"SW_TEST_WORLD={uuid.uuid4().hex}"
        name, _, value = self._mark.partition("=")
        self._settings = {
            "DATA": str(data),
            "PORT": "0",
            "STUB_DELAY_SECONDS": "0",
            "SWEEP_SECONDS": "1",
            "LEASE_SECONDS": "5",
            "DEMO_FILINGS": "no",
        } | settings
        self._environment = os.environ | self._settings | {name: value}
        self._process: subprocess.Popen[bytes] | None = None
        self.session = requests.Session()
        self.session.trust_env = False

    # -- life

    def start(self) -> World:
        """Starts everything and waits until the portal answers."""
        with (self.data / "supervisor.log").open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "worker.run"],
                cwd=ROOT,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.until(self._answers, "the portal answers")
        return self

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log("supervisor")
        if not (self.data / "demo.json").exists():
            return False
        try:
            urls = [f"{self.url}/api/v1/openapi.json"]
            urls += [f"{self.agency(name)}/health" for name in AGENCIES]
            return all(self.session.get(url, timeout=5).ok for url in urls)
        except requests.RequestException:
            return False

    def stop(self) -> list[str]:
        """Ends everything as Ctrl-C does; returns the processes that were left, then ended."""
        self.session.close()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        left = dict(self.processes())
        for number in left:
            os.kill(number, signal.SIGKILL)
        return list(left.values())

    def processes(self) -> Iterator[tuple[int, str]]:
        """Every process that this world started, itself or through others, by its environment."""
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal():
                continue
            try:
                if self._mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    yield int(folder.name), command
            except OSError:
                continue  # it ended while we looked, or is not ours

    def kill(self, name: str) -> None:
        """Ends a part with its children as a power cut would: portal, worker-work, customs, ..."""
        number = self.told["processes"][name]
        try:
            os.killpg(number, signal.SIGKILL)
        except ProcessLookupError:
            return  # the supervisor is just starting it again

    def kill_supervisor(self) -> None:
        """Ends `make run` itself, and it alone, without giving it a chance to end anything."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """Meanwhile a part is gone, ended as by a power cut; afterwards it is started again."""
        assert self._process is not None
        gone = self.told["processes"][name]
        self._process.send_signal(signal.SIGSTOP)  # who would start it again at once
        try:
            self.kill(name)
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)
            self.until(lambda: self.told["processes"][name] != gone, f"{name} is started again")
            self.until(self._answers, "the portal answers")

    def log(self, name: str) -> str:
        """What a part has written."""
        path = self.data / ("supervisor.log" if name == "supervisor" else f"logs/{name}.log")
        return path.read_text("utf-8", "replace")

    # -- talking to it

    @property
    def told(self) -> dict[str, Any]:
        """What demo.json says at this moment."""
        told: dict[str, Any] = json.loads((self.data / "demo.json").read_text("utf-8"))
        return told

    def password(self, user: str) -> str:
        """The password with which a demo user logs in."""
        return next(str(each["password"]) for each in self.told["logins"] if each["user"] == user)

    @cached_property
    def url(self) -> str:
        """Address of the portal."""
        return str(self.told["url"])

    def agency(self, name: str) -> str:
        """Address of a simulated agency."""
        return str(self.told["agencies"][name]["url"])

    def call(
        self, method: str, path: str, *, key: str = "broker", **values: Any
    ) -> requests.Response:
        """One call of the API with the key of a role."""
        headers = {"Authorization": f"Bearer {self.keys[key]}", **values.pop("headers", {})}
        return self.session.request(
            method, f"{self.url}/api/v1{path}", headers=headers, timeout=60, **values
        )

    @cached_property
    def keys(self) -> dict[str, str]:
        """The API keys by role."""
        return dict(self.told["keys"])

    def get(self, path: str, **query: Any) -> Any:
        """The JSON at a path of the API."""
        answer = self.call("GET", path, params=query)
        assert answer.ok, answer.text
        return answer.json()

    def items(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page."""
        query["limit"] = 1000
        while True:
            page = self.get(path, **query)
            yield from page["items"]
            if page["next"] is None:
                return
            query["after"] = page["next"]

    def file(self, body: bytes, *, idempotency_key: str = "") -> int:
        """Hands in a message or a ZIP; returns the number of the submission."""
        kind = "application/zip" if body.startswith(b"PK") else "application/xml"
        headers = {"Content-Type": kind}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        answer = self.call("POST", "/submissions", data=body, headers=headers)
        assert answer.status_code == 202, answer.text
        return int(answer.json()["id"])

    def hand_in(self, message: str, record: Record) -> dict[str, Any]:
        """Files one record; returns its declaration once it is checked."""
        guid = str(uuid.uuid4()).upper()
        return self.hand_over(serialise(message, [record], guid=guid, sender=parties()["agent"]))

    def hand_over(self, body: bytes) -> dict[str, Any]:
        """Files a message of one record; returns its declaration once it is checked."""
        where = f"/submissions/{self.file(body)}/records"
        self.until(lambda: list(self.items(where)), "it is checked")
        (item,) = self.items(where)
        found: dict[str, Any] = self.get(f"/declarations/{item['declaration']}")
        return found

    def trades(self, count: int, *, mark: str = "", seed: int = 1, **more: Any) -> list[int]:
        """Hands in consistent trades; returns the submissions' numbers."""
        folder = self.data / f"made-{seed}{mark}"
        order = Order(count, more.pop("bad", 0), seed, today(), mark, **more)
        return [self.file(path.read_bytes()) for path in write(folder, order)]

    def order_nos(self, *, mark: str = "", seed: int = 1) -> list[str]:
        """The order numbers of the trades handed in."""
        return [each["orderNo"] for each in self.expected(mark=mark, seed=seed)]

    def expected(self, *, mark: str = "", seed: int = 1) -> list[dict[str, Any]]:
        """What was written beside the trades handed in."""
        path = self.data / f"made-{seed}{mark}" / "expected.json"
        trades: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["trades"]
        return trades

    def inventory(self, order_no: str) -> dict[str, Any]:
        """The consolidated answer on the inventory of a trade."""
        (item,) = self.items("/declarations", order_no=order_no, message=INVENTORY)
        found: dict[str, Any] = self.get(f"/declarations/{item['id']}")
        return found

    def verdicts(self, order_no: str) -> dict[str, str]:
        """What each agency decided on the inventory of a trade, once it is there."""
        items = list(self.items("/declarations", order_no=order_no, message=INVENTORY))
        return {leg["agency"]: leg["verdict"] for item in items for leg in item["legs"]}

    def books(self, name: str) -> list[dict[str, Any]]:
        """Everything that an agency has entered."""
        found: list[dict[str, Any]] = []
        after = 0
        while True:
            query = {"after": after, "limit": 10_000}
            page = self.session.get(f"{self.agency(name)}/books", params=query, timeout=60).json()
            found += page["items"]
            if page["next"] is None:
                return found
            after = page["next"]

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """The database of this world, to look at what no page shows."""
        store = Store.open(load(self._settings))
        try:
            with store.database.read() as connection:
                yield connection
        finally:
            store.database.close()

    def until(self, true: Callable[[], object], what: str, seconds: int = PATIENCE_SECONDS) -> None:
        """Waits until something is so."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"in vain: {what}"
            time.sleep(0.1)

    def finished(self, *names: str) -> int:
        """How many records each of these agencies has at least; 0 while one is away or owes."""
        try:
            urls = [f"{self.agency(name)}/health" for name in names]
            health = [self.session.get(url, timeout=30).json() for url in urls]
        except requests.RequestException:
            return 0
        return min(0 if each["receipts_owed"] else int(each["records"]) for each in health)

    def answered(self, order_no: str) -> bool:
        """Whether customs has released and tax and FX have accepted the trade."""
        wanted = {"customs": "released", "tax": "accepted", "fx": "accepted"}
        return self.verdicts(order_no) == wanted


def breaks(world: World) -> list[history.Break]:
    """Where the history does not agree with its hashes."""
    with world.read() as connection:
        return list(history.verify(connection))


def today() -> date:
    """The day of law at this moment."""
    return beijing_day(now_ms())
