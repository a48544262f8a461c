"""The bad records of a submission as a file: ready to be mended and sent again."""

from __future__ import annotations

import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from typing import Any

from sqlalchemy import select

from single_window.declarations.slices import compose, form_of, new_guid
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store

_IN_MEMORY = 4 * 1024 * 1024
_BLOCK = 256 * 1024


def rejected_xml(store: Store, number: int) -> tuple[str, str, Iterator[bytes]]:
    """Media type, file name and bytes of just the rejected records of a submission.

    One XML document where they fit in one, else a ZIP of one for each kind of message. The caller
    has made sure that the reader may see the submission.
    """
    groups = list(_groups(store, number).values())
    if len(groups) == 1:
        sources, rows = groups[0]
        name = f"{sources[0].name}-rejected-{number}.xml"
        return "application/xml", name, _document(store, sources, rows)
    return "application/zip", f"rejected-{number}.zip", _archive(store, groups)


_Group = tuple[list[Any], list[AnyRow]]


def _groups(store: Store, number: int) -> dict[Any, _Group]:
    with store.database.read() as connection:
        spool = t.submissions.c.spool_file
        sources = {
            row.id: row
            for row in connection.execute(
                select(t.messages, spool)
                .join(t.submissions, t.submissions.c.id == t.messages.c.submission_id)
                .where(t.messages.c.submission_id == number)
            )
        }
        rows = connection.execute(
            select(
                t.declarations.c.message_id,
                t.declarations.c.first_offset,
                t.declarations.c.length,
            )
            .where(
                t.declarations.c.submission_id == number,
                t.declarations.c.decision == "reject",
            )
            .order_by(t.declarations.c.id)
        ).all()
    groups: dict[Any, _Group] = defaultdict(lambda: ([], []))
    for row in rows:
        source = sources[row.message_id]
        tail = store.vault.open(source.sealed_tail) if source.sealed_tail else b""
        held, found = groups[(*form_of(source), tail)]
        held.append(source)
        found.append(row)
    return groups


def _document(store: Store, sources: list[Any], rows: list[AnyRow]) -> Iterator[bytes]:
    return compose(store, sources[0], rows, new_guid())


def _archive(store: Store, groups: list[_Group]) -> Iterator[bytes]:
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for at, (sources, rows) in enumerate(groups, 1):
                with archive.open(f"{sources[0].name}-{at}.xml", "w") as entry:
                    for block in _document(store, sources, rows):
                        entry.write(block)
        file.seek(0)
        yield from chain(iter(lambda: file.read(_BLOCK), b""))
