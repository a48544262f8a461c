"""One declaration as an officer of an agency sees it, with all that helps to decide on it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select

from single_window import regimes
from single_window.declarations import (
    comparing,
    contradictions,
    explained,
    officer,
    queries,
    questions,
)
from single_window.declarations.comparing import Paper
from single_window.declarations.papers import opened
from single_window.declarations.reporting import report
from single_window.declarations.scope import Scope
from single_window.declarations.words import opened_findings, rendered
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow, beijing_day, now_ms
from single_window.storage.store import Store

EVERYTHING = Scope(None)


def case(
    store: Store, connection: Connection, agency: str, number: int, *, accepts: Collection[str]
) -> dict[str, Any] | None:
    """A declaration that has arrived at the agency; None for any other.

    `accepts` are the messages that the agency gets as they were filed: of people it sees whole
    what stands in those, and masked what stands in others. Of what other agencies decided it sees
    nothing.
    """
    leg = officer.leg_of(connection, agency, number)
    if leg is None:
        return None
    found = queries.declaration(store, connection, EVERYTHING, number)
    row = connection.execute(select(t.declarations).where(t.declarations.c.id == number)).one()
    assert found is not None
    papers = _papers(store, connection, agency, row, accepts)
    mismatches = comparing.mismatches(papers)
    own = [f for f in opened_findings(store, row.sealed_findings) if "paper" not in dict(f.args)]
    tied = [each["id"] for each in found["papers"] if each["message"] in _business(agency, row)]
    beside = connection.execute(select(t.declarations).where(t.declarations.c.id.in_(tied)))
    return found | {
        "report": report(store, row, opened(store, row.sealed_facts), beside),
        "leg": leg,
        "legs": [step for step in found["legs"] if step["agency"] == agency],
        "timeline": [each for each in found["timeline"] if each["agency"] in {"", agency}],
        "papers": papers,
        "table": comparing.side_by_side(papers, mismatches),
        "findings": rendered([*mismatches, *own], row.message),
        "contradictions": contradictions.of(
            store, connection, row, on=beijing_day(now_ms()), agency=agency
        ),
        "notes": questions.of(store, connection, number, agency=agency),
        "companies": _companies(store, connection, agency, row),
        "used_fen": officer.used_of_year(connection, row.quota_key),
        "filed_by": officer.filed_by(connection, row.organisation_id),
    }


def _papers(
    store: Store, connection: Connection, agency: str, row: AnyRow, accepts: Collection[str]
) -> list[Paper]:
    """The declaration, and the papers of its trade that are the agency's business."""
    rows = {row.id: row} | {each.id: each for each in _trade(connection, row)}
    theirs = _business(agency, row)
    return [
        Paper(
            each.message,
            each.id,
            opened(store, each.sealed_facts),
            each.outcome,
            whole=each.message in accepts,
            regime=each.regime,
        )
        for each in sorted(rows.values(), key=lambda each: (each.id != row.id, each.message))
        if each.id == row.id or each.message in theirs
    ]


def _trade(connection: Connection, row: AnyRow) -> list[AnyRow]:
    """The living papers that belong to a declaration, also those that only another one names."""
    found = connection.execute(
        select(t.declarations).where(
            queries.same_trade(connection, [row]),
            t.declarations.c.living_key.is_not(None),
            t.declarations.c.message != row.message,
        )
    )
    return list(found)


def _business(agency: str, row: AnyRow) -> set[str]:
    """The messages of a trade that the agency is sent, or is told about."""
    regime = regimes.of(row)
    steps = [step for step in regime.plan if step.agency == agency] if regime else []
    return {step.message for step in steps} | {name for step in steps for name in step.also}


def _companies(
    store: Store, connection: Connection, agency: str, row: AnyRow
) -> list[dict[str, Any]]:
    """The companies that a declaration names, and what became of their last ones here."""
    regime = regimes.of(row)
    facts = opened(store, row.sealed_facts)
    names = regime.owned[row.message].companies if regime else ()
    labels = {each["name"]: each for each in explained.shown(row, facts)}
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        code = str(facts.get(name, ""))
        if code and code not in found:
            record = officer.record_of(connection, agency, code, message=row.message, but=row.id)
            label = labels.get(name, {})
            found[code] = {
                "code": code,
                "label_zh": label.get("label_zh", name),
                "label_en": label.get("label_en", name),
                "record": record,
            }
    return list(found.values())
