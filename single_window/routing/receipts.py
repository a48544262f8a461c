"""What agencies answered is matched and applied by the table of states.

A receipt may come twice, late, out of order, or for something unknown; none of that does harm.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, update

from single_window.logs import masked
from single_window.routing.arrivals import Wake
from single_window.routing.runs import Read, runs
from single_window.routing.verdicts import Change
from single_window.storage.claims import anything_due, take_due
from single_window.storage.engine import AnyRow, Busy, now_ms
from single_window.storage.store import Store
from single_window.storage.tables import receipts

if TYPE_CHECKING:
    from adapters.base import Adapter

log = logging.getLogger(__name__)

TRIES = 20
"""How often a receipt without a match is tried again; it stays listed after that."""
RETRY_MS, RETRY_MOST_MS = 200, 90_000
"""Doubled from try to try: what it waits for is mostly another receipt of the same moment."""
AT_ONCE = 8
"""Receipts applied in one transaction."""


def apply_due(store: Store, wake: Wake, adapter: Adapter, *, most: int = 400) -> int:
    """Reads and applies the receipts of one agency that are due; returns how many."""
    applied = 0
    own = receipts.c.agency == adapter.name
    while applied < most and anything_due(store.database, receipts, now=now_ms(), where=own):
        with store.database.write(again=True) as connection:
            taken = take_due(
                connection,
                receipts,
                now=now_ms(),
                lease_ms=store.settings.lease_seconds * 1000,
                limit=AT_ONCE,
                columns=tuple(receipts.c),
                where=own,
                order=(receipts.c.due_at, receipts.c.id),
            )
        if not taken:
            break
        _apply_all(store, adapter, [read for row in taken if (read := _read(store, adapter, row))])
        applied += len(taken)
        wake("pair", "")
        wake("dispatch", "")
    return applied


def _read(store: Store, adapter: Adapter, row: AnyRow) -> Read | None:
    """A receipt and what it says; one that says nothing is put aside for the operator."""
    try:
        return row, adapter.parse(store.vault.open(row.sealed_body, row.agency.encode()))
    except ValueError as error:
        log.error("receipt unreadable", extra={"receipt": row.id, "agency": row.agency})
        told = masked(str(error))[:400]
        with store.database.write() as connection:
            _write(connection, [row.id], state="unreadable", due_at=None, detail=told)
        return None


def _apply_all(store: Store, adapter: Adapter, read: list[Read]) -> None:
    """Applies several receipts in one transaction, or, when one of them fails, each in its own."""
    try:
        with store.database.write(again=True) as connection:
            told = [one for run in runs(read) for one in _apply(store, connection, adapter, run)]
    except Busy:
        raise
    except Exception:
        if len(read) == 1:  # it stays claimed for a while, and the others go on
            log.exception("receipt put off", extra={"receipt": read[0][0].id})
            return
        for each in read:
            _apply_all(store, adapter, [each])
        return
    for row, unmatched in told:
        values = {"receipt": row.id, "agency": row.agency, "unmatched": unmatched}
        log.info("receipt applied", extra=values)


def _apply(
    store: Store, connection: Connection, adapter: Adapter, read: Sequence[Read]
) -> list[tuple[AnyRow, int]]:
    """Applies receipts together; returns each with how many of its verdicts found nothing."""
    change = Change(store, connection, adapter.name)
    told = change.take([verdicts for _, verdicts in read])
    change.write()
    done = [row.id for (row, _), unmatched in zip(read, told, strict=True) if not unmatched]
    if done:
        _write(connection, done, state="applied", due_at=None, detail="")
    for (row, verdicts), unmatched in zip(read, told, strict=True):
        if unmatched:
            again = now_ms() + _pause_ms(row.tries) if row.tries + 1 < TRIES else None
            detail = f"{unmatched}/{len(verdicts)}"
            _write(connection, [row.id], state="unmatched", due_at=again, detail=detail)
    return [(row, unmatched) for (row, _), unmatched in zip(read, told, strict=True)]


def _pause_ms(tries: int) -> int:
    return min(RETRY_MS << tries, RETRY_MOST_MS)


def _write(connection: Connection, numbers: Sequence[int], **values: Any) -> None:
    connection.execute(
        update(receipts)
        .where(receipts.c.id.in_(numbers))
        .values(tries=receipts.c.tries + 1, **values)
    )
