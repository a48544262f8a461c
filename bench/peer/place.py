"""Where a yardstick runs: its database, its broker, its agencies, told by whoever starts it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from celery import Celery
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

from adapters import base
from bench.peer.tables import Base
from single_window.settings import Settings
from worker.app import make_app, prepare_broker

WAY = os.environ.get("BENCH_WAY", "usual")
PORT = int(os.environ.get("BENCH_PORT", "0"))
DATABASE = os.environ.get("BENCH_DATABASE", "sqlite://")
BROKER = os.environ.get("BENCH_BROKER", "memory://")
AGENCIES = dict(
    pair.split("=", 1) for pair in os.environ.get("BENCH_AGENCIES", "").split(",") if pair
)


@cache
def adapters() -> dict[str, base.Adapter]:
    """The window's own adapters, for what they build and read."""
    return {name: base.load(name, url=url) for name, url in AGENCIES.items()}


def make_celery() -> Celery:
    """A Celery app over the broker that the window uses, with a poll as short."""
    app = make_app(Settings(broker_url=BROKER))
    app.conf.update(include=["bench.usual.tasks", "bench.middle.tasks"], task_routes={})
    return app


def prepare(app: Celery) -> None:
    """Makes the tables of database and broker."""
    Base.metadata.create_all(engine(os.getpid()))
    prepare_broker(app, Settings(broker_url=BROKER))


@cache
def engine(_process: int) -> Engine:
    """The engine of this process; on SQLite as durable and as patient as the window's."""
    if not DATABASE.startswith("sqlite"):
        return create_engine(DATABASE, pool_size=10, max_overflow=10)
    made = create_engine(DATABASE, connect_args={"timeout": 30})

    @event.listens_for(made, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction that reads first fails when two of them want to write.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return made


@contextmanager
def session() -> Iterator[Session]:
    """A session of this process; whoever uses it commits."""
    with sessionmaker(engine(os.getpid()), expire_on_commit=False)() as opened:
        yield opened
