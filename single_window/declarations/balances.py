"""What became of a declaration's goods, line by line, and what has still to be filed about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from single_window import regimes
from single_window.declarations.effects import takings
from single_window.declarations.sources import sources
from single_window.domain.acts import UNITS
from single_window.domain.lifecycle import Outcome
from single_window.storage.engine import AnyRow, beijing_day
from single_window.storage.tables import declarations, touches

_OVER = (Outcome.REJECTED.value, Outcome.WITHDRAWN.value)
_KEPT = (Outcome.RELEASED.value, Outcome.CLOSED.value)


def of(connection: Connection, row: AnyRow, facts: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry for each line of released goods that papers may take from; else nothing.

    What papers under way have taken counts: nobody else can have it.
    """
    regime = regimes.of(row)
    acts = regime.acts.values() if regime is not None else ()
    ledgers = [
        act.ledger for act in acts if row.message in act.on and act.ledger and act.concerns(facts)
    ]
    if row.outcome not in _KEPT or not ledgers:
        return []
    taken = {ledger: _taken(connection, row.id, ledger) for ledger in dict.fromkeys(ledgers)}
    return [_line(line, taken) for line in facts.get("lines", ())]


def deadline(
    connection: Connection, row: AnyRow, facts: dict[str, Any], legs: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """What has to follow a released declaration, and until when; None once it has been filed."""
    regime = regimes.of(row)
    asked = regime.hooks.deadline if regime is not None else None
    if regime is None or asked is None or not legs or row.outcome != _KEPT[0]:
        return None
    day = beijing_day(legs[0]["at"])
    told = asked(facts, day, regime.in_force(day, sources()))
    if told is None:
        return None
    message, until = told
    filed = (
        select(touches.c.declaration_id)
        .join(declarations, declarations.c.id == touches.c.declaration_id)
        .where(
            touches.c.target_id == row.id,
            declarations.c.message == message,
            declarations.c.outcome.not_in(_OVER),
        )
    )
    if connection.execute(filed).first() is not None:
        return None
    return {"message": message, "until": until.isoformat()}


def _taken(connection: Connection, number: int, ledger: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in connection.execute(takings(number, ledger, over=_OVER)):
        sums[row.line] += Decimal(row.units) / UNITS
    return sums


def _line(line: dict[str, str], taken: dict[str, dict[str, Decimal]]) -> dict[str, Any]:
    number, declared = str(line.get("gnum", "")), Decimal(line.get("qty", "0"))
    gone = {ledger: sums[number] for ledger, sums in taken.items()}
    left = max(declared - sum(gone.values()), Decimal(0))
    return {
        "gnum": number,
        "name": line.get("gname") or line.get("itemName", ""),
        "unit": line.get("unit", ""),
        "declared": _plain(declared),
        "taken": {ledger: _plain(quantity) for ledger, quantity in gone.items()},
        "left": _plain(left),
    }


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"
