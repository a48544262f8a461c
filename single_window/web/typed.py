"""What a form sends: values brought into the form of the message, lines added, pasted, removed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from single_window.domain.findings import Finding
from single_window.intake.explaining import VALUE_SHOWN
from single_window.intake.forms import (
    Values,
    field_path,
    lines_of,
    renumbered,
    shape_of,
    shapes,
    strays,
)
from single_window.intake.layouts import Entry, Layout, Section
from single_window.intake.sums import new_line

UNKNOWN_MOST = 20
"""Unknown fields of one form that are told; one is enough to see that the page is not ours."""
PASTED_MOST = 2000
"""Rows taken from one paste: far more than any message has lines."""
_OWN = ("csrf", "lang")
_FREE = frozenset({"text", "note", "personal", "identifier"})
"""Kinds of fields that hold what was typed to the letter, blanks at its ends too."""
_IN_LINE = re.compile(r"(.+)\.([1-9][0-9]{0,5})(?:\.([^.]+))?")
_SIGNS = re.compile(r"[-/.:T\s]")


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the form of one message, and what in it the message does not have."""

    values: Values
    strays: list[Finding]


def read(layout: Layout, sent: Mapping[str, str], prefix: str = "") -> Typed:
    """The values that a form sent for this message; names that begin with "_" are the page's own.

    With a prefix only the names that carry it are meant.
    """
    own = {
        name[len(prefix) :]: text
        for name, text in sent.items()
        if name.startswith(prefix) and not name.startswith("_") and name not in _OWN
    }
    unknown = [found for found in strays(layout.message, own) if found.code == "FRM-UNKNOWN"]
    known = shapes(layout.message)
    values = {
        name: _tidy(layout.entry(field_path(name)), text)
        for name, text in own.items()
        if shape_of(name) in known
    }
    return Typed(values, unknown[:UNKNOWN_MOST])


def unplaced(sent: Mapping[str, str], prefixes: Iterable[str]) -> list[Finding]:
    """What was sent under a name that belongs to none of the papers of the page."""
    own = tuple(prefixes)
    names = [n for n in sent if not n.startswith(("_", *own)) and n not in _OWN]
    return [
        Finding("envelope", "FRM-UNKNOWN", "reject", value=f"{name} = {sent[name]}"[:VALUE_SHOWN])
        for name in names[:UNKNOWN_MOST]
    ]


def _tidy(entry: Entry, text: str) -> str:
    """A value as it is kept: codes and figures without blanks around them, days in digits only."""
    text = text.replace("\r\n", "\n")
    if entry.kind in _FREE:
        return text
    text = text.strip()
    if entry.kind not in ("day", "moment") or not text:
        return text
    digits = _SIGNS.sub("", text)
    wanted = 8 if entry.kind == "day" else 14
    if entry.kind == "moment" and len(digits) == 12:
        digits += "00"
    return digits if len(digits) == wanted and digits.isdecimal() else text


def changed(
    layout: Layout,
    values: Values,
    action: str,
    pasted: str = "",
    hidden: Collection[str] = (),
) -> tuple[Values, str]:
    """The values after an action on lines, and the name of the input to go on with.

    Actions: add:GROUP, copy:GROUP.N, delete:GROUP.N, paste:GROUP.N.FIELD. Others change nothing.
    A group within lines has their numbers in its name (`DecLists.DecList.2.DecControlModel`).
    Cells are pasted into the columns in their order on the page, without those that are `hidden`.
    """
    verb, _, text = action.partition(":")
    place = _place(layout, text)
    if place is None:
        return values, ""
    section, group, at, leaf = place
    match verb:
        case "add":
            return _added(layout, values, group)
        case "copy" if at in lines_of(values, group):
            return _copied(layout, values, group, at)
        case "delete":
            order = [each for each in lines_of(values, group) if each != at]
            return renumbered(values, group, order), ""
        case "paste":
            leaves = [e.field.name for e in section.all if e.path not in hidden]
            return _pasted(layout, values, group, (at, leaf, leaves), pasted)
    return values, ""


def _place(layout: Layout, text: str) -> tuple[Section, str, int, str] | None:
    """The table that a place is in, the name of its group, the line and the field, if told."""
    readings = [(text, 0, "")]
    if found := _IN_LINE.fullmatch(text):
        readings.append((found[1], int(found[2]), found[3] or ""))
    tables = {s.lines.path: s for s in layout.tables() if s.lines is not None}
    for group, at, leaf in readings:
        section = tables.get(field_path(group))
        if section and shape_of(f"{group}.1.{section.all[0].field.name}") in shapes(layout.message):
            return section, group, at, leaf
    return None


def _added(layout: Layout, values: Values, group: str) -> tuple[Values, str]:
    made = new_line(layout, group, values)
    return values | made, _first(layout, group, lines_of(made, group)[0])


def _first(layout: Layout, group: str, at: int) -> str:
    """The first input of a line that is not its number."""
    section = layout.table(field_path(group))
    leaves = [entry.field.name for entry in section.all if entry.field.name != section.number]
    return f"{group}.{at}.{leaves[0] if leaves else section.number}"


def _copied(layout: Layout, values: Values, group: str, at: int) -> tuple[Values, str]:
    made = new_line(layout, group, values)
    to = lines_of(made, group)[0]
    own, number = f"{group}.{at}.", layout.table(field_path(group)).number
    copy = {
        f"{group}.{to}.{name[len(own) :]}": value
        for name, value in values.items()
        if name.startswith(own) and name != own + number
    }
    return values | made | copy, _first(layout, group, to)


def _pasted(
    layout: Layout,
    values: Values,
    group: str,
    place: tuple[int, str, list[str]],
    text: str,
) -> tuple[Values, str]:
    """Rows of a spreadsheet, put in from a line and column on; lines are added as needed."""
    line, column, leaves = place
    existing = lines_of(values, group)
    at = line or (existing[-1] + 1 if existing else 1)
    first = leaves.index(column) if column in leaves else 0
    result = dict(values)
    for row in _rows(text):
        if at not in lines_of(result, group):
            for name, default in new_line(layout, group, result).items():
                result[f"{group}.{at}.{name.rpartition('.')[2]}"] = default
        for leaf, cell in zip(leaves[first:], row, strict=False):
            entry = layout.entry(f"{field_path(group)}/{leaf}")
            result[f"{group}.{at}.{leaf}"] = _tidy(entry, cell)
        at += 1
    return result, f"{group}.{line or 1}.{leaves[first]}"


def _rows(text: str) -> Iterable[list[str]]:
    lines = text.replace("\r\n", "\n").strip("\n").split("\n")[:PASTED_MOST]
    return [line.split("\t") for line in lines if line.strip()]
