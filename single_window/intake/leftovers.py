"""Files that a killed process left behind, of which nobody will ever speak."""

from __future__ import annotations

import logging

from sqlalchemy import select

from single_window.storage.among import among
from single_window.storage.store import Store
from single_window.storage.tables import submissions

AGE_SECONDS = 3600
"""Far more than an upload takes once its body is here: whatever is older belongs to nobody."""
log = logging.getLogger(__name__)


def clear(store: Store, *, now: int) -> int:
    """Removes files of uploads that were never answered, as of now (ms UTC); returns how many.

    Only what bears the mark of an upload under way is looked at, and of that only what no
    submission names: a database that is not the folder's own cannot cost a file that was promised.
    """
    names = store.files.unsettled(before=now / 1000 - AGE_SECONDS)
    s = submissions.c
    with store.database.read() as connection:
        wanted = {
            name
            for column in (s.original_file, s.spool_file)
            for name in connection.execute(select(column).where(among(connection, column, names)))
            .scalars()
            .all()
        }
    for name in names:
        if name in wanted:
            store.files.settle(name)
        else:
            store.files.remove(name)
    if removed := len({*names} - wanted):
        log.info("leftovers removed", extra={"files": removed})
    return removed
