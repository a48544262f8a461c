"""Whether agencies are served: what waits, since when, and whose fault it is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from single_window import regimes
from single_window.domain.lifecycle import Transport
from single_window.storage import tables as t


def agencies() -> list[str]:
    """The agencies that any regime's plan goes to, in the order in which plans name them."""
    steps = [step.agency for regime in regimes.all().values() for step in regime.plan]
    return list(dict.fromkeys(steps))


def status(connection: Connection) -> list[dict[str, Any]]:
    """Per agency: what waits for it and since when, its last success, and whose fault it is.

    `undelivered` counts records, `unanswered` messages that no receipt has come for. Times are
    milliseconds since 1970 UTC, None where there is nothing.
    """
    return [
        {"agency": agency}
        | _undelivered(connection, agency)
        | _unanswered(connection, agency)
        | _circuit(connection, agency)
        for agency in agencies()
    ]


def _undelivered(connection: Connection, agency: str) -> dict[str, Any]:
    waiting, since = connection.execute(
        select(func.count(), func.min(t.legs.c.at)).where(
            t.legs.c.agency == agency, t.legs.c.due_at.is_not(None)
        )
    ).one()
    unsent, made = connection.execute(
        select(func.sum(t.outgoing.c.records), func.min(t.outgoing.c.created_at)).where(
            t.outgoing.c.agency == agency, t.outgoing.c.due_at.is_not(None)
        )
    ).one()
    times = [at for at in (since, made) if at is not None]
    return {
        "undelivered": int(waiting) + int(unsent or 0),
        "oldest_undelivered_at": min(times, default=None),
    }


def _unanswered(connection: Connection, agency: str) -> dict[str, Any]:
    count, since = connection.execute(
        select(func.count(), func.min(t.outgoing.c.sent_at)).where(
            t.outgoing.c.agency == agency, t.outgoing.c.transport == Transport.SENT.value
        )
    ).one()
    unmatched = connection.execute(
        select(func.count()).where(
            t.receipts.c.agency == agency, t.receipts.c.state.in_(("unmatched", "unreadable"))
        )
    ).scalar_one()
    return {
        "unanswered": count,
        "oldest_unanswered_at": since,
        "unmatched_receipts": unmatched,
    }


def _circuit(connection: Connection, agency: str) -> dict[str, Any]:
    row = connection.execute(select(t.circuits).where(t.circuits.c.agency == agency)).first()
    failing = row is not None and row.failures > 0
    return {
        "last_success_at": row.last_success_at if row else None,
        "last_failure_at": row.last_failure_at if row else None,
        "last_failure": row.last_failure if row else "",
        "paused_until": row.open_until if row and failing else None,
        "fault": "agency" if failing else "none",
    }
