"""What storing costs: an upload made durable, and its chunks checked and stored, in one process."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from bench import material, processes
from single_window.accounts.demo import seed_demo
from single_window.intake.chunks import check_due
from single_window.intake.submissions import receive
from single_window.settings import Settings
from single_window.storage.migrate import upgrade
from single_window.storage.store import Store
from single_window.storage.tables import organisations

PER_MESSAGE = 100


def measure(count: int, engine: str) -> dict[str, Any]:
    """Records per second into the files, and from there through the checks into the tables."""
    given = material.inventories(material.made(count), PER_MESSAGE)
    with TemporaryDirectory(prefix="bench-") as name, processes.database(engine) as database:
        store = Store.open(Settings(data=Path(name), database_url=database))
        upgrade(store.database)
        seed_demo(store)
        took = _stored(store, given)
        store.database.close()
    return {"records": given.records} | {
        f"{what}_per_s": round(given.records / seconds) for what, seconds in took.items()
    }


def _stored(store: Store, given: material.Inventories) -> dict[str, float]:
    with store.database.read() as connection:
        owner = (
            connection.execute(select(organisations.c.id).where(organisations.c.any_company))
            .scalars()
            .first()
        )
    assert owner is not None
    begun = time.perf_counter()
    for body in given.messages:
        receive(
            store,
            _nobody,
            organisation_id=owner,
            person="bench",
            channel="api",
            blocks=material.cut(body),
            media_type="application/xml",
            file_name="bench.xml",
            idempotency_key=None,
            check_only=False,
        )
    received = time.perf_counter()
    checked = check_due(store, _nobody, most=len(given.messages))
    assert checked == given.records
    return {"received": received - begun, "checked_and_stored": time.perf_counter() - received}


def _nobody(_name: str, _argument: str) -> None:
    """Nobody is waiting to be woken."""
