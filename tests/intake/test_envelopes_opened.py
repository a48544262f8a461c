"""What comes in a DxpMsg or DxpMsgSv is opened, and the message inside judged as any other."""

from __future__ import annotations

import base64
import tracemalloc
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from single_window.intake.markup import Refused
from single_window.intake.rehearsal import Verdict, rehearse
from single_window.intake.signed import Terms
from single_window.intake.submissions import NotTaken
from single_window.intake.unwrapping import Opening
from single_window.storage import tables as t
from tests import answering
from tests.intake.documents import DAY, ORDER, PAYMENT, right
from tests.window import Window

DXP = "http://www.chinaport.gov.cn/dxp"
_LIMIT = 50 * 1024 * 1024


def wrapped(body: bytes, kind: str = ORDER, *, data: str | None = None, extra: str = "") -> str:
    """A terminal node's envelope around a message."""
    payload = base64.b64encode(body).decode() if data is None else data
    return (
        f'<DxpMsg xmlns="{DXP}" ver="1.0"><TransInfo><CopMsgId>C-1</CopMsgId>'
        "<SenderId>DXPENT9999900001</SenderId><ReceiverIds><ReceiverId>DXPEDCCEB0000002"
        "</ReceiverId></ReceiverIds><CreatTime>2026-11-24T09:30:00</CreatTime>"
        f"<MsgType>{kind}</MsgType></TransInfo><Data>{payload}</Data>{extra}</DxpMsg>"
    )


def by_a_node(envelope: str) -> str:
    """The same in the envelope that nodes pass on."""
    return (
        f'<d:DxpMsgSv xmlns:d="{DXP}" ver="1.0"><d:SvNo Ver="1.0"><d:MsgId>{"1" * 32}</d:MsgId>'
        "<d:SendTime>2026-11-24T09:30:01</d:SendTime><d:EndNode>00000001</d:EndNode>"
        f"<d:StaNode>00000002</d:StaNode></d:SvNo>{envelope}</d:DxpMsgSv>"
    )


def _judged(tmp_path: Path, *documents: str | bytes) -> list[Verdict]:
    paths = []
    for at, document in enumerate(documents):
        paths.append(tmp_path / f"{at}.xml")
        paths[-1].write_bytes(document.encode() if isinstance(document, str) else document)
    return list(rehearse(paths, terms=Terms("ignored", DAY), limit=_LIMIT))


def _codes(verdicts: list[Verdict]) -> list[str]:
    return [finding.code for verdict in verdicts for finding in verdict.findings]


_ORDERS = right(ORDER, 2).encode()
_GOOD = {
    "as companies send it": wrapped(_ORDERS),
    "as nodes pass it on": by_a_node(wrapped(_ORDERS)),
    "in lines of base64": wrapped(b"", data=base64.encodebytes(_ORDERS).decode()),
    "in another encoding": wrapped(
        right(ORDER, 2).replace("UTF-8", "GB18030", 1).encode("gb18030")
    ),
    "with all that may be added": wrapped(
        _ORDERS,
        extra="<AddInfo><FileName>a.xml</FileName><IcCard>1</IcCard><BizKey><Key name='DealFlag'>1"
        "</Key></BizKey><IsText Encode='UTF-8'/></AddInfo>",
    ),
}


@pytest.mark.parametrize("how", _GOOD)
def test_the_message_inside_is_judged_like_any_other(tmp_path: Path, how: str) -> None:
    verdicts = _judged(tmp_path, _GOOD[how])
    told = [(v.message, v.record, v.line, v.decision) for v in verdicts]
    assert told == [(v.message, v.record, v.line, v.decision) for v in _judged(tmp_path, _ORDERS)]
    assert len(told) == 2


_WRONG = {
    "no base64": ("ENV-DXP-BASE64", wrapped(b"", data="PHhtbD4*")),
    "cut off base64": ("ENV-DXP-BASE64", wrapped(b"", data="PHhtbD4")),
    "more behind its end": ("ENV-DXP-BASE64", wrapped(b"", data="QQ==QQ==")),
    "other writing": ("ENV-DXP-BASE64", wrapped(b"", data="订单")),
    "no payload": ("ENV-DXP-NO-DATA", wrapped(b"")),
    "no Data at all": ("ENV-DXP-NO-DATA", f'<DxpMsg xmlns="{DXP}" ver="1.0"/>'),
    "Data elsewhere": ("ENV-DXP-NO-DATA", f'<DxpMsg xmlns="{DXP}"><a><Data>Q</Data></a></DxpMsg>'),
    "an envelope inside": ("ENV-DXP-NESTED", wrapped(wrapped(_ORDERS).encode())),
    "a document type": ("ENV-DOCTYPE", "<!DOCTYPE DxpMsg []>" + wrapped(_ORDERS)),
    "a document type inside": ("ENV-DOCTYPE", wrapped(b"<!DOCTYPE a []>" + _ORDERS)),
    "no XML inside": ("ENV-MALFORMED", wrapped(b"PK\x03\x04 or whatever")),
    "no XML": ("ENV-MALFORMED", wrapped(_ORDERS).replace("</TransInfo>", "")),
    "half of it": ("ENV-TRUNCATED", wrapped(_ORDERS)[:-20]),
    "another namespace": ("ENV-NAMESPACE", wrapped(_ORDERS).replace("/dxp", "/dxq")),
    "a long part": ("ENV-DXP-LARGE", wrapped(_ORDERS).replace("C-1", "C" * 70_000)),
    "a tag without an end": (
        "ENV-DXP-LARGE",
        wrapped(_ORDERS).replace("<Data>", f"<Data {' ' * 3_000_000}>"),
    ),
    "too many levels": ("ENV-TOO-DEEP", wrapped(_ORDERS, extra="<a>" * 40 + "</a>" * 40)),
    "an unknown message": ("ENV-UNKNOWN-MESSAGE", wrapped(b"<a/>")),
}


@pytest.mark.parametrize("what", _WRONG)
def test_an_envelope_that_cannot_be_opened_is_refused(tmp_path: Path, what: str) -> None:
    code, document = _WRONG[what]
    (verdict,) = _judged(tmp_path, document)
    assert (_codes([verdict]), verdict.unreadable) == ([code], True)
    assert verdict.findings[0].family == "envelope"


_FAULTY = {
    "another kind": ("ENV-DXP-TYPE", "reject", wrapped(_ORDERS, PAYMENT)),
    "no kind": ("ENV-DXP-TYPE", "warn", wrapped(_ORDERS, "")),
    "no sender": (
        "ENV-DXP-FORM",
        "reject",
        wrapped(_ORDERS).replace("<SenderId>DXPENT9999900001</SenderId>", ""),
    ),
    "a long number": ("ENV-DXP-FORM", "reject", wrapped(_ORDERS).replace("C-1", "C" * 256)),
    "no time": ("ENV-DXP-FORM", "reject", wrapped(_ORDERS).replace("T09:30:00", " 09:30")),
    "two payloads": ("ENV-DXP-FORM", "reject", wrapped(_ORDERS, extra="<Data>QQ==</Data>")),
    "an unknown part": ("ENV-DXP-FORM", "reject", wrapped(_ORDERS, extra="<More/>")),
    "no version": ("ENV-DXP-FORM", "reject", wrapped(_ORDERS).replace(' ver="1.0"', "")),
}


@pytest.mark.parametrize("what", _FAULTY)
def test_a_fault_of_the_envelope_is_told_beside_the_records(tmp_path: Path, what: str) -> None:
    code, severity, document = _FAULTY[what]
    whole, *records = _judged(tmp_path, document)
    assert (whole.record, whole.decision) == (None, severity)
    assert {each.code for each in whole.findings} == {code}
    assert [verdict.decision for verdict in records] == ["accept", "accept"]


def test_the_sample_from_the_field_is_right(tmp_path: Path) -> None:
    folder = Path(answering.need("shared")) / "samples" / "ecommerce"
    sample = (folder / "DxpMsg-CEB312-real-2017.xml").read_bytes()
    (verdict,) = _judged(tmp_path, sample)
    assert (verdict.message, verdict.decision) == ("CEB312Message", "accept")


def test_exactly_what_was_wrapped_is_filed(sqlite_window: Window) -> None:
    body = right(ORDER, 2, indent=True).replace("\n", "\r\n").encode()
    filed = sqlite_window.receive(by_a_node(wrapped(body)).encode())
    sqlite_window.check()
    assert [row.outcome for row in sqlite_window.rows()] == ["under_way", "under_way"]
    (message,) = sqlite_window.rows(of=t.messages)
    assert (message.submission_id, message.sha256) == (filed.id, sha256(body).hexdigest())
    (submission,) = sqlite_window.rows(of=t.submissions)
    place = (submission.spool_file, message.first_offset, message.length)
    assert sqlite_window.store.files.read(*place) == body


def test_in_a_zip_envelopes_stand_beside_messages(sqlite_window: Window, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    entries = {
        "wrapped.xml": wrapped(right(ORDER, 2).encode()),
        "plain.xml": right(PAYMENT, 2),
        "broken.xml": wrapped(b"", data="*"),
        "cut.xml": "<a",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    sqlite_window.receive(path.read_bytes(), media_type="application/zip")
    sqlite_window.check()
    found = [(row.entry, row.name, row.records) for row in sqlite_window.rows(of=t.messages)]
    assert found == [
        ("wrapped.xml", ORDER, 2),
        ("plain.xml", PAYMENT, 2),
        ("broken.xml", "", 0),
        ("cut.xml", "", 0),
    ]
    assert [row.decision for row in sqlite_window.rows()] == ["accept"] * 4
    kept = sqlite_window.rows(of=t.submissions)[0]
    names = {entry.name for entry in sqlite_window.store.settings.data.rglob("*.bin")}
    assert names == {kept.original_file, kept.spool_file}


def test_nothing_of_a_faulty_envelope_is_filed(sqlite_window: Window) -> None:
    sqlite_window.receive(wrapped(_ORDERS, PAYMENT).encode())
    sqlite_window.check()
    assert [row.outcome for row in sqlite_window.rows()] == ["rejected", "rejected"]
    with pytest.raises(NotTaken) as refused:
        sqlite_window.receive(wrapped(b"", data="*").encode())
    assert (refused.value.status, refused.value.code) == (422, "ENV-DXP-BASE64")


@given(body=st.binary(min_size=1, max_size=400), size=st.integers(1, 50))
def test_the_payload_comes_out_as_it_went_in(body: bytes, size: int) -> None:
    text = by_a_node(wrapped(body))
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert b"".join(Opening(pieces)) == body


def test_memory_stays_the_same_however_large_the_payload_is() -> None:
    begin, _, end = wrapped(b"", data="|").partition("|")
    piece = base64.b64encode(bytes(300_000)).decode()

    def texts(count: int) -> Iterator[str]:
        yield begin
        for _ in range(count):
            yield piece
        yield end

    tracemalloc.start()
    try:
        size = sum(len(block) for block in Opening(texts(100)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == 30_000_000
    assert peak < 8_000_000


def test_a_refusal_says_where() -> None:
    text = wrapped(b"", data="QQ=\n\n*").replace("<TransInfo>", "\n<TransInfo>")
    with pytest.raises(Refused) as refused:
        list(Opening([text]))
    assert refused.value.line == 4
