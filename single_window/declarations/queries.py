"""What pages and the API show: read only, within what the reader may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from schemas import registry
from single_window import regimes
from single_window.declarations import balances, contradictions, effects, explained, questions
from single_window.declarations.comparing import compared
from single_window.declarations.keys import companies_of
from single_window.declarations.legs import ways
from single_window.declarations.masking import masked
from single_window.declarations.papers import opened
from single_window.declarations.planned import planned
from single_window.declarations.reporting import report
from single_window.declarations.scope import Scope
from single_window.declarations.words import (
    event_text,
    findings_from,
    opened_findings,
    rendered,
)
from single_window.domain.lifecycle import Outcome, Verdict
from single_window.signatures import steps
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow, beijing_day, now_ms
from single_window.storage.store import Store

Page = tuple[list[dict[str, Any]], int | None]


def submission(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One submission with its counts and messages, None where the reader has none such."""
    found = _submissions(connection, and_(scope.of(_OWNER), t.submissions.c.id == number), 1)
    if not found:
        return None
    rows = connection.execute(
        select(t.messages).where(t.messages.c.submission_id == number).order_by(t.messages.c.id)
    )
    told = [
        {
            "entry": row.entry,
            "name": row.name,
            "guid": row.guid,
            "records": row.records,
            "signed": bool(row.signed),
            "signature": steps.told(orjson.loads(row.signature)) if row.signature else None,
            "refused": bool(row.refused),
            "findings": rendered(findings_from(row.findings), row.name),
        }
        for row in rows
    ]
    return found[0] | {"messages": told}


_OWNER = t.submissions.c.organisation_id


def submissions(
    connection: Connection, scope: Scope, *, before: int | None = None, limit: int = 20
) -> Page:
    """Submissions, newest first; the cursor goes on to older ones."""
    where = scope.of(_OWNER)
    if before is not None:
        where = and_(where, t.submissions.c.id < before)
    items = _submissions(connection, where, limit + 1)
    more = len(items) > limit
    return items[:limit], (items[limit - 1]["id"] if more else None)


def _submissions(
    connection: Connection, where: ColumnElement[bool], limit: int
) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(t.submissions).where(where).order_by(t.submissions.c.id.desc()).limit(limit)
    ).all()
    numbers = [row.id for row in rows]
    counts = _counts(connection, numbers)
    return [
        {
            "id": row.id,
            **_progress(row.received_at, counts[row.id]),
            "counts": {"records": row.records} | counts[row.id],
            "file_name": row.file_name,
            "size": row.size,
            "received_at": row.received_at,
            "check_only": bool(row.check_only),
            "channel": row.channel,
            "person": row.person,
        }
        for row in rows
    ]


def _progress(received_at: int, counts: dict[str, Any]) -> dict[str, Any]:
    """How far the checks are, taken out of the counts; without a record they are done at once."""
    due, checked_at = counts.pop("due"), counts.pop("checked_at")
    ended = None if due else checked_at or received_at
    return {"state": "checking" if due else "done", "done_at": ended}


_DECIDED = ("accepted", "warned", "held", "rejected")


def _counts(connection: Connection, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Counts of each submission: from its chunks, and for what still moves from its records."""
    blank = dict.fromkeys((*_DECIDED, "waiting", "due"), 0) | {"checked_at": None}
    result: dict[int, dict[str, Any]] = {number: dict(blank) for number in numbers}
    rows = connection.execute(
        select(
            t.chunks.c.submission_id,
            *(func.sum(t.chunks.c[name]).label(name) for name in _DECIDED),
            (func.count() - func.count(t.chunks.c.checked_at)).label("due"),
            func.max(t.chunks.c.checked_at).label("checked_at"),
        )
        .where(t.chunks.c.submission_id.in_(numbers))
        .group_by(t.chunks.c.submission_id)
    )
    for row in rows:
        result[row.submission_id] |= {name: int(getattr(row, name) or 0) for name in _DECIDED}
        result[row.submission_id] |= {"due": row.due, "checked_at": row.checked_at}
    moving = connection.execute(
        select(t.declarations.c.submission_id, t.declarations.c.outcome, func.count().label("n"))
        .where(
            t.declarations.c.submission_id.in_(numbers),
            t.declarations.c.pairing.in_(("waiting", "matched", "mismatch")),
        )
        .group_by(t.declarations.c.submission_id, t.declarations.c.outcome)
    )
    for row in moving:
        if row.outcome == "waiting":
            result[row.submission_id]["waiting"] += row.n
    return result


def declarations(
    _store: Store,
    connection: Connection,
    scope: Scope,
    *,
    order_no: str | None = None,
    message: str | None = None,
    after: int = 0,
    limit: int = 100,
) -> Page:
    """Declarations by order number and message, in the order in which they came."""
    where = [
        scope.declarations(),
        t.declarations.c.id > after,
        t.declarations.c.outcome != "",
    ]
    if order_no:
        where.append(t.declarations.c.order_no == order_no)
    if message:
        where.append(t.declarations.c.message == message)
    rows = connection.execute(
        select(t.declarations).where(*where).order_by(t.declarations.c.id).limit(limit + 1)
    ).all()
    steps = _legs(connection, [row.id for row in rows[:limit]])
    items = [_declaration(row, steps[row.id]) for row in rows[:limit]]
    return items, (rows[limit - 1].id if len(rows) > limit else None)


def _legs(connection: Connection, numbers: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    result: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = connection.execute(
        select(t.legs).where(t.legs.c.declaration_id.in_(numbers)).order_by(t.legs.c.id)
    )
    for row in rows:
        result[row.declaration_id].append(
            {
                "agency": row.agency,
                "transport": row.transport,
                "verdict": row.verdict,
                "at": row.at,
            }
        )
    return result


def _declaration(row: AnyRow, steps: list[dict[str, Any]]) -> dict[str, Any]:
    names = [path.rpartition("/")[2] for path in registry.message(row.message).key]
    numbers = dict(zip(names, row.key.split("|"), strict=False))
    numbers |= orjson.loads(row.numbers) if row.numbers else {}
    return {
        "id": row.id,
        "message": row.message,
        "order_no": row.order_no,
        "numbers": numbers,
        "outcome": row.outcome,
        "decision": row.decision,
        "version": row.version,
        "legs": steps,
        "updated_at": row.updated_at,
    }


def declaration(
    store: Store, connection: Connection, scope: Scope, number: int
) -> dict[str, Any] | None:
    """One consolidated answer: papers, amounts and formulas, agencies, findings, timeline."""
    row = connection.execute(
        select(t.declarations).where(
            t.declarations.c.id == number,
            scope.declarations(),
            t.declarations.c.outcome != "",
        )
    ).first()
    if row is None:
        return None
    facts = opened(store, row.sealed_facts)
    trade = _trade(connection, scope, row)
    papers = [_paper(paper) for paper in trade]
    steps = _legs(connection, [number, *(paper.id for paper in trade)])
    missing = _missing(store, row, facts, trade, awaited(row, papers))
    missing += _freeing(row, facts, papers, steps[number])
    return (
        _declaration(row, steps[number])
        | explained.computed(row, facts)
        | _for_reader(store, connection, scope, row, facts)
        | {
            "pairing": row.pairing,
            "wait_until": row.wait_until,
            "papers": [paper for paper in papers if paper.pop("seen")],
            "missing": missing,
            "plan": planned(row, trade, steps, missing),
            "compared": compared(store, row, facts, trade),
            "report": report(store, row, facts, [paper for paper in trade if paper.seen]),
            "facts": explained.shown(row, facts),
            "balances": balances.of(connection, row, facts),
            "deadline": balances.deadline(connection, row, facts, steps[number]),
            "bills": contradictions.bills(connection, number),
            "contradictions": contradictions.of(store, connection, row, on=beijing_day(now_ms())),
            "timeline": _timeline(connection, number),
        }
    )


def _for_reader(
    store: Store, connection: Connection, scope: Scope, row: AnyRow, facts: dict[str, Any]
) -> dict[str, Any]:
    """What depends on who reads: where it came from, findings about people, questions."""
    found = opened_findings(store, row.sealed_findings)
    mine = scope.filed(row.organisation_id)
    concerned = mine or scope.code in companies_of(row, "", facts)
    whole = mine or scope.organisation_id is None
    return {
        "mine": mine,
        "submission": row.submission_id if whole else None,
        "record": row.ordinal if whole else None,
        "line": row.line if whole else None,
        "findings": rendered(found if mine else masked(found, row.message), row.message),
        "questions": questions.of(store, connection, row.id) if concerned else [],
        "asked_by": questions.open_for(connection, row.id) if concerned else [],
    }


def _trade(connection: Connection, scope: Scope, row: AnyRow) -> Sequence[AnyRow]:
    """The other papers of the trade; `seen` tells those apart that the reader may look at.

    The others count all the same: a payment that somebody else filed is not missing.
    """
    return connection.execute(
        select(t.declarations, scope.declarations().label("seen"))
        .where(
            or_(same_trade(connection, [row]), effects.connected(connection, row)),
            t.declarations.c.outcome != "",
            t.declarations.c.id != row.id,
        )
        .order_by(t.declarations.c.message, t.declarations.c.id)
    ).all()


def _paper(paper: AnyRow) -> dict[str, Any]:
    return {
        "message": paper.message,
        "id": paper.id,
        "key": paper.key,
        "outcome": paper.outcome,
        "version": paper.version,
        "living": paper.living_key is not None,
        "label_zh": registry.message(paper.message).record_label_zh,
        "label_en": registry.message(paper.message).record_label_en,
        "seen": bool(paper.seen),
    }


def _missing(
    store: Store,
    row: AnyRow,
    facts: dict[str, Any],
    trade: Sequence[AnyRow],
    candidates: list[str],
) -> list[str]:
    """Of the papers that are not here those that the regime misses; some may stay away."""
    regime = regimes.of(row)
    if regime is None or not candidates:
        return []
    living = (each for each in trade if each.living_key is not None)
    here = {each.message: opened(store, each.sealed_facts) for each in living}
    needed = regime.match(here | {row.message: facts}).missing
    return [message for message in candidates if message in needed]


def _freeing(
    row: AnyRow,
    facts: dict[str, Any],
    papers: Sequence[dict[str, Any]],
    legs: Sequence[dict[str, Any]],
) -> list[str]:
    """The messages without which customs, having accepted the declaration, does not release it."""
    regime = regimes.of(row)
    accepted = bool(legs) and legs[0]["verdict"] == Verdict.ACCEPTED.value
    if regime is None or not accepted or row.outcome != Outcome.UNDER_WAY.value:
        return []
    here = {paper["message"] for paper in papers if paper["living"]}
    return [
        message
        for message, act in regime.acts.items()
        if row.message in act.on and act.frees and act.concerns(facts) and message not in here
    ]


def same_trade(connection: Connection, rows: Sequence[AnyRow]) -> ColumnElement[bool]:
    """True for all papers of the trades of these, also those that only another paper names.

    An order says nothing of its waybill; the inventory names both.
    """
    own = t.declarations.c
    pairs = joined(connection, rows)
    trades = ({row.trade_key for row in rows} | {trade for trade, _ in pairs}) - {""}
    links = ({row.waybill_key for row in rows} | {link for _, link in pairs}) - {""}
    return or_(own.trade_key.in_(trades), own.waybill_key.in_(links))


def joined(connection: Connection, rows: Sequence[AnyRow]) -> list[tuple[str, str]]:
    """Which trade goes with which waybill, as papers say that name one of these and another.

    A paper that has ended, as a second inventory that was refused, is believed only about a trade
    of which no living one says anything.
    """
    own, other = t.declarations.c, t.declarations.alias("other").c
    trades = {row.trade_key for row in rows} - {""}
    links = {row.waybill_key for row in rows} - {""}
    better = exists().where(
        other.trade_key == own.trade_key, other.waybill_key != "", other.living_key.is_not(None)
    )
    both = select(own.trade_key, own.waybill_key).where(
        or_(own.trade_key.in_(trades), own.waybill_key.in_(links)),
        own.trade_key != "",
        own.waybill_key != "",
        or_(own.living_key.is_not(None), ~better),
    )
    return [(trade, link) for trade, link in connection.execute(both)]


def awaited(row: AnyRow, papers: list[dict[str, Any]]) -> list[str]:
    """The messages whose papers a waiting declaration has not got yet."""
    regime = regimes.of(row)
    if row.outcome != "waiting" or regime is None:
        return []
    gone = {"rejected", "withdrawn", "closed"}
    here = {paper["message"] for paper in papers if paper["outcome"] not in gone} | {row.message}
    needed = (step.partition("/")[0] for step in ways(row).whole.awaited)
    return [name for name in needed if name not in here and not regime.owned[name].optional]


def _timeline(connection: Connection, number: int) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(t.events)
        .where(t.events.c.declaration_id == number)
        .order_by(t.events.c.at, t.events.c.id)
    )
    result = []
    for row in rows:
        zh, en = event_text(row.kind, row.agency, row.code)
        result.append(
            {
                "at": row.at,
                "agency": row.agency,
                "kind": row.kind,
                "code": row.code,
                "detail": "" if row.kind in {"received", "amended"} else row.detail,
                "text_zh": zh,
                "text_en": en,
            }
        )
    return result
