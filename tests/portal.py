"""A portal to test on: its own data folder, the demo's people, and work done when asked."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from adapters import base
from adapters.stubs.forms import Script, script
from single_window.accounts.demo import seed_demo
from single_window.app import create_app
from single_window.declarations import trades as pairing
from single_window.demo.cast import parties
from single_window.demo.trades import PAPERS, Trade, trades
from single_window.demo.writing import serialise
from single_window.intake import chunks
from single_window.settings import Settings
from single_window.storage import migrate
from single_window.storage.store import Store

ORDER, PAYMENT, WAYBILL, INVENTORY = PAPERS
XML = {"Content-Type": "application/xml"}
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Portal:
    """The app on a store, with what its demo users need to come in."""

    app: Flask
    store: Store
    demo: dict[str, Any]
    woken: list[tuple[str, str]] = field(default_factory=list)

    def key(self, name: str = "broker") -> dict[str, str]:
        """The header that a client program of this role sends."""
        return {"Authorization": f"Bearer {self.demo['keys'][name]}"}

    def password(self, user: str) -> str:
        """The password of a demo user."""
        return next(each["password"] for each in self.demo["logins"] if each["user"] == user)

    def wake(self, name: str, argument: str) -> None:
        """What the portal calls when there is work."""
        self.woken.append((name, argument))

    def work(self) -> None:
        """Checks and matches all that is there, as the worker would."""
        while chunks.check_due(self.store, self.wake):
            pass
        while pairing.pair_due(self.store, self.wake):
            pass

    def call(self, path: str, *, by: str = "broker", **request: Any) -> TestResponse:
        """A call of the API with the key of a demo role; with a body it is a POST of XML."""
        headers = self.key(by) | (XML if "data" in request else {}) | request.pop("headers", {})
        method = request.pop("method", "POST" if "data" in request else "GET")
        return self.app.test_client().open(path, method=method, headers=headers, **request)

    def file(self, body: bytes, *, by: str = "broker", **request: Any) -> dict[str, Any]:
        """Hands in a body over the API and has it checked; returns the submission."""
        answer = self.call("/api/v1/submissions", data=body, by=by, **request)
        assert answer.status_code == 202, answer.text
        self.work()
        told: dict[str, Any] = self.call(f"/api/v1/submissions/{answer.json['id']}", by=by).json
        return told

    def browser(self, user: str | None = "broker", *, lang: str = "en") -> FlaskClient:
        """A browser in which this user has logged in."""
        client = self.app.test_client()
        client.get(f"/status?lang={lang}")
        if user:
            words = {"login": user, "password": self.password(user)}
            answer = client.post("/login", data=words | {"csrf": csrf(client)})
            assert answer.status_code == 302, answer.text
        return client


def agencies() -> list[base.Manifest]:
    """The agencies that there are, as their folders name them."""
    return [base.manifest(name) for name in base.names()]


def simulated() -> list[Script]:
    """The agencies' simulators, whose triggers the reference explains."""
    return [script(name) for name in base.names()]


def csrf(client: FlaskClient, page: str = "/login") -> str:
    """The token in the forms of a page."""
    found = _CSRF.search(client.get(page, follow_redirects=True).text)
    assert found
    return found[1]


def made(count: int = 1, *, seed: int = 1) -> list[Trade]:
    """Consistent trades, the same each time."""
    return list(trades(count, seed, date(2026, 11, 20)))


def message(paper: str, given: list[Trade], *, guid: str = "") -> bytes:
    """The message that carries one paper of each trade."""
    records = [trade.records[paper] for trade in given]
    number = guid or f"00000000-0000-4000-8000-{PAPERS.index(paper):012d}"
    return serialise(paper, records, guid=number, sender=parties()["agent"], indent=True)


def zipped(files: dict[str, bytes]) -> bytes:
    """A ZIP of files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def opened(folder: Path, **settings: Any) -> Portal:
    """A portal on a data folder that `fresh` made."""
    store = Store.open(Settings(data=folder, **settings))
    demo = json.loads((folder / "demo.json").read_text("utf-8"))
    woken: list[tuple[str, str]] = []
    app = create_app(
        store,
        lambda name, argument: woken.append((name, argument)),
        agencies=agencies(),
        simulated=simulated(),
    )
    app.testing = True
    return Portal(app, store, demo, woken)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with tables and demo people in it, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("fresh") / "data"
    store = Store.open(Settings(data=folder))
    migrate.upgrade(store.database)
    (folder / "demo.json").write_text(json.dumps(seed_demo(store, agencies=agencies())), "utf-8")
    store.database.close()
    return folder


@pytest.fixture
def portal(fresh: Path, tmp_path: Path) -> Iterator[Portal]:
    """A portal of the test's own."""
    folder = shutil.copytree(fresh, tmp_path / "portal")
    made_portal = opened(folder)
    yield made_portal
    made_portal.store.database.close()
