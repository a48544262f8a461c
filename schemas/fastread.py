"""A record read, checked and cut out of the text in one step, where it is plain enough.

Each record type of the schema becomes one regular expression (from its `Field` tree, so the XSD
stays the only truth). It accepts only a part of what the schema accepts: no attributes, comments,
references or control characters, numbers in their plain form. What it accepts is valid by
construction; whatever it does not accept goes to the compiled schema, which alone may refuse.
Measured on a CEB621 record with two lines: 13 microseconds, in place of 44 for parsing, validating
and reading out the tree. A property test holds both ways against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from schemas.fields import Field
from schemas.registry import message

Record = dict[str, Any]
"""Group name -> leaf -> text, or a list of such for a repeating group; a flat record has leaves.

A required leaf is always there, perhaps empty; an optional one only when it is not empty."""

_TEXT = r"[^<>&\x00-\x1f\x7f-\x9f\ufffe\uffff]"
_COLLAPSED = r"[^<>&\x00-\x20\x7f-\xa0\ufffe\uffff]"
_SPACE = r"[ \t\r\n]*+"
_CAPTURE = re.compile(r"(?<!\\)\((?!\?)")


@dataclass(frozen=True, slots=True)
class Fast:
    """The expression of one record type under one prefix, and how its groups become a record."""

    match: Callable[[str, int], re.Match[str] | None]
    record: Callable[[re.Match[str]], Record]


@dataclass(frozen=True, slots=True)
class _Part:
    """One group of the record: its leaves, and the expression of a line where it repeats."""

    name: str
    leaves: tuple[str, ...]
    line: re.Pattern[str] | None = None


@lru_cache(maxsize=256)
def compiled(name: str, prefix: str, spaced: bool) -> Fast | None:
    """The fast reader of a message's record, or None where its shape is too rich for one.

    `prefix` is the namespace prefix in force ("" for the default namespace), `spaced` allows
    white space between elements.
    """
    try:
        return _Builder(f"{prefix}:" if prefix else "", _SPACE if spaced else "").fast(
            message(name).record_field
        )
    except _TooRich:
        return None


class _TooRich(Exception):
    """A field has a facet that the plain form cannot promise to keep."""


class _Builder:
    def __init__(self, prefix: str, space: str) -> None:
        self._prefix = prefix
        self._space = space

    def fast(self, root: Field) -> Fast:
        flat = all(child.kind != "group" for child in root.children)
        pattern = f"<{self._prefix}{root.name}>"
        parts = []
        for group in (root,) if flat else root.children:
            body = "".join(self._leaf(leaf) for leaf in group.children)
            leaves = tuple(leaf.name for leaf in group.children)
            if flat:
                pattern += body
                parts.append(_Part(group.name, leaves))
                continue
            whole = self._wrapped(group.name, body)
            if group.max_occurs != 1:
                pattern += self._repeated(group, whole)
                parts.append(_Part(group.name, leaves, re.compile(whole)))
            elif group.min_occurs == 1:
                pattern += whole
                parts.append(_Part(group.name, leaves))
            else:
                raise _TooRich(group.name)
        pattern += f"{self._space}</{self._prefix}{root.name}>"
        return Fast(re.compile(pattern).match, _reader(flat, tuple(parts)))

    def _repeated(self, group: Field, line: str) -> str:
        high = "" if group.max_occurs is None else str(group.max_occurs)
        return f"((?:{_CAPTURE.sub('(?:', line)}){{{group.min_occurs},{high}}})"

    def _wrapped(self, name: str, body: str) -> str:
        space = self._space
        return f"{space}<{self._prefix}{name}>{body}{space}</{self._prefix}{name}>"

    def _leaf(self, leaf: Field) -> str:
        if leaf.kind == "group" or leaf.max_occurs != 1:
            raise _TooRich(leaf.path)
        value, may_be_empty = _value(leaf)
        name = self._prefix + leaf.name
        if leaf.min_occurs:
            return f"{self._space}<{name}>({value})</{name}>"
        if may_be_empty:
            full = f"<{name}(?:/>|></{name}>|>({value})</{name}>)"
        else:
            full = f"<{name}>({value})</{name}>"
        return f"(?:{self._space}{full})?"


def _value(leaf: Field) -> tuple[str, bool]:
    """The expression of a leaf's plain values, and whether an empty element is valid as well."""
    if leaf.fixed is not None:
        return re.escape(leaf.fixed), False
    if leaf.kind == "string":
        return _string(leaf)
    if leaf.kind == "decimal":
        return _decimal(leaf), False
    if leaf.kind not in {"int", "long"} or (leaf.min_value or 0) > 0:
        raise _TooRich(leaf.path)
    digits = min(leaf.total_digits or 9, _digits(leaf.min_value), _digits(leaf.max_value))
    return ("" if leaf.min_value == 0 else "-?") + f"[0-9]{{1,{digits}}}", False


def _decimal(leaf: Field) -> str:
    fraction = 5 if leaf.fraction_digits is None else leaf.fraction_digits
    whole = (leaf.total_digits or 18) - fraction
    if whole < 1 or leaf.min_value is not None or leaf.max_value is not None:
        raise _TooRich(leaf.path)
    return f"-?[0-9]{{1,{whole}}}" + (rf"(?:\.[0-9]{{1,{fraction}}})?" if fraction else "")


def _digits(bound: int | None) -> int:
    """How many digits a number may have and still be surely within the bound."""
    return 9 if not bound else min(9, max(1, len(str(abs(bound))) - 1))


def _string(leaf: Field) -> tuple[str, bool]:
    one = _COLLAPSED if leaf.white_space == "collapse" else _TEXT
    if leaf.length is not None:
        return f"{one}{{{leaf.length}}}", False
    low = leaf.min_length or 0
    high = "" if leaf.max_length is None else leaf.max_length
    if leaf.min_occurs:
        return f"{one}{{{low},{high}}}", False
    return f"{one}{{{max(low, 1)},{high}}}", low == 0


def _values(names: tuple[str, ...], found: tuple[str | None, ...]) -> Record:
    return {name: text for name, text in zip(names, found, strict=True) if text is not None}


def _reader(flat: bool, parts: tuple[_Part, ...]) -> Callable[[re.Match[str]], Record]:
    def record(match: re.Match[str]) -> Record:
        found = match.groups()
        if flat:
            return _values(parts[0].leaves, found)
        result: Record = {}
        at = 0
        for part in parts:
            if part.line is None:
                end = at + len(part.leaves)
                result[part.name] = _values(part.leaves, found[at:end])
            else:
                end = at + 1
                lines = part.line.finditer(found[at] or "")
                result[part.name] = [_values(part.leaves, line.groups()) for line in lines]
            at = end
        return result

    return record
