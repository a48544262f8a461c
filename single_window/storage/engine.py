"""The database: one way to open it, one way to read, one way to write, on both engines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, create_engine, event
from sqlalchemy.exc import DisconnectionError, OperationalError

from single_window.storage import arrays
from single_window.storage.turns import NoTurn, Turns

AnyRow = Row[*tuple[Any, ...]]
"""A row of any columns, read by their names."""
BUSY_SECONDS = 30
"""How long a writer waits for SQLite's one write lock before the caller is told to come back."""

SYNCHRONOUS = {"again": "NORMAL", "durable": "FULL"}
"""How SQLite waits for the disk when a transaction is committed that could, or could not, be
done again."""

REST_SECONDS = 2
"""A connection that was used so lately is not asked first whether the server is still there."""


class Busy(Exception):
    """The database is locked or out of reach for now; nothing was changed, trying again is safe."""


class DiskFull(Exception):
    """The disk has no room; nothing was changed."""


def now_ms() -> int:
    """This moment in milliseconds since 1970-01-01 UTC: the one clock of what is stored."""
    return time.time_ns() // 1_000_000


def beijing_day(ms: int) -> date:
    """The day in Beijing of a stored moment: the day of law of what was received then."""
    return (datetime.fromtimestamp(ms / 1000, UTC) + timedelta(hours=8)).date()


class Database:
    """Engine with explicit transactions: `read()` and `write()` are the only ways in."""

    def __init__(self, url: str) -> None:
        self.engine = _sqlite(url) if url.startswith("sqlite") else _server(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._reader = (
            self.engine
            if self.is_sqlite
            else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )
        self._turns = _turns(self.engine) if self.is_sqlite else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that changes nothing.

        On SQLite it sees one consistent state; on PostgreSQL each statement sees what is committed
        when it begins, as in any transaction there, and none is opened around them.
        """
        with _translated(), self._reader.connect() as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def write(self, *, again: bool = False) -> Iterator[Connection]:
        """One transaction: committed when the block ends, undone when it raises.

        With `again`, what it does would be done again if it were lost (a chunk checked, a receipt
        applied), and it does not wait for the disk: a power cut may undo the last of such
        transactions, never one before another that stays.

        On SQLite it takes the write lock at once (BEGIN IMMEDIATE): a deferred transaction that
        wants to write later fails with "database is locked" as soon as two writers meet.
        """
        turn = self._turns.turn() if self._turns else nullcontext()
        with _translated(), turn, self.engine.connect() as connection:
            writing = connection.execution_options(window_write="again" if again else "durable")
            with writing.begin():
                if again and not self.is_sqlite:
                    writing.exec_driver_sql("SET LOCAL synchronous_commit = off")
                yield writing

    def close(self) -> None:
        """Gives back all connections (before a fork, at the end of a process)."""
        self.engine.dispose()


def _turns(engine: Engine) -> Turns | None:
    """The queue of writers before a database file; None for one in memory."""
    name = engine.url.database
    if not name or name == ":memory:":
        return None
    return Turns(Path(f"{name}-turn"), patience_seconds=BUSY_SECONDS)


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "cache_size=-65536",
            "wal_autocheckpoint=4000",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("window_write")
        if writes:
            connection.exec_driver_sql(f"PRAGMA synchronous={SYNCHRONOUS[writes]}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _server(url: str) -> Engine:
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    options = {"options": "-c random_page_cost=1.1"}  # disks without a head to move
    engine = create_engine(url, pool_size=10, max_overflow=10, connect_args=options)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        arrays.teach(connection)

    @event.listens_for(engine, "checkin")
    def _rest(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ask_after_rest(connection: Any, record: Any, _proxy: Any) -> None:
        rested = time.monotonic() - record.info.get("rests_since", 0)
        if rested > REST_SECONDS and not _answers(engine, connection):
            raise DisconnectionError

    return engine


def _answers(engine: Engine, connection: Any) -> bool:
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False


@contextmanager
def _translated() -> Iterator[None]:
    """Tells apart, for the callers at the rim, a locked database and a full disk from a bug."""
    try:
        yield
    except NoTurn as error:
        raise Busy from error
    except OperationalError as error:
        text = str(error.orig).lower()
        if "disk is full" in text or "no space left" in text or "disk full" in text:
            raise DiskFull from error
        if any(sign in text for sign in _PASSING):
            raise Busy from error
        raise


_PASSING = (
    "locked",
    "busy",
    "deadlock",
    "could not serialize",
    "connection",
    "terminating",
    "server closed",
)
