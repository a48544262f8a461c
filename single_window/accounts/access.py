"""What people do about access: their own password, keys of their organisation, locks of others."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Literal

from sqlalchemy import Connection, or_, select, update

from single_window.accounts import passwords, service
from single_window.accounts.permissions import Principal
from single_window.accounts.service import Refused
from single_window.declarations.service import Unknown
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store
from single_window.storage.tables import api_keys, organisations, people

PASSWORD_MIN, PASSWORD_MAX = 12, 200
LABEL_MAX = 80
PEOPLE_SHOWN = 100
log = logging.getLogger(__name__)


def change_password(
    store: Store, principal: Principal, old: str, new: str, *, now: int
) -> Literal["length", "same"] | Refused | None:
    """Gives a person a new password; returns what is wrong with it, or Refused for the old one.

    It ends all their sessions. A wrong old password counts as at log-in.
    """
    if not PASSWORD_MIN <= len(new) <= PASSWORD_MAX:
        return "length"
    if new == old:
        return "same"
    found = service.log_in(store, principal.name, old, now=now)
    if isinstance(found, Refused):
        return found
    fresh = passwords.hashed(new)
    with store.database.write() as connection:
        own = people.c.id == principal.person_id
        connection.execute(update(people).where(own).values(password_hash=fresh))
    log.info("password changed", extra={"person": principal.person_id})
    return None


def keys(connection: Connection, organisation_id: int) -> Sequence[AnyRow]:
    """The keys of an organisation without the keys themselves: those that hold first, newest."""
    k = api_keys.c
    return connection.execute(
        select(k.id, k.label, k.role, k.revoked_at)
        .where(k.organisation_id == organisation_id)
        .order_by(k.revoked_at.is_not(None), k.id.desc())
    ).all()


def create_key(
    store: Store, principal: Principal, label: str
) -> tuple[str, Literal["", "label", "taken"]]:
    """A new key that may do what its maker may, to be read this once; or what is wrong with it."""
    if not 0 < len(label) <= LABEL_MAX:
        return "", "label"
    organisation_id, k = principal.organisation_id, api_keys.c
    with store.database.write() as connection:
        same = (k.organisation_id == organisation_id, k.label == label, k.revoked_at.is_(None))
        if connection.execute(select(k.id).where(*same)).first() is not None:
            return "", "taken"
        key = service.issue_key(connection, organisation_id, role=principal.role, label=label)
    log.info("key made", extra={"organisation": organisation_id, "person": principal.person_id})
    return key, ""


def revoke_key(store: Store, principal: Principal, number: int, *, now: int) -> None:
    """Ends a key of the own organisation at once. Unknown where it has no such key."""
    own = (api_keys.c.id == number, api_keys.c.organisation_id == principal.organisation_id)
    with store.database.write() as connection:
        if connection.execute(select(api_keys.c.id).where(*own)).first() is None:
            raise Unknown
        living = update(api_keys).where(*own, api_keys.c.revoked_at.is_(None))
        connection.execute(living.values(revoked_at=now))
    log.info("key revoked", extra={"key": number, "person": principal.person_id})


def everybody(connection: Connection, sought: str) -> Sequence[AnyRow]:
    """The people whose login or company code begins so, as many as fit on a page."""
    p, o = people.c, organisations.c
    begins = (column.startswith(sought, autoescape=True) for column in (p.login, o.code))
    return connection.execute(
        select(p.id, p.login, p.role, p.locked_at, o.code, o.name_zh, o.name_en)
        .join_from(people, organisations)
        .where(or_(*begins))
        .order_by(p.login)
        .limit(PEOPLE_SHOWN)
    ).all()


def lock(store: Store, principal: Principal, number: int, *, now: int) -> None:
    """Keeps a person out, and ends their sessions for good. Unknown for nobody and for oneself."""
    if number == principal.person_id:
        raise Unknown
    free = {"locked_at": now, "sessions_ended": people.c.sessions_ended + 1}
    with store.database.write() as connection:
        _known(connection, number)
        mine = people.c.id == number
        connection.execute(update(people).where(mine, people.c.locked_at.is_(None)).values(free))
    log.info("person locked", extra={"person": number, "by": principal.person_id})


def unlock(store: Store, principal: Principal, number: int) -> None:
    """Lets a person in again, whether the operator or wrong passwords had locked them out."""
    fresh = {"locked_at": None, "failures": 0, "locked_until": 0}
    with store.database.write() as connection:
        _known(connection, number)
        connection.execute(update(people).where(people.c.id == number).values(fresh))
    log.info("person unlocked", extra={"person": number, "by": principal.person_id})


def _known(connection: Connection, number: int) -> None:
    if connection.execute(select(people.c.id).where(people.c.id == number)).first() is None:
        raise Unknown
