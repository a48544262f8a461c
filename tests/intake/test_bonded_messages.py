"""Bonded messages are read wherever they stand, and go on as they came."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lxml import etree

from schemas.registry import message
from single_window.declarations.slices import compose
from single_window.domain.findings import Finding
from single_window.intake.checking import Result
from single_window.intake.forms import from_message, to_message
from single_window.intake.markup import Refused
from tests import answering
from tests.intake.documents import judged
from tests.intake.test_bonded_agreement import FRAMES, PACKAGE, SIGNED
from tests.schemas import samples

_XMLDSIG = ' xmlns="http://www.w3.org/2000/09/xmldsig#"'
_CLIENT = """<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><Object><Package>
<EnvelopInfo><version>1.0</version><message_id>1</message_id><file_name>a.xml</file_name>
<message_type>INV101</message_type><sender_id>DXPE</sender_id><receiver_id>DXPE</receiver_id>
<send_time>2026-11-24T10:00:00</send_time><Ic_Card>1</Ic_Card></EnvelopInfo>
<DataInfo><BussinessData><DelcareFlag>1</DelcareFlag><InvtMessage>
<InvtListType><GdsSeqno>1</GdsSeqno><DclQty>2.5</DclQty><SecdLawfQty/></InvtListType>
<InvtHeadType><EtpsInnerInvtNo>N1</EtpsInnerInvtNo><BizopEtpsno>1234567890</BizopEtpsno>
<PassportUsedTypecd>1</PassportUsedTypecd><Param4>x</Param4></InvtHeadType>
<InvtListType><GdsSeqno>2</GdsSeqno></InvtListType>
<InvtCbecBillType><CbecBillNo>C1</CbecBillNo></InvtCbecBillType>
<SysId>Z7</SysId><OperCusRegCode>1234567890</OperCusRegCode></InvtMessage></BussinessData></DataInfo>
</Package></Object></Signature>"""
_PASS = (
    "<PassPortMessage><PassportHead><EtpsPreentNo>P1</EtpsPreentNo>"
    "<AreainEtpsno>330261A004</AreainEtpsno></PassportHead>"
    "<PassPortList><PASSPORT_SEQNO>1</PASSPORT_SEQNO><GDECD>8411121000</GDECD>"
    "<GROSS_WT>1.5</GROSS_WT></PassPortList></PassPortMessage>"
)
_RESULT = (
    "<HdeApprResult><etpsPreentNo>E1</etpsPreentNo><businessId>QD1</businessId><tmsCnt>0</tmsCnt>"
    "<typecd>1</typecd><manageResult>1</manageResult><manageDate>2026-11-24 10:00:00</manageDate>"
    "<rmk/></HdeApprResult>"
)


def one(text: str) -> Result:
    """The result of the only record; nothing is wrong around it."""
    survey, (result,) = judged(text)
    assert survey.findings == []
    return result


def form(result: Result) -> list[Finding]:
    """What is said of the form of a record: what its regime asks of it is tried elsewhere."""
    said = result.findings
    return [each for each in said if each.family != "rule" or each.code.startswith("REC-")]


def told(result: Result) -> list[tuple[str, str, str]]:
    return [(each.code, each.severity, each.path) for each in form(result)]


def written(name: str) -> str:
    found = message(name)
    return etree.tostring(samples.element(found, samples.fullest(found)), encoding="unicode")


@pytest.mark.parametrize("space", ["", _XMLDSIG])
@pytest.mark.parametrize("name", ["EMS111", "INV101", "CMB101", "SAS121", "EMS121"])
def test_a_message_is_the_same_wherever_it_stands(name: str, space: str) -> None:
    inside = written(name)
    read = [one(frame.format(name=name, inside=inside, space=space)) for frame in FRAMES]
    assert [each.record for each in read] == [samples.fullest(message(name))] * len(FRAMES)
    assert [form(each) for each in read] == [[]] * len(FRAMES)
    assert one(inside.replace(f"<{name}", f"<{name}{space}", 1)).record == read[0].record


def test_an_element_in_another_namespace_than_its_record_is_a_stranger() -> None:
    name = '<cmbNo xmlns="http://www.chinaport.gov.cn/sas">'
    result = one(written("CMB101").replace("<cmbNo>", name, 1))
    assert result.decision == "reject"
    assert {each.family for each in form(result)} == {"schema"}


def test_an_empty_element_of_the_client_may_say_that_it_is_nil() -> None:
    nil = '<SecdLawfQty xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>'
    text = _CLIENT.replace("<SecdLawfQty/>", nil)
    assert text != _CLIENT
    assert told(one(text)) == told(one(_CLIENT))


def test_a_draft_of_the_client_is_judged_by_names_alone() -> None:
    survey, (result,) = judged(_CLIENT)
    assert (survey.message.name, survey.findings) == ("InvtMessage", [])
    assert told(result) == [("REC-STRANGER", "warn", "InvtHeadType/Param4")]
    assert result.record == {
        "InvtListType": [
            {"GdsSeqno": "1", "DclQty": "2.5"},
            {"GdsSeqno": "2"},
        ],
        "InvtHeadType": {
            "EtpsInnerInvtNo": "N1",
            "BizopEtpsno": "1234567890",
            "PassportUsedTypeCd": "1",
            "Param4": "x",
        },
        "InvtCbecBillType": [{"CbecBillNo": "C1"}],
        "SysId": "Z7",
        "OperCusRegCode": "1234567890",
        "DelcareFlag": "1",
    }
    assert result.key == ("1234567890", "N1")
    (finding,) = form(result)
    assert finding.line == 8


@pytest.mark.parametrize(
    ("old", "new", "code", "severity"),
    [
        ("<DclQty>2.5", "<DclQty>many", "SCH-NUMBER", "reject"),
        ("<Param4>x</Param4>", "<BizopEtpsno/>", "SCH-REPEATED", "reject"),
        ("<SysId>Z7", "<SysId>Z77", "SCH-LENGTH", "warn"),
        ("<DelcareFlag>1", "<DelcareFlag>10", "SCH-LENGTH", "warn"),
    ],
)
def test_a_value_of_the_client_is_judged(old: str, new: str, code: str, severity: str) -> None:
    _, (result,) = judged(_CLIENT.replace(old, new))
    assert (code, severity) in {(each.code, each.severity) for each in result.findings}


def test_what_its_writers_call_otherwise_is_read_as_the_same() -> None:
    result = one(_CLIENT.replace("InvtCbecBillType>", "InvtCbecBill>"))
    assert result.record == one(_CLIENT).record


def test_an_older_receipt_of_a_declaration_is_read_as_the_newer_one() -> None:
    text = (
        "<DEC_DATA><DEC_RESULT><SEQ_NO>E1</SEQ_NO><ENTRY_ID/><CHANNEL>L</CHANNEL>"
        "<NOTICE_DATE>20180101T10101000</NOTICE_DATE><DECL_PORT>5207</DECL_PORT></DEC_RESULT>"
        "<RESULT_INFO/></DEC_DATA>"
    )
    result = one(text)
    assert (result.decision, result.key) == ("warn", ("E1",))
    assert result.record is not None
    assert (result.record["CUS_CIQ_NO"], result.record["DECL_PORT"]) == ("E1", "5207")


@pytest.mark.parametrize("space", ["", ' xmlns="http://www.chinaport.gov.cn/dec"'])
def test_an_error_of_the_import_client_is_read(space: str) -> None:
    result = one(f"<Root{space}><resultFlag>0</resultFlag><failCode>C18</failCode></Root>")
    assert (result.decision, result.key) == ("accept", ("C18",))


def test_both_spellings_of_a_pass_are_read_as_the_usual_one() -> None:
    result = one(PACKAGE.format(name="SAS121", inside=_PASS, space=""))
    assert (form(result), result.key) == ([], ("330261A004", "P1"))
    assert result.record is not None
    assert result.record["PassportList"] == [
        {"PassportSeqNo": "1", "Gdecd": "8411121000", "GrossWt": "1.5"}
    ]


def test_what_an_agency_answers_is_taken_with_what_nobody_knows() -> None:
    inside = f"<INV201><BondInvtDtl><gdsseqno>1</gdsseqno><new>2</new></BondInvtDtl>{_RESULT}"
    result = one(PACKAGE.format(name="INV201", inside=f"{inside}</INV201>", space=_XMLDSIG))
    assert (result.decision, result.key) == ("warn", ("E1", "QD1"))
    assert result.record is not None
    assert result.record["BondInvtDt"] == [{"gdsSeqno": "1", "new": "2"}]
    spelt = [(each.value, each.expected) for each in result.findings if each.code == "SCH-SPELLING"]
    assert spelt == [("BondInvtDtl", "BondInvtDt"), ("gdsseqno", "gdsSeqno")]
    assert ("SCH-UNKNOWN", "warn", "BondInvtDt[1]/new") in told(result)


def test_an_answer_without_its_number_is_of_no_use() -> None:
    inside = f"<INV201>{_RESULT.replace('<businessId>QD1</businessId>', '')}</INV201>"
    result = one(inside)
    assert result.decision == "reject"
    assert told(result) == [("SCH-MISSING", "reject", "HdeApprResult/businessId")]


def test_a_day_has_to_be_on_the_calendar() -> None:
    inside = written("EMS121").replace("<chgoffDueTime>2026-11-24<", "<chgoffDueTime>2026-02-30<")
    result = one(inside)
    assert told(result) == [("REC-NO-DAY", "reject", "EmsChgoffBsc/chgoffDueTime")]
    for right in ("2024-02-29 15:09:00", "2020-10-10 09:59:59"):
        assert form(one(written("CMB101").replace("2026-11-24 23:59:59", right))) == []


_AROUND: dict[str, tuple[str, str, str, str]] = {
    "another type": ("<message_type>CMB101", "<message_type>INV101", "ENV-PACKAGE-TYPE", "reject"),
    "no type": ("<message_type>CMB101", "<message_type>", "ENV-PACKAGE-TYPE", "warn"),
    "no time": ("2026-11-24T10", "2026-11-31T10", "SCH-PATTERN", "warn"),
    "no head": ("EnvelopInfo", "Envelope", "ENV-PART-MISSING", "warn"),
    "a stranger": ("<PocketInfo>", "<Note/><PocketInfo>", "ENV-UNKNOWN-PART", "warn"),
    "two messages": ("</CMB101>", "</CMB101><CMB101/>", "ENV-TOO-MANY", "reject"),
    "two of what carries it": (
        "</DataInfo>",
        "</DataInfo><DataInfo><BussinessData><CMB101/></BussinessData></DataInfo>",
        *("ENV-TOO-MANY", "reject"),
    ),
    "two heads": ("<DataInfo>", "<EnvelopInfo/><DataInfo>", "ENV-PART-REPEATED", "warn"),
    "a signature": (
        "<SignatureValue/>",
        "<SignatureValue>QQ</SignatureValue>",
        "ENV-PACKAGE-SIGNED",
        "warn",
    ),
    "a part of it": (
        "<PocketInfo>",
        "<PocketInfo><total_pocket_qty>2</total_pocket_qty>",
        *("ENV-PACKAGE-POCKETS", "reject"),
    ),
}


@pytest.mark.parametrize("fault", _AROUND)
def test_what_is_wrong_with_a_package_is_told_of_it(fault: str) -> None:
    old, new, code, severity = _AROUND[fault]
    text = SIGNED.format(name="CMB101", inside=written("CMB101"), space=_XMLDSIG)
    assert old in text
    survey, (result,) = judged(text.replace(old, new))
    assert (code, severity) in {(each.code, each.severity) for each in survey.findings}
    assert {each.family for each in survey.findings} == {"envelope"}
    assert (form(result), survey.refused) == ([], severity == "reject")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (PACKAGE.format(name="CMB101", inside="", space=""), "ENV-PACKAGE-EMPTY"),
        ("<Package><EnvelopInfo/></Package>", "ENV-PACKAGE-EMPTY"),
        (PACKAGE.format(name="X", inside="<XYZ101/>", space=""), "ENV-UNKNOWN-MESSAGE"),
        (
            PACKAGE.format(name="X", inside='<CMB101 xmlns="urn:x"/>', space=""),
            "ENV-UNKNOWN-MESSAGE",
        ),
        ('<Package xmlns="urn:x"/>', "ENV-UNKNOWN-MESSAGE"),
        ('<CMB101 xmlns="urn:x"/>', "ENV-NAMESPACE"),
        (_CLIENT[:-9], "ENV-TRUNCATED"),
    ],
)
def test_a_package_without_a_message_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        judged(text)
    assert refused.value.code == code


def _forwarded(data: bytes) -> bytes:
    """The message that goes on to an agency when this one has come in."""
    survey, (result,) = judged(data)
    files = SimpleNamespace(read=lambda _file, at, size: data[at : at + size])
    store: Any = SimpleNamespace(files=files)
    row: Any = SimpleNamespace(first_offset=result.child.offset, length=result.child.length)
    source = SimpleNamespace(name=survey.message.name, spool_file="x", id=7)
    return b"".join(compose(store, source, [row], "G"))


def test_a_message_goes_on_with_its_package_byte_by_byte() -> None:
    assert _forwarded(_CLIENT.encode()).partition(b"\n")[2] == _CLIENT.encode()


def test_real_messages_are_taken_and_go_on_as_they_came(shared: Path) -> None:
    for path in sorted((answering.SHARED / "samples" / "goods-and-bonded").glob("*.xml")):
        data = path.read_bytes()
        survey, (result,) = judged(data)
        assert survey.findings == [], path.name
        severities = {each.severity for each in result.findings if each.family != "rule"}
        assert severities <= {"warn"}, path.name
        assert result.record is not None
        again = _forwarded(data)
        assert again.partition(b"\n")[2] in data, path.name
        found, (values,) = from_message(data)
        assert from_message(to_message(found, values, sender={}, guid="")) == (found, [values])
