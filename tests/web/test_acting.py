"""For which company somebody acts: seen on every page, used for what is made here."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from single_window.storage import tables as t
from single_window.storage.engine import now_ms
from tests.portal import ORDER, Portal, csrf, made
from tests.telling import in_both, says
from tests.web.entering import fields
from tests.workbooks import filled

TRADER, BROKER = "3301960ABC", "3301980XYZ"


def _mandated(portal: Portal) -> None:
    """The broker may transmit for the trader, and for nobody else."""
    o = t.organisations.c
    with portal.store.database.write() as connection:
        codes = {row.code: row.id for row in connection.execute(select(o.code, o.id))}
        connection.execute(update(t.organisations).values(any_company=False))
        row = {"trader_id": codes[TRADER], "broker_id": codes[BROKER], "messages": "*"}
        row |= {"valid_from": now_ms() - 1000, "created_at": now_ms()}
        connection.execute(insert(t.mandates).values(row))


def _choose(client: FlaskClient, code: str) -> int:
    token = csrf(client, "/clients")
    return client.post("/clients", data={"csrf": token, "code": code}).status_code


def _upload(client: FlaskClient, body: bytes) -> str:
    headers = {"X-CSRF-Token": csrf(client, "/clients"), "X-File-Name": "a.xlsx"}
    answer = client.post("/submissions/file", data=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json["url"])


def _sender(portal: Portal) -> str:
    sender = select(t.messages.c.sender).order_by(t.messages.c.id.desc()).limit(1)
    with portal.store.database.read() as connection:
        return str(connection.execute(sender).scalar_one())


def _strip(client: FlaskClient, path: str = "/") -> str:
    found = re.search(r'<div class="acting (\w+)".*?</div>', client.get(path).text, re.DOTALL)
    return found[0] if found else ""


def test_the_company_that_is_chosen_is_on_every_page_and_transmits(portal: Portal) -> None:
    _mandated(portal)
    client = portal.browser("broker")
    body = filled({ORDER: [made()[0].records[ORDER]]})
    assert "acting own" in _strip(client)
    own = _upload(client, body)
    assert _sender(portal) == BROKER
    assert _choose(client, TRADER) == 303
    for path in ("/", "/submissions", "/declarations", "/templates", "/clients"):
        assert "acting other" in _strip(client, path) and TRADER in _strip(client, path)
    other = _upload(client, body)
    assert _sender(portal) == TRADER
    assert own != other, "the same sheets for another client are not the same filing"


def test_who_gave_no_mandate_cannot_be_chosen(portal: Portal) -> None:
    _mandated(portal)
    trader = portal.browser("trader")
    assert _strip(trader) == "", "who acts for nobody else is not asked"
    assert _choose(trader, BROKER) == 403


def test_a_mandate_that_ends_puts_the_choice_back_and_says_so(portal: Portal) -> None:
    _mandated(portal)
    client = portal.browser("broker")
    _choose(client, TRADER)
    with portal.store.database.write() as connection:
        connection.execute(update(t.mandates).values(revoked_at=now_ms() - 1))
    assert "acting own" in _strip(client) and "has ended" in _strip(client)
    _upload(client, filled({ORDER: [made()[0].records[ORDER]]}))
    assert _sender(portal) == BROKER


@in_both
def test_a_form_open_for_a_company_is_not_filed_for_another(portal: Portal, lang: str) -> None:
    _mandated(portal)
    client = portal.browser("broker", lang=lang)
    _choose(client, TRADER)
    path = f"/forms/new/{ORDER}"
    sent = fields(client.get(path).text) | {"OrderHead.orderNo": "kept-as-it-is"}
    with portal.store.database.write() as connection:
        connection.execute(update(t.mandates).values(revoked_at=now_ms() - 1))
    answer = client.post(path, data=sent | {"_do": "file"})
    assert answer.status_code == 422 and says(answer.text, lang, "FRM-ACTING")
    assert "kept-as-it-is" in answer.text, "the draft is kept"
    with portal.store.database.read() as connection:
        assert connection.execute(select(t.submissions.c.id)).all() == []
    assert fields(answer.text)["_for"] == "", "who sees it and files again files for their own"
