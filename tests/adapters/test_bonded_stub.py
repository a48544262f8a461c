"""The simulated customs takes bonded papers in both layers and answers them in their own form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from adapters.base import Verdict, load
from adapters.stubs.books import Books
from adapters.stubs.desk import read_message
from adapters.stubs.forms import script
from schemas import registry
from single_window.intake.surveying import Judging
from tests import repairs

CUSTOMS, ADAPTER = script("customs"), load("customs", url="http://127.0.0.1")
PACKAGE = (
    '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><Object><Package><EnvelopInfo/>'
    "<DataInfo><BussinessData><DelcareFlag>1</DelcareFlag>{}</BussinessData></DataInfo></Package>"
    "</Object></Signature>"
)
INVENTORY = (
    "<InvtMessage><InvtHeadType><EtpsInnerInvtNo>{}</EtpsInnerInvtNo><PutrecNo>H1</PutrecNo>"
    "<BizopEtpsno>120721K001</BizopEtpsno><DclPlcCuscd>0214</DclPlcCuscd>"
    "<ImpexpMarkcd>E</ImpexpMarkcd></InvtHeadType></InvtMessage>"
)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    kept = Books(CUSTOMS, tmp_path / "customs.db", delay=0, slow=0)
    yield kept
    kept.close()


def answers(books: Books, body: bytes) -> list[bytes]:
    """What customs answers to a message, in the order in which it is sent."""
    books.take(str(hash(body)), read_message(CUSTOMS, body), now=1_795_500_000.0)
    due = books.due(now=1_795_500_100.0, limit=50)
    for each in due:
        books.delivered(each.id, now=1_795_500_100.0)
    return [each.body for each in due]


def said(bodies: list[bytes]) -> list[Verdict]:
    return [verdict for body in bodies for verdict in ADAPTER.parse(body)]


@pytest.mark.parametrize(
    ("body", "words", "number"),
    [
        (repairs.account("1"), ["taken", "accepted"], ("emsNo", "H0214W000001")),
        (repairs.inventory("1", "I"), ["taken", "accepted"], ("bondInvtNo", "QD021426I000000001")),
        (
            repairs.gate_pass("1", "E", "QD021426E000000009"),
            ["taken", "accepted", "released"],
            ("passportNo", "Z0214E261124000000000001"),
        ),
        (
            PACKAGE.format(INVENTORY.format("1")).encode(),
            ["taken", "accepted"],
            ("bondInvtNo", "QD021426E000000001"),
        ),
        (INVENTORY.format("1-T-REJECT").encode(), ["taken", "returned"], None),
        (INVENTORY.format("1-T-IMPORT").encode(), ["rejected"], None),
        (INVENTORY.format("1-T-HOLD").encode(), ["taken", "review"], None),
        (INVENTORY.format("1-T-GENERATE").encode(), ["taken", "accepted", "generated"], None),
    ],
)
def test_a_paper_is_answered(
    books: Books, body: bytes, words: list[str], number: tuple[str, str] | None
) -> None:
    verdicts = said(answers(books, body))
    assert [verdict.event for verdict in verdicts] == words
    if number is not None:
        name, value = number
        assert {verdict.numbers[name] for verdict in verdicts if name in verdict.numbers} == {value}
        assert len(verdicts[0].numbers["SeqNo"]) == 18


def test_an_inventory_is_deducted_once_its_pass_has_come(books: Books) -> None:
    for place, (number, flag) in enumerate((("QD021426I000000001", "I"), ("?", "E")), 1):
        answers(books, repairs.inventory(str(place), flag))
        told = said(answers(books, repairs.gate_pass(f"P{place}", flag, number)))
        deducted = [each.numbers["bondInvtNo"] for each in told if each.event == "deducted"]
        assert deducted == ([number] * 2 if flag == "I" else [])


def test_what_it_answers_is_a_message_of_the_bonded_system(books: Books) -> None:
    bodies = answers(books, repairs.account("1"))
    bodies += answers(books, repairs.inventory("2-T-GENERATE", "I"))
    bodies += answers(books, repairs.gate_pass("3", "I", "QD021426I000000009"))
    names = set()
    for body in bodies:
        judging = Judging([body.decode()], "checked", None)
        assert [*judging] == []
        names.add(judging.message.name)
        assert judging.finished().findings == [], judging.message.name
        assert registry.message(judging.message.name).is_receipt
        assert etree.fromstring(body) is not None
    assert names == {"CommonResponeMessage", "EMS211", "INV201", "INV202", "SAS221", "SAS223"}
