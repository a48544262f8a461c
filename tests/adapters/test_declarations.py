"""What customs answers to a goods declaration, in all the forms in which it has been seen."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.base import FIRST, NotAReceipt, Verdict, load
from adapters.customs import stub
from adapters.stubs.forms import script

CUSTOMS = load("customs", url="http://127.0.0.1")
RESPONSE = (
    '<DecImportResponse xmlns="http://www.chinaport.gov.cn/dec"><ResponseCode>{code}</ResponseCode>'
    "<ErrorMessage>暂存</ErrorMessage><ClientSeqNo>E0213</ClientSeqNo>{more}</DecImportResponse>"
)
RESULT = (
    "<DEC_RESULT><CUS_CIQ_NO>E20190000357086783</CUS_CIQ_NO><ENTRY_ID>{entry}</ENTRY_ID>"
    "<NOTICE_DATE>2019-12-23T21:36:48</NOTICE_DATE><CHANNEL>{channel}</CHANNEL>"
    "<NOTE>成功</NOTE><CUSTOM_MASTER>5207</CUSTOM_MASTER></DEC_RESULT>"
)
NOTICED = datetime(2019, 12, 23, 13, 36, 48, tzinfo=UTC)


def said(text: str, encoding: str = "utf-8") -> Verdict:
    (verdict,) = CUSTOMS.parse(text.encode(encoding))
    return verdict


def test_the_first_answer_names_the_client_s_number_and_brings_the_unified_one() -> None:
    more = "<SeqNo>E20190000357524667</SeqNo>"
    assert said(RESPONSE.format(code="0", more=more)) == Verdict(
        agency="customs",
        event="taken",
        code="0",
        text="暂存",
        at=FIRST,
        match={"guid": "E0213"},
        numbers={"SeqNo": "E20190000357524667"},
        receipt="DecImportResponse",
    )


@pytest.mark.parametrize("code", ["1", "2", "-1", "800"])
def test_any_other_code_of_it_is_a_refusal(code: str) -> None:
    verdict = said(RESPONSE.format(code=code, more=""))
    assert (verdict.event, verdict.code, verdict.numbers) == ("rejected", code, {})


def test_a_later_answer_goes_by_the_unified_number_and_brings_customs_own() -> None:
    verdict = said(RESULT.format(channel="L", entry="520720190579438584"))
    assert (verdict.event, verdict.code, verdict.text) == ("stored", "L", "成功")
    assert verdict.match == {"SeqNo": "E20190000357086783"}
    assert verdict.numbers == verdict.match | {"EntryId": "520720190579438584"}
    assert verdict.at == NOTICED


@pytest.mark.parametrize(
    ("channel", "event"),
    [
        *(("7", "taken"), ("J", "accepted"), ("C", "inspect"), ("G", "review"), ("T", "hold")),
        *(("P", "released"), ("K", "released"), ("3", "released"), ("R", "closed")),
        *(("X", "returned"), ("Z", "returned"), ("E", "rejected")),
        *(("2", "unknown"), ("800", "unknown"), ("W", "unknown")),
    ],
)
def test_a_channel_means(channel: str, event: str) -> None:
    assert said(RESULT.format(channel=channel, entry="")).event == event


def test_namespaces_prefixes_and_case_do_not_matter() -> None:
    plain = RESULT.format(channel="7", entry="")
    spaced = plain.replace("<DEC_RESULT>", '<DEC_RESULT xmlns="urn:x">')
    prefixed = plain.replace("<", "<d:").replace("<d:/", "</d:")
    prefixed = prefixed.replace("<d:DEC_RESULT>", '<d:DEC_RESULT xmlns:d="urn:x">')
    lowered = plain.replace("CHANNEL", "channel").replace("DEC_RESULT", "Dec_Result")
    assert said(spaced) == said(prefixed) == said(lowered) == said(plain)


def test_the_older_form_is_read_in_its_wrapping_and_its_encoding() -> None:
    text = (
        '<?xml version="1.0" encoding="GB2312"?><DEC_DATA><DEC_RESULT>'
        "<SEQ_NO>E20190000357086783</SEQ_NO><ENTRY_ID>520720190579438584</ENTRY_ID>"
        "<NOTICE_DATE>20191223T21364800</NOTICE_DATE><CHANNEL>P</CHANNEL></DEC_RESULT>"
        "<RESULT_INFO>放行</RESULT_INFO></DEC_DATA>"
    )
    verdict = said(text, "gb2312")
    assert (verdict.event, verdict.text, verdict.at) == ("released", "放行", NOTICED)
    assert verdict.match == {"SeqNo": "E20190000357086783"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (RESPONSE.format(code="", more=""), "no-status"),
        (RESPONSE.format(code="0", more="").replace("E0213", ""), "no-key"),
        (RESULT.format(channel="", entry=""), "no-status"),
        (RESULT.format(channel="P", entry="").replace("E20190000357086783", ""), "no-key"),
        (RESULT.format(channel="P", entry="").replace("2019-12-23T", "soon "), "bad-time"),
        (RESULT.format(channel="P", entry="")[:-5], "not-well-formed"),
        ("<!DOCTYPE a>" + RESULT.format(channel="P", entry=""), "doctype"),
        ("<!-- <DEC_RESULT> --><other/>", "unknown-root"),
    ],
)
def test_what_is_broken_is_no_receipt(text: str, reason: str) -> None:
    with pytest.raises(NotAReceipt) as refused:
        said(text)
    assert refused.value.reason == reason


@pytest.mark.parametrize(("flag", "starts", "kind"), [("E", "E2026", "0"), ("I", "I2026", "1")])
def test_the_simulated_customs_gives_numbers_of_the_right_form(
    flag: str, starts: str, kind: str
) -> None:
    given = stub.number({"IEFlag": flag, "customsCode": "0213"}, 7, "20261125")
    assert given["SeqNo"].startswith(starts)
    assert given["EntryId"][:9] == f"02132026{kind}"
    assert {len(number) for number in given.values()} == {18}


def test_a_mark_counts_at_the_number_of_the_contract_and_of_the_order() -> None:
    customs = script("customs")
    form = customs.forms["DecMessage"]
    for name in ("contractNo", "orderNo"):
        assert customs.outcome(form, {name: "1-T-HOLD"}) == "hold"


def test_real_answers_are_read(shared: Path) -> None:
    found = {
        path.name: CUSTOMS.parse(path.read_bytes())[0].event
        for path in sorted((shared / "samples" / "goods-and-bonded").glob("D[Ee][Cc]*.xml"))
        if not path.name.startswith("DecMessage")
    }
    assert found == {
        "DEC_RESULT_channel_7.xml": "taken",
        "DEC_RESULT_channel_L.xml": "stored",
        "DecImportResponse_failed.xml": "rejected",
        "DecImportResponse_success.xml": "taken",
    }
