"""A workbook as national messages, laid one after another: one of each kind that has rows.

Where a message is one record, each record is a message. A record begins on the line with the
number of its row, so that whatever is told of it by line is told by row. What was wrong with its
cells stands at its beginning, in an instruction that only the checks of sheets read; records so
marked are refused and never sent on.
"""

from __future__ import annotations

import io
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain

from schemas.fields import Field
from single_window.declarations.slices import new_guid
from single_window.domain.findings import Finding
from single_window.intake.archives import Document, zip_faults
from single_window.intake.explaining import may_be_empty
from single_window.intake.forms import DECLARATION, NIL, prefix_of, start_tag
from single_window.intake.markup import Refused
from single_window.intake.notes import noted
from single_window.intake.sheets.cells import Workbook
from single_window.intake.sheets.layout import is_guid, sheets_of
from single_window.intake.sheets.rows import Count, Entry, Table, tables
from single_window.storage.files import FileStore, TooLarge

File = io.RawIOBase | io.BufferedIOBase
"""Bytes that can be read from any place."""
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
    count: Count | None = None,
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
                _documents(Workbook(archive), sender, count or Count(), found), limit=limit
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
        made: list[tuple[int, int, int]] = []
        for line, texts in _Writer(name, book, sender).documents(count):
            count.document()
            start = offset
            for text in _joined(texts):
                block = text.encode()
                offset += len(block)
                yield block
            made.append((start, offset - start, line))
        title = book.heads.grid.title if book.heads else ""
        said = book.findings()
        found += (
            Document(title, *(start, size) * 2, sheet=title[:80], findings=said, line=line)
            for start, size, line in made
        )


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
    """The rows of a group that repeats, as text, by what they belong to: head, and lines above.

    `inner` are the groups that repeat within it, which have been read before.
    """

    def __init__(self, form: _Form, table: Table, count: Count, inner: Sequence[_Lines]) -> None:
        self.sheet = table.sheet
        self.within = self.sheet.above[-1].path if self.sheet.above else ""
        self._title = table.grid.title
        self._texts: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self._faults: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
        self._firsts: dict[tuple[str, ...], Entry] = {}
        group = self.sheet.message.field(self.sheet.group)
        for entry in table.entries(count):
            key = tuple(entry.joins)
            texts, faults = self._texts[key], self._faults[key]
            own = (*key, str(len(texts) + 1))
            inside, more = _taken(inner, own)
            texts.append(form.group(group, entry.values, inside))
            faults += (replace(each, path=self._indexed(each.path, own)) for each in entry.faults)
            faults += more
            entry.values = {}
            self._firsts.setdefault(key, entry)

    def take(self, key: tuple[str, ...]) -> tuple[str, list[Finding]]:
        """The lines of one head or line, and what is wrong with them; afterwards they are gone."""
        self._firsts.pop(key, None)
        return "".join(self._texts.pop(key, ())), self._faults.pop(key, [])

    def left(self, code: str) -> list[tuple[tuple[str, ...], Finding]]:
        """What lines that nobody took say they belong to, and what is told of the first of each."""
        return [(key, self._told(code, entry)) for key, entry in self._firsts.items()]

    def _told(self, code: str, entry: Entry) -> Finding:
        place, value = (("sheet", self._title), ("cell", entry.cell)), entry.joins[-1]
        return Finding("envelope", code, "reject", value=value, args=place, line=entry.number)

    def _indexed(self, path: str, own: tuple[str, ...]) -> str:
        """The path of a field in one of the rows, which numbers each group that repeats."""
        path = path or self.sheet.group
        groups = [*(group.path for group in self.sheet.above), self.sheet.group]
        for group, at in zip(reversed(groups), reversed(own[1:]), strict=True):
            path = f"{group}[{at}]{path[len(group) :]}"
        return path


def _taken(lines: Iterable[_Lines], key: tuple[str, ...]) -> tuple[dict[str, str], list[Finding]]:
    """The lines of one head or line by the path of their group, and what is wrong with them."""
    texts, faults = {}, []
    for each in lines:
        texts[each.sheet.group], more = each.take(key)
        faults += more
    return texts, faults


class _Form:
    """How values are written as elements, in the order of the schema.

    With the root of what is written, all is there that it asks for.
    """

    def __init__(self, prefix: str, root: Field | None = None) -> None:
        self.prefix = prefix
        self._asks = root is not None
        self._empty: dict[str, str] = {}
        for leaf in root.leaves() if root is not None else ():
            tag = self.tag(leaf.name)
            if may_be_empty(leaf):
                self._empty[leaf.path] = f"<{tag}></{tag}>"
            elif leaf.min_occurs and leaf.nillable:
                self._empty[leaf.path] = f"<{tag}{NIL}"

    def tag(self, name: str) -> str:
        """The name of an element with the prefix that all of them have."""
        return f"{self.prefix}{name}"

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
                elif (child.min_occurs and self._asks) or _is_there(child, values, lines):
                    parts.append(self.group(child, values, lines))
                continue
            text = values.get(child.path)
            if text:
                tag = self.tag(child.name)
                parts.append(f"<{tag}>{text.translate(_ESCAPES)}</{tag}>")
            elif child.path in self._empty:
                parts.append(self._empty[child.path])
        return "".join(parts)


def _is_there(group: Field, values: Mapping[str, str], lines: Mapping[str, str]) -> bool:
    """Whether a group has a value, or lines."""
    start = f"{group.path}/"
    inside = (path.startswith(start) for path, text in lines.items() if text)
    return any(path.startswith(start) for path in values) or any(inside)


class _Writer:
    """Writes the messages of one book: one with all records, or each record as its own."""

    def __init__(self, name: str, book: _Book, sender: Mapping[str, str]) -> None:
        self._sheets = sheets_of(name)
        self._message = self._sheets[0].message
        self._book, self._sender = book, sender
        self._root = self._message.record_field
        self._form = _Form(prefix_of(self._message), self._root)
        self._guids = [leaf for leaf in self._sheets[0].columns if is_guid(leaf)]
        self._seen: set[str] = set()
        self._strays: dict[str, list[Finding]] = defaultdict(list)

    def documents(self, count: Count) -> Iterator[tuple[int, Iterable[str]]]:
        """The row on whose number each message begins, and its text; nothing without a row."""
        records = self._records(count)
        if self._message.is_record:
            for row, inside in records:
                start = start_tag(self._message, nil=NIL in inside)
                yield row, (DECLARATION, start, inside, f"</{self._message.name}>\n")
            return
        first = next(records, None)
        if first is not None:
            yield 1, self._together(chain((first,), records))

    def _together(self, records: Iterable[tuple[int, str]]) -> Iterator[str]:
        """One message of all records, each on the line with the number of its row."""
        nil = any(leaf.nillable for leaf in self._root.leaves())
        yield DECLARATION + start_tag(self._message, guid=new_guid(), nil=nil)
        line, tag = 1, self._form.tag(self._root.name)
        for row, inside in records:
            yield "\n" * (row - line) + f"<{tag}>{inside}</{tag}>"
            line = max(line, row)
        parts = [
            _Form(prefix_of(self._message), part.field).group(part.field, self._sender, {})
            for part in self._message.parts
            if part.min and part.field is not None
        ]
        yield f"\n{''.join(parts)}</{self._form.tag(self._message.name)}>\n"

    def _records(self, count: Count) -> Iterator[tuple[int, str]]:
        """The row of each record, and what stands in it; at the end, lines without a head."""
        lines, heads = self._lines(count), self._book.heads
        if heads is None:
            if self._strays or any(each.left("") for each in lines):
                raise Refused("SHT-SHEET-MISSING", value=self._sheets[0].mark)
            return
        for entry in heads.entries(count):
            self._judge_joining(entry)
            yield entry.number, self._record(entry, lines)
        for each in lines:
            for (join,), told in each.left("SHT-NO-HEAD"):
                yield told.line or 1, self._orphan(join, [told], lines)
        for join, strays in list(self._strays.items()):
            yield strays[0].line or 1, self._orphan(join, [], lines)

    def _lines(self, count: Count) -> list[_Lines]:
        """The lines that belong to heads. Those within lines are in them by then, or strays."""
        read: dict[str, _Lines] = {}
        for sheet in reversed(self._sheets):
            table = self._book.lines.get(sheet.group)
            if table is not None:
                inner = [each for each in read.values() if each.within == sheet.group]
                read[sheet.group] = _Lines(self._form, table, count, inner)
        for each in read.values():
            for key, told in each.left("SHT-NO-LINE") if each.within else ():
                self._strays[key[0]] += [told, *each.take(key)[1]]
        return [each for each in reversed(read.values()) if not each.within]

    def _record(self, entry: Entry, lines: Sequence[_Lines]) -> str:
        join = entry.joins[0]
        texts, more = _taken(lines, (join,))
        faults = [*entry.faults, *more, *self._strays.pop(join, ())]
        missing = [leaf for leaf in self._guids if leaf.path not in entry.values]
        if missing:
            blank = self._form.inside(self._root, entry.values, texts)
            for leaf in missing:
                made = str(uuid.uuid5(_OURS, f"{leaf.path} {blank}")).upper()
                entry.values[leaf.path] = made
        return noted(faults) + self._form.inside(self._root, entry.values, texts)

    def _judge_joining(self, entry: Entry) -> None:
        """Where there are sheets of lines, each head needs a text of its own in the first cell."""
        if len(self._sheets) == 1:
            return
        (join,) = entry.joins
        if not join:
            self._fault(entry, "SHT-JOIN")
        elif join in self._seen:
            self._fault(entry, "SHT-JOIN-TWICE")
        self._seen.add(join)

    def _orphan(self, join: str, told: Sequence[Finding], lines: Sequence[_Lines]) -> str:
        """Lines without a head, as a record that has nothing else and is refused."""
        texts, more = _taken(lines, (join,))
        faults = [*told, *more, *self._strays.pop(join, ())]
        return noted(faults) + _Form(self._form.prefix).inside(self._root, {}, texts)

    def _fault(self, entry: Entry, code: str) -> None:
        assert self._book.heads is not None
        place = (("sheet", self._book.heads.grid.title), ("cell", entry.cell))
        entry.faults.append(
            Finding("envelope", code, "reject", value=entry.joins[0], args=place, line=entry.number)
        )
