"""Tables for a database of a test's own: the migrations make them once, then they are copied."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from single_window.storage import migrate
from single_window.storage.engine import Database


def lay(database: Database) -> None:
    """Gives a new database its tables; what has them already stays as it is."""
    file = Path(database.engine.url.database or "")
    if database.is_sqlite and not file.exists():
        file.write_bytes(_empty())
    else:
        migrate.upgrade(database)


@lru_cache
def _empty() -> bytes:
    """What a SQLite database holds once every migration has run."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "window.db")
        database = Database(f"sqlite:///{file}")
        migrate.upgrade(database)
        database.close()
        return file.read_bytes()
