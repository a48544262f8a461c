"""Mailboxes: numbered without a gap, never emptied by reading, each agency its own."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from adapters import base
from single_window.routing import dispatch, mailboxes, receipts
from single_window.settings import BadSetting, load
from single_window.storage import tables as t
from single_window.storage.store import Store
from tests.portal import INVENTORY, ORDER, PAPERS, Portal, made, message
from tests.telling import tells

AGENCIES = ("customs", "tax", "fx")
LIST = "/api/v1/agency/messages"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def pulled(portal: Portal) -> Portal:
    """A portal of which every agency fetches its messages itself."""
    settings = replace(portal.store.settings, agency_delivery=dict.fromkeys(AGENCIES, "pull"))
    portal.store = replace(portal.store, settings=settings)
    return portal


def _stored(connection: Any, agency: str = "tax") -> int:
    """A message that waits to be put."""
    row = {"agency": agency, "guid": str(uuid4()), "content": "X", "records": 1}
    row |= {"transport": "pending", "due_at": None, "created_at": 0}
    made_row = insert(t.outgoing).values(row).returning(t.outgoing.c.id)
    return int(connection.execute(made_row).scalar_one())


def _put(store: Store, agency: str = "tax") -> int:
    with store.database.write() as connection:
        return mailboxes.put(connection, agency, _stored(connection, agency), at=1)


def _numbers(store: Store, agency: str = "tax", after: int = 0) -> list[int]:
    with store.database.read() as connection:
        page = mailboxes.read(connection, agency, after=after, limit=1000)
    return [item["number"] for item in page.items]


# --- numbers -------------------------------------------------------------------------------


def test_each_agency_counts_for_itself(store: Store) -> None:
    assert [_put(store, agency) for agency in ("tax", "tax", "fx", "tax")] == [1, 2, 1, 3]


def test_a_number_that_was_not_kept_is_given_again(store: Store) -> None:
    _put(store)
    with pytest.raises(RuntimeError), store.database.write() as connection:
        assert mailboxes.put(connection, "tax", _stored(connection), at=1) == 2
        raise RuntimeError
    assert _put(store) == 2


def test_a_later_number_is_never_to_be_seen_before_an_earlier_one(store: Store) -> None:
    begun, end = threading.Event(), threading.Event()

    def first() -> None:
        with store.database.write() as connection:
            mailboxes.put(connection, "tax", _stored(connection), at=1)
            begun.set()
            end.wait(30)

    writers = [threading.Thread(target=first), threading.Thread(target=_put, args=(store,))]
    writers[0].start()
    assert begun.wait(30)
    writers[1].start()
    writers[1].join(0.3)
    assert writers[1].is_alive() and _numbers(store) == []
    end.set()
    for writer in writers:
        writer.join(30)
    assert _numbers(store) == [1, 2]


def test_many_writers_leave_no_gap_and_a_reader_misses_nothing(store: Store) -> None:
    seen: list[int] = []

    def write() -> None:
        for _ in range(50):
            _put(store)

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        seen += _numbers(store, after=seen[-1] if seen else 0)
    seen += _numbers(store, after=seen[-1] if seen else 0)
    assert seen == list(range(1, 151))


# --- from a declaration to the agency and back -----------------------------------------------


def _dispatch(portal: Portal, agency: str) -> None:
    dispatch.dispatch(portal.store, portal.wake, base.load(agency, url=""))


def _mail(portal: Portal, agency: str = "customs", query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = portal.call(f"{LIST}?body=true&{query}", by=agency).json["items"]
    return items


def _legs(portal: Portal) -> dict[str, str]:
    with portal.store.database.read() as connection:
        rows = connection.execute(
            select(t.legs.c.agency, t.legs.c.transport).where(t.legs.c.content == ORDER)
        )
        return {row.agency: row.transport for row in rows}


def test_a_message_is_put_instead_of_sent_and_acknowledged_when_it_is_fetched(
    pulled: Portal,
) -> None:
    body = message(ORDER, made())
    pulled.file(body)
    _dispatch(pulled, "customs")
    (item,) = _mail(pulled)
    assert (item["number"], item["id"], item["content"]) == (1, 1, ORDER)
    assert base64.b64decode(item["body_base64"]) == body
    assert pulled.call(item["body_url"], by="customs").data == body
    assert _legs(pulled) == {"customs": "sent"}
    assert pulled.call(f"{LIST}/1/ack", by="customs", method="POST").status_code == 200
    assert _legs(pulled) == {"customs": "acknowledged"}
    assert _kinds(pulled) == ["received", "put", "collected"]


def _kinds(portal: Portal) -> list[str]:
    number = portal.call("/api/v1/declarations").json["items"][0]["id"]
    told = portal.call(f"/api/v1/declarations/{number}").json
    return [event["kind"] for event in told["timeline"]]


_RECORDS = {
    "CEB311Message": ("CEB312Message", "OrderReturn"),
    "CEB411Message": ("CEB412Message", "PaymentReturn"),
    "CEB511Message": ("CEB512Message", "LogisticsReturn"),
    "CEB621Message": ("CEB622Message", "InventoryReturn"),
}


def _receipt(paper: str, record: Mapping[str, Any], status: str) -> str:
    """What customs answers to one record."""
    head = next(group for name, group in record.items() if name.endswith("Head"))
    root, entity = _RECORDS[paper]
    named = base.manifest("customs").receipts[root].match
    told = "".join(f"<{name}>{head[name]}</{name}>" for name in named if name in head)
    said = f"<returnStatus>{status}</returnStatus><returnTime>20261120120000</returnTime>"
    space = "http://www.chinaport.gov.cn/ceb"
    return f'<{root} xmlns="{space}"><{entity}>{told}{said}</{entity}></{root}>'


def test_a_trade_is_released_without_a_call_from_us(pulled: Portal) -> None:
    (trade,) = made()
    for paper in PAPERS:
        pulled.file(message(paper, [trade]))
    given = {"CEB311Message": "120", "CEB411Message": "120", "CEB511Message": "120"}
    for answers in (given, {INVENTORY: "800"}):
        _dispatch(pulled, "customs")
        told = [_receipt(paper, trade.records[paper], code) for paper, code in answers.items()]
        answer = pulled.app.test_client().post(
            "/api/v1/agency/receipts", json={"receipts": told}, headers=pulled.key("customs")
        )
        assert answer.status_code == 202 and len(answer.json["items"]) == len(told)
        receipts.apply_due(pulled.store, pulled.wake, base.load("customs", url=""))
        pulled.work()
    (item,) = pulled.call(f"/api/v1/declarations?message={INVENTORY}").json["items"]
    assert item["outcome"] == "released"
    _dispatch(pulled, "tax")
    assert [mail["content"] for mail in _mail(pulled, "tax")] == ["TaxAssessmentMessage"]


def test_what_waited_to_be_sent_is_put_when_the_setting_changes(portal: Portal) -> None:
    portal.file(message(ORDER, made()))
    _dispatch(portal, "customs")
    assert _mail(portal) == []
    with portal.store.database.write() as connection:
        connection.execute(t.outgoing.update().values(due_at=0))
    settings = replace(portal.store.settings, agency_delivery={"customs": "pull"})
    dispatch.dispatch(
        replace(portal.store, settings=settings), portal.wake, base.load("customs", url="")
    )
    assert len(_mail(portal)) == 1


def test_a_way_of_delivery_that_means_nothing_is_refused_at_the_start() -> None:
    assert load({"AGENCY_DELIVERY": "customs=pull"}).agency_delivery == {"customs": "pull"}
    with pytest.raises(BadSetting, match="AGENCY_DELIVERY"):
        load({"AGENCY_DELIVERY": "customs=carrier pigeon"})


# --- reading and acknowledging ---------------------------------------------------------------


def test_reading_consumes_nothing_and_says_when_nothing_is_new(portal: Portal) -> None:
    for _ in range(3):
        _put(portal.store)
    first = portal.call(f"{LIST}?limit=2", by="tax")
    assert [item["number"] for item in first.json["items"]] == [1, 2]
    assert (first.json["next"], first.json["last"]) == (2, 3)
    assert portal.call(f"{LIST}?limit=2", by="tax").json == first.json
    tag = {"If-None-Match": first.headers["ETag"]}
    assert portal.call(f"{LIST}?limit=2", by="tax", headers=tag).status_code == 304
    end = portal.call(f"{LIST}?after=2", by="tax").json
    assert [item["number"] for item in end["items"]] == [3] and end["next"] is None
    assert portal.call(f"{LIST}?after=3", by="tax").json["items"] == []


def test_acknowledging_again_changes_nothing_and_the_message_stays(portal: Portal) -> None:
    for _ in range(3):
        _put(portal.store)
    first = portal.call(f"{LIST}/2/ack", by="tax", method="POST").json
    assert portal.call(f"{LIST}/2/ack", by="tax", method="POST").json == first
    many = portal.app.test_client().post(
        f"{LIST}/ack", json={"numbers": [3, 2, 3, 9]}, headers=portal.key("tax")
    )
    assert [item["number"] for item in many.json["items"]] == [2, 3]
    assert many.json["items"][0] == first and many.json["unknown"] == [9]
    assert [item["number"] for item in portal.call(LIST, by="tax").json["items"]] == [1, 2, 3]


def test_another_agency_s_mailbox_does_not_exist(portal: Portal) -> None:
    _put(portal.store, "tax")
    assert portal.call(LIST, by="fx").json == {"items": [], "next": None, "last": 0}
    for path, method in ((f"{LIST}/1", "GET"), (f"{LIST}/1/ack", "POST")):
        answer = portal.call(path, by="fx", method=method)
        assert answer.status_code == 404 and tells(answer.json, "not-found")
    for filer in ("broker", "trader", "operator"):
        answer = portal.call(LIST, by=filer)
        assert answer.status_code == 403 and tells(answer.json, "forbidden")


def test_a_cursor_from_the_future_gets_a_clear_answer(portal: Portal) -> None:
    _put(portal.store)
    answer = portal.call(f"{LIST}?after=7", by="tax")
    assert (answer.status_code, answer.json["code"]) == (409, "cursor-ahead")
    assert tells(answer.json), "what is the matter and what to do, in both languages"
    for text in (answer.json["text_zh"], answer.json["text_en"]):
        assert "7" in text and "1" in text


@pytest.mark.parametrize("path", [f"{LIST}/ack", "/api/v1/agency/receipts"])
@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"{}", b'{"numbers": []}', b'{"numbers": ["1"]}', b'{"numbers": [true]}',
        b'{"numbers": 1}', b'{"receipts": []}', b'{"receipts": [1]}', b'{"receipts": [" "]}',
        b'{"receipts": ["\\ud800"]}', b"\xff", b'{"numbers": [1e3]}', b"[" * 60_000,
    ],
)  # fmt: skip
def test_a_list_that_is_none_is_told_so(portal: Portal, path: str, body: bytes) -> None:
    answer = portal.call(path, by="tax", data=body, headers=JSON)
    assert answer.status_code == 400 and answer.json["code"] in {"bad-list", "bad-request"}


# --- receipts --------------------------------------------------------------------------------


def test_a_receipt_with_another_agency_s_number_moves_nothing(pulled: Portal) -> None:
    (trade,) = made()
    pulled.file(message(ORDER, [trade]))
    _dispatch(pulled, "customs")
    number = pulled.call("/api/v1/declarations").json["items"][0]["id"]
    told = (
        f'<TaxReceiptMessage xmlns="urn:single-window:agency:1"><TaxReceipt><reference>{number * 8}'
        "</reference><returnStatus>REJECTED</returnStatus><returnTime>20261120120000</returnTime>"
        "</TaxReceipt></TaxReceiptMessage>"
    )
    given = pulled.call("/api/v1/agency/receipts", by="tax", data=told.encode())
    receipts.apply_due(pulled.store, pulled.wake, base.load("tax", url=""))
    path = f"/api/v1/agency/receipts/{given.json['id']}"
    shown = pulled.call(path, by="tax").json
    assert shown["state"] == "unmatched" and tells(shown, "unmatched")
    assert "1/1" in shown["text_zh"] and "1/1" in shown["text_en"]
    other = pulled.call(path, by="customs")
    assert other.status_code == 404 and tells(other.json, "not-found")
    assert _legs(pulled) == {"customs": "sent"}


def test_the_same_receipts_again_are_counted_and_kept_once(portal: Portal) -> None:
    client, head = portal.app.test_client(), portal.key("fx")
    told = {"receipts": ["<a/>", "<b/>", "<a/>"]}
    first = client.post("/api/v1/agency/receipts", json=told, headers=head).json["items"]
    assert first[0] == first[2] != first[1]
    assert client.post("/api/v1/agency/receipts", json=told, headers=head).json["items"] == first
    shown = client.get(f"/api/v1/agency/receipts/{first[0]['id']}", headers=head).json
    assert (shown["state"], shown["times"]) == ("new", 4) and tells(shown, "new")


def test_a_receipt_that_cannot_be_read_is_told_in_both_languages(pulled: Portal) -> None:
    given = pulled.call("/api/v1/agency/receipts", by="tax", data=b"<TaxReceiptMessage>")
    receipts.apply_due(pulled.store, pulled.wake, base.load("tax", url=""))
    shown = pulled.call(f"/api/v1/agency/receipts/{given.json['id']}", by="tax").json
    assert shown["state"] == "unreadable" and tells(shown, "unreadable")
