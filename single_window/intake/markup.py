"""XML at its lowest: encodings, well-formedness, and where an element ends.

Untrusted bytes are looked at here and nowhere else. No document type, no entity but the five that
XML itself has, no network; depth, attributes and sizes have limits; nothing is ever recovered.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.parsers import expat

from lxml import etree

HEAD_MAX = 64 * 1024
"""Characters before the first record: prolog, comments and the start tag of the root."""
CHILD_MAX = 1024 * 1024
"""Characters of one record or part. The largest national record is about 100 KB."""
WHOLE_MAX = 8 * CHILD_MAX
"""Characters of a message that is one record, which may carry pictures of 1 MB in base64."""
DEPTH_MAX = 32
"""Elements within elements. The national messages need five, a signature eight."""
ATTRIBUTES_MAX = 32
"""Attributes of one element. The national messages need two."""

_DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z][\w.:-]*)["']""")
START_TAG = re.compile(
    r"""<([^\s/><'"=]+)((?:\s+[^\s=/><'"]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(/?)>"""
)
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_NO_CHARSET = {"utf-7", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}
"""Codecs that Python has and that are no encoding of a document."""
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
    if not getattr(found, "_is_text_encoding", True) or found.name in _NO_CHARSET:
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


def tree(head: Head, text: str, line: int) -> etree._Element:
    """One child as a tree, in the namespaces of its document. Raises Refused when malformed.

    Lines inside count from 1 at the child's first line. Comments and instructions are left out,
    so that a value is one text.
    """
    tag = " ".join(head.tag.split("\n")).replace("\r", " ")
    try:
        return etree.fromstring(f"{tag}{text}{head.end}", _parser())[0]
    except etree.XMLSyntaxError as error:
        at = line + max(0, (error.lineno or 1) - 1)
        raise Refused("ENV-MALFORMED", at, value=_reason(error)) from error


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )


def _reason(error: etree.XMLSyntaxError) -> str:
    return str(error.msg or "").partition(", line")[0][:120]


def malformed(error: expat.ExpatError, line: int) -> Refused:
    return Refused(
        "ENV-MALFORMED", line + max(0, error.lineno - 1), value=expat.ErrorString(error.code)
    )


class _Found(Exception):
    """Stops expat where the sought place is."""


def root_start(text: str, *, final: bool) -> int | None:
    """Where the root's start tag begins, None where it is not in the text yet.

    Raises Refused on a DOCTYPE or a malformed prolog.
    """
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
        raise malformed(error, 1) from error
    return None


def head_of(match: re.Match[str]) -> Head:
    element = None
    closed = bool(match.group(3))
    prefix, _, name = match.group(1).rpartition(":")
    tag = match.group()[:-2] + ">" if closed else match.group()
    try:
        element = etree.fromstring(f"{tag}</{match.group(1)}>", _parser())
    except etree.XMLSyntaxError as error:
        raise Refused("ENV-MALFORMED", 1, value=_reason(error)) from error
    attributes = tuple((str(key), str(value)) for key, value in element.attrib.items())
    namespace = element.nsmap.get(prefix or None, "")
    return Head(tag, name, prefix, namespace or "", attributes, closed)


def extent(head: Head, text: str, line: int) -> int | None:
    """How many characters the child at the start of `text` has; None when it does not end there.

    Raises Refused where it is not well-formed or passes a limit.
    """
    alone = START_TAG.match(text)
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
        raise malformed(error, line) from error
    return None
