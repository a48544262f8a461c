"""Of each bonded record the window says what the published schema says, wherever it stands."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from lxml import etree

from schemas.registry import message, messages
from single_window.intake.markup import Refused
from tests.intake.documents import judged
from tests.schemas import published, samples

RECORDS = 600
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
_HEAD = (
    "<EnvelopInfo><version>1.0</version><message_id>1</message_id><file_name>1.xml</file_name>"
    "<message_type>{name}</message_type><sender_id>DXPE</sender_id><receiver_id>DXPE</receiver_id>"
    "<send_time>2026-11-24T10:00:00</send_time></EnvelopInfo>"
)
_DATA = (
    "<DataInfo><PocketInfo><is_unstructured/></PocketInfo>"
    "<BussinessData>{inside}</BussinessData></DataInfo>"
)
PACKAGE = f"<Package{{space}}>{_HEAD}{_DATA}</Package>"
SIGNED = (
    "<Signature{space}><SignedInfo/><SignatureValue/><KeyInfo><KeyName>00</KeyName></KeyInfo>"
    f'<Object Id="String"><Package>{_HEAD}{_DATA}</Package></Object></Signature>'
)
FRAMES = ("{inside}", PACKAGE, SIGNED)


class Document(NamedTuple):
    """A document with one record, and the published verdict on that."""

    name: str
    text: str
    right: bool


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    rng = random.Random(20261125)
    names = sorted(name for name in messages() if name in published.rows())
    return [*_documents(RECORDS, names, rng)]


def _documents(count: int, names: list[str], rng: random.Random) -> Iterator[Document]:
    while count:
        name = rng.choice(names)
        root = samples.broken(message(name), rng)
        _emptied(root, rng)
        if root.tag != name:
            continue
        inside = etree.tostring(root, encoding="unicode", with_tail=False)
        space = rng.choice(["", f' xmlns="{_XMLDSIG}"'])
        text = rng.choice(FRAMES).format(name=name, inside=inside, space=space)
        count -= 1
        yield Document(name, text, published.schema(name).validate(etree.fromstring(inside)))


def _emptied(root: Any, rng: random.Random) -> None:
    leaves = [node for node in root.iterdescendants("*") if not len(node)]
    if leaves and rng.random() < 0.3:
        leaf = rng.choice(leaves)
        leaf.text = rng.choice([leaf.text, None, None])
        leaf.set(f"{{{_XSI}}}nil", rng.choice(["true", "1", "false", "yes"]))


def test_every_record_has_the_published_verdict(documents: list[Document]) -> None:
    wrong = []
    for document in documents:
        try:
            survey, (result,) = judged(document.text)
        except Refused as refused:
            wrong.append((document, refused.code))
            continue
        said = all(each.family not in ("schema", "envelope") for each in result.findings)
        around = [each.code for each in survey.findings if each.severity == "reject"]
        if (said and not around) != document.right:
            wrong.append((document, str(around or [*map(str, result.findings)])))
    assert wrong == []


def test_what_is_sent_is_refused_and_what_an_agency_answers_is_told(
    documents: list[Document],
) -> None:
    decisions: Counter[tuple[bool, str]] = Counter()
    for document in documents:
        _, (result,) = judged(document.text)
        if not document.right:
            decisions[message(document.name).is_receipt, result.decision] += 1
    assert decisions[False, "reject"] > RECORDS // 10
    assert {decision for lenient, decision in decisions if not lenient} == {"reject"}
    assert decisions[True, "warn"] > RECORDS // 10


def test_every_refusal_is_explained(documents: list[Document]) -> None:
    unexplained = 0
    for document in documents:
        _, (result,) = judged(document.text)
        unexplained += any(each.code == "SCH-OTHER" for each in result.findings)
    assert unexplained <= RECORDS // 100
