"""The postman of a simulated agency: posts what is owed until it has arrived."""

from __future__ import annotations

import http.client
import logging
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from adapters.stubs.books import Books

log = logging.getLogger(__name__)

#: Receipts read at a time; more would only wait in memory.
BAG = 10
#: First pause after a failure, doubled with each further one up to the longest.
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 5.0
TIMEOUT_SECONDS = 30


class Postman(threading.Thread):
    """Posts due receipts, one after another over one kept connection, until stopped."""

    def __init__(
        self, books: Books, callback: str, *, key: str, clock: Callable[[], float]
    ) -> None:
        super().__init__(name="postman", daemon=True)
        self._books = books
        self._to = urlsplit(callback)
        self._headers = {"Content-Type": "application/xml", "Authorization": f"Bearer {key}"}
        self._clock = clock
        self._wake = threading.Event()
        self._stopped = False
        self._failures = 0
        self._line: http.client.HTTPConnection | None = None

    def wake(self) -> None:
        """There may be something to post."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the receipt at hand, and go."""
        self._stopped = True
        self._wake.set()

    def run(self) -> None:
        """Post and wait in turn; what fails stays owed."""
        while not self._stopped:
            self._wake.clear()
            if not self._round():
                self._wake.wait(self._until_next())

    def _round(self) -> bool:
        """Post what is due; False when nothing was, or when the other side is not there."""
        due = self._books.due(now=self._clock(), limit=BAG)
        for each in due:
            if self._stopped:
                return False
            status = self._post(each.body)
            if status is not None and 200 <= status < 300:
                self._failures = 0
                self._books.delivered(each.id, now=self._clock())
                continue
            pause = _pause(each.attempts)
            self._books.failed(each.id, again_at=self._clock() + pause)
            if status is None or status >= 500:
                self._failures += 1
                if self._failures == 1:
                    log.warning("receipts do not arrive", extra={"status": status})
                self._wait_out(_pause(self._failures - 1))
                return True
        return bool(due)

    def _wait_out(self, seconds: float) -> None:
        """Nothing gets through at the moment, so nothing else is tried meanwhile."""
        pause = threading.Event()
        while seconds > 0 and not self._stopped:
            pause.wait(min(seconds, 0.25))
            seconds -= 0.25

    def _until_next(self) -> float | None:
        due = self._books.next_due()
        return None if due is None else max(0.0, due - self._clock())

    def _post(self, body: bytes) -> int | None:
        """The status of one posting; None when the other side was not reached."""
        for kept in (self._line is not None, False):
            try:
                return self._posted(body)
            except (OSError, http.client.HTTPException):
                self._hang_up()
                # A kept connection may just have grown old: one new one is worth a try.
                if not kept:
                    return None
        return None

    def _posted(self, body: bytes) -> int:
        if self._line is None:
            self._line = _connection(self._to.scheme)(self._to.netloc, timeout=TIMEOUT_SECONDS)
        path = self._to.path + (f"?{self._to.query}" if self._to.query else "")
        self._line.request("POST", path or "/", body, self._headers)
        answer = self._line.getresponse()
        answer.read()
        if answer.will_close:
            self._hang_up()
        return answer.status

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def _connection(scheme: str) -> type[http.client.HTTPConnection]:
    return http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection


def _pause(failures: int) -> float:
    # Bounded before it is raised: after some thousand failures the power fits nowhere.
    doubled: int = 1 << min(failures, 20)
    return min(FIRST_PAUSE_SECONDS * doubled, LONGEST_PAUSE_SECONDS)
