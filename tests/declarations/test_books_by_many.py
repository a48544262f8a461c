"""Several clerks at one book in the same second: one writer at a time, and nothing had twice."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from single_window.declarations.books.ledger import Answer
from single_window.domain.books.told import entry_of
from tests import repairs
from tests.declarations.keepers import BLADE, ENGINE, Keeper, opened
from tests.declarations.test_book_papers import engines, left
from tests.window import Window

CLERKS, EACH = 4, 12


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Runs all at the same moment, each in a thread of its own; what each returned."""
    ready, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(at: int) -> None:
        ready.wait()
        results[at] = acts[at]()

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _out(clerk: Keeper, number: str) -> Answer:
    line = {"item": ENGINE, "serial": "E1"}
    return clerk.enter("out", line, side="abroad", number=number)


def test_the_last_piece_goes_to_one_of_two_clerks(window: Window) -> None:
    clerk = opened(window, "E1")
    answers = at_once([lambda: _out(clerk, "O1"), lambda: _out(replace(clerk, name="b"), "O2")])
    assert sorted(answer.refused for answer in answers) == [False, True]
    (refused,) = [answer for answer in answers if answer.refused]
    assert [each.code for each in refused.findings] == ["BOOK-SERIAL-GONE"]
    assert clerk.differences() == []


def test_the_last_engine_goes_into_one_of_two_inventories(window: Window) -> None:
    clerk = engines(window)
    bodies = [repairs.inventory(f"OUT-{at}", "E") for at in range(2)]

    def file(body: bytes) -> None:
        window.receive(body)
        window.check()

    at_once([lambda body=body: file(body) for body in bodies])  # type: ignore[misc]
    window.check()
    rows = window.rows()
    assert sorted(row.decision for row in rows) == ["accept", "reject"]
    (refused,) = [row for row in rows if row.decision == "reject"]
    assert window.codes(refused.id) == ["BOOK-B10"]
    assert left(clerk) == (1, 1)


def test_clerks_together_use_no_more_parts_than_there_are(window: Window) -> None:
    clerk = opened(window, blades=60)
    wrong: list[Any] = []
    done = threading.Event()

    def work(seed: int) -> list[Answer]:
        dice, own = random.Random(seed), replace(clerk, name=f"clerk {seed}")
        return [
            own.force(
                entry_of(
                    {"kind": dice.choice(("issue", "reserve")), "day": "2026-03-01",
                     "number": f"{seed}-{at}", "side": "abroad",
                     "lines": [{"item": BLADE, "quantity": str(dice.randrange(1, 6))}]}
                )
            )
            for at in range(EACH)
        ]  # fmt: skip

    def watch() -> None:
        while not done.is_set():
            wrong.extend(clerk.differences())

    watcher = threading.Thread(target=watch)
    watcher.start()
    answers = at_once([lambda seed=seed: work(seed) for seed in range(CLERKS)])  # type: ignore[misc]
    done.set()
    watcher.join()
    assert any(answer.refused for each in answers for answer in each), "there was not enough"
    assert clerk.stock(BLADE, "parts", "available") < 6
    assert clerk.differences() == []
    if clerk.store.database.is_sqlite:
        assert wrong == [], "one consistent state is seen at each moment"
