"""The results of a submission's records: filtered, searched, and the next bad one found."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, func, literal_column, or_, select

from schemas import registry
from single_window.declarations import faults
from single_window.declarations.masking import masked
from single_window.declarations.queries import Page
from single_window.declarations.scope import Scope
from single_window.declarations.words import labels_of, opened_findings, rendered, wording
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store

_LINE_DIGITS = 7
_BAD = ("reject", "hold")
_FAULTY = t.declarations.c.faults != literal_column("''")
"""The condition of the index on faults, to the letter: with a parameter no engine would use it."""


def records(
    store: Store,
    connection: Connection,
    scope: Scope,
    number: int,
    *,
    decision: str | None = None,
    outcome: str | None = None,
    search: str | None = None,
    fault: str | None = None,
    after: int = 0,
    limit: int = 100,
) -> Page:
    """Results of a submission's records in their order, filtered; the cursor is a record's id.

    `search` is the beginning of an order number, a part of a key, or a line; `fault` a code, or a
    code and a field joined by @.
    """
    d = t.declarations.c
    where = [_within(scope, number), d.id > after]
    if decision:
        where.append(d.decision == decision)
    if outcome:
        where.append(d.outcome == outcome)
    if search:
        where.append(_found_by(search))
    if fault:
        where += [_FAULTY, d.faults.contains(faults.sought(fault), autoescape=True)]
    rows = connection.execute(
        select(t.declarations, t.messages.c.entry, t.messages.c.sheet)
        .join(t.messages, t.messages.c.id == d.message_id)
        .where(*where)
        .order_by(d.id)
        .limit(limit + 1)
    ).all()
    items = [_record(store, row, mine=scope.filed(row.organisation_id)) for row in rows[:limit]]
    return items, (rows[limit - 1].id if len(rows) > limit else None)


def faults_of(connection: Connection, scope: Scope, number: int) -> list[dict[str, Any]]:
    """What is wrong with the records of a submission, and how often; the most frequent first."""
    d = t.declarations.c
    rows = connection.execute(
        select(d.message, d.faults, func.count().label("n"))
        .where(_within(scope, number), _FAULTY)
        .group_by(d.message, d.faults)
    )
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        for code, path in faults.told(row.faults):
            counts[row.message, code, path] += row.n
    return [
        _fault(message, code, path, count) for (message, code, path), count in counts.most_common()
    ]


def next_bad(connection: Connection, scope: Scope, number: int, *, after: int) -> int | None:
    """The cursor from which the next rejected or held record is the first; None without one."""
    d = t.declarations.c
    found = connection.execute(
        select(func.min(d.id)).where(
            _within(scope, number), d.id > after, _FAULTY, d.decision.in_(_BAD)
        )
    ).scalar()
    return None if found is None else int(found) - 1


def _within(scope: Scope, number: int) -> ColumnElement[bool]:
    d = t.declarations.c
    return (d.submission_id == number) & scope.of(d.organisation_id)


def _found_by(search: str) -> ColumnElement[bool]:
    d = t.declarations.c
    ways = [
        d.order_no.startswith(search, autoescape=True),
        d.key.contains(search, autoescape=True),
    ]
    if search.isascii() and search.isdecimal() and len(search) <= _LINE_DIGITS:
        ways.append(d.line == int(search))
    return or_(*ways)


def _record(store: Store, row: AnyRow, *, mine: bool) -> dict[str, Any]:
    found = opened_findings(store, row.sealed_findings)
    return {
        "file": row.entry,
        "sheet": row.sheet,
        "message": row.message,
        "record": row.ordinal,
        "line": row.line,
        "key": row.key,
        "decision": row.decision,
        "amounts": orjson.loads(row.amounts) if row.amounts else None,
        "findings": rendered(found if mine else masked(found, row.message), row.message),
        "declaration": row.same_as or row.id,
        "cursor": row.id,
        "outcome": row.outcome,
        "order_no": row.order_no,
    }


def _fault(message: str, code: str, path: str, count: int) -> dict[str, Any]:
    known, words = registry.message(message), wording()[code]
    zh, en = labels_of(message, path)
    return {
        "message": message,
        "paper_zh": known.record_label_zh,
        "paper_en": known.record_label_en,
        "fault": f"{code}@{path}",
        "code": code,
        "path": path,
        "label_zh": zh,
        "label_en": en,
        "text_zh": words.text_zh.format_map(_Open(label=zh or path)),
        "text_en": words.text_en.format_map(_Open(label=en or path)),
        "count": count,
    }


class _Open(dict[str, str]):
    """The values of a text that speaks of many records: what differs between them is left open."""

    def __missing__(self, key: str) -> str:
        return "…"
