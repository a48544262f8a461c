"""A window without entrances, on each engine that answers; and the portal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from single_window.storage.engine import Database
from tests.portal import fresh, portal
from tests.window import Window, opened

__all__ = ["fresh", "portal"]


@pytest.fixture
def window(data: Path, database_url: str) -> Iterator[Window]:
    """A window on each engine."""
    with opened(data, database_url) as made:
        yield made


@pytest.fixture
def sqlite_window(data: Path) -> Iterator[Window]:
    """A window on SQLite, for what does not depend on the engine."""
    with opened(data) as made:
        yield made


@pytest.fixture(scope="module")
def window_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One SQLite database for all examples of a property."""
    with opened(tmp_path_factory.mktemp("property")) as made:
        yield made.store.database
