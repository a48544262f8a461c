"""What an agency asks about a declaration, and what its filer answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, literal, select
from sqlalchemy.sql.functions import coalesce

from single_window.domain.lifecycle import Verdict
from single_window.storage import tables as t
from single_window.storage.store import Store

AGENCY, FILER = "agency", "filer"


def write(
    store: Store,
    connection: Connection,
    number: int,
    text: str,
    *,
    agency: str,
    side: str,
    person: str,
    at: int,
) -> None:
    """Keeps what was said, sealed: people name people when they ask and answer."""
    row = {"declaration_id": number, "agency": agency, "side": side, "person": person, "at": at}
    sealed = store.vault.seal(text.encode(), _about(number, agency))
    connection.execute(insert(t.notes).values(row | {"sealed_text": sealed}))


def _about(number: int, agency: str) -> bytes:
    return f"note {number} {agency}".encode()


def of(
    store: Store, connection: Connection, number: int, *, agency: str | None = None
) -> list[dict[str, Any]]:
    """What was asked and answered about a declaration, in its order; by one agency or all."""
    where = [t.notes.c.declaration_id == number]
    if agency is not None:
        where.append(t.notes.c.agency == agency)
    rows = connection.execute(select(t.notes).where(*where).order_by(t.notes.c.id))
    return [
        {
            "agency": row.agency,
            "side": row.side,
            "person": row.person,
            "text": store.vault.open(row.sealed_text, _about(number, row.agency)).decode(),
            "at": row.at,
        }
        for row in rows
    ]


def last_side() -> ColumnElement[str]:
    """Who spoke last about the declaration of a leg to the leg's agency; "" when nobody did."""
    last = (
        select(t.notes.c.side)
        .where(
            t.notes.c.declaration_id == t.legs.c.declaration_id,
            t.notes.c.agency == t.legs.c.agency,
        )
        .order_by(t.notes.c.id.desc())
        .limit(1)
        .correlate(t.legs)
        .scalar_subquery()
    )
    return coalesce(last, literal(""))


def open_for(connection: Connection, number: int) -> list[str]:
    """The agencies that hold the declaration and have asked something about it."""
    rows = connection.execute(
        select(t.legs.c.agency)
        .where(
            t.legs.c.declaration_id == number,
            t.legs.c.verdict == Verdict.HELD.value,
            last_side() != "",
        )
        .order_by(t.legs.c.id)
    )
    return list(rows.scalars())


def asked_of(connection: Connection, numbers: Sequence[int]) -> set[int]:
    """Those of the declarations that wait for an answer of their filer."""
    rows = connection.execute(
        select(t.legs.c.declaration_id).where(
            t.legs.c.declaration_id.in_(numbers),
            t.legs.c.verdict == Verdict.HELD.value,
            last_side() == AGENCY,
        )
    )
    return set(rows.scalars())
