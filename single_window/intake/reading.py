"""Bytes in, records out: one XML document read as a stream, in constant memory.

A document is a root with children: records and the parts around them. Plain records are matched,
checked and measured by one expression each (`schemas.fastread`); any other child is measured by
expat, which knows comments, CDATA and references, and becomes a small tree of its own. So bytes
are cut exactly, bad records are told apart from bad documents, and nothing is ever recovered.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from xml.parsers import expat

from lxml import etree

from schemas import fastread

HEAD_MAX = 64 * 1024
"""Characters before the first record: prolog, comments and the start tag of the root."""
CHILD_MAX = 1024 * 1024
"""Characters of one record or part. The largest national record is about 100 KB."""
DEPTH_MAX = 32
"""Elements within elements. The national messages need five, a signature eight."""
ATTRIBUTES_MAX = 32
"""Attributes of one element. The national messages need two."""
_BLOCK = 256 * 1024
_LOW_WATER = 64 * 1024

_WHITE = re.compile(r"[ \t\r\n]*")
_DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z][\w.:-]*)["']""")
_START_TAG = re.compile(
    r"""<([^\s/><'"=]+)((?:\s+[^\s=/><'"]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(/?)>"""
)
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ((b"<\x00?\x00", "utf-16-le"), (b"\x00<\x00?", "utf-16-be"), (b"<\x00", "utf-16-le"))
_WIDER = {"gbk": "gb18030", "gb2312": "gb18030", "iso8859-1": "latin-1"}
"""Encodings read as the larger set that they are a part of: senders write GB2312 and mean GBK."""


class Refused(Exception):
    """The document as a whole cannot be taken; `code` names the finding that says why."""

    def __init__(self, code: str, line: int | None = None, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.values = values


@dataclass(frozen=True, slots=True)
class Head:
    """The start tag of a document's root and what it declares."""

    tag: str
    name: str
    prefix: str
    namespace: str
    attributes: tuple[tuple[str, str], ...]
    closed: bool = False

    @property
    def end(self) -> str:
        """The end tag that belongs to it."""
        return f"</{self.prefix + ':' if self.prefix else ''}{self.name}>"


class Child(NamedTuple):
    """A child of the root: where it stands, and what it is in one of two forms."""

    offset: int
    length: int
    line: int
    text: str
    match: re.Match[str] | None
    element: etree._Element | None


def encoding_of(start: bytes) -> str:
    """The encoding of a document by its first bytes, as XML 1.0 appendix F has it.

    Raises Refused for one that this machine does not know.
    """
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    for sign, name in _WIDE:
        if start.startswith(sign):
            return name
    declared = _DECLARED.match(start)
    if declared is None:
        return "utf-8"
    asked = declared.group(1).decode("ascii")
    try:
        found = codecs.lookup(asked)
    except LookupError as error:
        raise Refused("ENV-ENCODING", 1, value=asked) from error
    if not getattr(found, "_is_text_encoding", True) or found.name in {"utf-7", "idna", "punycode"}:
        raise Refused("ENV-ENCODING", 1, value=asked)
    return _WIDER.get(found.name, found.name)


def decoded(blocks: Iterable[bytes], encoding: str) -> Iterator[str]:
    """The text of the blocks, without a byte order mark. Raises Refused on bytes that don't fit."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    first = True
    try:
        for block in blocks:
            text = decoder.decode(block)
            if first and text:
                text, first = text.removeprefix("\ufeff"), False
            yield text
        yield decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise Refused("ENV-BYTES", None, value=encoding) from error


class Reader:
    """Reads one document. `head` is there from the start; `children()` gives the rest, once.

    `offset` counts UTF-8 bytes from the start of the text that was given (after a BOM).
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = iter(texts)
        self._window = ""
        self._pos = 0
        self._line = 1
        self._offset = 0
        self._ended = False
        self.head = self._read_head()
        self._fast: tuple[fastread.Fast, ...] = ()

    @classmethod
    def inside(cls, head: Head, text: str, *, offset: int, line: int) -> Reader:
        """A reader of a stretch of children that an earlier reading has measured."""
        reader = cls.__new__(cls)
        reader._texts = iter(())
        reader._window = text
        reader._pos = 0
        reader._line = line
        reader._offset = offset
        reader._ended = True
        reader.head = head
        reader._fast = ()
        return reader

    def expect(self, fast: fastread.Fast | None) -> None:
        """Names the expression that the plain records of this document are matched with."""
        self._fast = (fast,) if fast else ()

    def spaced(self) -> bool:
        """Whether the first child has white space inside: the file was written for eyes."""
        self._fill()
        start = self._window.find(">", self._window.find("<", self._pos))
        return start >= 0 and self._window[start + 1 : start + 2] in {" ", "\n", "\r", "\t"}

    def children(self, *, whole: bool = True) -> Iterator[Child]:
        """Every child of the root in order.

        With `whole`, the end tag and the end of the document are read and checked as well.
        Raises Refused where the document is not well-formed or passes a limit.
        """
        if self.head.closed:
            return
        match = self._fast[0].match if self._fast else None
        while True:
            self._space()
            if self._pos >= len(self._window):
                if whole:
                    raise Refused("ENV-TRUNCATED", self._line)
                return
            found = match(self._window, self._pos) if match else None
            if found is not None:
                text = found.group()
                yield self._step(Child(self._offset, _size(text), self._line, text, found, None))
            elif self._window.startswith("</", self._pos):
                self._finish()
                return
            elif not self._skip_aside():
                yield self._step(self._slow_child())

    def _step(self, child: Child) -> Child:
        self._move(len(child.text), child.length)
        return child

    def _move(self, characters: int, size: int | None = None) -> None:
        end = self._pos + characters
        self._line += self._window.count("\n", self._pos, end)
        self._offset += _size(self._window[self._pos : end]) if size is None else size
        self._pos = end

    def _fill(self, wanted: int = _LOW_WATER) -> bool:
        """Makes `wanted` characters available where the source has them; False when it had none."""
        if self._ended or len(self._window) - self._pos >= wanted:
            return False
        parts = [self._window[self._pos :]]
        have = len(parts[0])
        before = have
        while have < wanted + _BLOCK:
            text = next(self._texts, None)
            if text is None:
                self._ended = True
                break
            parts.append(text)
            have += len(text)
        self._window, self._pos = "".join(parts), 0
        return have > before

    def _space(self) -> None:
        if not self._ended and len(self._window) - self._pos < _LOW_WATER:
            self._fill()
        while True:
            match = _WHITE.match(self._window, self._pos)
            end = match.end() if match else self._pos
            if end > self._pos:
                self._move(end - self._pos, end - self._pos)
            if self._pos < len(self._window) or not self._fill():
                return

    def _skip_aside(self) -> bool:
        """Steps over a comment or processing instruction; refuses what may not stand here."""
        for opening, closing in (("<!--", "-->"), ("<?", "?>")):
            if self._window.startswith(opening, self._pos):
                end = self._find(closing)
                self._well_formed(self._window[self._pos : end])
                self._move(end - self._pos)
                return True
        if self._window[self._pos] != "<":
            end = self._find("<", keep=True)
            self._well_formed(self._window[self._pos : end])
            raise Refused("ENV-STRAY-TEXT", self._line, value=self._window[self._pos : end][:40])
        return False

    def _find(self, sign: str, *, keep: bool = False) -> int:
        wanted = _LOW_WATER
        while True:
            at = self._window.find(sign, self._pos)
            if at >= 0:
                return at if keep else at + len(sign)
            wanted *= 4
            if wanted > CHILD_MAX * 4 or not self._fill(wanted):
                raise Refused("ENV-TRUNCATED", self._line)

    def _well_formed(self, text: str) -> None:
        parser = expat.ParserCreate("utf-8")
        try:
            parser.Parse(f"<a>{text}</a>".encode(), True)
        except expat.ExpatError as error:
            raise _malformed(error, self._line) from error

    def _slow_child(self) -> Child:
        wanted = _LOW_WATER
        while True:
            text = (
                self._window[self._pos :] if self._ended else self._window[self._pos : wanted * 2]
            )
            end = _extent(self.head, text, self._line)
            if end is not None:
                break
            if len(text) >= CHILD_MAX:
                raise Refused("ENV-TOO-LARGE", self._line, expected=str(CHILD_MAX))
            wanted *= 4
            if (
                not self._fill(wanted)
                and self._ended
                and len(text) >= len(self._window) - self._pos
            ):
                raise Refused("ENV-TRUNCATED", self._line)
        if end > CHILD_MAX:
            raise Refused("ENV-TOO-LARGE", self._line, expected=str(CHILD_MAX))
        own = text[:end]
        return Child(
            self._offset, _size(own), self._line, own, None, tree(self.head, own, self._line)
        )

    def _finish(self) -> None:
        end = self._find(">")
        if self._window[self._pos : end].rstrip(" \t\r\n>") + ">" != self.head.end:
            raise Refused("ENV-MALFORMED", self._line, value=self._window[self._pos : end][:60])
        self._move(end - self._pos)
        while True:
            self._space()
            if self._pos >= len(self._window):
                return
            if not self._window.startswith(("<!--", "<?"), self._pos) or not self._skip_aside():
                raise Refused("ENV-MALFORMED", self._line, value=self._window[self._pos :][:20])

    def _read_head(self) -> Head:
        self._fill(HEAD_MAX)
        text = self._window[:HEAD_MAX]
        if not text.strip(" \t\r\n"):
            raise Refused("ENV-EMPTY" if self._ended else "ENV-HEAD-TOO-LARGE", 1)
        start = _root_start(text, final=self._ended)
        match = _START_TAG.match(text, start)
        if match is None:
            raise Refused("ENV-HEAD-TOO-LARGE" if len(text) >= HEAD_MAX else "ENV-TRUNCATED", 1)
        self._move(match.end())
        return _head(match)


def tree(head: Head, text: str, line: int) -> etree._Element:
    """One child as a tree, in the namespaces of its document. Raises Refused when malformed.

    Lines inside count from 1 at the child's first line. Comments and instructions are left out,
    so that a value is one text.
    """
    tag = " ".join(head.tag.split("\n")).replace("\r", " ")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(f"{tag}{text}{head.end}", parser)[0]
    except etree.XMLSyntaxError as error:
        at = line + max(0, (error.lineno or 1) - 1)
        raise Refused("ENV-MALFORMED", at, value=_reason(error)) from error


def _reason(error: etree.XMLSyntaxError) -> str:
    return str(error.msg or "").partition(", line")[0][:120]


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _malformed(error: expat.ExpatError, line: int) -> Refused:
    return Refused(
        "ENV-MALFORMED", line + max(0, error.lineno - 1), value=expat.ErrorString(error.code)
    )


class _Found(Exception):
    """Stops expat where the sought place is."""


def _root_start(text: str, *, final: bool) -> int:
    """Where the root's start tag begins. Raises Refused on a DOCTYPE or a malformed prolog."""
    parser = expat.ParserCreate("utf-8")
    at: list[int] = []

    def doctype(*_: object) -> None:
        raise Refused("ENV-DOCTYPE", parser.CurrentLineNumber)

    def start(*_: object) -> None:
        at.append(parser.CurrentByteIndex)
        raise _Found

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    raw = text.encode()
    try:
        parser.Parse(raw, final)
    except _Found:
        return len(raw[: at[0]].decode())
    except expat.ExpatError as error:
        raise _malformed(error, 1) from error
    raise Refused("ENV-HEAD-TOO-LARGE", 1)


def _head(match: re.Match[str]) -> Head:
    element = None
    closed = bool(match.group(3))
    prefix, _, name = match.group(1).rpartition(":")
    tag = match.group()[:-2] + ">" if closed else match.group()
    try:
        element = etree.fromstring(f"{tag}</{match.group(1)}>")
    except etree.XMLSyntaxError as error:
        raise Refused("ENV-MALFORMED", 1, value=_reason(error)) from error
    attributes = tuple((str(key), str(value)) for key, value in element.attrib.items())
    namespace = element.nsmap.get(prefix or None, "")
    return Head(tag, name, prefix, namespace or "", attributes, closed)


def _extent(head: Head, text: str, line: int) -> int | None:
    """How many characters the child at the start of `text` has; None when it does not end there.

    Raises Refused where it is not well-formed or passes a limit.
    """
    alone = _START_TAG.match(text)
    if alone is not None and alone.group(3):
        return alone.end()
    parser = expat.ParserCreate("utf-8")
    depth = 0
    closing = -1

    def start(_name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH_MAX:
            raise Refused("ENV-TOO-DEEP", _at(), expected=str(DEPTH_MAX))
        if len(attributes) > ATTRIBUTES_MAX:
            raise Refused("ENV-ATTRIBUTES", _at(), expected=str(ATTRIBUTES_MAX))

    def end(_name: str) -> None:
        nonlocal depth, closing
        depth -= 1
        if depth == 0:
            closing = parser.CurrentByteIndex
            raise _Found

    def _at() -> int:
        return line + parser.CurrentLineNumber - 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    raw = text.encode()
    try:
        parser.Parse(raw, False)
    except _Found:
        return len(raw[: raw.index(b">", closing) + 1].decode())
    except expat.ExpatError as error:
        raise _malformed(error, line) from error
    return None
