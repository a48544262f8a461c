"""Messages to agencies out of due legs: the filer's own bytes where they fit, else slices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import unescape

import orjson
from lxml import etree
from sqlalchemy import Connection, select

from schemas import registry
from single_window.declarations.history import Journal
from single_window.declarations.papers import opened
from single_window.declarations.slices import compose, new_guid
from single_window.domain.plans import Step
from single_window.settings import DXP_ID_MAX
from single_window.storage.among import among
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store
from single_window.storage.tables import declarations, legs, messages, outgoing, submissions

_DXP_ID = re.compile(r"<(?:[^\s<>/]+:)?dxpId\s*>([^<]*)<")
"""The number at E-port in the transfer part, which stands first among the parts kept."""

_ELEMENT = re.compile(r"Element '(?:\{[^}]*\})?([^']+)'")
"""The element of which a fault of a schema is told."""


@dataclass(frozen=True, slots=True)
class Item:
    """One leg to be told to an agency, in the shape that adapters read."""

    leg_id: int
    declaration_id: int
    message: str
    key: str
    facts: Mapping[str, Any]
    amounts: Mapping[str, Any] | None
    numbers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Made:
    """A message ready to be stored: its bytes, or the original whose bytes go out."""

    guid: str
    content: str
    body: bytes | None
    source_message_id: int | None


def load(connection: Connection, numbers: Sequence[int]) -> dict[int, AnyRow]:
    """What is needed of declarations and the messages they came in, by declaration id."""
    rows = connection.execute(
        select(
            declarations.c.id,
            declarations.c.submission_id,
            declarations.c.message_id,
            declarations.c.message,
            declarations.c.regime,
            declarations.c.key,
            declarations.c.trade_key,
            declarations.c.ordinal,
            declarations.c.first_offset,
            declarations.c.length,
            declarations.c.sealed_facts,
            declarations.c.amounts,
            declarations.c.numbers,
        ).where(among(connection, declarations.c.id, numbers))
    )
    return {row.id: row for row in rows}


def national(store: Store, connection: Connection, rows: Sequence[AnyRow]) -> Made:
    """A national message of records that came in one message.

    All of them together go out as the very bytes that came in, signature and all; a message that
    is one record has no number of its own and goes out under ours. Otherwise a
    new message is made of the records' exact bytes, under a guid of our own, without the
    signature (which would no longer be true), naming the hash of the original that is kept.
    """
    source = connection.execute(
        select(messages, submissions.c.spool_file)
        .join(submissions, submissions.c.id == messages.c.submission_id)
        .where(messages.c.id == rows[0].message_id)
    ).one()
    guid = new_guid()
    numbered = len(source.guid) == 36 or registry.message(source.name).is_record
    if len(rows) == source.records and numbered:
        return Made(guid, source.name, None, source.id)
    ordered = sorted(rows, key=lambda row: row.ordinal)
    return Made(guid, source.name, b"".join(compose(store, source, ordered, guid)), None)


def body_of(store: Store, connection: Connection, row: AnyRow) -> bytes:
    """The bytes of a stored outgoing message: the same each time."""
    if row.sealed_body is not None:
        return store.vault.open(row.sealed_body, row.guid.encode())
    return _original(store, connection, row.source_message_id)


def bytes_of(store: Store, connection: Connection, made: Made) -> bytes:
    """The bytes of a message that is about to be stored."""
    if made.body is not None:
        return made.body
    assert made.source_message_id is not None
    return _original(store, connection, made.source_message_id)


def _original(store: Store, connection: Connection, number: int) -> bytes:
    source = connection.execute(
        select(messages.c.first_offset, messages.c.length, submissions.c.spool_file)
        .join(submissions, submissions.c.id == messages.c.submission_id)
        .where(messages.c.id == number)
    ).one()
    return store.files.read(source.spool_file, source.first_offset, source.length)


def sender_of(store: Store, connection: Connection, number: int) -> str:
    """Who sends an envelope: whom the message inside names as its transmitter, else the window.

    The platform wants both to be one.
    """
    tail = connection.execute(
        select(messages.c.sealed_tail).where(messages.c.id == number)
    ).scalar_one()
    named = _DXP_ID.search(store.vault.open(tail).decode()) if tail else None
    own = unescape(named[1].strip()) if named else ""
    return own if 0 < len(own) <= DXP_ID_MAX else store.settings.dxp_id


class Unsound(ValueError):
    """A message made here is not as its schema wants it; the elements are named, no values."""


def sound(name: str, body: bytes) -> bytes:
    """The bytes of a message made after its schema; Unsound where that refuses one of its records.

    Lengths and patterns are the schema's word: what was filed may be longer than an agency takes.
    """
    gate = registry.gate(name)
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    for record in etree.fromstring(body, parser):
        if not gate.validate(record):
            named = (_ELEMENT.match(fault.message) for fault in gate.error_log)
            raise Unsound(" ".join([name, *sorted({found[1] for found in named if found})]))
    return body


def items(
    store: Store, connection: Connection, step: Step, pairs: Sequence[tuple[int, AnyRow]]
) -> list[Item]:
    """Legs and their declarations as the adapter of the step's agency wants them."""
    more = _papers(store, connection, step, [row.trade_key for _, row in pairs])
    return [
        Item(
            leg_id=leg,
            declaration_id=row.id,
            message=row.message,
            key=row.key,
            facts=more.get(row.trade_key, {}) | opened(store, row.sealed_facts),
            amounts=_json(row.amounts),
            numbers=_json(row.numbers) or {},
        )
        for leg, row in pairs
    ]


def _papers(
    store: Store, connection: Connection, step: Step, trades: Sequence[str]
) -> dict[str, dict[str, Any]]:
    if not step.also:
        return {}
    rows = connection.execute(
        select(declarations.c.trade_key, declarations.c.sealed_facts)
        .where(
            among(connection, declarations.c.trade_key, trades),
            declarations.c.message.in_(step.also),
            declarations.c.living_key.is_not(None),
        )
        .order_by(declarations.c.id)
    )
    facts: dict[str, dict[str, Any]] = {}
    for row in rows:
        facts[row.trade_key] = facts.get(row.trade_key, {}) | opened(store, row.sealed_facts)
    return facts


def _json(text: str | None) -> Any:
    return orjson.loads(text) if text else None


def tell(
    connection: Connection,
    numbers: Iterable[int],
    kind: str,
    *,
    agency: str,
    at: int,
    detail: str = "",
) -> None:
    """Writes what became of stored messages into the history of every declaration in them."""
    rows = connection.execute(
        select(declarations.c.id, declarations.c.submission_id, outgoing.c.guid)
        .join(legs, legs.c.declaration_id == declarations.c.id)
        .join(outgoing, outgoing.c.id == legs.c.outgoing_id)
        .where(among(connection, legs.c.outgoing_id, numbers))
        .order_by(declarations.c.id)
    )
    journal = Journal(at)
    for row in rows:
        journal.add(row.submission_id, row.id, kind, agency=agency, code=row.guid, detail=detail)
    journal.write(connection)
