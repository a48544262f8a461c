"""Writers of one SQLite file take turns, across threads and processes.

SQLite lets one writer in at a time, and has the others look again after pauses that grow to a
tenth of a second: with a handful of busy processes the lock lies idle for a good part of the
time. Here they wait at a lock file that is looked at every half millisecond. SQLite's own lock
stays what keeps the data safe; a process that dies gives its turn up with its files.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOOK_SECONDS = 0.0005


class NoTurn(Exception):
    """The turn did not come within the time that a writer waits."""


class Turns:
    """The queue before one database file."""

    def __init__(self, path: Path, *, patience_seconds: float) -> None:
        self._path = path
        self._patience = patience_seconds
        self._threads = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for this writer's turn and keeps it for the block. Raises NoTurn."""
        deadline = time.monotonic() + self._patience
        if not self._threads.acquire(timeout=self._patience):
            raise NoTurn
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                self._wait(descriptor, deadline)
                yield
            finally:
                os.close(descriptor)
        finally:
            self._threads.release()

    def _wait(self, descriptor: int, deadline: float) -> None:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise NoTurn from None
                time.sleep(LOOK_SECONDS)
            else:
                return
