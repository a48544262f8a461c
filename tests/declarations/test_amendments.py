"""Papers that change or close what was filed: only once they are accepted, and one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from single_window.declarations import following, service
from single_window.declarations.papers import opened
from single_window.declarations.scope import Scope
from tests.declarations import contracts
from tests.declarations.contracts import Contract, accepted, codes, ledger
from tests.window import Window

ACCEPTED, REFUSED = ("2", "120", "399"), contracts.REFUSED


@pytest.fixture(autouse=True)
def _invented(tmp_path: Path) -> Iterator[None]:
    with contracts.invented(tmp_path / "invented"):
        yield


def total(contract: Contract) -> str:
    """The total of a contract as it is kept."""
    facts = opened(contract.window.store, contract.row().sealed_facts)
    return str(facts["acturalPaid"])


def test_a_change_takes_effect_once_it_is_accepted(window: Window) -> None:
    contract = Contract(window, "100.00")
    customs = accepted(window, contract)
    number = contract.row().id
    assert contract.pay("50.00").outcome == "waiting"
    customs.collect(window)
    change = contract.change("change 60.00")
    assert (change.outcome, total(contract)) == ("under_way", "100.00")
    assert ledger(window) == {f"{number}|contract": 90}, "nobody pays what is to be taken away"
    assert contract.pay("20.00").outcome == "rejected"
    customs.answer(window, ACCEPTED, *customs.collect(window))
    assert (total(contract), ledger(window)) == ("60.00", {f"{number}|contract": 50})
    assert contract.pay("10.01").outcome == "rejected"
    assert contract.pay("10.00").outcome == "waiting"
    shown = window.shown(number)
    assert "amend" in {event["kind"] for event in shown["timeline"]}
    assert change.id in {paper["id"] for paper in shown["papers"]}


def test_what_is_left_of_a_raised_total_is_reckoned_from_the_total_of_now(window: Window) -> None:
    contract = Contract(window, "100.00")
    customs = accepted(window, contract)
    contract.pay("40.00")
    contract.change("change 150.00")
    customs.answer(window, ACCEPTED, *customs.collect(window))
    contract.pay("30.00")
    with window.store.database.read() as connection:
        left = following.left(connection, contract.row(), "paid")
    assert left == {"contract": (Decimal(80), Decimal(150))}


@pytest.mark.parametrize("how", ["refused", "withdrawn"])
def test_a_change_that_comes_to_nothing_leaves_all_as_it_was(window: Window, how: str) -> None:
    contract = Contract(window, "100.00")
    customs = accepted(window, contract)
    change = contract.change("change 60.00")
    if how == "withdrawn":
        service.withdraw(window.store, window.wake, Scope(window.broker), change.id, person="")
    else:
        customs.answer(window, REFUSED, *customs.collect(window))
    assert (total(contract), ledger(window)) == ("100.00", {})
    assert contract.change("change 60.00").outcome == "under_way"


def test_a_contract_is_changed_by_one_paper_at_a_time(window: Window) -> None:
    contract = Contract(window, "100.00")
    customs = accepted(window, contract)
    assert contract.change("change 150.00").outcome == "under_way"
    for reason in ("change 90.00", "close"):
        other = contract.change(reason)
        assert (other.outcome, codes(window, other.id)) == ("rejected", {contracts.STATE})
    customs.answer(window, ACCEPTED, *customs.collect(window))
    assert contract.change("change 90.00").outcome == "under_way"


def test_a_closed_contract_is_acted_on_no_more_and_keeps_its_number(window: Window) -> None:
    contract = Contract(window, "100.00")
    customs = accepted(window, contract)
    assert contract.change("close").outcome == "under_way"
    customs.answer(window, ACCEPTED, *customs.collect(window))
    row = contract.row()
    assert (row.outcome, row.living_key is not None) == ("closed", True)
    late, again = contract.pay("1.00"), contract.change("change 200.00")
    assert {late.outcome, again.outcome} == {"rejected"}
    assert codes(window, late.id) == {contracts.STATE}
    contract.file("300.00")
    assert contract.row().outcome == "rejected"
    assert "close" in {event["kind"] for event in window.shown(row.id)["timeline"]}
