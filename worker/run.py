"""`make run`: portal, worker and simulated agencies in one terminal; Ctrl-C ends them all."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import requests
from celery.platforms import set_pdeathsig

from adapters import base
from single_window import settings as configuration
from single_window.accounts.demo import seed_demo
from single_window.declarations.sources import sources
from single_window.demo.papers import file_examples
from single_window.demo.repairs import seed_shop
from single_window.logs import set_up
from single_window.settings import Settings
from single_window.storage.migrate import upgrade
from single_window.storage.store import Store
from worker.app import SEND, WORK, make_app, prepare_broker, worker_arguments

log = logging.getLogger(__name__)

_SHOP = "3301960ABC"
"""The company of the demonstration's trader, which keeps the account book of a repair shop."""
QUICK_DEATH_SECONDS = 5
"""A child that dies sooner than this after its start is started again only after a pause."""
STOP_SECONDS = 15
"""How long children may take to end by themselves before they are killed."""


@dataclass(slots=True)
class Child:
    """A process of the window, started again when it ends unasked."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    log_file: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0
    paused_until: float = 0

    def start(self) -> None:
        """Starts it in a group of its own, its output in its own log file.

        Where the supervisor is killed and can end nothing any more, the system ends it (Linux).
        """
        with self.log_file.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=partial(_end_with, os.getpid()),
            )
        self.started = time.monotonic()

    def look(self) -> bool:
        """Starts it again if it has ended; True when it did so."""
        if self.process is None or self.process.poll() is None:
            return False
        now = time.monotonic()
        if now < self.paused_until:
            return False
        if now - self.started < QUICK_DEATH_SECONDS and self.paused_until <= self.started:
            self.paused_until = now + 2
            return False
        self.end(signal.SIGKILL)
        self.start()
        return True

    def ask(self) -> None:
        """Asks it to end. It alone: Celery ends its children itself, and waits for ever for those
        that somebody else has ended.
        """
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def end(self, how: signal.Signals) -> None:
        """Ends what is left of its group."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, how)
            except (ProcessLookupError, PermissionError):
                return


@dataclass(slots=True)
class Supervisor:
    """Starts everything, keeps it running, tells how to reach it."""

    settings: Settings
    children: dict[str, Child] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    def prepare(self) -> dict[str, Any]:
        """Database, demo accounts and addresses; returns what demo.json will say."""
        settings = self.settings
        settings.data.mkdir(parents=True, exist_ok=True)
        (settings.data / "logs").mkdir(exist_ok=True)
        store = Store.open(settings)
        upgrade(store.database)
        told_before = _read(settings.data / "demo.json")
        demo = seed_demo(
            store, told_before, agencies=[base.manifest(name) for name in base.names()]
        )
        seed_shop(store, _SHOP)
        if settings.demo_filings:
            file_examples(store, _SHOP)
        store.database.close()
        prepare_broker(make_app(settings), settings)
        told = {"url": f"http://{settings.host}:{settings.port}", **demo, "agencies": {}}
        for name in base.names():
            url = f"http://127.0.0.1:{free_port()}"
            told["agencies"][name] = {"url": url, "pid": 0}
        return told

    def start(self, told: dict[str, Any]) -> None:
        """Starts the children: agencies first, so that nothing has to wait for them."""
        addresses = {name: agency["url"] for name, agency in told["agencies"].items()}
        settings = replace(self.settings, agency_urls=addresses)
        environment = os.environ | settings.environment()
        callback = f"{told['url']}/api/v1/agency/receipts"
        for name, url in addresses.items():
            command = [
                *("-m", "adapters.stubs", name, "--port", url.rpartition(":")[2]),
                *("--data", str(settings.data / "agencies"), "--callback", callback),
                *("--key", told["keys"][name], "--delay", settings.stub_delay_seconds),
            ]
            self._add(name, command, environment)
        self._add("portal", ["-m", "worker.serve"], environment)
        for queue in (WORK, SEND):
            arguments = worker_arguments(settings, queue)
            celery = ["-m", "celery", "-A", "worker.composition", *arguments]
            self._add(f"worker-{queue}", celery, environment)
        for child in self.children.values():
            child.start()

    def _add(self, name: str, arguments: Sequence[str], environment: dict[str, str]) -> None:
        log_file = self.settings.data / "logs" / f"{name}.log"
        command = [sys.executable, *arguments]
        self.children[name] = Child(name, command, dict(environment), log_file)

    def watch(self, changed: Callable[[], None]) -> None:
        """Keeps the children running until told to stop."""
        while not self.stopping.wait(0.3):
            again = [child.name for child in self.children.values() if child.look()]
            if again:
                log.warning("started again", extra={"processes": again})
                changed()

    def stop(self) -> None:
        """Ends all children: politely, then by force."""
        for child in self.children.values():
            child.ask()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children.values():
            if child.process is not None:
                try:
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    pass
            child.end(signal.SIGKILL)

    def describe(self, told: dict[str, Any]) -> None:
        """Writes demo.json, readable by its owner only: it holds keys."""
        for name, agency in told["agencies"].items():
            process = self.children[name].process
            agency["pid"] = process.pid if process else 0
        told["processes"] = {
            child.name: child.process.pid for child in self.children.values() if child.process
        }
        path = self.settings.data / "demo.json"
        temporary = path.with_suffix(".tmp")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
            json.dump(told, f, ensure_ascii=False, indent=2)
        temporary.replace(path)


def _end_with(supervisor: int) -> None:
    """Binds the life of this process to its parent's, in the child before it becomes itself."""
    set_pdeathsig("SIGKILL")
    if os.getppid() != supervisor:
        os._exit(1)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _wait_for(url: str, stopping: threading.Event, seconds: int = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not stopping.is_set():
        try:
            with requests.Session() as session:
                session.get(f"{url}/api/v1/openapi.json", timeout=2).raise_for_status()
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return True
    return False


def _announce(told: dict[str, Any], settings: Settings) -> None:
    lines = ["", f"单一窗口 Single Window  {told['url']}", "", "登录 log in:"]
    lines += [f"  {who['role']:<9} {who['user']:<14} {who['password']}" for who in told["logins"]]
    lines += ["", "API:"] + [f"  {name:<9} {key}" for name, key in told["keys"].items()]
    lines += ["", f"{settings.data / 'demo.json'}    Ctrl-C 停止 stops everything", ""]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Runs the whole demo until it is interrupted; 2 where a setting or a register is wrong."""
    try:
        settings = configuration.load()
        sources()
    except configuration.BadSetting as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if settings.port == 0:
        settings = replace(settings, port=free_port())
    set_up("WARNING")
    supervisor = Supervisor(settings)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.stopping.set())
    told = supervisor.prepare()
    supervisor.start(told)
    try:
        supervisor.describe(told)
        ready = _wait_for(told["url"], supervisor.stopping)
        if not ready and not supervisor.stopping.is_set():
            logs = settings.data / "logs"
            sys.stderr.write(f"The portal did not start; see {logs / 'portal.log'}\n")
            return 1
        if ready:
            _announce(told, settings)
            supervisor.watch(lambda: supervisor.describe(told))
    finally:
        supervisor.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
