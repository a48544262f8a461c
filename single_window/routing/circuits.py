"""One breaker per agency: a dead one is left alone for a while, its neighbours never notice."""

from __future__ import annotations

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from single_window.storage.tables import circuits

FAILURES_TO_OPEN = 3
"""Failures in a row after which an agency is left alone."""
FIRST_PAUSE_MS = 1_000
LONGEST_PAUSE_MS = 60_000
"""The pause doubles with each failure up to a minute; then one message is tried."""


def ready(connection: Connection, agency: str, now: int) -> bool:
    """Whether the agency may be called now."""
    until = connection.execute(
        select(circuits.c.open_until).where(circuits.c.agency == agency)
    ).scalar()
    return until is None or until <= now


def succeeded(connection: Connection, agency: str, now: int) -> None:
    """The agency took something: the circuit is closed."""
    _ensure(connection, agency)
    connection.execute(
        update(circuits)
        .where(circuits.c.agency == agency)
        .values(failures=0, open_until=0, last_success_at=now)
    )


def failed(connection: Connection, agency: str, now: int, detail: str) -> None:
    """The agency did not answer or could not take: after some in a row it is left alone."""
    _ensure(connection, agency)
    failures = connection.execute(
        update(circuits)
        .where(circuits.c.agency == agency)
        .values(failures=circuits.c.failures + 1, last_failure_at=now, last_failure=detail[:400])
        .returning(circuits.c.failures)
    ).scalar_one()
    if failures >= FAILURES_TO_OPEN:
        pause = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << min(failures - FAILURES_TO_OPEN, 16))
        connection.execute(
            update(circuits).where(circuits.c.agency == agency).values(open_until=now + pause)
        )


def _ensure(connection: Connection, agency: str) -> None:
    """Makes the agency's row; of two who do so at once neither fails."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = {"agency": agency, "failures": 0, "open_until": 0, "last_failure": ""}
    connection.execute(dialect.insert(circuits).values(row).on_conflict_do_nothing())
