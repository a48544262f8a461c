"""Due chunks are checked and stored: one chunk, one transaction."""

from __future__ import annotations

import logging
from dataclasses import asdict

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from schemas import registry
from single_window.declarations.counts import Counts
from single_window.declarations.papers import kept, sealed
from single_window.declarations.records import Filing, Origin, Paper
from single_window.declarations.sources import sources
from single_window.domain.findings import Finding
from single_window.domain.rules import Amounts
from single_window.intake.checking import UNCHECKED, Checks, Result, is_record, prepared
from single_window.intake.markup import Head
from single_window.intake.reading import Reader
from single_window.intake.submissions import Wake
from single_window.logs import failed
from single_window.storage.claims import anything_due, take_due
from single_window.storage.engine import AnyRow, beijing_day, now_ms
from single_window.storage.store import Store
from single_window.storage.tables import chunks, messages, submissions

log = logging.getLogger(__name__)

AT_ONCE = 2
"""Chunks claimed at a time; more would keep other workers from them."""
TRIES = 3
"""How often a chunk is tried again at once when another one took the same key meanwhile."""


def check_due(store: Store, wake: Wake, *, most: int = 50) -> int:
    """Claims and checks due chunks, at most `most`; returns how many records were checked."""
    checked = 0
    for _ in range(most):
        if not anything_due(store.database, chunks, now=now_ms()):
            break
        with store.database.write(again=True) as connection:
            taken = take_due(
                connection,
                chunks,
                now=now_ms(),
                lease_ms=store.settings.lease_seconds * 1000,
                limit=AT_ONCE,
                columns=(chunks.c.id,),
            )
        if not taken:
            break
        for row in taken:
            checked += check_chunk(store, row.id)
        wake("pair", "")
        wake("dispatch", "")
    return checked


def check_chunk(store: Store, number: int) -> int:
    """Checks one chunk and stores its results; a chunk that was done meanwhile stays as it is."""
    row = _chunk(store, number)
    results = _results(store, row)
    for attempt in range(TRIES):
        try:
            return _stored(store, row, results)
        except IntegrityError:
            if attempt == TRIES - 1:
                raise
            log.info("chunk retried", extra={"chunk": number, "attempt": attempt + 1})
    return 0


def _chunk(store: Store, number: int) -> AnyRow:
    with store.database.read() as connection:
        return connection.execute(
            select(
                chunks,
                messages.c.name,
                messages.c.head,
                messages.c.refused,
                messages.c.sheet,
                messages.c.sender,
                submissions.c.organisation_id,
                submissions.c.spool_file,
                submissions.c.check_only,
                submissions.c.received_at,
            )
            .join(messages, messages.c.id == chunks.c.message_id)
            .join(submissions, submissions.c.id == chunks.c.submission_id)
            .where(chunks.c.id == number)
        ).one()


def _results(store: Store, row: AnyRow) -> list[Result]:
    message = registry.message(row.name)
    text = store.files.read(row.spool_file, row.first_offset, row.length).decode()
    head = head_of(bytes(row.head))
    reader = Reader.inside(head, text, offset=row.first_offset, line=row.first_line)
    fast = prepared(reader, message)
    about = {"submission": row.submission_id}
    checks = Checks(message, fast, beijing_day(row.received_at), cells=bool(row.sheet), about=about)
    found = (child for child in reader.children(whole=False) if is_record(message, child))
    return [checks.result(at, child) for at, child in enumerate(found, row.first_ordinal)]


def head_of(tag: bytes) -> Head:
    """The head of a message from its stored start tag."""
    return Reader(iter([tag.decode()])).head


def _stored(store: Store, row: AnyRow, results: list[Result]) -> int:
    at = now_ms()
    papers = [_paper(store, row, result) for result in results]
    origin = Origin(
        submission_id=row.submission_id,
        message_id=row.message_id,
        organisation_id=row.organisation_id,
        chunk_id=row.id,
        first_ordinal=row.first_ordinal,
        message=row.name,
        check_only=bool(row.check_only),
        sender=row.sender,
    )
    with store.database.write(again=True) as connection:
        if not _finish(connection, row.id, at):
            return 0
        counts = Filing(store, connection, origin, at).store(papers)
        _count(connection, row.id, counts)
    log.info("chunk checked", extra={"chunk": row.id, "records": len(papers), **asdict(counts)})
    return len(papers)


def _finish(connection: Connection, number: int, at: int) -> bool:
    done = connection.execute(
        update(chunks)
        .where(chunks.c.id == number, chunks.c.due_at.is_not(None))
        .values(due_at=None, checked_at=at)
    )
    return done.rowcount == 1


def _count(connection: Connection, number: int, counts: Counts) -> None:
    connection.execute(update(chunks).where(chunks.c.id == number).values(**asdict(counts)))


def _paper(store: Store, row: AnyRow, result: Result) -> Paper:
    paper = Paper(
        ordinal=result.ordinal,
        line=result.child.line,
        offset=result.child.offset,
        length=result.child.length,
        sha256=result.sha256,
        key="|".join(result.key),
        record=result.record,
        findings=result.lined(),
        regime=result.regime,
        text=result.child.text,
    )
    if row.refused:
        paper.findings.append(Finding("envelope", "ENV-MESSAGE-REFUSED", "reject"))
    regime, read = result.regime, result.record or result.unsound
    if regime is None or read is None:
        return paper
    filed = result.record is not None and paper.decision != "reject" and not row.check_only
    amounts: Amounts | None = None
    try:
        amounts = result.amounts
        paper.amounts = kept(amounts) if amounts else None
        if filed:
            day = regime.day_of(row.name, read, beijing_day(row.received_at))
            paper.want = regime.want(read, amounts, regime.in_force(day, sources()))
    except Exception as error:  # noqa: BLE001 - whatever it is, the other records go on
        failed(log, "rule failed", error, record=result.ordinal, submission=row.submission_id)
        if UNCHECKED not in paper.findings:
            paper.findings = [*paper.findings, UNCHECKED]
    paper.facts = regime.facts(row.name, read, amounts)
    paper.sealed_facts = sealed(store, paper.facts) if paper.facts else None
    return paper
