"""Papers begun from what was filed before: nobody types again what the window knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import orjson
from sqlalchemy import select

from single_window import regimes
from single_window.declarations import following, queries
from single_window.declarations.papers import opened
from single_window.declarations.scope import Scope
from single_window.declarations.service import Unknown
from single_window.domain.regime import Regime
from single_window.intake.filings import values_of
from single_window.intake.forms import Values, name_of, shape_of, shapes
from single_window.intake.layouts import Layout, LayoutError, layout
from single_window.storage.store import Store
from single_window.storage.tables import declarations

ByLine = Mapping[int, str]
"""Values of a field, each by the number of its line; 0 outside of lines."""
_ABOUT_THE_PAPER = frozenset({"appType", "appStatus", "note", "gmodel"})


def begun(store: Store, scope: Scope, number: int, message: str) -> Values:
    """What a new paper takes over from a declaration: by equal names, as its regime says, reckoned.

    Nothing where it neither acts on the declaration nor is begun from its kind. Raises Unknown
    outside of the scope.
    """
    form, values, _ = values_of(store, scope, number)
    regime, target = regimes.all().get(form.regime), form.message.name
    if regime is None or not _follows(regime, message, target):
        return {}
    with store.database.read() as connection:
        found = queries.declaration(store, connection, scope, number)
    if found is None:
        raise Unknown
    own = layout(message, form.regime)
    numbers = {name: {0: text} for name, text in found["numbers"].items()}
    taken = _alike(regime, own, target, _by_leaf(values) | numbers)
    taken |= _named(regime, own, form, values)
    reckoned = _reckoned(store, regime, number, message)
    return {name: text for name, text in (taken | reckoned).items() if text}


def _follows(regime: Regime, message: str, target: str) -> bool:
    act = regime.acts.get(message)
    return (message, target) in regime.follows or (act is not None and target in act.on)


def _alike(regime: Regime, own: Layout, target: str, told: Mapping[str, ByLine]) -> Values:
    """What stands in fields of the same names, but for what every paper says of itself."""
    act = regime.acts.get(own.message.name)
    names = (*act.agree, *act.names) if act is not None and target in act.on else ()
    kept = (own.once | _ABOUT_THE_PAPER) - {*names, "preNo"}
    return {
        name: text
        for entry in own.entries.values()
        if entry.field.name not in kept and not entry.fill
        for name, text in _placed(entry.path, told.get(entry.field.name, {}), own)
    }


def _named(regime: Regime, own: Layout, form: Layout, values: Values) -> Values:
    """What the regime says that fields take over; "" for a field that takes over nothing."""
    follow = regime.follows.get((own.message.name, form.message.name))
    found: Values = {}
    for path, other in follow.takes.items() if follow is not None else ():
        if path not in own.entries or other not in ("", *form.entries):
            raise LayoutError(f"{own.message.name} cannot take {path} over from {other}")
        told = _at(values, name_of(other))
        found |= dict(_placed(path, told, own)) if told else {name_of(path): ""}
    return found


def _at(values: Values, wanted: str) -> dict[int, str]:
    """The values of one field by line."""
    return {
        _line(name): text
        for name, text in values.items()
        if shape_of(name).replace(".#", "") == wanted
    }


def _reckoned(store: Store, regime: Regime, number: int, message: str) -> Values:
    if regime.hooks.begun is None:
        return {}
    act, known = regime.acts.get(message), shapes(layout(message, regime.name).message)
    with store.database.read() as connection:
        row = connection.execute(select(declarations).where(declarations.c.id == number)).one()
        left = following.left(connection, row, act.ledger if act is not None else "")
        count = following.filed_before(connection, row, message)
    facts = opened(store, row.sealed_facts)
    facts["amounts"] = orjson.loads(row.amounts) if row.amounts else {}
    told = regime.hooks.begun(message, facts, left, count)
    names = {name_of(path): text for path, text in told.items()}
    return {name: text for name, text in names.items() if shape_of(name) in known}


def _by_leaf(values: Values) -> dict[str, dict[int, str]]:
    """Values by the name of their field, each by its line."""
    told: dict[str, dict[int, str]] = {}
    for name, text in values.items():
        told.setdefault(name.rpartition(".")[2], {})[_line(name)] = text
    return told


def _line(name: str) -> int:
    return next((int(part) for part in name.split(".") if part.isdecimal()), 0)


def _placed(path: str, told: ByLine, own: Layout) -> Iterator[tuple[str, str]]:
    """Names and values of a field: in lines one for each that there is, else the head's."""
    group, _, leaf = path.rpartition("/")
    tables = {table.lines.path for table in own.tables() if table.lines is not None}
    if group not in tables:
        if 0 in told:
            yield name_of(path), told[0]
        return
    for line, text in told.items():
        yield f"{name_of(group)}.{line or 1}.{leaf}", text
