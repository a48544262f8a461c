"""The systems that go the whole way: the window itself, and the two others that it is held to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import create_engine, text

from bench import processes
from bench.books import Agencies

LEASE_SECONDS = "3"
"""So that work of a killed worker comes back within the run; it is no part of the speed."""
KEY = "bench"


class System(Protocol):
    """What is measured: where it takes uploads, and whether it has nothing left to do."""

    name: str
    url: str
    key: str
    agencies: Agencies

    def settled(self) -> bool:
        """Whether everything that it was told by the agencies is written down."""

    def processes(self) -> dict[str, int]:
        """The numbers of its processes, each the leader of a session, by name."""


@dataclass(slots=True)
class Window:
    """The window as `make run` starts it."""

    name: str
    url: str
    key: str
    agencies: Agencies
    data: Path
    database: str

    def settled(self) -> bool:
        """Whether no table of work has a row that is due."""
        engine = create_engine(self.database)
        with engine.connect() as connection:
            due = connection.execute(text(_DUE)).scalar_one()
        engine.dispose()
        return not due

    def processes(self) -> dict[str, int]:
        """The numbers of its processes, by name, as they are now."""
        found: dict[str, int] = processes.told_in(self.data / "demo.json").get("processes", {})
        return found

    def kill_worker(self) -> None:
        """Kills both of the worker's process groups without a word."""
        for name, number in self.processes().items():
            if name.startswith("worker"):
                processes.kill_group(number)


_DUE = "SELECT " + " + ".join(
    f"(SELECT count(*) FROM {table} WHERE due_at IS NOT NULL)"
    for table in ("chunks", "pairings", "legs", "outgoing", "receipts")
)


@contextmanager
def window(data: Path, database: str, broker: str) -> Iterator[Window]:
    """The window with its worker and three agencies, up for as long as the block lasts."""
    environment = {
        "DATA": str(data),
        "PORT": "0",
        "DATABASE_URL": database,
        "BROKER_URL": broker,
        "STUB_DELAY_SECONDS": processes.FASTEST,
        "LEASE_SECONDS": LEASE_SECONDS,
        "DEMO_FILINGS": "no",
    }
    group = processes.Group(data / "bench-logs", environment)
    group.start("supervisor", ["-m", "worker.run"])
    try:
        processes.until("window", lambda: "processes" in processes.told_in(data / "demo.json"))
        told: dict[str, Any] = processes.told_in(data / "demo.json")
        port = int(told["url"].rpartition(":")[2])
        processes.until("portal", lambda: processes.listens(port))
        addresses = {name: each["url"] for name, each in told["agencies"].items()}
        where = database or f"sqlite:///{data / 'window.db'}"
        yield Window(
            "window", told["url"], told["keys"]["broker"], Agencies(addresses), data, where
        )
    finally:
        group.stop()


@dataclass(slots=True)
class Other:
    """The usual or the middle way: one web process, one Celery worker, the same agencies."""

    name: str
    url: str
    key: str
    agencies: Agencies
    database: str
    group: processes.Group

    def settled(self) -> bool:
        """It applies a receipt before it answers, so nothing is left once all are delivered."""
        return True

    def processes(self) -> dict[str, int]:
        """The numbers of its processes, by name."""
        return {name: process.pid for name, process in self.group.started.items()}


@contextmanager
def other(name: str, data: Path, database: str, broker: str) -> Iterator[Other]:
    """One of the two yardsticks, up for as long as the block lasts."""
    data.mkdir(parents=True, exist_ok=True)
    port = processes.free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "BENCH_WAY": name,
        "BENCH_PORT": str(port),
        "BENCH_DATABASE": database or f"sqlite:///{data / 'way.db'}",
        "BENCH_BROKER": broker or f"sqla+sqlite:///{data / 'broker.db'}",
    }
    group = processes.Group(data / "bench-logs", environment)
    try:
        addresses = processes.agencies(group, data, f"{url}/receipts/{{agency}}", {})
        told = ",".join(f"{agency}={where}" for agency, where in addresses.items())
        group.environment = environment | {"BENCH_AGENCIES": told}
        group.start("web", ["-m", "bench.peer.web"])
        processes.until(f"{name} web", lambda: processes.listens(port))
        group.start("worker", ["-m", "celery", "-A", "bench.peer.work", *_WORKER])
        yield Other(name, url, KEY, Agencies(addresses), environment["BENCH_DATABASE"], group)
    finally:
        group.stop()


_WORKER = (
    *("worker", "--pool=prefork", "--concurrency=2", "--loglevel=WARNING"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)


def released(database: str) -> int:
    """Inventories that customs released and tax and FX accepted, by a yardstick's own rows."""
    engine = create_engine(database)
    with engine.connect() as connection:
        count: int = connection.execute(text(_RELEASED)).scalar_one()
    engine.dispose()
    return count


_RELEASED = """
SELECT count(*) FROM declarations WHERE message = 'CEB621Message' AND outcome = 'released'
AND tax = 'accepted' AND fx = 'accepted'
"""
