"""The people, organisations and keys of a demonstration."""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update

from single_window.accounts import passwords, service
from single_window.accounts.agencies import Agency
from single_window.accounts.permissions import Role
from single_window.storage.engine import now_ms
from single_window.storage.store import Store
from single_window.storage.tables import api_keys, organisations, people

_CODE_LENGTH = 18
_FILE = Path(__file__).with_name("demo.toml")


def seed_demo(
    store: Store, known: Mapping[str, Any] | None = None, *, agencies: Iterable[Agency] = ()
) -> dict[str, Any]:
    """Makes the demo's organisations, people and keys; returns `logins` and `keys` as published.

    `known` is what an earlier call returned: those passwords and keys stay valid. Without it,
    what may exist from an earlier time gets new ones, since nobody can know the old.
    """
    told = _told(agencies)
    words = {each["user"]: each["password"] for each in (known or {}).get("logins", ())}
    keys: dict[str, str] = dict((known or {}).get("keys", {}))
    logins = []
    with store.database.write() as connection:
        for each in told:
            organisation_id = _organisation(connection, each)
            password = words.get(each["login"]) or secrets.token_urlsafe(9)
            _person(connection, organisation_id, each, password)
            keys[each["key"]] = _key(connection, organisation_id, each, keys.get(each["key"]))
            logins.append({"role": each["role"], "user": each["login"], "password": password})
    return {"logins": logins, "keys": keys}


def _told(agencies: Iterable[Agency]) -> list[dict[str, Any]]:
    """Who takes part, the officers of the agencies before whom the file names last."""
    file = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    form = file["agency"]
    officers = [
        {
            "code": form["code"].format(name=each.name.upper())[:_CODE_LENGTH],
            "name_zh": form["name_zh"].format(label=each.label_zh),
            "name_en": form["name_en"].format(label=each.label_en),
            "role": form["role"],
            "agency": each.name,
            "login": each.name,
            "key": each.name,
        }
        for each in agencies
    ]
    return [*file["organisation"][:-1], *officers, file["organisation"][-1]]


def _organisation(connection: Connection, told: Mapping[str, Any]) -> int:
    found = select(organisations.c.id).where(organisations.c.code == told["code"])
    known: int | None = connection.execute(found).scalar()
    if known is not None:
        return known
    row = {name: told.get(name) for name in ("code", "name_zh", "name_en", "agency")}
    made = insert(organisations).values(row | {"any_company": told.get("any_company", False)})
    made_id: int = connection.execute(made.returning(organisations.c.id)).scalar_one()
    return made_id


def _person(
    connection: Connection, organisation_id: int, told: Mapping[str, Any], password: str
) -> None:
    login = told["login"]
    stored = connection.execute(select(people.c.password_hash).where(people.c.login == login))
    password_hash = stored.scalar()
    if password_hash is None:
        row = {"organisation_id": organisation_id, "login": login, "name": told["name_zh"]}
        row |= {"role": told["role"], "password_hash": passwords.hashed(password)}
        connection.execute(insert(people).values(row))
    elif not passwords.fits(password_hash, password):
        fresh = {"password_hash": passwords.hashed(password), "failures": 0, "locked_until": 0}
        connection.execute(update(people).where(people.c.login == login).values(fresh))


def _key(
    connection: Connection, organisation_id: int, told: Mapping[str, Any], known: str | None
) -> str:
    role, label = Role(told["role"]), f"demo-{told['key']}"
    if known is not None:
        valid = select(api_keys.c.id).where(api_keys.c.key_hash == service.key_hash(known))
        if connection.execute(valid.where(api_keys.c.revoked_at.is_(None))).scalar() is not None:
            return known
    service.revoke_keys(connection, organisation_id, label=label, now=now_ms())
    return service.issue_key(connection, organisation_id, role=role, label=label)
