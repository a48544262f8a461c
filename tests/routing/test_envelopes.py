"""Messages to customs in the transport envelope, and what comes back in it, over real sockets."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapters.base import Outcome, manifest
from schemas import registry
from single_window.settings import BadSetting, load
from single_window.storage import tables as t
from tests.adapters.office import Inbox, Office
from tests.window import INVENTORY, ORDER, PAYMENT, WAYBILL, Agency, Window, made, message, opened

_SPACE = "{http://www.chinaport.gov.cn/dxp}"


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Window]:
    """A window whose messages to customs travel in the envelope."""
    with opened(tmp_path, agency_envelope={"customs": "dxp"}, dxp_id="DXPENT0000000007") as made_it:
        yield made_it


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The simulated customs as a process of its own."""
    inbox = Inbox()
    running = Office("customs", tmp_path / "books", inbox)
    yield running
    running.close()
    inbox.close()


def _sent(window: Window, customs: Agency) -> etree._Element:
    window.dispatch(customs)
    return etree.fromstring(customs.bodies[-1])


def test_the_bytes_inside_are_the_filers_own(window: Window) -> None:
    customs = Agency.of("customs")
    (trade,) = made()
    body = message(ORDER, [trade.records[ORDER]])
    window.receive(body)
    window.check()
    sent = _sent(window, customs)
    assert registry.envelope_gate("DxpMsg").validate(sent)
    assert b64decode(sent.findtext(f"{_SPACE}Data") or "") == body
    said = {
        etree.QName(each).localname: each.text for each in sent.iterfind(f"{_SPACE}TransInfo/*")
    }
    (row,) = window.rows(of=t.outgoing)
    assert (said["CopMsgId"], said["MsgType"]) == (row.guid, ORDER)
    assert said["SenderId"] == "DXPENT9999900001", "whom the message inside names"
    receiver = sent.findtext(f"{_SPACE}TransInfo/{_SPACE}ReceiverIds/{_SPACE}ReceiverId")
    assert receiver == manifest("customs").receiver(ORDER) == "DXPEDCCEB0000002"


def test_it_is_sent_again_as_the_same_bytes(window: Window) -> None:
    customs = Agency.of("customs", Outcome.UNKNOWN)
    (trade,) = made()
    window.file_trade(trade, ORDER)
    _sent(window, customs)
    with window.store.database.write() as connection:
        connection.execute(t.outgoing.update().values(due_at=1))
        connection.execute(t.circuits.update().values(open_until=0))
    _sent(window, customs)
    first, again = customs.bodies
    assert first == again


def test_between_nodes_the_same_message_goes_in_the_envelope_of_a_node(
    tmp_path: Path, office: Office
) -> None:
    customs = Agency.of("customs")
    trades = made(count=2)
    told = {"agency_envelope": {"customs": "dxpsv"}, "dxp_id": "DXPENT0000000007"}
    with opened(tmp_path, **told, dxp_sta_node="33010001", dxp_end_node="CCEB01") as window:
        bodies = [message(ORDER, [trade.records[ORDER]]) for trade in trades]
        for body in bodies:
            window.receive(body)
            window.check()
        window.dispatch(customs)
        sent = [etree.fromstring(body) for body in customs.bodies]
        assert all(registry.envelope_gate("DxpMsgSv").validate(each) for each in sent)
        said = {name: sent[0].findtext(f"{_SPACE}SvNo/{_SPACE}{name}") for name in _NODE}
        assert (said["EndNode"], said["StaNode"]) == ("CCEB01", "33010001")
        at = datetime.fromisoformat(said["SendTime"] or "")
        numbers = [each.findtext(f"{_SPACE}SvNo/{_SPACE}MsgId") or "" for each in sent]
        assert [len(number) for number in numbers] == [32, 32]
        assert len(set(numbers)) == 2
        assert numbers[0].startswith(f"33010001{at:%Y%m%d%H%M%S}")
        inner = sent[0].findtext(f"{_SPACE}DxpMsg/{_SPACE}Data") or ""
        assert b64decode(inner) == bodies[0]
        answer = office.adapter.send(customs.bodies[0], message_id="M-1").body or b""
        (verdict,) = office.adapter.parse(answer)
        assert verdict.code == "0000"


_NODE = ("MsgId", "SendTime", "EndNode", "StaNode")


def test_without_a_number_of_its_own_the_window_is_the_sender(window: Window) -> None:
    customs = Agency.of("customs")
    (trade,) = made()
    body = message(ORDER, [trade.records[ORDER]])
    window.receive(body.replace(b"DXPENT9999900001", b"DXPENT99999000010001"))
    window.check()
    sent = _sent(window, customs)
    assert sent.findtext(f"{_SPACE}TransInfo/{_SPACE}SenderId") == "DXPENT0000000007"


def test_a_trade_is_released_with_envelopes_both_ways(window: Window, office: Office) -> None:
    (trade,) = made()
    window.file_trade(trade, ORDER, PAYMENT, WAYBILL, INVENTORY)
    seen = 0
    for outcome in ("accepted", "released"):
        window.pair()
        window.dispatch(office.adapter)  # type: ignore[arg-type]
        enough = {"accepted": 6, "released": 11}[outcome]
        bodies = office.inbox.wait(lambda came, enough=enough: len(came) >= enough)
        for body in bodies[seen:]:
            assert b"<DxpMsg " in body
            assert registry.envelope_gate("DxpMsg").validate(etree.fromstring(body))
            window.answer(office.adapter, body)
        seen = len(bodies)
    assert window.lead(trade).outcome == "released"
    answers = window.rows(of=t.receipts)
    assert {row.state for row in answers} == {"applied"}
    told = [window.store.vault.open(row.sealed_body, b"customs") for row in answers]
    platform = [etree.fromstring(body) for body in told if b"<DxpRep" in body]
    assert len(platform) == 4, "the platform answers each message at once"
    assert all(registry.envelope_gate("DxpRep").validate(each) for each in platform)


@pytest.mark.parametrize(("code", "state"), [("0000", "acknowledged"), ("2001", "failed")])
def test_the_platforms_word_is_about_the_transport_only(
    window: Window, code: str, state: str
) -> None:
    customs = Agency.of("customs")
    (trade,) = made()
    window.file_trade(trade, ORDER)
    _sent(window, customs)
    (row,) = window.rows(of=t.outgoing)
    space = _SPACE[1:-1]
    window.answer(
        customs,
        f'<DxpRep xmlns="{space}" ver="1.0"><RecevierId>R</RecevierId><Response><ResponseCode>'
        f"{code}</ResponseCode><NoticeTime>2026-11-24</NoticeTime><OriHead><CopMsgId>{row.guid}"
        "</CopMsgId></OriHead></Response></DxpRep>".encode(),
    )
    (leg,) = window.rows(of=t.legs)
    assert (leg.transport, leg.verdict) == (state, "none")
    (declaration,) = window.rows()
    event = window.shown(declaration.id)["timeline"][-1]
    assert (event["agency"], event["code"]) == ("customs", code)


def test_what_stands_wrongly_on_an_envelope_is_answered_by_the_platform(office: Office) -> None:
    (trade,) = made()
    body = message(ORDER, [trade.records[ORDER]])
    told: dict[str, Any] = {"message_id": "M-1", "sender": "D-7", "at": datetime.now(UTC)}
    for kind, code in ((PAYMENT, "0002"), (ORDER, "0000")):
        sent = office.adapter.send(
            office.adapter.wrap(body, message=kind, **told),
            message_id="M-1",
        )
        assert (sent.outcome, sent.body is not None) == (Outcome.TAKEN, True)
        (verdict,) = office.adapter.parse(sent.body or b"")
        assert (verdict.code, verdict.match["oriCopMsgId"]) == (code, "M-1")


def test_settings_that_cannot_work_are_refused_early() -> None:
    for given in (
        {"AGENCY_ENVELOPE": "customs=paper", "DXP_ID": "D"},
        {"AGENCY_ENVELOPE": "customs=dxp"},
        {"DXP_ID": "D" * 17},
        {"AGENCY_ENVELOPE": "customs=dxpsv", "DXP_ID": "D", "DXP_END_NODE": "E"},
        {"AGENCY_ENVELOPE": "customs=dxpsv", "DXP_ID": "D", "DXP_STA_NODE": "12345678"},
        {"DXP_STA_NODE": "1234567"},
        {"DXP_END_NODE": "123456789"},
    ):
        with pytest.raises(BadSetting, match=r"AGENCY_ENVELOPE|DXP_ID|DXP_(STA|END)_NODE"):
            load(given)
    nodes = {"DXP_STA_NODE": "12345678", "DXP_END_NODE": "E"}
    for kind, more in (("dxp", {}), ("dxpsv", nodes)):
        settings = load({"AGENCY_ENVELOPE": f"customs={kind}", "DXP_ID": "D", **more})
        assert load(settings.environment()) == settings
