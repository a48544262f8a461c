"""Statistics of trade: figures by one dimension, and the filings behind one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from flask import Blueprint, jsonify, request

from single_window.accounts.permissions import Action
from single_window.api import arguments
from single_window.api.keys import caller, guard, needs
from single_window.api.problems import Problem
from single_window.domain.counting import Flow
from single_window.domain.regime import Regime
from single_window.oversight import trade
from single_window.oversight.trade import Asked, Behind, Row, Table
from single_window.storage.store import Store

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_VALUE_MAX = 40


def blueprint(store: Store) -> Blueprint:
    """The routes of statistics."""
    routes = Blueprint("figures", __name__, url_prefix="/api/v1/statistics")
    guard(routes, store)

    @routes.get("")
    @needs(Action.STATISTICS)
    def show_table() -> Any:
        regime, asked = _asked()
        by = arguments.choice("by", trade.BY) or "service"
        fewest = store.settings.statistics_companies
        with store.database.read() as connection:
            found = trade.tables(connection, caller().reach, asked, [by], fewest=fewest)
        rows = [_told(regime, table, row) for table in found for row in table.rows]
        total = [figure for table in found for figure in _figures(regime, table, table.total)]
        return jsonify(
            {"regime": regime.name, "by": by, "from": asked.since or None,
             "to": asked.until or None, "items": rows, "total": total, "next": None}
        )  # fmt: skip

    @routes.get("/filings")
    @needs(Action.STATISTICS)
    def list_filings() -> Any:
        _, asked = _asked()
        flow = arguments.choice("flow", [*Flow]) or Flow.NONE.value
        by = arguments.choice("by", trade.BY) or ""
        measure, value = (request.args.get(name, "")[:_VALUE_MAX] for name in ("measure", "value"))
        with store.database.read() as connection:
            items, following = trade.filings(
                connection, caller().reach, asked, Behind(measure, flow, by, value),
                after=arguments.number("after", 0), limit=arguments.limit(),
            )  # fmt: skip
        told = [
            {n: f"{v:f}" if isinstance(v, Decimal) else v for n, v in each.items()}
            for each in items
        ]
        return jsonify({"items": told, "next": following})

    return routes


def _asked() -> tuple[Regime, Asked]:
    """The regime and the months of the query; a regime that counts nothing is not found."""
    counting = {each.name: each for each in trade.counting()}
    name = arguments.choice("regime", counting) or next(iter(counting), "")
    if not name:
        raise Problem("not-found")
    return counting[name], Asked(name, _month("from"), _month("to"))


def _month(name: str) -> str:
    text = request.args.get(name, "")
    if text and not _MONTH.fullmatch(text):
        raise Problem("bad-parameter", name=name, value=text[:80], expected="2026-11")
    return text


def _told(regime: Regime, table: Table, row: Row) -> dict[str, Any]:
    name_zh, name_en = trade.named(regime, table.by, row.value)
    figures = [*_figures(regime, table, row)]
    return {"value": row.value, "name_zh": name_zh, "name_en": name_en, "figures": figures}


def _figures(regime: Regime, table: Table, row: Row) -> Iterator[dict[str, Any]]:
    for column in table.columns:
        measure, flow = column
        figure, label = row.at(column), regime.counted.measures.get(measure, (measure, measure))
        hidden = bool(figure.withheld and not figure.shown)
        own = table.by == "currency" and row is not table.total and not hidden
        yield {
            "measure": measure,
            "measure_zh": label[0],
            "measure_en": label[1],
            "flow": flow,
            "usd": None if hidden else f"{figure.usd:f}",
            "amount": f"{figure.own:f}" if own else None,
            "entries": None if hidden else figure.entries,
            "without_rate": None if hidden else figure.unrated,
            "withheld": figure.withheld,
        }
