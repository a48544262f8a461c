"""What accepted papers do to what they name: it is withdrawn, given back, amended or closed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from single_window import regimes
from single_window.declarations import counted, ledgers
from single_window.declarations.history import Journal
from single_window.declarations.legs import first_of, leg_of, ways_of
from single_window.declarations.papers import opened, sealed
from single_window.declarations.sources import sources
from single_window.declarations.standing import end, free
from single_window.domain.acts import UNITS, Act, Left, linked_to, mentions_of
from single_window.domain.lifecycle import REACHED, Outcome, Verdict
from single_window.domain.money import ZERO
from single_window.storage.among import among
from single_window.storage.engine import AnyRow, beijing_day
from single_window.storage.store import Store
from single_window.storage.tables import declarations, legs, pairings, touches

_SHOWN = 200
"""An arrival names parcels by the thousand; a page shows the first of them."""
COLUMNS: dict[str, Any] = {
    "invt_no": declarations.c.invt_no,
    "waybill": declarations.c.waybill_key,
    "trade": declarations.c.trade_key,
    "key": declarations.c.key,
}
"""Where the numbers stand by which a paper may name another."""


def touch(
    number: int, mention: str, *, ledger: str = "", target: int | None = None
) -> dict[str, Any]:
    """A row that says what a paper names; it takes nothing yet."""
    return {
        "declaration_id": number,
        "key": mention,
        "line": "",
        "ledger": ledger,
        "target_id": target,
        "units": 0,
        "of_units": 0,
    }


def takings(
    target: int, ledger: str, *, over: Sequence[str] = (), reached: Sequence[str] = ()
) -> Any:
    """What papers took of a target: those whose outcome is one of `reached`, or none of `over`.

    In the order of filing.
    """
    own = declarations.c.outcome
    return (
        select(touches.c.line, touches.c.units, touches.c.of_units)
        .join(declarations, declarations.c.id == touches.c.declaration_id)
        .where(
            touches.c.target_id == target,
            touches.c.ledger == ledger,
            touches.c.units > 0,
            own.in_(reached) if reached else own.not_in(over),
        )
        .order_by(touches.c.declaration_id)
    )


def taken(takings: Iterable[Sequence[Any]]) -> dict[str, tuple[Decimal, Decimal]]:
    """Per line the quantity that was taken of it, and of how much as the last taking says.

    A taking is a line, and in units what it took and of how much.
    """
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for line, units, of_units in takings:
        before, _ = sums.get(line, (ZERO, ZERO))
        sums[line] = (before + Decimal(units) / UNITS, Decimal(of_units) / UNITS)
    return sums


def left(takings: Iterable[Sequence[Any]]) -> Left:
    """Per line that something was taken of: how much is left of how much."""
    return {line: (of - gone, of) for line, (gone, of) in taken(takings).items()}


@dataclass(frozen=True, slots=True)
class _Effect:
    """What an accepted paper does to one that it names."""

    store: Store
    connection: Connection
    act: Act
    paper: AnyRow
    target: AnyRow
    at: int


def take_effect(
    store: Store, connection: Connection, journal: Journal, rows: Sequence[AnyRow], at: int
) -> None:
    """Customs has accepted these papers: what they do to what they act on."""
    numbers = among(connection, declarations.c.id, [row.id for row in rows])
    papers = {row.id: row for row in connection.execute(select(declarations).where(numbers))}
    for row in rows:
        paper, act = papers[row.id], act_of(row)
        if act is None:
            continue
        effect = act.effect(opened(store, paper.sealed_facts) if act.told_by else {})
        if not effect:
            continue
        for target in _targets(connection, row.id):
            told = _Effect(store, connection, act, paper, target, at)
            kind = _EFFECTS[effect](told)
            journal.add(target.submission_id, target.id, kind, code=str(row.id))


def _targets(connection: Connection, paper: int) -> Sequence[AnyRow]:
    """What a paper acts on, locked: legs first, as with everybody who changes both."""
    named = select(touches.c.target_id).where(touches.c.declaration_id == paper)
    of = legs.c.declaration_id.in_(named)
    connection.execute(select(legs.c.id).where(of).order_by(legs.c.id).with_for_update()).all()
    return connection.execute(
        select(declarations)
        .where(declarations.c.id.in_(named))
        .order_by(declarations.c.id)
        .with_for_update()
    ).all()


def _withdraw(told: _Effect) -> str:
    end(told.connection, [told.target.id], Outcome.WITHDRAWN, at=told.at)
    _close(told.connection, told.target, Outcome.WITHDRAWN, told.at)
    return "withdraw"


def _give_back(told: _Effect) -> str:
    """The target's quota is that of what has not come back; with nothing left it is closed."""
    connection, act, target, at = told.connection, told.act, told.target, told.at
    regime = regimes.of(target)
    assert regime is not None
    in_time = _in_time(connection, target, at)
    rest_of = left(connection.execute(takings(target.id, act.ledger, reached=REACHED)))
    amounts = orjson.loads(target.amounts) if target.amounts else {}
    if target.quota_key and regime.hooks.worth is not None and in_time:
        rest = min(target.quota_fen, regime.hooks.worth(amounts, rest_of))
        ledgers.give_back(connection, [(target.quota_key, target.quota_fen - rest)])
        own = declarations.c.id == target.id
        connection.execute(update(declarations).where(own).values(quota_fen=rest))
    lines = {str(line["gnum"]) for line in amounts.get("lines", ())}
    if lines and all(line in rest_of and not rest_of[line][0] for line in lines):
        _close(connection, target, Outcome.CLOSED, at)
    return "give_back" if in_time else "give_back_late"


def _amend(told: _Effect) -> str:
    """From now on the target says what the paper makes of it; whoever waits for it looks again."""
    regime = regimes.of(told.target)
    assert regime is not None and regime.hooks.amended is not None
    free(told.connection, [told.paper.id])
    if told.target.living_key is None:
        return "amend_late"
    before = opened(told.store, told.target.sealed_facts)
    facts = regime.hooks.amended(before, opened(told.store, told.paper.sealed_facts))
    own = declarations.c.id == told.target.id
    changed = {"sealed_facts": sealed(told.store, facts), "updated_at": told.at}
    told.connection.execute(update(declarations).where(own).values(**changed))
    counted.settle(told.store, told.connection, [told.target])
    if told.target.trade_key:
        mark = {"key": f"T|{told.target.trade_key}", "due_at": told.at}
        told.connection.execute(insert(pairings).values(mark))
    return "amend"


def _shut(told: _Effect) -> str:
    """Nothing acts on the target any more; it keeps its number."""
    if told.target.living_key is None:
        return "amend_late"
    _close(told.connection, told.target, Outcome.CLOSED, told.at)
    return "close"


_EFFECTS: Mapping[str, Callable[[_Effect], str]] = {
    "withdraw": _withdraw,
    "give_back": _give_back,
    "amend": _amend,
    "close": _shut,
}


def _in_time(connection: Connection, target: AnyRow, at: int) -> bool:
    """Whether goods that are back now still bring back what was used of the person's year."""
    regime = regimes.of(target)
    assert regime is not None
    way = ways_of(connection, [target])[target.id]
    first = legs.c.id == first_of(target.id, way)
    released = connection.execute(select(legs.c.at).where(first)).scalar_one()
    today, asked = beijing_day(at), regime.hooks.in_time
    p = regime.in_force(today, sources())
    return asked is None or asked(beijing_day(released), today, p)


def _close(connection: Connection, target: AnyRow, outcome: Outcome, at: int) -> None:
    """No later word of an agency moves it any more."""
    way = ways_of(connection, [target])[target.id]
    deciding = legs.c.id.in_([leg_of(target.id, step) for step in way.deciding])
    connection.execute(update(legs).where(deciding).values(verdict=Verdict.CLOSED.value, at=at))
    own = declarations.c.id == target.id
    connection.execute(update(declarations).where(own).values(outcome=outcome.value, updated_at=at))


def act_of(row: AnyRow) -> Act | None:
    """What a paper does to those that it names; None for one that names none."""
    regime = regimes.of(row)
    return regime.acts.get(row.message) if regime is not None else None


def connected(connection: Connection, row: AnyRow) -> ColumnElement[bool]:
    """True for the papers that name this declaration, and for those that it names."""
    naming = select(touches.c.declaration_id).where(touches.c.key.in_(mentions_of(row)))
    own = select(touches.c.key).where(touches.c.declaration_id == row.id).limit(_SHOWN)
    keys = connection.execute(own).scalars().all() if _names_others(row) else []
    links = [(key, linked_to(key)) for key in keys]
    ways = [declarations.c.id.in_(naming)]
    if (act := act_of(row)) is not None:
        numbers = [act.number(key) for key, link in links if link is None]
        ways.append((declarations.c.message.in_(act.on)) & COLUMNS[act.by].in_(numbers))
    ways += [
        (declarations.c.message == message) & (COLUMNS[by] == number)
        for message, by, number in filter(None, (link for _, link in links))
    ]
    return or_(*ways)


def _names_others(row: AnyRow) -> bool:
    """Whether there can be anything that a declaration names."""
    regime = regimes.of(row)
    return regime is not None and (row.message in regime.acts or regime.hooks.links is not None)
