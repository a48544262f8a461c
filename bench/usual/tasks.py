"""One task for one record and one agency."""

from __future__ import annotations

from typing import Any

import requests
from sqlalchemy.exc import OperationalError

from bench.peer import place, plan
from bench.peer.tables import Attempt, Declaration, Happened, Outgoing
from bench.peer.work import app

SECONDS = 30


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
    answer = requests.post(
        f"{place.AGENCIES[agency]}/messages",
        data=body,
        headers={"Content-Type": "application/xml", "X-Message-Id": guid},
        timeout=SECONDS,
    )
    answer.raise_for_status()
    with place.session() as opened:
        opened.add(Attempt(agency=agency, guid=guid, status=answer.status_code))
        opened.add(Happened(declaration_id=number, agency=agency, kind="sent", code=guid))
        opened.commit()
