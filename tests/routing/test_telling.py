"""Messages that a plan has the window make for an agency, after their own schemas."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from lxml import etree
from sqlalchemy import ColumnElement, update

from adapters.base import Item, Unfit, load
from schemas import registry
from single_window.domain.plans import Step
from single_window.storage import tables as t
from tests.routing.conftest import Invent
from tests.routing.desks import Desk
from tests.window import ORDER, Window, made

REPORT, LACKING = "FxReportMessage", "TaxReceiptMessage"
NOW = datetime(2026, 3, 1, 2, 3, 4, tzinfo=UTC)


def element(name: str, *children: Any, need: int = 0, **more: Any) -> Any:
    """The description of an element."""
    told = {"repeats": False, "personal": False} | more
    return SimpleNamespace(name=name, children=children, min_occurs=need, **told)


NOTE = SimpleNamespace(
    name="NoteMessage",
    namespace="urn:invented",
    record_field=element(
        "Note",
        element("guid", need=1),
        element("reference", need=1),
        element("amount", need=1),
        element("account", personal=True),
        element("Party", element("name", need=1), element("country")),
        element("Line", element("gnum", need=1), element("qty"), repeats=True),
        need=1,
    ),
)


def told(**values: Any) -> str:
    """What an invented agency is told of one leg, its head left out."""
    item = Item(8, 1, "M", "key", **({"facts": {}} | values))
    adapter = load("fx", url="http://127.0.0.1:9")
    body = adapter.tell(NOTE, [item], message_id="ID", now=NOW)  # type: ignore[arg-type]
    root = etree.fromstring(body)
    assert root.attrib == {"guid": "ID", "version": "1.0", "sentTime": "20260301100304"}
    ((guid, reference, *_),) = root
    assert (len(guid.text or ""), reference.text) == (36, "8")
    return body.decode().partition("</reference>")[2].removesuffix("</Note></NoteMessage>")


def test_values_go_by_their_names_in_the_order_of_the_schema() -> None:
    facts = {"name": "A & B", "amount": "1", "other": "x", "account": "", "country": None}
    assert told(facts=facts) == "<amount>1</amount><Party><name>A &amp; B</name></Party>"


def test_what_an_agency_said_comes_before_what_was_filed_and_that_before_what_was_computed() -> (
    None
):
    three = {"amounts": {"amount": "3"}, "facts": {"amount": "2"}, "numbers": {"amount": "1"}}
    for value in ("1", "2", "3"):
        assert told(**three) == f"<amount>{value}</amount>"
        three.popitem()


def test_of_personal_data_only_the_end_is_told() -> None:
    assert told(facts={"amount": "1", "account": "6222020012345678"}).endswith(
        "<account>************5678</account>"
    )


def test_lines_and_groups_are_filled_each_from_its_own() -> None:
    lines = [{"gnum": 1, "qty": "2"}, {"gnum": 2}]
    assert told(facts={"amount": "1", "Line": lines, "Party": {"name": "C"}}) == (
        "<amount>1</amount><Party><name>C</name></Party>"
        "<Line><gnum>1</gnum><qty>2</qty></Line><Line><gnum>2</gnum></Line>"
    )


@pytest.mark.parametrize("facts", [{}, {"amount": "1", "country": "CHN"}])
def test_without_a_value_that_is_required_there_is_no_message(facts: dict[str, str]) -> None:
    with pytest.raises(Unfit, match="name" if facts else "amount"):
        told(facts=facts)


def _orders(window: Window) -> list[int]:
    window.file(ORDER, [trade.records[ORDER] for trade in made(2)])
    return [row.id for row in window.rows()]


def test_the_agency_gets_one_sound_message_for_the_legs_due(window: Window, invent: Invent) -> None:
    invent(Step("fx", ORDER, tells=REPORT))
    numbers, fx = _orders(window), Desk.of("fx")
    (message,) = fx.collect(window)
    (body,) = fx.agency.bodies
    assert all(registry.gate(REPORT).validate(record) for record in etree.fromstring(body))
    assert [facts["reference"] for facts in message.records] == [str(n * 8) for n in numbers]
    assert [row.content for row in window.rows(of=t.outgoing)] == [REPORT]
    fx.answer(window, ("RECEIVED", "ACCEPTED"), message)
    assert {row.outcome for row in window.rows()} == {"accepted"}


def test_what_the_schema_refuses_is_put_off_and_no_value_is_logged(
    window: Window, invent: Invent, caplog: pytest.LogCaptureFixture
) -> None:
    invent(Step("fx", ORDER, tells=REPORT))
    good, long = _orders(window)
    with window.store.database.write() as connection:
        told = orjson.dumps({"taxFilingNo": "secret" * 9}).decode()
        connection.execute(update(t.declarations).values(numbers=told).where(of(long)))
    (message,) = Desk.of("fx").collect(window)
    assert [facts["reference"] for facts in message.records] == [str(good * 8)]
    assert "FxReportMessage taxFilingNo" in caplog.text
    assert "secret" not in caplog.text


def of(number: int) -> ColumnElement[bool]:
    return t.declarations.c.id == number


def test_a_message_that_lacks_what_it_must_say_never_leaves(
    window: Window, invent: Invent, caplog: pytest.LogCaptureFixture
) -> None:
    invent(Step("tax", ORDER, tells=LACKING), Step("fx", ORDER, tells=REPORT))
    numbers = _orders(window)
    assert Desk.of("tax").collect(window) == []
    assert [len(message.records) for message in Desk.of("fx").collect(window)] == [len(numbers)]
    put_off, _ = (record for record in caplog.records if record.message == "leg put off")
    assert put_off.exc_info is not None
    assert put_off.exc_info[0] is Unfit
    waiting = window.rows(t.legs.c.agency == "tax", of=t.legs)
    assert all(leg.due_at is not None and leg.outgoing_id is None for leg in waiting)
