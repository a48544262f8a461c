"""A trader's desk: each trade once, where it stands, and what its filer has to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, FromClause, and_, exists, false, or_, select

from single_window import regimes
from single_window.declarations import following, queries, questions, service
from single_window.declarations.papers import opened
from single_window.declarations.scope import Scope
from single_window.declarations.standing import states_of
from single_window.declarations.words import opened_findings, rendered
from single_window.domain.findings import Finding
from single_window.domain.following import Follow
from single_window.domain.lifecycle import Event, Outcome, Owner, State, may
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store

Part = Literal["todo", "under_way", "done"]
PARTS: tuple[Part, ...] = ("todo", "under_way", "done")

_TODO = (Outcome.REJECTED, Outcome.HELD)
_FOR_PAPERS = "waiting"
"""How the pairing of a declaration that waits for papers stands; others wait for their turn."""
_DONE = (Outcome.RELEASED, Outcome.WITHDRAWN, Outcome.CLOSED)
_URGENT = (*_TODO, Outcome.WAITING, Outcome.UNDER_WAY, Outcome.RELEASED, Outcome.ACCEPTED)
"""The word that stands for a trade is that of its most urgent paper; the lead's among equals."""
_LOOKED_AT = 4
"""Declarations read for each trade that is shown: papers of one trade come close together."""
_WHY = 2


@dataclass(slots=True)
class Item:
    """One trade: its papers, the newest of each number, and the one that speaks for it."""

    papers: list[dict[str, Any]]
    speaks: dict[str, Any]
    missing: list[str]
    part: Part
    updated_at: int
    asked: bool = False
    why: list[tuple[dict[str, Any], list[dict[str, Any]]]] = field(default_factory=list)

    @property
    def lead(self) -> dict[str, Any]:
        """The paper that leads the trade, else the one that speaks for it."""
        return next((paper for paper in self.papers if paper["leads"]), self.speaks)


def trades(
    store: Store,
    connection: Connection,
    scope: Scope,
    part: Part,
    *,
    before: int | None = None,
    limit: int = 20,
) -> tuple[list[Item], int | None]:
    """The trades of one part of the desk, newest first; the cursor goes on to older ones."""
    where = [scope.declarations(), _candidates(part), ~_replaced()]
    if before is not None:
        where.append(t.declarations.c.id < before)
    wanted = select(t.declarations).where(*where).order_by(t.declarations.c.id.desc())
    rows = connection.execute(wanted.limit(limit * _LOOKED_AT + 1)).all()
    more = len(rows) > limit * _LOOKED_AT
    groups = _grouped(connection, scope, rows[: limit * _LOOKED_AT])
    items: list[Item] = []
    last = None
    for row, group in groups:
        item = _item(store, connection, group)
        last = row.id
        if item.part == part:
            items.append(item)
        if len(items) == limit:
            break
    went_on = more or (last is not None and last != rows[-1].id and len(items) == limit)
    return items, last if went_on else None


def _candidates(part: Part) -> ColumnElement[bool]:
    outcome = t.declarations.c.outcome
    waits = outcome == Outcome.WAITING.value
    for_papers = t.declarations.c.pairing == _FOR_PAPERS
    if part == "todo":
        return or_(outcome.in_([word.value for word in _TODO]), and_(waits, for_papers))
    if part == "done":
        return outcome.in_([word.value for word in _DONE])
    alone = and_(outcome == Outcome.ACCEPTED.value, ~_led())
    return or_(outcome == Outcome.UNDER_WAY.value, alone, and_(waits, ~for_papers))


def _leads(row: AnyRow) -> bool:
    regime = regimes.of(row)
    return regime is not None and row.message in regime.leads


def _is_lead(rows: FromClause) -> ColumnElement[bool]:
    """Whether a declaration is one that leads the trades of its regime."""
    return or_(
        false(),
        *(
            and_(rows.c.regime.in_((regime.name, "")), rows.c.message.in_(regime.leads))
            for regime in regimes.all().values()
        ),
    )


def _led() -> ColumnElement[bool]:
    """Whether the paper's trade has the declaration that leads it."""
    lead = t.declarations.alias("lead")
    own = t.declarations.c
    same_trade = and_(own.trade_key != "", lead.c.trade_key == own.trade_key)
    same_waybill = and_(own.waybill_key != "", lead.c.waybill_key == own.waybill_key)
    return or_(
        *(
            exists().where(way, _is_lead(lead), lead.c.outcome != "")
            for way in (same_trade, same_waybill)
        )
    )


def _replaced() -> ColumnElement[bool]:
    """Whether the same filer has sent a newer record of the same number since.

    One that lives is not replaced: what came after it was refused.
    """
    newer, own = t.declarations.alias("newer"), t.declarations.c
    sent = exists().where(
        newer.c.order_no == own.order_no,
        newer.c.message == own.message,
        newer.c.key == own.key,
        newer.c.organisation_id == own.organisation_id,
        newer.c.id > own.id,
        newer.c.outcome != "",
    )
    return and_(own.living_key.is_(None), sent)


def _grouped(
    connection: Connection, scope: Scope, rows: Sequence[AnyRow]
) -> list[tuple[AnyRow, list[AnyRow]]]:
    """Each trade of these rows once, with the first row that it was met by and all its papers."""
    own = t.declarations.c
    orders = [row.order_no for row in rows if row.order_no]
    ways = or_(queries.same_trade(connection, rows), own.order_no.in_(orders))
    found = connection.execute(
        select(t.declarations)
        .where(ways, scope.declarations(), own.outcome != "", ~_replaced())
        .order_by(own.id)
    ).all()
    trades: dict[str, list[AnyRow]] = defaultdict(list)
    by_way = {link: trade for trade, link in queries.joined(connection, found)}
    by_order: dict[str, set[str]] = defaultdict(set)
    for row in found:
        if row.trade_key and row.order_no:
            by_order[row.order_no].add(row.trade_key)
    for row in found:
        trades[_trade(row, by_way, by_order)].append(row)
    groups: dict[str, tuple[AnyRow, list[AnyRow]]] = {}
    for row in rows:
        key = _trade(row, by_way, by_order)
        groups.setdefault(key, (row, trades.get(key, [row])))
    return [*groups.values()]


def _trade(row: AnyRow, by_way: dict[str, str], by_order: dict[str, set[str]]) -> str:
    """What the papers of one trade share; a paper of no trade is alone.

    A waybill that comes before its lead stands with the one trade whose order it names.
    """
    if row.trade_key:
        return f"T|{row.trade_key}"
    if row.waybill_key:
        trade = by_way.get(row.waybill_key)
        named = by_order.get(row.order_no, set())
        if trade is None and len(named) == 1:
            (trade,) = named
        return f"T|{trade}" if trade else f"W|{row.waybill_key}"
    return f"#|{row.id}"


def _item(store: Store, connection: Connection, rows: Sequence[AnyRow]) -> Item:
    papers = [_paper(row) for row in sorted(rows, key=lambda row: (row.message, row.id))]
    speaks = min(papers, key=lambda paper: (_rank(paper["outcome"]), not paper["leads"]))
    missing = _missing(rows, papers)
    part = _part(papers, speaks)
    numbers = [paper["id"] for paper in papers]
    why = [
        (paper, _hard(opened_findings(store, row.sealed_findings), row.message))
        for row, paper in zip(
            sorted(rows, key=lambda row: (row.message, row.id)), papers, strict=True
        )
        if paper["outcome"] in (Outcome.REJECTED.value, Outcome.HELD.value)
    ]
    asked = bool(questions.asked_of(connection, numbers))
    updated = max(paper["updated_at"] for paper in papers)
    return Item(papers, speaks, missing, part, updated, asked, why)


def _paper(row: AnyRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "message": row.message,
        "key": row.key,
        "order_no": row.order_no,
        "outcome": row.outcome,
        "for_papers": row.outcome == Outcome.WAITING.value and row.pairing == _FOR_PAPERS,
        "leads": _leads(row),
        "wait_until": row.wait_until,
        "updated_at": row.updated_at,
    }


def _rank(outcome: str) -> int:
    order = [word.value for word in _URGENT]
    return order.index(outcome) if outcome in order else len(order)


def _part(papers: Sequence[dict[str, Any]], speaks: dict[str, Any]) -> Part:
    if speaks["outcome"] in {word.value for word in _TODO} or speaks["for_papers"]:
        return "todo"
    lead = next((paper for paper in papers if paper["leads"]), None)
    words = {word.value for word in _DONE}
    ended = lead["outcome"] in words if lead else all(p["outcome"] in words for p in papers)
    return "done" if ended else "under_way"


def _missing(rows: Sequence[AnyRow], papers: Sequence[dict[str, Any]]) -> list[str]:
    lead = next((row for row in rows if _leads(row)), None)
    if lead is None:
        return []
    return queries.awaited(lead, [*papers])


def _hard(findings: Sequence[Finding], message: str) -> list[dict[str, Any]]:
    grave = [finding for finding in findings if finding.severity != "warn"]
    return rendered(grave[:_WHY], message)


# --- one trade -----------------------------------------------------------------------------------


def trade(store: Store, connection: Connection, scope: Scope, number: int) -> Item | None:
    """The trade that a declaration belongs to; None where the reader has none such."""
    row = connection.execute(
        select(t.declarations).where(
            t.declarations.c.id == number, scope.declarations(), t.declarations.c.outcome != ""
        )
    ).first()
    if row is None:
        return None
    ((_, group),) = _grouped(connection, scope, [row])
    return _item(store, connection, group or [row])


def timeline(
    store: Store, connection: Connection, scope: Scope, item: Item
) -> list[dict[str, Any]]:
    """What happened to all papers of a trade, oldest first, each line with its paper."""
    lines = []
    for paper in item.papers:
        found = queries.declaration(store, connection, scope, paper["id"])
        for event in found["timeline"] if found is not None else ():
            lines.append(event | {"message": paper["message"]})
    return sorted(lines, key=lambda event: event["at"])


# --- what may be done ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ways:
    """What a filer may do with a declaration now: take it back, change it, send it mended.

    `follow` are the papers that may be filed about it: a cancellation, a return, a sale.
    """

    withdraw: bool = False
    change: bool = False
    mend: bool = False
    copy: bool = False
    follow: tuple[Follow, ...] = ()


def ways(store: Store, connection: Connection, scope: Scope, number: int) -> Ways:
    """What the table of states allows the reader to do with a declaration at this moment."""
    row = connection.execute(
        select(t.declarations).where(
            t.declarations.c.id == number, scope.of(t.declarations.c.organisation_id)
        )
    ).first()
    if row is None or scope.organisation_id is None:
        return Ways(withdraw=service.may_withdraw(store, connection, scope, number))
    state = states_of(connection, [number]).get(number, State())
    lives = row.living_key is not None
    return Ways(
        withdraw=service.may_withdraw(store, connection, scope, number),
        change=lives and may(state, Event.AMENDED, Owner.FILER),
        mend=not lives and row.outcome == Outcome.REJECTED.value,
        copy=True,
        follow=following.offered(row, opened(store, row.sealed_facts)),
    )
