"""What agencies answer, kept as it came before anybody reads it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from single_window.storage.engine import now_ms
from single_window.storage.store import Store
from single_window.storage.tables import receipts

Wake = Callable[[str, str], None]


def store_receipt(store: Store, wake: Wake, agency: str, body: bytes) -> int:
    """Stores one answer of an agency; returns its number."""
    return store_receipts(store, wake, agency, [body])[0]


def store_receipts(store: Store, wake: Wake, agency: str, bodies: Sequence[bytes]) -> list[int]:
    """Stores an agency's answers; returns their numbers. The same bytes are kept once, and counted.

    Nothing is parsed here, so that a fault in reading loses nothing.
    """
    numbers = []
    with store.database.write() as connection:
        insert_or_count = _insert_or_count(connection)
        for body in bodies:
            now = now_ms()
            row = {
                "agency": agency,
                "sha256": sha256(body).hexdigest(),
                "sealed_body": store.vault.seal(body, agency.encode()),
                "received_at": now,
                "state": "new",
                "due_at": now,
            }
            numbers.append(int(connection.execute(insert_or_count, row).scalar_one()))
    wake("receipts", agency)
    return numbers


def _insert_or_count(connection: Connection) -> Any:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return (
        dialect.insert(receipts)
        .on_conflict_do_update(
            index_elements=[receipts.c.agency, receipts.c.sha256],
            set_={"times": receipts.c.times + 1},
        )
        .returning(receipts.c.id)
    )


def state(connection: Connection, agency: str, number: int) -> dict[str, Any] | None:
    """What became of a receipt that the agency gave; None where it gave none such."""
    names = ("id", "state", "received_at", "times", "detail")
    row = connection.execute(
        select(*(receipts.c[name] for name in names)).where(
            receipts.c.id == number, receipts.c.agency == agency
        )
    ).first()
    return None if row is None else {**row._mapping}
