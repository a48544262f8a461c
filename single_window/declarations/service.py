"""What a filer may still do with a declaration: withdraw it, or correct it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, insert, select

from single_window.declarations import late, mandates, queries
from single_window.declarations.history import Journal
from single_window.declarations.keys import companies_of
from single_window.declarations.papers import opened
from single_window.declarations.scope import Scope
from single_window.declarations.standing import end, states_of
from single_window.domain.findings import Finding
from single_window.domain.lifecycle import Event, Outcome, Owner, State, may
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow, now_ms
from single_window.storage.store import Store

Wake = Callable[[str, str], None]


class NotAllowed(Exception):
    """The table of states does not allow it now; `findings` says why and what can be done."""

    def __init__(self, code: str, value: str = "", expected: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.findings = [Finding("rule", code, "reject", value=value, expected=expected)]


class Unknown(Exception):
    """There is no such declaration within what the caller may see."""


def withdraw(store: Store, wake: Wake, scope: Scope, number: int, *, person: str) -> dict[str, Any]:
    """Withdraws a declaration that has not been sent. Raises NotAllowed or Unknown."""
    at = now_ms()
    with store.database.write() as connection:
        row = _locked(connection, scope, number)
        permit_change(store, connection, scope, number, at=at)
        state = states_of(connection, [number]).get(number, State())
        if row.living_key is None or not may(state, Event.WITHDRAWN, Owner.FILER):
            raise NotAllowed("SVC-NOT-WITHDRAWABLE", value=row.outcome)
        end(connection, [number], Outcome.WITHDRAWN, at=at)
        journal = Journal(at)
        journal.add(row.submission_id, number, "withdrawn")
        journal.write(connection)
        marks = late.wakes(row, at)
        if marks:
            connection.execute(insert(t.pairings), marks)
    wake("pair", "")
    with store.database.read() as connection:
        found = queries.declaration(store, connection, scope, number)
    assert found is not None
    return found


def may_withdraw(store: Store, connection: Connection, scope: Scope, number: int) -> bool:
    """Whether the reader may withdraw it at this moment."""
    row = connection.execute(_select(scope, number)).first()
    if row is None or row.living_key is None:
        return False
    try:
        permit_change(store, connection, scope, number, at=now_ms())
    except (NotAllowed, Unknown):
        return False
    state = states_of(connection, [number]).get(number, State())
    return may(state, Event.WITHDRAWN, Owner.FILER)


def permit_change(
    store: Store, connection: Connection, scope: Scope, number: int, *, at: int
) -> None:
    """Lets pass who may take a declaration back or correct it; Unknown or NotAllowed otherwise.

    That is the company whose business it is, whoever filed it, and who filed it, as long as they
    may still file in the sender's name. Who is merely named reads.
    """
    row = connection.execute(
        select(t.declarations, t.messages.c.sender)
        .join(t.messages, t.messages.c.id == t.declarations.c.message_id)
        .where(t.declarations.c.id == number, scope.declarations())
    ).first()
    if row is None or scope.organisation_id is None:
        raise Unknown
    companies = companies_of(row, row.sender, opened(store, row.sealed_facts))
    if scope.code and scope.code in companies:
        return
    if not scope.filed(row.organisation_id):
        raise NotAllowed("SVC-NAMED-ONLY", value=row.key)
    held = mandates.right(connection, scope.organisation_id, row.sender, row.message, at=at)
    if not held.holds:
        raise NotAllowed("SVC-NO-MANDATE", value=row.sender)


def _select(scope: Scope, number: int) -> Any:
    return select(
        t.declarations.c.id,
        t.declarations.c.submission_id,
        t.declarations.c.message,
        t.declarations.c.regime,
        t.declarations.c.key,
        t.declarations.c.living_key,
        t.declarations.c.outcome,
        t.declarations.c.invt_no,
        t.declarations.c.trade_key,
        t.declarations.c.waybill_key,
    ).where(
        t.declarations.c.id == number,
        scope.declarations(),
        t.declarations.c.outcome != "",
    )


def _locked(connection: Connection, scope: Scope, number: int) -> AnyRow:
    """The declaration, locked with its legs, so that a sender and a withdrawer cannot both win.

    Legs first, as with everybody who changes both.
    """
    connection.execute(
        select(t.legs.c.id)
        .where(t.legs.c.declaration_id == number)
        .order_by(t.legs.c.id)
        .with_for_update()
    ).all()
    row = connection.execute(_select(scope, number).with_for_update()).first()
    if row is None:
        raise Unknown
    return row
