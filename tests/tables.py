"""The tables of a test's database: the migrations make them once, then they are used again."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from single_window.storage import migrate
from single_window.storage.engine import Database
from single_window.storage.tables import metadata


def lay(database: Database) -> None:
    """Gives a new database its tables; what has them already stays as it is."""
    file = Path(database.engine.url.database or "")
    if database.is_sqlite and not file.exists():
        file.write_bytes(_sqlite())
    else:
        migrate.upgrade(database)


@lru_cache
def _sqlite() -> bytes:
    """What a SQLite database holds once every migration has run."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "window.db")
        lay_at(f"sqlite:///{file}")
        return file.read_bytes()


def lay_at(url: str) -> None:
    """Gives the database of this address its tables by the migrations."""
    database = Database(url)
    migrate.upgrade(database)
    database.close()


def empty(url: str) -> None:
    """Empties a PostgreSQL database, whoever holds on to it; numbers begin at 1 again."""
    database = Database(url)
    with database.write() as connection:
        connection.execute(text(_LET_GO))
        names = connection.execute(text(_NUMBERED)).scalars()
        again = [f'ALTER SEQUENCE "{name}" RESTART' for name in names]
        gone = [f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables)]
        connection.exec_driver_sql("; ".join([*gone, *again]))
    database.close()


_LET_GO = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_NUMBERED = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
