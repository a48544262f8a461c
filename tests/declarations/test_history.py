"""History can be added to; whatever else is done to it is found."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from single_window.declarations.history import Journal, digest, seal, verify
from single_window.storage.tables import events, links
from tests.window import Window

Tampering = Callable[[Connection], None]


@pytest.fixture
def written(window: Window) -> Window:
    """Six sealed links of two events each, and one that is not sealed yet."""
    for number in range(1, 8):
        with window.store.database.write() as connection:
            journal = Journal(1000 + number)
            journal.add(number % 3, number, "received", code="accept", detail="甲 ✓")
            journal.add(number % 3, number, "sent", agency="customs")
            journal.write(connection)
            if number < 7:
                assert seal(connection, limit=4) == 1
    return window


def test_an_untouched_history_is_whole(written: Window) -> None:
    assert _breaks(written) == []
    with written.store.database.write() as connection:
        assert seal(connection) == 1
        assert seal(connection) == 0
    assert _breaks(written) == []


def test_an_empty_history_is_whole(window: Window) -> None:
    assert _breaks(window) == []


def _change(table: Table, number: int, **values: Any) -> Tampering:
    def tamper(connection: Connection) -> None:
        connection.execute(update(table).where(table.c.id == number).values(values))

    return tamper


def _copy(table: Table, number: int, **values: Any) -> Tampering:
    def tamper(connection: Connection) -> None:
        row = connection.execute(select(table).where(table.c.id == number)).mappings().one()
        connection.execute(insert(table).values({**row, "id": 99, **values}))

    return tamper


def _drop(table: Table, column: str, number: int) -> Tampering:
    def tamper(connection: Connection) -> None:
        connection.execute(delete(table).where(table.c[column] == number))

    return tamper


def _all(*tamperings: Tampering) -> Tampering:
    def tamper(connection: Connection) -> None:
        for each in tamperings:
            each(connection)

    return tamper


def _exchange_seals(connection: Connection) -> None:
    one, other = connection.execute(select(links).where(links.c.id.in_([2, 3]))).all()
    connection.execute(update(links).where(links.c.id.in_([2, 3])).values(seal_no=None))
    for row, seal_of in ((one, other), (other, one)):
        given = {"seal_no": seal_of.seal_no, "seal": seal_of.seal}
        connection.execute(update(links).where(links.c.id == row.id).values(given))


TAMPERINGS: dict[str, Tampering] = {
    "an event was changed": _change(events, 5, code="reject"),
    "its time was changed": _change(events, 5, at=1),
    "it was given to another declaration": _change(events, 5, declaration_id=2),
    "it was moved to another link": _change(events, 5, link_id=2),
    "an event that is not sealed yet was changed": _change(events, 13, detail=""),
    "an event was deleted": _drop(events, "id", 5),
    "an event was added": _copy(events, 1),
    "a link was deleted": _drop(links, "id", 3),
    "a link was deleted with its events": _all(_drop(events, "link_id", 3), _drop(links, "id", 3)),
    "a link was added": _copy(links, 6, seal_no=7),
    "a link was given to another submission": _change(links, 3, submission_id=9),
    "two seals were exchanged": _exchange_seals,
    "a seal was taken off": _change(links, 3, seal_no=None, seal=None),
    "the events of a link were deleted and its hash made anew": _all(
        _drop(events, "link_id", 3), _change(links, 3, digest=digest([]), events=0)
    ),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_whatever_was_done_to_it_is_found(written: Window, tampering: str) -> None:
    with written.store.database.write() as connection:
        TAMPERINGS[tampering](connection)
    assert _breaks(written) != []


def test_one_break_is_told_once_not_for_all_that_follow(written: Window) -> None:
    with written.store.database.write() as connection:
        TAMPERINGS["an event was changed"](connection)
    assert _breaks(written) == [("events", 3)]


def test_two_who_seal_at_once_make_one_chain(window: Window) -> None:
    database = window.store.database
    with database.write() as connection:
        for number in range(40):
            journal = Journal(number)
            journal.add(1, number, "received")
            journal.write(connection)
    failures: list[SQLAlchemyError] = []

    def sealer() -> None:
        try:
            for _ in range(10):
                with database.write() as connection:
                    seal(connection, limit=3)
        except SQLAlchemyError as error:
            failures.append(error)

    threads = [threading.Thread(target=sealer) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.write() as connection:
        seal(connection)
    with database.read() as connection:
        assert connection.execute(select(func.max(links.c.seal_no))).scalar() == 40
    assert failures == []
    assert _breaks(window) == []


def _breaks(window: Window) -> list[tuple[str, int]]:
    with window.store.database.read() as connection:
        return [(each.kind, each.link) for each in verify(connection)]
