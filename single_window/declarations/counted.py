"""What filings count for in statistics (统计), kept up to date as they change.

A filing counts from when it has reached its goal, and no longer once it is rejected, withdrawn,
replaced or taken back; one that was closed after its goal goes on counting. What it counts for and
the sums of it are written in the transaction that changes how it stands: the sums are never
reckoned by looking through filings. Filings of regimes that count nothing cost no query.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from schemas import codes
from single_window import regimes
from single_window.declarations.papers import opened
from single_window.domain.counting import DIMENSIONS, Count, Derived, units
from single_window.domain.lifecycle import REACHED, Outcome
from single_window.domain.regime import Regime
from single_window.storage import many
from single_window.storage.among import among
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store
from single_window.storage.tables import count_cells, counted, declarations

COUNTED = (*REACHED, Outcome.CLOSED.value)
CELL = ("regime", "message", "measure", "flow", *DIMENSIONS)
"""What tells one sum from another."""
SUMS = ("units", "usd_units", "entries", "unrated")
_WIDTHS = {"measure": 20, **DIMENSIONS}
_AT_ONCE = 500
"""Rows of one statement: each has a parameter for each of its columns."""

Cell = tuple[str, ...]
log = logging.getLogger(__name__)


class Filed(NamedTuple):
    """A filing that has just been stored, as far as it matters here."""

    id: int
    message: str
    regime: str


class Kept(NamedTuple):
    """One count as it is kept: the sum that it belongs to, and what it adds."""

    cell: Cell
    units: int
    usd_units: int | None


def counts(row: regimes.Filed) -> bool:
    """Whether a filing is of a regime that counts its filings."""
    regime = regimes.of(row)
    return regime is not None and regime.hooks.counting is not None


def settle(store: Store, connection: Connection, rows: Iterable[AnyRow | Filed]) -> None:
    """Brings what these filings count for in line with how they stand now.

    To be called when the outcome, the facts or the amounts of a filing have changed; for one that
    is new only where it has reached its goal at once.
    """
    numbers = [row.id for row in rows if counts(row)]
    if not numbers:
        return
    found = connection.execute(
        select(declarations)
        .where(among(connection, declarations.c.id, numbers))
        .order_by(declarations.c.id)
        .with_for_update()
    )
    _write(connection, {row.id: due(store, row) for row in found})


def forget(connection: Connection, rows: Iterable[AnyRow]) -> None:
    """These filings are over: they count for nothing any more."""
    if numbers := [row.id for row in rows if counts(row)]:
        _write(connection, dict.fromkeys(numbers, ()))


def due(store: Store, row: AnyRow) -> Sequence[Kept]:
    """What a filing, as it stands, has to count for."""
    regime = regimes.of(row)
    if regime is None or regime.hooks.counting is None or row.outcome not in COUNTED:
        return ()
    amounts = orjson.loads(row.amounts) if row.amounts else {}
    told = regime.hooks.counting(row.message, opened(store, row.sealed_facts), amounts)
    if any(not each.fits for each in told):
        log.error("amount beyond what is summed", extra={"declaration": row.id})
    return [kept_as(regime, row.message, each) for each in told if each.fits]


def kept_as(regime: Regime, message: str, count: Count) -> Kept:
    """A count as it is kept, with the dimensions that are derived."""
    told = {name: str(getattr(count, name)) for name in _WIDTHS}
    for name, derived in regime.counted.derived.items():
        told[name] = told[name] or _derived(regime, derived, told[derived.of])
    told = {name: text[: _WIDTHS[name]] for name, text in told.items()}
    cell = (regime.name, message, told.pop("measure"), count.flow.value, *told.values())
    return Kept(cell, units(count.amount), None if count.usd is None else units(count.usd))


def _derived(regime: Regime, derived: Derived, value: str) -> str:
    """What another dimension's list says in a column; of several ("SJ322-SJ323") the head."""
    row = codes.table(regime.counted.lists[derived.of]).get(value)
    first, *others = (row.more.get(derived.column, "") if row is not None else "").split("-")
    return first.rstrip("0123456789") if others else first


def kept(connection: Connection, numbers: Iterable[int]) -> dict[int, list[Kept]]:
    """What these filings count for by the tables."""
    cells = (count_cells.c[name] for name in CELL)
    found: dict[int, list[Kept]] = defaultdict(list)
    for row in connection.execute(
        select(counted.c.declaration_id, counted.c.units, counted.c.usd_units, *cells)
        .join(count_cells, count_cells.c.id == counted.c.cell_id)
        .where(among(connection, counted.c.declaration_id, numbers))
        .order_by(counted.c.declaration_id, counted.c.place)
    ):
        number, own, usd, *cell = row
        found[number].append(Kept(tuple(cell), own, usd))
    return found


def _write(connection: Connection, wanted: Mapping[int, Sequence[Kept]]) -> None:
    """Replaces what filings count for, and adds the difference to the sums."""
    before = kept(connection, wanted)
    changed = {n: each for n, each in wanted.items() if [*each] != before.get(n, [])}
    if not changed:
        return
    gone = among(connection, counted.c.declaration_id, changed)
    connection.execute(delete(counted).where(gone))
    differences: dict[Cell, list[int]] = defaultdict(lambda: [0] * len(SUMS))
    for number, each in changed.items():
        for sign, rows in ((-1, before.get(number, ())), (1, each)):
            for row in rows:
                add(differences[row.cell], row, sign)
    cells = _sum_up(connection, differences)
    many.add(
        connection,
        counted,
        [
            {
                "declaration_id": number,
                "place": place,
                "cell_id": cells[row.cell],
                "units": row.units,
                "usd_units": row.usd_units,
            }
            for number, each in changed.items()
            for place, row in enumerate(each)
        ],
    )


def add(sums: list[int], row: Kept, sign: int = 1) -> None:
    """Adds a count to the sums of its cell, or takes it away."""
    own = (row.units, row.usd_units or 0, 1, int(row.usd_units is None))
    sums[:] = [total + sign * each for total, each in zip(sums, own, strict=True)]


def _sum_up(connection: Connection, differences: Mapping[Cell, Sequence[int]]) -> dict[Cell, int]:
    """Adds differences to the cells, in one order for all who do; returns the ids of the cells."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(count_cells)
    added = statement.on_conflict_do_update(
        index_elements=[count_cells.c[name] for name in CELL],
        set_={name: count_cells.c[name] + statement.excluded[name] for name in SUMS},
    ).returning(count_cells.c.id, *(count_cells.c[name] for name in CELL))
    rows = [
        dict(zip((*CELL, *SUMS), (*cell, *sums), strict=True))
        for cell, sums in sorted(differences.items())
    ]
    return {
        tuple(row[1:]): row.id
        for first in range(0, len(rows), _AT_ONCE)
        for row in connection.execute(added, rows[first : first + _AT_ONCE])
    }
