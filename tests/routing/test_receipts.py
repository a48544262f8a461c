"""Agencies' answers move declarations, in whatever order and however often they come."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import load
from single_window.routing import receipts, verdicts
from single_window.routing.arrivals import store_receipt
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow
from tests.routing.desks import AT, Desk, desks, retry, sent
from tests.window import INVENTORY, ORDER, Window, made, message, opened

WELL = ("2", "120", "800", "899", "bill")


def leg(window: Window, number: int, agency: str = "customs") -> AnyRow:
    """The leg of a declaration at an agency."""
    (row,) = window.rows(t.legs.c.declaration_id == number, t.legs.c.agency == agency, of=t.legs)
    return row


def test_a_trade_goes_its_whole_way(window: Window) -> None:
    there = desks()
    (trade,) = made()
    messages = sent(window, there["customs"], [trade])
    lead = window.lead(trade)
    assert (lead.outcome, leg(window, lead.id).transport) == ("under_way", "sent")
    steps = {"2": "under_way", "120": "under_way", "800": "released", "899": "released"}
    for step, outcome in steps.items():
        there["customs"].answer(window, [step], *messages)
        assert window.lead(trade).outcome == outcome
    for name in ("tax", "fx"):
        came = there[name].collect(window)
        there[name].answer(window, ["RECEIVED", "ACCEPTED"], *came)
        assert (leg(window, lead.id, name).verdict) == "accepted"
    there["customs"].answer(window, ["bill"], *messages)
    told = window.shown(lead.id)
    (bill,) = (event for event in told["timeline"] if event["kind"] == "bill")
    assert orjson.loads(bill["detail"])["total"] == told["amounts"]["total"]
    kinds = [event["kind"] for event in told["timeline"]]
    assert kinds[:3] == ["received", "matched", "sent"]
    assert {"taken", "stored", "released", "closed", "accepted", "bill"} <= set(kinds)
    numbers = orjson.loads(window.lead(trade).numbers)
    assert {"preNo", "invtNo", "taxNo", "taxFilingNo"} <= set(numbers)


def test_tax_and_fx_wait_for_the_release(window: Window) -> None:
    there = desks()
    messages = sent(window, there["customs"], made())
    for step in ("2", "120"):
        there["customs"].answer(window, [step], *messages)
        assert [there[name].collect(window) for name in ("tax", "fx")] == [[], []]
    there["customs"].answer(window, ["800"], *messages)
    assert [len(there[name].collect(window)) for name in ("tax", "fx")] == [1, 1]


def test_the_same_receipt_again_is_counted_and_changes_nothing(window: Window) -> None:
    customs = Desk.of("customs")
    (received,) = sent(window, customs, made())
    for _ in range(3):
        customs.answer(window, ["120"], received)
    (row,) = window.rows(t.receipts.c.times > 1, of=t.receipts)
    assert (row.times, row.state) == (3, "applied")
    kinds = [event["kind"] for event in window.shown(window.rows()[-1].id)["timeline"]]
    assert kinds.count("stored") == 1


def test_a_return_frees_the_number_and_the_year(window: Window) -> None:
    customs = Desk.of("customs")
    (trade,) = made()
    (received,) = sent(window, customs, [trade])
    (used,) = _used(window)
    assert used > 0
    customs.answer(window, ["2", "100"], received)
    lead = window.lead(trade)
    assert (lead.outcome, lead.living_key, _used(window)) == ("rejected", None, [0])
    customs.answer(window, ["800"], received)
    assert window.lead(trade).outcome == "rejected", "what was returned is not released"
    window.file(INVENTORY, [trade.records[INVENTORY]], idempotency_key="again")
    assert window.lead(trade).living_key is not None


def _used(window: Window) -> list[int]:
    with window.store.database.read() as connection:
        return list(
            connection.execute(t.quotas.select().with_only_columns(t.quotas.c.used_fen)).scalars()
        )


def test_a_paper_that_customs_refuses_is_missing_again(window: Window) -> None:
    customs = Desk.of("customs")
    (trade,) = made()
    for paper in trade.records:
        window.file(paper, [trade.records[paper]])
    window.pair()
    came = {received.form.message: received for received in customs.collect(window)}
    body = customs.receipt("120", came[ORDER]).replace(b">120<", b">-301011<")
    window.answer(customs.agency, body)
    window.pair()
    (order,) = window.rows(t.declarations.c.message == ORDER)
    assert (order.outcome, order.living_key) == ("rejected", None)
    assert (window.lead(trade).outcome, window.lead(trade).pairing) == ("waiting", "waiting")
    assert window.lead(trade).wait_until is not None


def test_an_answer_to_nothing_is_kept_and_listed_and_given_up_in_the_end(window: Window) -> None:
    customs, other = Desk.of("customs"), Desk.of("customs")
    (received,) = sent(window, customs, made())
    for facts in received.records:
        facts["guid"] = "00000000-0000-4000-8000-00000000DEAD"
    number = window.answer(other.agency, other.receipt("120", received))
    for tries in range(1, receipts.TRIES + 1):
        (row,) = window.rows(t.receipts.c.id == number, of=t.receipts)
        assert (row.state, row.tries, row.due_at is None) == (
            "unmatched",
            tries,
            tries == receipts.TRIES,
        )
        retry(window, other)


def test_an_answer_that_is_early_is_matched_later(window: Window) -> None:
    """The bill names the inventory by a number that customs gives with another receipt."""
    customs = Desk.of("customs")
    (received,) = sent(window, customs, made())
    customs.answer(window, ["bill"], received)
    retry(window, customs)
    assert [row.state for row in window.rows(of=t.receipts)][-1] == "unmatched"
    assert "bill" not in _all_kinds(window)
    customs.answer(window, ["120"], received)
    retry(window, customs)
    assert [row.state for row in window.rows(of=t.receipts)] == ["applied"] * 8
    (lead,) = window.rows(t.declarations.c.message == INVENTORY)
    assert "bill" in [event["kind"] for event in window.shown(lead.id)["timeline"]]


def _all_kinds(window: Window) -> set[str]:
    return {row.kind for row in window.rows(of=t.events)}


def test_an_unreadable_answer_is_kept_for_the_operator(window: Window) -> None:
    customs = Desk.of("customs")
    (received,) = sent(window, customs, made())
    good = customs.receipt("120", received)
    bodies = [
        b"\x00\xff",
        b"<a/>",
        good[:-30],
        good.replace(b"<returnStatus>120</returnStatus>", b""),
    ]
    for body in bodies:
        window.answer(customs.agency, body)
    rows = window.rows(t.receipts.c.state == "unreadable", of=t.receipts)
    assert [window.store.vault.open(row.sealed_body, b"customs") for row in rows] == bodies
    assert all(row.due_at is None and row.detail for row in rows)
    window.answer(customs.agency, good)
    assert leg(window, window.rows()[-1].id).verdict == "accepted"


@settings(max_examples=150)
@given(st.randoms(use_true_random=False))
def test_no_damage_to_a_receipt_is_more_than_unreadable(dice: random.Random) -> None:
    body = bytearray(GOOD)
    for _ in range(dice.randrange(1, 5)):
        at = dice.randrange(len(body))
        body[at : at + dice.choice((0, 1, 5))] = dice.randbytes(dice.choice((0, 1, 3)))
    try:
        load("customs", url="").parse(bytes(body))
    except ValueError:
        pass


GOOD = (
    '<?xml version="1.0" encoding="UTF-8"?><CEB622Message xmlns="http://www.chinaport.gov.cn/ceb"'
    ' guid="1" version="1.0"><InventoryReturn><guid>G</guid><customsCode>0213</customsCode>'
    "<returnStatus>120</returnStatus><returnTime>20261124101010123</returnTime>"
    "<returnInfo>好</returnInfo></InventoryReturn></CEB622Message>"
).encode()


def test_a_status_that_is_not_listed_is_noted_and_moves_nothing(window: Window) -> None:
    customs = Desk.of("customs")
    (received,) = sent(window, customs, made())
    body = customs.receipt("120", received).replace(b">120<", b">777<")
    window.answer(customs.agency, body)
    (lead,) = window.rows(t.declarations.c.message == INVENTORY)
    assert lead.outcome == "under_way"
    assert window.shown(lead.id)["timeline"][-1]["kind"] == "unknown_code"


def test_a_format_fault_answers_all_records_of_the_message(window: Window) -> None:
    customs, trades = Desk.of("customs"), made(3)
    sent(window, customs, trades)
    number = customs.agency.got[-1][0]
    body = (
        '<CEB900Message xmlns="http://www.chinaport.gov.cn/ceb" guid="1" version="1.0">'
        f"<DataContentException><oriCopMsgId>{number}</oriCopMsgId>"
        "<oriMessageType>CEB621Message</oriMessageType><returnStatus>-1</returnStatus>"
        "<returnTime>20261124101010123</returnTime><returnInfo>格式错误</returnInfo>"
        "</DataContentException></CEB900Message>"
    ).encode()
    window.answer(customs.agency, body)
    assert [window.lead(trade).outcome for trade in trades] == ["rejected"] * 3


def test_one_agency_cannot_answer_for_another(window: Window) -> None:
    there = desks()
    messages = sent(window, there["customs"], made())
    tax = there["tax"]
    there["customs"].answer(window, ["800"], *messages)
    (received,) = tax.collect(window)
    number = window.answer(there["fx"].agency, tax.receipt("ACCEPTED", received))
    (row,) = window.rows(t.receipts.c.id == number, of=t.receipts)
    assert row.state in {"unreadable", "unmatched"}
    assert leg(window, window.rows()[-1].id, "tax").verdict == "none"


def test_two_records_under_one_guid_are_told_apart_by_their_number(window: Window) -> None:
    customs, trades = Desk.of("customs"), made(2)
    records: list[Any] = [trade.records[ORDER] for trade in trades]
    records[1]["OrderHead"]["guid"] = records[0]["OrderHead"]["guid"]
    window.receive(message(ORDER, records))
    window.check()
    (received,) = customs.collect(window)
    window.answer(customs.agency, customs.receipt("120", received, records=received.records[1:]))
    assert [row.outcome for row in window.rows()] == ["under_way", "accepted"]


# -- the law of receipts


@pytest.fixture(scope="module")
def one_window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """One window for all examples of the law."""
    with opened(tmp_path_factory.mktemp("law")) as made_window:
        yield made_window


_seeds = count(1000)


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(WELL), max_size=3).flatmap(
        lambda extra: st.permutations([*WELL, *extra])
    )
)
def test_in_whatever_order_and_number_receipts_come_the_end_is_the_same(
    one_window: Window, order: list[str]
) -> None:
    window, customs = one_window, Desk.of("customs")
    (trade,) = made(seed=next(_seeds))
    messages = sent(window, customs, [trade])
    for again, step in enumerate(order):
        (received,) = messages
        copy_of = order[:again].count(step)
        window.answer(customs.agency, customs.receipt(step, received, at=AT + copy_of))
    retry(window, customs)
    lead = window.lead(trade)
    customs_leg = leg(window, lead.id)
    assert (lead.outcome, customs_leg.verdict, customs_leg.transport) == (
        "released",
        "released",
        "acknowledged",
    )
    assert lead.living_key is not None
    assert set(orjson.loads(lead.numbers)) == {"preNo", "invtNo", "taxNo"}
    assert lead.invt_no
    kinds = {event["kind"] for event in window.shown(lead.id)["timeline"]}
    kinds -= {"contradiction"}  # customs' own arithmetic knows no limit
    assert kinds == {"received", "matched", "sent", "taken", "stored", "released", "closed", "bill"}
    for name in ("tax", "fx"):
        assert leg(window, lead.id, name).due_at is not None, "due once, as the plan says"
        Desk.of(name).collect(window)


def test_what_one_receipt_taught_is_not_unlearned_by_another(
    postgresql_url: str, data: Path
) -> None:
    """The second has found its declaration before the first was committed."""
    with opened(data, postgresql_url) as window:
        customs, (trade,) = Desk.of("customs"), made()
        (received,) = sent(window, customs, [trade])
        first, second = (customs.receipt(step, received) for step in ("120", "2"))
        thread = threading.Thread(target=window.answer, args=(customs.agency, second))
        with window.store.database.write() as connection:
            change = verdicts.Change(window.store, connection, customs.agency.name)
            change.take([customs.agency.parse(first)])
            thread.start()
            thread.join(1)
            change.write()
        thread.join()
        assert window.lead(trade).invt_no
        assert leg(window, window.lead(trade).id).verdict == "accepted"


def test_receipts_applied_at_the_same_time_lose_nothing(window: Window) -> None:
    """Two workers read the answers to the same records; each teaches something."""
    customs, trades = Desk.of("customs"), made(40)
    messages = sent(window, customs, trades)
    for step in ("2", "120", "800", "899", "bill"):
        for received in messages:
            body = customs.receipt(step, received)
            store_receipt(window.store, window.wake, "customs", body)

    def work() -> None:
        receipts.apply_due(window.store, window.wake, customs.agency)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    retry(window, customs)
    for trade in trades:
        lead = window.lead(trade)
        assert lead.outcome == "released"
        assert set(orjson.loads(lead.numbers)) == {"preNo", "invtNo", "taxNo"}
    assert {row.state for row in window.rows(of=t.receipts)} == {"applied"}


def test_a_receipt_that_cannot_be_applied_does_not_stop_the_others(sqlite_window: Window) -> None:
    """Something is wrong with one declaration; the answers to the others are applied."""
    window, customs, trades = sqlite_window, Desk.of("customs"), made(3)
    (received,) = sent(window, customs, trades)
    broken = window.lead(trades[1]).id
    with window.store.database.write() as connection:
        where = t.declarations.c.id == broken
        connection.execute(t.declarations.update().where(where).values(numbers="{"))
    for facts in received.records:
        body = customs.receipt("120", received, records=[facts])
        store_receipt(window.store, window.wake, "customs", body)
    receipts.apply_due(window.store, window.wake, customs.agency)
    verdicts = [leg(window, window.lead(trade).id).verdict for trade in trades]
    assert verdicts == ["accepted", "none", "accepted"]
    (left,) = window.rows(t.receipts.c.state == "new", of=t.receipts)
    assert left.due_at is not None
