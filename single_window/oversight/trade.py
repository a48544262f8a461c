"""Statistics of trade as readers get them: tables of sums, small ones withheld, filings behind.

Everything is read from the sums that are kept with the filings; no filing is looked through.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from schemas import codes
from single_window import regimes
from single_window.declarations.scope import Reach
from single_window.domain.counting import DIMENSIONS, Flow, amount
from single_window.domain.protecting import Withheld, withheld
from single_window.domain.regime import Regime
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow

BY = tuple(DIMENSIONS)
"""By what a table can be laid out."""
_TREE = ("component", "service")
"""Services lie within components: what one table tells of them, the other has to withhold too."""
_FLOWS = {flow.value: at for at, flow in enumerate(Flow)}

Column = tuple[str, str]
"""Measure and flow."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which figures are wanted: of a regime, from one month to another; "" has no end."""

    regime: str
    since: str = ""
    until: str = ""


@dataclass(slots=True)
class Figure:
    """One sum. `withheld` is how many months of it may not be shown; they are not in the rest."""

    usd_units: int = 0
    units: int = 0
    entries: int = 0
    unrated: int = 0
    withheld: int = 0

    @property
    def usd(self) -> Decimal:
        """In US dollars, without what no rate is known for."""
        return amount(self.usd_units)

    @property
    def own(self) -> Decimal:
        """In the currency of the filings, where they have one."""
        return amount(self.units)

    @property
    def shown(self) -> bool:
        """Whether there is anything that may be shown."""
        return bool(self.entries)

    def add(self, row: AnyRow) -> None:
        """Adds a row of sums."""
        self.usd_units += int(row.usd_units)
        self.units += int(row.units)
        self.entries += int(row.entries)
        self.unrated += int(row.unrated)


@dataclass(slots=True)
class Row:
    """The figures of one value, by measure and flow."""

    value: str
    figures: dict[Column, Figure] = field(default_factory=dict)

    def at(self, column: Column) -> Figure:
        """The figure of a measure and flow; nothing where there is none."""
        return self.figures.get(column, Figure())

    def balance(self, measure: str) -> Decimal | None:
        """Exports less imports in US dollars; None where one of them may not be known whole."""
        both = [self.at((measure, flow.value)) for flow in (Flow.EXPORT, Flow.IMPORT)]
        if any(each.withheld for each in both):
            return None
        return both[0].usd - both[1].usd

    @property
    def weight(self) -> int:
        """How much it is, for the order of rows."""
        return sum(abs(each.usd_units) for each in self.figures.values())


@dataclass(frozen=True, slots=True)
class Table:
    """Figures by one dimension, the largest first (months in their order), and their total."""

    by: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Row

    @property
    def measures(self) -> tuple[str, ...]:
        """What is counted, each once."""
        return tuple(dict.fromkeys(measure for measure, _ in self.columns))

    @property
    def has_withheld(self) -> bool:
        """Whether something may not be shown."""
        return any(each.withheld for row in (*self.rows, self.total)
                   for each in row.figures.values())  # fmt: skip


def counting() -> tuple[Regime, ...]:
    """The regimes that count their filings."""
    return tuple(each for each in regimes.all().values() if each.hooks.counting is not None)


def named(regime: Regime, by: str, value: str) -> tuple[str, str]:
    """What a value is called in Chinese and in English; "" where it has no name."""
    name = regime.counted.lists.get(by)
    table = codes.table(name) if name else None
    return (table.label(value, "zh"), table.label(value, "en")) if table else ("", "")


def tables(
    connection: Connection, reach: Reach, asked: Asked, by: Iterable[str], *, fewest: int
) -> list[Table]:
    """The tables by these dimensions; small figures withheld from who may not see the filings."""
    known = _known(connection, reach, asked)
    if known is None:
        return [_open(connection, reach, asked, each) for each in by]
    shown = (each for each in by if each != "company")
    return [_protected(connection, asked, each, known, fewest) for each in shown]


def _where(asked: Asked) -> list[ColumnElement[bool]]:
    c = t.count_cells.c
    where = [c.regime == asked.regime, c.entries != 0]
    if asked.since:
        where.append(c.month >= asked.since)
    if asked.until:
        where.append(c.month <= asked.until)
    return where


def _known(connection: Connection, reach: Reach, asked: Asked) -> frozenset[str] | None:
    """The messages of which an agency gets every filing; None where nothing has to be withheld."""
    if reach.agency is None:
        return None
    regime = regimes.load(asked.regime)
    told = frozenset(
        step.message for step in regime.plan if step.agency == reach.agency and not step.given
    )
    messages = select(t.count_cells.c.message).where(*_where(asked)).distinct()
    return None if told.issuperset(connection.execute(messages).scalars()) else told


_SUMS = tuple(
    func.sum(t.count_cells.c[name]).label(name)
    for name in ("usd_units", "units", "entries", "unrated")
)


def _open(connection: Connection, reach: Reach, asked: Asked, by: str) -> Table:
    c = t.count_cells.c
    keys = (c[by].label("value"), c.measure, c.flow)
    rows: dict[str, Row] = {}
    total = Row("")
    sums = select(*keys, *_SUMS) if reach.company is None else _seen(reach, *keys)
    for each in connection.execute(sums.where(*_where(asked)).group_by(*keys)):
        row = rows.setdefault(each.value, Row(each.value))
        for into in (row, total):
            into.figures.setdefault((each.measure, each.flow), Figure()).add(each)
    return _laid_out(asked, by, rows.values(), total)


def _seen(reach: Reach, *keys: ColumnElement[Any]) -> Select[Any]:
    """The sums of what a company filed or may see, and of what counts as its own.

    It may file under another code than the one that it is known by here.
    """
    n = t.counted.c
    return (
        select(
            *keys,
            func.sum(n.units).label("units"),
            func.coalesce(func.sum(n.usd_units), 0).label("usd_units"),
            func.count().label("entries"),
            func.sum(case((n.usd_units.is_(None), 1), else_=0)).label("unrated"),
        )
        .join(t.count_cells, t.count_cells.c.id == n.cell_id)
        .join(t.declarations, t.declarations.c.id == n.declaration_id)
        .where(reach.filings() | (t.count_cells.c.company == reach.company))
    )


class _Place(NamedTuple):
    """One month of one column."""

    month: str
    column: Column


def _protected(
    connection: Connection, asked: Asked, by: str, known: frozenset[str], fewest: int
) -> Table:
    """A table that is put together from what each month may show."""
    c = t.count_cells.c
    outer, inner = _TREE if by in _TREE else (by, by)
    keys = (
        *(c[outer].label("node"), c[inner].label("leaf"), c[by].label("value")),
        *(c.month, c.measure, c.flow, c.message, c.company),
    )
    found = connection.execute(select(*keys, *_SUMS).where(*_where(asked)).group_by(*keys)).all()
    unknown: dict[_Place, dict[tuple[str, str], frozenset[str]]] = defaultdict(dict)
    for each in found:
        leaves, leaf = unknown[_place(each)], (each.node, each.leaf)
        unseen = frozenset() if each.message in known else frozenset({each.company})
        leaves[leaf] = leaves.get(leaf, frozenset()) | unseen
    hidden = {place: withheld(leaves, fewest) for place, leaves in unknown.items()}
    gone: dict[tuple[Column, str], set[str]] = defaultdict(set)
    for place, kept_back in hidden.items():
        for value in kept_back.nodes if by == outer else {leaf for _, leaf in kept_back.leaves}:
            gone[place.column, value].add(place.month)
    return _put_together(asked, by, found, hidden, gone)


def _place(row: AnyRow) -> _Place:
    return _Place(row.month, (row.measure, row.flow))


def _put_together(
    asked: Asked,
    by: str,
    found: Sequence[AnyRow],
    hidden: Mapping[_Place, Withheld],
    gone: Mapping[tuple[Column, str], set[str]],
) -> Table:
    rows: dict[str, Row] = {}
    total = Row("", {column: Figure() for _, column in hidden})
    for place, kept_back in hidden.items():
        total.figures[place.column].withheld += kept_back.whole
    for each in found:
        place = _place(each)
        row = rows.setdefault(each.value, Row(each.value))
        figure = row.figures.setdefault(place.column, Figure())
        months = gone.get((place.column, each.value), set())
        figure.withheld = len(months)
        if place.month not in months:
            figure.add(each)
        if not hidden[place].whole:
            total.figures[place.column].add(each)
    return _laid_out(asked, by, rows.values(), total)


def _laid_out(asked: Asked, by: str, rows: Iterable[Row], total: Row) -> Table:
    order = {name: at for at, name in enumerate(regimes.load(asked.regime).counted.measures)}
    columns = sorted(
        total.figures, key=lambda c: (order.get(c[0], len(order)), c[0], _FLOWS.get(c[1], 0))
    )
    by_month = sorted(rows, key=lambda row: row.value)
    ranked = by_month if by == "month" else sorted(by_month, key=lambda row: -row.weight)
    return Table(by, tuple(columns), tuple(ranked), total)


# --- the filings behind a figure -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Behind:
    """Which figure is opened; a `by` of "" is the total."""

    measure: str
    flow: str
    by: str = ""
    value: str = ""


def filings(
    connection: Connection,
    reach: Reach,
    asked: Asked,
    behind: Behind,
    *,
    after: int = 0,
    limit: int = 50,
) -> tuple[list[dict[str, Any]], int | None]:
    """What counts towards a figure, as far as the reader may see the filings; and where to go on.

    The cursor is the number of a filing with the place of the count among its own behind it.
    """
    c, n = t.count_cells.c, t.counted.c
    where = [*_where(asked), c.measure == behind.measure, c.flow == behind.flow]
    if behind.by:
        where.append(c[behind.by] == behind.value)
    number, place = divmod(after, _PLACES)
    beyond = (n.declaration_id > number) | ((n.declaration_id == number) & (n.place > place))
    of = t.declarations.c
    rows = connection.execute(
        select(n.declaration_id, n.place, n.units, n.usd_units, of.message, of.key, of.outcome,
               *(c[name] for name in BY))
        .join(t.count_cells, c.id == n.cell_id)
        .join(t.declarations, of.id == n.declaration_id)
        .where(*where, beyond, reach.filings())
        .order_by(n.declaration_id, n.place)
        .limit(limit + 1)
    ).all()  # fmt: skip
    last = rows[limit - 1] if len(rows) > limit else None
    following = last.declaration_id * _PLACES + last.place if last is not None else None
    return [_told(row) for row in rows[:limit]], following


_PLACES = 10_000


def _told(row: AnyRow) -> dict[str, Any]:
    return {
        "declaration": row.declaration_id,
        "message": row.message,
        "key": row.key,
        "outcome": row.outcome,
        **{name: getattr(row, name) for name in BY},
        "amount": amount(row.units),
        "usd": None if row.usd_units is None else amount(row.usd_units),
    }
