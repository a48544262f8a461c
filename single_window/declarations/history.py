"""What happened to each declaration: append only, hashed per transaction, sealed into one chain."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, insert, select

from single_window.storage import many
from single_window.storage.tables import events, links

_GENESIS = "0" * 64
_ONE_AT_A_TIME = 727_001_976
"""Number of the PostgreSQL advisory lock that whoever seals holds."""
_COLUMNS = ("declaration_id", "at", "agency", "kind", "code", "detail")


@dataclass(slots=True)
class Journal:
    """Collects the events of one transaction and writes them with their link."""

    at: int
    _rows: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    def add(
        self,
        submission_id: int,
        declaration_id: int,
        kind: str,
        *,
        agency: str = "",
        code: str = "",
        detail: str = "",
        at: int | None = None,
    ) -> None:
        """Notes one event of one declaration. `detail` must hold no personal data."""
        self._rows.setdefault(submission_id, []).append(
            {
                "declaration_id": declaration_id,
                "at": self.at if at is None else at,
                "agency": agency,
                "kind": kind,
                "code": code,
                "detail": detail[:600],
            }
        )

    def write(self, connection: Connection) -> None:
        """Writes the events, one link for each submission that they touch."""
        for submission_id, rows in self._rows.items():
            link = {
                "submission_id": submission_id,
                "digest": digest(rows),
                "events": len(rows),
                "made_at": self.at,
            }
            made = connection.execute(insert(links).values(link).returning(links.c.id)).scalar_one()
            for row in rows:
                row["link_id"] = made
            many.add(connection, events, rows)
        self._rows.clear()


def digest(rows: Sequence[dict[str, Any]]) -> str:
    """Hash over the events of one link, in their order."""
    text = json.dumps([[row[name] for name in _COLUMNS] for row in rows], ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def seal(connection: Connection, *, limit: int = 2000) -> int:
    """Takes links that are not sealed yet into the chain; returns how many.

    Two sealers at once cannot fork the chain: on SQLite only one can write, on PostgreSQL one
    that finds another at work leaves it to that one.
    """
    if connection.dialect.name != "sqlite":
        alone = select(func.pg_try_advisory_xact_lock(_ONE_AT_A_TIME))
        if not connection.execute(alone).scalar():
            return 0
    last = connection.execute(
        select(links.c.seal_no, links.c.seal).order_by(links.c.seal_no.desc().nulls_last()).limit(1)
    ).first()
    number, previous = (last.seal_no or 0, last.seal or _GENESIS) if last else (0, _GENESIS)
    unsealed = connection.execute(
        select(links.c.id, links.c.submission_id, links.c.digest)
        .where(links.c.seal_no.is_(None))
        .order_by(links.c.id)
        .limit(limit)
    ).all()
    sealed = []
    for row in unsealed:
        number += 1
        previous = _seal_of(previous, number, row.id, row.submission_id, row.digest)
        sealed.append({"id": row.id, "seal_no": number, "seal": previous})
    many.change(connection, links, sealed)
    return len(sealed)


def _seal_of(previous: str, number: int, link: int, submission: int, digest_: str) -> str:
    return sha256(f"{previous}|{number}|{link}|{submission}|{digest_}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the history does not agree with its hashes."""

    kind: str
    link: int


def verify(connection: Connection) -> Iterator[Break]:
    """Walks the whole history; yields every break. None means that nothing was changed since."""
    previous, expected = _GENESIS, 0
    rows = connection.execute(select(links).order_by(links.c.seal_no.nulls_last(), links.c.id))
    for link in rows.all():
        own = connection.execute(
            select(*(events.c[name] for name in _COLUMNS))
            .where(events.c.link_id == link.id)
            .order_by(events.c.id)
        ).mappings()
        found = [dict(row) for row in own]
        if len(found) != link.events or digest(found) != link.digest:
            yield Break("events", link.id)
        if link.seal_no is None:
            continue
        expected += 1
        wanted = _seal_of(previous, expected, link.id, link.submission_id, link.digest)
        if link.seal_no != expected or link.seal != wanted:
            yield Break("seal", link.id)
            expected = link.seal_no
        previous = link.seal
    loose = connection.execute(
        select(func.count()).select_from(events).where(events.c.link_id.not_in(select(links.c.id)))
    ).scalar_one()
    if loose:
        yield Break("loose-events", 0)
