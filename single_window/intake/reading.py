"""Bytes in, records out: one XML document read as a stream, in constant memory.

A document is a root with children: records and the parts around them. Plain records are matched,
checked and measured by one expression each (`schemas.fastread`); any other child is measured by
expat, which knows comments, CDATA and references, and becomes a small tree of its own. So bytes
are cut exactly, bad records are told apart from bad documents, and nothing is ever recovered.
Where the message itself is the record, its root is the one child.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.parsers import expat

from lxml import etree

from schemas import fastread
from single_window.intake.markup import (
    CHILD_MAX,
    HEAD_MAX,
    START_TAG,
    WHOLE_MAX,
    Head,
    Refused,
    extent,
    head_of,
    malformed,
    root_start,
    tree,
)

_BLOCK = 256 * 1024
_LOW_WATER = 64 * 1024

STRAYS_MOST = 5
"""Places of text between the records that are told; one is enough to refuse the message."""
_WHITE = re.compile(r"[ \t\r\n]*")
_ASIDES = (("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"))


def _no_match(_text: str, _at: int) -> None:
    """Matches nothing: for documents whose records are too rich for an expression."""


class Child(NamedTuple):
    """A child of the root: where it stands, and what it is in one of two forms."""

    offset: int
    length: int
    line: int
    text: str
    match: fastread.Found | None
    element: etree._Element | None


class Reader:
    """Reads one document. `head` is there from the start; `children()` gives the rest, once.

    `offset` counts UTF-8 bytes from the start of the text that was given (after a BOM), `line` is
    the number of its first line. `ahead`
    is how many characters it has in hand where there are so many, `block` how many more it takes
    at a time; what is read does not depend on either.
    """

    def __init__(
        self, texts: Iterable[str], *, line: int = 1, ahead: int = _LOW_WATER, block: int = _BLOCK
    ) -> None:
        self._texts = iter(texts)
        self._ahead = ahead
        self._block = block
        self._window = ""
        self._pos = 0
        self._line = line
        self._offset = 0
        self._ended = False
        self.strays: list[tuple[int, str]] = []
        self._fast: tuple[fastread.Fast, ...] = ()
        self._entire = False
        self._root = (0, 1, 0)
        self.head = self._read_head()

    @classmethod
    def inside(cls, head: Head, text: str, *, offset: int, line: int) -> Reader:
        """A reader of a stretch of children that an earlier reading has measured."""
        reader = cls.__new__(cls)
        reader._texts = iter(())
        reader._ahead, reader._block = _LOW_WATER, _BLOCK
        reader._window = text
        reader._pos = 0
        reader._line = line
        reader._offset = offset
        reader._ended = True
        reader.strays = []
        reader.head = head
        reader._fast = ()
        reader._entire = False
        reader._root = (0, line, offset)
        return reader

    def expect(self, fast: fastread.Fast | None) -> None:
        """Names the expression that the plain records of this document are matched with."""
        self._fast = (fast,) if fast else ()

    def expect_whole(self) -> None:
        """Goes back to the root's start tag: the root is the one record of this document.

        To be said before anything else is read.
        """
        self._pos, self._line, self._offset = self._root
        self._entire = True

    def spaced(self) -> bool:
        """Whether the first child has white space inside: the file was written for eyes."""
        self._fill(self._ahead)
        start = self._window.find(">", self._window.find("<", self._pos))
        return start >= 0 and self._window[start + 1 : start + 2] in {" ", "\n", "\r", "\t"}

    def children(self, *, whole: bool = True) -> Iterator[Child]:
        """Every child of the root in order.

        With `whole`, the end tag and the end of the document are read and checked as well.
        Raises Refused where the document is not well-formed or passes a limit.
        """
        if self._entire:
            yield self._step(self._slow_child())
        if self._entire or self.head.closed:
            self._nothing_more()
            return
        match = self._fast[0].match if self._fast else _no_match
        while True:
            self._space()
            while (found := match(self._window, start := self._pos)) is not None:
                text = self._window[start : found.end]
                child = Child(self._offset, len(text.encode()), self._line, text, found, None)
                self._pos = found.end
                self._offset += child.length
                self._line += text.count("\n")
                yield child
                if len(self._window) - found.end < self._ahead:
                    self._fill(self._ahead)
            self._space()
            if self._pos >= len(self._window):
                if whole:
                    raise Refused("ENV-TRUNCATED", self._line)
                return
            if match(self._window, self._pos) is not None:
                continue
            if self._window.startswith("</", self._pos):
                self._finish()
                return
            if not self._skip_aside():
                yield self._step(self._slow_child())

    def _step(self, child: Child) -> Child:
        self._move(len(child.text), child.length)
        return child

    def _move(self, characters: int, size: int | None = None) -> None:
        end = self._pos + characters
        self._line += self._window.count("\n", self._pos, end)
        self._offset += _size(self._window[self._pos : end]) if size is None else size
        self._pos = end

    def _fill(self, wanted: int) -> None:
        """Makes `wanted` characters available where the source has them."""
        if self._ended or len(self._window) - self._pos >= wanted:
            return
        parts = [self._window[self._pos :]]
        have = len(parts[0])
        while have < wanted + self._block:
            text = next(self._texts, None)
            if text is None:
                self._ended = True
                break
            parts.append(text)
            have += len(text)
        self._window, self._pos = "".join(parts), 0

    def _space(self) -> None:
        """Steps over white space; what follows it is then in hand."""
        while True:
            self._fill(self._ahead)
            match = _WHITE.match(self._window, self._pos)
            end = match.end() if match else self._pos
            if end == self._pos:
                return
            self._move(end - self._pos, end - self._pos)

    def _skip_aside(self) -> bool:
        """Steps over what is no element; text that belongs to none is noted in `strays`."""
        for opening, closing in _ASIDES:
            if self._window.startswith(opening, self._pos):
                end = self._find(closing)
                break
        else:
            if self._window[self._pos] == "<":
                return False
            end = self._find("<", keep=True)
        own = self._said(self._window[self._pos : end]).strip(" \t\r\n")
        if own and len(self.strays) < STRAYS_MOST:
            self.strays.append((self._line, own))
        self._move(end - self._pos)
        return True

    def _find(self, sign: str, *, keep: bool = False) -> int:
        wanted = self._ahead
        while True:
            at = self._window.find(sign, self._pos)
            if at >= 0:
                return at if keep else at + len(sign)
            if self._ended:
                raise Refused("ENV-TRUNCATED", self._line)
            if len(self._window) - self._pos > CHILD_MAX:
                raise Refused("ENV-TOO-LARGE", self._line, expected=str(CHILD_MAX))
            wanted *= 4
            self._fill(wanted)

    def _said(self, text: str) -> str:
        """The character data in a text between elements. Raises Refused when malformed."""
        parser = expat.ParserCreate("utf-8")
        said: list[str] = []
        parser.CharacterDataHandler = said.append
        try:
            parser.Parse(f"<a>{text}</a>".encode(), True)
        except expat.ExpatError as error:
            raise malformed(error, self._line) from error
        return "".join(said)

    def _slow_child(self) -> Child:
        wanted, most = self._ahead, WHOLE_MAX if self._entire else CHILD_MAX
        while True:
            text = self._window[self._pos : self._pos + wanted * 2]
            end = extent(self.head, text, self._line)
            if end is not None:
                break
            if len(text) >= most:
                raise Refused("ENV-TOO-LARGE", self._line, expected=str(most))
            wanted *= 4
            self._fill(wanted)
            if self._ended and len(text) >= len(self._window) - self._pos:
                raise Refused("ENV-TRUNCATED", self._line)
        if end > most:
            raise Refused("ENV-TOO-LARGE", self._line, expected=str(most))
        own = text[:end]
        return Child(
            self._offset, _size(own), self._line, own, None, tree(self.head, own, self._line)
        )

    def _finish(self) -> None:
        end = self._find(">")
        if self._window[self._pos : end].rstrip(" \t\r\n>") + ">" != self.head.end:
            raise Refused("ENV-MALFORMED", self._line, value=self._window[self._pos : end][:60])
        self._move(end - self._pos)
        self._nothing_more()

    def _nothing_more(self) -> None:
        """Reads what may stand behind the root. Raises Refused where there is more."""
        while True:
            self._space()
            if self._pos >= len(self._window):
                return
            aside = self._window.startswith(("<!--", "<?"), self._pos)
            if not aside or not self._skip_aside():
                raise Refused("ENV-MALFORMED", self._line, value=self._window[self._pos :][:20])

    def _read_head(self) -> Head:
        wanted = self._ahead
        while True:
            self._fill(wanted)
            text = self._window[:HEAD_MAX]
            whole = self._ended and len(self._window) <= HEAD_MAX
            if whole and not text.strip(" \t\r\n"):
                raise Refused("ENV-EMPTY", 1)
            start = root_start(text, final=whole)
            match = None if start is None else START_TAG.match(text, start)
            if match is not None:
                self._move(start or 0)
                self._root = (self._pos, self._line, self._offset)
                self._move(match.end() - self._pos)
                return head_of(match)
            if len(text) >= HEAD_MAX:
                raise Refused("ENV-HEAD-TOO-LARGE", 1)
            if whole:
                raise Refused("ENV-TRUNCATED", 1)
            wanted *= 4


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
