"""Files judged together as if they were handed in: same checks, same matching, nothing kept.

Papers match across files, so what is said of an inventory is only known after the last file. What
has to wait until then lies in a temporary database, which the disk holds and not the memory.
"""

from __future__ import annotations

import secrets
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import orjson

from schemas import registry
from single_window import regimes
from single_window.declarations.places import paper_of
from single_window.declarations.records import dumped
from single_window.declarations.sources import sources
from single_window.declarations.words import findings_from
from single_window.domain.findings import Decision, Finding, decision
from single_window.domain.lines import line_of
from single_window.domain.owned import Owned
from single_window.domain.regime import Facts, Regime
from single_window.intake.archives import (
    ZIP_MAGIC,
    Document,
    listed,
    spooled,
    unpacked,
    zip_faults,
)
from single_window.intake.checking import Result
from single_window.intake.markup import Refused, decoded, encoding_of
from single_window.intake.senders import NOBODY
from single_window.intake.sheets.documents import File, convert, is_workbook
from single_window.intake.signed import Terms, examine
from single_window.intake.submissions import refusal
from single_window.intake.surveying import Judging
from single_window.intake.unwrapping import Opening, Wrapped
from single_window.storage.files import FileStore
from single_window.storage.secrets import Vault

Texts = Callable[[], Iterable[str]]
_BLOCK = 256 * 1024
_SCHEMA = """
PRAGMA journal_mode = OFF;
CREATE TABLE verdict (id INTEGER PRIMARY KEY, body BLOB NOT NULL, findings BLOB NOT NULL);
CREATE TABLE holder (key TEXT PRIMARY KEY, sha256 TEXT NOT NULL);
CREATE TABLE paper (
    verdict INTEGER PRIMARY KEY, message TEXT NOT NULL, regime TEXT NOT NULL, trade TEXT NOT NULL,
    link TEXT NOT NULL, facts BLOB NOT NULL, line INTEGER NOT NULL, text TEXT NOT NULL
);
CREATE INDEX paper_trade ON paper (trade);
CREATE INDEX paper_link ON paper (link);
"""


_BODY = ("file", "message", "record", "line", "key", "amounts", "unreadable", "rows", "signature")
_NEW, _DELETED = "1", "3"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said about one record; without a `record`, about a message or file as a whole.

    `signature` is the report on the signature of a signed message.
    `unreadable` is True where the file could not be taken, so that nothing in it was judged; with
    `rows` its lines are rows of a sheet.
    """

    file: str
    message: str
    record: int | None
    line: int | None
    key: str
    findings: list[Finding]
    amounts: dict[str, Any] | None = None
    unreadable: bool = False
    rows: bool = False
    signature: dict[str, Any] | None = None

    @property
    def decision(self) -> Decision:
        """The worst that was found."""
        return decision(self.findings)


class Part(NamedTuple):
    """One document of a file: its name, its text, and the sheet or the envelope that it was in."""

    name: str
    texts: Texts
    sheet: Document | None = None
    opening: Opening | None = None


def rehearse(paths: Iterable[Path], *, terms: Terms, limit: int) -> Iterator[Verdict]:
    """The verdicts on all files in their order; `limit` bounds the bytes unpacked from a ZIP."""
    with closing(sqlite3.connect("", isolation_level=None)) as connection:
        connection.executescript(_SCHEMA)
        connection.execute("BEGIN")
        stage = _Stage(connection, terms)
        for path in paths:
            stage.play(path, limit)
        yield from stage.verdicts()


def documents(path: Path, limit: int) -> Iterator[Part]:
    """The documents of a file: itself, those that a ZIP holds, or what a workbook becomes.

    Raises Refused where the file as a whole cannot be read.
    """
    try:
        with path.open("rb") as file:
            if is_workbook(file):
                yield from _sheets(path, file, limit)
                return
            file.seek(0)
            packed = file.read(4).startswith(ZIP_MAGIC)
        if not packed:
            yield Part(str(path), partial(_texts, path))
            return
        with zip_faults(), zipfile.ZipFile(path) as archive:
            for info in listed(archive, limit):
                yield Part(f"{path}/{info.filename}", partial(_entry_texts, archive, info))
    except OSError as error:
        raise Refused("TRN-FILE", value=error.strerror or type(error).__name__) from error


def _texts(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        encoding = encoding_of(file.read(512))
        file.seek(0)
        yield from decoded(iter(partial(file.read, _BLOCK), b""), encoding)


def _entry_texts(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[str]:
    with zip_faults():
        with archive.open(info) as file:
            encoding = encoding_of(file.read(512))
        yield from decoded(unpacked(archive, info), encoding)


def _sheets(path: Path, file: File, limit: int) -> Iterator[Part]:
    """The messages of a workbook, kept meanwhile in a spool of their own."""
    with _spool() as files:
        spool, found = convert(files, file, NOBODY, limit)
        for each in found:
            yield Part(f"{path}/{each.sheet}", _of_spool(files, spool, each), each)


@contextmanager
def _spool() -> Iterator[FileStore]:
    """A folder that nobody can read and that goes."""
    with TemporaryDirectory() as folder:
        yield FileStore(Path(folder) / "files", Vault(secrets.token_bytes(32)))


def _of_spool(files: FileStore, spool: str, document: Document) -> Texts:
    place = (spool, document.text_offset, document.text_length)
    return lambda: decoded(files.blocks(*place), "utf-8")


class _Stage:
    """Takes one file after another, and tells the verdicts when all have been seen."""

    def __init__(self, connection: sqlite3.Connection, terms: Terms) -> None:
        self._connection = connection
        self._terms = terms
        self._today = terms.day
        self._count = 0

    def play(self, path: Path, limit: int) -> None:
        """Judges the records of one file, each by itself."""
        try:
            for part in documents(path, limit):
                try:
                    self._opened(part, limit)
                except Refused as refused:
                    self._refuse(part.name, refused)
        except Refused as refused:
            self._refuse(str(path), refused)

    def _opened(self, part: Part, limit: int) -> None:
        """Judges one document, or the message inside where it is an envelope."""
        try:
            return self._document(part)
        except Wrapped:
            opening = Opening(part.texts())
        with _spool() as files:
            spool, (inside,) = spooled(files, [(part.name, iter(opening))], limit)
            if inside.refused is not None:
                raise inside.refused
            texts = _of_spool(files, spool, inside)
            return self._document(part._replace(texts=texts, opening=opening))

    def _refuse(self, name: str, refused: Refused) -> None:
        findings = refusal(refused).findings
        self._note(Verdict(name, "", None, refused.line, "", findings, unreadable=True))

    def _document(self, part: Part) -> None:
        """Judges one document; of one that is refused at its end, nothing stays."""
        self._connection.execute("SAVEPOINT document")
        try:
            self._judge(part)
        except Refused:
            self._connection.execute("ROLLBACK TO document")
            raise
        finally:
            self._connection.execute("RELEASE document")

    def _judge(self, part: Part) -> None:
        name, rows = part.name, part.sheet is not None
        first = part.sheet.line if part.sheet else 1
        policy, today = self._terms.policy, self._today
        judging = Judging(part.texts(), policy, today, cells=rows, line=first)
        message = judging.message.name
        self._count += 1
        about_it = self._count
        for result in judging:
            regime = result.regime
            owned = regime.owned[message] if regime is not None else None
            if regime is not None and owned is not None and result.decision != "reject":
                self._take_key(regime, owned, result)
            self._note(
                Verdict(
                    name,
                    message,
                    result.ordinal,
                    result.child.line,
                    "|".join(result.key),
                    result.lined(),
                    result.amounts,
                    rows=rows,
                )
            )
            if regime is not None and owned is not None and result.decision != "reject":
                self._keep(owned, regime, result)
        survey = judging.finished()
        examine(survey, (text.encode() for text in part.texts()), self._terms)
        found = [
            *(part.opening.findings(message) if part.opening else ()),
            *survey.findings,
            *(part.sheet.findings if part.sheet else ()),
        ]
        if found or survey.signature:
            line = next((each.line for each in found if each.line), None)
            whole = Verdict(
                name, message, None, line, "", found, rows=rows, signature=survey.signature
            )
            self._write(about_it, whole)

    def _note(self, verdict: Verdict) -> None:
        self._count += 1
        self._write(self._count, verdict)

    def _write(self, number: int, verdict: Verdict) -> None:
        body = [getattr(verdict, name) for name in _BODY]
        self._connection.execute(
            "INSERT INTO verdict VALUES (?, ?, ?)",
            (number, orjson.dumps(body, default=str), dumped(verdict.findings)),
        )

    def _take_key(self, regime: Regime, owned: Owned, result: Result) -> None:
        """Finds a record whose number was there before, and what alone exceeds a year."""
        record = result.record
        if record is None or not owned.checked:
            return
        if owned.asks(record) == _NEW:
            self._first_of_its_key(owned, result)
        if result.amounts is None:
            return
        p = regime.in_force(regime.day_of(owned.name, record, self._today), sources())
        want = regime.want(record, result.amounts, p)
        if want is not None and want.fen > want.limit_fen:
            over = regime.over(want, 0)
            line = line_of(over.path, result.child.text, result.child.line)
            result.findings = [*result.findings, replace(over, line=line)]

    def _first_of_its_key(self, owned: Owned, result: Result) -> None:
        key = f"{owned.name}|{'|'.join(result.key)}"
        row = self._connection.execute("SELECT sha256 FROM holder WHERE key = ?", (key,)).fetchone()
        if row is None:
            self._connection.execute("INSERT INTO holder VALUES (?, ?)", (key, result.sha256))
            return
        same = row[0] == result.sha256
        code = "REC-REPEATED" if same else owned.duplicate or "REC-DUPLICATE"
        path = registry.message(owned.name).key[-1]
        found = Finding(
            "rule",
            code,
            "warn" if same else "reject",
            path,
            value="|".join(result.key),
            line=line_of(path, result.child.text, result.child.line),
        )
        result.findings = [*result.findings, found]
        result.record = None if same else result.record

    def _keep(self, owned: Owned, regime: Regime, result: Result) -> None:
        """Remembers what other papers are compared with; what was there before is not kept."""
        record = result.record
        if record is None or owned.asks(record) == _DELETED:
            return
        facts = regime.facts(owned.name, record)
        keys = (owned.trade, owned.link)
        trade, link = ("|".join(str(facts.get(name, "")) for name in names) for names in keys)
        text = result.child.text if "\n" in result.child.text else ""
        place = (self._count, owned.name, regime.name, trade, link)
        row = (*place, orjson.dumps(facts), result.child.line, text)
        self._connection.execute("INSERT INTO paper VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def verdicts(self) -> Iterator[Verdict]:
        """All verdicts in order, with what the papers say together."""
        rows = self._connection.execute("SELECT id, body, findings FROM verdict ORDER BY id")
        for number, body, findings in rows:
            values = dict(zip(_BODY, orjson.loads(body), strict=True))
            verdict = Verdict(**values, findings=findings_from(findings))
            owners = regimes.owners(verdict.message) if verdict.record else ()
            if any(verdict.message in regime.leads for regime in owners):
                told = self._together(verdict.message, number)
                verdict = replace(verdict, findings=[*verdict.findings, *told])
            yield verdict

    def _together(self, lead: str, number: int) -> list[Finding]:
        """What the papers of a lead say together; nothing for one that was not kept."""
        row = self._connection.execute(
            "SELECT regime, trade, link, facts, line, text FROM paper WHERE verdict = ?", (number,)
        ).fetchone()
        if row is None or lead not in (regime := regimes.load(row[0])).leads:
            return []
        _, trade, link, *own = row
        kept = {lead: own}
        for message, *paper in self._connection.execute(
            "SELECT message, facts, line, text FROM paper WHERE message <> ? AND regime = ? AND"
            " ((trade <> '' AND trade = ?) OR (trade = '' AND link = ?)) ORDER BY verdict",
            (lead, regime.name, trade, link),
        ):
            kept[message] = paper
        papers: dict[str, Facts] = {name: orjson.loads(paper[0]) for name, paper in kept.items()}
        result = regime.match(papers)
        missing = regime.missing(result.missing, papers[lead], expired=False)
        found = []
        for finding in (*result.findings, *missing):
            _, line, text = kept.get(paper_of(finding, lead), own)
            found.append(replace(finding, line=line_of(finding.path, text, line)))
        return found
