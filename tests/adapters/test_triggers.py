"""Every code of the national lists can be had from the simulated customs, by an ending."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from adapters.base import Outcome, Verdict, load
from adapters.stubs.app import create_app
from adapters.stubs.books import Books
from adapters.stubs.desk import read_message
from adapters.stubs.forms import Form, script
from adapters.stubs.triggers import Trigger, number_of
from schemas import codes
from schemas.registry import envelope_gate, gate, message
from tests.adapters.office import Inbox, Office, guid_of, message_of

CUSTOMS = script("customs")
ADAPTER = load("customs", url="http://127.0.0.1")
CALLED = {code: each for each in CUSTOMS.triggers() for code in (each.suffix, *each.named)}
LATER = 10.0
ROOM = 60
"""Of a field whose length no schema tells."""


@pytest.fixture
def books() -> Iterator[Books]:
    """Books that are kept in memory."""
    kept = Books(CUSTOMS, Path(":memory:"), delay=0, slow=0)
    yield kept
    kept.close()


def _answers(books: Books, form: Form, *order_nos: str) -> list[Verdict]:
    """What the window reads of the receipts on one message; each is right by its schema."""
    body = message_of(form, *order_nos) if form.paths else _message(form, *order_nos)
    assert books.take(f"{form.message} {order_nos[0]}", read_message(CUSTOMS, body), now=0)
    verdicts = []
    for due in books.due(now=LATER, limit=100):
        root = etree.fromstring(due.body)
        assert message(etree.QName(root).localname).is_receipt
        gate(etree.QName(root).localname).assertValid(root)
        verdicts += ADAPTER.parse(due.body)
        books.delivered(due.id, now=LATER)
    return verdicts


def _message(form: Form, *order_nos: str) -> bytes:
    """A message whose records have the endings where there is room for them, and a sound key."""
    root = etree.fromstring(_blank(form.message))
    (record,) = root
    home = _home(form)[0]
    for order_no in order_nos:
        root.append(copy.deepcopy(record))
        for name, text in {"guid": guid_of(order_no), home: order_no}.items():
            for leaf in root[-1].iter(f"{{*}}{name}"):
                leaf.text = text
    root.remove(record)
    return etree.tostring(root, encoding="UTF-8")


@cache
def _blank(name: str) -> bytes:
    """A message of one record, whose key has values of the right size."""
    form = CUSTOMS.forms[name]
    root = etree.fromstring(message_of(form, "1"))
    most = _home(form)[1]
    for part in form.key[-1:]:
        for leaf in root.iter(f"{{*}}{part}"):
            leaf.text = "2" * min(most.get(part) or 1, 18)
    return etree.tostring(root)


def _home(form: Form) -> tuple[str, dict[str, int | None]]:
    """The field in which an ending has most room, and how much room each field has."""
    if form.paths:
        name = "contractNo" if "contractNo" in form.paths else "orderNo"
        place = form.paths[name].replace("m:", "")
        contract = next(
            each
            for each in message(form.message).record_field.leaves()
            if each.path.endswith(place)
        )
        return name, {name: contract.max_length or ROOM}
    fields = message(form.message).record_field.leaves()
    most = {field.name: field.length or field.max_length for field in fields}
    named = [name for name in (*CUSTOMS.mark_fields, *form.key) if name in form.reads.values()]
    return max(named, key=lambda name: most.get(name) or 0), most


def test_every_trigger_brings_its_code_on_every_receipt_that_may_carry_it(books: Books) -> None:
    for place, (ending, told) in enumerate(CALLED.items()):
        heard = set()
        for form in CUSTOMS.forms.values():
            if form.endings.get(ending.removeprefix("-T-")) not in form.outcomes:
                continue
            verdicts = _answers(books, form, f"{place}{ending}")
            said = [verdict.code for verdict in verdicts]
            asked = form.endings[ending.removeprefix("-T-")]
            assert [code.lstrip("-") for code in said] == [
                step.lstrip("-") for step in form.steps(asked)
            ]
            assert said[-1].lstrip("-") == told.code.lstrip("-")
            unknown = {verdict.code for verdict in verdicts if verdict.event == "unknown"}
            assert unknown <= _UNPROVEN
            heard.add(form.receipt)
        assert heard or "DxpRep" in told.receipts, ending


_UNPROVEN = {"D", "F", "W"}
"""Channels of a goods declaration of which nobody has seen what they mean for its state."""


_PLATFORM = [each for each in CUSTOMS.triggers() if "DxpRep" in each.receipts]


def test_the_platform_has_all_its_codes() -> None:
    listed = [row.code for row in codes.table("error-codes").rows if row.code[0] != "-"]
    assert [each.code for each in _PLATFORM] == listed
    assert len(listed) == 15


@pytest.mark.parametrize("enveloped", [True, False])
@pytest.mark.parametrize("told", _PLATFORM, ids=lambda told: told.code)
def test_the_platform_turns_a_message_away_at_once(
    books: Books, told: Trigger, enveloped: bool
) -> None:
    app = create_app(CUSTOMS, books, clock=lambda: 0.0, wake=lambda: None)
    body = _message(CUSTOMS.forms["CEB621Message"], "fine-1", f"1{told.suffix}")
    if enveloped:
        told_of = {"message": "CEB621Message", "message_id": "M-1", "sender": "D"}
        body = ADAPTER.wrap(body, **told_of, at=datetime.now(UTC))
    sent = app.test_client().post("/messages", data=body, headers={"X-Message-Id": "M-1"})
    assert sent.status_code == 202
    if not enveloped and "CEB900Message" in told.receipts:
        assert (sent.data, books.counts()["records"]) == (b"", 2)
        return
    assert envelope_gate("DxpRep").validate(etree.fromstring(sent.data))
    (verdict,) = ADAPTER.parse(sent.data)
    assert (verdict.code, verdict.event, verdict.text) == (told.code, "failed", told.text_zh)
    assert verdict.match == {"oriCopMsgId": "M-1", "oriMessageType": "CEB621Message"}
    assert books.counts()["records"] == 0


def _carried() -> set[str]:
    """The codes that stand on some receipt of a message that the simulated customs takes."""
    receipts = {each.receipt for each in CUSTOMS.forms.values()} | {"CEB900Message", "DxpRep"}
    carried = {number_of(receipt) for receipt in receipts}
    return {
        row.code
        for name in ("return-status", "error-codes", "declaration-channel")
        for row in codes.table(name).rows
        if any(receipt in row.more.get("messages", "") for receipt in carried)
    }


def test_no_code_of_a_message_that_we_carry_is_left_out() -> None:
    assert _carried() - {"<0"} == {each.code for each in CUSTOMS.triggers()}


def test_a_code_of_the_order_leaves_the_other_papers_alone() -> None:
    asked = {
        form.message: CUSTOMS.outcome(form, {"orderNo": "1-T-E301010"})
        for form in CUSTOMS.forms.values()
        if form.message != "CEB303Message"  # orders as well
    }
    assert {name for name, outcome in asked.items() if outcome != "well"} == {"CEB311Message"}


@pytest.mark.parametrize(
    "ending", ["-T-S999", "-T-E1", "-T-E-621018", "-T-S300-999", "-T-", "-T-S", "-T-C", "-T-CB"]
)
def test_an_ending_that_means_nothing_is_none(ending: str) -> None:
    for form in CUSTOMS.forms.values():
        assert CUSTOMS.outcome(form, {"orderNo": f"1{ending}"}) == "well"


def test_a_status_of_several_papers_is_the_inventorys_unless_one_is_named() -> None:
    order, inventory = CUSTOMS.forms["CEB311Message"], CUSTOMS.forms["CEB621Message"]
    told = {
        ending: [CUSTOMS.outcome(form, {"orderNo": f"1{ending}"}) for form in (order, inventory)]
        for ending in ("-T-S100", "-T-S100-312")
    }
    assert told == {"-T-S100": ["well", "S100"], "-T-S100-312": ["S100", "well"]}


def test_a_fault_of_form_answers_the_whole_message_once(books: Books) -> None:
    form = CUSTOMS.forms["CEB621Message"]
    (verdict,) = _answers(books, form, "fine-1", "wrong-1-T-E0002", "fine-2")
    assert verdict.event == "rejected"
    assert verdict.match == {
        "oriCopMsgId": "CEB621Message fine-1",
        "oriMessageType": "CEB621Message",
    }


def test_a_goods_declaration_can_fail_at_its_import(books: Books) -> None:
    (verdict,) = _answers(books, CUSTOMS.forms["DecMessage"], "1-T-REJECT")
    assert (verdict.receipt, verdict.code, verdict.event) == ("DecImportResponse", "1", "rejected")


def test_what_comes_before_the_numbers_of_customs_has_none(books: Books) -> None:
    form = CUSTOMS.forms["CEB621Message"]
    numbered = {
        ending: "invtNo" in _answers(books, form, f"1{ending}")[-1].numbers
        for ending in ("-T-S3", "-T-S100", "-T-E621018", "-T-S120", "-T-S700")
    }
    assert [*numbered.values()] == [False, False, False, True, True]


def test_every_ending_fits_into_the_numbers_that_carry_it() -> None:
    for form in (each for each in CUSTOMS.forms.values() if each.endings):
        home, most = _home(form)
        assert max(len(f"1-T-{ending}") for ending in form.endings) <= (most[home] or 0)


def test_the_page_of_customs_explains_every_code_and_a_trigger_works_over_the_wire(
    tmp_path: Path,
) -> None:
    inbox = Inbox()
    office = Office("customs", tmp_path, inbox)
    try:
        page = office.page()
        assert [each.suffix for each in CUSTOMS.triggers() if each.suffix not in page] == []
        for order_no, last in (("s-T-S700", "700"), ("e-T-E621018", "-621018")):
            assert office.send(order_no) is Outcome.TAKEN
            steps = CALLED[order_no[1:]].steps
            assert office.verdicts(order_no, len(steps))[-1].code == last
        office.send("f-T-E0002")
        bodies = inbox.wait(lambda got: any(b"CEB900Message" in body for body in got))
        (fault,) = ADAPTER.parse(next(body for body in bodies if b"CEB900Message" in body))
        assert fault.match["oriCopMsgId"] == guid_of("f-T-E0002")
    finally:
        office.close()
        inbox.close()
