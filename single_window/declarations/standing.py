"""How far declarations are, and how they end without a release."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from single_window.declarations import counted, ledgers
from single_window.declarations.books.ledger import release
from single_window.domain.lifecycle import Filer, Outcome, State, Transport, Verdict
from single_window.storage.among import among
from single_window.storage.tables import declarations, legs, touches


def states_of(
    connection: Connection, numbers: Sequence[int], *, lock: bool = False
) -> dict[int, State]:
    """How far each declaration is: its furthest leg's transport and gravest verdict.

    With `lock` it stays there until the transaction ends: nobody can put it into a message.
    """
    states: dict[int, State] = {}
    if not numbers:
        return states
    asked = (
        select(legs.c.declaration_id, legs.c.transport, legs.c.verdict, legs.c.outgoing_id)
        .where(among(connection, legs.c.declaration_id, numbers))
        .order_by(legs.c.id)
    )
    for row in connection.execute(asked.with_for_update() if lock else asked):
        transport = Transport(row.transport)
        if transport is Transport.PENDING and row.outgoing_id is not None:
            transport = Transport.SENT  # in a stored message: it can leave at any moment
        if row.declaration_id not in states or transport is not Transport.PENDING:
            state = State(Filer.SUBMITTED, transport, Verdict(row.verdict))
            states[row.declaration_id] = state
    return states


_ENDED = (
    declarations.c.id,
    declarations.c.message,
    declarations.c.regime,
    declarations.c.quota_key,
    declarations.c.quota_fen,
)


def end(connection: Connection, numbers: Sequence[int], outcome: Outcome, *, at: int) -> None:
    """Ends declarations that will not be released: key and quota are free again, legs rest.

    They count in no statistics any more.
    """
    rows = connection.execute(
        update(declarations)
        .where(
            among(connection, declarations.c.id, numbers), declarations.c.living_key.is_not(None)
        )
        .values(outcome=outcome.value, living_key=None, wait_until=None, pairing="", updated_at=at)
        .returning(*_ENDED)
    ).all()
    ledgers.give_back(connection, [(row.quota_key, row.quota_fen) for row in rows])
    counted.forget(connection, rows)
    free(connection, numbers)
    release(connection, numbers)
    own = among(connection, legs.c.declaration_id, numbers)
    connection.execute(update(legs).where(own).values(due_at=None))


def taking_key(ledger: str, target: int, line: str) -> str:
    """The ledger in which it is counted what papers take of a line of a declaration."""
    return f"{ledger}|{target}|{line}"


def free(connection: Connection, numbers: Sequence[int]) -> None:
    """What papers that are over had taken of others' lines can be taken again."""
    rows = connection.execute(
        update(touches)
        .where(among(connection, touches.c.declaration_id, numbers), touches.c.units > 0)
        .values(units=-touches.c.units)
        .returning(touches.c.ledger, touches.c.target_id, touches.c.line, touches.c.units)
    ).all()
    taken = [(taking_key(row.ledger, row.target_id, row.line), -row.units) for row in rows]
    ledgers.give_back(connection, taken)
