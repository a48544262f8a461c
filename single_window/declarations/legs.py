"""The legs of declarations by their numbers, and the way through its plan that each one takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, ScalarSelect, func, select

from single_window import regimes
from single_window.domain.plans import Step, Way, Ways
from single_window.storage.among import among
from single_window.storage.engine import AnyRow
from single_window.storage.tables import declarations, legs

LEGS_PER_DECLARATION = 8


def leg_of(declaration: int, step: int) -> int:
    """The number of a declaration's leg of a step."""
    return declaration * LEGS_PER_DECLARATION + step


def ways(row: regimes.Filed) -> Ways:
    """The ways that declarations of this message may take."""
    regime = regimes.of(row)
    return (regime.ways.get(row.message) if regime is not None else None) or Ways()


def step_of(row: regimes.Filed, number: int) -> Step:
    """The step of its plan that a leg of this number is."""
    return ways(row).steps[number]


def way_by(row: regimes.Filed, taken: Iterable[int]) -> Way:
    """The way of a declaration of which the steps that it takes are known."""
    own = ways(row)
    return own.whole if own.alone else own.through(taken)


def ways_of(connection: Connection, rows: Iterable[AnyRow]) -> dict[int, Way]:
    """The way of each declaration; one look for those of messages whose steps may be left out."""
    found = {row.id: ways(row) for row in rows}
    asked = [number for number, own in found.items() if not own.alone]
    taken: dict[int, list[int]] = defaultdict(list)
    if asked:
        told = select(legs.c.declaration_id, legs.c.step)
        for leg in connection.execute(told.where(among(connection, legs.c.declaration_id, asked))):
            taken[leg.declaration_id].append(leg.step)
    return {
        number: own.whole if own.alone else own.through(taken[number])
        for number, own in found.items()
    }


def first_of(declaration: int, way: Way) -> int:
    """The number of a declaration's first leg."""
    return leg_of(declaration, way.first)


def first_legs(
    connection: Connection, rows: Iterable[AnyRow], *, lock: bool = False
) -> dict[int, AnyRow]:
    """The first leg of each declaration: its verdict, and since when."""
    first = [first_of(number, way) for number, way in ways_of(connection, rows).items()]
    told = (
        select(legs.c.declaration_id, legs.c.verdict, legs.c.at)
        .where(among(connection, legs.c.id, first))
        .order_by(legs.c.id)
    )
    found = connection.execute(told.with_for_update() if lock else told)
    return {row.declaration_id: row for row in found}


def first_leg() -> ScalarSelect[int]:
    """The number of the first leg of the declaration that a query is about."""
    own = select(func.min(legs.c.id)).where(legs.c.declaration_id == declarations.c.id)
    return own.correlate(declarations).scalar_subquery()
