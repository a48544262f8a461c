"""The numbered migrations make, on every engine, the very tables that the code speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from single_window.storage import tables
from tests.answering import ROOT

_FOLDER = ROOT / "single_window" / "storage" / "migrations"


@pytest.fixture
def connection(database_url: str) -> Iterator[sqlalchemy.Connection]:
    engine = sqlalchemy.create_engine(database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _config(connection: sqlalchemy.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


def test_all_migrations_together_make_the_tables(connection: sqlalchemy.Connection) -> None:
    command.upgrade(_config(connection), "head")
    options = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    assert compare_metadata(context, tables.metadata) == []


def test_to_upgrade_what_is_up_to_date_changes_nothing(connection: sqlalchemy.Connection) -> None:
    command.upgrade(_config(connection), "head")
    command.upgrade(_config(connection), "head")
    assert MigrationContext.configure(connection).get_current_revision() is not None


def test_migrations_stand_in_one_row_and_say_what_they_do() -> None:
    scripts = ScriptDirectory.from_config(_config())
    files = sorted(path.name for path in (_FOLDER / "versions").glob("*.py"))
    assert len(scripts.get_heads()) == 1
    assert [n for n in files if not re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", n)] == []
    assert [int(name[:4]) for name in files] == [*range(1, len(files) + 1)]
