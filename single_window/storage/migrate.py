"""Brings a database to the schema of this version."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from single_window.storage.engine import Database

MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 727_001_975
"""Number of the PostgreSQL advisory lock that keeps two starting processes apart."""


def upgrade(database: Database) -> None:
    """Runs every migration that has not run yet; does nothing on a database that is up to date."""
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
        command.upgrade(configuration(connection), "head")


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
