"""A third party that a message names (BaseSubscribe) gets its data, its receipts, or both."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from sqlalchemy import update

from single_window.accounts.permissions import Role
from single_window.demo.cast import parties
from single_window.routing import dispatch, receipts
from single_window.routing.arrivals import store_receipt
from single_window.storage import tables as t
from tests.parties import join
from tests.portal import ORDER, Portal, made, message
from tests.window import Agency

_PATH = "/api/v1/subscriptions"


def _party(portal: Portal, name: str, dxp_id: str) -> None:
    """An organisation with its number at E-port."""
    joined = join(portal, name, role=Role.TRADER)
    with portal.store.database.write() as connection:
        connection.execute(
            update(t.organisations).where(t.organisations.c.id == joined.id).values(dxp_id=dxp_id)
        )


def _naming(*asked: tuple[str, str], count: int = 2, spoil: bool = False) -> bytes:
    """A message of orders with subscriptions: status and number at E-port of each."""
    trades = made(count)
    if spoil:
        trades[0].records[ORDER]["OrderHead"]["currency"] = "999"
    body = message(ORDER, trades).decode()
    blocks = "".join(
        f"<ceb:BaseSubscribe><ceb:status>{status}</ceb:status><ceb:dxpMode>DXP</ceb:dxpMode>"
        f"<ceb:dxpAddress>{address}</ceb:dxpAddress></ceb:BaseSubscribe>"
        for status, address in asked
    )
    return body.replace("</ceb:BaseTransfer>", f"</ceb:BaseTransfer>{blocks}").encode()


def _got(portal: Portal, by: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = portal.call(_PATH, by=by).json["items"]
    return found


def _statuses(portal: Portal, by: str, number: int) -> list[int]:
    return [
        portal.call(f"{_PATH}/{number}/{what}", by=by).status_code for what in ("data", "receipts")
    ]


@pytest.mark.parametrize(
    ("status", "answers"), [("ALL", [200, 200]), ("DATA", [200, 404]), ("RET", [404, 200])]
)
def test_each_gets_what_was_asked_for_it_and_no_more(
    portal: Portal, status: str, answers: list[int]
) -> None:
    _party(portal, "cat", "DXPENT0000000001")
    _party(portal, "dog", "DXPENT0000000002")
    body = _naming((status, "DXPENT0000000001"))
    filed = portal.file(body)
    assert filed["counts"]["accepted"] == 2
    (item,) = _got(portal, "cat")
    told = (item["id"], item["status"], item["message"], item["records"], item["sender"])
    assert told == (1, status, ORDER, 2, parties()["agent"]["code"])
    assert _statuses(portal, "cat", 1) == answers
    assert (_got(portal, "dog"), _statuses(portal, "dog", 1)) == ([], [404, 404])
    number = portal.call("/api/v1/declarations").json["items"][0]["id"]
    assert portal.call(f"/api/v1/declarations/{number}", by="cat").status_code == 404
    if status != "RET":
        assert portal.call(f"{_PATH}/1/data", by="cat").data == body


def test_receipts_come_record_by_record_as_agencies_answer(portal: Portal) -> None:
    _party(portal, "cat", "DXPENT0000000001")
    portal.file(_naming(("RET", "DXPENT0000000001")))
    (first, second) = portal.call(f"{_PATH}/1/receipts", by="cat").json["items"]
    assert (first["record"], first["receipts"], second["record"]) == (1, [], 2)
    customs = Agency.of("customs")
    dispatch.dispatch(portal.store, portal.wake, customs)
    head = made(2)[1].records[ORDER]["OrderHead"]
    echo = "".join(f"<{n}>{head[n]}</{n}>" for n in ("guid", "ebpCode", "ebcCode", "orderNo"))
    answer = (
        f'<CEB312Message xmlns="http://www.chinaport.gov.cn/ceb"><OrderReturn>{echo}'
        "<returnStatus>120</returnStatus><returnTime>20261120120000</returnTime>"
        "<returnInfo>x</returnInfo></OrderReturn></CEB312Message>"
    )
    store_receipt(portal.store, portal.wake, "customs", answer.encode())
    receipts.apply_due(portal.store, portal.wake, customs)
    page = portal.call(f"{_PATH}/1/receipts?after=1&limit=1", by="cat").json
    (item,) = page["items"]
    assert (item["record"], item["guid"], page["next"]) == (2, head["guid"], 2)
    assert [(each["agency"], each["code"]) for each in item["receipts"]] == [("customs", "120")]
    described = portal.call("/api/v1/openapi.json").json
    shape = described["components"]["schemas"]["SubscribedReceiptList"]
    jsonschema.validate(page, shape | {"components": described["components"]})


def test_only_what_was_taken_in_is_given(portal: Portal) -> None:
    _party(portal, "cat", "DXPENT0000000001")
    portal.file(_naming(("ALL", "DXPENT0000000001"), spoil=True))
    (item,) = _got(portal, "cat")
    assert item["records"] == 1
    found = [portal.call(f"{_PATH}/1/data", by="cat").data for _ in range(2)]
    assert found[0] == found[1], "the same each time"
    orders = [trade.order_no.encode() for trade in made(2)]
    assert [order in found[0] for order in orders] == [False, True]
    assert [
        each["record"] for each in portal.call(f"{_PATH}/1/receipts", by="cat").json["items"]
    ] == [2]


def test_a_subscriber_who_is_nobody_here_is_told_and_nothing_is_lost(portal: Portal) -> None:
    _party(portal, "cat", "DXPENT0000000001")
    _party(portal, "dog", "DXPENT0000000003")
    _party(portal, "owl", "DXPENT0000000003")
    asked = [
        ("ALL", "DXPENT0000000009"),
        ("RET", "DXPENT0000000003"),
        ("SOME", "DXPENT0000000001"),
        ("DATA", "DXPENT0000000001"),
        ("RET", "DXPENT0000000001"),
    ]
    filed = portal.file(_naming(*asked))
    assert filed["counts"]["accepted"] == 2
    (told,) = filed["messages"]
    assert [(each["code"], each["value"], each["severity"]) for each in told["findings"]] == [
        ("ENV-SUBSCRIBE-STATUS", "SOME", "warn"),
        ("ENV-SUBSCRIBER", "DXPENT0000000009", "warn"),
        ("ENV-SUBSCRIBER", "DXPENT0000000003", "warn"),
    ]
    assert [item["status"] for item in _got(portal, "cat")] == ["ALL"], "both asked for is all"
    assert [_got(portal, name) for name in ("dog", "owl")] == [[], []]


def test_nothing_is_given_of_what_is_not_filed(portal: Portal) -> None:
    _party(portal, "cat", "DXPENT0000000001")
    body = _naming(("ALL", "DXPENT0000000001"))
    portal.file(body, query_string={"check_only": "true"})
    portal.file(body.replace(b"</ceb:BaseTransfer>", b"</ceb:BaseTransfer>" + _TWICE))
    assert _got(portal, "cat") == []


_TWICE = (
    b"<ceb:BaseTransfer><ceb:copCode>3301980XYZ</ceb:copCode><ceb:copName>x</ceb:copName>"
    b"<ceb:dxpMode>DXP</ceb:dxpMode><ceb:dxpId>D</ceb:dxpId></ceb:BaseTransfer>"
)


def test_numbers_have_no_gap_and_wait_for_what_is_being_checked(portal: Portal) -> None:
    _party(portal, "cat", "DXPENT0000000001")
    bodies = []
    for at in range(3):
        trade = made(1, seed=50 + at)
        body = message(ORDER, trade, guid=f"00000000-0000-4000-8000-00000000010{at}").decode()
        block = (
            "</ceb:BaseTransfer><ceb:BaseSubscribe><ceb:status>DATA</ceb:status><ceb:dxpMode>DXP"
            "</ceb:dxpMode><ceb:dxpAddress>DXPENT0000000001</ceb:dxpAddress></ceb:BaseSubscribe>"
        )
        bodies.append(body.replace("</ceb:BaseTransfer>", block).encode())
    portal.file(bodies[0])
    for body in bodies[1:]:
        assert portal.call("/api/v1/submissions", data=body).status_code == 202
    assert [item["id"] for item in _got(portal, "cat")] == [1]
    portal.work()
    page = portal.call(f"{_PATH}?after=1&limit=1", by="cat").json
    assert ([item["id"] for item in page["items"]], page["next"]) == ([2], 2)
    assert [item["id"] for item in _got(portal, "cat")] == [1, 2, 3]
