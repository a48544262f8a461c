"""What agencies answer, kept as it came before anybody reads it."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from single_window.storage.engine import now_ms
from single_window.storage.store import Store
from single_window.storage.tables import receipts

Wake = Callable[[str, str], None]


def store_receipt(store: Store, wake: Wake, agency: str, body: bytes) -> int:
    """Stores an agency's answer; returns its number. The same bytes again are counted, once kept.

    Nothing is parsed here, so that a fault in reading loses nothing.
    """
    digest = sha256(body).hexdigest()
    sealed = store.vault.seal(body, agency.encode())
    row = {
        "agency": agency,
        "sha256": digest,
        "sealed_body": sealed,
        "received_at": now_ms(),
        "state": "new",
        "due_at": now_ms(),
    }
    try:
        with store.database.write() as connection:
            number = connection.execute(
                insert(receipts).values(row).returning(receipts.c.id)
            ).scalar_one()
    except IntegrityError:
        with store.database.write() as connection:
            number = connection.execute(
                update(receipts)
                .where(receipts.c.agency == agency, receipts.c.sha256 == digest)
                .values(times=receipts.c.times + 1)
                .returning(receipts.c.id)
            ).scalar_one()
    wake("receipts", agency)
    return int(number)
