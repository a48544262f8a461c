"""A database with tables, on each engine that answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from single_window.storage import migrate
from single_window.storage.engine import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database of the window."""
    database = Database(database_url)
    migrate.upgrade(database)
    yield database
    database.close()
