"""Answers whose values stand in groups: alone or in a package, in whatever case and namespace."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.base import FIRST, NotAReceipt, Verdict, load

CUSTOMS = load("customs", url="http://127.0.0.1")
RESULT = (
    "<HdeApprResult><etpsPreentNo>202600000000000001</etpsPreentNo><businessId>{number}</businessId>"
    "<tmsCnt>0</tmsCnt><typecd>1</typecd><manageResult>{result}</manageResult>"
    "<manageDate>2026-11-24 11:48:02</manageDate><rmk>好</rmk></HdeApprResult>"
)
PACKAGE = (
    '<Package xmlns="http://www.w3.org/2000/09/xmldsig#"><EnvelopInfo><message_type>{name}'
    "</message_type></EnvelopInfo><DataInfo><BussinessData><{name}>{content}</{name}>"
    "</BussinessData></DataInfo></Package>"
)
INVENTORY = "QD021426I000000001"


def said(text: str) -> Verdict:
    (verdict,) = CUSTOMS.parse(text.encode())
    return verdict


def packed(name: str, result: str, *, number: str = INVENTORY, more: str = "") -> str:
    """A receipt in its package."""
    content = RESULT.format(number=number, result=result) + more
    return PACKAGE.format(name=name, content=content)


@pytest.mark.parametrize(
    ("receipt", "result", "event"),
    [
        *(("INV201", "1", "accepted"), ("INV201", "2", "review"), ("INV201", "3", "returned")),
        *(("INV201", "4", "accepted"), ("INV201", "5", "accepted"), ("INV201", "6", "deducted")),
        *(("INV201", "Y", "taken"), ("INV201", "Z", "returned"), ("INV201", "7", "unknown")),
        *(("EMS211", "1", "accepted"), ("EMS221", "3", "returned"), ("SAS221", "1", "accepted")),
    ],
)
def test_a_result_means(receipt: str, result: str, event: str) -> None:
    assert said(packed(receipt, result)).event == event


@pytest.mark.parametrize(
    ("state", "event"),
    [("1", "accepted"), ("2", "released"), ("3", "gate"), ("4", "released"), ("6", "returned")],
)
def test_a_pass_at_the_gate(state: str, event: str) -> None:
    at_gate = f"<SasPassportBsc><stucd>{state}</stucd></SasPassportBsc>"
    number = "Z0214I261124000000000001"
    verdict = said(packed("SAS223", "1", number=number, more=at_gate))
    assert (verdict.event, verdict.numbers) == (event, {"passportNo": number})


def test_an_inventory_is_found_by_any_of_its_numbers_and_brings_that_of_customs() -> None:
    head = (
        "<BondInvtBsc><bizopEtpsno>120721K001</bizopEtpsno>"
        "<etpsInnerInvtNo>W-1</etpsInnerInvtNo></BondInvtBsc>"
    )
    verdict = said(packed("INV201", "4", more=head))
    assert verdict.match == {
        "SeqNo": "202600000000000001",
        "bondInvtNo": INVENTORY,
        "guid": "W-1",
        "bizopEtpsno": "120721K001",
        "etpsInnerInvtNo": "W-1",
    }
    assert (verdict.numbers, verdict.text) == ({"bondInvtNo": INVENTORY}, "好")
    assert (f"{verdict.at:%Y-%m-%d %H:%M:%S}", verdict.once) == ("2026-11-24 03:48:02", True)


def test_packages_namespaces_prefixes_and_case_do_not_matter() -> None:
    packaged = packed("INV201", "4")
    bare = f"<INV201>{RESULT.format(number=INVENTORY, result='4')}</INV201>"
    plain = packaged.replace(' xmlns="http://www.w3.org/2000/09/xmldsig#"', "")
    prefixed = plain.replace("<", "<d:").replace("<d:/", "</d:")
    prefixed = prefixed.replace("<d:Package>", '<d:Package xmlns:d="urn:x">')
    lowered = plain.replace("manageResult", "MANAGERESULT").replace("INV201>", "Inv201>")
    signed = (
        '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/><SignatureValue/>'
        f"<Object>{packaged}</Object></Signature>"
    )
    texts = (bare, plain, prefixed, lowered, signed)
    assert [said(text) for text in texts] == [said(packaged)] * len(texts)


def test_the_import_client_answers_by_the_enterprise_s_own_number_and_tells_no_time() -> None:
    text = (
        "<CommonResponeMessage><SeqNo>{}</SeqNo><EtpsPreentNo>W-1</EtpsPreentNo>"
        "<CheckInfo>x</CheckInfo><DealFlag>{}</DealFlag></CommonResponeMessage>"
    )
    taken = said(text.format("202600000000000001", "0"))
    assert (taken.event, taken.at, taken.once) == ("taken", FIRST, False)
    assert (taken.match, taken.numbers) == ({"guid": "W-1"}, {"SeqNo": "202600000000000001"})
    assert [said(text.format("", flag)).event for flag in ("-1", "1")] == ["rejected"] * 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (packed("INV201", ""), "no-status"),
        (PACKAGE.format(name="SAS221", content="<HdeApprResult><manageResult>1</manageResult>"
                        "</HdeApprResult>"), "no-key"),
        (packed("INV201", "1").replace("2026-11-24", "soon"), "bad-time"),
        (packed("XXX201", "1"), "unknown-root"),
        ("<Package><DataInfo/></Package>", "unknown-root"),
        (packed("INV201", "1")[:-3], "not-well-formed"),
    ],
)  # fmt: skip
def test_what_is_broken_is_no_receipt(text: str, reason: str) -> None:
    with pytest.raises(NotAReceipt) as refused:
        said(text)
    assert refused.value.reason == reason


def test_real_receipts_are_read(shared: Path) -> None:
    found = {
        path.stem: (verdict.event, verdict.numbers)
        for path in sorted((shared / "samples" / "goods-and-bonded").glob("[CIS]*.xml"))
        for verdict in CUSTOMS.parse(path.read_bytes())
    }
    assert found == {
        "CommonResponeMessage_INV101_success": ("taken", {"SeqNo": "201900000014419208"}),
        "CommonResponeMessage_SAS121_duplicate": ("rejected", {}),
        "INV201_receipt_2024": ("accepted", {"bondInvtNo": "QD311124E000098849"}),
        "INV202_receipt_2019": (
            "generated",
            {"bondInvtNo": "QD520719E000023456", "entrySeqNo": "E20190000341106667"},
        ),
        "SAS221_receipt_2024": ("accepted", {"passportNo": "Z3111I240728000000000003"}),
    }
