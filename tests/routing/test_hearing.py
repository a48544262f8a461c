"""An answer that tells its time counts once, and an older one moves nothing."""

from __future__ import annotations

from datetime import date

import pytest

from single_window.demo import exports as demo
from single_window.demo.declarations import declaration
from single_window.storage import tables as t
from tests.routing.desks import Desk
from tests.window import Window

UNIFIED, ENTRY = "E20260000000000001", "021420260000000001"


def result(channel: str, minute: int, *, more: str = "") -> bytes:
    """What customs says of the declaration at some minute of the hour."""
    return (
        f"<DEC_RESULT><CUS_CIQ_NO>{UNIFIED}</CUS_CIQ_NO><ENTRY_ID>{ENTRY}</ENTRY_ID>"
        f"<NOTICE_DATE>2026-11-24T10:{minute:02d}:00</NOTICE_DATE><CHANNEL>{channel}</CHANNEL>"
        f"<NOTE/>{more}</DEC_RESULT>"
    ).encode()


@pytest.fixture
def declared(window: Window) -> tuple[Window, Desk, int]:
    """A goods declaration that customs has and that has its unified number."""
    customs = Desk.of("customs")
    (export,) = demo.exports(1, 1, date(2026, 11, 2), mode="9710")
    window.file(demo.ORDER, [export.records[demo.ORDER]])
    window.receive(declaration(export))
    window.check()
    window.pair()
    customs.answer(window, ("2", "120"), *customs.collect(window))
    window.pair()
    (message,) = customs.collect(window)
    number = window.rows(t.declarations.c.message == "DecMessage")[0].id
    message.records[0] |= {"SeqNo": UNIFIED}
    customs.answer(window, ("0",), message)
    return window, customs, number


def _told(window: Window, number: int) -> list[str]:
    events = window.shown(number)["timeline"]
    return [event["code"] for event in events if event["agency"] and event["kind"] != "sent"]


def test_the_same_in_other_bytes_says_nothing_new(declared: tuple[Window, Desk, int]) -> None:
    window, customs, number = declared
    for more in ("", "<D_DATE/>", "<!-- again -->"):
        window.answer(customs.agency, result("L", 5, more=more))
    assert _told(window, number) == ["0", "L"]
    assert len(window.rows(of=t.receipts)) == 6
    assert window.shown(number)["numbers"]["EntryId"] == ENTRY


def test_an_older_word_is_only_history(declared: tuple[Window, Desk, int]) -> None:
    window, customs, number = declared
    for channel, minute in (("7", 1), ("J", 9), ("C", 4), ("G", 5)):
        window.answer(customs.agency, result(channel, minute))
    assert window.shown(number)["outcome"] == "under_way", "the inspection was before"
    assert _told(window, number) == ["0", "7", "J", "C", "G"]
    window.answer(customs.agency, result("C", 10))
    assert window.shown(number)["outcome"] == "held"
    window.answer(customs.agency, result("P", 11))
    assert window.shown(number)["outcome"] == "released"
