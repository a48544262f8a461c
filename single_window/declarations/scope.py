"""What a reader may see, as a condition that every query of declarations carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, true

from single_window.storage import tables as t


@dataclass(frozen=True, slots=True)
class Scope:
    """What a reader may see: what their organisation filed and what names it; None: everything.

    `code` is the organisation's company code. What others filed in its name can be read under it,
    never the submission that it came in, which may hold papers of others.
    """

    organisation_id: int | None
    code: str = ""

    def of(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """The condition for what the organisation itself handed in, by the column of the owner."""
        return true() if self.organisation_id is None else column == self.organisation_id

    def declarations(self) -> ColumnElement[bool]:
        """The condition for declarations that may be read: filed by, or in the name of, the reader.

        A look-up per row, not a list of all that names the company: that may be very long.
        """
        own = self.of(t.declarations.c.organisation_id)
        if self.organisation_id is None or not self.code:
            return own
        named = exists().where(
            t.parties.c.code == self.code, t.parties.c.declaration_id == t.declarations.c.id
        )
        return or_(own, named)

    def filed(self, organisation_id: int) -> bool:
        """Whether the reader is the organisation that filed."""
        return self.organisation_id == organisation_id
