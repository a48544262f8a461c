"""Third parties that a message names (BaseSubscribe): they get its data, its receipts, or both.

A subscription is of a message, not of each record, so that a message without one pays nothing.
It gives exactly what was asked for and no other right: a row among the parties of a declaration
would show its subscriber all of it, data to who was promised receipts only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

import orjson
from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, select

from schemas import codes
from single_window.declarations.slices import compose
from single_window.declarations.words import event_text
from single_window.domain.lifecycle import Event
from single_window.storage import tables as t
from single_window.storage.among import among
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store

STATUSES = "subscribe-status"
"""The code table of what can be subscribed to."""
_BOTH, _DATA, _RECEIPTS = "ALL", "DATA", "RET"
_TOLD = {event.value for event in Event} - {Event.SENT.value, Event.RETRIED.value}
_OF_OFFICERS = "@"
"""How the history marks who decided at the window: no business of a third party."""


class Asked(NamedTuple):
    """One subscription as it stands in a message."""

    status: str
    address: str
    line: int


def is_known(status: str) -> bool:
    """Whether this can be subscribed to."""
    return bool(codes.table(STATUSES).get(status))


def subscribers(connection: Connection, asked: Iterable[Asked]) -> dict[str, int]:
    """The organisations by the number at E-port under which they are asked for.

    A number that nobody has here, or more than one, is left out.
    """
    wanted = {each.address for each in asked} - {""}
    found = defaultdict(list)
    for row in connection.execute(
        select(t.organisations.c.id, t.organisations.c.dxp_id).where(
            among(connection, t.organisations.c.dxp_id, wanted)
        )
    ):
        found[row.dxp_id].append(row.id)
    return {address: numbers[0] for address, numbers in found.items() if len(numbers) == 1}


def add(connection: Connection, given: Mapping[int, Sequence[Asked]]) -> None:
    """Gives the subscribers what messages (by id) ask for them, numbered for each without a gap.

    Whoever else subscribes the same organisation waits from here on: a reader whose cursor has
    passed a number would never be given one that is committed later.
    """
    if not given:
        return
    known = subscribers(connection, (each for asked in given.values() for each in asked))
    number = t.organisations.c.id
    locked = select(number).where(among(connection, number, known.values()))
    connection.execute(locked.order_by(number).with_for_update()).all()
    own = t.subscriptions.c
    last: dict[int, int] = {}
    rows = []
    for message, asked in given.items():
        for organisation, wants in _united(asked, known).items():
            if organisation not in last:
                found = select(func.max(own.number)).where(own.organisation_id == organisation)
                last[organisation] = connection.execute(found).scalar() or 0
            last[organisation] += 1
            rows.append(
                {
                    "organisation_id": organisation,
                    "number": last[organisation],
                    "message_id": message,
                    "wants": wants,
                }
            )
    if rows:
        connection.execute(insert(t.subscriptions), rows)


def _united(asked: Iterable[Asked], known: Mapping[str, int]) -> dict[int, str]:
    """What each organisation gets of one message; asked for twice, it gets both."""
    found: dict[int, str] = {}
    for each in asked:
        organisation = known.get(each.address)
        if organisation is None or not is_known(each.status):
            continue
        before = found.get(organisation, each.status)
        found[organisation] = each.status if before == each.status else _BOTH
    return found


def listed(
    connection: Connection, organisation_id: int, *, after: int, limit: int
) -> tuple[list[dict[str, Any]], int | None]:
    """The messages that this organisation subscribes to, in the order of their numbers.

    One that is still being checked ends the list, and what follows it waits with it.
    """
    d, m, s, c = t.declarations.c, t.messages.c, t.subscriptions.c, t.chunks.c
    of_message = (d.submission_id == m.submission_id, d.message_id == m.id)
    taken = select(func.count()).where(*of_message, d.decision != "reject").scalar_subquery()
    checking = exists().where(
        c.submission_id == m.submission_id, c.message_id == m.id, c.due_at.is_not(None)
    )
    wanted = (s.number, s.wants, m.name, m.guid, m.sender, t.submissions.c.received_at)
    rows = connection.execute(
        select(*wanted, taken.label("records"), checking.label("checking"))
        .join(t.messages, m.id == s.message_id)
        .join(t.submissions, t.submissions.c.id == m.submission_id)
        .where(s.organisation_id == organisation_id, s.number > after)
        .order_by(s.number)
        .limit(limit)
    ).all()
    ready = []
    for row in rows:
        if row.checking:
            break
        ready.append(
            {
                "id": row.number,
                "status": row.wants,
                "message": row.name,
                "guid": row.guid,
                "sender": row.sender,
                "records": row.records,
                "received_at": row.received_at,
            }
        )
    more = len(ready) == limit
    return ready, ready[-1]["id"] if more else None


def data(store: Store, organisation_id: int, number: int) -> Iterator[bytes] | None:
    """The records of a message that were taken in, as they came; None where it gives no data.

    All of them together are the very bytes that were filed.
    """
    with store.database.read() as connection:
        source = _source(connection, organisation_id, number, _DATA)
        if source is None:
            return None
        d = t.declarations.c
        rows = connection.execute(
            select(d.first_offset, d.length)
            .where(_of(source), d.decision != "reject")
            .order_by(d.id)
        ).all()
    if not rows:
        return None
    if len(rows) == source.records:
        return store.files.blocks(source.spool_file, source.first_offset, source.length)
    guid = uuid5(NAMESPACE_URL, f"urn:single-window:subscription:{source.id}")
    return compose(store, source, rows, str(guid).upper())


def receipts(
    connection: Connection, organisation_id: int, number: int, *, after: int, limit: int
) -> tuple[list[dict[str, Any]], int | None] | None:
    """What agencies answered, record by record; None where it gives no receipts."""
    source = _source(connection, organisation_id, number, _RECEIPTS)
    if source is None:
        return None
    d, e = t.declarations.c, t.events.c
    records = connection.execute(
        select(d.id, d.ordinal, d.guid, d.key, d.numbers)
        .where(_of(source), d.decision != "reject", d.ordinal > after)
        .order_by(d.id)
        .limit(limit)
    ).all()
    told: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(
        select(e.declaration_id, e.at, e.agency, e.kind, e.code, e.detail)
        .where(
            among(connection, e.declaration_id, [row.id for row in records]),
            e.agency != "",
            e.kind.in_(_TOLD),
        )
        .order_by(e.at, e.id)
    ):
        told[row.declaration_id].append(_answer(row))
    items = [
        {
            "record": row.ordinal,
            "guid": row.guid,
            "key": row.key,
            "numbers": orjson.loads(row.numbers) if row.numbers else {},
            "receipts": told[row.id],
        }
        for row in records
    ]
    return items, items[-1]["record"] if len(items) == limit else None


def _answer(row: AnyRow) -> dict[str, Any]:
    text_zh, text_en = event_text(row.kind, row.agency, row.code)
    own = "" if row.detail.startswith(_OF_OFFICERS) else row.detail
    return {
        "at": row.at,
        "agency": row.agency,
        "kind": row.kind,
        "code": row.code,
        "text_zh": text_zh,
        "text_en": text_en,
        "detail": own,
    }


def _source(
    connection: Connection, organisation_id: int, number: int, wanted: str
) -> AnyRow | None:
    """The message of a subscription that gives what is wanted."""
    s = t.subscriptions.c
    return connection.execute(
        select(t.messages, t.submissions.c.spool_file)
        .join(t.subscriptions, s.message_id == t.messages.c.id)
        .join(t.submissions, t.submissions.c.id == t.messages.c.submission_id)
        .where(
            s.organisation_id == organisation_id,
            s.number == number,
            s.wants.in_((_BOTH, wanted)),
        )
    ).first()


def _of(source: AnyRow) -> ColumnElement[bool]:
    d = t.declarations.c
    return and_(d.submission_id == source.submission_id, d.message_id == source.id)
