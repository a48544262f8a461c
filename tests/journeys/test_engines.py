"""The same journey on the other engines: PostgreSQL, and every broker that answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from single_window.settings import Settings
from tests.conftest import Broker
from tests.journeys.conftest import running
from tests.journeys.world import World, breaks
from worker.app import make_app, worker_arguments

TRADES = 60


@contextmanager
def window(data: Path, **settings: str) -> Iterator[World]:
    """A window with these settings."""
    yield from running(data, **settings)


def _journey(world: World) -> None:
    world.trades(TRADES)
    world.until(lambda: world.finished("tax", "fx") >= TRADES, "every trade is answered")
    last = world.order_nos()[-1]
    world.until(lambda: world.answered(last), "the last answer has been applied")
    outcomes = {item["outcome"] for item in world.items("/declarations", message="CEB621Message")}
    assert outcomes == {"released"}
    assert breaks(world) == []


def test_on_postgresql(data: Path, postgresql_url: str) -> None:
    with window(data, DATABASE_URL=postgresql_url) as world:
        _journey(world)


def test_on_every_broker(data: Path, broker: Broker) -> None:
    """Wake-ups alone carry it: the sweep that would make good a lost one comes too late."""
    settings = {"BROKER_URL": broker.url, "BROKER_QUEUE": f"{broker.queue}."}
    with window(data, **settings, SWEEP_SECONDS="600") as world:
        _journey(world)


def test_queues_of_two_deployments_have_names_of_their_own() -> None:
    settings = Settings(broker_queue="sw-test.")
    assert make_app(settings).conf.task_default_queue == "sw-test.work"
    assert "--queues=sw-test.send" in worker_arguments(settings, "send")
