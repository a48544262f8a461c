"""Whole accounts, reports and consumption forms, and what a book makes of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from single_window.declarations.books import drafting
from single_window.declarations.books.listing import Listing, header
from single_window.declarations.scope import Scope
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow, beijing_day, now_ms
from tests import repairs
from tests.declarations.keepers import BLADE, SCRAP, Keeper
from tests.declarations.test_book_papers import decide, engines, file
from tests.regimes.test_accounts import RIGHT, posted, written
from tests.window import Window


def report(through: str, *lines: dict[str, str], **changes: str) -> bytes:
    """A reconciliation report (EMS121)."""
    head = {
        "emsNo": repairs.BOOK, "chgoffTmsCnt": "1", "chgoffTypecd": "1",
        "chgoffBeginTime": "2026-01-01", "chgoffDueTime": through, "masterCuscd": repairs.OFFICE,
        "bizopEtpsno": repairs.COMPANY, "bizopEtpsNm": repairs.NAME,
        "bizopEtpsSccd": repairs.CREDIT, "rcvgdEtpsno": repairs.COMPANY, "rmk": "R-1", **changes,
    }  # fmt: skip
    values = {f"EmsChgoffBsc.{name}": text for name, text in head.items()}
    for at, line in enumerate(lines, 1):
        own = {"emsNo": repairs.BOOK, "chgoffTmsCnt": "1", "typecd": "I", **line}
        values |= {f"EmsChgoffDt.{at}.{name}": text for name, text in own.items()}
    return repairs.paper("EMS121", values)


def consumption(number: str, used: str, scrap: str = "") -> bytes:
    """A consumption form (CMB101)."""
    head = {
        "sasCmbPreentNo": number, "emsNo": repairs.BOOK, "dclTypecd": "1",
        "masterCuscd": repairs.OFFICE, "cmBeginTime": "2026-01-01 00:00:00",
        "cmEndTime": "2026-12-31 00:00:00",
        "bizopEtpsno": repairs.COMPANY, "bizopEtpsNm": repairs.NAME,
        "bizopEtpsSccd": repairs.CREDIT, "rcvgdEtpsno": repairs.COMPANY, "cmbNo": f"C{number}",
    }  # fmt: skip
    values = {f"SasCmbBsc.{name}": text for name, text in head.items()}
    values |= {"SasCmbImg.1.mtpckSeqno": str(BLADE), "SasCmbImg.1.ucnsNetUseupQty": used}
    if scrap:
        values |= {"SasCmbRbg.1.mtpckSeqno": str(BLADE), "SasCmbRbg.1.gdecd": "7204490090",
                   "SasCmbRbg.1.dclQty": scrap, "SasCmbRbg.1.dclUnitcd": "035"}  # fmt: skip
    return repairs.paper("CMB101", values)


def parts(window: Window, **changes: Any) -> Keeper:
    """A book with forty blades."""
    clerk = engines(window, **changes)
    day = {"day": "2026-02-01"}
    assert not clerk.enter(
        "in", {"item": BLADE, "quantity": "40"}, side="abroad", number="IN-B", **day
    ).refused
    return clerk


def _codes(window: Window, row: AnyRow) -> list[str]:
    return window.codes(row.id)


# --- consumption ----------------------------------------------------------------------------------


def test_a_consumption_form_is_entered_once_customs_has_accepted_it(window: Window) -> None:
    clerk = parts(window)
    filed = file(window, consumption("K-1", "6", "1.5"))
    assert (_codes(window, filed), clerk.stock(BLADE, "parts")) == ([], 40)
    decide(window, filed.id, "accepted")
    assert clerk.stock(BLADE, "parts") == 34
    assert clerk.stock(SCRAP, "scrap") == Decimal("1.5")
    assert clerk.differences() == []


def test_more_cannot_have_been_used_than_there_was(window: Window) -> None:
    clerk = parts(window)
    filed = file(window, consumption("K-1", "41"))
    (found,) = window.shown(filed.id)["findings"]
    assert (found["code"], found["path"]) == ("BOOK-B10", "SasCmbImg[1]/ucnsNetUseupQty")
    assert clerk.stock(BLADE, "parts") == 40


def test_beside_work_orders_a_consumption_form_is_compared_with_them(window: Window) -> None:
    clerk = parts(window, by_orders=True)
    clerk.enter("order", {"item": 1, "quantity": "1"}, number="W1")
    filed = file(window, consumption("K-1", "6"))
    assert _codes(window, filed) == ["BOOK-CONSUMPTION"]
    assert clerk.stock(BLADE, "parts") == 40


# --- reports --------------------------------------------------------------------------------------


def test_a_report_that_agrees_closes_its_period(window: Window) -> None:
    clerk = parts(window)
    yesterday = beijing_day(now_ms()) - timedelta(days=1)
    line = {"seqno": str(BLADE), "impOrExpTotalQty": "40", "shdRemainQty": "40",
            "actlRemainQty": "40"}  # fmt: skip
    filed = file(window, report(yesterday.isoformat(), line))
    assert _codes(window, filed) == []
    decide(window, filed.id, "accepted")
    with window.store.database.read() as connection:
        seen = Listing.of(window.store, connection, clerk.scope, clerk.number)
        assert header(seen.row)["closed_through"] == yesterday.isoformat()
        draft = drafting.draft(seen, yesterday + timedelta(days=1))
    (blades,) = [each for each in draft["items"] if each["seqno"] == BLADE]
    assert (blades["figures"]["opening"], blades["figures"]["came_in"]) == ("40", "0")
    late = clerk.enter("issue", {"item": BLADE, "quantity": "1"}, number="L1")
    assert [each.code for each in late.findings] == ["BOOK-PERIOD-CLOSED"]


def test_a_report_that_differs_is_told_where(window: Window) -> None:
    parts(window)
    line = {"seqno": str(BLADE), "impOrExpTotalQty": "40", "shdRemainQty": "40",
            "actlRemainQty": "37"}  # fmt: skip
    filed = file(window, report("2026-10-31", line))
    (found,) = window.shown(filed.id)["findings"]
    assert (found["code"], found["path"]) == ("BOOK-B6", "EmsChgoffDt[1]/actlRemainQty")


# --- accounts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RIGHT)
def test_a_whole_account_is_loaded_as_it_was_judged(window: Window, name: str) -> None:
    made = posted(name)
    window.receive(written(name).encode())
    window.check()
    (row,) = window.rows()
    assert row.outcome == "accepted", window.shown(row.id)["findings"]
    (kept,) = window.rows(of=t.books)
    with window.store.database.read() as connection:
        seen = Listing.of(window.store, connection, Scope(window.broker), kept.number)
        stocks = {
            (item["seqno"], each["origin"], each["place"]): Decimal(each["stock"])
            for item in seen.balances()
            for each in item["stocks"]
            if item["seqno"] == item["ledger"]
        }
    expected = {at: quantity for at, quantity in made.state.stocks.items() if quantity}
    assert {at: quantity for at, quantity in stocks.items() if quantity} == expected
    assert Keeper(window.store, Scope(window.broker), number=kept.number).differences() == []


def test_a_whole_account_that_is_wrong_opens_nothing(window: Window) -> None:
    window.receive(written("small", [("<months>\\d+</months>", "<months>99</months>")]).encode())
    window.check()
    (row,) = window.rows()
    assert "BOOK-B11-PERIOD" in window.codes(row.id)
    assert window.rows(of=t.books) == []


def test_a_change_of_an_account_changes_its_header_and_items(window: Window) -> None:
    opened = file(window, repairs.account("BOOK-1"))
    decide(window, opened.id, "accepted", emsNo="H0214W000099")
    change = repairs.account(
        "BOOK-1", emsNo="H0214W000099", chgTmsCnt="1", dclTypecd="2", vclrPridVal="12"
    )
    changed = file(window, change)
    decide(window, changed.id, "accepted", emsNo="H0214W000099")
    (kept,) = window.rows(of=t.books)
    assert (kept.number, header(kept)["months"]) == ("H0214W000099", 12)
    strangers = dict.fromkeys(("bizopEtpsno", "rcvgdEtpsno", "dclEtpsno"), "9999999999")
    theirs = repairs.account(
        "THEIRS", emsNo="H0214W000099", chgTmsCnt="2", dclTypecd="2", vclrPridVal="24", **strangers
    )
    refused = file(window, theirs)
    assert "BOOK-OTHER" in window.codes(refused.id)
    (kept,) = window.rows(of=t.books)
    assert header(kept)["months"] == 12
