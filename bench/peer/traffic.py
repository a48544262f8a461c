"""What comes in and goes out alike in both ways: an upload as it arrives, a message that leaves."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

import requests
from lxml import etree

from bench.peer.judging import records_of
from bench.peer.place import AGENCIES, session
from bench.peer.tables import Attempt, Submission

SECONDS = 30


class Upload(NamedTuple):
    """A message that is on disk: the number of its submission, its name, its records."""

    submission_id: int
    message: str
    elements: list[etree._Element]


def stored(body: bytes) -> Upload:
    """Keeps the bytes of an upload, in a transaction of its own, before anything is judged."""
    name, elements, transfer = records_of(etree.fromstring(body))
    with session() as opened:
        submission = Submission(
            message=name,
            transfer=transfer,
            sha256=sha256(body).hexdigest(),
            body=body.decode(),
        )
        opened.add(submission)
        opened.commit()
    return Upload(submission.id, name, elements)


def posted(agency: str, guid: str, body: bytes) -> Attempt:
    """Posts a message to an agency; the row that says so, to be stored with what it means."""
    answer = requests.post(
        f"{AGENCIES[agency]}/messages",
        data=body,
        headers={"Content-Type": "application/xml", "X-Message-Id": guid},
        timeout=SECONDS,
    )
    answer.raise_for_status()
    return Attempt(agency=agency, guid=guid, status=answer.status_code)
