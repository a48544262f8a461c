"""What agencies stated of declarations, and where their answers contradict: kept, marked, told.

Whoever applies answers asks `look` in the same transaction; what a page tells is worked out anew
from the answers themselves, so it can be no other than what was marked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, delete, select

from schemas import codes
from single_window import regimes
from single_window.declarations.papers import opened
from single_window.declarations.words import event_text, rendered
from single_window.domain import crosschecks
from single_window.domain.crosschecks import WINDOW, Contradiction, Side, Statement, Word
from single_window.domain.findings import Finding
from single_window.domain.taxes import GENERAL
from single_window.storage import many
from single_window.storage import tables as t
from single_window.storage.among import among
from single_window.storage.engine import AnyRow, beijing_day
from single_window.storage.store import Store

CURRENCY_OF_TAXES = "142"
"""Taxes are computed and owed in CNY."""
_OWN = t.declarations.c
_OF_WORDS = ("declaration_id", "agency", "kind", "code", "detail", "at")
_ROW = (*(_OWN.id, _OWN.submission_id, _OWN.message), *(_OWN.regime, _OWN.amounts, _OWN.trade_key))


@dataclass(frozen=True, slots=True)
class News:
    """What is new about declarations: those on which something was decided, and who stated figures.

    None in place of who stands for all that was ever stated.
    """

    decided: Collection[int]
    stated: Mapping[int, Collection[str] | None]

    def but(self, numbers: Collection[int]) -> News:
        """The same, but everything is news about these."""
        return News({*self.decided, *numbers}, {**self.stated, **dict.fromkeys(numbers)})


def lock(connection: Connection, numbers: Sequence[int]) -> None:
    """Keeps two agencies' answers on one declaration from being compared past each other."""
    if numbers and connection.dialect.name != "sqlite":
        rows = select(_OWN.id).where(among(connection, _OWN.id, numbers)).order_by(_OWN.id)
        connection.execute(rows.with_for_update()).all()


def look(
    store: Store,
    connection: Connection,
    numbers: Sequence[int],
    news: News,
    *,
    at: int,
) -> list[tuple[int, int]]:
    """Marks which of these contradict; returns declaration and submission of what is newly held.

    Of those that did not contradict before, only the news are looked at.
    """
    if not numbers:
        return []
    marks = t.contradictions.c
    own = among(connection, marks.declaration_id, numbers)
    before = select(marks.declaration_id, marks.severity).where(own)
    known = {(row.declaration_id, row.severity) for row in connection.execute(before)}
    marked = {number for number, _ in known}
    rows = connection.execute(select(*_ROW).where(among(connection, _OWN.id, numbers))).all()
    found = _found(store, connection, rows, on=beijing_day(at), news=news.but(marked))
    if known:
        connection.execute(delete(t.contradictions).where(own))
    many.add(connection, t.contradictions, [*_marks(found, at)])
    held = {number for number, each in found.items() if crosschecks.worst(each) == "hold"}
    held -= {number for number, severity in known if severity == "hold"}
    return [(row.id, row.submission_id) for row in rows if row.id in held]


def _marks(found: Mapping[int, Sequence[Contradiction]], at: int) -> Iterable[dict[str, Any]]:
    for number, contradictions in found.items():
        for agency in {side.who for each in contradictions for side in each.sides} - {WINDOW}:
            worst = crosschecks.worst(each for each in contradictions if each.concerns(agency))
            yield {"agency": agency, "declaration_id": number, "severity": worst, "at": at}


def of(
    store: Store, connection: Connection, row: AnyRow, *, on: date, agency: str | None = None
) -> list[dict[str, Any]]:
    """What contradicts about one declaration, in words, all sides told; an agency sees its own."""
    found = _found(store, connection, [row], on=on).get(row.id, [])
    mine = [each for each in found if agency is None or each.concerns(agency)]
    most = str(GENERAL.in_force("bill_tolerance", on))
    return [_told(row, each, most) for each in mine]


def bills(connection: Connection, number: int) -> list[dict[str, Any]]:
    """The figures that agencies have stated of a declaration and that count now."""
    rows = _statements(connection, [number])[number]
    return [
        {"agency": row.agency, "bill": row.bill, "at": row.at} | orjson.loads(row.amounts)
        for row in rows
    ]


def _found(
    store: Store,
    connection: Connection,
    rows: Sequence[AnyRow],
    *,
    on: date,
    news: News | None = None,
) -> dict[int, list[Contradiction]]:
    """Declaration to what contradicts about it; one without is not named."""
    numbers = [row.id for row in rows]
    decided = numbers if news is None else [n for n in numbers if n in news.decided]
    words = _words(connection, decided) if decided else {}
    asked = numbers if news is None else [n for n in numbers if n in news.stated]
    stated = {
        number: {row.agency: orjson.loads(row.amounts) for row in said}
        for number, said in _statements(connection, asked).items()
    }
    told = [row for row in rows if row.id in stated]
    figures = {name for of in told for each in stated[of.id].values() for name in each}
    elsewhere = _elsewhere(store, connection, told, figures)
    tolerance = GENERAL.in_force("bill_tolerance", on)
    found = {}
    for row in rows:
        regime = regimes.of(row)
        steps = regime.steps(row.message) if regime else ()
        each = crosschecks.decisions(steps, words[row.id]) if row.id in words else []
        if row.id in stated:
            ours = Statement.of(WINDOW, _ours(row) | elsewhere.get(row.trade_key, {}))
            said = [Statement.of(who, amounts) for who, amounts in stated[row.id].items()]
            who = None if news is None else news.stated[row.id]
            each += crosschecks.figures([ours, *said], tolerance=tolerance, news=who)
        if each:
            found[row.id] = each
    return found


def _ours(row: AnyRow) -> dict[str, Any]:
    if not row.amounts:
        return {}
    amounts: dict[str, Any] = orjson.loads(row.amounts)
    # Where no tax is owed, the currency that tax is told, and says again, is that of a value.
    return amounts | ({"tax_currency": CURRENCY_OF_TAXES} if "total" in amounts else {})


def _words(connection: Connection, numbers: Collection[int]) -> dict[int, list[Word]]:
    found: dict[int, list[Word]] = defaultdict(list)
    events = t.events.c
    rows = connection.execute(
        select(
            events.declaration_id, events.agency, events.kind, events.code, events.detail, events.at
        )
        .where(
            among(connection, events.declaration_id, numbers),
            events.agency != "",
            events.kind.in_(crosschecks.DECISIVE),
        )
        .order_by(events.id)
    )
    for row in rows:
        text = row.code if row.detail.startswith("@") else f"{row.code} {row.detail}".strip()
        found[row.declaration_id].append(Word(row.agency, row.kind, text, row.at))
    return found


def _statements(connection: Connection, numbers: Sequence[int]) -> dict[int, list[AnyRow]]:
    """The last statement of each agency that was not taken back."""
    own = t.statements.c
    rows = connection.execute(
        select(own.declaration_id, own.agency, own.bill, own.amounts, own.at)
        .where(among(connection, own.declaration_id, numbers))
        .order_by(own.id)
    )
    last: dict[int, dict[tuple[str, str], AnyRow]] = defaultdict(dict)
    for row in rows:
        last[row.declaration_id].pop((row.agency, row.bill), None)
        if row.amounts != "{}":
            last[row.declaration_id][row.agency, row.bill] = row
    found: dict[int, list[AnyRow]] = defaultdict(list)
    for number, each in last.items():
        found[number] = list({row.agency: row for row in each.values()}.values())
    return found


def _elsewhere(
    store: Store, connection: Connection, rows: Sequence[AnyRow], stated: Collection[str]
) -> dict[str, dict[str, str]]:
    """By trade the figures that stand in other papers, such as what was paid, if one was stated."""
    wanted = {
        (figure.message, figure.fact): name
        for regime in {regimes.of(row) for row in rows} - {None}
        for name, figure in (regime.figures.items() if regime else ())
        if figure.message and name in stated
    }
    trades = {row.trade_key for row in rows} - {""}
    if not wanted or not trades:
        return {}
    papers = connection.execute(
        select(_OWN.trade_key, _OWN.message, _OWN.sealed_facts)
        .where(
            among(connection, _OWN.trade_key, trades),
            _OWN.message.in_({message for message, _ in wanted}),
            _OWN.living_key.is_not(None),
        )
        .order_by(_OWN.id)
    )
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for paper in papers:
        facts = opened(store, paper.sealed_facts)
        for (message, fact), name in wanted.items():
            if message == paper.message and isinstance(facts.get(fact), str):
                found[paper.trade_key][name] = facts[fact]
    return found


def _told(row: AnyRow, each: Contradiction, most: str) -> dict[str, Any]:
    regime = regimes.of(row)
    figure = regime.figure(each.figure) if regime and each.figure else None
    args = {
        "gnum": each.line,
        "difference": each.difference,
        "most": most,
        "figure_zh": figure.label_zh if figure else "",
        "figure_en": figure.label_en if figure else "",
    }
    sides = [_side(side, each.figure) for side in each.sides]
    for name, side in zip(("first", "second"), sides, strict=False):
        args |= {f"{name}_zh": side["text_zh"], f"{name}_en": side["text_en"]}
    finding = Finding("rule", each.code, each.severity, args=tuple(args.items()))
    (words,) = rendered([finding], row.message)
    kept = ("code", "severity", "text_zh", "text_en", "remedy_zh", "remedy_en", "source")
    figures = {"figure": each.figure, "gnum": each.line, "difference": each.difference}
    return {name: words[name] for name in kept} | figures | {"sides": sides}


def _side(side: Side, figure: str) -> dict[str, Any]:
    table = codes.table("currency") if figure.endswith("currency") else None
    zh, en = event_text(side.word.kind, side.word.agency) if side.word else ("", "")
    return {
        "who": side.who,
        "value": side.value,
        "name_zh": table.label(side.value, "zh") if table else "",
        "name_en": table.label(side.value, "en") if table else "",
        "text_zh": zh,
        "text_en": en,
        "said": side.word.text if side.word else "",
        "at": side.word.at if side.word else None,
    }
