"""Cancellations, returns, arrivals: what they may do, what they do, and that nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from schemas import registry
from single_window.declarations.queries import Scope
from single_window.demo.followups import (
    CANCELLATION,
    RETURN,
    SIGNED,
    UNPACKED,
    cancellation,
    returned,
    signed,
    unpacked,
)
from single_window.demo.trades import Trade
from single_window.demo.trades import trades as demo_trades
from single_window.demo.writing import serialise
from single_window.domain.money import to_fen
from single_window.intake.begun import begun
from single_window.intake.forms import to_record
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow, beijing_day, now_ms
from tests.routing.desks import AT, Desk, sent
from tests.window import INVENTORY, Window, a_minute_after, findings, made

DECLARED, RELEASED = ("2", "120"), ("2", "120", "800")
ACCEPTED = ("2", "120", "399")


def declared(window: Window, steps: Sequence[str], trades: Sequence[Trade]) -> Desk:
    """Brings trades to where customs has answered these steps to their inventories."""
    customs = Desk.of("customs")
    customs.answer(window, steps, *sent(window, customs, trades))
    return customs


def reckoned(expression: str) -> Decimal:
    """What a formula of a return comes to: products are rounded to the fen, then added."""
    total, sign = Decimal(0), 1
    for part in re.split(r" ([+−]) ", expression):
        if part in "+−":
            sign = -1 if part == "−" else 1
            continue
        amount = Decimal(1)
        for how, figure in re.findall(r"([×÷]?) ?([\d.]+)", part):
            amount = amount / Decimal(figure) if how == "÷" else amount * Decimal(figure)
        total += sign * to_fen(amount)
    return total


def newest(window: Window, message: str) -> AnyRow:
    return window.rows(t.declarations.c.message == message)[-1]


def used(window: Window) -> int:
    """What all persons have used of their years, as the ledger has it."""
    rows = window.rows_of_ledger()
    return sum(row.used_fen for row in rows if not row.key.startswith("returned|"))


def held(window: Window) -> int:
    """What all declarations hold of their persons' years."""
    return sum(row.quota_fen for row in window.rows(t.declarations.c.living_key.is_not(None)))


def test_a_cancelled_inventory_gives_number_and_year_back(window: Window) -> None:
    (trade,) = made()
    customs = declared(window, DECLARED, [trade])
    lead = window.lead(trade)
    assert used(window) == held(window) > 0
    window.file(CANCELLATION, [cancellation(trade, lead.invt_no)])
    assert window.lead(trade).outcome == "under_way", "nothing happens before customs has said so"
    customs.answer(window, ACCEPTED, *customs.collect(window))
    assert window.lead(trade).outcome == "withdrawn"
    assert newest(window, CANCELLATION).outcome == "accepted"
    assert used(window) == held(window) == 0
    kinds = [event["kind"] for event in window.shown(lead.id)["timeline"]]
    assert "withdraw" in kinds
    assert [paper["message"] for paper in window.shown(lead.id)["papers"]].count(CANCELLATION) == 1


def test_a_cancelled_inventory_stays_so_whatever_comes_later(window: Window) -> None:
    (trade,) = made()
    customs = Desk.of("customs")
    inventories = sent(window, customs, [trade])
    customs.answer(window, DECLARED, *inventories)
    window.file(CANCELLATION, [cancellation(trade, window.lead(trade).invt_no)])
    customs.answer(window, ACCEPTED, *customs.collect(window))
    customs.answer(window, ["800", "899"], *inventories)
    assert window.lead(trade).outcome == "withdrawn"


def test_a_refused_cancellation_leaves_all_as_it_was(window: Window) -> None:
    (trade,) = made()
    customs = declared(window, DECLARED, [trade])
    before = used(window)
    window.file(CANCELLATION, [cancellation(trade, window.lead(trade).invt_no)])
    customs.answer(window, ("2", "100"), *customs.collect(window))
    assert newest(window, CANCELLATION).outcome == "rejected"
    assert (window.lead(trade).outcome, used(window)) == ("under_way", before)


@pytest.mark.parametrize(
    ("steps", "change", "code"),
    [
        (RELEASED, {}, "-623005"),
        (DECLARED, {"invtNo": "2999" + "2026I000000099"}, "-623003"),
        (DECLARED, {"orderNo": "ANOTHER"}, "CBEC-ACT-DIFFERS"),
        (DECLARED, {"buyerIdNumber": "110101199003070000"}, "CBEC-ACT-DIFFERS"),
        (DECLARED, {"appType": "2"}, "CBEC-VALUE"),
    ],
)
def test_a_cancellation_that_may_not_be(
    sqlite_window: Window, steps: Sequence[str], change: dict[str, str], code: str
) -> None:
    window, (trade,) = sqlite_window, made()
    customs = declared(window, steps, [trade])
    outcome = window.lead(trade).outcome
    window.file(CANCELLATION, [cancellation(trade, window.lead(trade).invt_no) | change])
    paper = newest(window, CANCELLATION)
    assert code in window.codes(paper.id)
    assert (paper.outcome, window.lead(trade).outcome) == ("rejected", outcome)
    assert customs.collect(window) == []


@pytest.mark.parametrize("paper", [CANCELLATION, RETURN])
def test_a_form_begun_from_the_inventory_is_filled_in(sqlite_window: Window, paper: str) -> None:
    window, (trade,) = sqlite_window, made(seed=4)
    declared(window, RELEASED, [trade])
    lead = window.lead(trade)
    values = begun(window.store, Scope(window.broker), lead.id, paper)
    record = to_record(registry.message(paper), values)
    make = cancellation if paper == CANCELLATION else returned
    wanted = make(trade, lead.invt_no)
    typed = {"guid", "appType", "appTime", "appStatus", "copNo", "reason"}
    head = wanted.get("InvtRefundHead", wanted)
    told = record.get("InvtRefundHead", record)
    assert {n: told.get(n) for n in head if n not in typed} == {
        n: text for n, text in head.items() if n not in typed
    }
    assert record.get("InvtRefundList") == wanted.get("InvtRefundList")


def test_nobody_cancels_what_is_not_theirs(sqlite_window: Window) -> None:
    window, (trade,) = sqlite_window, made()
    declared(window, DECLARED, [trade])
    stranger = {"code": "OTHER", "name": "OTHER", "dxp_id": "DXPENT0000000000"}
    record = cancellation(trade, window.lead(trade).invt_no)
    body = serialise(CANCELLATION, [record], guid=record["guid"], sender=stranger)
    window.receive(body, organisation_id=window.other)
    window.check()
    found = findings(window, newest(window, CANCELLATION).id)
    assert "REC-NOT-YOURS" in {finding.code for finding in found}


def test_a_return_in_parts_gives_back_part_by_part_and_in_the_end_all(window: Window) -> None:
    (trade,) = made(seed=4)
    customs = declared(window, RELEASED, [trade])
    lead = window.lead(trade)
    told = orjson.loads(lead.amounts)
    lines = trade.records[INVENTORY]["InventoryList"]
    back = Decimal(0)
    for number, line in enumerate(lines, 1):
        record = returned(trade, lead.invt_no, {line["gnum"]: line["qty"]}, number=number)
        window.file(RETURN, [record])
        paper = newest(window, RETURN)
        assert paper.decision in {"accept", "warn"}, window.codes(paper.id)
        back += Decimal(orjson.loads(paper.amounts)["dutiable"])
        customs.answer(window, ACCEPTED, *customs.collect(window))
        assert used(window) == held(window)
        left = [each["left"] for each in window.shown(lead.id)["balances"]]
        assert left == ["0"] * number + [line["qty"] for line in lines[number:]]
    assert back == Decimal(told["dutiable"])
    assert (window.lead(trade).outcome, used(window)) == ("closed", 0)
    window.file(RETURN, [returned(trade, lead.invt_no, number=9)])
    assert "CBEC-RETURN-STATE" in window.codes(newest(window, RETURN).id)


def test_fx_is_told_what_is_paid_back_and_its_answer_stands_with_the_return(
    sqlite_window: Window,
) -> None:
    window, (trade,) = sqlite_window, made(seed=4)
    customs, fx = declared(window, RELEASED, [trade]), Desk.of("fx")
    assert len(fx.collect(window)) == 1, "the payment for the released goods"
    window.file(RETURN, [returned(trade, window.lead(trade).invt_no, {"1": "1"})])
    assert fx.collect(window) == [], "not before customs has accepted"
    customs.answer(window, ACCEPTED, *customs.collect(window))
    (message,) = fx.collect(window)
    report = etree.fromstring(fx.agency.bodies[-1])
    registry.gate("FxReportMessage").assertValid(report)
    paper = newest(window, RETURN)
    amounts = orjson.loads(paper.amounts)
    told = {etree.QName(leaf).localname: leaf.text for leaf in report.iter() if not len(leaf)}
    assert told["flow"] == "IN", "the payment of an import goes out"
    back = Decimal(amounts["dutiable"]) + Decimal(amounts["total"])
    assert Decimal(told["amountReturned"]) == Decimal(amounts["returned"]) == back > 0
    assert told["invtNo"] == window.lead(trade).invt_no
    fx.answer(window, ("RECEIVED", "ACCEPTED"), message)
    shown = window.shown(paper.id)
    assert [leg["verdict"] for leg in shown["legs"] if leg["agency"] == "fx"] == ["accepted"]
    assert shown["contradictions"] == []
    message.records[0]["amountReturned"] = str(back + 1)
    window.answer(fx.agency, fx.receipt("ACCEPTED", message, at=AT + 60))
    (found,) = window.shown(paper.id)["contradictions"]
    assert (found["figure"], found["severity"]) == ("returned", "hold")


def test_what_a_return_brings_back_is_told_with_formula_and_inputs(sqlite_window: Window) -> None:
    window, (trade,) = sqlite_window, made(seed=4)
    customs = declared(window, RELEASED, [trade])
    lead = window.lead(trade)
    line = trade.records[INVENTORY]["InventoryList"][0]
    for number in range(1, int(Decimal(line["qty"])) + 1):
        window.file(RETURN, [returned(trade, lead.invt_no, {line["gnum"]: "1"}, number=number)])
        customs.answer(window, ACCEPTED, *customs.collect(window))
        shown = window.shown(newest(window, RETURN).id)
        for step in shown["formula"]:
            assert reckoned(step["expression"]) == Decimal(step["result"]), step
        told = {each["name"] for each in shown["figures"]}
        assert {"dutiable", "vat", "total", "quota", "returned"} <= told
        for figure in ("dutiable", "duty", "vat", "ct"):
            (step,) = (each for each in shown["formula"] if each["name"] == f"{figure}_returned")
            assert [each["origin"] for each in step["inputs"]] == [
                *("target", "paper", "ledger", "target")
            ]
        (quota,) = (each for each in shown["formula"] if each["name"] == "quota")
        assert [each["source"] for each in quota["inputs"] if each["origin"] == "law"]


def test_a_return_is_refused_line_by_line(sqlite_window: Window) -> None:
    window, (trade,) = sqlite_window, made()
    customs = declared(window, RELEASED, [trade])
    lead = window.lead(trade)
    whole = returned(trade, lead.invt_no)
    line = whole["InvtRefundList"][0]
    wrong = {
        "-625209": line | {"gcode": "0000000000"},
        "CBEC-RETURN-UNIT": line | {"unit": "035" if line["unit"] != "035" else "007"},
        "CBEC-RETURN-QTY": line | {"qty": str(Decimal(line["qty"]) + 1)},
        "CBEC-POSITIVE": line | {"qty": "0"},
    }
    for code, changed in wrong.items():
        window.file(RETURN, [whole | {"InvtRefundList": [changed]}])
        paper = newest(window, RETURN)
        assert (paper.outcome, code in window.codes(paper.id)) == ("rejected", True), code
    assert customs.collect(window) == []
    assert window.lead(trade).outcome == "released"


def test_a_return_to_another_place_is_held(sqlite_window: Window) -> None:
    window, (trade,) = sqlite_window, made()
    declared(window, RELEASED, [trade])
    record = returned(trade, window.lead(trade).invt_no)
    record["InvtRefundHead"]["customsCode"] = "2244"
    window.file(RETURN, [record])
    paper = newest(window, RETURN)
    assert (paper.outcome, "TAX-CBEC-19" in window.codes(paper.id)) == ("held", True)


@pytest.mark.parametrize(("days", "codes"), [(30, set()), (31, {"TAX-CBEC-17"})])
def test_a_return_is_applied_for_within_thirty_days(
    sqlite_window: Window, days: int, codes: set[str]
) -> None:
    window, (trade,) = sqlite_window, made()
    declared(window, RELEASED, [trade])
    lead = window.lead(trade)
    window.released_days_ago(lead.id, days)
    window.file(RETURN, [returned(trade, lead.invt_no)])
    paper = newest(window, RETURN)
    assert set(window.codes(paper.id)) & {"TAX-CBEC-17"} == codes


def test_goods_back_too_late_bring_no_year_back(sqlite_window: Window) -> None:
    window, (trade,) = sqlite_window, made()
    customs = declared(window, RELEASED, [trade])
    lead = window.lead(trade)
    before = used(window)
    window.file(RETURN, [returned(trade, lead.invt_no)])
    window.released_days_ago(lead.id, 46)
    customs.answer(window, ACCEPTED, *customs.collect(window))
    assert newest(window, RETURN).outcome == "accepted"
    assert used(window) == before


def test_a_changed_return_takes_in_place_of_the_one_before(sqlite_window: Window) -> None:
    window, (trade,) = sqlite_window, made(seed=4)
    declared(window, RELEASED, [trade])
    lead = window.lead(trade)
    first = returned(trade, lead.invt_no)
    window.file(RETURN, [first])
    later = first["InvtRefundHead"] | {
        "appType": "2", "appTime": a_minute_after(first["InvtRefundHead"]["appTime"]),
        "guid": "A" * 36,
    }  # fmt: skip
    window.file(RETURN, [first | {"InvtRefundHead": later}])
    assert [row.outcome for row in window.rows(t.declarations.c.message == RETURN)] == [
        "withdrawn",
        "under_way",
    ]
    taken = [row.used_fen for row in window.rows_of_ledger() if row.key.startswith("returned|")]
    assert taken == [int(Decimal(line["qty"]) * 100_000) for line in first["InvtRefundList"]]


def test_parcels_unpacked_and_signed_for_stand_beside_their_inventory(window: Window) -> None:
    (trade,) = demo_trades(1, 1, beijing_day(now_ms()), direct=True)
    window.file(UNPACKED, [unpacked([trade])])
    detail = newest(window, UNPACKED)
    assert "CBEC-ACT-UNKNOWN" in window.codes(detail.id)
    declared(window, RELEASED, [trade])
    window.file(SIGNED, [signed(trade)])
    lead = window.lead(trade)
    papers = {paper["message"] for paper in window.shown(lead.id)["papers"]}
    assert {UNPACKED, SIGNED} <= papers
    (seen,) = [p for p in window.shown(detail.id)["papers"] if p["message"] == INVENTORY]
    assert seen["id"] == lead.id


quantities = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(["accept", "refuse", "wait"])), max_size=6
)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(quantities)
def test_whatever_comes_back_no_more_than_there_was(
    sqlite_window: Window, asked: list[tuple[int, str]]
) -> None:
    """Conservation: taken is never above what was declared; the year is that of what is kept."""
    window = sqlite_window
    test_whatever_comes_back_no_more_than_there_was.seed = seed = (  # type: ignore[attr-defined]
        getattr(test_whatever_comes_back_no_more_than_there_was, "seed", 100) + 1
    )
    (trade,) = made(seed=seed)
    customs = declared(window, RELEASED, [trade])
    lead, line = window.lead(trade), trade.records[INVENTORY]["InventoryList"][0]
    there = Decimal(line["qty"])
    living = Decimal(0)
    for number, (quantity, answer) in enumerate(asked, 1):
        record = returned(trade, lead.invt_no, {line["gnum"]: str(quantity)}, number=number)
        window.file(RETURN, [record])
        paper = newest(window, RETURN)
        fits = living + quantity <= there and window.lead(trade).outcome == "released"
        assert (paper.outcome == "under_way") == fits
        if not fits:
            continue
        steps = {"accept": ACCEPTED, "refuse": ("2", "100"), "wait": ("2",)}[answer]
        customs.answer(window, steps, *customs.collect(window))
        living += 0 if answer == "refuse" else quantity
        assert used(window) == held(window)
