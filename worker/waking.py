"""Wake-ups to the worker: collected for a moment, sent once each, never waited for."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable

from celery import Celery

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.1
"""Between two wake-ups of one process. A lone one goes out at once; under load each costs a task,
and whoever is awake works off what has come meanwhile."""


def task_of(name: str) -> str:
    """The task that a wake-up of this name asks for."""
    return {
        "check": "worker.work",
        "pair": "worker.work",
        "receipts": "worker.work",
        "dispatch": "worker.dispatch",
        "sweep": "worker.sweep",
    }[name]


class Waker:
    """`wake(name, argument)` for services: returns at once and cannot fail.

    The names are the services' own ("check", "pair", "receipts", "dispatch"); which task does
    what is decided here.

    A wake-up that is lost (no broker, a killed process) is made good by the sweep.
    """

    def __init__(self, app: Celery, agencies: Iterable[str]) -> None:
        self._app = app
        self._agencies = tuple(agencies)
        self._pending: set[str] = set()
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._thread: threading.Thread | None = None

    def __call__(self, name: str, _argument: str) -> None:
        """Asks for a task soon."""
        with self._lock:
            self._pending.add(task_of(name))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
                self._thread.start()
        self._news.set()

    def flush(self) -> None:
        """Sends what is pending now, in the caller's thread."""
        with self._lock:
            pending, self._pending = self._pending, set()
        for name in sorted(pending):
            try:
                self._app.send_task(name, expires=60)
            except Exception as error:  # noqa: BLE001 - any broker's fault; the sweep makes it good
                log.warning("wake-up lost", extra={"task": name, "error": type(error).__name__})

    def _run(self) -> None:
        while True:
            self._news.wait()
            self._news.clear()
            self.flush()
            time.sleep(PAUSE_SECONDS)
