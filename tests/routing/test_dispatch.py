"""What is due goes out once, as it came where it can, and a dead agency delays nobody else."""

from __future__ import annotations

import copy
import threading
from hashlib import sha256

import pytest
from lxml import etree
from sqlalchemy import update

from adapters.base import Outcome
from schemas import registry
from single_window.demo.trades import Trade
from single_window.domain.lifecycle import Transport
from single_window.routing import circuits
from single_window.storage import tables as t
from single_window.storage.engine import now_ms
from tests.credentials import signed
from tests.window import ORDER, PAYMENT, Agency, Window, made, message


def orders(trades: list[Trade], *bad: int) -> bytes:
    """Orders of the trades, some of them in a currency that does not exist."""
    records = [copy.deepcopy(trade.records[ORDER]) for trade in trades]
    for at in bad:
        records[at]["OrderHead"]["currency"] = "999"
    return message(ORDER, records)


def elapse(window: Window) -> None:
    """Lets every pause run out."""
    with window.store.database.write() as connection:
        connection.execute(
            update(t.outgoing).where(t.outgoing.c.due_at.is_not(None)).values(due_at=now_ms())
        )
        connection.execute(update(t.circuits).values(open_until=0))


def test_where_all_is_well_the_very_bytes_go_out(window: Window) -> None:
    body = signed(orders(made(3)))
    window.receive(body)
    window.check()
    customs = Agency.of("customs")
    assert window.dispatch(customs) == 1
    assert customs.bodies == [body]
    assert window.dispatch(customs) == 0


def test_where_some_are_bad_the_others_go_out_as_exact_slices(window: Window) -> None:
    trades = made(5)
    body = signed(orders(trades, 1, 3))
    window.receive(body)
    window.check()
    customs = Agency.of("customs")
    window.dispatch(customs)
    ((number, sent),) = customs.got
    root = etree.fromstring(sent)
    assert root.get("guid") == number
    assert b"Signature" not in sent
    assert sha256(body).hexdigest().encode() in sent
    records = [each for each in root if etree.QName(each).localname == "Order"]
    assert all(registry.gate(ORDER).validate(each) for each in records)
    numbers = [each.findtext(".//{*}orderNo") for each in records]
    assert numbers == [trades[at].order_no for at in (0, 2, 4)]
    for at in (0, 2, 4):
        end = body.index(b"</ceb:Order>", body.index(trades[at].order_no.encode()))
        start = body.rindex(b"<ceb:Order>", 0, end)
        assert body[start : end + len(b"</ceb:Order>")] in sent
    assert root.findtext(".//{*}BaseTransfer/{*}copCode")


def test_a_long_unsigned_message_is_cut_to_the_national_hundred(window: Window) -> None:
    trades = made(250)
    window.receive(message(PAYMENT, [trade.records[PAYMENT] for trade in trades]))
    window.check()
    customs = Agency.of("customs")
    window.dispatch(customs)
    sizes = [len(etree.fromstring(body).findall("{*}Payment")) for body in customs.bodies]
    assert sizes == [100, 100, 50]
    assert len({etree.fromstring(body).get("guid") for body in customs.bodies}) == 3
    told = [n.text for body in customs.bodies for n in etree.fromstring(body).iter("{*}orderNo")]
    assert told == [trade.order_no for trade in trades]


def test_what_comes_in_another_encoding_goes_out_as_it_came_or_in_utf_8(window: Window) -> None:
    trades = made(2)
    for bad, encoding in (((), "utf-16"), ((1,), "gbk")):
        text = orders(trades, *bad).decode().replace('"UTF-8"', f'"{encoding}"')
        trades = made(2, seed=2)
        window.receive(text.encode(encoding))
        window.check()
        customs = Agency.of("customs")
        window.dispatch(customs)
        if not bad:
            assert customs.bodies == [text.encode(encoding)]
        else:
            assert b"GBK" not in customs.bodies[0].upper()
            assert etree.fromstring(customs.bodies[0]).findtext(".//{*}buyerName")


def test_the_same_bytes_under_the_same_number_go_out_again(window: Window) -> None:
    window.receive(orders(made(3), 1))
    window.check()
    customs = Agency.of("customs", Outcome.UNKNOWN, Outcome.TRY_LATER)
    for _ in range(3):
        window.dispatch(customs)
        elapse(window)
    assert len(customs.got) == 3
    assert len(set(customs.got)) == 1
    outcomes = [row.outcome for row in window.rows(of=t.attempts)]
    assert outcomes == ["unknown", "try_later", "taken"]
    assert [row.transport for row in window.rows(of=t.outgoing)] == ["sent"]


def test_pauses_grow_and_never_fall_below_what_was_asked(window: Window) -> None:
    window.receive(orders(made(1)))
    window.check()
    customs = Agency.of("customs", *[Outcome.TRY_LATER] * 5)
    pauses = []
    for asked in (None, None, None, None, 100):
        customs.retry_after = asked
        begun = now_ms()
        window.dispatch(customs)
        pauses.append(window.rows(of=t.outgoing)[0].due_at - begun)
        elapse(window)
    for pause, least in zip(pauses, (1, 2, 4, 8, 100), strict=True):
        assert pause >= least * 1000
    assert pauses[3] < 13_000


def test_a_message_that_the_agency_knows_already_has_arrived(window: Window) -> None:
    window.receive(orders(made(1)))
    window.check()
    window.dispatch(Agency.of("customs", Outcome.DUPLICATE))
    (leg,) = window.rows(of=t.legs)
    assert leg.transport == "sent"


def test_a_refusal_of_the_gate_rejects_no_record(window: Window) -> None:
    window.receive(orders(made(1)))
    window.check()
    window.dispatch(Agency.of("customs", Outcome.REFUSED))
    (leg,) = window.rows(of=t.legs)
    (row,) = window.rows()
    assert (leg.transport, leg.verdict) == ("failed", "none")
    assert row.outcome != "rejected"
    assert row.living_key is not None
    assert window.shown(row.id)["timeline"][-1]["kind"] == "failed"
    assert [each.due_at for each in window.rows(of=t.outgoing)] == [None]


def test_an_agency_that_fails_is_left_alone_and_tried_with_one_message(window: Window) -> None:
    for seed in range(12):
        window.receive(orders(made(1, seed=seed)))
    window.check()
    customs = Agency.of("customs", *[Outcome.TRY_LATER] * 4)
    window.dispatch(customs)
    assert len(customs.got) == circuits.FAILURES_TO_OPEN
    assert window.dispatch(customs) == 0, "the circuit is open"
    with window.store.database.read() as connection:
        assert not circuits.ready(connection, "customs", now_ms())
        assert circuits.ready(connection, "tax", now_ms())
    elapse(window)
    window.dispatch(customs)
    assert len(customs.got) == circuits.FAILURES_TO_OPEN + 1, "half open: one is tried"
    assert window.dispatch(customs) == 0
    elapse(window)
    window.dispatch(customs)
    assert {row.transport for row in window.rows(of=t.outgoing)} == {"sent"}
    with window.store.database.read() as connection:
        assert circuits.ready(connection, "customs", now_ms())
    assert len({number for number, _ in customs.got}) == 12


def test_one_message_that_fails_does_not_hold_up_the_others(window: Window) -> None:
    for seed in range(5):
        window.receive(orders(made(1, seed=seed)))
    window.check()
    window.dispatch(Agency.of("customs", Outcome.TRY_LATER))
    transports = [row.transport for row in window.rows(of=t.outgoing)]
    assert transports == ["pending", "sent", "sent", "sent", "sent"]


def test_what_was_claimed_and_not_tried_is_due_again_at_once(window: Window) -> None:
    for seed in range(5):
        window.receive(orders(made(1, seed=seed)))
    window.check()
    window.dispatch(Agency.of("customs", *[Outcome.UNKNOWN] * 3))
    due = [row.due_at <= now_ms() for row in window.rows(of=t.outgoing)]
    assert due == [False, False, False, True, True]


def test_a_dead_agency_does_not_delay_another(window: Window) -> None:
    """Customs hangs in the middle of a sending; tax is sent to meanwhile."""
    window.receive(orders(made(1)))
    window.check()
    (leg,) = window.rows(of=t.legs)
    with window.store.database.write() as connection:
        other = dict(leg._mapping) | {"id": leg.id + 1, "agency": "tax"}
        connection.execute(t.legs.insert().values(other))
    go, inside = threading.Event(), threading.Event()
    customs, tax = Agency.of("customs"), Agency.of("tax")

    def hang() -> None:
        inside.set()
        assert go.wait(20)

    customs.before = hang
    tax.build = lambda items, *, message_id, now: b"<x/>"  # type: ignore[method-assign]
    thread = threading.Thread(target=window.dispatch, args=(customs,))
    thread.start()
    assert inside.wait(20)
    try:
        assert window.dispatch(tax) == 1
    finally:
        go.set()
        thread.join()


def test_two_senders_at_once_send_everything_once(window: Window) -> None:
    for seed in range(10):
        window.receive(orders(made(30, seed=seed), 7))
    window.check()
    agencies = [Agency.of("customs") for _ in range(3)]
    threads = [threading.Thread(target=window.dispatch, args=(each,)) for each in agencies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [
        number.text
        for agency in agencies
        for body in agency.bodies
        for number in etree.fromstring(body).iter("{*}orderNo")
    ]
    assert len(told) == len(set(told)) == 290


def test_a_sender_that_died_leaves_its_message_to_the_next(window: Window) -> None:
    window.receive(orders(made(1)))
    window.check()
    customs = Agency.of("customs")

    def die() -> None:
        raise MemoryError

    customs.before = die
    window.dispatch(customs)
    (row,) = window.rows(of=t.outgoing)
    assert (row.transport, row.due_at > now_ms()) == ("pending", True)
    customs.before = None
    elapse(window)
    window.dispatch(customs)
    assert [row.transport for row in window.rows(of=t.outgoing)] == ["sent"]
    assert [number for number, _ in customs.got] == [row.guid]


@pytest.mark.parametrize("outcome", [Outcome.TRY_LATER, Outcome.DUPLICATE, Outcome.REFUSED])
def test_a_late_sender_does_not_write_over_what_another_noted(
    window: Window, outcome: Outcome
) -> None:
    """Its lease ran out while it was sending; the next one has sent the same message meanwhile."""
    window.receive(orders(made(1)))
    window.check()
    late, quick = Agency.of("customs", outcome), Agency.of("customs")

    def meanwhile() -> None:
        elapse(window)
        assert window.dispatch(quick) == 1

    late.before = meanwhile
    window.dispatch(late)
    (row,) = window.rows(of=t.outgoing)
    assert (row.transport, row.due_at) == ("sent", None)
    kinds = [event["kind"] for event in window.shown(window.rows()[0].id)["timeline"]]
    assert kinds == ["received", "sent"]


def test_what_no_message_can_be_made_of_does_not_stop_the_others(sqlite_window: Window) -> None:
    """A damaged file of one submission; the other one goes out."""
    window = sqlite_window
    for seed in (1, 2):
        window.receive(orders(made(3, seed=seed), 1))
    window.check()
    damaged = window.rows(of=t.submissions)[0].spool_file
    path = window.store.settings.data / "files" / damaged
    path.write_bytes(path.read_bytes()[:-1])
    customs = Agency.of("customs")
    window.dispatch(customs)
    assert len(customs.got) == 1
    transports = {row.id: row.transport for row in window.rows(of=t.legs)}
    assert sorted(transports.values()) == ["pending", "pending", "sent", "sent"]


def test_an_original_that_was_damaged_does_not_stop_the_others(sqlite_window: Window) -> None:
    window = sqlite_window
    for seed in (1, 2):
        window.receive(orders(made(3, seed=seed)))
    window.check()
    path = window.store.settings.data / "files" / window.rows(of=t.submissions)[0].spool_file
    path.write_bytes(path.read_bytes()[:-1])
    customs = Agency.of("customs")
    window.dispatch(customs)
    assert [row.transport for row in window.rows(of=t.outgoing)] == ["pending", "sent"]


def test_what_nobody_can_read_in_the_database_is_what_was_sent(window: Window) -> None:
    window.receive(orders(made(2), 1))
    window.check()
    customs = Agency.of("customs")
    window.dispatch(customs)
    (row,) = window.rows(of=t.outgoing)
    assert customs.bodies[0] not in row.sealed_body
    assert window.store.vault.open(row.sealed_body, row.guid.encode()) == customs.bodies[0]
    assert row.transport == Transport.SENT.value


@pytest.mark.parametrize("answer", [b"<not-a-receipt/>", b""])
def test_an_answer_given_at_once_is_kept_as_a_receipt(window: Window, answer: bytes) -> None:
    window.receive(orders(made(1)))
    window.check()
    customs = Agency.of("customs")
    customs.body = answer
    window.dispatch(customs)
    kept = [
        window.store.vault.open(row.sealed_body, b"customs") for row in window.rows(of=t.receipts)
    ]
    assert kept == ([answer] if answer else [])
    assert (("receipts", "customs") in window.woken) is bool(answer)
