"""What agencies answer: stored as it came, then matched and applied by the table of states.

A receipt may come twice, late, out of order, or for something unknown; none of that does harm.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from single_window.routing.verdicts import Change
from single_window.storage.claims import take_due
from single_window.storage.engine import AnyRow, now_ms
from single_window.storage.store import Store
from single_window.storage.tables import receipts

if TYPE_CHECKING:
    from adapters.base import Adapter, Verdict

log = logging.getLogger(__name__)

Wake = Callable[[str, str], None]
TRIES = 20
"""How often a receipt without a match is tried again; it stays listed after that."""
RETRY_MS = 5_000
AT_ONCE = 8
"""Receipts applied in one transaction."""


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


def apply_due(store: Store, wake: Wake, adapter: Adapter, *, most: int = 400) -> int:
    """Reads and applies the receipts of one agency that are due; returns how many."""
    applied = 0
    while applied < most:
        with store.database.write(again=True) as connection:
            taken = take_due(
                connection,
                receipts,
                now=now_ms(),
                lease_ms=store.settings.lease_seconds * 1000,
                limit=AT_ONCE,
                columns=tuple(receipts.c),
                where=receipts.c.agency == adapter.name,
                order=(receipts.c.due_at, receipts.c.id),
            )
        if not taken:
            break
        _apply_all(store, adapter, [read for row in taken if (read := _read(store, adapter, row))])
        applied += len(taken)
        wake("pair", "")
        wake("dispatch", "")
    return applied


_Read = tuple[AnyRow, "list[Verdict]"]


def _read(store: Store, adapter: Adapter, row: AnyRow) -> _Read | None:
    """A receipt and what it says; one that says nothing is put aside for the operator."""
    try:
        return row, adapter.parse(store.vault.open(row.sealed_body, row.agency.encode()))
    except ValueError as error:
        log.error("receipt unreadable", extra={"receipt": row.id, "agency": row.agency})
        with store.database.write() as connection:
            _write(connection, row, state="unreadable", due_at=None, detail=str(error)[:400])
        return None


def _apply_all(store: Store, adapter: Adapter, read: list[_Read]) -> None:
    """Applies several receipts in one transaction, or, when one of them fails, each in its own."""
    try:
        with store.database.write(again=True) as connection:
            told = [(row, _apply(connection, adapter, row, verdicts)) for row, verdicts in read]
    except Exception:
        if len(read) == 1:
            raise
        for each in read:
            _apply_all(store, adapter, [each])
        return
    for row, unmatched in told:
        values = {"receipt": row.id, "agency": row.agency, "unmatched": unmatched}
        log.info("receipt applied", extra=values)


def _apply(
    connection: Connection, adapter: Adapter, row: AnyRow, verdicts: Sequence[Verdict]
) -> int:
    change = Change(connection, adapter.name)
    unmatched = change.take(verdicts)
    change.write()
    if not unmatched:
        _write(connection, row, state="applied", due_at=None, detail="")
        return 0
    again = now_ms() + RETRY_MS * (row.tries + 1) if row.tries + 1 < TRIES else None
    _write(connection, row, state="unmatched", due_at=again, detail=f"{unmatched}/{len(verdicts)}")
    return unmatched


def _write(connection: Connection, row: AnyRow, **values: Any) -> None:
    connection.execute(
        update(receipts).where(receipts.c.id == row.id).values(tries=receipts.c.tries + 1, **values)
    )
