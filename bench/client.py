"""The one who files: two connections, one file after the other, every file once."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

import requests

CONNECTIONS = 2
RETRIES = 60


@dataclass(slots=True)
class Filed:
    """What came of the uploads: who was answered how, and when the first one began."""

    begun: float
    ids: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def file_all(url: str, key: str, files: Sequence[Path]) -> Filed:
    """Uploads all files over two connections; returns when each has been answered."""
    waiting: SimpleQueue[Path] = SimpleQueue()
    for path in files:
        waiting.put(path)
    filed = Filed(time.perf_counter())
    threads = [
        threading.Thread(target=_work, args=(url, key, waiting, filed)) for _ in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return filed


def _work(url: str, key: str, waiting: SimpleQueue[Path], filed: Filed) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update(
            {"Authorization": f"Bearer {key}", "Content-Type": "application/xml"}
        )
        while True:
            try:
                path = waiting.get_nowait()
            except Empty:
                return
            begun = time.perf_counter()
            answer = _posted(session, url, path.read_bytes())
            filed.seconds.append(time.perf_counter() - begun)
            if answer.status_code == 202:
                filed.ids.append(answer.json()["id"])
            else:
                filed.refused.append(f"{path.name}: {answer.status_code} {answer.text[:200]}")


def _posted(session: requests.Session, url: str, body: bytes) -> requests.Response:
    """Asks again where the other side says "not now", as a client program does."""
    for attempt in range(RETRIES):
        answer = session.post(f"{url}/api/v1/submissions", data=body, timeout=600)
        if answer.status_code != 503 or attempt == RETRIES - 1:
            return answer
        time.sleep(0.5)
    raise AssertionError("unreachable")
