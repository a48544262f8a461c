"""How many records of a chunk got which decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, update

from single_window.domain.findings import Decision
from single_window.storage.tables import chunks

IDS_PER_CHUNK = 128
"""Declaration ids follow from their chunk's, so checking a chunk again makes no second ones.

They rise with the place in the file, which is the order in which results are shown.
"""


@dataclass(slots=True)
class Counts:
    """How many records of a chunk got which decision."""

    accepted: int = 0
    warned: int = 0
    held: int = 0
    rejected: int = 0

    def add(self, decided: Decision) -> None:
        """Counts one record."""
        name = _COUNTED[decided]
        setattr(self, name, getattr(self, name) + 1)


_COUNTED = {"accept": "accepted", "warn": "warned", "hold": "held", "reject": "rejected"}


def recount(connection: Connection, changes: Mapping[tuple[int, str], int]) -> None:
    """Corrects the counts of chunks: by how much for each (declaration, decision).

    The other papers of a trade may change what was decided about a record when it came.
    """
    sums: Counter[tuple[int, str]] = Counter()
    for (number, decided), more in changes.items():
        sums[number // IDS_PER_CHUNK, _COUNTED[decided]] += more
    for (chunk, name), more in sorted(sums.items()):
        column = chunks.c[name]
        connection.execute(update(chunks).where(chunks.c.id == chunk).values({name: column + more}))
