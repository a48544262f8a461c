"""One task for up to 500 records of one agency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import requests
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bench.peer import place, plan, traffic
from bench.peer.tables import Declaration, Happened, Outgoing
from bench.peer.work import app

NATIONAL = 100
"""Records that an agency takes in one message."""


@app.task(
    name="bench.middle.send",
    bind=True,
    autoretry_for=(requests.RequestException, OperationalError),
    retry_backoff=True,
    max_retries=10,
)
def send(_task: Any, numbers: Sequence[int], agency: str) -> None:
    """Sends records to one agency, as many in a message as it takes."""
    with place.session() as opened:
        rows = opened.scalars(
            select(Declaration).where(Declaration.id.in_(numbers)).order_by(Declaration.id)
        ).all()
        groups = [rows[at : at + NATIONAL] for at in range(0, len(rows), NATIONAL)]
        messages = [plan.built(opened, group, agency) for group in groups]
        opened.add_all(
            [Outgoing(agency=agency, guid=guid, body=body.decode()) for guid, body in messages]
        )
        opened.commit()
    for group, (guid, body) in zip(groups, messages, strict=True):
        _post(group, guid, body, agency)


def _post(group: Sequence[Declaration], guid: str, body: bytes, agency: str) -> None:
    attempt = traffic.posted(agency, guid, body)
    with place.session() as opened:
        opened.add(attempt)
        opened.add_all(
            [
                Happened(declaration_id=row.id, agency=agency, kind="sent", code=guid)
                for row in group
            ]
        )
        opened.commit()
