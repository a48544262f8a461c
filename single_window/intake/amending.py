"""A correction of one declaration: one record of the same number, sent as a change."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from sqlalchemy import select

from single_window.declarations.scope import Scope
from single_window.declarations.service import NotAllowed, Unknown, permit_change
from single_window.intake.checking import Result
from single_window.intake.markup import CHILD_MAX, Refused, decoded, encoding_of
from single_window.intake.submissions import Filed, Wake, receive, refusal
from single_window.intake.surveying import Judging
from single_window.storage import tables as t
from single_window.storage.engine import beijing_day, now_ms
from single_window.storage.store import Store


def amend(
    store: Store,
    wake: Wake,
    scope: Scope,
    number: int,
    *,
    organisation_id: int,
    person: str,
    blocks: Iterable[bytes],
) -> Filed:
    """Files the corrected record as a submission of its own and returns that.

    Raises Unknown where there is no such declaration, NotAllowed where the record is not its
    correction, NotTaken where the bytes cannot be taken. What becomes of the change is decided by
    the checks, as for any other: see the submission.
    """
    with store.database.read() as connection:
        row = connection.execute(
            select(t.declarations.c.message, t.declarations.c.key).where(
                t.declarations.c.id == number, scope.declarations()
            )
        ).first()
        if row is None:
            raise Unknown
        permit_change(store, connection, scope, number, at=now_ms())
    body = b"".join(_limited(blocks))
    try:
        texts = decoded([body], encoding_of(body[:512]))
        judging = Judging(texts, "ignored", beijing_day(now_ms()))
        results = list(judging)
    except Refused as refused:
        raise refusal(refused) from refused
    _same(row.message, row.key, judging.message.name, results)
    return receive(
        store,
        wake,
        organisation_id=organisation_id,
        person=person,
        channel="api",
        blocks=chain([body]),
        media_type="application/xml",
        file_name="",
        idempotency_key=None,
        check_only=False,
    )


def _same(message: str, key: str, given: str, results: list[Result]) -> None:
    if len(results) != 1:
        raise NotAllowed("SVC-ONE-RECORD", value=str(len(results)))
    own = "|".join(results[0].key)
    if given != message or own != key:
        raise NotAllowed("SVC-OTHER-KEY", value=f"{given} {own}", expected=f"{message} {key}")


def _limited(blocks: Iterable[bytes]) -> Iterable[bytes]:
    size = 0
    for block in blocks:
        size += len(block)
        if size > CHILD_MAX:
            raise refusal(Refused("TRN-TOO-LARGE", expected=str(CHILD_MAX)))
        yield block
