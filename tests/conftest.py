"""What all tests share: no network but this machine, folders and databases of their own."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import uuid
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import kombu
import psycopg
import pytest
import redis
from argon2 import PasswordHasher

from single_window.accounts import passwords
from single_window.settings import Settings
from single_window.storage import engine
from single_window.storage.engine import Database
from single_window.storage.store import Store
from tests import answering, tables
from tests.window import Window, opened

# Deadlines measure the machine, not the code; a failing example must be the same tomorrow.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True)
hypothesis.settings.load_profile("house")

# What makes guessing dear makes every log-in of a test dear: tests hash as cheaply as there is.
passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
passwords._NOBODY = passwords.hashed("nobody has this password")

# No test cuts the power, so none waits for the disk.
engine.SYNCHRONOUS |= dict.fromkeys(engine.SYNCHRONOUS, "OFF")
os.fsync = lambda _descriptor: None


class ForeignAddress(RuntimeError):
    """A test tried to talk to another machine. Not an OSError, so that no code takes it for one."""


def _is_local(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost", socket.gethostname()):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _stay_at_home(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]  # a tuple is an internet address; a path is a local socket
    else:
        return
    if not _is_local(host):
        raise ForeignAddress(f"tests may not talk to {host}")


sys.addaudithook(_stay_at_home)


_LONGEST = ("tests/journeys/", "tests/faults/")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", default="", help="folder that keeps the pages' pictures")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts first what takes longest, so that the run does not end with one worker waiting for it.

    Leaves out what only takes pictures, unless a folder for them is named.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(_LONGEST))
    if config.getoption("--screenshots"):
        return
    pictures = [item for item in items if item.get_closest_marker("screenshots")]
    if pictures:
        config.hook.pytest_deselected(items=pictures)
        items[:] = [item for item in items if item not in pictures]


@pytest.fixture
def screenshots(request: pytest.FixtureRequest) -> Path | None:
    """Folder for pictures of pages, where they were asked for."""
    asked = request.config.getoption("--screenshots")
    if not asked:
        return None
    folder = Path(asked).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder of the test's own."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def shared() -> Path:
    """The folder of reference material beside the project, for tests that run over it."""
    return Path(answering.need("shared"))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Address of a new SQLite database."""
    return f"sqlite:///{tmp_path / 'window.db'}"


@contextmanager
def _postgresql() -> Iterator[str]:
    """Address of a new PostgreSQL database; dropped afterwards even if a process holds on."""
    server = answering.need("postgresql")
    name = f"sw_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(answering.plain(server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    try:
        yield server[: server.rindex("/") + 1] + name
    finally:
        with psycopg.connect(answering.plain(server), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who opens a SQLite database does not wait for another writer, but is told at once."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0)


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """Address of a new PostgreSQL database."""
    with _postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def shared_postgresql() -> Iterator[str]:
    """Address of a PostgreSQL database with tables, for one test after the other."""
    with _postgresql() as url:
        tables.lay_at(url)
        yield url


@pytest.fixture
def emptied_postgresql(shared_postgresql: str) -> Iterator[str]:
    """Address of a PostgreSQL database with tables and nothing in them."""
    yield shared_postgresql
    tables.empty(shared_postgresql)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of an empty database, once per engine: the test runs on each that answers."""
    names = {"sqlite": "sqlite_url", "postgresql": "emptied_postgresql"}
    return str(request.getfixturevalue(names[request.param]))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database of the window, on each engine that answers."""
    made = Database(database_url)
    tables.lay(made)
    yield made
    made.close()


@pytest.fixture
def store(data: Path, database_url: str) -> Iterator[Store]:
    """A store with nothing in it, on each engine that answers."""
    made = Store.open(Settings(data=data, database_url=database_url))
    tables.lay(made.database)
    yield made
    made.database.close()


@pytest.fixture
def window(data: Path, database_url: str) -> Iterator[Window]:
    """A window without entrances, on each engine that answers."""
    with opened(data, database_url) as made:
        yield made


@pytest.fixture
def sqlite_window(data: Path) -> Iterator[Window]:
    """A window on SQLite, for what does not depend on the engine."""
    with opened(data) as made:
        yield made


@pytest.fixture(scope="module")
def window_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One SQLite database for all examples of a property."""
    with opened(tmp_path_factory.mktemp("property")) as made:
        yield made.store.database


@dataclass(frozen=True, slots=True)
class Broker:
    """A message broker to test on: its address, and a queue name that nobody else uses."""

    kind: str
    url: str
    queue: str


@pytest.fixture(params=["default", "rabbitmq", "redis"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A broker with nothing in it, once per kind: the one without a server, and what answers."""
    queue = f"sw-test-{uuid.uuid4().hex[:12]}"
    if request.param == "default":
        yield Broker("default", f"sqla+sqlite:///{tmp_path / 'broker.db'}", queue)
    elif request.param == "rabbitmq":
        url = answering.need("rabbitmq")
        yield Broker("rabbitmq", url, queue)
        with kombu.Connection(url) as connection:
            for name in (queue, f"{queue}.work", f"{queue}.send"):
                connection.default_channel.queue_delete(name)
                connection.default_channel.exchange_delete(name)
    else:
        server, _, _ = answering.need("redis").rpartition("/")
        number = _take_redis_database(server)
        yield Broker("redis", f"{server}/{number}", queue)
        with redis.Redis.from_url(f"{server}/{number}") as client:
            client.flushdb()


def _take_redis_database(server: str) -> int:
    """Number of an empty Redis database, marked as ours, so that only our own is ever emptied."""
    for number in range(15, 0, -1):
        with redis.Redis.from_url(f"{server}/{number}") as client:
            if client.dbsize() == 0 and client.set("sw-test", os.getpid(), nx=True, ex=3600):
                return number
    pytest.skip("needs redis: no empty database among 1 to 15")


@pytest.fixture
def chromium() -> str:
    """Path of the browser."""
    return answering.need("chromium")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)


def _judge(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    if answering.unexpected(_reason(report), os.environ.get("SW_EXPECT", "")):
        report.outcome = "failed"
        report.longrepr = f"This skip was not expected here (SW_EXPECT): {_reason(report)}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _judge(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _judge(report)
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reasons = [_reason(report) for report in terminalreporter.stats.get("skipped", [])]
    counts = Counter(answering.needed(reason) or ("", reason) for reason in reasons)
    if counts:
        parts = [
            f"{n} for want of {name or 'a reason known'} ({why})"
            for (name, why), n in counts.items()
        ]
        terminalreporter.write_line("Not run: " + "; ".join(parts))
