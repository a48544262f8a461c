"""Handing in: bytes are stored, surveyed and made into work before anybody is told "received"."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from single_window.declarations import subscriptions
from single_window.domain.findings import Finding
from single_window.intake.archives import Document, Stored, unpack
from single_window.intake.entitlement import hindrances, strangers
from single_window.intake.markup import Refused
from single_window.intake.senders import transfer
from single_window.intake.sheets.documents import convert, is_workbook
from single_window.intake.signed import Terms
from single_window.intake.surveying import Survey
from single_window.intake.surveys import survey_all
from single_window.signatures.policies import in_force
from single_window.storage.engine import Busy, DiskFull, beijing_day, now_ms
from single_window.storage.files import StoredFile, TooLarge
from single_window.storage.store import Store
from single_window.storage.tables import chunks, messages, organisations, submissions

Wake = Callable[[str, str], None]
"""wake(name, argument): tells the worker that there is work. It may be lost; a sweep finds it."""


class NotTaken(Exception):
    """The upload was refused whole; nothing of it is kept. `status` is the HTTP answer for it."""

    def __init__(self, status: int, finding: Finding) -> None:
        super().__init__(finding.code)
        self.status = status
        self.code = finding.code
        self.findings = [finding]


@dataclass(frozen=True, slots=True)
class Filed:
    """A submission that is on disk. `repeated` when the same bytes or key came before."""

    id: int
    repeated: bool


@dataclass(frozen=True, slots=True)
class Upload:
    """Who hands in what, and how it is to be treated."""

    organisation_id: int
    person: str
    channel: str
    media_type: str
    file_name: str
    idempotency_key: str | None
    check_only: bool
    client: str = ""

    def fingerprint(self, original: StoredFile) -> str:
        """By what the same content is known again: for another client it is not the same."""
        if not self.client:
            return original.sha256
        return sha256(f"{original.sha256}|{self.client}".encode()).hexdigest()


_Found = tuple[dict[str, Any], Survey | Refused, Document]
"""A message's row, what the survey found, and where the document stands."""
_STATUS = {"TRN-TOO-LARGE": 413, "TRN-ZIP-BOMB": 413, "TRN-ZIP-COUNT": 413, "ENV-EMPTY": 400}
_STATUS |= dict.fromkeys(("SHT-TOO-LARGE", "SHT-ROWS", "SHT-RECORDS"), 413)


def receive(
    store: Store,
    wake: Wake,
    *,
    organisation_id: int,
    person: str,
    channel: str,
    blocks: Iterable[bytes],
    media_type: str,
    file_name: str,
    idempotency_key: str | None,
    check_only: bool,
    client: str = "",
) -> Filed:
    """Takes an upload: XML, a ZIP of it, or a workbook. Raises NotTaken when it is refused whole.

    `client` is the code of the company in whose name the messages of a workbook are transmitted,
    the organisation itself where it is empty; messages in XML say so themselves.
    When it returns, the bytes and the work they mean are on disk. The same key or the same bytes
    of the same organisation give the first answer; two such uploads at once make one submission.
    """
    name = file_name.replace("\0", "")  # PostgreSQL keeps no such text
    upload = Upload(
        organisation_id, person, channel, media_type, name, idempotency_key, check_only, client
    )
    try:
        original = _stored(store, blocks)
    except DiskFull as error:
        raise _not_taken(507, "TRN-DISK-FULL") from error
    kept = {original.name}
    try:
        earlier = _earlier(store, upload, original)
        if earlier is not None:
            return earlier
        filed = _file(store, upload, original, kept)
    except Refused as refused:
        raise refusal(refused) from refused
    except DiskFull as error:
        raise _not_taken(507, "TRN-DISK-FULL") from error
    except Busy as error:
        raise _not_taken(503, "TRN-BUSY") from error
    finally:
        for name in kept:
            store.files.remove(name)
    wake("check", str(filed.id))
    return filed


def _stored(store: Store, blocks: Iterable[bytes]) -> StoredFile:
    limit = store.settings.upload_max_bytes
    try:
        return store.files.write(blocks, limit=limit)
    except TooLarge as error:
        raise _not_taken(413, "TRN-TOO-LARGE", expected=str(limit)) from error


def _earlier(store: Store, upload: Upload, original: StoredFile) -> Filed | None:
    if original.size == 0:
        raise Refused("ENV-EMPTY", 1)
    with store.database.read() as connection:
        return _same(connection, upload, original)


def _same(connection: Connection, upload: Upload, original: StoredFile) -> Filed | None:
    own = submissions.c.organisation_id == upload.organisation_id
    fingerprint = upload.fingerprint(original)
    wanted = (submissions.c.id, submissions.c.content_sha256, submissions.c.check_only)
    if upload.idempotency_key:
        row = connection.execute(
            select(*wanted).where(own, submissions.c.idempotency_key == upload.idempotency_key)
        ).first()
        if row is not None:
            if (row.content_sha256, row.check_only) != (fingerprint, upload.check_only):
                raise _not_taken(409, "TRN-KEY-REUSED")
            return Filed(row.id, repeated=True)
    row = connection.execute(
        select(submissions.c.id).where(
            own,
            submissions.c.content_sha256 == fingerprint,
            submissions.c.check_only == upload.check_only,
        )
    ).first()
    return Filed(row.id, repeated=True) if row is not None else None


def _file(store: Store, upload: Upload, original: StoredFile, kept: set[str]) -> Filed:
    """Surveys the documents and stores the submission; takes its files out of `kept`."""
    spool, documents = _documents(store, upload, original)
    kept.add(spool)
    with store.database.read() as connection:
        organisation = connection.execute(
            select(organisations).where(organisations.c.id == upload.organisation_id)
        ).one()
    terms = Terms(
        in_force(organisation.signature_policy, store.settings.signature_policy),
        beijing_day(now_ms()),
        store.settings.trusted_folder,
    )
    spool, documents, surveys = survey_all(store, spool, documents, terms)
    kept.add(spool)
    if len(surveys) == 1 and isinstance(surveys[0], Refused):
        raise surveys[0]
    rows = [
        _message(store, upload, document, found)
        | {"sha256": _digest(store, spool, document, original)}
        for document, found in zip(documents, surveys, strict=True)
    ]
    found = list(zip(rows, surveys, documents, strict=True))
    try:
        with store.database.write() as connection:
            _note_strangers(connection, found)
            _entitle(connection, upload, found)
            filed = _insert(connection, upload, original, spool, found)
    except IntegrityError:
        with store.database.read() as connection:
            earlier = _same(connection, upload, original)
        if earlier is None:
            raise
        return earlier
    for name in (original.name, spool):
        store.files.settle(name)
        kept.discard(name)
    return filed


def _documents(store: Store, upload: Upload, original: StoredFile) -> tuple[str, list[Document]]:
    limit = store.settings.unpacked_max_bytes
    file = Stored(store.files, original)
    if not is_workbook(file):
        return unpack(store.files, original, limit)
    with store.database.read() as connection:
        sender = transfer(connection, upload.organisation_id, upload.client)
    return convert(store.files, file, sender, limit)


def _message(
    store: Store,
    upload: Upload,
    document: Document,
    found: Survey | Refused,
) -> dict[str, Any]:
    """The row of one document; `sha256` is filled in by whoever has its bytes."""
    row: dict[str, Any] = {
        "entry": document.entry or upload.file_name,
        "first_offset": document.raw_offset,
        "length": document.raw_length,
        "sheet": document.sheet,
    }
    if isinstance(found, Refused):
        blank = {"name": "", "guid": "", "head": b"", "sealed_tail": None, "sender": ""}
        more = {"signed": False, "signature": None, "records": 0, "refused": True}
        return row | blank | more | {"findings": _as_json([_finding(found)])}
    found.findings.extend(document.findings)
    findings = found.findings
    return row | {
        "name": found.message.name,
        "guid": found.guid[:80],
        "head": found.head.tag.encode(),
        "sealed_tail": store.vault.seal(found.tail.encode()),
        "signed": found.signed,
        "signature": json.dumps(found.signature, ensure_ascii=False) if found.signature else None,
        "sender": found.sender[:40],
        "records": found.records,
        "findings": _as_json(findings) if findings else None,
        "refused": any(finding.severity == "reject" for finding in findings),
    }


def _digest(store: Store, spool: str, document: Document, original: StoredFile) -> str:
    """Hash of a document's bytes as they came."""
    if document.raw_length == original.size:
        return original.sha256
    digest = sha256()
    for block in store.files.blocks(spool, document.raw_offset, document.raw_length):
        digest.update(block)
    return digest.hexdigest()


def _note_strangers(connection: Connection, documents: list[_Found]) -> None:
    """Warns of subscribers that nobody here is: what they asked for waits for nobody."""
    for row, found, _ in documents:
        if isinstance(found, Survey) and found.subscriptions:
            found.findings += strangers(connection, found.subscriptions)
            row["findings"] = _as_json(found.findings) if found.findings else None


def _entitle(connection: Connection, upload: Upload, documents: list[_Found]) -> None:
    """Refuses messages that may not be filed here in their sender's name, at this very moment.

    Where that is all there is, the upload is not taken: it is free to come again with a mandate.
    """
    refused: list[Finding] = []
    known: dict[tuple[str, str], list[Finding]] = {}
    for row, found, _ in documents:
        if upload.check_only or isinstance(found, Refused):
            continue
        case = found.message.name, found.sender
        if case not in known:
            known[case] = hindrances(
                connection, upload.organisation_id, found.message, found.sender, at=now_ms()
            )
        if more := known[case]:
            row.update(findings=_as_json([*found.findings, *more]), refused=True)
            refused += (finding for finding in more if finding.code.startswith("REC-"))
    if refused and len(refused) == len(documents):
        raise NotTaken(403, refused[0])


def _insert(
    connection: Connection,
    upload: Upload,
    original: StoredFile,
    spool: str,
    documents: list[_Found],
) -> Filed:
    now = now_ms()
    records = sum(int(row["records"]) for row, _, _ in documents)
    submission = {
        "organisation_id": upload.organisation_id,
        "channel": upload.channel,
        "person": upload.person,
        "idempotency_key": upload.idempotency_key,
        "content_sha256": upload.fingerprint(original),
        "check_only": upload.check_only,
        "file_name": upload.file_name[:255],
        "size": original.size,
        "original_file": original.name,
        "spool_file": spool,
        "records": records,
        "received_at": now,
    }
    number = connection.execute(
        insert(submissions).values(submission).returning(submissions.c.id)
    ).scalar_one()
    work = []
    asked: dict[int, list[subscriptions.Asked]] = {}
    for row, found, document in documents:
        message = connection.execute(
            insert(messages).returning(messages.c.id), row | {"submission_id": number}
        ).scalar_one()
        if isinstance(found, Survey):
            work += _chunks(number, message, found, document, now)
            if found.subscriptions and not row["refused"] and not upload.check_only:
                asked[message] = found.subscriptions
    subscriptions.add(connection, asked)
    if work:
        connection.execute(insert(chunks), work)
    return Filed(number, repeated=False)


def _chunks(
    submission: int, message: int, found: Survey, document: Document, now: int
) -> list[dict[str, Any]]:
    return [
        {
            "submission_id": submission,
            "message_id": message,
            "first_ordinal": cut.first,
            "first_line": cut.line,
            "first_offset": document.text_offset + cut.offset,
            "length": cut.end - cut.offset,
            "records": cut.records,
            "due_at": now,
        }
        for cut in found.cuts
    ]


def _as_json(findings: list[Finding]) -> str:
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False)


def _finding(refused: Refused) -> Finding:
    family = "transport" if refused.code.startswith("TRN") else "envelope"
    return Finding(
        family,  # type: ignore[arg-type]
        refused.code,
        "reject",
        value=refused.values.get("value", ""),
        expected=refused.values.get("expected", ""),
        line=refused.line,
    )


def refusal(refused: Refused) -> NotTaken:
    """A document that cannot be taken, as the answer to whoever hands it in."""
    return NotTaken(_STATUS.get(refused.code, 422), _finding(refused))


def _not_taken(status: int, code: str, expected: str = "") -> NotTaken:
    return NotTaken(status, Finding("transport", code, "reject", expected=expected))
