"""The papers of one trade in one form: what they share is typed once, and spread to all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from single_window import regimes
from single_window.intake.forms import Values, lines_of, name_of
from single_window.intake.layouts import LayoutError, layout, layout_of, manifest
from single_window.intake.sums import new_line, recomputed

Papers = Mapping[str, Values]
"""The values of each paper by the name of its message."""


class Place(NamedTuple):
    """A field of one of the papers."""

    message: str
    path: str

    @classmethod
    def of(cls, text: str) -> Place:
        """The place that "MESSAGE/PATH" names. Raises LayoutError where there is none."""
        message, _, path = text.partition("/")
        if path not in layout(message).entries:
            raise LayoutError(f"there is no field {text}")
        return cls(message, path)

    @property
    def group(self) -> str:
        """The group of lines in which it stands, "" outside of lines."""
        form = layout(self.message)
        group, _, _ = self.path.rpartition("/")
        tables = (table.lines for table in form.tables())
        return next((t.path for t in tables if t is not None and t.path == group), "")

    def name(self, line: int | None = None) -> str:
        """The name of its value, in a line where it stands in lines."""
        if line is None or not self.group:
            return name_of(self.path)
        return f"{name_of(self.group)}.{line}.{self.path.rpartition('/')[2]}"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A section of what is typed once."""

    label_zh: str
    label_en: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """How a regime's trade is filled in on one page. The first place of a share is where."""

    papers: tuple[str, ...]
    label_zh: str
    label_en: str
    shared: tuple[tuple[Place, ...], ...]
    shelves: tuple[Shelf, ...]


@cache
def together(regime: str) -> Together | None:
    """The trade form of a regime, None where it has none."""
    told = manifest(regimes.load(regime)).get("trade")
    if told is None:
        return None
    return Together(
        tuple(told["papers"]),
        told["label_zh"],
        told["label_en"],
        tuple(tuple(map(Place.of, row)) for row in told["shared"]),
        tuple(
            Shelf(row["label_zh"], row["label_en"], tuple(map(Place.of, row["fields"])))
            for row in told["section"]
        ),
    )


def regimes_with_trades() -> list[str]:
    """The regimes whose trades can be filled in on one page."""
    return [name for name in regimes.all() if together(name) is not None]


Input = tuple[str, str]
"""A message and the name of a value in it."""


def followers(form: Together, papers: Papers) -> dict[Input, Input]:
    """The inputs that follow another and need not be shown, each with the one that it follows.

    One that says something of its own is none of them: the difference has to be seen.
    """
    found = {}
    for first, *others in form.shared:
        for line in _lines(first, papers):
            value = papers[first.message].get(first.name(line), "")
            for other in others:
                own = papers[other.message].get(other.name(line), "")
                if own in ("", value):
                    found[other.message, other.name(line)] = (first.message, first.name(line))
    return found


def spread(form: Together, before: Papers, typed: Papers, after: Papers) -> dict[str, Values]:
    """The papers with what they share carried to all of them, and totals brought up to date.

    `typed` is what came from the page: an input that was shown there, and differs, keeps its own.
    """
    result = {
        name: recomputed(layout_of(name, values), before.get(name, {}), values)
        for name, values in after.items()
    }
    for first, *others in form.shared:
        for line in _lines(first, result):
            value = result[first.message].get(first.name(line), "")
            for other in others:
                name = other.name(line)
                if not typed.get(other.message, {}).get(name):
                    _carry(result[other.message], other, line, value)
    return {
        name: recomputed(layout_of(name, values), before.get(name, {}), values)
        for name, values in result.items()
    }


def _lines(place: Place, papers: Papers) -> list[int | None]:
    if not place.group:
        return [None]
    return [*lines_of(papers[place.message], name_of(place.group))]


def _carry(values: Values, place: Place, line: int | None, value: str) -> None:
    """Puts a value into its place; a line that is not there yet is begun."""
    if line is not None and line not in lines_of(values, name_of(place.group)):
        made = new_line(layout_of(place.message, values), name_of(place.group), values)
        for name, default in made.items():
            values[f"{name_of(place.group)}.{line}.{name.rpartition('.')[2]}"] = default
    values[place.name(line)] = value


def twins(form: Together, message: str, group: str) -> list[tuple[str, str]]:
    """The tables (message, name of the group) that go line by line with this one; it is one."""
    found = {(message, group): None}
    for places in form.shared:
        own = [(place.message, name_of(place.group)) for place in places if place.group]
        if (message, group) in own:
            found |= dict.fromkeys(own)
    return [*found]


def carried(form: Together, papers: Papers, message: str) -> Values:
    """What another paper of the same trade is known to say, out of the papers that are there."""
    found: Values = {}
    for places in form.shared:
        for mine in (place for place in places if place.message == message):
            for other in (place for place in places if place.message in papers):
                for line in _lines(other, papers):
                    value = papers[other.message].get(other.name(line), "")
                    if value:
                        found.setdefault(mine.name(line), value)
    return found
