"""`column IN (many values)` as one parameter, whatever their number."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY


def among(
    connection: Connection, column: ColumnElement[Any], values: Iterable[Any]
) -> ColumnElement[bool]:
    """True for rows whose column holds one of the values; for none when there are none.

    SQLAlchemy's own IN spells out every value, and building a statement of a hundred takes longer
    than running it. Here the statement is always the same and the values are one parameter.
    """
    if connection.dialect.name == "sqlite":
        listed = func.json_each(literal(json.dumps(list(values)), Text)).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(literal(list(values), ARRAY(column.type)))
