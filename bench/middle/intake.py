"""Uploads and receipts in batches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.middle.tasks import send
from bench.peer import plan, traffic
from bench.peer.judging import Judged, judge, quota_key, regime_of, today
from bench.peer.place import adapters, session
from bench.peer.tables import Declaration, Happened, Quota, Receipt
from schemas import registry

BATCH = 500


def receive(body: bytes) -> int:
    """Takes an upload: its records are checked, stored and on their way when this returns."""
    number, name, elements = traffic.stored(body)
    day = today()
    for at in range(0, len(elements), BATCH):
        judged = list(_judged(name, elements[at : at + BATCH], at + 1, day))
        for each in judged:
            each.declaration.submission_id = number
        _store(judged)
    return number


def _judged(
    name: str, elements: Sequence[etree._Element], first: int, day: date
) -> Iterable[Judged]:
    gate = registry.gate(name)
    for ordinal, element in enumerate(elements, first):
        faults = []
        if not gate.validate(element):
            faults = [(e.type_name, e.path or "") for e in gate.error_log]
        yield judge(name, element, ordinal, day, faults)


def _store(judged: Sequence[Judged]) -> None:
    with session() as opened:
        _settle_keys(opened, judged)
        _take_quota(opened, judged)
        opened.add_all([each.declaration for each in judged])
        opened.flush()
        opened.add_all([found for each in judged for found in each.rows()])
        opened.add_all(
            [Happened(declaration_id=each.declaration.id, kind="received") for each in judged]
        )
        opened.commit()
    rows = [each.declaration for each in judged]
    going = [row.id for row in rows if row.outcome == "under_way"]
    if going:
        send.delay(going, "customs")
    _go_on([row for row in rows if row.outcome == "waiting"])


def _settle_keys(opened: Session, judged: Sequence[Judged]) -> None:
    wanted = {each.declaration.living_key for each in judged if each.declaration.living_key}
    taken = set(
        opened.scalars(select(Declaration.living_key).where(Declaration.living_key.in_(wanted)))
    )
    for each in judged:
        key, message = each.declaration.living_key, each.declaration.message
        if key in taken and key is not None:
            each.refuse(regime_of(message).owned[message].duplicate)
        taken.add(key)


def _take_quota(opened: Session, judged: Sequence[Judged]) -> None:
    asking = [each for each in judged if each.want and each.declaration.living_key]
    keys = [quota_key(each.want) for each in asking if each.want]
    rows = opened.scalars(select(Quota).where(Quota.key.in_(keys)).with_for_update())
    known = {row.key: row for row in rows}
    for each, key in zip(asking, keys, strict=True):
        assert each.want is not None
        if key not in known:
            known[key] = Quota(key=key, used_fen=0)
            opened.add(known[key])
        if known[key].used_fen + each.want.fen > each.want.limit_fen:
            each.refuse("TAX-CBEC-02")
        else:
            known[key].used_fen += each.want.fen


def _go_on(changed: Sequence[Declaration]) -> None:
    if not changed:
        return
    with session() as opened:
        ready = plan.ready(opened, changed)
        opened.commit()
    if ready:
        send.delay(ready, "customs")


def apply(agency: str, body: bytes) -> None:
    """Applies an agency's answer: all its verdicts in one transaction."""
    papers, released = [], []
    with session() as opened:
        opened.add(Receipt(agency=agency, body=body.decode()))
        verdicts = adapters()[agency].parse(body)
        for verdict, row in zip(verdicts, plan.matching(opened, verdicts), strict=True):
            if row is None:
                continue
            follows = plan.learn(opened, row, verdict)
            if follows == "paper":
                papers.append(row)
            elif follows == "released":
                released.append(row.id)
        opened.commit()
    _go_on(papers)
    if released:
        for other in plan.AFTER_RELEASE:
            send.delay(released, other)
