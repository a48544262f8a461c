"""What a record's row may do next: papers before the inventory, tax and FX after its release."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from adapters.base import Item, Verdict
from bench.peer.judging import INVENTORY, regime_of
from bench.peer.place import adapters
from bench.peer.tables import Declaration, Found, Happened, Submission
from schemas import registry
from single_window.domain.findings import decision

PAPERS = ("CEB311Message", "CEB411Message", "CEB511Message")
AFTER_RELEASE = ("tax", "fx")


def leads_of(session: Session, papers: Iterable[Declaration]) -> Sequence[Declaration]:
    """The waiting inventories that these papers (or inventories) belong to."""
    trades = {paper.trade_key for paper in papers if paper.trade_key}
    links = {paper.waybill_key for paper in papers if paper.waybill_key}
    return session.scalars(
        select(Declaration).where(
            Declaration.message == INVENTORY,
            Declaration.outcome == "waiting",
            or_(Declaration.trade_key.in_(trades), Declaration.waybill_key.in_(links)),
        )
    ).all()


def papers_of(session: Session, leads: Sequence[Declaration]) -> dict[int, list[Declaration]]:
    """The living papers of each of these inventories."""
    trades = {lead.trade_key: lead for lead in leads}
    links = {lead.waybill_key: lead for lead in leads}
    found = session.scalars(
        select(Declaration).where(
            Declaration.message.in_(PAPERS),
            Declaration.living_key.is_not(None),
            or_(Declaration.trade_key.in_(trades), Declaration.waybill_key.in_(links)),
        )
    ).all()
    papers: dict[int, list[Declaration]] = {lead.id: [] for lead in leads}
    for paper in found:
        lead = trades.get(paper.trade_key) or links.get(paper.waybill_key)
        if lead is not None:
            papers[lead.id].append(paper)
    return papers


def ready(session: Session, changed: Sequence[Declaration]) -> list[int]:
    """Matches the inventories that may be complete now; returns those to be sent to customs."""
    leads = leads_of(session, changed)
    if not leads:
        return []
    papers = papers_of(session, leads)
    return [lead.id for lead in leads if _complete(session, lead, papers[lead.id])]


def _complete(session: Session, lead: Declaration, papers: Sequence[Declaration]) -> bool:
    if len({p.message for p in papers if p.customs == "accepted"}) < len(PAPERS):
        return False
    facts = {paper.message: paper.facts for paper in papers} | {lead.message: lead.facts}
    findings = regime_of(lead.message).match(facts).findings
    decided = decision(findings)
    outcome = {"reject": "rejected", "hold": "held"}.get(decided, "under_way")
    # The condition keeps a second thread from sending it as well.
    moved = session.execute(
        update(Declaration)
        .where(Declaration.id == lead.id, Declaration.outcome == "waiting")
        .values(outcome=outcome)
        .execution_options(synchronize_session=False)
    )
    if not moved.rowcount:  # type: ignore[attr-defined]
        return False
    session.add(Happened(declaration_id=lead.id, kind="matched" if not findings else "mismatch"))
    for finding in findings:
        session.add(
            Found(
                declaration_id=lead.id,
                code=finding.code,
                severity=finding.severity,
                path=finding.path,
                value=finding.value,
            )
        )
    return outcome == "under_way"


def built(session: Session, rows: Sequence[Declaration], agency: str) -> tuple[str, bytes]:
    """A message of these records to the agency, under a new number."""
    guid = str(uuid4()).upper()
    if agency == "customs":
        return guid, _national(session, rows, guid)
    payments: dict[str, dict[str, Any]] = {}
    if agency == "fx":
        found = session.scalars(
            select(Declaration).where(
                Declaration.message == "CEB411Message",
                Declaration.living_key.is_not(None),
                Declaration.trade_key.in_([row.trade_key for row in rows]),
            )
        )
        payments = {payment.trade_key: payment.facts for payment in found}
    items = [
        Item(
            leg_id=row.id,
            declaration_id=row.id,
            message=row.message,
            key=row.key,
            facts=payments.get(row.trade_key, {}) | row.facts,
            amounts=row.amounts,
            numbers=row.numbers,
        )
        for row in rows
    ]
    return guid, adapters()[agency].build(items, message_id=guid, now=datetime.now(UTC))


def _national(session: Session, rows: Sequence[Declaration], guid: str) -> bytes:
    name = rows[0].message
    space = registry.message(name).namespace
    submission = session.get(Submission, rows[0].submission_id)
    assert submission is not None
    content = "".join(row.xml for row in rows)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ceb:{name} xmlns:ceb="{space}" guid="{guid}"'
        f' version="1.0">{content}{submission.transfer}</ceb:{name}>'
    ).encode()


def learn(session: Session, row: Declaration, verdict: Verdict) -> str:
    """Writes one verdict on one record; "paper" or "released" where something follows from it."""
    session.add(
        Happened(
            declaration_id=row.id,
            agency=verdict.agency,
            kind=verdict.event,
            code=verdict.code,
            detail=verdict.text[:600],
        )
    )
    if verdict.numbers:
        row.numbers = row.numbers | dict(verdict.numbers)
        row.invt_no = row.numbers.get("invtNo")
    said = {"stored": "accepted", "accepted": "accepted", "released": "released"}
    word = said.get(verdict.event, "rejected" if verdict.event in {"rejected", "returned"} else "")
    if not word or getattr(row, verdict.agency) in {word, "released"}:
        return ""
    setattr(row, verdict.agency, word)
    if verdict.agency != "customs":
        return ""
    if word == "rejected" or word == "released" or row.message != INVENTORY:
        row.outcome = word
    if word == "accepted" and row.message != INVENTORY:
        return "paper"
    return "released" if word == "released" else ""


def matching(session: Session, verdicts: Sequence[Verdict]) -> list[Declaration | None]:
    """For each verdict the record that it speaks of, in a query for each way of naming it."""
    found: list[Declaration | None] = [None] * len(verdicts)
    for column, value_of in _NAMED:
        wanted = {at: value_of(v) for at, v in enumerate(verdicts) if found[at] is None}
        wanted = {at: value for at, value in wanted.items() if value is not None}
        if not wanted:
            continue
        rows = session.scalars(
            select(Declaration).where(
                column.in_(set(wanted.values())), Declaration.living_key.is_not(None)
            )
        )
        by_value = {getattr(row, column.key): row for row in rows}
        for at, value in wanted.items():
            found[at] = by_value.get(value)
    return found


def _reference(verdict: Verdict) -> int | None:
    text = verdict.match.get("reference", "")
    return int(text) if text.isdecimal() else None


_NAMED: tuple[tuple[Any, Any], ...] = (
    (Declaration.id, _reference),
    (Declaration.guid, lambda verdict: verdict.match.get("guid")),
    (Declaration.invt_no, lambda verdict: verdict.match.get("invtNo")),
)
