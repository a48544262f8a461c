"""Figures as bars: where each is drawn, on a wide page and a narrow one; no script is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from single_window.web.pictures import wrapped

_WIDE, _NARROW = 1060, 340
_BAR, _GAP, _LINE, _BETWEEN = 16, 3, 19, 12
_FONT = 13
_FIGURE_ROOM = 104
"""What a figure beside the longest bar needs."""
_TALL, _TOP, _FOOT = 220, 8, 24
_COLUMNS_MOST = 12
"""More months than that stand better below each other."""


class Part(NamedTuple):
    """One bar to be drawn: of which flow, how much, as what it is written, and where it leads.

    What may not be shown has no length and no link, and says so.
    """

    flow: str
    usd: Decimal
    said: str
    link: str


@dataclass(frozen=True, slots=True)
class Group:
    """Bars that belong together: of one month, one service."""

    title: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar in its place; `below` is one of less than nothing."""

    part: Part
    x: int
    y: int
    width: int
    height: int

    @property
    def below(self) -> bool:
        """Whether more came back than went."""
        return self.part.usd < 0


class Text(NamedTuple):
    """Words beside bars: their place and where of them that is (start, middle, end)."""

    text: str
    kind: str
    x: int
    y: int
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Chart:
    """All bars and words of a chart, and how large it is."""

    name: str
    width: int
    height: int
    bars: tuple[Bar, ...]
    texts: tuple[Text, ...]
    base: int | None = None


def charts(groups: Sequence[Group], *, upright: bool = False) -> tuple[Chart, Chart]:
    """The chart for a wide page and for a narrow one; `upright` has the bars stand where wide."""
    stands = upright and len(groups) <= _COLUMNS_MOST
    return _columns(groups) if stands else _lines("wide", groups, _WIDE), _lines(
        "tall", groups, _NARROW
    )


def _most(groups: Sequence[Group]) -> Decimal:
    return max((abs(part.usd) for group in groups for part in group.parts), default=Decimal(0))


def _length(usd: Decimal, most: Decimal, room: int) -> int:
    """How long a bar is; a figure that is there can be seen."""
    return max(2, int(abs(usd) / most * room)) if most and usd else 0


def _lines(name: str, groups: Sequence[Group], width: int) -> Chart:
    bars: list[Bar] = []
    texts: list[Text] = []
    most, y = _most(groups), 0
    for group in groups:
        for line in wrapped(group.title, (width - 4) / _FONT):
            y += _LINE
            texts.append(Text(line, "name", 2, y - 5))
        for part in group.parts:
            long = _length(part.usd, most, width - _FIGURE_ROOM)
            bars.append(Bar(part, 2, y, long, _BAR))
            texts.append(Text(part.said, f"figure {part.flow}", long + 8, y + _BAR - 3))
            y += _BAR + _GAP
        y += _BETWEEN
    return Chart(name, width, max(y, 1), tuple(bars), tuple(texts))


def _columns(groups: Sequence[Group]) -> Chart:
    bars: list[Bar] = []
    texts: list[Text] = []
    most = _most(groups)
    pitch = _WIDE // max(len(groups), 1)
    base = _TOP + _TALL
    for at, group in enumerate(groups):
        middle = at * pitch + pitch // 2
        texts.append(Text(group.title, "by", middle, base + _FOOT - 8, "middle"))
        one = min(46, (pitch - 12) // max(len(group.parts), 1))
        x = middle - one * len(group.parts) // 2
        for part in group.parts:
            tall = _length(part.usd, most, _TALL)
            bars.append(Bar(part, x + 1, base - tall, one - 2, tall))
            x += one
        said = [Text(part.said, f"figure {part.flow}", middle, 0, "middle") for part in group.parts]
        texts += [
            text._replace(y=base + _FOOT + _LINE * row - 5) for row, text in enumerate(said, 1)
        ]
    rows = max((text.y for text in texts), default=base + _FOOT) + 8
    return Chart("wide", _WIDE, rows, tuple(bars), tuple(texts), base)
