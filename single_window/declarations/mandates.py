"""In whose name an organisation may file: looked up each time, so that an end holds at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from single_window.storage import tables as t
from single_window.storage.engine import AnyRow, now_ms

ALL = "*"
"""What stands in a mandate for every message."""

Standing = Literal["own", "mandated", "ended", "narrow", "none"]


@dataclass(frozen=True, slots=True)
class Client:
    """A company in whose name may be filed; `messages` is None where every message may."""

    code: str
    name_zh: str
    name_en: str
    messages: frozenset[str] | None = None

    def allows(self, message: str) -> bool:
        """Whether this message may be filed in its name."""
        return self.messages is None or message in self.messages


@dataclass(frozen=True, slots=True)
class Right:
    """How an organisation stands to a company; `ended_at` is set where a mandate has ended."""

    standing: Standing
    ended_at: int | None = None

    @property
    def holds(self) -> bool:
        """Whether it may file for the company."""
        return self.standing in ("own", "mandated")


def living(at: int) -> ColumnElement[bool]:
    """The condition for mandates that hold at a moment."""
    m = t.mandates.c
    return and_(
        m.revoked_at.is_(None), m.valid_from <= at, or_(m.valid_to.is_(None), m.valid_to > at)
    )


def names_of(messages: str) -> frozenset[str] | None:
    """The messages of a mandate as it is stored; None for all."""
    return None if messages == ALL else frozenset(messages.split())


def clients(
    connection: Connection, organisation_id: int, *, now: int | None = None
) -> list[Client]:
    """The companies that an organisation may transmit for: itself first, then by their codes."""
    own = connection.execute(
        select(t.organisations).where(t.organisations.c.id == organisation_id)
    ).one()
    return [_client(own), *_others(connection, own, now_ms() if now is None else now)]


def _others(connection: Connection, own: AnyRow, now: int) -> list[Client]:
    o, m = t.organisations.c, t.mandates.c
    if own.any_company:
        known = select(t.organisations).where(o.agency.is_(None), o.id != own.id)
        return [_client(row) for row in connection.execute(known.order_by(o.code))]
    given = (
        select(t.organisations, m.messages)
        .join_from(t.mandates, t.organisations, o.id == m.trader_id)
        .where(m.broker_id == own.id, living(now))
        .order_by(o.code)
    )
    found: dict[str, Client] = {}
    for row in connection.execute(given):
        names = names_of(row.messages)
        if (earlier := found.get(row.code)) is not None:
            names = _both(earlier.messages, names)
        found[row.code] = _client(row, names)
    return list(found.values())


def _client(row: AnyRow, messages: frozenset[str] | None = None) -> Client:
    return Client(row.code, row.name_zh, row.name_en, messages)


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return None if one is None or other is None else one | other


def right(
    connection: Connection, organisation_id: int, company: str, message: str, *, at: int
) -> Right:
    """Whether an organisation may file this message in the name of a company, and if not, why.

    Inside a transaction that writes, a mandate that is found stays as it is until the end of it.
    """
    own = connection.execute(
        select(t.organisations.c.code, t.organisations.c.any_company).where(
            t.organisations.c.id == organisation_id
        )
    ).one()
    if own.any_company or company == own.code:
        return Right("own")
    m = t.mandates.c
    given = (
        select(m.messages, m.valid_to, m.revoked_at, living(at).label("lives"))
        .join_from(t.mandates, t.organisations, t.organisations.c.id == m.trader_id)
        .where(m.broker_id == organisation_id, t.organisations.c.code == company)
        .where(m.valid_from <= at)
        .with_for_update(read=True, of=t.mandates)
    )
    return _judged(connection.execute(given).all(), message)


def _judged(rows: Iterable[AnyRow], message: str) -> Right:
    """The best that several mandates of one company give."""
    narrow, ended = False, None
    for row in rows:
        names = names_of(row.messages)
        if row.lives and (names is None or message in names):
            return Right("mandated")
        narrow = narrow or bool(row.lives)
        if not row.lives:
            moments = [at for at in (row.revoked_at, row.valid_to) if at is not None]
            ended = max(min(moments), ended or 0)
    if narrow:
        return Right("narrow")
    return Right("ended", ended) if ended is not None else Right("none")
