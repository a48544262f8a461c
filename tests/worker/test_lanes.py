"""One lane per agency: nobody works beside another, and no wish to work is lost."""

from __future__ import annotations

import threading

import pytest

from worker.composition import Lanes


def test_who_finds_the_lane_taken_has_the_work_done_once_more() -> None:
    lanes, runs, inside, go = Lanes(), [], threading.Event(), threading.Event()

    def work() -> None:
        runs.append(threading.current_thread().name)
        inside.set()
        assert go.wait(10)

    first = threading.Thread(target=lanes.run, args=("customs", work), name="first")
    first.start()
    assert inside.wait(10)
    for _ in range(3):
        lanes.run("customs", work)
    go.set()
    first.join()
    assert runs == ["first", "first"]


def test_another_agency_has_a_lane_of_its_own() -> None:
    lanes, done = Lanes(), []
    lanes.run("customs", lambda: lanes.run("tax", lambda: done.append("tax")))
    assert done == ["tax"]


def test_a_lane_is_free_again_after_a_fault() -> None:
    lanes, done = Lanes(), []
    with pytest.raises(ZeroDivisionError):
        lanes.run("customs", lambda: 1 // 0)
    lanes.run("customs", lambda: done.append(1))
    assert done == [1]


def test_no_wish_is_lost_however_they_meet() -> None:
    """Whatever was asked for before a run began has been seen by a run that began later."""
    lanes, asked, seen = Lanes(), [0], [0]
    lock = threading.Lock()

    def work() -> None:
        seen[0] = asked[0]

    def ask() -> None:
        for _ in range(2000):
            with lock:
                asked[0] += 1
            lanes.run("customs", work)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen[0] == asked[0] == 8000
