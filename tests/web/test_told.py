"""What each agency was told of a declaration: this record alone, masked, by whom it concerns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import insert, update

from adapters import base
from schemas import registry
from single_window.accounts.permissions import Role
from single_window.routing import dispatch
from single_window.storage import tables as t
from single_window.storage.engine import now_ms
from tests.parties import join
from tests.portal import INVENTORY, ORDER, Portal, made, message
from tests.telling import in_both


def _dispatch(portal: Portal, agency: str) -> None:
    settings = replace(portal.store.settings, agency_delivery={agency: "pull"})
    store = replace(portal.store, settings=settings)
    dispatch.dispatch(store, portal.wake, base.load(agency, url=""))


def _first(portal: Portal, paper: str) -> int:
    items = portal.call(f"/api/v1/declarations?message={paper}").json["items"]
    return int(items[0]["id"])


def _orders(portal: Portal, *, batch: bool = True) -> int:
    """An order at customs that came and went in one message with another company's."""
    portal.file(message(ORDER, made(2 if batch else 1)))
    _dispatch(portal, "customs")
    return _first(portal, ORDER)


def _assessed(portal: Portal) -> int:
    """One inventory of two of which tax is told in one message that the window made."""
    portal.file(message(INVENTORY, made(2)))
    number = _first(portal, INVENTORY)
    with portal.store.database.write() as connection:
        due = update(t.legs).where(t.legs.c.agency == "tax").values(due_at=now_ms())
        connection.execute(due)
    _dispatch(portal, "tax")
    return number


def _told(portal: Portal, number: int, agency: str, **more: Any) -> dict[str, Any]:
    items = portal.call(f"/api/v1/declarations/{number}/told", **more).json["items"]
    return next(item for item in items if item["agency"] == agency)


def _texts(told: dict[str, Any]) -> dict[str, str]:
    return {f["name"]: f["value"] for section in told["sections"] for f in section["fields"]}


@in_both
def test_the_filer_s_own_record_is_shown_alone(portal: Portal, lang: str) -> None:
    mine, other = made(2)
    number = _orders(portal)
    browser = portal.browser(lang=lang)
    link = f"/declarations/{number}/told/customs"
    assert link in browser.get(f"/declarations/{number}").text
    page = browser.get(link).text
    assert mine.order_no in page and other.order_no not in page
    assert {"zh": "告知时间", "en": "Told at"}[lang] in page
    buyer = mine.records[ORDER]["OrderHead"]["buyerIdNumber"]
    assert buyer not in page and f"{buyer[:3]}*" in page
    body = browser.get(f"{link}.xml")
    assert body.headers["Content-Disposition"].endswith("CEB311Message-customs.xml")
    assert mine.order_no in body.text and other.order_no not in body.text and buyer in body.text
    root = etree.fromstring(body.data, etree.XMLParser(resolve_entities=False))
    (record,) = root.iterfind("{*}Order")
    registry.gate(ORDER).assertValid(etree.ElementTree(record))


def test_the_very_bytes_are_kept_where_the_message_was_one_record(portal: Portal) -> None:
    (trade,) = made()
    number = _orders(portal, batch=False)
    body = portal.browser().get(f"/declarations/{number}/told/customs.xml")
    assert body.data == message(ORDER, [trade])
    assert _told(portal, number, "customs")["guid"] in body.text


def test_what_the_window_made_is_shown_without_those_of_others(portal: Portal) -> None:
    mine, other = made(2)
    number = _assessed(portal)
    told = _told(portal, number, "tax")
    texts = _texts(told)
    assert told["message"] == "TaxAssessmentMessage" and told["at"]
    assert texts["orderNo"] == mine.order_no
    assert other.order_no not in str(told)
    body = portal.browser().get(f"/declarations/{number}/told/tax.xml")
    root = etree.fromstring(body.data, etree.XMLParser(resolve_entities=False))
    assert [each.findtext("{*}orderNo") for each in root] == [mine.order_no]
    registry.gate("TaxAssessmentMessage").assertValid(etree.ElementTree(root[0]))
    officer = portal.browser("tax")
    page = officer.get(f"/officer/declarations/{number}/told").text
    assert mine.order_no in page and other.order_no not in page
    assert officer.get(f"/officer/declarations/{number}/told.xml").data == body.data
    assert (
        f"/officer/declarations/{number}/told"
        in officer.get(f"/officer/declarations/{number}").text
    )


@in_both
def test_an_agency_that_was_told_nothing_yet_is_said_to_be(portal: Portal, lang: str) -> None:
    portal.file(message(ORDER, made()))
    number = _first(portal, ORDER)
    browser = portal.browser(lang=lang)
    page = browser.get(f"/declarations/{number}/told/customs")
    assert page.status_code == 200
    assert {"zh": "尚未告知", "en": "Nothing was told to"}[lang] in page.text
    assert browser.get(f"/declarations/{number}/told/customs.xml").status_code == 404
    assert browser.get(f"/declarations/{number}/told/nobody").status_code == 404
    assert portal.browser("customs").get(f"/officer/declarations/{number}/told").status_code == 404
    told = _told(portal, number, "customs")
    assert (told["message"], told["at"], told["sections"]) == ("", None, [])


def test_what_cannot_be_found_in_a_message_is_not_shown(portal: Portal) -> None:
    number = _assessed(portal)
    with portal.store.database.write() as connection:
        own = t.legs.c.declaration_id == number
        connection.execute(update(t.legs).where(own, t.legs.c.agency == "tax").values(id=12345))
    assert _told(portal, number, "tax")["sections"] == []


@pytest.mark.parametrize("reader", ["operator", "named"])
def test_who_did_not_file_gets_a_copy_without_people(portal: Portal, reader: str) -> None:
    (trade,) = made()
    number = _orders(portal, batch=False)
    if reader == "named":
        named = join(portal, "named", role=Role.TRADER)
        with portal.store.database.write() as connection:
            row = {"code": named.code, "declaration_id": number}
            connection.execute(insert(t.parties).values(row))
    browser = portal.browser(reader)
    page = browser.get(f"/declarations/{number}/told/customs").text
    body = browser.get(f"/declarations/{number}/told/customs.xml").text
    buyer = trade.records[ORDER]["OrderHead"]["buyerIdNumber"]
    for text in (page, body):
        assert trade.order_no in text and buyer not in text


def test_somebody_else_s_does_not_exist(portal: Portal) -> None:
    number = _orders(portal)
    join(portal, "stranger", role=Role.BROKER)
    assert portal.call(f"/api/v1/declarations/{number}/told", by="stranger").status_code == 404
    browser = portal.browser("stranger")
    assert browser.get(f"/declarations/{number}/told/customs").status_code == 404
    assert portal.browser("tax").get(f"/officer/declarations/{number}/told").status_code == 404
