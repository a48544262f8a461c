"""Due legs go out: claimed, put into stored messages, sent, and their fate written down."""

from __future__ import annotations

import logging
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, insert, select, update

from single_window import regimes
from single_window.declarations.history import Journal
from single_window.declarations.slices import new_guid
from single_window.domain.lifecycle import Transport
from single_window.domain.plans import Step
from single_window.routing import circuits, outgoing
from single_window.storage.among import among
from single_window.storage.claims import take_due
from single_window.storage.engine import AnyRow, now_ms
from single_window.storage.store import Store
from single_window.storage.tables import attempts, declarations, legs
from single_window.storage.tables import outgoing as messages

if TYPE_CHECKING:
    from adapters.base import Adapter, Sent

log = logging.getLogger(__name__)

LEGS_AT_ONCE = 500
"""Legs put into messages in one transaction."""
MESSAGES_AT_ONCE = 8
"""Messages claimed by one sender at a time; they wait for each other only this far."""


def dispatch(store: Store, adapter: Adapter, *, most: int = 200) -> int:
    """Makes and sends what is due for one agency; returns how many messages were sent."""
    sent = 0
    for _ in range(most):
        made = _make(store, adapter)
        tried = _send(store, adapter)
        sent += tried
        if not made and not tried:
            break
    return sent


def _make(store: Store, adapter: Adapter) -> int:
    """Claims due legs and stores the messages that carry them, in one transaction."""
    now = now_ms()
    with store.database.write() as connection:
        taken = take_due(
            connection,
            legs,
            now=now,
            lease_ms=store.settings.lease_seconds * 1000,
            limit=LEGS_AT_ONCE,
            columns=(legs.c.id, legs.c.declaration_id, legs.c.content, legs.c.step),
            where=legs.c.agency == adapter.name,
            order=(legs.c.message_id, legs.c.id),
        )
        if not taken:
            return 0
        rows = outgoing.load(connection, [leg.declaration_id for leg in taken])
        for group in _groups(taken, rows, adapter):
            _store(store, connection, adapter, group, rows, now)
    return len(taken)


def _groups(
    taken: Sequence[AnyRow], rows: Mapping[int, AnyRow], adapter: Adapter
) -> list[list[AnyRow]]:
    """Legs that can share a message: of one step, and of one source for a national message."""
    by_source: dict[tuple[Any, ...], list[AnyRow]] = defaultdict(list)
    for leg in taken:
        own = rows[leg.declaration_id].message_id if _is_national(leg, adapter) else 0
        by_source[(leg.content, leg.step, own)].append(leg)
    batch = adapter.manifest.batch
    return [
        group[at : at + batch] for group in by_source.values() for at in range(0, len(group), batch)
    ]


def _is_national(leg: AnyRow, adapter: Adapter) -> bool:
    """Whether the agency takes the filer's own message, not one that its adapter builds."""
    return leg.content in adapter.manifest.accepts


def _store(
    store: Store,
    connection: Connection,
    adapter: Adapter,
    group: list[AnyRow],
    rows: Mapping[int, AnyRow],
    now: int,
) -> None:
    own = [rows[leg.declaration_id] for leg in group]
    if _is_national(group[0], adapter):
        made = outgoing.national(store, connection, own)
    else:
        made = _built(store, connection, adapter, group, own, now)
    body = store.vault.seal(made.body, made.guid.encode()) if made.body is not None else None
    number = connection.execute(
        insert(messages)
        .values(
            agency=adapter.name,
            guid=made.guid,
            content=made.content,
            records=len(group),
            source_message_id=made.source_message_id,
            sealed_body=body,
            transport=Transport.PENDING.value,
            due_at=now,
            created_at=now,
        )
        .returning(messages.c.id)
    ).scalar_one()
    connection.execute(
        update(legs)
        .where(among(connection, legs.c.id, [leg.id for leg in group]))
        .values(outgoing_id=number, due_at=None, at=now)
    )


def _built(
    store: Store,
    connection: Connection,
    adapter: Adapter,
    group: list[AnyRow],
    own: list[AnyRow],
    now: int,
) -> outgoing.Made:
    guid = new_guid()
    step = _step(group[0])
    pairs = [(leg.id, row) for leg, row in zip(group, own, strict=True)]
    items = outgoing.items(store, connection, step, pairs)
    at = datetime.fromtimestamp(now / 1000, UTC)
    body = adapter.build(cast(Any, items), message_id=guid, now=at)
    return outgoing.Made(guid, adapter.manifest.accepts[0], body, None)


def _step(leg: AnyRow) -> Step:
    regime = regimes.owner(leg.content)
    assert regime is not None
    return regime.steps(leg.content)[int(leg.step)]


def _send(store: Store, adapter: Adapter) -> int:
    """Claims due messages, sends each outside of any transaction, and writes down what came."""
    now = now_ms()
    with store.database.write() as connection:
        if not circuits.ready(connection, adapter.name, now):
            return 0
        taken = take_due(
            connection,
            messages,
            now=now,
            lease_ms=store.settings.lease_seconds * 1000,
            limit=MESSAGES_AT_ONCE,
            columns=tuple(messages.c),
            where=messages.c.agency == adapter.name,
            order=(messages.c.due_at, messages.c.id),
        )
    for row in taken:
        with store.database.read() as connection:
            body = outgoing.body_of(store, connection, row)
        begun = now_ms()
        sent = adapter.send(body, message_id=row.guid)
        ended = now_ms()
        with store.database.write() as connection:
            _note(connection, adapter, row, sent, begun, ended)
        _log(adapter, row, sent, ended - begun)
        if sent.outcome.value in {"try_later", "unknown"}:
            break
    return len(taken)


def _note(
    connection: Connection,
    adapter: Adapter,
    row: AnyRow,
    sent: Sent,
    begun: int,
    ended: int,
) -> None:
    outcome = sent.outcome.value
    connection.execute(
        insert(attempts).values(
            outgoing_id=row.id,
            at=begun,
            outcome=outcome,
            status=sent.status,
            detail=sent.detail[:400],
            took_ms=ended - begun,
        )
    )
    if outcome in {"taken", "duplicate"}:
        circuits.succeeded(connection, adapter.name, ended)
        _gone(connection, adapter, row, Transport.SENT, ended)
    elif outcome == "refused":
        _gone(connection, adapter, row, Transport.FAILED, ended, sent.detail)
    else:
        circuits.failed(connection, adapter.name, ended, sent.detail)
        connection.execute(
            update(messages)
            .where(messages.c.id == row.id)
            .values(
                due_at=ended + _pause_ms(adapter, row.attempts, sent.retry_after),
                attempts=messages.c.attempts + 1,
            )
        )


def _pause_ms(adapter: Adapter, attempts_so_far: int, asked: int | None) -> int:
    """How long a message waits for its next try: doubling, with jitter, never below what is asked.

    Jitter keeps the messages of a dead agency from coming back all at once.
    """
    told = adapter.manifest
    base = min(told.retry_max_seconds, told.retry_base_seconds << min(attempts_so_far, 16))
    wait = max(base * 1000, (asked or 0) * 1000)
    return wait + secrets.randbelow(wait // 2 + 1)


def _gone(
    connection: Connection,
    adapter: Adapter,
    row: AnyRow,
    transport: Transport,
    at: int,
    detail: str = "",
) -> None:
    """The message needs no more sending: it is with the agency, or was refused by its gate."""
    connection.execute(
        update(messages)
        .where(messages.c.id == row.id)
        .values(
            transport=transport.value,
            due_at=None,
            sent_at=at,
            attempts=messages.c.attempts + 1,
        )
    )
    moved = connection.execute(
        update(legs)
        .where(legs.c.outgoing_id == row.id, legs.c.transport == Transport.PENDING.value)
        .values(transport=transport.value, at=at)
        .returning(legs.c.declaration_id)
    ).scalars()
    journal = Journal(at)
    kind = "sent" if transport is Transport.SENT else "failed"
    for declaration, submission in _submissions(connection, list(moved)):
        journal.add(
            submission, declaration, kind, agency=adapter.name, code=row.guid, detail=detail
        )
    journal.write(connection)


def _submissions(connection: Connection, numbers: list[int]) -> list[tuple[int, int]]:
    rows = connection.execute(
        select(declarations.c.id, declarations.c.submission_id).where(
            among(connection, declarations.c.id, numbers)
        )
    )
    return [(row.id, row.submission_id) for row in rows]


def _log(adapter: Adapter, row: AnyRow, sent: Sent, took: int) -> None:
    level = logging.INFO if sent.outcome.value in {"taken", "duplicate"} else logging.WARNING
    log.log(
        level,
        "message sent",
        extra={
            "agency": adapter.name,
            "outgoing": row.id,
            "outcome": sent.outcome.value,
            "status": sent.status,
            "took_ms": took,
        },
    )
