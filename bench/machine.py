"""What the figures were measured on: cores, versions, how fast a write reaches the disk."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from importlib import metadata
from typing import Any

PACKAGES = ("lxml", "xmlschema", "sqlalchemy", "celery", "flask", "waitress", "requests", "psycopg")
SYNCS = 50


def described() -> dict[str, Any]:
    """The machine and the versions, for the head of the results."""
    return {
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: version(name) for name in PACKAGES},
        "fdatasync_us": sync_us(),
    }


def version(name: str) -> str:
    """The installed version of a package; empty where it is not there."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def sync_us() -> int:
    """Median microseconds that a small write takes to be on the disk."""
    took = []
    with tempfile.TemporaryFile() as file:
        for _ in range(SYNCS):
            begun = time.perf_counter()
            file.write(b"x" * 512)
            file.flush()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - begun)
    return round(statistics.median(took) * 1_000_000)
