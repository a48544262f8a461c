"""What is somebody else's: two organisations with everything that the window can keep of one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from single_window.accounts import mandates
from single_window.accounts.permissions import Role
from single_window.declarations import questions
from single_window.storage import tables as t
from single_window.storage.engine import now_ms
from tests.bookkeeping import FAULT, shop
from tests.parties import join, sent_by
from tests.portal import ORDER, Portal, made

AGENCY = "customs"
SECRET_FILE, SECRET_TITLE, SECRET_NOTE = "ants-file.xml", "ants draft", "ants question"


def marks() -> list[str]:
    """What nobody else may ever read, beside the order number, which a stranger may know."""
    head = made()[0].records[ORDER]["OrderHead"]
    people = [head["buyerName"], head["buyerTelephone"], head["buyerIdNumber"]]
    return [
        SECRET_FILE,
        SECRET_TITLE,
        SECRET_NOTE,
        FAULT,
        "3301ANT",
        "3301BEE",
        "Test ant",
        *people,
    ]


def strangers(portal: Portal) -> None:
    """A trader and a broker of other organisations; the demo has officers of other agencies."""
    join(portal, "cat", role=Role.TRADER)
    join(portal, "dog", role=Role.BROKER)


def settle(portal: Portal) -> dict[str, Any]:
    """A trader and its broker with one of everything; returns the names of what there is.

    The names are those of arguments in addresses.
    """
    ant = join(portal, "ant", role=Role.TRADER)
    bee = join(portal, "bee", role=Role.BROKER)
    given: dict[str, Any] = {"messages": None, "last_day": "", "now": now_ms() - 1000}
    assert mandates.give(portal.store, ant.id, broker=bee.code, **given) == []
    book = shop(portal.store, ant.code, number="1")
    told = portal.file(
        sent_by(ant.code, ORDER, made()), by="bee", headers={"X-File-Name": SECRET_FILE}
    )
    with portal.store.database.write() as connection:
        number: int = connection.execute(
            select(t.declarations.c.id).where(t.declarations.c.outcome == "under_way")
        ).scalar_one()
        seal, at = portal.store.vault.seal, now_ms()
        person = connection.execute(
            select(t.people.c.id).where(t.people.c.organisation_id == ant.id)
        ).scalar_one()
        asked: dict[str, Any] = {"agency": AGENCY, "side": questions.AGENCY, "person": "officer"}
        questions.write(portal.store, connection, number, SECRET_NOTE, at=at, **asked)
        draft_id = _draft(connection, ant.id, person, seal(b"{}"), at)
        receipt_id = _receipt(connection, seal(b"<a/>"), at)
        _post(connection, seal(SECRET_NOTE.encode()), at)
        _subscribe(connection, ant.id)
        mandate_id = connection.execute(select(t.mandates.c.id)).scalar_one()
        key_id = connection.execute(
            select(t.api_keys.c.id).where(t.api_keys.c.organisation_id == ant.id)
        ).scalar_one()
    return {
        "submission_id": told["id"],
        "declaration_id": number,
        "draft_id": draft_id,
        "mandate_id": mandate_id,
        "key_id": key_id,
        "person_id": person,
        "receipt_id": receipt_id,
        "trade": "ants-trade",
        "number": 1,
        "code": "TAX-CBEC-01",
        **book,
    }


def _draft(connection: Any, organisation_id: int, person_id: int, values: bytes, at: int) -> int:
    """A form that somebody is filling in."""
    draft = {"organisation_id": organisation_id, "person_id": person_id, "message": ORDER}
    draft |= {"title": SECRET_TITLE, "sealed_values": values, "trade": "ants-trade"}
    draft |= {"token": "ants-token", "created_at": at, "updated_at": at}
    number: int = connection.execute(
        insert(t.drafts).values(draft).returning(t.drafts.c.id)
    ).scalar_one()
    return number


def _receipt(connection: Any, body: bytes, at: int) -> int:
    """What the agency sent, and nobody understood."""
    receipt = {"agency": AGENCY, "sha256": "0" * 64, "sealed_body": body}
    receipt |= {"received_at": at, "state": "unmatched"}
    number: int = connection.execute(
        insert(t.receipts).values(receipt).returning(t.receipts.c.id)
    ).scalar_one()
    return number


def _subscribe(connection: Any, organisation_id: int) -> None:
    """Gives an organisation all that comes of the one message there is."""
    message = connection.execute(select(t.messages.c.id)).scalar_one()
    row = {"organisation_id": organisation_id, "number": 1, "message_id": message, "wants": "ALL"}
    connection.execute(insert(t.subscriptions).values(row))


def _post(connection: Any, body: bytes, at: int) -> None:
    """A message in the mailbox of the agency."""
    message = {"agency": AGENCY, "guid": "ants-guid", "content": ORDER, "records": 1}
    message |= {"sealed_body": body, "transport": "sent", "created_at": at}
    outgoing_id = connection.execute(
        insert(t.outgoing).values(message).returning(t.outgoing.c.id)
    ).scalar_one()
    connection.execute(insert(t.mail_counters).values(agency=AGENCY, last_number=1))
    letter = {"agency": AGENCY, "number": 1, "outgoing_id": outgoing_id, "put_at": at}
    connection.execute(insert(t.mail).values(letter))


def rows(portal: Portal) -> dict[str, set[str]]:
    """Every row of every table, to see whether one has changed."""
    with portal.store.database.read() as connection:
        return {
            table.name: {str(tuple(row)) for row in connection.execute(select(table))}
            for table in t.metadata.sorted_tables
        }
