"""The mailbox of an agency that fetches its messages itself: numbered without a gap, never emptied.

Numbers come from a counter row in the transaction that puts the message in. A number that the
database counts up by itself is given before its row can be seen: a reader whose cursor has passed
it would never be given the message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from single_window.domain import lifecycle
from single_window.domain.lifecycle import Event, State, Transport
from single_window.routing import outgoing
from single_window.storage.among import among
from single_window.storage.engine import now_ms
from single_window.storage.store import Store
from single_window.storage.tables import legs, mail, mail_counters
from single_window.storage.tables import outgoing as messages


class Ahead(Exception):
    """The cursor is past the last message there is: it belongs to another mailbox, or is wrong."""

    def __init__(self, after: int, last: int) -> None:
        super().__init__(after)
        self.after = after
        self.last = last


class Page(NamedTuple):
    """Messages in their order, and the highest number that was given so far."""

    items: list[dict[str, Any]]
    last: int


def put(connection: Connection, agency: str, outgoing_id: int, *, at: int) -> int:
    """Puts a stored message into the mailbox, in the caller's transaction; returns its number.

    The counter row stays locked until that transaction ends, so the next number is given only
    when this one is there to be read, or is given again when it never was. Put it last: whoever
    else puts waits from here on.
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    counted = dialect.insert(mail_counters).values(agency=agency, last_number=1)
    counted = counted.on_conflict_do_update(
        index_elements=[mail_counters.c.agency],
        set_={"last_number": mail_counters.c.last_number + 1},
    )
    taken = connection.execute(counted.returning(mail_counters.c.last_number))
    number = int(taken.scalar_one())
    connection.execute(
        insert(mail).values(agency=agency, number=number, outgoing_id=outgoing_id, put_at=at)
    )
    return number


_SHOWN = (
    mail.c.number,
    messages.c.guid,
    messages.c.content,
    messages.c.records,
    mail.c.put_at,
    mail.c.acknowledged_at,
)


def read(connection: Connection, agency: str, *, after: int, limit: int) -> Page:
    """The messages after a number, however often they are asked for. Raises Ahead."""
    last = _last(connection, agency)
    if after > last:
        raise Ahead(after, last)
    rows = connection.execute(
        select(*_SHOWN)
        .join(messages, messages.c.id == mail.c.outgoing_id)
        .where(mail.c.agency == agency, mail.c.number > after)
        .order_by(mail.c.number)
        .limit(limit)
    )
    items = [{"id": row.number, **row._mapping} for row in rows]
    return Page(items, max([last, *(item["number"] for item in items[-1:])]))


def _last(connection: Connection, agency: str) -> int:
    """The highest number given; what is counted but not committed cannot be seen."""
    found = select(mail_counters.c.last_number).where(mail_counters.c.agency == agency)
    return connection.execute(found).scalar() or 0


def bodies(
    store: Store, connection: Connection, agency: str, numbers: Iterable[int]
) -> dict[int, bytes]:
    """The bytes of messages in the agency's mailbox, by number; the same each time."""
    rows = connection.execute(
        select(mail.c.number, messages)
        .join(messages, messages.c.id == mail.c.outgoing_id)
        .where(mail.c.agency == agency, among(connection, mail.c.number, numbers))
    )
    return {row.number: outgoing.body_of(store, connection, row) for row in rows}


def acknowledge(store: Store, agency: str, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Notes that the agency has these messages; returns those of them that are in its mailbox.

    The first time moves their declarations on and is what counts; any further one is answered
    the same and changes nothing.
    """
    now = now_ms()
    with store.database.write() as connection:
        own = (mail.c.agency == agency, among(connection, mail.c.number, numbers))
        waiting = select(mail.c.outgoing_id).where(*own, mail.c.acknowledged_at.is_(None))
        fresh = connection.execute(waiting.order_by(mail.c.number).with_for_update()).scalars()
        _collected(connection, agency, list(fresh), now)
        rows = connection.execute(
            select(mail.c.number, mail.c.acknowledged_at).where(*own).order_by(mail.c.number)
        )
        return [{"id": row.number, **row._mapping} for row in rows]


_COLLECTABLE = [
    transport.value
    for transport in Transport
    if lifecycle.moves(State(transport=transport), Event.ACKNOWLEDGED)
]


def _collected(connection: Connection, agency: str, numbers: Sequence[int], at: int) -> None:
    """Moves the legs in these messages on, and writes it into the history of each declaration."""
    if not numbers:
        return
    connection.execute(
        update(mail)
        .where(among(connection, mail.c.outgoing_id, numbers))
        .values(acknowledged_at=at)
    )
    mine = among(connection, legs.c.outgoing_id, numbers)
    connection.execute(select(legs.c.id).where(mine).order_by(legs.c.id).with_for_update()).all()
    done = Transport.ACKNOWLEDGED.value
    connection.execute(
        update(legs).where(mine, legs.c.transport.in_(_COLLECTABLE)).values(transport=done, at=at)
    )
    connection.execute(
        update(messages)
        .where(
            among(connection, messages.c.id, numbers),
            messages.c.transport == Transport.SENT.value,
        )
        .values(transport=done)
    )
    outgoing.tell(connection, numbers, "collected", agency=agency, at=at)
