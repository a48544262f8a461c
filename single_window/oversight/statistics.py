"""Counts and ages over everything, for monitoring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Select, func, select

from single_window.storage.tables import chunks, declarations, legs, outgoing, receipts, submissions


class Figure(NamedTuple):
    """One figure: its metric, the labels that tell it from its neighbours, and how much."""

    metric: str
    labels: tuple[tuple[str, str], ...]
    value: int


_UNCHECKED = (
    select(func.min(submissions.c.received_at))
    .join(chunks, chunks.c.submission_id == submissions.c.id)
    .where(chunks.c.checked_at.is_(None))
)
_UNSENT = select(func.min(outgoing.c.created_at)).where(outgoing.c.due_at.is_not(None))


def figures(connection: Connection, *, now: int) -> list[Figure]:
    """Everything that is counted, at this moment (ms UTC)."""
    of = declarations.c
    return [
        *_counted(connection, "window_submissions", submissions.c.channel),
        *_counted(connection, "window_declarations", of.message, of.outcome),
        *_counted(connection, "window_legs", legs.c.agency, legs.c.transport, legs.c.verdict),
        *_counted(connection, "window_outgoing", outgoing.c.agency, outgoing.c.transport),
        *_counted(connection, "window_receipts", receipts.c.agency, receipts.c.state),
        _age(connection, "window_unchecked_age_seconds", _UNCHECKED, now),
        _age(connection, "window_unsent_age_seconds", _UNSENT, now),
    ]


def exposition(found: Iterable[Figure]) -> str:
    """The figures in the text format of Prometheus."""
    lines: list[str] = []
    last = ""
    for metric, labels, value in found:
        if metric != last:
            lines.append(f"# TYPE {metric} gauge")
            last = metric
        told = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels)
        lines.append(f"{metric}{{{told}}} {value}" if told else f"{metric} {value}")
    return "\n".join([*lines, ""])


def _counted(connection: Connection, metric: str, *by: Column[Any]) -> list[Figure]:
    rows = connection.execute(select(*by, func.count()).group_by(*by).order_by(*by))
    names = [column.name for column in by]
    return [Figure(metric, tuple(zip(names, row[:-1], strict=True)), row[-1]) for row in rows]


def _age(connection: Connection, metric: str, since: Select[Any], now: int) -> Figure:
    """How long ago the moment was that the query finds; 0 where it finds none."""
    oldest = connection.execute(since).scalar()
    return Figure(metric, (), 0 if oldest is None else max(0, (now - oldest) // 1000))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
