"""The plan of a trade as a picture: where boxes and arrows go, on a wide page and a narrow one.

All of it is worked out here, so that the page needs no script; the template draws it as SVG.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from unicodedata import east_asian_width

from single_window.web import showing

SIGNS = {"good": "✓", "note": "!", "wait": "…", "bad": "✕", "busy": "→", "off": "–"}
_TONES = {
    "sent": "busy", "acknowledged": "busy", "pending": "busy", "failed": "wait", "kept": "wait",
    "absent": "wait",
}  # fmt: skip
_DONE = frozenset({"accepted", "released"})
_WIDE_BOX, _WIDE_GAP = 208, 48
_TALL_BOX, _TALL_GAP, _GUTTER = 316, 22, 26
_PAD, _LINE, _BETWEEN = 12, 19, 14
_NAME_PX, _WORD_PX = 15, 13
_LATIN, _LATIN_BOLD = 0.56, 0.66
"""Width of a latin letter in parts of the font size, a little more than most have."""


class Line(NamedTuple):
    """One line of text in a box: its class, and the place of its base line."""

    text: str
    kind: str
    y: int


@dataclass(frozen=True, slots=True)
class Box:
    """One step: where it is drawn, what stands in it."""

    step: Mapping[str, Any]
    tone: str
    lines: tuple[Line, ...]
    x: int
    y: int
    width: int
    height: int


class Arrow(NamedTuple):
    """From one box to another: the line, the head, and whether the way is free."""

    line: str
    head: str
    open: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """All boxes and arrows, and how large it is."""

    name: str
    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def tone(state: str) -> str:
    """How the state of a step is coloured; each tone has a sign as well."""
    return _TONES.get(state) or showing.tone(state)


def pictures(steps: Sequence[Mapping[str, Any]]) -> tuple[Picture, Picture]:
    """The picture for a wide page, from left to right, and for a narrow one, from top to bottom.

    Each step brings its words: `title`, `by` (the agency), and `word` (where it stands).
    """
    return _wide(steps), _tall(steps)


def _wide(steps: Sequence[Mapping[str, Any]]) -> Picture:
    columns: dict[int, list[int]] = {}
    for at, step in enumerate(steps):
        columns.setdefault(step["depth"], []).append(at)
    for column in columns.values():
        column.sort(key=lambda at: steps[at]["after"])  # what comes after the same stands together
    lines = [_lines(step, _WIDE_BOX) for step in steps]
    heights = [_height(each) for each in lines]
    total = max(_column(heights, column) for column in columns.values())
    boxes: list[Box] = [_NO_BOX] * len(steps)
    for place, depth in enumerate(sorted(columns)):
        x = 2 + place * (_WIDE_BOX + _WIDE_GAP)
        y = 2 + (total - _column(heights, columns[depth])) // 2
        for at in columns[depth]:
            boxes[at] = _box(steps[at], lines[at], x, y, _WIDE_BOX)
            y += heights[at] + _BETWEEN
    arrows = [_across(boxes[start], box) for box in boxes for start in box.step["after"]]
    width = len(columns) * (_WIDE_BOX + _WIDE_GAP) - _WIDE_GAP + 4
    return Picture("wide", width, total + 4, tuple(boxes), tuple(arrows))


def _column(heights: Sequence[int], column: Sequence[int]) -> int:
    return sum(heights[at] for at in column) + _BETWEEN * (len(column) - 1)


def _tall(steps: Sequence[Mapping[str, Any]]) -> Picture:
    boxes: list[Box] = []
    y = 2
    for step in steps:
        lines = _lines(step, _TALL_BOX)
        boxes.append(_box(step, lines, 2, y, _TALL_BOX))
        y += boxes[-1].height + _TALL_GAP
    arrows = []
    for at, box in enumerate(boxes):
        after = box.step["after"]
        if after == [at - 1]:
            arrows.append(_down(boxes[at - 1], box))
            continue
        arrows += [_around(boxes[start], box, at) for start in after]
    width = _TALL_BOX + _GUTTER + 4
    return Picture("tall", width, y - _TALL_GAP + 2, tuple(boxes), tuple(arrows))


def _box(step: Mapping[str, Any], lines: Sequence[tuple[str, str]], x: int, y: int, w: int) -> Box:
    told = tuple(
        Line(text, kind, y + _PAD + _LINE * (row + 1) - 5) for row, (text, kind) in enumerate(lines)
    )
    return Box(step, tone(step["state"]), told, x, y, w, _height(lines))


_NO_BOX = Box({}, "", (), 0, 0, 0, 0)


def _height(lines: Sequence[tuple[str, str]]) -> int:
    return len(lines) * _LINE + 2 * _PAD


def _lines(step: Mapping[str, Any], width: int) -> list[tuple[str, str]]:
    room = width - 2 * _PAD - 4
    word = f"{SIGNS[tone(step['state'])]} {step['word']}"
    return [
        *((text, "name") for text in wrapped(step["title"], room / _NAME_PX, _LATIN_BOLD)),
        *((text, "by") for text in wrapped(step["by"], room / _WORD_PX)),
        *((text, "word") for text in wrapped(word, room / _WORD_PX)),
    ]


def wrapped(text: str, width: float, latin: float = _LATIN) -> list[str]:
    """The text in lines of a width in parts of the font size; Chinese may break anywhere."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and _width(line + piece.rstrip(), latin) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


_NEVER_FIRST = "，。、；：）”！？"


def _pieces(text: str) -> list[str]:
    """What may not be broken: latin words with the blank behind them, single Chinese signs."""
    pieces: list[str] = []
    for sign in text:
        joins = pieces and (
            sign in _NEVER_FIRST
            or sign == " "
            or not (_is_wide(sign) or _is_wide(pieces[-1][-1]) or pieces[-1].endswith(" "))
        )
        if joins:
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def _is_wide(sign: str) -> bool:
    return east_asian_width(sign) in "WF"


def _width(text: str, latin: float) -> float:
    return sum(1.0 if _is_wide(sign) else latin for sign in text)


def _across(start: Box, end: Box) -> Arrow:
    x1, y1 = start.x + start.width, start.y + start.height // 2
    x2, y2 = end.x, end.y + end.height // 2
    half = _WIDE_GAP // 2
    line = f"M{x1} {y1} C{x1 + half} {y1} {x2 - half} {y2} {x2 - 8} {y2}"
    return Arrow(line, f"M{x2} {y2} l-9 -5 v10 z", _free(start, end))


def _down(start: Box, end: Box) -> Arrow:
    x, y1, y2 = start.x + start.width // 2, start.y + start.height, end.y
    return Arrow(f"M{x} {y1} V{y2 - 8}", f"M{x} {y2} l-5 -9 h10 z", _free(start, end))


def _around(start: Box, end: Box, number: int) -> Arrow:
    """By the gutter at the right; what leads to one box runs together there."""
    x, rail = start.x + start.width, start.x + start.width + _GUTTER - 4 - number % 2 * 8
    y1, y2 = start.y + start.height // 2, end.y + end.height // 2
    return Arrow(f"M{x} {y1} H{rail} V{y2} H{x + 8}", f"M{x} {y2} l9 -5 v10 z", _free(start, end))


def _free(start: Box, end: Box) -> bool:
    """Whether the way is open, or was: what is done has gone it, whatever came of its start."""
    return not _DONE.isdisjoint((start.step["state"], end.step["state"]))
