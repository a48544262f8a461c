"""Uploads and receipts, record by record."""

from __future__ import annotations

from datetime import date

from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.peer import plan, traffic
from bench.peer.judging import INVENTORY, Judged, judge, quota_key, regime_of, today
from bench.peer.place import adapters, session
from bench.peer.tables import Declaration, Happened, Quota, Receipt
from bench.usual.tasks import send
from schemas import registry


def receive(body: bytes) -> int:
    """Takes an upload: every record is checked, stored and on its way when this returns."""
    number, name, elements = traffic.stored(body)
    day = today()
    for ordinal, element in enumerate(elements, 1):
        _take(number, name, element, ordinal, day)
    return number


def _take(number: int, name: str, element: etree._Element, ordinal: int, day: date) -> None:
    schema = registry.second_opinion(name)
    faults = [(type(e.validator).__name__, e.path or "") for e in schema.iter_errors(element)]
    judged = judge(name, element, ordinal, day, faults)
    judged.declaration.submission_id = number
    with session() as opened:
        _settle(opened, judged)
        opened.add(judged.declaration)
        opened.flush()
        for found in judged.rows():
            opened.add(found)
        opened.add(Happened(declaration_id=judged.declaration.id, kind="received"))
        opened.commit()
    if judged.declaration.outcome == "under_way":
        send.delay(judged.declaration.id, "customs")
    elif judged.declaration.outcome == "waiting":
        _go_on(judged.declaration)


def _settle(opened: Session, judged: Judged) -> None:
    """A key that somebody holds, or a year that is used up, refuses the record."""
    living = judged.declaration.living_key
    if living is None:
        return
    taken = select(Declaration.id).where(Declaration.living_key == living)
    if opened.scalar(taken) is not None:
        judged.refuse(
            regime_of(judged.declaration.message).owned[judged.declaration.message].duplicate
        )
        return
    if judged.want is None:
        return
    quota = opened.get(Quota, quota_key(judged.want), with_for_update=True)
    used = quota.used_fen if quota else 0
    if used + judged.want.fen > judged.want.limit_fen:
        judged.refuse("TAX-CBEC-02")
    elif quota is not None:
        quota.used_fen = used + judged.want.fen
    else:
        opened.add(Quota(key=quota_key(judged.want), used_fen=judged.want.fen))


def _go_on(changed: Declaration) -> None:
    with session() as opened:
        ready = plan.ready(opened, [changed])
        opened.commit()
    for number in ready:
        send.delay(number, "customs")


def apply(agency: str, body: bytes) -> None:
    """Applies an agency's answer: each verdict is found, written and committed by itself."""
    with session() as opened:
        opened.add(Receipt(agency=agency, body=body.decode()))
        opened.commit()
    for verdict in adapters()[agency].parse(body):
        with session() as opened:
            row = plan.matching(opened, [verdict])[0]
            if row is None:
                continue
            follows = plan.learn(opened, row, verdict)
            opened.commit()
        if follows == "paper":
            _go_on(row)
        elif follows == "released" and row.message == INVENTORY:
            for other in plan.AFTER_RELEASE:
                send.delay(row.id, other)
