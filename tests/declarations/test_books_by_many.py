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
from tests.declarations.keepers import BLADE, ENGINE, OLD, REPAIRED, SCRAP, Keeper, opened
from tests.declarations.test_book_papers import engines, left
from tests.declarations.test_books_at_every_moment import MOST, balanced, kept
from tests.window import Window

CLERKS, EACH = 4, 12
MANY = 60


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


def _anything(dice: random.Random, number: str) -> dict[str, Any]:
    """What some clerk may enter, rightly or not, on pieces, orders and papers that all share."""
    serial, order = dice.choice(("E1", "E2", "E3")), dice.choice(("W1", "W2"))
    paper, some = dice.choice(("P1", "P2")), str(dice.randrange(1, 12))
    engine = {"item": dice.choice((ENGINE, REPAIRED)), "serial": serial}
    said, line = dice.choice(
        (
            ({"kind": "in", "side": dice.choice(("abroad", "china"))}, engine),
            ({"kind": "in", "side": "abroad"}, {"item": BLADE, "quantity": some}),
            ({"kind": "order", "number": order}, {"item": ENGINE, "serial": serial}),
            ({"kind": "issue", "order": order}, {"item": BLADE, "quantity": some}),
            ({"kind": "give_back", "order": order}, {"item": BLADE, "quantity": some}),
            ({"kind": "remove", "order": order}, {"item": OLD, "quantity": some}),
            ({"kind": "waste", "order": order}, {"item": SCRAP, "quantity": some}),
            ({"kind": "finish", "order": order, "result": "repaired"}, None),
            ({"kind": "reserve", "number": paper, "side": "abroad"}, engine),
            ({"kind": "out", "number": paper, "side": "abroad"}, engine),
            ({"kind": "release", "number": paper}, None),
            ({"kind": "destroy", "mode": "0400", "record": "D"}, {"item": OLD, "quantity": some}),
            ({"kind": "sell"}, {"item": OLD, "quantity": some}),
        )
    )
    return {"number": number, "day": "2026-03-01", "lines": [line] if line else [], **said}


def test_a_book_balances_whatever_clerks_enter_at_once(window: Window) -> None:
    clerk = opened(window, "E1", max_turnover=MOST)

    def work(seed: int) -> list[Answer]:
        dice, own = random.Random(seed), replace(clerk, name=f"clerk {seed}")
        return [own.force(entry_of(_anything(dice, f"{seed}-{at}"))) for at in range(MANY)]

    answers = at_once([lambda seed=seed: work(seed) for seed in range(CLERKS)])  # type: ignore[misc]
    refused = sum(answer.refused for each in answers for answer in each)
    assert 0 < refused < CLERKS * MANY
    rows = kept(clerk)
    balanced(rows)
    entered = {row.id for row in rows["book_entries"]}
    assert {row.entry_id for row in rows["movements"]} <= entered
    assert clerk.differences() == []
