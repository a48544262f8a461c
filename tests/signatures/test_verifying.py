"""A signature holds for the very message it was made over, and for nothing else."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import gmalg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from single_window.signatures import keys, verifying
from single_window.signatures.algorithms import PAIRS, SM2_IDENTITY
from single_window.signatures.signing import sign
from single_window.signatures.verifying import Report
from tests import answering
from tests.credentials import (
    CODE,
    KIND,
    SINCE,
    anchors,
    authority,
    credential,
    holder,
    signed,
    signer,
)
from tests.intake.documents import DAY, INVENTORY, right

_DS = "http://www.w3.org/2000/09/xmldsig#"
_EXPORT = (
    b'<ceb:CEB603Message xmlns:ceb="http://www.chinaport.gov.cn/ceb" guid="g" version="1.0">'
    b"<ceb:Inventory><ceb:gnum>1</ceb:gnum></ceb:Inventory>\n"
    b"<ceb:ExtendMessage><ceb:name>n</ceb:name></ceb:ExtendMessage>\n</ceb:CEB603Message>"
)


@cache
def _message() -> bytes:
    return right(INVENTORY, 2, indent=True).encode()


@cache
def _signed() -> bytes:
    return signed(_message())


def _verified(document: bytes, *, days: int = 0) -> Report:
    return verifying.verify(document, day=DAY + timedelta(days=days), anchors=anchors())


def _failed(document: bytes) -> str:
    failed = _verified(document).failed
    return failed.step if failed else ""


@pytest.mark.parametrize("algorithm", PAIRS)
def test_what_was_signed_holds(algorithm: str) -> None:
    report = _verified(signed(_message(), algorithm))
    assert {step.step: step.result for step in report.steps if step.result != "passed"} == {}
    assert report.certificate == holder(credential(KIND[algorithm])).told()
    assert report.digest_claimed == report.digest_computed
    assert (report.method, report.digest_method) == PAIRS[algorithm]


def test_in_an_export_message_the_signature_stands_before_the_extension() -> None:
    document = signed(_EXPORT)
    assert b"</ceb:Inventory>\n<ds:Signature" in document
    assert b"</ds:Signature><ceb:ExtendMessage>" in document
    assert _failed(document) == ""
    at_the_end = _EXPORT.replace(b"CEB603", b"CEB621")
    moved = signed(at_the_end).replace(b"CEB621", b"CEB603")
    assert signed(at_the_end).endswith(b"</ds:Signature></ceb:CEB621Message>")
    assert _failed(moved) == "digest"


def test_to_sign_changes_no_other_byte() -> None:
    taken_out = re.sub(b"<ds:Signature .*</ds:Signature>", b"", _signed(), flags=re.DOTALL)
    assert taken_out == _message()


def _swap(old: str, new: str) -> Callable[[bytes], bytes]:
    def changed(document: bytes) -> bytes:
        assert old.encode() in document
        return document.replace(old.encode(), new.encode(), 1)

    return changed


def _signature(document: bytes) -> bytes:
    found = re.search(b"<ds:Signature .*</ds:Signature>", document, re.DOTALL)
    assert found
    return found[0]


def _moved(before: str) -> Callable[[bytes], bytes]:
    def changed(document: bytes) -> bytes:
        own = _signature(document)
        place = before.encode()
        return document.replace(own, b"").replace(place, own + place, 1)

    return changed


def _wrapped(document: bytes) -> bytes:
    """The signed message put aside in another one, whose records are to be read in its stead."""
    own, inner = _signature(document), document[document.index(b"<ceb:CEB621Message") :]
    aside = b"<ceb:ExtendMessage>" + inner.replace(own, b"") + b"</ceb:ExtendMessage>"
    return document.replace(b"<ceb:qty>", b"<ceb:qty>9", 1).replace(own, aside + own)


def _without_key(document: bytes) -> bytes:
    return re.sub(b"<ds:KeyInfo>.*</ds:KeyInfo>", b"", document)


def _other_certificate(document: bytes) -> bytes:
    other = signed(_message(), by=credential("rsa", "Somebody else"))
    found = re.search(b"<ds:X509Certificate>.*</ds:X509Certificate>", other)
    assert found
    return re.sub(b"<ds:X509Certificate>.*</ds:X509Certificate>", found[0], document)


def _reference(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def changed(document: bytes) -> bytes:
        found = re.search(b"<ds:Reference.*</ds:Reference>", document)
        assert found
        return document.replace(found[0], change(found[0]))

    return changed


def _value(tag: str) -> Callable[[bytes], bytes]:
    """Another value, as long as the right one."""

    def changed(document: bytes) -> bytes:
        found = re.search(f"<ds:{tag}>([^<]+)<".encode(), document)
        assert found
        right = base64.b64decode(found[1])
        return document.replace(found[1], base64.b64encode(bytes(255 - each for each in right)))

    return changed


_OBJECT = "<ds:Object><ceb:Inventory/></ds:Object></ds:Signature>"
TAMPERED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a figure": (_swap("<ceb:qty>", "<ceb:qty>1"), "digest"),
    "a blank between elements": (_swap("<ceb:InventoryHead>", " <ceb:InventoryHead>"), "digest"),
    "another prefix": (lambda d: d.replace(b"ceb:", b"c:").replace(b":ceb=", b":c="), "digest"),
    "one more namespace": (_swap("xmlns:ceb=", 'xmlns:x="u:x" xmlns:ceb='), "digest"),
    "an attribute of the root": (_swap(' guid="', ' guid="x'), "digest"),
    "a record less": (
        lambda d: re.sub(b"<ceb:Inventory>.*?</ceb:Inventory>", b"", d, count=1, flags=re.DOTALL),
        "digest",
    ),
    "the signature first": (_moved("<ceb:Inventory>"), "place"),
    "the signature in a record": (_moved("<ceb:InventoryHead>"), "place"),
    "two signatures": (lambda d: d.replace(_signature(d), _signature(d) * 2), "single"),
    "a signature in a record besides": (
        lambda d: d.replace(b"<ceb:InventoryHead>", b"<ceb:InventoryHead>" + _signature(d), 1),
        "single",
    ),
    "no signature": (lambda d: d.replace(_signature(d), b""), "single"),
    "a wrapped copy": (_wrapped, "digest"),
    "two references": (_reference(lambda r: r * 2), "shape"),
    "a reference to a part": (_reference(_swap('URI=""', 'URI="#a"')), "shape"),
    "a reference to all and comments": (_reference(_swap('URI=""', 'URI="#xpointer(/)"')), "shape"),
    "no address": (_reference(_swap(' URI=""', "")), "shape"),
    "two transforms": (
        lambda d: re.sub(b"(<ds:Transform .*?/>)", rb"\1\1", d),
        "shape",
    ),
    "another transform": (_swap("#enveloped-signature", "#base64"), "shape"),
    "exclusive form": (_swap("TR/2001/REC-xml-c14n-20010315", "2001/10/xml-exc-c14n#"), "shape"),
    "an object": (_swap("</ds:Signature>", _OBJECT), "shape"),
    "a comment in a value": (_swap("<ds:DigestValue>", "<ds:DigestValue><!-- -->"), "shape"),
    "text in between": (_swap("<ds:SignatureValue>", "x<ds:SignatureValue>"), "shape"),
    "a value that is none": (_swap("<ds:DigestValue>", "<ds:DigestValue>*"), "shape"),
    "no certificate": (_without_key, "shape"),
    "a broken certificate": (
        _swap("<ds:X509Certificate>MII", "<ds:X509Certificate>AII"),
        "certificate",
    ),
    "another certificate": (_other_certificate, "value"),
    "an unknown method": (_swap("#rsa-sha256", "#rsa-md5"), "method"),
    "the method of another key": (
        _swap("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", f"{_DS}sm2-sm3"),
        "method",
    ),
    "a weaker method": (
        _swap("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", f"{_DS}rsa-sha1"),
        "value",
    ),
    "an unknown digest": (_swap("xmlenc#sha256", "xmlenc#md5"), "digest-method"),
    "another digest": (_value("DigestValue"), "digest"),
    "another value": (_value("SignatureValue"), "value"),
    "an empty value": (
        lambda d: re.sub(b"<ds:SignatureValue>[^<]+", b"<ds:SignatureValue>", d),
        "value",
    ),
    "a document type": (
        lambda d: re.sub(b"<ceb:CEB621Message ", b"<!DOCTYPE a><ceb:CEB621Message ", d),
        "readable",
    ),
    "half a message": (lambda d: d[: len(d) // 2], "readable"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_tampered_with_does_not_hold(name: str) -> None:
    change, step = TAMPERED[name]
    document = change(_signed())
    assert document != _signed()
    assert _failed(document) == step


_TEXT = [m.start(1) for m in re.finditer(rb">([^<>\s])[^<>]*</ceb:", _message())]


@given(st.sampled_from(_TEXT), st.sampled_from("0aZ9"))
def test_no_character_of_the_content_can_be_another(at: int, other: str) -> None:
    before = _signed()[at : at + 1]
    document = _signed()[:at] + other.encode() + _signed()[at + 1 :]
    # The first byte of a Chinese character: what follows it belongs to nothing any more.
    expected = "" if before == other.encode() else "digest" if before < b"\x80" else "readable"
    assert _failed(document) == expected


def test_what_does_not_belong_to_the_signed_text_may_change() -> None:
    same = [
        _signed().replace(b"<ceb:InventoryHead>", b"<!-- x --><ceb:InventoryHead>", 1),
        _signed().replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + _signed(),
        re.sub(b"<ds:SignatureValue>(.{20})", rb"<ds:SignatureValue>\n\1\n", _signed()),
    ]
    assert [_failed(document) for document in same] == [""] * len(same)


@pytest.mark.parametrize(
    ("days", "step"), [(-24, "validity"), (0, ""), (377, ""), (378, "validity")]
)
def test_a_certificate_holds_from_its_first_day_to_its_last(days: int, step: str) -> None:
    failed = _verified(_signed(), days=days).failed
    assert (failed.step if failed else "") == step


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "sm2-sm3"])
def test_who_issued_the_certificate_is_asked_of_those_the_operator_trusts(algorithm: str) -> None:
    own = credential(KIND[algorithm])
    document = signed(_message(), algorithm)
    others = [holder(each) for each in (credential("rsa", "X"), credential("sm2", "X"))]
    trusted = {
        "nobody was named": (None, "warned"),
        "an empty folder": ((), "failed"),
        "others": (others, "failed"),
        "the authority": (anchors(), "passed"),
        "the certificate itself": ([holder(own)], "passed"),
        "an authority whose days are over": (
            [replace(holder(authority(KIND[algorithm])), valid_to=SINCE)],
            "failed",
        ),
    }
    found = {}
    for name, (asked, _) in trusted.items():
        report = verifying.verify(document, day=DAY, anchors=asked)
        found[name] = next(step.result for step in report.steps if step.step == "chain")
    assert found == {name: result for name, (_, result) in trusted.items()}


def test_who_holds_no_authority_vouches_for_nobody() -> None:
    kind = KIND["rsa-sha256"]
    below = keys.issued(kind, "Below", "", SINCE, by=credential(kind))
    document = signed(_message(), by=below)
    asked = [holder(credential(kind))]
    failed = verifying.verify(document, day=DAY, anchors=asked).failed
    assert failed is not None
    assert failed.step == "chain"


def test_a_doubt_about_the_holder_is_told_and_refuses_nothing() -> None:
    stranger = credential("rsa", "Somebody else", CODE)
    report = _verified(signed(_message(), by=stranger))
    assert report.failed is None
    assert [step.step for step in report.warned] == ["sender"]
    known = _message().replace(b"12999B0001", CODE.encode())
    assert _verified(signed(known, by=stranger)).warned == []


def test_the_number_beside_the_certificate_should_be_its_own() -> None:
    document = re.sub(b"<ds:KeyName>[^<]+", b"<ds:KeyName>0001", _signed())
    report = _verified(document)
    assert report.failed is None
    assert [(step.step, step.found) for step in report.warned] == [("number", "0001")]


def test_a_signed_message_is_not_signed_again() -> None:
    with pytest.raises(ValueError, match="single"):
        sign(_signed(), signer(credential("rsa")))


def test_sm2_agrees_with_the_example_of_the_standard() -> None:
    """GB/T 32918.5, annex A: the key and the signature of "message digest"."""
    public = bytes.fromhex(
        "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
        "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
    )
    r = bytes.fromhex("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3")
    s = bytes.fromhex("B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA")
    assert gmalg.SM2(pk=public, uid=SM2_IDENTITY).verify(b"message digest", r, s)


_SAMPLES = answering.SHARED / "samples" / "ecommerce"


def test_the_signatures_of_the_official_samples_are_illustrations(shared: Path) -> None:
    """Their digest is that of another message, and those of 202205 name SM2 over an RSA key."""
    found = {}
    for path in sorted(_SAMPLES.glob("CEB*-official-*.xml")):
        data = path.read_bytes()
        if b"Signature" in data:
            report = _verified(data)
            failed = [step.step for step in report.steps if step.result == "failed"]
            found[path.name] = failed
            assert report.certificate is not None
            assert report.certificate["organisation"].startswith("中国电子口岸")
    assert found
    assert all("digest" in steps for steps in found.values())
    assert {"method" in steps for name, steps in found.items() if "2018" in name} == {False}
