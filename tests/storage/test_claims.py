"""Work is taken once, however many take it."""

from __future__ import annotations

from sqlalchemy import select

from single_window.storage import migrate
from single_window.storage.claims import delete_due, take_due
from single_window.storage.engine import Database
from single_window.storage.tables import receipts
from tests.storage.takers import (
    LEASE_MS,
    NOW,
    fill,
    in_processes,
    meeting,
    take,
    take_all,
    take_naively,
)


def test_several_processes_take_every_row_once(database: Database, database_url: str) -> None:
    fill(database, 2000)
    taken = [number for own in in_processes(database_url, 3) for number in own]
    assert sorted(taken) == list(range(1, 2001))


def test_two_that_meet_take_different_rows(database: Database) -> None:
    fill(database, 10)
    taken = meeting(database, take, 5)
    assert sorted(taken) == list(range(1, 11))


def test_the_naive_statement_would_be_caught(postgresql_url: str) -> None:
    """On SQLite it passes every test; on PostgreSQL the second who waited takes the same rows."""
    database = Database(postgresql_url)
    migrate.upgrade(database)
    fill(database, 5)
    taken = meeting(database, take_naively, 5)
    database.close()
    assert len(taken) > len(set(taken))


def test_what_was_taken_comes_back_when_its_lease_has_run_out(database: Database) -> None:
    fill(database, 1)
    with database.write() as connection:
        assert take(connection, 9) == [1]
    for later, expected in ((LEASE_MS - 1, []), (LEASE_MS, [1])):
        with database.write() as connection:
            rows = take_due(
                connection, receipts, now=NOW + later, lease_ms=0, limit=9, columns=(receipts.c.id,)
            )
        assert [row.id for row in rows] == expected


def test_a_taker_that_fails_has_taken_nothing(database: Database, database_url: str) -> None:
    fill(database, 3)
    try:
        with database.write() as connection:
            take(connection, 3)
            raise KeyError
    except KeyError:
        pass
    assert sorted(take_all(database_url)) == [1, 2, 3]


def test_only_what_is_due_and_asked_for_is_taken_in_the_order_asked_for(database: Database) -> None:
    fill(database, 4)
    with database.write() as connection:
        connection.execute(receipts.update().where(receipts.c.id == 1).values(due_at=NOW + 1))
        connection.execute(receipts.update().where(receipts.c.id == 2).values(due_at=None))
        connection.execute(receipts.update().where(receipts.c.id == 3).values(agency="y"))
        rows = take_due(
            connection,
            receipts,
            now=NOW,
            lease_ms=1,
            limit=9,
            columns=(receipts.c.id,),
            where=receipts.c.agency == "x",
            order=(receipts.c.id,),
        )
    assert [row.id for row in rows] == [4]


def test_marks_are_taken_away_with_the_transaction_and_not_without_it(database: Database) -> None:
    fill(database, 3)
    try:
        with database.write() as connection:
            assert len(_deleted(connection)) == 3
            raise KeyError
    except KeyError:
        pass
    with database.write() as connection:
        assert sorted(_deleted(connection)) == ["0", "1", "2"]
    with database.read() as connection:
        assert connection.execute(select(receipts.c.id)).all() == []


def test_two_that_meet_take_different_marks(database: Database) -> None:
    fill(database, 10)
    taken = meeting(database, lambda connection, _: _deleted(connection, 5), 5)
    assert sorted(map(int, taken)) == list(range(10))


def _deleted(connection: object, limit: int = 9) -> list[str]:
    return delete_due(connection, receipts, now=NOW, limit=limit, column=receipts.c.sha256)  # type: ignore[arg-type]
