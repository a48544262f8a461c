"""What is contended is never given twice, and the order of records decides."""

from __future__ import annotations

import random
import threading

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from single_window.declarations.ledgers import Refusal, Want, give_back, take
from single_window.storage.engine import Database
from single_window.storage.tables import quotas
from tests.window import Window

LIMIT = 1000


def test_wants_are_granted_in_their_order_until_nothing_is_left(window: Window) -> None:
    asked = [("a", 400), ("b", 900), ("a", 500), ("a", 200), ("a", 100), ("b", 101)]
    with window.store.database.write() as connection:
        results = take(connection, [Want(key, fen, LIMIT) for key, fen in asked])
    assert results == [None, None, None, Refusal(900), None, Refusal(900)]
    assert _used(window.store.database) == {"a": 1000, "b": 900}


def test_a_single_want_above_the_limit_is_refused(window: Window) -> None:
    with window.store.database.write() as connection:
        assert take(connection, [Want("a", LIMIT + 1, LIMIT)]) == [Refusal(0)]
        assert take(connection, []) == []


def test_what_is_given_back_can_be_taken_again(window: Window) -> None:
    with window.store.database.write() as connection:
        take(connection, [Want("a", LIMIT, LIMIT)])
        give_back(connection, [("a", 300), (None, 5), ("a", 0), ("nobody", 7)])
        again = take(connection, [Want("a", 301, LIMIT), Want("a", 300, LIMIT)])
    assert again == [Refusal(700), None]


def test_takers_at_the_same_time_cannot_overdraw(window: Window) -> None:
    database = window.store.database
    granted: list[int] = []

    def taker(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(20):
            wants = [Want(f"p{dice.randrange(4)}", dice.randrange(1, 200), LIMIT) for _ in range(6)]
            with database.write() as connection:
                results = take(connection, wants)
            granted.extend(w.fen for w, r in zip(wants, results, strict=True) if r is None)

    threads = [threading.Thread(target=taker, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = _used(database)
    assert sum(used.values()) == sum(granted)
    assert max(used.values()) <= LIMIT
    assert sum(granted) > 3 * LIMIT, "nearly everything was asked for"


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(1, 700), st.sampled_from((800, 1000))),
        max_size=12,
    )
)
def test_many_at_once_are_decided_as_one_after_the_other(
    window_database: Database, asked: list[tuple[str, int, int]]
) -> None:
    wants = [Want(*each) for each in asked]
    used: dict[str, int] = {}
    expected: list[Refusal | None] = []
    for want in wants:
        before = used.get(want.key, 0)
        fits = before + want.fen <= want.limit_fen
        expected.append(None if fits else Refusal(before))
        if fits:
            used[want.key] = before + want.fen
    with window_database.write() as connection:
        connection.execute(delete(quotas))
        assert take(connection, wants) == expected
    assert _used(window_database) == used


def _used(database: Database) -> dict[str, int]:
    with database.read() as connection:
        rows = connection.execute(select(quotas.c.key, quotas.c.used_fen))
        return {row.key: row.used_fen for row in rows}
