"""Celery tasks: each calls one service of the window."""

from __future__ import annotations

from functools import partial
from typing import Any

from celery import signals

from single_window.declarations import history, trades
from single_window.intake import chunks
from single_window.routing import dispatch as sending
from single_window.routing import receipts as answers
from worker import composition
from worker.composition import app


@app.task(name="worker.check")
def check(_argument: str = "") -> None:
    """Checks what was handed in."""
    here = composition.here()
    if chunks.check_due(here.store, here.wake, most=8) >= 8:
        here.wake("check", "")


@app.task(name="worker.pair")
def pair(_argument: str = "") -> None:
    """Lets the papers of a trade find each other."""
    here = composition.here()
    trades.pair_due(here.store, here.wake)


@app.task(name="worker.dispatch")
def dispatch(_argument: str = "") -> None:
    """Sends what is due, each agency in a lane of its own."""
    here = composition.here()
    for adapter in here.adapters.values():
        here.lanes.run(adapter.name, partial(sending.dispatch, here.store, here.wake, adapter))


@app.task(name="worker.receipts")
def receipts(agency: str = "") -> None:
    """Reads what the agencies answered."""
    here = composition.here()
    for adapter in here.adapters.values():
        if agency in {"", adapter.name}:
            answers.apply_due(here.store, here.wake, adapter)


@app.task(name="worker.sweep")
def sweep(_argument: str = "") -> None:
    """Finds what was missed, expires what waited too long, seals the history."""
    here = composition.here()
    trades.expire_due(here.store)
    with here.store.database.write() as connection:
        history.seal(connection)
    for name in composition.due(here.store):
        here.wake(name, "")


@signals.worker_ready.connect
def start_sweeping(sender: Any = None, **_: Any) -> None:
    """The worker's own timer: it lives and dies with the process, so no second one is left."""
    composition.start_sweeping(sender)
