"""Whoever files, changes, takes back, accepts and refuses: no money of services is moved twice."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import offices
from tests.declarations.laws import (
    CONTRACT,
    PAYMENT,
    RECEIPT,
    Company,
    again,
    broken,
    left_of,
    miscounted,
    settle,
)
from tests.window import Window

CLIENTS, EACH = 8, 5
SMALL, LARGE = (500, 9_000), (50_001, 110_000)
"""Amounts that need no tax record, and amounts that do."""
TOTALS = ((5, 60), (60, 300))
"""Thousands that a contract may be changed to: likely less than was moved, likely more."""
PHASES = (Phase.explicit, Phase.generate)
"""A failing example is told as it is: to shorten it takes minutes, and its seeds say little."""
ANY = (CONTRACT, PAYMENT, RECEIPT)
signs = ("AA", "AA", "AA", "RA", "AR", "HA", "AH")


def step(company: Company, dice: random.Random) -> None:
    """One thing that a clerk may do, possible or not."""
    sign, amount = dice.choice(signs), dice.randint(*dice.choice((SMALL, LARGE, LARGE)))
    asked = {"recordAmount": f"{amount + dice.randint(0, 60_000)}"} if dice.random() < 0.3 else {}
    payments, receipts = company.rows(PAYMENT), company.rows(RECEIPT)
    acts: dict[Callable[[], object], int] = {
        lambda: company.pay(f"{amount}.00", sign, **asked): 6,
        lambda: company.receive(f"{amount}.00", sign): 4,
        lambda: company.change(dice.choice("IE"), f"{dice.randint(*dice.choice(TOTALS))}000.00"): 4,
        lambda: company.withdraw(
            dice.choice(company.rows(dice.choice(ANY)) or company.rows(CONTRACT))
        ): 2,
    }
    if payments:
        acts[lambda: company.get_back(dice.choice(payments), f"{dice.randint(1, amount)}.00")] = 3
        acts[lambda: company.correct(dice.choice(payments), f"{amount}.00")] = 1
        acts[lambda: company.report(dice.choice(payments))] = 1
    if receipts:
        acts[lambda: company.give_back(dice.choice(receipts), f"{dice.randint(1, amount)}.00")] = 2
        acts[lambda: company.close(dice.choice("IE"))] = 1
    dice.choices([*acts], [*acts.values()])[0]()


def agree(window: Window, companies: list[Company], offices_: dict[str, Any]) -> None:
    """FX keeps the same account of each contract as we do, once nothing is under way."""
    for company in companies:
        for row in company.rows(CONTRACT):
            own, number, change = row.key.split("|")
            if change == "0" and row.outcome in ("accepted", "closed"):
                theirs = offices_["fx"].left(f"{own}|{number}")
                assert theirs == left_of(window, row), row.key


acts = st.lists(st.integers(0, 10**6), min_size=6, max_size=14)


@settings(
    max_examples=12, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts)
def test_whatever_one_clerk_does(
    sqlite_window: Window, tmp_path_factory: Any, seeds: list[int]
) -> None:
    window, company = sqlite_window, Company(sqlite_window)
    with offices.opened(tmp_path_factory.mktemp("offices")) as both:
        for side in "IE":
            company.register(side)
        for place, seed in enumerate(seeds):
            dice = random.Random(f"{place} {seed}")
            step(company, dice)
            assert broken(window, company.most) == []
            if dice.random() < 0.6:
                settle(window, both)
            assert broken(window, company.most) == []
            assert miscounted(window) == []
        for _ in range(2):
            settle(window, both)
            for office in both.values():
                office.release()
        settle(window, both)
        assert broken(window, company.most) == []
        assert miscounted(window) == []
        agree(window, [company], both)


def test_whatever_eight_clerks_do_at_once(window: Window, tmp_path: Path) -> None:
    company, failed, wrong, done = Company(window), [], [], threading.Event()
    with offices.opened(tmp_path) as both:
        for side in "IE":
            company.register(side)
        settle(window, both)

        def clerk(seed: int) -> None:
            try:
                for number in range(EACH):
                    dice = random.Random(seed * 1000 + number)
                    step(company, dice)
                    again(window.pair)
            except BaseException as error:  # noqa: BLE001 - told by the test
                failed.append(error)

        def agencies() -> None:
            try:
                while not done.is_set():
                    for office in both.values():
                        again(office.work, window)
                        office.release()
            except BaseException as error:  # noqa: BLE001 - told by the test
                failed.append(error)

        def watch() -> None:
            while not done.is_set():
                wrong.extend([*broken(window, company.most), *miscounted(window)])

        beside = [threading.Thread(target=each) for each in (agencies, watch)]
        clerks = [threading.Thread(target=clerk, args=(seed,)) for seed in range(CLIENTS)]
        for each in (*beside, *clerks):
            each.start()
        for each in clerks:
            each.join()
        done.set()
        for each in beside:
            each.join()
        settle(window, both)
        for office in both.values():
            office.release()
        settle(window, both)
        assert (failed, wrong) == ([], [])
        assert (broken(window, company.most), miscounted(window)) == ([], [])
        agree(window, [company], both)
        reached = {row.outcome for row in company.rows(PAYMENT)}
        assert {"accepted", "rejected"} <= reached
