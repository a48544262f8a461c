"""Takers of work in processes of their own, and two that meet over the same rows."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from sqlalchemy import Connection, insert, select, update

from single_window.storage.claims import take_due
from single_window.storage.engine import Database
from single_window.storage.tables import receipts

Take = Callable[[Connection, int], list[int]]
LEASE_MS = 600_000
NOW = 1_000_000


def fill(database: Database, count: int) -> None:
    """Rows that are due."""
    row = {"agency": "x", "sealed_body": b"", "received_at": 0, "state": "new", "due_at": NOW}
    with database.write() as connection:
        connection.execute(insert(receipts), [row | {"sha256": str(n)} for n in range(count)])


def take(connection: Connection, limit: int) -> list[int]:
    """The way in which all work is taken."""
    wanted = {"now": NOW, "lease_ms": LEASE_MS, "limit": limit, "columns": (receipts.c.id,)}
    return [row.id for row in take_due(connection, receipts, **wanted)]


def take_naively(connection: Connection, limit: int) -> list[int]:
    """The same with its condition in the sub-select only: the trap."""
    due = select(receipts.c.id).where(receipts.c.due_at <= NOW).order_by(receipts.c.id)
    claim: Any = (
        update(receipts)
        .where(receipts.c.id.in_(due.limit(limit)))
        .values(due_at=NOW + LEASE_MS)
        .returning(receipts.c.id)
    )
    return list(connection.execute(claim).scalars())


def take_all(url: str) -> list[int]:
    """Takes until nothing is left, as one of several processes."""
    database = Database(url)
    found: list[int] = []
    while True:
        with database.write() as connection:
            taken = take(connection, 20)
        if not taken:
            database.close()
            return found
        found += taken


def in_processes(url: str, count: int) -> list[list[int]]:
    """What each of several processes took."""
    with ProcessPoolExecutor(count, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(take_all, [url] * count))


def meeting(database: Database, way: Take, limit: int) -> list[int]:
    """What two take of whom the second asks while the first has not committed yet."""
    taken: list[int] = []

    def second() -> None:
        with database.write() as connection:
            taken.extend(way(connection, limit))

    thread = threading.Thread(target=second)
    with database.write() as connection:
        first = way(connection, limit)
        thread.start()
        thread.join(0.5)  # it waits for us, or has gone past us
    thread.join()
    return first + taken
