"""The example consumer is killed again and again, and still takes every message just once."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select
from waitress.server import create_server

from single_window.accounts.demo import seed_demo
from single_window.app import create_app
from single_window.routing import mailboxes
from single_window.storage import tables as t
from single_window.storage.store import Store
from single_window.web import guides
from tests.portal import agencies

MESSAGES, WRITERS, KILLS = 10_000, 2, 12
CONSUMER = Path(next(iter(guides.__path__))) / "consumer.py"
PATIENCE_SECONDS, SETTLING_SECONDS = 120, 20
ROUNDS, LOOKS, LATE_SECONDS = 3, 20, 2.5


@contextmanager
def _served(store: Store) -> Iterator[str]:
    """The portal at an address."""
    app = create_app(store, lambda _name, _argument: None)
    server = create_server(app, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        thread.join(10)


def _store_messages(store: Store, count: int = MESSAGES) -> list[int]:
    """Messages that wait to be put, each with a record of its own."""
    rows = []
    for number in range(count):
        guid = str(UUID(int=number))
        body = f"<TaxAssessment><reference>{10**9 + number}</reference></TaxAssessment>".encode()
        row = {"agency": "tax", "guid": guid, "content": "TaxAssessmentMessage", "records": 1}
        row |= {"sealed_body": store.vault.seal(body, guid.encode()), "transport": "sent"}
        rows.append(row | {"due_at": None, "created_at": 0})
    with store.database.write() as connection:
        connection.execute(insert(t.outgoing), rows)
        return list(connection.execute(select(t.outgoing.c.id).order_by(t.outgoing.c.id)).scalars())


def _write(store: Store, numbers: list[int], seed: int) -> None:
    """Puts messages, some at a time, and is in no hurry to commit."""
    chance = random.Random(seed)
    while numbers:
        some, numbers = numbers[: (at := chance.randint(1, 60))], numbers[at:]
        with store.database.write(again=True) as connection:
            for each in some:
                mailboxes.put(connection, "tax", each, at=1)
            time.sleep(chance.random() / 200)


def _taken(file: Path) -> list[int]:
    with sqlite3.connect(file, timeout=30) as kept:
        if not kept.execute("SELECT 1 FROM sqlite_master WHERE name = 'taken'").fetchall():
            return []
        return [number for (number,) in kept.execute("SELECT number FROM taken ORDER BY number")]


def _unacknowledged(store: Store) -> int:
    with store.database.read() as connection:
        open_ = select(func.count()).where(t.mail.c.acknowledged_at.is_(None))
        return int(connection.execute(open_).scalar_one())


@pytest.mark.slow
def test_ten_thousand_messages_are_each_taken_once_whatever_is_killed(
    store: Store, tmp_path: Path
) -> None:
    demo = seed_demo(store, agencies=agencies())
    numbers, kept = _store_messages(store), tmp_path / "kept.db"
    writers = [
        threading.Thread(target=_write, args=(store, numbers[which::WRITERS], which))
        for which in range(WRITERS)
    ]
    chance = random.Random(7)
    with _served(store) as url:
        command = [
            sys.executable,
            "-W",
            "error",
            str(CONSUMER),
            url,
            demo["keys"]["tax"],
            str(kept),
        ]
        for writer in writers:
            writer.start()
        for _ in range(KILLS):
            with subprocess.Popen(command) as consumer:
                time.sleep(chance.uniform(0.15, 0.6))
                consumer.kill()
        with subprocess.Popen(command) as consumer:
            for writer in writers:
                writer.join(PATIENCE_SECONDS)
            end = time.monotonic() + PATIENCE_SECONDS
            while (len(_taken(kept)), _unacknowledged(store)) != (MESSAGES, 0):
                assert time.monotonic() < end and consumer.poll() is None
                time.sleep(0.1)
            consumer.kill()
    assert _taken(kept) == list(range(1, MESSAGES + 1))
    with store.database.read() as connection:
        answers = connection.execute(select(func.count()).select_from(t.receipts)).scalar_one()
        put = connection.execute(select(t.mail.c.outgoing_id)).scalars()
        assert answers == MESSAGES and sorted(put) == numbers


def _put_late(store: Store, number: int, begun: threading.Event, kept: Path) -> None:
    """Puts a message, and commits once a later one has been taken, or clearly will not be."""
    with store.database.write(again=True) as connection:
        mine = mailboxes.put(connection, "tax", number, at=1)
        begun.set()
        for _ in range(LOOKS):
            if max(_taken(kept), default=0) > mine:
                break
            time.sleep(LATE_SECONDS / LOOKS)


def _settled(kept: Path, count: int, patience_seconds: float) -> list[int]:
    """What the consumer has taken once it is so many, or once nobody would wait any longer."""
    end = time.monotonic() + patience_seconds
    while not kept.exists() or (len(_taken(kept)) < count and time.monotonic() < end):
        assert time.monotonic() < end, "the consumer did not begin"
        time.sleep(0.05)
    return _taken(kept)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
def test_a_message_that_is_committed_after_a_later_one_was_put_is_not_missed(
    store: Store, tmp_path: Path
) -> None:
    demo = seed_demo(store, agencies=agencies())
    kept, numbers = tmp_path / "kept.db", _store_messages(store, 1 + 2 * ROUNDS)
    _write(store, [numbers.pop()], 0)
    with _served(store) as url:
        command = [sys.executable, "-W", "error", str(CONSUMER), url, demo["keys"]["tax"]]
        with subprocess.Popen([*command, str(kept)]) as consumer:
            try:
                assert _settled(kept, 1, PATIENCE_SECONDS) == [1]
                for at in range(ROUNDS):
                    begun, (one, two) = threading.Event(), (numbers.pop(), numbers.pop())
                    late = threading.Thread(target=_put_late, args=(store, one, begun, kept))
                    late.start()
                    assert begun.wait(PATIENCE_SECONDS)
                    _write(store, [two], at)
                    late.join(PATIENCE_SECONDS)
                taken = _settled(kept, 1 + 2 * ROUNDS, SETTLING_SECONDS)
            finally:
                consumer.kill()
    assert taken == list(range(1, 2 + 2 * ROUNDS))
