"""What each agency was told of a declaration: this record alone, as it stood in the message.

An agency gets the filer's own bytes, or what the window made for it. A message carries records of
many companies; of all that only the one record is ever taken out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from schemas import codes
from schemas.fields import Field
from schemas.registry import Message
from single_window.declarations.masking import mask
from single_window.declarations.scope import Scope
from single_window.declarations.slices import compose
from single_window.intake.forms import (
    Values,
    document,
    field_path,
    path_of,
    taken_apart,
    to_record,
)
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store
from single_window.storage.tables import declarations, legs, messages, outgoing, submissions

_REFERENCE = "reference"
"""The field of each record that we make that holds the number of its leg."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one agency was told: `body` is None, and `sections` empty, where it was nothing yet.

    `at` is when the message left, None while it has not. `body` is a message of this record alone.
    """

    agency: str
    transport: str
    message: str = ""
    label_zh: str = ""
    label_en: str = ""
    guid: str = ""
    at: int | None = None
    sections: tuple[dict[str, Any], ...] = ()
    body: bytes | None = None
    masked: bool = False

    @property
    def shown(self) -> dict[str, Any]:
        """All but the bytes, as the API tells it."""
        names = ("agency", "transport", "message", "label_zh", "label_en", "guid", "at", "masked")
        return {name: getattr(self, name) for name in names} | {"sections": [*self.sections]}


def told(store: Store, scope: Scope, number: int) -> list[Told] | None:
    """What each agency was told of a declaration, in the order of its plan; None outside the scope.

    What is said of people is masked; only who filed it gets the bytes as they were.
    """
    with store.database.read() as connection:
        row = connection.execute(
            select(declarations).where(
                declarations.c.id == number, scope.declarations(), declarations.c.outcome != ""
            )
        ).first()
        if row is None:
            return None
        mine = scope.filed(row.organisation_id)
        return [
            _told(store, connection, row, leg, whole=False, own=mine)
            for leg in _legs(connection, number)
        ]


def told_to(store: Store, agency: str, number: int) -> Told | None:
    """What an agency itself was told, whole; None where it was told nothing."""
    with store.database.read() as connection:
        row = connection.execute(select(declarations).where(declarations.c.id == number)).first()
        own = [leg for leg in _legs(connection, number) if leg.agency == agency and leg.sent_at]
        if row is None or not own:
            return None
        return _told(store, connection, row, own[-1], whole=True, own=True)


def _legs(connection: Connection, number: int) -> list[AnyRow]:
    sent = outgoing.c
    return list(
        connection.execute(
            select(
                *(legs.c[name] for name in ("id", "agency", "transport")),
                *(sent[name] for name in ("guid", "content", "sent_at", "created_at")),
                *(sent[name] for name in ("source_message_id", "sealed_body", "records")),
            )
            .outerjoin(outgoing, sent.id == legs.c.outgoing_id)
            .where(legs.c.declaration_id == number)
            .order_by(legs.c.id)
        )
    )


def _told(
    store: Store, connection: Connection, row: AnyRow, leg: AnyRow, *, whole: bool, own: bool
) -> Told:
    found = _record(store, connection, row, leg) if leg.guid is not None else None
    if found is None:
        return Told(leg.agency, leg.transport)
    message, guid, body, values = found
    personal = {name for name in values if message.field(path_of(name)).personal}
    shown = {n: mask(v) if n in personal and not whole else v for n, v in values.items()}
    hides = bool(personal) and not own
    if hides:
        body = document(message, [to_record(message, shown)], sender={}, guid=guid)
    return Told(
        leg.agency,
        leg.transport,
        message.name,
        message.record_label_zh,
        message.record_label_en,
        guid,
        leg.sent_at,
        tuple(_sections(message, shown)),
        body,
        hides,
    )


def _record(
    store: Store, connection: Connection, row: AnyRow, leg: AnyRow
) -> tuple[Message, str, bytes, Values] | None:
    """The record as it was told, in a message by itself; None where it cannot be found in it."""
    if leg.content != row.message:
        return _made_here(store, row, leg)
    source = connection.execute(
        select(messages, submissions.c.spool_file)
        .join(submissions, submissions.c.id == messages.c.submission_id)
        .where(messages.c.id == row.message_id)
    ).one()
    guid = source.guid if leg.source_message_id else leg.guid
    if leg.source_message_id and leg.records == 1:
        body = store.files.read(source.spool_file, source.first_offset, source.length)
    else:
        body = b"".join(compose(store, source, [row], guid))
    parts = taken_apart(body)
    return (parts.message, guid, body, parts.records[0][1]) if parts.records else None


def _made_here(store: Store, row: AnyRow, leg: AnyRow) -> tuple[Message, str, bytes, Values] | None:
    """The record that we made for this leg, cut out of those of others."""
    parts = taken_apart(store.vault.open(leg.sealed_body, leg.guid.encode()))
    for text, values in parts.records:
        numbers = {v for n, v in values.items() if n.rpartition(".")[2] == _REFERENCE}
        if numbers == {str(leg.id)}:
            head = f'<?xml version="1.0" encoding="UTF-8"?>\n{parts.head.tag}'
            return parts.message, leg.guid, f"{head}{text}{parts.head.end}\n".encode(), values
    return None


def _sections(message: Message, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """The values with their labels, by the group and the line that they stand in."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        place = name.rpartition(".")[0]
        group = (
            message.field(field_path(f"{place}.").rstrip("/")) if place else message.record_field
        )
        line = place.rpartition(".")[2]
        section = found.setdefault(
            place,
            {
                "label_zh": group.label_zh,
                "label_en": group.label_en,
                "line": int(line) if line.isdecimal() else None,
                "fields": [],
            },
        )
        section["fields"].append(_field(message.field(path_of(name)), name, value))
    return [*found.values()]


def _field(field: Field, name: str, value: str) -> dict[str, str]:
    table = codes.table(field.code_list) if field.code_list in codes.names() else None
    return {
        "name": name,
        "label_zh": field.label_zh,
        "label_en": field.label_en,
        "value": value,
        "name_zh": table.label(value, "zh") if table else "",
        "name_en": table.label(value, "en") if table else "",
    }
