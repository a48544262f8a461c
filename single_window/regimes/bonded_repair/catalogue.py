"""The catalogues of what may be repaired in a comprehensive bonded zone (维修产品目录).

The announcements name goods; their own goods codes were not found, so a code here is a hint: one
that matches is good enough to go on, one of a chapter without any only asks for a look at the name.
Remanufacturing (再制造) has a catalogue of its own, of which none was found.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

_CHAPTER = 2


@dataclass(frozen=True, slots=True)
class Class:
    """A class of goods of a catalogue, with the goods codes that hint at it."""

    kind: str
    name_zh: str
    name_en: str
    prefixes: tuple[str, ...]
    own_group_only: bool
    valid_from: date
    source: str
    certainty: str


@cache
def classes() -> tuple[Class, ...]:
    """All classes, batch by batch."""
    path = Path(__file__).with_name("catalogue.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(_class(row) for row in csv.DictReader(lines))


def _class(row: Mapping[str, str]) -> Class:
    return Class(
        row["kind"], row["name_zh"], row["name_en"], tuple(row["hs_prefixes"].split(";")),
        row["own_group_only"] == "true", date.fromisoformat(row["valid_from"]), row["source"],
        row["certainty"],
    )  # fmt: skip


def hinted(hs: str, kind: str, day: date) -> Class | None:
    """The class that a goods code hints at on a day; None where none does."""
    for each in classes():
        if each.kind == kind and each.valid_from <= day and hs.startswith(each.prefixes):
            return each
    return None


def strange(hs: str, kind: str, day: date) -> bool:
    """True of a code of whose chapter (章) no class of the kind's catalogue knows any."""
    chapters = {
        prefix[:_CHAPTER]
        for each in classes()
        if each.kind == kind and each.valid_from <= day
        for prefix in each.prefixes
    }
    return bool(hs and chapters) and hs[:_CHAPTER] not in chapters
