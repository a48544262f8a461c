"""Columns of values as PostgreSQL reads an array: in its binary form, made in one go.

psycopg makes an array's text value by value in Python, which took a fifth of the worker's time,
and the server has to read that text again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from struct import Struct
from typing import Any

from sqlalchemy import String
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine, UserDefinedType

_HEAD = Struct("!iiIii")
_LENGTH = Struct("!i")
_NULL = _LENGTH.pack(-1)

Value = Callable[[Any], bytes]


class Array(bytes):
    """A one-dimensional array, ready to be sent."""


def array(kind: str, values: Sequence[Any]) -> Array:
    """An array of values of one SQL type, None among them for NULL. Raises KeyError for others."""
    oid, value = _KINDS[kind]
    head = _HEAD.pack(1, None in values, oid, len(values), 1)
    return Array(head + b"".join([_NULL if each is None else value(each) for each in values]))


def kind_of(column_type: TypeEngine[Any]) -> str:
    """The type in an array. A text that is too long is refused by its column, not cut by a cast."""
    if isinstance(column_type, String):
        return "TEXT"
    return column_type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]


class ArrayOf(UserDefinedType[Sequence[Any]]):
    """The type of a parameter that holds many values of one SQL type."""

    cache_ok = True
    render_bind_cast = True

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def get_col_spec(self, **_: Any) -> str:
        """How the cast names it."""
        return f"{self.kind}[]"

    def bind_processor(self, _dialect: Any) -> Callable[[Any], Array]:
        """Makes the values an `Array`."""
        return lambda values: array(self.kind, values)


def teach(connection: Any) -> None:
    """Has a connection of psycopg send an `Array` as it is; its type stands in the SQL's cast."""
    connection.adapters.register_dumper(Array, _dumper())


@cache
def _dumper() -> type[Any]:
    """Made when it is needed: where PostgreSQL is not used, psycopg need not be there."""
    from psycopg import pq
    from psycopg.adapt import Dumper

    class AsItIs(Dumper):
        format = pq.Format.BINARY

        def dump(self, obj: Array) -> Array:
            return obj

    return AsItIs


def _fixed(form: str) -> Value:
    struct = Struct(f"!i{form}")
    pack, size = struct.pack, struct.size - _LENGTH.size
    return lambda number: pack(size, number)


def _bytes(data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + data


def _text(text: str) -> bytes:
    data = text.encode()
    return _LENGTH.pack(len(data)) + data


_KINDS: dict[str, tuple[int, Value]] = {
    "BOOLEAN": (16, _fixed("?")),
    "BYTEA": (17, _bytes),
    "BIGINT": (20, _fixed("q")),
    "INTEGER": (23, _fixed("i")),
    "TEXT": (25, _text),
}
"""The numbers of the types are fixed in PostgreSQL's catalogue (pg_type)."""
