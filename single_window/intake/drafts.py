"""Forms being filled in: kept at every change, sealed, and never overwritten unseen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from schemas import registry
from single_window.intake.forms import Values, name_of
from single_window.storage.engine import AnyRow, now_ms
from single_window.storage.store import Store
from single_window.storage.tables import drafts

TITLE_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it is kept. `version` counts the times it was saved with something new."""

    id: int
    message: str
    title: str
    values: Values
    version: int
    token: str
    trade: str
    mends: int | None
    submission_id: int | None
    updated_at: int


@dataclass(frozen=True, slots=True)
class Fresh:
    """A form that is not kept yet."""

    message: str
    values: Values
    token: str
    trade: str = ""
    mends: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody wants a draft to hold, and the version that they had before them."""

    id: int
    version: int
    values: Values


class Overtaken(Exception):
    """Somebody else, or another tab, saved first; nothing was changed. `drafts` are as they are."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        super().__init__("overtaken")
        self.drafts = [*drafts]


class Gone(Exception):
    """There is no such draft of this organisation (any more)."""


class Filed(Exception):
    """The draft has been filed and is closed; `submission_id` tells where it went."""

    def __init__(self, submission_id: int) -> None:
        super().__init__("filed")
        self.submission_id = submission_id


def begin(
    store: Store, forms: Sequence[Fresh], *, organisation_id: int, person_id: int
) -> list[Draft]:
    """Keeps new forms. The same tokens again give the drafts that they made the first time."""
    at = now_ms()
    owner = {"organisation_id": organisation_id, "person_id": person_id}
    rows = [_row(store, form) | owner | {"created_at": at, "updated_at": at} for form in forms]
    tokens = [form.token for form in forms]
    try:
        with store.database.write() as connection:
            connection.execute(insert(drafts), rows)
    except IntegrityError:
        found = _found(store, organisation_id, tokens)
        if len(found) != len(forms):
            raise Gone from None
        return found
    return _found(store, organisation_id, tokens)


def _found(store: Store, organisation_id: int, tokens: Sequence[str]) -> list[Draft]:
    wanted = _own(organisation_id).where(drafts.c.token.in_(tokens)).order_by(drafts.c.id)
    with store.database.read() as connection:
        return [_draft(store, row) for row in connection.execute(wanted)]


def _row(store: Store, form: Fresh) -> dict[str, Any]:
    return {
        "message": form.message,
        "title": title(form.message, form.values),
        "sealed_values": _sealed(store, form.values),
        "version": 1,
        "token": form.token,
        "trade": form.trade,
        "mends": form.mends,
    }


def one(store: Store, organisation_id: int, number: int) -> Draft:
    """A draft of the organisation. Raises Gone where there is none."""
    with store.database.read() as connection:
        row = connection.execute(_own(organisation_id).where(drafts.c.id == number)).first()
    if row is None:
        raise Gone
    return _draft(store, row)


def of_trade(store: Store, organisation_id: int, trade: str) -> list[Draft]:
    """The drafts of one trade in the order in which they were made. Raises Gone without any."""
    wanted = _own(organisation_id).where(drafts.c.trade == trade, drafts.c.trade != "")
    with store.database.read() as connection:
        found = [_draft(store, row) for row in connection.execute(wanted.order_by(drafts.c.id))]
    if not found:
        raise Gone
    return found


def save(store: Store, organisation_id: int, changes: Sequence[Change]) -> list[Draft]:
    """Keeps what was typed, all or nothing; returns the drafts as they are now.

    Raises Overtaken where a draft holds something else than its filer had before them, Filed
    where it is closed, Gone where there is none.
    """
    at = now_ms()
    numbers = [change.id for change in changes]
    wanted = _own(organisation_id).where(drafts.c.id.in_(numbers)).with_for_update()
    with store.database.write() as connection:
        kept = {row.id: _draft(store, row) for row in connection.execute(wanted)}
        if len(kept) != len({*numbers}):
            raise Gone
        _still_open(kept.values())
        late = [c for c in changes if c.version != kept[c.id].version]
        if any(_filled(c.values) != _filled(kept[c.id].values) for c in late):
            raise Overtaken([kept[change.id] for change in changes])
        for change in changes:
            if change.values != kept[change.id].values:
                _keep(store, connection, kept[change.id], change.values, at)
    return _again(store, organisation_id, numbers)


def _still_open(kept: Iterable[Draft]) -> None:
    for draft in kept:
        if draft.submission_id is not None:
            raise Filed(draft.submission_id)


def _keep(store: Store, connection: Connection, draft: Draft, values: Values, at: int) -> None:
    connection.execute(
        update(drafts)
        .where(drafts.c.id == draft.id)
        .values(
            sealed_values=_sealed(store, values),
            title=title(draft.message, values),
            version=draft.version + 1,
            updated_at=at,
        )
    )


def _again(store: Store, organisation_id: int, numbers: Sequence[int]) -> list[Draft]:
    with store.database.read() as connection:
        rows = connection.execute(_own(organisation_id).where(drafts.c.id.in_(numbers)))
        found = {row.id: _draft(store, row) for row in rows}
    return [found[number] for number in numbers]


def discard(store: Store, organisation_id: int, numbers: Sequence[int]) -> None:
    """Throws drafts away that were never filed."""
    own = (drafts.c.organisation_id == organisation_id, drafts.c.submission_id.is_(None))
    with store.database.write() as connection:
        connection.execute(delete(drafts).where(drafts.c.id.in_(numbers), *own))


def close(store: Store, numbers: Sequence[int], submission_id: int) -> None:
    """Notes with which submission drafts were filed."""
    with store.database.write() as connection:
        connection.execute(
            update(drafts).where(drafts.c.id.in_(numbers)).values(submission_id=submission_id)
        )


def unfinished(connection: Connection, organisation_id: int, limit: int) -> list[dict[str, Any]]:
    """What the organisation has begun and not filed, newest first; a trade is one item."""
    names = ("id", "message", "title", "trade", "updated_at", "mends")
    rows = connection.execute(
        select(*(drafts.c[name] for name in names))
        .where(drafts.c.organisation_id == organisation_id, drafts.c.submission_id.is_(None))
        .order_by(drafts.c.updated_at.desc(), drafts.c.id)
        .limit(limit * 8)
    )
    items: dict[str, dict[str, Any]] = {}
    for row in rows:
        item = {name: getattr(row, name) for name in names} | {"messages": []}
        own = items.setdefault(row.trade or f"#{row.id}", item)
        own["messages"].append(row.message)
        own["title"] = own["title"] or row.title
    return [*items.values()][:limit]


def title(message: str, values: Mapping[str, str]) -> str:
    """What a draft is called in a list: its business key, as far as it is filled in."""
    parts = (values.get(name_of(path), "") for path in registry.message(message).key)
    return " ".join(part for part in parts if part)[:TITLE_LENGTH]


def _own(organisation_id: int) -> Select[Any]:
    return select(drafts).where(drafts.c.organisation_id == organisation_id)


def _sealed(store: Store, values: Values) -> bytes:
    return store.vault.seal(orjson.dumps(values))


def _filled(values: Values) -> Values:
    return {name: value for name, value in values.items() if value}


def _draft(store: Store, row: AnyRow) -> Draft:
    return Draft(
        id=row.id,
        message=row.message,
        title=row.title,
        values=orjson.loads(store.vault.open(row.sealed_values)),
        version=row.version,
        token=row.token,
        trade=row.trade,
        mends=row.mends,
        submission_id=row.submission_id,
        updated_at=row.updated_at,
    )
