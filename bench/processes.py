"""Starting and ending what is measured, and the services that it may lean on."""

from __future__ import annotations

import getpass
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from adapters import base

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
STOP_SECONDS = 20
FASTEST = "0"
"""Pause of the simulated agencies between receipts: none."""


class NotStarted(RuntimeError):
    """A process that was to be measured did not come up."""


@dataclass(slots=True)
class Group:
    """Processes of one measured system, ended together; each leads a process group of its own."""

    logs: Path
    environment: Mapping[str, str]
    started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        """Starts Python with these arguments, its output in a file of its name."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)} | dict(self.environment),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.started[name] = process
        return process

    def stop(self) -> None:
        """Ends all of them, politely first."""
        for process in self.started.values():
            process.send_signal(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        for process in self.started.values():
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                kill_group(process.pid)
                process.wait()
            kill_group(process.pid)


def kill_group(number: int) -> None:
    """Kills a process and those that it started, at once."""
    try:
        os.killpg(number, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def agencies(group: Group, data: Path, callback: str, keys: Mapping[str, str]) -> dict[str, str]:
    """Starts the simulated agencies; returns where each is. `callback` may name the `{agency}`."""
    addresses = {}
    for name in base.names():
        port = str(free_port())
        options = [
            *("--port", port, "--data", str(data / "agencies")),
            *("--callback", callback.format(agency=name)),
            *("--key", keys.get(name, ""), "--delay", FASTEST),
        ]
        group.start(name, ["-m", "adapters.stubs", name, *options])
        addresses[name] = f"http://127.0.0.1:{port}"
    return addresses


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: str, ready: Callable[[], bool], *, seconds: float = START_SECONDS) -> None:
    """Waits until it is ready. Raises NotStarted when that takes too long."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise NotStarted(what)
        time.sleep(0.1)


def listens(port: int) -> bool:
    """Whether somebody answers on this port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def told_in(path: Path) -> dict[str, Any]:
    """A JSON file that another process writes; {} while there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def postgresql() -> str:
    """Address of a PostgreSQL that lets us make databases; "" where none answers."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    users = dict.fromkeys([getpass.getuser(), "postgres"])
    for url in (
        [given] if given else [f"postgresql+psycopg://{u}@127.0.0.1:5432/test" for u in users]
    ):
        try:
            with psycopg.connect(_plain(url), connect_timeout=2):
                return url
        except psycopg.OperationalError:
            continue
    return ""


@contextmanager
def database(engine: str) -> Iterator[str]:
    """Address of a fresh database on the engine; "" means the system's own SQLite file."""
    if engine == "sqlite":
        yield ""
        return
    url = postgresql()
    name = f"bench_{uuid4().hex[:12]}"
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{url.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg:", "postgresql:", 1)
