"""Papers that a demonstration begins with: the examples that regimes keep in their folders.

A regime's `demo/*.xml` are messages as anybody would hand them in, filed once in the order of
their names. `{day-30}` in them stands for the day of thirty days ago (YYYYMMDD), `{day}` for today.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from sqlalchemy import Connection, select

from single_window import regimes
from single_window.intake.submissions import receive
from single_window.storage.engine import beijing_day, now_ms
from single_window.storage.store import Store
from single_window.storage.tables import organisations, submissions

_PERSON = "demo"
_DAY = re.compile(rb"\{day([+-]\d+)?\}")


def file_examples(store: Store, company: str) -> None:
    """Files the examples of all regimes for the organisation with this code."""
    with store.database.read() as connection:
        asked = select(organisations.c.id).where(organisations.c.code == company)
        owner: int = connection.execute(asked).scalar_one()
        known = _filed(connection, owner)
    today = beijing_day(now_ms())
    for regime in regimes.all().values():
        for path in sorted(regime.folder.glob("demo/*.xml")):
            key = f"demo-{regime.name}-{path.stem}"
            if key in known:
                continue
            receive(
                store,
                _nobody,
                organisation_id=owner,
                person=_PERSON,
                channel="web",
                blocks=[dated(path.read_bytes(), today)],
                media_type="application/xml",
                file_name=path.name,
                idempotency_key=key,
                check_only=False,
            )


def dated(body: bytes, today: date) -> bytes:
    """The example as it is filed on this day."""

    def on(found: re.Match[bytes]) -> bytes:
        return f"{today + timedelta(days=int(found[1] or 0)):%Y%m%d}".encode()

    return _DAY.sub(on, body)


def _filed(connection: Connection, owner: int) -> set[str]:
    asked = select(submissions.c.idempotency_key).where(submissions.c.organisation_id == owner)
    return {
        *connection.execute(asked.where(submissions.c.idempotency_key.like("demo-%"))).scalars()
    }


def _nobody(name: str, argument: str) -> None:
    """Nobody is woken: the worker that is started next looks for work by itself."""
