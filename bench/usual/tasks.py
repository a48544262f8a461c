"""One task for one record and one agency."""

from __future__ import annotations

from typing import Any

import requests
from sqlalchemy.exc import OperationalError

from bench.peer import place, plan, traffic
from bench.peer.tables import Declaration, Happened, Outgoing
from bench.peer.work import app


@app.task(
    name="bench.usual.send",
    bind=True,
    autoretry_for=(requests.RequestException, OperationalError),
    retry_backoff=True,
    max_retries=10,
)
def send(_task: Any, number: int, agency: str) -> None:
    """Sends one record to one agency."""
    with place.session() as opened:
        row = opened.get(Declaration, number)
        assert row is not None
        guid, body = plan.built(opened, [row], agency)
        opened.add(Outgoing(agency=agency, guid=guid, body=body.decode()))
        opened.commit()
    attempt = traffic.posted(agency, guid, body)
    with place.session() as opened:
        opened.add(attempt)
        opened.add(Happened(declaration_id=number, agency=agency, kind="sent", code=guid))
        opened.commit()
