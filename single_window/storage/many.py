"""Many rows in one statement, without what SQLAlchemy does for each of them.

Its executemany spends as long on a row as the database does. Here the SQL is made once for a table
and its columns; SQLite gets the rows one by one, PostgreSQL one array for each column (`arrays`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table

from single_window.storage.arrays import array, kind_of

Rows = Sequence[Mapping[str, Any]]


def add(connection: Connection, table: Table, rows: Rows) -> None:
    """Inserts rows that all name the same columns; the others get their defaults."""
    if rows:
        names = tuple(rows[0])
        left = {c.name: c.default.arg for c in table.c if c.default and c.name not in names}  # type: ignore[attr-defined]
        constants = tuple(left.values())
        values = [row + constants for row in map(itemgetter(*names), rows)]
        sql = _insert(table, (*names, *left), _is_sqlite(connection))
        _run(connection, sql, _types(table, (*names, *left)), values)


def change(connection: Connection, table: Table, rows: Rows) -> None:
    """Updates the rows that have these `id`s, each named once, all in the same columns."""
    if rows:
        names = (*(name for name in rows[0] if name != "id"), "id")
        sql = _update(table, names, _is_sqlite(connection))
        _run(connection, sql, _types(table, names), [*map(itemgetter(*names), rows)])


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _run(
    connection: Connection, sql: str, kinds: tuple[str, ...], values: list[tuple[Any, ...]]
) -> None:
    if _is_sqlite(connection):
        connection.exec_driver_sql(sql, values)
    else:
        columns = zip(*values, strict=True)
        connection.exec_driver_sql(sql, tuple(map(array, kinds, columns)))


@lru_cache
def _insert(table: Table, names: tuple[str, ...], sqlite: bool) -> str:
    values = f"VALUES ({_marks(names)})" if sqlite else f"SELECT * FROM {_arrays(table, names)}"  # noqa: S608
    return f"INSERT INTO {table.name} ({', '.join(_quoted(names))}) {values}"


@lru_cache
def _update(table: Table, names: tuple[str, ...], sqlite: bool) -> str:
    own = [*_quoted(names)][:-1]
    if sqlite:
        return f"UPDATE {table.name} SET {', '.join(f'{n} = ?' for n in own)} WHERE id = ?"  # noqa: S608
    told = f"{_arrays(table, names)} AS told ({', '.join(_quoted(names))})"
    sets = ", ".join(f"{name} = told.{name}" for name in own)
    return f"UPDATE {table.name} SET {sets} FROM {told} WHERE {table.name}.id = told.id"  # noqa: S608


def _quoted(names: Sequence[str]) -> Iterator[str]:
    return (f'"{name}"' for name in names)


def _marks(names: Sequence[str]) -> str:
    return ", ".join("?" for _ in names)


def _arrays(table: Table, names: tuple[str, ...]) -> str:
    return f"unnest({', '.join(f'%s::{kind}[]' for kind in _types(table, names))})"


@lru_cache
def _types(table: Table, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(kind_of(table.c[name].type) for name in names)
