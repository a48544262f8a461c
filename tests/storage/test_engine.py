"""Transactions stay or are undone whole; what is wrong with the machine is told from a bug."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from single_window.storage import engine
from single_window.storage.among import among
from single_window.storage.engine import Busy, Database, DiskFull
from single_window.storage.tables import pairings, quotas

QUOTA = {"key": "a", "used_fen": 1}


def test_what_fails_is_undone_whole(database: Database) -> None:
    with pytest.raises(KeyError), database.write() as connection:
        connection.execute(insert(quotas).values(QUOTA))
        raise KeyError
    with database.read() as connection:
        assert connection.execute(select(quotas)).all() == []


@pytest.mark.parametrize("again", [False, True])
def test_what_is_committed_is_there_for_others(database: Database, again: bool) -> None:
    with database.write(again=again) as connection:
        connection.execute(insert(quotas).values(QUOTA))
    with database.read() as connection:
        assert connection.execute(select(quotas.c.key)).scalars().all() == ["a"]


def test_writers_wait_for_each_other(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(quotas).values(QUOTA))

    def add() -> None:
        for _ in range(25):
            with database.write() as connection:
                connection.execute(quotas.update().values(used_fen=quotas.c.used_fen + 1))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute(select(quotas.c.used_fen)).scalar() == 101


def test_a_double_key_is_a_fault_of_the_caller(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(quotas), [QUOTA, QUOTA])


@pytest.mark.usefixtures("impatient")
def test_a_locked_database_is_busy(sqlite_url: str) -> None:
    one, other = Database(sqlite_url), Database(sqlite_url)
    with one.write(), pytest.raises(Busy), other.write():
        pass
    one.close()
    other.close()


def test_a_database_that_is_not_there_is_busy() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:9/none")
    with pytest.raises(Busy), database.read():
        pass


def test_a_full_disk_is_told_and_nothing_changes(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.write() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
    with pytest.raises(DiskFull), database.write() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        connection.execute(text("INSERT INTO t VALUES (zeroblob(100000))"))
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 0
    database.close()


@pytest.mark.parametrize("count", [0, 1, 3000])
def test_many_values_are_asked_for_at_once(database: Database, count: int) -> None:
    with database.write() as connection:
        rows = [{"key": f"k{n}'\"", "due_at": n} for n in range(3001)]
        connection.execute(insert(pairings), rows)
    keys = [f"k{n}'\"" for n in range(count)]
    with database.read() as connection:
        found = connection.execute(
            select(pairings.c.key).where(among(connection, pairings.c.key, keys))
        ).scalars()
        assert sorted(found) == sorted(keys)
        numbers = connection.execute(
            select(pairings.c.id).where(among(connection, pairings.c.due_at, range(count)))
        ).all()
        assert len(numbers) == count


def test_a_new_database_keeps_what_it_promised(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    with database.read() as connection:
        told = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys")
        }
    database.close()
    assert told == {"journal_mode": "wal", "foreign_keys": 1}


def _end_connections(url: str) -> None:
    """Has the server end every connection to the database but the one that asks."""
    other = Database(url)
    with other.read() as connection:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
        ended += "current_database() AND pid <> pg_backend_pid()"
        assert connection.execute(text(ended)).all()
    other.close()


def test_a_connection_that_rested_is_replaced_where_the_server_ended_it(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(postgresql_url)
    with database.read() as connection:
        connection.execute(text("SELECT 1"))
    monkeypatch.setattr(engine, "REST_SECONDS", 0)
    _end_connections(postgresql_url)
    with database.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    database.close()


def test_a_connection_that_ended_in_use_is_busy_once(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with database.read() as connection:
        connection.execute(text("SELECT 1"))
    _end_connections(postgresql_url)
    with pytest.raises(Busy), database.read() as connection:
        connection.execute(text("SELECT 1"))
    with database.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    database.close()
