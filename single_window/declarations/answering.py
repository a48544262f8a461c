"""A filer answers what an agency asked about a declaration."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from single_window.declarations import questions
from single_window.declarations.history import Journal
from single_window.declarations.scope import Scope
from single_window.declarations.service import NotAllowed, permit_change
from single_window.storage import tables as t
from single_window.storage.engine import now_ms
from single_window.storage.store import Store

LONGEST = 2000
"""Characters of one question or answer."""


def answer(
    store: Store, scope: Scope, number: int, *, agency: str, text: str, person: str
) -> list[dict[str, Any]]:
    """Hands an answer to the agency that asked; returns all that was said.

    Raises Unknown, and NotAllowed where nobody waits for it or there is nothing in it.
    """
    at = now_ms()
    with store.database.write() as connection:
        permit_change(store, connection, scope, number, at=at)
        if agency not in questions.open_for(connection, number):
            raise NotAllowed("SVC-NOTHING-ASKED")
        questions.write(
            store, connection, number, worded(text),
            agency=agency, side=questions.FILER, person=person, at=at,
        )  # fmt: skip
        submission = connection.execute(
            select(t.declarations.c.submission_id).where(t.declarations.c.id == number)
        ).scalar_one()
        journal = Journal(at)
        journal.add(submission, number, "answered", agency=agency)
        journal.write(connection)
        return questions.of(store, connection, number)


def worded(text: str) -> str:
    """The text as it is kept. Raises NotAllowed when it says nothing or too much."""
    kept = text.strip()
    if not 1 <= len(kept) <= LONGEST:
        raise NotAllowed("SVC-WORDS", value=str(len(kept)), expected=str(LONGEST))
    return kept
