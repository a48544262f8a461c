"""What stands around the records is judged apart from them, and the records by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from single_window.domain.findings import Finding, decision
from single_window.intake.surveying import survey
from single_window.signatures.policies import SignaturePolicy
from tests.intake.documents import GUID, INVENTORY, ORDER, judged, right

_TRANSFER = re.compile("<ceb:BaseTransfer>.*</ceb:BaseTransfer>", re.DOTALL)
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SIGNATURE = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{}</ds:Signature>'
_SIGNED = _SIGNATURE.format(
    "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm='c'/><ds:SignatureMethod Algorithm='s'/>"
    "<ds:Reference URI=''><ds:DigestMethod Algorithm='d'/><ds:DigestValue>AA==</ds:DigestValue>"
    "</ds:Reference></ds:SignedInfo><ds:SignatureValue>AA==</ds:SignatureValue>"
)


def _transfer(text: str) -> str:
    found = _TRANSFER.search(text)
    assert found is not None
    return found[0]


def _instead(new: str) -> Callable[[str], str]:
    """Puts something in the place of BaseTransfer."""
    return lambda text: _TRANSFER.sub(new, text)


def _after(new: str) -> Callable[[str], str]:
    return lambda text: text.replace("</ceb:BaseTransfer>", f"</ceb:BaseTransfer>{new}")


def _swap(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


CASES: dict[str, tuple[Callable[[str], str], list[str]]] = {
    "as it should be": (lambda text: text, []),
    "no transfer": (_instead(""), ["ENV-PART-MISSING"]),
    "two transfers": (lambda text: _after(_transfer(text))(text), ["ENV-PART-REPEATED"]),
    "the transfer first": (
        lambda text: _instead("")(text).replace("<ceb:Order>", _transfer(text) + "<ceb:Order>", 1),
        [],
    ),
    "a long sender": (_swap("12999B0001", "1" * 19), ["SCH-LENGTH"]),
    "no sender": (_swap("<ceb:copCode>12999B0001</ceb:copCode>", ""), ["SCH-MISSING"]),
    "an unknown part": (_after("<ceb:Extra/>"), ["ENV-UNKNOWN-PART"]),
    "records of another message": (_after("<ceb:Payment/>"), ["ENV-UNKNOWN-PART"]),
    "text": (_after("ask Wang"), ["ENV-STRAY-TEXT"]),
    "text in CDATA": (_after("<![CDATA[ask Wang]]>"), ["ENV-STRAY-TEXT"]),
    "spaces in CDATA": (_after("<![CDATA[ \n]]>&#32;"), []),
    "no number": (_swap(f' guid="{GUID}"', ""), ["ENV-ATTRIBUTE-MISSING"]),
    "a short number": (_swap(f'"{GUID}"', '"7"'), ["ENV-ATTRIBUTE"]),
    "one attribute more": (_swap(" guid=", ' kind="1" guid='), ["ENV-ATTRIBUTE-UNKNOWN"]),
    "a place of the schema": (
        _swap(" guid=", f' xmlns:i="{_XSI}" i:schemaLocation="a b" guid='),
        [],
    ),
    "a signature": (_after(_SIGNED), []),
    "half a signature": (_after(_SIGNATURE.format("")), ["ENV-PART"]),
    "two signatures": (_after(_SIGNED * 2), ["ENV-PART-REPEATED"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_message_is_judged(name: str) -> None:
    change, codes = CASES[name]
    found, _ = judged(change(right(ORDER)))
    assert [each.code for each in found.findings] == codes
    assert all(each.family == "envelope" for each in found.findings)
    assert found.refused is bool(codes)


@pytest.mark.parametrize("name", CASES)
def test_its_records_get_their_own_verdict(name: str) -> None:
    change, _ = CASES[name]
    _, results = judged(change(right(ORDER, 2)))
    assert [result.decision for result in results] == ["accept", "accept"]


def test_a_message_without_records_says_so() -> None:
    text = re.sub("<ceb:Order>.*</ceb:Order>", "", right(ORDER))
    found, results = judged(text)
    assert [each.code for each in found.findings] == ["ENV-NO-RECORD"]
    assert results == []


def _unsigned(policy: SignaturePolicy) -> list[Finding]:
    return survey([right(INVENTORY)], policy).findings


def test_a_missing_signature_follows_the_policy() -> None:
    assert decision(_unsigned("ignored")) == "accept"
    assert decision(_unsigned("checked")) == "warn"
    assert decision(_unsigned("required")) == "reject"


def test_more_than_a_hundred_records_are_welcome_unsigned() -> None:
    found, results = judged(right(ORDER, 101))
    assert not found.refused
    assert len(results) == 101


def test_more_than_a_hundred_records_are_refused_signed() -> None:
    found, _ = judged(_after(_SIGNED)(right(ORDER, 101)))
    (finding,) = found.findings
    assert (finding.code, finding.value, finding.expected) == ("ENV-SIGNED-TOO-MANY", "101", "100")


@pytest.mark.parametrize("prefix", ["", "a"])
def test_the_prefix_does_not_matter(prefix: str) -> None:
    text = right(ORDER, 2)
    colon = f"{prefix}:" if prefix else ""
    other = text.replace("xmlns:ceb", f"xmlns:{prefix}" if prefix else "xmlns").replace(
        "ceb:", colon
    )
    wanted = [result.record for result in judged(text)[1]]
    found, results = judged(other)
    assert [result.record for result in results] == wanted
    assert not found.findings


def test_records_may_have_their_own_prefixes() -> None:
    text = right(ORDER, 2)
    first, second = re.findall("<ceb:Order>.*?</ceb:Order>", text)
    own = second.replace("ceb:", "o:").replace(
        "<o:Order>", '<o:Order xmlns:o="http://www.chinaport.gov.cn/ceb">', 1
    )
    _, results = judged(text.replace(second, own))
    assert [result.record for result in results] == [result.record for result in judged(text)[1]]
    assert [result.decision for result in results] == ["accept", "accept"]
    assert first in text
