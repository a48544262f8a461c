"""The numbered migrations make, on every engine, the very tables that the code speaks of."""

from __future__ import annotations

import re

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from single_window.storage import migrate, tables
from single_window.storage.engine import Database


def test_all_migrations_together_make_the_tables(database: Database) -> None:
    options = {"compare_type": True, "compare_server_default": True}
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []


def test_to_upgrade_what_is_up_to_date_changes_nothing(database: Database) -> None:
    migrate.upgrade(database)
    with database.read() as connection:
        heads = MigrationContext.configure(connection).get_current_heads()
    assert list(heads) == _scripts(database).get_heads()


def test_migrations_stand_in_one_row_and_say_what_they_do(sqlite_url: str) -> None:
    files = sorted(path.name for path in (migrate.MIGRATIONS / "versions").glob("*.py"))
    assert len(_scripts(Database(sqlite_url)).get_heads()) == 1
    assert [n for n in files if not re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", n)] == []
    assert [int(name[:4]) for name in files] == [*range(1, len(files) + 1)]


def _scripts(database: Database) -> ScriptDirectory:
    with database.read() as connection:
        return ScriptDirectory.from_config(migrate.configuration(connection))
