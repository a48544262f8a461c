"""`column IN (many values)` as one parameter, whatever their number."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, func, literal, select

from single_window.storage.arrays import ArrayOf, kind_of


def among(
    connection: Connection, column: ColumnElement[Any], values: Iterable[Any]
) -> ColumnElement[bool]:
    """True for rows whose column holds one of the values; for none when there are none.

    SQLAlchemy's own IN spells out every value, and building a statement of a hundred takes longer
    than running it. Here the statement is always the same and the values are one parameter. On
    PostgreSQL they are a table and not `= ANY (array)`: a plan that was made while the table was
    small compares each row with each value, and goes on to when both are large.
    """
    if connection.dialect.name == "sqlite":
        listed = func.json_each(literal(json.dumps(list(values)), Text)).table_valued("value")
        return column.in_(select(listed.c.value))
    told = literal([*values], ArrayOf(kind_of(column.type)))
    return column.in_(select(func.unnest(told, type_=column.type)))
