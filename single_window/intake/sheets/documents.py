"""A workbook as national messages: one of each kind that has rows, laid one after another.

Each record begins on the line with the number of its row, so that whatever is told of it by line
is told by row. What was wrong with its cells stands at its beginning, in an instruction that only
the checks of sheets read; records so marked are refused and never sent on.
"""

from __future__ import annotations

import io
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from schemas.fields import Field
from single_window.declarations.slices import new_guid
from single_window.domain.findings import Finding
from single_window.intake.archives import Document, zip_faults
from single_window.intake.markup import Refused
from single_window.intake.notes import noted
from single_window.intake.sheets.cells import Workbook
from single_window.intake.sheets.layout import is_guid, may_be_empty, sheets_of
from single_window.intake.sheets.rows import ROWS_MAX, Count, Entry, Table, tables
from single_window.storage.files import FileStore, TooLarge

File = io.RawIOBase | io.BufferedIOBase
"""Bytes that can be read from any place."""
VERSION = "1.0"
"""Version of the message format, edition 202205."""
_OURS = uuid.UUID("0b7c5a3e-5d0e-4c39-9a2c-3c4fbb6b5a10")
_BLOCK = 256 * 1024
_OLD_MAGIC = b"\xd0\xcf\x11\xe0"
_TYPES = "[Content_Types].xml"
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)


def is_workbook(file: File) -> bool:
    """Whether a file is a workbook, by its content.

    Raises Refused for the older kind, in which those with a password come as well.
    """
    file.seek(0)
    start = file.read(4)
    if start == _OLD_MAGIC:
        raise Refused("SHT-OLD")
    if not start.startswith(b"PK\x03\x04"):
        return False
    try:
        with zip_faults(), zipfile.ZipFile(file) as archive:
            return _TYPES in archive.namelist()
    except Refused:
        return False


def convert(
    files: FileStore,
    file: File,
    sender: Mapping[str, str],
    limit: int,
    *,
    most_rows: int = ROWS_MAX,
) -> tuple[str, list[Document]]:
    """The name of a spool file, in `files`, with the messages of a workbook; where each stands.

    Raises Refused where the workbook as a whole cannot be taken.
    """
    found: list[Document] = []
    try:
        with _faults(), zipfile.ZipFile(file) as archive:
            if sum(info.file_size for info in archive.infolist()) > limit:
                raise Refused("SHT-TOO-LARGE", expected=str(limit))
            spool = files.write(
                _documents(Workbook(archive), sender, Count(most_rows), found), limit=limit
            )
    except TooLarge as error:
        raise Refused("SHT-TOO-LARGE", expected=str(limit)) from error
    if not found:
        files.remove(spool.name)
        raise Refused("SHT-EMPTY")
    return spool.name, found


@contextmanager
def _faults() -> Iterator[None]:
    """Whatever a damaged archive raises, as the refusal of a workbook."""
    try:
        with zip_faults():
            yield
    except Refused as refused:
        if refused.code != "TRN-ZIP":
            raise
        raise Refused("SHT-FILE", value=refused.values["value"]) from refused


@dataclass(slots=True)
class _Book:
    """The sheets of one message that a workbook holds."""

    heads: Table | None = None
    lines: dict[str, Table] = field(default_factory=dict)

    def add(self, table: Table) -> None:
        if table.sheet.group:
            twice = table.sheet.group in self.lines
            self.lines[table.sheet.group] = table
        else:
            twice = self.heads is not None
            self.heads = table
        if twice:
            raise Refused("SHT-SHEET-TWICE", value=table.sheet.mark)

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the sheets as a whole, once they have been read."""
        read = (*([self.heads] if self.heads else ()), *self.lines.values())
        return tuple(finding for table in read for finding in table.findings)


def _documents(
    workbook: Workbook, sender: Mapping[str, str], count: Count, found: list[Document]
) -> Iterator[bytes]:
    books: dict[str, _Book] = {}
    for table in tables(workbook):
        books.setdefault(table.sheet.message.name, _Book()).add(table)
    if not books:
        raise Refused("SHT-TEMPLATE")
    offset = 0
    for name, book in books.items():
        size = 0
        for text in _joined(_Writer(name, book, sender).parts(count)):
            block = text.encode()
            size += len(block)
            yield block
        if size:
            title = book.heads.grid.title if book.heads else ""
            place = (offset, size, offset, size)
            found.append(Document(title, *place, sheet=title[:80], findings=book.findings()))
        offset += size


def _joined(parts: Iterable[str]) -> Iterator[str]:
    """The same text in larger pieces."""
    held: list[str] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= _BLOCK:
            yield "".join(held)
            held, size = [], 0
    if held:
        yield "".join(held)


class _Lines:
    """The rows of a group that repeats, as text, by what joins them to their heads."""

    def __init__(self, form: _Form, group: Field, table: Table, count: Count) -> None:
        self._path = group.path
        self._texts: dict[str, list[str]] = defaultdict(list)
        self._faults: dict[str, list[Finding]] = defaultdict(list)
        self.firsts: dict[str, Entry] = {}
        for entry in table.entries(count):
            texts = self._texts[entry.join]
            texts.append(form.group(group, entry.values, {}))
            self.firsts.setdefault(entry.join, Entry(entry.number, entry.join, {}))
            for fault in entry.faults:
                below = fault.path.removeprefix(self._path)
                self._faults[entry.join].append(
                    replace(fault, path=f"{self._path}[{len(texts)}]{below}")
                )

    def take(self, join: str) -> tuple[str, list[Finding]]:
        """The lines of one head, and what is wrong with their cells; afterwards they are gone."""
        self.firsts.pop(join, None)
        return "".join(self._texts.pop(join, ())), self._faults.pop(join, [])


class _Form:
    """How values are written as elements, in the order of the schema."""

    def __init__(self, prefix: str, root: Field) -> None:
        self._prefix = prefix
        self._empty = {leaf.path for leaf in root.leaves() if may_be_empty(leaf)}

    def tag(self, name: str) -> str:
        """The name of an element with the prefix that all of them have."""
        return f"{self._prefix}:{name}"

    def group(self, group: Field, values: Mapping[str, str], lines: Mapping[str, str]) -> str:
        """A group that is there, with all of it that has a value."""
        tag = self.tag(group.name)
        return f"<{tag}>{self.inside(group, values, lines)}</{tag}>"

    def inside(self, group: Field, values: Mapping[str, str], lines: Mapping[str, str]) -> str:
        """What stands in a group."""
        parts = []
        for child in group.children:
            if child.kind == "group":
                if child.repeats:
                    parts.append(lines.get(child.path, ""))
                elif child.min_occurs or any(path.startswith(f"{child.path}/") for path in values):
                    parts.append(self.group(child, values, lines))
                continue
            text = values.get(child.path)
            if text:
                tag = self.tag(child.name)
                parts.append(f"<{tag}>{text.translate(_ESCAPES)}</{tag}>")
            elif child.path in self._empty:
                tag = self.tag(child.name)
                parts.append(f"<{tag}></{tag}>")
        return "".join(parts)


class _Writer:
    """Writes the message of one book."""

    def __init__(self, name: str, book: _Book, sender: Mapping[str, str]) -> None:
        self._sheets = sheets_of(name)
        self._message = self._sheets[0].message
        self._book, self._sender = book, sender
        self._form = _Form(self._message.family, self._message.record_field)
        self._guids = [leaf for leaf in self._sheets[0].columns if is_guid(leaf)]
        self._line = 1
        self._seen: set[str] = set()

    def parts(self, count: Count) -> Iterator[str]:
        """The text of the message, piece by piece; nothing where no sheet has a row."""
        groups = {sheet.group: self._message.field(sheet.group) for sheet in self._sheets[1:]}
        lines = {
            path: _Lines(self._form, groups[path], table, count)
            for path, table in self._book.lines.items()
        }
        heads = self._book.heads
        if heads is None:
            if any(each.firsts for each in lines.values()):
                raise Refused("SHT-SHEET-MISSING", value=self._sheets[0].mark)
            return
        started = False
        for entry in heads.entries(count):
            if not started:
                yield self._start()
                started = True
            self._judge_joining(entry)
            yield self._record(entry, lines)
        for path, each in lines.items():
            for orphan in list(each.firsts.values()):
                if not started:
                    yield self._start()
                    started = True
                yield self._orphan(path, orphan, lines)
        if started:
            yield self._end()

    def _start(self) -> str:
        own = {"guid": new_guid(), "version": VERSION}
        given = "".join(
            f' {a.name}="{own[a.name]}"' for a in self._message.attributes if a.name in own
        )
        space = f'xmlns:{self._message.family}="{self._message.namespace}"'
        return f'<?xml version="1.0" encoding="UTF-8"?><{self._root} {space}{given}>'

    @property
    def _root(self) -> str:
        return self._form.tag(self._message.name)

    def _end(self) -> str:
        family = self._message.family
        parts = [
            _Form(family, part.field).group(part.field, self._sender, {})
            for part in self._message.parts
            if part.min and part.field is not None
        ]
        return f"\n{''.join(parts)}</{self._root}>\n"

    def _record(self, entry: Entry, lines: Mapping[str, _Lines]) -> str:
        taken = {path: each.take(entry.join) for path, each in lines.items()}
        texts = {path: text for path, (text, _) in taken.items()}
        faults = [*entry.faults, *(fault for _, more in taken.values() for fault in more)]
        root = self._message.record_field
        missing = [leaf for leaf in self._guids if leaf.path not in entry.values]
        if missing:
            blank = self._form.inside(root, entry.values, texts)
            for leaf in missing:
                made = str(uuid.uuid5(_OURS, f"{leaf.path} {blank}")).upper()
                entry.values[leaf.path] = made
        inside = self._form.inside(root, entry.values, texts)
        gap = "\n" * (entry.number - self._line)
        self._line = max(self._line, entry.number)
        tag = self._form.tag(root.name)
        return f"{gap}<{tag}>{noted(faults)}{inside}</{tag}>"

    def _judge_joining(self, entry: Entry) -> None:
        """Where there are sheets of lines, each head needs a text of its own in the first cell."""
        if len(self._sheets) == 1:
            return
        if not entry.join:
            self._fault(entry, "SHT-JOIN")
        elif entry.join in self._seen:
            self._fault(entry, "SHT-JOIN-TWICE")
        self._seen.add(entry.join)

    def _orphan(self, path: str, entry: Entry, lines: Mapping[str, _Lines]) -> str:
        """Lines without a head, as a record that has nothing else and is refused."""
        title = self._book.lines[path].grid.title
        place = (("sheet", title), ("cell", f"A{entry.number}"))
        told = Finding("envelope", "SHT-NO-HEAD", "reject", value=entry.join, args=place)
        taken = {key: each.take(entry.join)[0] for key, each in lines.items()}
        root = self._message.record_field
        tag = self._form.tag(root.name)
        kept = "".join(taken[sheet.group] for sheet in self._sheets[1:] if sheet.group in taken)
        return f"<{tag}>{noted([replace(told, line=entry.number)])}{kept}</{tag}>"

    def _fault(self, entry: Entry, code: str) -> None:
        assert self._book.heads is not None
        place = (("sheet", self._book.heads.grid.title), ("cell", f"A{entry.number}"))
        entry.faults.append(
            Finding("envelope", code, "reject", value=entry.join, args=place, line=entry.number)
        )
