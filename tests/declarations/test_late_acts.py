"""Papers that lead a trade and act on what may come after them: nothing is taken twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from single_window.declarations import service, trades
from single_window.declarations.scope import Scope
from single_window.storage import tables as t
from tests.declarations import contracts
from tests.declarations.contracts import Contract, accepted, codes, ledger
from tests.routing.desks import Desk
from tests.window import PAYMENT, Window, findings

ACCEPTED, REFUSED = contracts.ACCEPTED, contracts.REFUSED


@pytest.fixture(autouse=True)
def _invented(tmp_path: Path) -> Iterator[None]:
    with contracts.invented(tmp_path / "invented"):
        yield


def test_what_is_there_is_taken_of_at_filing(window: Window) -> None:
    contract = Contract(window, "100.00")
    customs = accepted(window, contract)
    first, second = contract.pay("60.00"), contract.pay("50.00")
    assert (first.outcome, second.outcome) == ("waiting", "rejected")
    assert contracts.TOO_MUCH in codes(window, second.id)
    assert ledger(window) == {f"{contract.row().id}|contract": 60}
    window.pair()
    assert contract.at(first.key.rpartition("|")[2]).outcome == "under_way"
    customs.answer(window, REFUSED, *customs.collect(window))
    assert ledger(window) == {}


def test_a_payment_before_its_contract_waits_and_is_settled_in_order(window: Window) -> None:
    contract = Contract(window, "100.00")
    early = [contract.pay(amount) for amount in ("70.00", "40.00", "30.00")]
    window.pair()
    now = [contract.at(row.key.rpartition("|")[2]) for row in early]
    assert {(row.outcome, row.pairing) for row in now} == {("waiting", "waiting")}
    assert codes(window, early[0].id) == {contracts.MISSING}
    contract.file()
    window.pair()
    assert ledger(window) == {}, "the contract is not accepted"
    customs = Desk.of("customs")
    customs.answer(window, ACCEPTED, *customs.collect(window))
    window.pair()
    now = [contract.at(row.key.rpartition("|")[2]) for row in early]
    assert [row.outcome for row in now] == ["under_way", "rejected", "under_way"]
    assert codes(window, early[1].id) == {contracts.TOO_MUCH}
    assert ledger(window) == {f"{contract.row().id}|contract": 100}
    assert sum(len(message.records) for message in customs.collect(window)) == 2
    assert contracts.earlier[-1] == ((PAYMENT, early[0].key),)
    papers = {paper["id"] for paper in window.shown(contract.row().id)["papers"]}
    assert papers == {row.id for row in early}


def test_a_late_target_that_does_not_agree_rejects_and_books_nothing(window: Window) -> None:
    contract = Contract(window, "100.00")
    early = contract.pay("70.00", payCode="12999P0009")
    accepted(window, contract)
    window.pair()
    assert window.rows(t.declarations.c.id == early.id)[0].outcome == "rejected"
    (finding,) = findings(window, early.id)
    assert (finding.code, finding.path) == (contracts.DIFFERS, "PaymentHead/payCode")
    assert ledger(window) == {}
    assert contract.pay("70.00").outcome == "waiting"


def test_a_contract_that_is_refused_gives_free_and_its_successor_is_taken_of(
    window: Window,
) -> None:
    contract = Contract(window, "100.00")
    customs = Desk.of("customs")
    contract.file()
    paid = contract.pay("60.00")
    assert ledger(window) == {f"{contract.row().id}|contract": 60}
    customs.answer(window, REFUSED, *customs.collect(window))
    window.pair()
    assert window.rows(t.declarations.c.id == paid.id)[0].pairing == "waiting"
    contract.file("120.00")
    customs.answer(window, ACCEPTED, *customs.collect(window))
    window.pair()
    assert window.rows(t.declarations.c.id == paid.id)[0].outcome == "under_way"
    assert ledger(window) == {f"{contract.row().id}|contract": 60}


def test_who_waited_too_long_is_rejected(window: Window) -> None:
    contract = Contract(window, "100.00")
    early = contract.pay("70.00")
    window.pair()
    own = t.declarations.c.id == early.id
    with window.store.database.write() as connection:
        connection.execute(update(t.declarations).where(own).values(wait_until=1))
    trades.expire_due(window.store)
    assert window.rows(own)[0].outcome == "rejected"


def test_a_line_that_a_payment_opened_is_known_to_the_next(window: Window) -> None:
    contract = Contract(window, "100.00")
    accepted(window, contract)
    records = [contract.payment(amount, sign) for amount, sign in (("20.00", "L"), ("10.00", ""))]
    window.file(PAYMENT, records)
    assert contract.pay("7.00").outcome == "waiting"
    row, opener = contract.row(), records[0]["PaymentHead"]["payTransactionId"]
    assert ledger(window) == {f"{row.id}|contract": 37, f"{row.id}|+{opener}": 30}
    told = window.shown(row.id)["balances"]
    assert {(each["gnum"], each["declared"], each["left"]) for each in told} == {
        (f"+{opener}", "30", "0"),
        ("contract", "100", "63"),
    }


def test_two_who_pair_at_once_do_not_take_twice(window: Window) -> None:
    contract = Contract(window, "100.00")
    early = [contract.pay("30.00") for _ in range(5)]
    accepted(window, contract)
    with window.store.database.write() as connection:
        marks = [{"key": f"T|{contract.row().trade_key}", "due_at": 1} for _ in range(800)]
        connection.execute(t.pairings.insert(), marks)
    workers = [threading.Thread(target=window.pair) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    now = window.rows(t.declarations.c.id.in_([row.id for row in early]))
    assert [row.outcome for row in now] == ["under_way"] * 3 + ["rejected"] * 2
    assert ledger(window) == {f"{contract.row().id}|contract": 90}


def test_a_payment_taken_back_while_it_waits_is_not_settled(window: Window) -> None:
    contract = Contract(window, "100.00")
    early = contract.pay("70.00")
    scope = Scope(window.broker)
    service.withdraw(window.store, window.wake, scope, early.id, person="")
    accepted(window, contract)
    window.pair()
    assert ledger(window) == {}
    assert window.rows(t.declarations.c.id == early.id)[0].outcome == "withdrawn"
