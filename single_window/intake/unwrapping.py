"""The transport envelope (DxpMsg, DxpMsgSv) opened: the business message inside, byte by byte.

The payload is the one large thing in an envelope. It is decoded as it streams by; what stands
around it is small, becomes a tree, and is judged by the envelope's schema.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Iterator, Sequence
from xml.parsers import expat

from lxml import etree

from schemas import registry
from single_window.domain.findings import Finding, Severity
from single_window.intake.archives import Document, spooled
from single_window.intake.markup import (
    ATTRIBUTES_MAX,
    CHILD_MAX,
    DEPTH_MAX,
    HEAD_MAX,
    Head,
    Refused,
    decoded,
    malformed,
)
from single_window.storage.files import FileStore

CARRIERS = ("DxpMsg", "DxpMsgSv")
"""The envelopes that carry a message; the platform's answer (DxpRep) carries none."""
FAULTS_MOST = 20
"""Faults of one envelope that are told."""
_SHOWN = 160
_BLOCK = 64 * 1024
_LINES_MOST = 65535
"""The highest line that a tree made by hand can note."""
_WHITE = b" \t\r\n"


class Wrapped(Refused):
    """What was read is an envelope: the message is inside. Where none is expected, a refusal."""

    def __init__(self, name: str) -> None:
        super().__init__("ENV-DXP-NESTED", 1, value=name)


def refuse_envelope(head: Head) -> None:
    """Raises Wrapped for the root of an envelope, Refused where its namespace is another."""
    if head.name not in CARRIERS:
        return
    expected = registry.envelopes()[head.name]
    if head.namespace != expected:
        raise Refused("ENV-NAMESPACE", 1, value=head.name, expected=expected)
    raise Wrapped(head.name)


class Opening:
    """Opens one envelope: iterating gives the message inside in blocks, in constant memory.

    Raises Refused where the envelope cannot be read or its payload is none. Once the blocks have
    been taken, `findings` tells what is wrong with the envelope all the same.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = texts
        self._tree: list[etree._Element] = []
        self._open: list[str] = []
        self._size = 0
        self._payload = _Payload()
        self._decoded: list[bytes] = []
        self._ready = 0
        self._faults: list[Finding] = []
        self._type = ""
        self._type_line: int | None = None
        self._parser = expat.ParserCreate("utf-8", "}")
        self._parser.buffer_text = True
        self._parser.buffer_size = _BLOCK
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def __iter__(self) -> Iterator[bytes]:
        fed = 0
        for text in self._texts:
            raw = text.encode()
            fed += len(raw)
            self._parse(raw)
            # What the parser holds back is one unfinished tag or comment; no true one is large.
            if fed - self._parser.CurrentByteIndex > CHILD_MAX + len(raw):
                raise Refused("ENV-DXP-LARGE", self._line(), expected=str(HEAD_MAX))
            if self._ready >= _BLOCK:
                yield self._taken()
        self._parse(b"", final=True)
        if self._decoded:
            yield self._taken()
        if not self._payload.given:
            raise Refused("ENV-DXP-NO-DATA", 1)
        self._judge()

    def findings(self, message: str) -> list[Finding]:
        """What is wrong with the envelope, when a message of this name has been found inside."""
        if self._type == message:
            return self._faults
        severity: Severity = "reject" if self._type else "warn"
        line = self._type_line
        told = Finding(
            "envelope", "ENV-DXP-TYPE", severity, value=self._type, expected=message, line=line
        )
        return [*self._faults, told]

    def _taken(self) -> bytes:
        block = b"".join(self._decoded)
        self._decoded.clear()
        self._ready = 0
        return block

    def _line(self) -> int:
        return self._parser.CurrentLineNumber

    def _parse(self, raw: bytes, *, final: bool = False) -> None:
        try:
            self._parser.Parse(raw, final)
        except expat.ExpatError as error:
            if final:
                raise Refused("ENV-TRUNCATED", error.lineno) from error
            raise malformed(error, 1) from error
        except ValueError as error:  # a name that no tree can hold
            raise Refused("ENV-MALFORMED", self._line(), value=str(error)[:_SHOWN]) from error

    def _doctype(self, *_: object) -> None:
        raise Refused("ENV-DOCTYPE", self._line())

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= DEPTH_MAX:
            raise Refused("ENV-TOO-DEEP", self._line(), expected=str(DEPTH_MAX))
        if len(attributes) > ATTRIBUTES_MAX:
            raise Refused("ENV-ATTRIBUTES", self._line(), expected=str(ATTRIBUTES_MAX))
        self._count(len(name) + sum(len(key) + len(value) for key, value in attributes.items()))
        element = etree.Element(
            _clark(name), {_clark(key): value for key, value in attributes.items()}
        )
        element.sourceline = min(self._line(), _LINES_MOST)  # type: ignore[misc] # the stub errs
        if self._open:
            self._tree[-1].append(element)
        self._tree.append(element)
        self._open.append(name.rpartition("}")[2])
        if self._at("TransInfo", "MsgType"):
            self._type_line = self._line()

    def _end(self, _name: str) -> None:
        if self._at("Data"):
            self._decode("", final=True)
        self._open.pop()
        if self._open:
            self._tree.pop()

    def _text(self, text: str) -> None:
        if self._at("Data"):
            self._decode(text)
            return
        self._count(len(text))
        if len(self._tree[-1]):
            self._tree[-1][-1].tail = (self._tree[-1][-1].tail or "") + text
        else:
            self._tree[-1].text = (self._tree[-1].text or "") + text
        if self._at("TransInfo", "MsgType"):
            self._type += text

    def _at(self, *path: str) -> bool:
        """Whether the open element is the one of this path in the envelope proper."""
        inner = self._open[1:] if self._open[:1] == ["DxpMsgSv"] else self._open
        return inner == ["DxpMsg", *path]

    def _count(self, characters: int) -> None:
        self._size += characters
        if self._size > HEAD_MAX:
            raise Refused("ENV-DXP-LARGE", self._line(), expected=str(HEAD_MAX))

    def _decode(self, text: str, *, final: bool = False) -> None:
        try:
            block = self._payload.end() if final else self._payload.take(text)
        except ValueError as error:
            raise Refused("ENV-DXP-BASE64", self._line()) from error
        if block:
            self._decoded.append(block)
            self._ready += len(block)

    def _judge(self) -> None:
        """Keeps what the schema says of the envelope, and lets go of its tree."""
        root = self._tree.pop()
        gate = registry.envelope_gate(etree.QName(root).localname)
        if not gate.validate(root):
            space = f"{{{etree.QName(root).namespace}}}"
            for error in list(gate.error_log)[:FAULTS_MOST]:
                about, _, reason = error.message.replace(space, "").partition(": ")
                name = about.removeprefix("Element ").strip("'")
                self._faults.append(
                    Finding(
                        *("envelope", "ENV-DXP-FORM", "reject"),
                        value=name[:_SHOWN],
                        expected=reason[:_SHOWN],
                        line=error.line or None,
                    )
                )


def laid_open(
    files: FileStore, spool: str, documents: Sequence[Document], envelopes: set[int], limit: int
) -> tuple[str, list[Document], dict[int, Opening]]:
    """A new spool in which the documents named by index have given way to what they carry."""
    opened: dict[int, Opening] = {}

    def entries() -> Iterator[tuple[str, Iterator[bytes]]]:
        for at, document in enumerate(documents):
            if at not in envelopes:
                yield document.entry, _as_it_came(files, spool, document)
                continue
            blocks = files.blocks(spool, document.text_offset, document.text_length)
            opened[at] = Opening(decoded(blocks, "utf-8"))
            yield document.entry, iter(opened[at])

    name, found = spooled(files, entries(), limit)
    return name, found, opened


def _as_it_came(files: FileStore, spool: str, document: Document) -> Iterator[bytes]:
    if document.refused is not None:
        raise document.refused
    yield from files.blocks(spool, document.raw_offset, document.raw_length)


class _Payload:
    """Decodes base64 piece by piece; raises ValueError for what is none.

    There is one payload: what a second one holds is left to the schema, which refuses it.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._ended = self._closed = False
        self.given = False

    def take(self, text: str) -> bytes:
        """The bytes of all the whole groups of four that there are by now."""
        if self._closed:
            return b""
        raw = self._rest + text.encode("ascii").translate(None, _WHITE)
        whole = len(raw) - len(raw) % 4
        self._rest = raw[whole:]
        if not whole:
            return b""
        if self._ended:
            raise ValueError("more than the end")
        self.given = True
        self._ended = raw[whole - 1 : whole] == b"="
        return binascii.a2b_base64(raw[:whole], strict_mode=True)

    def end(self) -> bytes:
        """Nothing more; raises ValueError where a group has begun."""
        if self._rest:
            raise ValueError("cut off")
        self._closed = True
        return b""


def _clark(name: str) -> str:
    return f"{{{name}" if "}" in name else name
