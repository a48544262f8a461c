"""A cross-check told at a glance: what a declaration and the papers tied to it say of one thing.

Values are shown to all who may look at the declaration: what is said of people has no place here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Words = tuple[str, str]
"""What something is called, in Chinese and in English."""


class Tied(NamedTuple):
    """A paper that belongs to a declaration or acts on it, as the reader may see it."""

    message: str
    key: str
    outcome: str
    facts: Mapping[str, Any]
    amounts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that several sides say something of; "" for a side that says nothing.

    `agrees` is None where there is nothing to compare; `code` names the finding where it does not.
    """

    label: Words
    sides: tuple[str, ...]
    agrees: bool | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Rows about one matter, with what their sides are called: two or three."""

    label: Words
    columns: tuple[Words, ...]
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        if any(len(row.sides) != len(self.columns) for row in self.rows):
            raise ValueError(f"{self.label[1]}: as many sides as columns")


@dataclass(frozen=True, slots=True)
class Report:
    """The whole of it: a title, one sentence that says how it stands, and the sections."""

    title: Words
    verdict: Words
    sections: tuple[Section, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing in it disagrees."""
        return not any(row.agrees is False for part in self.sections for row in part.rows)

    def told(self) -> dict[str, Any]:
        """The report as pages and the API show it."""
        return {
            **_both("title", self.title),
            **_both("verdict", self.verdict),
            "agrees": self.agrees,
            "sections": [
                {
                    **_both("label", part.label),
                    "columns": [_both("label", column) for column in part.columns],
                    "rows": [
                        {
                            **_both("label", row.label),
                            "sides": [*row.sides],
                            "agrees": row.agrees,
                            "code": row.code,
                        }
                        for row in part.rows
                    ],
                }
                for part in self.sections
            ],
        }


def _both(name: str, words: Words) -> dict[str, str]:
    return {f"{name}_zh": words[0], f"{name}_en": words[1]}
