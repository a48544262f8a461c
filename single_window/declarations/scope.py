"""What a reader may see, as conditions that every query of declarations or statistics carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, true

from single_window.domain.lifecycle import ARRIVED
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


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose figures a reader of statistics gets, and which filings behind them.

    A `company` gets its own and those of what it may see. An `agency` gets everybody's, small ones
    withheld, and the filings that have arrived at its desk. Who is neither gets everything.
    """

    company: str | None = None
    agency: str | None = None
    scope: Scope = Scope(None)

    def filings(self) -> ColumnElement[bool]:
        """The condition for the declarations behind them."""
        if self.agency is None:
            return self.scope.declarations()
        return exists().where(
            t.legs.c.declaration_id == t.declarations.c.id,
            t.legs.c.agency == self.agency,
            t.legs.c.transport.in_(ARRIVED),
        )
