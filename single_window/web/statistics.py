"""Statistics of trade: figures by service, partner, month; the filings behind each; charts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, render_template, request, url_for

from single_window.accounts.permissions import Action
from single_window.domain.counting import Flow
from single_window.domain.money import to_fen
from single_window.domain.regime import Regime
from single_window.intake.sheets.writing import MEDIA_TYPE, Look, Page, Value, written
from single_window.oversight import trade
from single_window.oversight.trade import Asked, Behind, Column, Figure, Row, Table
from single_window.storage.store import Store
from single_window.web import asked as asked_for
from single_window.web import charts, session, words
from single_window.web.session import member, needs
from single_window.web.words import Language

PAGE = 50
RANKED = 10
"""Bars of a chart: the largest; the table has all."""
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_CHARTED = ("month", "component", "service", "partner")
_FORMULA = ("=", "+", "-", "@")
SCALES = {"zh": (8, 4), "en": (9, 6, 3)}
"""Powers of ten that people have a word for."""


def blueprint(store: Store) -> Blueprint:
    """Tables, filings behind a figure, charts, downloads."""
    pages = Blueprint("statistics", __name__, url_prefix="/statistics")
    session.guard(pages, store)
    pages.context_processor(_tools)

    def tables(asked: Asked, by: Sequence[str]) -> list[Table]:
        fewest = store.settings.statistics_companies
        with store.database.read() as connection:
            return trade.tables(connection, member().reach, asked, by, fewest=fewest)

    @pages.get("")
    @needs(Action.STATISTICS)
    def show() -> Any:
        regime, asked = _asked()
        if regime is None:
            return render_template("statistics/none.html")
        by = _by()
        found = tables(asked, [by])
        return render_template(
            "statistics/show.html", **_about(regime, asked), table=found[0] if found else None,
            by=by, fewest=store.settings.statistics_companies,
        )  # fmt: skip

    @pages.get("/charts")
    @needs(Action.STATISTICS)
    def show_charts() -> Any:
        regime, asked = _asked()
        if regime is None:
            return render_template("statistics/none.html")
        found = tables(asked, _CHARTED)
        measures = found[0].measures
        wanted = request.args.get("measure", "")
        measure = wanted if wanted in measures else next(iter(measures), "")
        drawn = [(each.by, *_drawn(regime, asked, each, measure)) for each in found if each.rows]
        return render_template(
            "statistics/charts.html", **_about(regime, asked), drawn=drawn, measure=measure,
            measures=measures, flows=[flow for each, flow in found[0].columns if each == measure],
            fewest=store.settings.statistics_companies,
        )  # fmt: skip

    @pages.get("/filings")
    @needs(Action.STATISTICS)
    def list_filings() -> Any:
        regime, asked = _asked()
        behind = _behind()
        if regime is None or behind is None:
            abort(404)
        with store.database.read() as connection:
            found, following = trade.filings(
                connection,
                member().reach,
                asked,
                behind,
                after=asked_for.number("after") or 0,
                limit=PAGE,
            )
        return render_template(
            "statistics/filings.html", **_about(regime, asked), behind=behind, filings=found,
            next=following,
        )  # fmt: skip

    @pages.get("/table.csv")
    @needs(Action.STATISTICS)
    def download_csv() -> Any:
        regime, asked = _asked()
        if regime is None:
            abort(404)
        found = tables(asked, [_by()])
        told = io.StringIO()
        for table in found:
            csv.writer(told).writerows(map(_guarded, row) for row in _sheet(regime, table))
        return _file(told.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", "csv")

    @pages.get("/tables.xlsx")
    @needs(Action.STATISTICS)
    def download_xlsx() -> Any:
        regime, asked = _asked()
        if regime is None:
            abort(404)
        sheets = [
            Page(t(f"statistics.by.{table.by}"), [*_cells(_sheet(regime, table))],
                 widths=(16, 36, *[18] * 40), frozen=(2, 1))
            for table in tables(asked, trade.BY)
        ]  # fmt: skip
        return _file(b"".join(written(sheets)), MEDIA_TYPE, "xlsx")

    return pages


# --- what is asked for ---------------------------------------------------------------------------


def _asked() -> tuple[Regime | None, Asked]:
    """The regime and months that the address asks for; what means nothing asks for nothing."""
    counting = {each.name: each for each in trade.counting()}
    regime = counting.get(request.args.get("regime", "")) or next(iter(counting.values()), None)
    since, until = (_month(name) for name in ("from", "to"))
    if since and until and since > until:
        since, until = until, since
    return regime, Asked(regime.name if regime else "", since, until)


def _month(name: str) -> str:
    text = request.args.get(name, "")
    return text if _MONTH.fullmatch(text) else ""


def _by() -> str:
    by = request.args.get("by", "")
    return by if by in trade.BY else "service"


def _behind() -> Behind | None:
    told = request.args
    by, flow = told.get("by", ""), told.get("flow", "")
    if flow not in {*Flow} or by not in {"", *trade.BY}:
        return None
    return Behind(told.get("measure", ""), flow, by, told.get("value", ""))


# --- how it is told ------------------------------------------------------------------------------


def _lang() -> Language:
    return words.wanted(request)


def t(key: str, **values: object) -> str:
    return str(words.text(_lang(), key, **values))


def _tools() -> dict[str, Any]:
    return {"figure_link": _link, "money": _money}


def _about(regime: Regime, asked: Asked) -> dict[str, Any]:
    """What every page of a regime's figures can say."""
    return {
        "regime": regime, "asked": asked, "regimes": trade.counting(), "dimensions": trade.BY,
        "named": lambda by, value: _named(regime, by, value),
        "measure_word": lambda measure: _measure(regime, measure),
    }  # fmt: skip


def _named(regime: Regime, by: str, value: str) -> tuple[str, str]:
    """A value and what it is called in the reader's language."""
    if not value:
        return "", t("statistics.unstated")
    return value, trade.named(regime, by, value)[_lang() == "en"]


def _measure(regime: Regime, measure: str) -> str:
    return regime.counted.measures.get(measure, (measure, measure))[_lang() == "en"]


def _money(sum_: Decimal, *, own: bool = False) -> str:
    """A sum as people read it: to the cent, or to the third place of a currency that has one."""
    third = own and sum_ != to_fen(sum_)
    return f"{sum_:,.3f}" if third else f"{to_fen(sum_):,}"


def _link(asked: Asked, by: str, value: str, column: Column) -> str:
    """The address of the filings behind a figure."""
    told = {"regime": asked.regime, "measure": column[0], "flow": column[1]}
    told |= {"by": by, "value": value} if by else {}
    told |= {name: month for name, month in (("from", asked.since), ("to", asked.until)) if month}
    return f"{url_for('statistics.list_filings')}?{urlencode(told)}"


# --- charts --------------------------------------------------------------------------------------


def _drawn(regime: Regime, asked: Asked, table: Table, measure: str) -> tuple[Any, ...]:
    monthly = table.by == "month"
    rows = table.rows if monthly else table.rows[:RANKED]
    groups = [_group(regime, asked, table, row, measure) for row in rows]
    return charts.charts(groups, upright=monthly)


def _group(regime: Regime, asked: Asked, table: Table, row: Row, measure: str) -> charts.Group:
    columns = [column for column in table.columns if column[0] == measure]
    parts = [
        _part(row.at(column), column[1], _link(asked, table.by, row.value, column))
        for column in columns
        if row.at(column).shown or row.at(column).withheld
    ]
    title = " ".join(filter(None, _named(regime, table.by, row.value)))
    return charts.Group(title, parts)


def _part(figure: Figure, flow: str, link: str) -> charts.Part:
    if not figure.shown:
        return charts.Part(flow, Decimal(0), t("statistics.withheld"), "")
    said = _short(figure)
    if figure.withheld:
        said = t("statistics.part_shown", number=said)
    return charts.Part(flow, figure.usd, said, link)


def _short(figure: Figure) -> str:
    """A sum in three figures or so, with the word for its power of ten."""
    for power in SCALES[_lang()]:
        if abs(figure.usd) >= Decimal(10) ** power:
            scaled = figure.usd.scaleb(-power)
            places = 0 if abs(scaled) >= 100 else 1
            return t(f"statistics.scale.{power}", number=f"{scaled:,.{places}f}")
    return f"{figure.usd:,.0f}"


# --- downloads -----------------------------------------------------------------------------------

Cell = str | Decimal | int | None


def _sheet(regime: Regime, table: Table) -> Iterator[list[Cell]]:
    """A table as rows of cells, with its heading; what is withheld is an empty cell."""
    own = table.by == "currency"
    head: list[Cell] = [t(f"statistics.by.{table.by}"), t("statistics.name")]
    for measure, flow in table.columns:
        said = f"{_measure(regime, measure)} · {t(f'statistics.flow.{flow}')}"
        unit = "statistics.in_own" if own else "statistics.in_usd"
        head += [f"{said} · {t(unit)}"]
        head += [f"{said} · {t(f'statistics.{each}')}"
                 for each in ("entries", "unrated", "withheld_months")]  # fmt: skip
    balanced = [] if own else [m for m in table.measures if _two_ways(table, m)]
    head += [f"{_measure(regime, m)} · {t('statistics.balance')}" for m in balanced]
    yield head
    for row in table.rows if own else (*table.rows, table.total):
        code, name = ("", t("statistics.total")) if row is table.total else _named(
            regime, table.by, row.value
        )  # fmt: skip
        cells: list[Cell] = [code, name]
        for column in table.columns:
            it = row.at(column)
            shown = it.own if own else it.usd
            hidden = bool(it.withheld and not it.shown)
            cells += [None, None, None] if hidden else [shown, it.entries, it.unrated]
            cells += [it.withheld]
        yield [*cells, *(row.balance(m) for m in balanced)]


def _two_ways(table: Table, measure: str) -> bool:
    flows = {flow for each, flow in table.columns if each == measure}
    return flows >= {Flow.EXPORT.value, Flow.IMPORT.value}


def _guarded(cell: Cell) -> str:
    """A cell of a CSV; a text that a spreadsheet would take for a formula is kept a text."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(_FORMULA) else text


def _cells(rows: Iterator[list[Cell]]) -> Iterator[list[Value | None]]:
    yield [Value(str(cell), Look.LABEL) for cell in next(rows)]
    for row in rows:
        yield [
            None if cell is None
            else Value(cell, Look.TEXT) if isinstance(cell, str)
            else Value(str(cell), Look.PLAIN, number=True)
            for cell in row
        ]  # fmt: skip


def _file(body: bytes, kind: str, ending: str) -> Response:
    name = f"statistics.{ending}"
    return Response(
        body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
