"""What a test may lean on beyond Python itself, and whether it is there today.

A test says `need("redis")`; where nothing answers it is skipped with a reason of one shape,
so that the run can end with one plain line, and so that an integration run that expects the
service (SW_EXPECT) can turn the skip into a failure.
"""

from __future__ import annotations

import getpass
import os
import re
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

_PROBE_SECONDS = 2
_REASON = re.compile(r"needs (\w+): (.*)")


@dataclass(frozen=True, slots=True)
class Found:
    """Where the needed thing is, or why there is none (exactly one of the two is filled)."""

    where: str = ""
    why_not: str = ""


def _postgresql() -> Found:
    given = os.environ.get("TEST_DATABASE_URL", "")
    usual = [f"postgresql+psycopg://{user}@127.0.0.1:5432/test" for user in _database_users()]
    for url in [given] if given else usual:
        try:
            with psycopg.connect(plain(url), connect_timeout=_PROBE_SECONDS) as connection:
                row = connection.execute(
                    "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
        except psycopg.OperationalError:
            continue
        if row and row[0]:
            return Found(where=url)
        return Found(why_not="the role may not create databases")
    return Found(why_not=f"nothing lets us in at {'TEST_DATABASE_URL' if given else usual[-1]}")


def _database_users() -> list[str]:
    return list(dict.fromkeys([getpass.getuser(), "postgres"]))


def plain(url: str) -> str:
    """The address as libpq wants it, without SQLAlchemy's name of a driver."""
    return re.sub(r"^postgresql\+\w+:", "postgresql:", url)


def _broker(scheme: str, usual: str) -> Callable[[], Found]:
    def find() -> Found:
        given = os.environ.get("TEST_BROKER_URL", "")
        url = given if given.startswith(scheme) else usual
        parts = urlsplit(url)
        try:
            address = (parts.hostname or "127.0.0.1", parts.port or urlsplit(usual).port or 0)
            socket.create_connection(address, timeout=_PROBE_SECONDS).close()
        except OSError:
            return Found(why_not=f"nothing answers at {parts.hostname}:{parts.port}")
        return Found(where=url)

    return find


def _chromium() -> Found:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return Found(where=path)
    return Found(why_not="no Chromium on the path")


def _shared() -> Found:
    return Found(where=str(SHARED)) if SHARED.is_dir() else Found(why_not=f"no {SHARED.name}/ here")


_FINDERS: dict[str, Callable[[], Found]] = {
    "postgresql": _postgresql,
    "rabbitmq": _broker("amqp", "amqp://guest:guest@127.0.0.1:5672//"),
    "redis": _broker("redis", "redis://127.0.0.1:6379/0"),
    "chromium": _chromium,
    "shared": _shared,
}


@lru_cache
def find(name: str) -> Found:
    """Where `name` is, asked once per process. KeyError for a name that nobody can look for."""
    return _FINDERS[name]()


def need(name: str) -> str:
    """Where `name` is; skips the test, saying so, when it is not there."""
    found = find(name)
    if not found.where:
        pytest.skip(f"needs {name}: {found.why_not}")
    return found.where


def needed(reason: str) -> tuple[str, str] | None:
    """Name and cause, read back from the reason of a skip; None for a skip of another kind."""
    match = _REASON.search(reason)
    return (match[1], match[2]) if match else None


def unexpected(reason: str, expected: str) -> bool:
    """Whether a run that expects these names (SW_EXPECT, comma-separated) may not skip so."""
    names = {name.strip() for name in expected.split(",") if name.strip()}
    need_of = needed(reason)
    return bool(names) and (need_of is None or need_of[0] in names)
