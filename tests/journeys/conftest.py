"""A running window for journeys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.answering import need
from tests.journeys.reader import browser
from tests.journeys.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The window on its defaults, shared by the tests of one file."""
    yield from running(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def chromium_window() -> Iterator[Browser]:
    """A browser without a screen, shared by the tests of one file."""
    with browser(need("chromium")) as found:
        yield found


def running(data: Path, **settings: str) -> Iterator[World]:
    """A window that runs; afterwards nothing of it may be left."""
    world = World(data, **settings)
    try:
        yield world.start()
    finally:
        left = world.stop()
    assert left == []
