"""For which company somebody acts: seen on every page, used for what is made here."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update
from werkzeug.test import TestResponse

from single_window.storage import tables as t
from single_window.storage.engine import now_ms
from tests.portal import ORDER, Portal, csrf, made, message
from tests.telling import in_both, says, tells
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
    answer = _send(client, client.get("/").text, body)
    assert answer.status_code == 202, answer.text
    return str(answer.json["url"])


def _send(client: FlaskClient, page: str, body: bytes, name: str = "a.xlsx") -> TestResponse:
    """Hands a file in from this page as its script does."""
    sent = _mark(page)
    heads = {"X-CSRF-Token": sent["csrf"], "X-File-Name": name, "Accept": "application/json"}
    where = f"/submissions/file?_for={sent['_for']}"
    return client.post(where, data=body, headers=heads)


def _send_form(client: FlaskClient, page: str, body: bytes, name: str = "a.xlsx") -> TestResponse:
    """Hands a file in from this page as a browser without script does."""
    form = _mark(page) | {"files": (io.BytesIO(body), name)}
    return client.post("/submissions", data=form, content_type="multipart/form-data")


def _mark(page: str) -> dict[str, Any]:
    """What the form for files on this page sends beside them."""
    form = page.split('<form class="upload"')[1].split("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


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
    assert _sender(portal) == BROKER, "the page said so before the file was chosen"


@pytest.mark.parametrize("name", ["a.xlsx", "a.xml"])
@in_both
def test_from_a_page_open_for_a_company_nothing_is_taken_for_another(
    portal: Portal, lang: str, name: str
) -> None:
    _mandated(portal)
    client = portal.browser("broker", lang=lang)
    _choose(client, TRADER)
    page, orders = client.get("/").text, made()
    sheets = filled({ORDER: [orders[0].records[ORDER]]})
    body = sheets if name == "a.xlsx" else message(ORDER, orders)
    with portal.store.database.write() as connection:
        connection.execute(update(t.mandates).values(revoked_at=now_ms() - 1))
    by_script = _send(client, page, body, name)
    assert by_script.status_code == 409 and tells(by_script.json, "TRN-ACTING")
    by_form = _send_form(client, page, body, name)
    assert by_form.status_code == 409 and says(by_form.text, lang, "TRN-ACTING")
    with portal.store.database.read() as connection:
        assert connection.execute(select(t.submissions.c.id)).all() == []
    again = _send_form(client, client.get("/").text, body, name)
    # Sheets go out in the name that is seen now; a message that names another company does not.
    assert again.status_code == (303 if name == "a.xlsx" else 403)


def test_a_company_chosen_in_another_tab_stops_the_files_of_this_one(portal: Portal) -> None:
    _mandated(portal)
    client = portal.browser("broker")
    page, body = client.get("/").text, filled({ORDER: [made()[0].records[ORDER]]})
    _choose(client, TRADER)
    assert _send(client, page, body).status_code == 409
    _choose(client, BROKER)
    assert _send(client, page, body).status_code == 202
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
