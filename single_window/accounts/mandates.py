"""Mandates: a trader lets a broker file in its name, for as long as it likes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, case, exists, insert, or_, select, update

from single_window import regimes
from single_window.accounts.permissions import Role
from single_window.declarations.mandates import ALL, names_of
from single_window.declarations.service import Unknown
from single_window.storage.engine import AnyRow, beijing_day
from single_window.storage.store import Store
from single_window.storage.tables import api_keys, mandates, organisations, people

State = Literal["living", "ended", "revoked"]
_BEIJING_MS = 8 * 3_600_000
_FARTHEST = timedelta(days=10 * 366)
"""A last day beyond this is a slip of the pen: whoever wants no end leaves it empty."""


@dataclass(frozen=True, slots=True)
class Mandate:
    """A mandate as its two sides see it; `other` is the other side. `messages`: None means all."""

    id: int
    given: bool
    other_code: str
    other_zh: str
    other_en: str
    messages: tuple[str, ...] | None
    valid_from: int
    valid_to: int | None
    revoked_at: int | None
    state: State


def choices() -> tuple[str, ...]:
    """The messages that a mandate can be about: all that can be filed."""
    plans = (step.message for regime in regimes.all().values() for step in regime.plan)
    return tuple(sorted(dict.fromkeys(plans)))


def listed(connection: Connection, organisation_id: int, *, now: int) -> list[Mandate]:
    """The mandates that an organisation has given or holds: those that hold first, then newest."""
    other, m = organisations.c, mandates.c
    across = case((m.trader_id == organisation_id, m.broker_id), else_=m.trader_id)
    rows = connection.execute(
        select(mandates, other.code, other.name_zh, other.name_en)
        .join_from(mandates, organisations, other.id == across)
        .where(or_(m.trader_id == organisation_id, m.broker_id == organisation_id))
        .order_by(m.id.desc())
    )
    found = [_mandate(row, organisation_id, now) for row in rows]
    return sorted(found, key=lambda each: each.state != "living")


def _mandate(row: AnyRow, organisation_id: int, now: int) -> Mandate:
    names = names_of(row.messages)
    return Mandate(
        id=row.id,
        given=row.trader_id == organisation_id,
        other_code=row.code,
        other_zh=row.name_zh,
        other_en=row.name_en,
        messages=None if names is None else tuple(sorted(names)),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        revoked_at=row.revoked_at,
        state=_state(row, now),
    )


def _state(row: AnyRow, now: int) -> State:
    if row.revoked_at is not None:
        return "revoked"
    return "ended" if row.valid_to is not None and row.valid_to <= now else "living"


def give(
    store: Store,
    trader_id: int,
    *,
    broker: str,
    messages: Collection[str] | None,
    last_day: str,
    now: int,
) -> list[str]:
    """Gives a mandate from this moment on; returns what is wrong with what was asked, or nothing.

    `messages` None is for all of them; `last_day` is a day in Beijing, "" for no end.
    """
    wrong = []
    end = _end(last_day)
    if end is not None and not beijing_day(now) <= end <= beijing_day(now) + _FARTHEST:
        wrong.append("day")
    if last_day and end is None:
        wrong.append("day")
    if messages is not None and (not messages or {*messages} - {*choices()}):
        wrong.append("messages")
    with store.database.write() as connection:
        broker_id = _broker(connection, broker)
        if broker_id is None or broker_id == trader_id:
            wrong.insert(0, "broker")
        if not wrong:
            row = {
                "trader_id": trader_id,
                "broker_id": broker_id,
                "messages": ALL if messages is None else " ".join(sorted(messages)),
                "valid_from": now,
                "valid_to": _midnight_after(end) if end else None,
                "created_at": now,
            }
            connection.execute(insert(mandates).values(row))
    return wrong


def end(store: Store, organisation_id: int, number: int, *, now: int) -> None:
    """Ends a mandate at once, for either side; one that has ended stays as it is.

    Unknown where it is neither given nor held by the organisation.
    """
    m = mandates.c
    own = or_(m.trader_id == organisation_id, m.broker_id == organisation_id)
    with store.database.write() as connection:
        if connection.execute(select(m.id).where(m.id == number, own)).first() is None:
            raise Unknown
        connection.execute(
            update(mandates)
            .where(m.id == number, m.revoked_at.is_(None))
            .where(or_(m.valid_to.is_(None), m.valid_to > now))
            .values(revoked_at=now)
        )


def _broker(connection: Connection, code: str) -> int | None:
    """The organisation of this code that has somebody who files for others."""
    of = organisations.c
    files = (
        exists().where(table.c.organisation_id == of.id, table.c.role == Role.BROKER.value)
        for table in (people, api_keys)
    )
    found: int | None = connection.execute(
        select(of.id).where(of.code == code, of.agency.is_(None), or_(*files))
    ).scalar()
    return found


def _end(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _midnight_after(day: date) -> int:
    """The first moment in Beijing after a day."""
    after = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return int(after.timestamp()) * 1000 - _BEIJING_MS
