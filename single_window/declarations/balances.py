"""What became of a declaration's goods, line by line: came back, sold abroad, and what is left."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from single_window import regimes
from single_window.declarations.effects import takings
from single_window.domain.acts import UNITS
from single_window.domain.lifecycle import Outcome
from single_window.storage.engine import AnyRow

_OVER = (Outcome.REJECTED.value, Outcome.WITHDRAWN.value)
_KEPT = (Outcome.RELEASED.value, Outcome.CLOSED.value)


def of(connection: Connection, row: AnyRow, facts: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry for each line of released goods that papers may take from; else nothing.

    What papers under way have taken counts: nobody else can have it.
    """
    regime = regimes.owner(row.message)
    acts = regime.acts.values() if regime is not None else ()
    ledgers = [act.ledger for act in acts if act.on == row.message and act.ledger]
    if row.outcome not in _KEPT or not ledgers:
        return []
    taken = {ledger: _taken(connection, row.id, ledger) for ledger in dict.fromkeys(ledgers)}
    return [_line(line, taken) for line in facts.get("lines", ())]


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
