"""Logging in, keys of client programs, and who is behind them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import Connection, Select, insert, select, update

from single_window.accounts import passwords
from single_window.accounts.permissions import Principal, Role
from single_window.declarations import mandates
from single_window.declarations.mandates import Client
from single_window.storage.store import Store
from single_window.storage.tables import api_keys, organisations, people

KEY_MARK = "sw_"
"""Every key starts so, that a key in the wrong place is recognised as one."""
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Refused:
    """A log-in that was not let in: the words are wrong, too many were, or the operator forbids."""

    reason: Literal["wrong", "locked", "barred"]
    until: int = 0


def log_in(store: Store, login: str, password: str, *, now: int) -> Principal | Refused:
    """The person with these words, at this moment (ms UTC). Wrong words count, right ones clear."""
    with store.database.read() as connection:
        person = connection.execute(_people().where(people.c.login == login)).first()
    if person is not None and person.locked_until > now:
        return Refused("locked", person.locked_until)
    if not passwords.fits(None if person is None else person.password_hash, password):
        return Refused("wrong") if person is None else _count_failure(store, person.id, now)
    assert person is not None
    if person.locked_at is not None:
        return Refused("barred")
    fresh: dict[str, object] = {"failures": 0, "locked_until": 0}
    if passwords.is_dated(person.password_hash):
        fresh["password_hash"] = passwords.hashed(password)
    with store.database.write() as connection:
        connection.execute(update(people).where(people.c.id == person.id).values(fresh))
    return _principal(person)


def _count_failure(store: Store, person_id: int, now: int) -> Refused:
    with store.database.write() as connection:
        more = update(people).values(failures=people.c.failures + 1)
        counted = more.where(people.c.id == person_id).returning(people.c.failures)
        lock = passwords.lock_ms(connection.execute(counted).scalar_one())
        if not lock:
            return Refused("wrong")
        until = now + lock
        connection.execute(
            update(people).where(people.c.id == person_id).values(locked_until=until)
        )
    return Refused("locked", until)


@dataclass(frozen=True, slots=True)
class Known:
    """A person as their session remembers them; a new `stamp` ends the sessions with the old."""

    principal: Principal
    stamp: str


def person(connection: Connection, person_id: int) -> Known | None:
    """The person of a session, or None when they are gone or locked."""
    found = connection.execute(_people().where(people.c.id == person_id)).first()
    if found is None or found.locked_at is not None:
        return None
    about = f"{found.password_hash} {found.sessions_ended}"
    return Known(_principal(found), sha256(about.encode()).hexdigest()[:16])


def holder(connection: Connection, key: str) -> Principal | None:
    """Whose key this is, or None when it is nobody's (any more)."""
    wanted = (
        select(api_keys.c.label.label("login"), api_keys.c.role, *_ORGANISATION)
        .join_from(api_keys, organisations)
        .where(api_keys.c.key_hash == key_hash(key), api_keys.c.revoked_at.is_(None))
    )
    found = connection.execute(wanted).first()
    return None if found is None else _principal(found)


def key_hash(key: str) -> str:
    """What is stored in place of a key. It is random, 256 bits: a fast hash gives nothing away."""
    return sha256(key.encode()).hexdigest()


def new_key() -> str:
    """A key that nobody has yet."""
    return KEY_MARK + secrets.token_urlsafe(_KEY_BYTES)


def issue_key(connection: Connection, organisation_id: int, *, role: Role, label: str) -> str:
    """A new key; it can be read here and never again."""
    key = new_key()
    keep_key(connection, organisation_id, role=role, label=label, key=key)
    return key


def keep_key(
    connection: Connection, organisation_id: int, *, role: Role, label: str, key: str
) -> None:
    """Makes a key valid that was made before."""
    row = {"organisation_id": organisation_id, "role": role, "label": label}
    connection.execute(insert(api_keys).values(row | {"key_hash": key_hash(key)}))


def revoke_keys(connection: Connection, organisation_id: int, *, label: str, now: int) -> None:
    """Ends the keys of this label at once."""
    connection.execute(
        update(api_keys)
        .where(api_keys.c.organisation_id == organisation_id, api_keys.c.label == label)
        .where(api_keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def clients(connection: Connection, organisation_id: int) -> list[Client]:
    """The companies that an organisation may transmit for at this moment, itself first."""
    return mandates.clients(connection, organisation_id)


_ORGANISATION = (
    organisations.c.id.label("organisation_id"),
    organisations.c.name_zh,
    organisations.c.name_en,
    organisations.c.agency,
    organisations.c.code,
)


def _people() -> Select[Any]:
    p = people.c
    own = (p.id, p.login, p.role, p.password_hash, p.locked_until, p.locked_at, p.sessions_ended)
    return select(*own, *_ORGANISATION).join_from(people, organisations)


def _principal(row: Any) -> Principal:
    return Principal(
        organisation_id=row.organisation_id,
        organisation_zh=row.name_zh,
        organisation_en=row.name_en,
        role=Role(row.role),
        name=row.login,
        agency=row.agency,
        code="" if row.agency else row.code,
        person_id=getattr(row, "id", None),
    )
