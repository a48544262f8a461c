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

ROUNDS = 100
"""How often one task looks again before it lets others have its process."""


@app.task(name="worker.work")
def work() -> None:
    """Checks what was handed in, pairs papers, reads receipts, until nothing of it is due."""
    here = composition.here()
    for _ in range(ROUNDS):
        done = sum(answers.apply_due(here.store, here.wake, a) for a in here.adapters.values())
        done += trades.pair_due(here.store, here.wake, most=4)
        done += chunks.check_due(here.store, here.wake, most=4)
        if not done:
            return
    here.wake("check", "")


@app.task(name="worker.dispatch")
def dispatch() -> None:
    """Sends what is due, each agency in a lane of its own."""
    here = composition.here()
    for adapter in here.adapters.values():
        here.lanes.run(adapter.name, partial(sending.dispatch, here.store, here.wake, adapter))


@app.task(name="worker.sweep")
def sweep() -> None:
    """Finds what was missed, expires what waited too long, seals the history."""
    here = composition.here()
    trades.expire_due(here.store)
    with here.store.database.write(again=True) as connection:
        history.seal(connection)
    for name in composition.due(here.store):
        here.wake(name, "")


@signals.worker_ready.connect
def start_sweeping(sender: Any = None, **_: Any) -> None:
    """The worker's own timer: it lives and dies with the process, so no second one is left."""
    composition.start_sweeping(sender)
