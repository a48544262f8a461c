"""Receipts as they come: national ones, real ones, damaged ones."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapters.base import NotAReceipt, Verdict, load
from schemas import codes
from tests.answering import need

DAY = date(2026, 11, 24)
CUSTOMS = load("customs", url="http://127.0.0.1")
RETURN = (
    "<guid>G1</guid><ebpCode>E1</ebpCode><copNo>C1</copNo><preNo>P1</preNo><invtNo>I1</invtNo>"
    "<returnStatus>{status}</returnStatus><returnTime>20200615171556654</returnTime>"
    "<returnInfo>放行</returnInfo>"
)


def _receipt(content: str, root: str = "CEB622Message") -> bytes:
    return f'<{root} xmlns="http://www.chinaport.gov.cn/ceb">{content}</{root}>'.encode()


def _returned(status: str) -> Verdict:
    content = f"<InventoryReturn>{RETURN.format(status=status)}</InventoryReturn>"
    (verdict,) = CUSTOMS.parse(_receipt(content))
    return verdict


def test_a_receipt_says_what_happened_when_and_to_which_inventory() -> None:
    assert _returned("800") == Verdict(
        agency="customs",
        event="released",
        code="800",
        text="放行",
        at=datetime(2020, 6, 15, 9, 15, 56, 654000, UTC),
        match={"guid": "G1", "ebpCode": "E1", "copNo": "C1", "preNo": "P1", "invtNo": "I1"},
        numbers={"preNo": "P1", "invtNo": "I1"},
        receipt="CEB622Message",
    )


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("2", "taken"),
        ("4", "failed"),
        ("100", "returned"),
        ("120", "stored"),
        ("300", "review"),
        ("399", "reviewed"),
        ("500", "inspect"),
        ("599", "hold"),
        ("899", "closed"),
        ("-621005", "rejected"),
        ("777", "unknown"),
    ],
)
def test_a_national_status_means(status: str, event: str) -> None:
    assert _returned(status).event == event


def test_prefixes_strange_elements_comments_and_encodings_do_not_matter() -> None:
    text = (
        '<?xml version="1.0" encoding="GBK"?><c:CEB622Message xmlns:c="urn:x" guid="1">'
        "<!-- so --><c:InventoryReturn><c:new>1</c:new><c:guid>G<!-- so -->1</c:guid>"
        "<c:returnStatus> 800 </c:returnStatus><c:returnTime>20200615171556</c:returnTime>"
        "<c:returnInfo>放行</c:returnInfo></c:InventoryReturn></c:CEB622Message>"
    )
    (verdict,) = CUSTOMS.parse(text.encode("gbk"))
    assert (verdict.match["guid"], verdict.code, verdict.text) == ("G1", "800", "放行")


DXP = "http://www.chinaport.gov.cn/dxp"
RELEASED = _receipt(f"<InventoryReturn>{RETURN.format(status='800')}</InventoryReturn>")
DATA = base64.b64encode(RELEASED).decode()


@pytest.mark.parametrize(
    "body",
    [
        f'<DxpMsg xmlns="{DXP}"><Data>{DATA}</Data></DxpMsg>',
        f'<d:DxpMsg xmlns:d="{DXP}"><d:Data>{DATA[:50]}\n {DATA[50:]}</d:Data></d:DxpMsg>',
        f'<DxpMsgSv xmlns="{DXP}"><SvNo/><DxpMsg><Data>{DATA}</Data></DxpMsg></DxpMsgSv>',
        f'<!--{"-x" * 900}--><DxpMsg xmlns="{DXP}"><Data>{DATA}</Data></DxpMsg>',
    ],
)
def test_a_receipt_in_its_transport_envelope_is_opened(body: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        assert CUSTOMS.parse(body.encode(encoding)) == CUSTOMS.parse(RELEASED)


def test_a_signature_beside_the_records_is_no_record() -> None:
    signature = b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><KeyInfo/></Signature>'
    signed = RELEASED.replace(b"</CEB622Message>", signature + b"</CEB622Message>")
    assert CUSTOMS.parse(signed) == CUSTOMS.parse(RELEASED)


def _answer(code: str, head: str = "<CopMsgId>M1</CopMsgId>", day: str = "2017-01-02") -> bytes:
    return (
        f'<DxpRep xmlns="{DXP}" ver="1.0"><RecevierId>R</RecevierId><Response>'
        f"<ResponseCode>{code}</ResponseCode><ResponseInfo>x</ResponseInfo>"
        f"<Results><Result><RecId>R</RecId><Code>{code}</Code></Result></Results>"
        f"<NoticeTime>{day}</NoticeTime><OriHead>{head}<MsgType>CEB621Message</MsgType></OriHead>"
        "</Response></DxpRep>"
    ).encode()


@pytest.mark.parametrize(
    ("code", "event"),
    [("0000", "taken"), ("0002", "failed"), ("2001", "failed"), ("4711", "failed")],
)
def test_the_platforms_answer_names_the_message_it_is_about(code: str, event: str) -> None:
    (verdict,) = CUSTOMS.parse(_answer(code))
    assert (verdict.event, verdict.code, verdict.text) == (event, code, "x")
    assert verdict.match == {"oriCopMsgId": "M1", "oriMessageType": "CEB621Message"}
    assert verdict.at == datetime(2017, 1, 1, 16, 0, tzinfo=UTC)


def test_every_code_of_the_platform_is_known() -> None:
    listed = [code for code in codes.table("error-codes").codes_on(DAY) if code[0] != "-"]
    events = {CUSTOMS.manifest.event("DxpRep", code) for code in listed}
    assert len(listed) > 10 and events == {"failed"}


def test_a_word_in_a_receipt_makes_no_envelope() -> None:
    content = RETURN.format(status="2").replace("放行", "DxpMsg")
    (verdict,) = CUSTOMS.parse(_receipt(f"<InventoryReturn>{content}</InventoryReturn>"))
    assert (verdict.event, verdict.text) == ("taken", "DxpMsg")


def test_a_format_fault_names_the_message_it_is_about() -> None:
    content = (
        "<MessageReturn><guid>G</guid><returnStatus>-1</returnStatus><returnInfo>x</returnInfo>"
        "<returnTime>20200615171556654</returnTime><oriCopMsgId>M1</oriCopMsgId>"
        "<oriMessageType>CEB621Message</oriMessageType></MessageReturn>"
    )
    (verdict,) = CUSTOMS.parse(_receipt(content, "CEB900Message"))
    assert (verdict.event, verdict.match["oriCopMsgId"]) == ("rejected", "M1")


def test_a_tax_bill_brings_its_amounts_to_the_fen() -> None:
    content = (
        "<Tax><TaxHeadRd><returnTime>20200615171556658</returnTime><invtNo>I1</invtNo>"
        "<taxNo>I1_0</taxNo><customsTax>0.0</customsTax><valueAddedTax>37.305</valueAddedTax>"
        "<consumptionTax>1</consumptionTax><status>1</status></TaxHeadRd><TaxListRd>"
        "<gnum>1</gnum><gcode>2201101000</gcode><taxPrice>410.0</taxPrice>"
        "<customsTax>0.0</customsTax><valueAddedTax>37.305</valueAddedTax>"
        "<consumptionTax>1</consumptionTax></TaxListRd></Tax>"
    )
    (verdict,) = CUSTOMS.parse(_receipt(content, "CEB816Message"))
    assert (verdict.event, verdict.match, verdict.numbers) == (
        "bill",
        {"invtNo": "I1"},
        {"taxNo": "I1_0"},
    )
    line = {"gnum": "1", "hs": "2201101000", "dutiable": "410.00"}
    taxes = {"duty": "0.00", "vat": "37.31", "ct": "1.00"}
    assert verdict.amounts == {**taxes, "total": "38.31", "lines": [line | taxes]}


GOOD = f"<InventoryReturn>{RETURN.format(status='800')}</InventoryReturn>"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not-well-formed"),
        (_receipt(GOOD)[:-9], "not-well-formed"),
        (b"<DxpMsg><Data>Q</Data></DxpMsg>", "bad-envelope"),
        (b"<DxpMsg/>", "bad-envelope"),
        (b"<DxpRep/>", "no-records"),
        (_answer(""), "no-reference"),
        (_answer("0002", head=""), "no-reference"),
        (_answer("0002", day="yesterday"), "bad-time"),
        (b"<!DOCTYPE a>" + _receipt(GOOD), "doctype"),
        (_receipt(GOOD, "CEB621Message"), "unknown-root"),
        (_receipt(""), "no-records"),
        (_receipt(GOOD + GOOD.replace("800", "")), "no-status"),
        (_receipt(GOOD + GOOD.replace("20200615", "20200635")), "bad-time"),
        (_receipt(GOOD + GOOD.replace("20200615", "")), "bad-time"),
        (
            _receipt(
                "<InventoryReturn><returnStatus>2</returnStatus>"
                "<returnTime>20200615171556</returnTime></InventoryReturn>"
            ),
            "no-key",
        ),
        (_receipt("<Tax><TaxHeadRd/></Tax>", "CEB816Message"), "no-head"),
        (b"<DxpMsg><Data>A</Data></DxpMsg>", "bad-envelope"),
        (b"<DxpMsg/>", "bad-envelope"),
    ],
)
def test_half_a_receipt_is_none(body: bytes, reason: str) -> None:
    with pytest.raises(NotAReceipt) as refused:
        CUSTOMS.parse(body)
    assert refused.value.reason == reason


def test_an_entity_is_never_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    body = (
        f'<!DOCTYPE a [<!ENTITY e SYSTEM "{secret.as_uri()}">]><CEB622Message>&e;</CEB622Message>'
    )
    with pytest.raises(NotAReceipt):
        CUSTOMS.parse(body.encode())


@pytest.mark.parametrize(
    ("name", "event", "key"),
    [
        ("CEB622-real-2020-1-accepted.xml", "taken", "B20200615494000227"),
        ("CEB622-real-2020-2-logic-passed.xml", "stored", "29242020I439440284"),
        ("CEB622-real-2020-3-released.xml", "released", "29242020I439440284"),
        ("CEB816-real-2020.xml", "bill", "29242020I439440284_0"),
    ],
)
def test_real_receipts_are_understood(name: str, event: str, key: str) -> None:
    body = (Path(need("shared")) / "samples" / "ecommerce" / name).read_bytes()
    (verdict,) = CUSTOMS.parse(body)
    assert verdict.event == event
    assert key in verdict.numbers.values()


def test_official_and_enveloped_samples_are_understood() -> None:
    folder = Path(need("shared")) / "samples" / "ecommerce"
    assert len(CUSTOMS.parse((folder / "CEB312-official-202205.xml").read_bytes())) == 10
    (verdict,) = CUSTOMS.parse((folder / "DxpMsg-CEB312-real-2017.xml").read_bytes())
    assert verdict.match["orderNo"]
