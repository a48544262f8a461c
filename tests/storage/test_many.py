"""Many rows at once are the same rows as one after the other."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DataError

from single_window.storage import many, migrate
from single_window.storage.engine import Database
from single_window.storage.tables import declarations, pairings

_ODD = ("", "'", '"', "\\", "{a,b}", "NULL", "null", "%s", "单一窗口", "a\nb", " ")


def _row(number: int, **more: Any) -> dict[str, Any]:
    row = dict.fromkeys(("submission_id", "message_id", "organisation_id", "ordinal"), 1)
    row |= {"line": 1, "first_offset": 2**40, "length": 1, "created_at": 1, "updated_at": 1}
    texts = {"message": "CEB621Message", "sha256": "0", "decision": "accept", "outcome": ""}
    return {"id": number, **row, **texts, **more}


def _kept(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(declarations).order_by(declarations.c.id)))


def test_rows_are_kept_as_they_are_given_and_the_rest_has_its_default(database: Database) -> None:
    rows = [
        _row(number, key=text, living_key=text or None, sealed_facts=text.encode() or None)
        for number, text in enumerate(_ODD, 1)
    ]
    with database.write() as connection:
        many.add(connection, declarations, rows)
        many.add(connection, pairings, [{"key": text, "due_at": 1} for text in _ODD])
        many.add(connection, pairings, [])
    kept = _kept(database)
    assert [row.key for row in kept] == [*_ODD]
    assert [row.sealed_facts for row in kept] == [row["sealed_facts"] for row in rows]
    assert {(row.version, row.pairing, row.faults, row.numbers) for row in kept} == {
        (1, "", "", None)
    }
    with database.read() as connection:
        found = connection.execute(select(pairings.c.key).order_by(pairings.c.id)).scalars()
        assert [*found] == [*_ODD]


def test_only_the_named_columns_of_the_named_rows_change(database: Database) -> None:
    with database.write() as connection:
        many.add(connection, declarations, [_row(number, key="before") for number in (1, 2, 3)])
        changed = [{"id": 3, "numbers": "三"}, {"id": 1, "numbers": None}]
        many.change(connection, declarations, changed)
        many.change(connection, declarations, [])
    assert [(row.id, row.key, row.numbers) for row in _kept(database)] == [
        (1, "before", None),
        (2, "before", None),
        (3, "before", "三"),
    ]


def test_what_is_too_long_is_refused_not_cut(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    migrate.upgrade(database)
    with pytest.raises(DataError), database.write() as connection:
        many.add(connection, declarations, [_row(1, guid="x" * 41)])
    assert _kept(database) == []
    database.close()
