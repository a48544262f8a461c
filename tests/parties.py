"""Organisations beside those of the demo: strangers to each other, to be kept apart."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert

from single_window.accounts import passwords, service
from single_window.accounts.permissions import Role
from single_window.demo.trades import Trade
from single_window.demo.writing import serialise
from single_window.storage.tables import organisations, people
from tests.portal import PAPERS, Portal

_PASSWORD = "a password for tests"
_HASH = passwords.hashed(_PASSWORD)


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation with one person and one key, both called as it is."""

    id: int
    code: str
    name: str


def join(
    portal: Portal, name: str, *, role: Role, code: str = "", agency: str | None = None
) -> Party:
    """Adds an organisation; its login and its key can be used as those of the demo."""
    code = code or f"3301{name.upper()}"[:18]
    with portal.store.database.write() as connection:
        row = {"code": code, "name_zh": f"测试{name}", "name_en": f"Test {name}", "agency": agency}
        number: int = connection.execute(
            insert(organisations).values(row | {"any_company": False}).returning(organisations.c.id)
        ).scalar_one()
        person = {"organisation_id": number, "login": name, "name": name, "role": role.value}
        connection.execute(insert(people).values(person | {"password_hash": _HASH}))
        portal.demo["keys"][name] = service.issue_key(connection, number, role=role, label=name)
    portal.demo["logins"].append({"role": role.value, "user": name, "password": _PASSWORD})
    return Party(number, code, name)


def sent_by(code: str, paper: str, given: list[Trade]) -> bytes:
    """The message that carries one paper of each trade, in the name of a company."""
    sender = {"code": code, "name": "测试企业", "dxp_id": "DXPENT9999900009"}
    number = f"00000000-0000-4000-9000-{PAPERS.index(paper):012d}"
    records = [trade.records[paper] for trade in given]
    return serialise(paper, records, guid=number, sender=sender, indent=True)
