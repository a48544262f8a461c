"""Whatever is killed, and however often: our books and the agencies' books agree at the end."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from single_window.demo.folder import Order, write
from single_window.storage import tables as t
from tests.journeys.world import AGENCIES, World, breaks, today

SEED = 20261124
PARTS = ("worker-work", "worker-send", "portal", "customs", "tax", "fx")
KILLS = 10
DOWN_SECONDS = 5
HUNG_SECONDS = 3


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Starts a window with settings of the test's choice; nothing of it may be left afterwards."""
    worlds: list[World] = []

    def started(**settings: str) -> World:
        worlds.append(World(tmp_path, LEASE_SECONDS="3", **settings))
        return worlds[-1].start()

    yield started
    assert [left for world in worlds for left in world.stop()] == []


def test_on_sqlite_nothing_is_lost_and_nothing_twice(start: Callable[..., World]) -> None:
    _survive(start(), trades=2000)


def test_on_postgresql_nothing_is_lost_and_nothing_twice(
    start: Callable[..., World], postgresql_url: str
) -> None:
    _survive(start(DATABASE_URL=postgresql_url), trades=600)


def test_a_killed_supervisor_takes_all_its_children_along(start: Callable[..., World]) -> None:
    world = start()
    assert len([*world.processes()]) > len(PARTS)
    world.kill_supervisor()
    world.until(lambda: [*world.processes()] == [], "nothing of it runs any more")


def _survive(world: World, *, trades: int) -> None:
    folder = world.data / "made"
    files = write(folder, Order(trades, 0, SEED, today(), per_file=50))
    with ThreadPoolExecutor(2) as clients:
        answers = [clients.submit(_client, world, files) for _ in "ab"]
        _havoc(world, random.Random(SEED), uploading=lambda: not all(a.done() for a in answers))
        numbers = [answer.result() for answer in answers]
    assert numbers[0] == numbers[1], "the same file from two clients is one submission"
    assert len(set(numbers[0])) == len(files)

    assert world.log("supervisor").count("started again") >= KILLS // 2, "the kills were real"
    world.until(lambda: world.finished("tax", "fx") >= trades, "everything is answered")
    world.until(lambda: _open_legs(world) == 0, "every answer has been applied")
    for name in AGENCIES:
        ours, theirs = _our_books(world, name), _their_books(world, name)
        assert ours - theirs == Counter(), f"{name} never got these"
        assert theirs - ours == Counter(), f"{name} has these, we do not"
        assert {entry["times_received"] for entry in world.books(name)} == {1}
    assert _outcomes(world) == {
        ("CEB311Message", "accepted"): trades,
        ("CEB411Message", "accepted"): trades,
        ("CEB511Message", "accepted"): trades,
        ("CEB621Message", "released"): trades,
    }
    assert breaks(world) == []


def _client(world: World, files: list[Path]) -> list[int]:
    """Hands in every file, again and again until each is answered, as a good client does."""
    numbers = []
    with requests.Session() as session:
        session.trust_env = False
        for path in files:
            headers = {
                "Authorization": f"Bearer {world.keys['broker']}",
                "Content-Type": "application/xml",
                "Idempotency-Key": path.name,
            }
            numbers.append(_handed_in(session, world.url, path.read_bytes(), headers))
    return numbers


def _handed_in(session: requests.Session, url: str, body: bytes, headers: dict[str, str]) -> int:
    end = time.monotonic() + 60
    while True:
        try:
            answer = session.post(
                f"{url}/api/v1/submissions", data=body, headers=headers, timeout=30
            )
            if answer.status_code == 202:
                return int(answer.json()["id"])
            assert answer.status_code == 503, answer.text
        except requests.RequestException:
            assert time.monotonic() < end, "the portal did not come back"
        time.sleep(0.2)


def _havoc(world: World, dice: random.Random, *, uploading: Callable[[], bool]) -> None:
    """Kills parts at moments of chance, keeps one agency down, and lets another one hang."""
    for turn in range(KILLS):
        time.sleep(dice.uniform(0.2, 1.5))
        world.kill(dice.choice(PARTS))
        if turn == KILLS // 3:
            _keep_down(world, dice.choice(AGENCIES))
        if turn == 2 * KILLS // 3:
            threading.Thread(target=_hang, args=(world, dice.choice(AGENCIES))).start()
    while uploading():
        time.sleep(dice.uniform(1, 3))
        world.kill(dice.choice(PARTS))


def _keep_down(world: World, name: str) -> None:
    end = time.monotonic() + DOWN_SECONDS
    while time.monotonic() < end:
        world.kill(name)
        time.sleep(0.1)


def _hang(world: World, name: str) -> None:
    """The agency takes connections and does not answer."""
    number = world.told["processes"][name]
    try:
        os.kill(number, signal.SIGSTOP)
        time.sleep(HUNG_SECONDS)
        os.kill(number, signal.SIGCONT)
    except ProcessLookupError:
        return  # it was killed meanwhile


def _our_books(world: World, agency: str) -> Counter[tuple[str, str, str]]:
    """What we sent to an agency: number of the message that carried it, paper, order number."""
    with world.read() as connection:
        rows = connection.execute(
            select(t.outgoing.c.guid, t.outgoing.c.content, t.declarations.c.order_no)
            .join(t.legs, t.legs.c.outgoing_id == t.outgoing.c.id)
            .join(t.declarations, t.declarations.c.id == t.legs.c.declaration_id)
            .where(t.legs.c.agency == agency)
        )
        return Counter((row.guid, row.content, row.order_no) for row in rows)


def _their_books(world: World, agency: str) -> Counter[tuple[str, str, str]]:
    return Counter(
        (entry["message_id"], entry["message"], entry["orderNo"]) for entry in world.books(agency)
    )


def _open_legs(world: World) -> int:
    with world.read() as connection:
        rows = select(func.count()).where(
            t.legs.c.verdict.not_in(("accepted", "released"))
            | (t.legs.c.transport != "acknowledged")
        )
        return int(connection.execute(rows).scalar_one())


def _outcomes(world: World) -> dict[tuple[str, str], int]:
    with world.read() as connection:
        rows = connection.execute(
            select(t.declarations.c.message, t.declarations.c.outcome, func.count()).group_by(
                t.declarations.c.message, t.declarations.c.outcome
            )
        )
        return {(message, outcome): count for message, outcome, count in rows}
