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
    owner = owner_of(store)
    begun = time.perf_counter()
    for body in given.messages:
        hand_in(store, owner, body)
    received = time.perf_counter()
    checked = check_due(store, nobody, most=len(given.messages))
    assert checked == given.records
    return {"received": received - begun, "checked_and_stored": time.perf_counter() - received}


def owner_of(store: Store) -> int:
    """An organisation of the demo that may file for everybody."""
    with store.database.read() as connection:
        owners = select(organisations.c.id).where(organisations.c.any_company)
        owner: int | None = connection.execute(owners).scalars().first()
    assert owner is not None
    return owner


def hand_in(store: Store, owner: int, body: bytes) -> None:
    """Hands in one message as the interface would, cut as it comes from the network."""
    receive(
        store,
        nobody,
        organisation_id=owner,
        person="bench",
        channel="api",
        blocks=material.cut(body),
        media_type="application/xml",
        file_name="bench.xml",
        idempotency_key=None,
        check_only=False,
    )


def nobody(_name: str, _argument: str) -> None:
    """Nobody is waiting to be woken."""
