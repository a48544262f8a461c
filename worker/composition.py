"""Where the window, its adapters and Celery are put together, once per process."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from celery import signals
from sqlalchemy import Table, and_, exists, select

from adapters import base
from single_window import regimes
from single_window import settings as configuration
from single_window.logs import set_up
from single_window.storage.engine import now_ms
from single_window.storage.store import Store
from single_window.storage.tables import chunks, legs, outgoing, pairings, receipts
from worker.app import make_app
from worker.waking import Waker

settings = configuration.load()
app = make_app(settings)


class Lanes:
    """One lane per agency in this process: who finds it taken leaves a note for who holds it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._again: dict[str, bool] = {}

    def run(self, name: str, work: Callable[[], object]) -> None:
        """Runs the work, or has it run once more by whoever is in the lane already."""
        with self._lock:
            if name in self._again:
                self._again[name] = True
                return
            self._again[name] = False
        try:
            while True:
                work()
                if self._left(name):
                    return
        except BaseException:
            with self._lock:
                del self._again[name]
            raise

    def _left(self, name: str) -> bool:
        """Leaves the lane, unless somebody has left a note: no note can fall in between."""
        with self._lock:
            if self._again[name]:
                self._again[name] = False
                return False
            del self._again[name]
            return True


@dataclass(frozen=True, slots=True)
class Here:
    """What the tasks of this process work with."""

    store: Store
    wake: Callable[[str, str], None]
    adapters: Mapping[str, base.Adapter]
    lanes: Lanes


def _fetches(name: str) -> bool:
    """Whether the agency needs no address: it comes for its messages."""
    return settings.agency_delivery.get(name, base.manifest(name).delivery) == "pull"


@cache
def _made(_process: int) -> Here:
    store = Store.open(settings)
    adapters = {
        name: base.load(name, url=settings.agency_urls.get(name, ""))
        for name in base.names()
        if name in settings.agency_urls or _fetches(name)
    }
    regimes.all()
    gc.freeze()  # what was loaded stays; looking through it again and again costs a twentieth
    return Here(store, Waker(app, adapters), adapters, Lanes())


def here() -> Here:
    """What this process works with; a forked child makes its own connections and threads."""
    return _made(os.getpid())


def due(store: Store) -> list[str]:
    """The tasks for which rows are due and were perhaps missed."""
    now = now_ms()
    asked: tuple[tuple[str, Table], ...] = (
        ("check", chunks),
        ("pair", pairings),
        ("dispatch", legs),
        ("dispatch", outgoing),
        ("receipts", receipts),
    )
    with store.database.read() as connection:
        return sorted(
            {
                name
                for name, table in asked
                if connection.execute(
                    select(exists().where(and_(table.c.due_at.is_not(None), table.c.due_at <= now)))
                ).scalar()
            }
        )


def start_sweeping(_sender: Any) -> None:
    """Asks for a sweep again and again for as long as this process lives."""

    def run() -> None:
        pause = threading.Event()
        waker = Waker(app, ())
        while True:
            waker("sweep", "")
            pause.wait(max(1, settings.sweep_seconds))

    threading.Thread(target=run, name="sweeper", daemon=True).start()


@signals.setup_logging.connect
def _logging(**_: Any) -> None:
    set_up(settings.log_level)
