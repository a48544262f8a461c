"""What became of a declaration's goods, line by line, and what has still to be filed about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, literal, select

from single_window import regimes
from single_window.declarations.effects import taken, takings
from single_window.declarations.legs import first_leg
from single_window.declarations.papers import opened
from single_window.declarations.scope import Scope
from single_window.declarations.sources import sources
from single_window.domain.lifecycle import OVER, Outcome
from single_window.domain.money import ZERO
from single_window.storage.engine import AnyRow, beijing_day
from single_window.storage.store import Store
from single_window.storage.tables import declarations, legs, touches

_BEIJING_MS, _DAY_MS = 8 * 3_600_000, 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()
_KEPT = (Outcome.RELEASED.value, Outcome.CLOSED.value)


def of(connection: Connection, row: AnyRow, facts: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry for each line that papers may take from of what has reached its goal; else nothing.

    What papers under way have taken counts: nobody else can have it. Behind the lines that the
    declaration lists stand those that papers opened, each with what may be taken of it.
    """
    regime = regimes.of(row)
    if regime is None:
        return []
    ledgers = [
        act.ledger
        for act in regime.acts.values()
        if row.message in act.on and act.ledger and act.concerns(facts)
    ]
    if row.outcome not in {*_KEPT, regime.owned[row.message].goal} or not ledgers:
        return []
    found = {
        ledger: taken(connection.execute(takings(row.id, ledger, over=OVER)))
        for ledger in dict.fromkeys(ledgers)
    }
    own = facts.get("lines", ())
    numbers = {str(line.get("gnum", "")) for line in own}
    opened_by_papers = {
        line: {"gnum": line, "qty": of}
        for lines in found.values()
        for line, (_, of) in lines.items()
        if line.partition("/")[0] not in numbers  # "1/qty1" counts another quantity of line 1
    }
    return [_line(line, found) for line in (*own, *opened_by_papers.values())]


def deadline(
    connection: Connection, row: AnyRow, facts: dict[str, Any], steps: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """What has to follow a released declaration, and until when; None once it has been filed."""
    regime = regimes.of(row)
    asked = regime.hooks.deadline if regime is not None else None
    if regime is None or asked is None or not steps or row.outcome != _KEPT[0]:
        return None
    day = beijing_day(steps[0]["at"])
    told = asked(facts, day, regime.in_force(day, sources()))
    if told is None:
        return None
    message, until = told
    if connection.execute(select(_followed(literal(row.id), literal(message)))).scalar():
        return None
    return {"message": message, "until": until.isoformat()}


def _followed(target: ColumnElement[int], message: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a paper of this kind has been filed about the declaration, and is not over."""
    paper = declarations.alias("paper")
    return exists().where(
        touches.c.target_id == target,
        paper.c.id == touches.c.declaration_id,
        paper.c.message == message,
        paper.c.outcome.not_in(OVER),
    )


@dataclass(frozen=True, slots=True)
class Owed:
    """So many released declarations about which a paper has still to be filed by a day."""

    message: str
    follows: str
    until: date
    count: int
    late: bool


def owed(store: Store, connection: Connection, scope: Scope, today: date) -> list[Owed]:
    """What the reader has still to file about released declarations, the nearest day first.

    The law of a day judges all that was released on it alike, so one of them tells for all.
    """
    own, first = declarations.c, legs.alias("first")
    day = (first.c.at + _BEIJING_MS) // _DAY_MS
    rows = connection.execute(
        select(own.message, own.owes, day, func.count(), func.min(own.id))
        .select_from(declarations)
        .join(first, first.c.id == first_leg())
        .where(
            own.owes != "",
            own.outcome == _KEPT[0],
            scope.declarations(),
            ~_followed(own.id, own.owes),
        )
        .group_by(own.message, own.owes, day)
    ).all()
    counts: dict[tuple[str, str, date], int] = defaultdict(int)
    for message, follows, number, count, one in rows:
        released = date.fromordinal(_EPOCH + int(number))
        until = _until(store, connection, one, released)
        if until is not None:
            counts[message, follows, until] += count
    found = [Owed(*key, count, late=key[2] < today) for key, count in counts.items()]
    return sorted(found, key=lambda each: (each.until, each.message))


def _until(store: Store, connection: Connection, number: int, released: date) -> date | None:
    row = connection.execute(select(declarations).where(declarations.c.id == number)).one()
    regime = regimes.of(row)
    asked = regime.hooks.deadline if regime is not None else None
    if regime is None or asked is None:
        return None
    p = regime.in_force(released, sources())
    told = asked(opened(store, row.sealed_facts), released, p)
    return told[1] if told is not None else None


def _line(
    line: Mapping[str, Any], found: Mapping[str, Mapping[str, tuple[Decimal, Decimal]]]
) -> dict[str, Any]:
    number, declared = str(line.get("gnum", "")), Decimal(line.get("qty", "0"))
    gone = {ledger: lines.get(number, (ZERO, ZERO))[0] for ledger, lines in found.items()}
    left = max(declared - sum(gone.values()), ZERO)
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
