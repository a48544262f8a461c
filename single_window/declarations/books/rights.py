"""Whose book it is: its company's, and brokers' who may file for that company."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, exists, or_, select, true

from single_window import regimes
from single_window.declarations import mandates
from single_window.declarations.scope import Scope
from single_window.declarations.service import NotAllowed, Unknown
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow


def seen(scope: Scope, *, at: int) -> ColumnElement[bool]:
    """The condition for the books that a reader may see."""
    if scope.organisation_id is None:
        return true()
    o, m = t.organisations.c, t.mandates.c
    anybody = exists().where(o.id == scope.organisation_id, o.any_company)
    trader = t.organisations.alias("trader")
    client = exists().where(
        m.broker_id == scope.organisation_id,
        m.trader_id == trader.c.id,
        trader.c.code == t.books.c.company,
        mandates.living(at),
    )
    ways: list[ColumnElement[bool]] = [anybody, client]
    if scope.code:
        ways.append(t.books.c.company == scope.code)
    return or_(*ways)


def found(connection: Connection, scope: Scope, number: str, *, at: int) -> AnyRow:
    """A book that the reader may see; Unknown where there is none."""
    asked = select(t.books).where(t.books.c.number == number, seen(scope, at=at))
    row = connection.execute(asked).first()
    if row is None:
        raise Unknown
    return row


def permit(connection: Connection, scope: Scope, company: str, regime: str, *, at: int) -> None:
    """Lets pass who may keep books of a company; Unknown or NotAllowed otherwise."""
    if scope.organisation_id is None:
        raise Unknown
    messages: Sequence[str] = regimes.load(regime).messages or ("",)
    rights = (
        mandates.right(connection, scope.organisation_id, company, message, at=at)
        for message in messages
    )
    if not any(right.holds for right in rights):
        raise NotAllowed("SVC-NO-MANDATE", value=company)


def keeps(connection: Connection, scope: Scope, row: AnyRow, *, at: int) -> bool:
    """Whether the reader may keep a book that they see."""
    try:
        permit(connection, scope, row.company, row.regime, at=at)
    except (NotAllowed, Unknown):
        return False
    return True
