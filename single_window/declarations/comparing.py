"""The papers of a trade side by side, with what does not fit together marked in both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas import codes, registry
from schemas.fields import Field
from single_window import regimes
from single_window.declarations.masking import mask
from single_window.domain.findings import Finding

_PLACE = re.compile(r"(?:\w+(?:\[(\d+)\])?/)?(\w+)$")
Place = tuple[int, str]
"""A field within a paper: the number of its line, 0 for the head, and its name."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper of a trade; `whole` when its reader may see what it says of people."""

    message: str
    id: int
    facts: Mapping[str, Any]
    outcome: str = ""
    whole: bool = False


def side_by_side(papers: Sequence[Paper], findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """One row for each field, one cell for each paper: what differs first, then line by line.

    `together` marks the rows in which several papers speak, or the only one there is.
    """
    marked = _marked(findings)
    said = [_said(paper.facts) for paper in papers]
    places = list(dict.fromkeys(place for values in said for place in values))
    rows = [_row(place, papers, said, marked) for place in places]
    rows = [row for row in rows if row["label_zh"]]
    return sorted(rows, key=lambda row: (not row["differs"], row["line"]))


def _said(facts: Mapping[str, Any]) -> dict[Place, str]:
    values: dict[Place, str] = {
        (0, name): text for name, text in facts.items() if isinstance(text, str) and text
    }
    for number, line in enumerate(facts.get("lines", ()), 1):
        values |= {(number, name): text for name, text in line.items() if text}
    return values


def _marked(findings: Iterable[Finding]) -> set[tuple[str, Place]]:
    """The fields in which papers disagree, on both sides."""
    marked = set()
    for finding in findings:
        told = dict(finding.args)
        sides = ((told.get("paper"), finding.path), (told.get("other"), told.get("other_path", "")))
        for name, path in sides:
            where = _PLACE.search(path)
            if name and where:
                marked.add((name, (int(where[1] or 0), where[2])))
    return marked


def _row(
    place: Place,
    papers: Sequence[Paper],
    said: Sequence[Mapping[Place, str]],
    marked: set[tuple[str, Place]],
) -> dict[str, Any]:
    fields = [_field(paper.message, place) for paper in papers]
    field = next((f for f, values in zip(fields, said, strict=True) if f and place in values), None)
    cells = [
        _cell(paper, each, values.get(place, "")) | {"differs": (paper.message, place) in marked}
        for paper, each, values in zip(papers, fields, said, strict=True)
    ]
    differs = any(cell["differs"] for cell in cells)
    shared = sum(bool(cell["value"]) for cell in cells) > 1
    return {
        "name": place[1],
        "line": place[0],
        "label_zh": field.label_zh if field else "",
        "label_en": field.label_en if field else "",
        "cells": cells,
        "differs": differs,
        "together": differs or shared or len(papers) == 1,
    }


def _cell(paper: Paper, field: Field | None, value: str) -> dict[str, Any]:
    if field is None or not value:
        return {"value": "", "name_zh": "", "name_en": ""}
    table = codes.table(field.code_list) if field.code_list in codes.names() else None
    return {
        "value": mask(value) if field.personal and not paper.whole else value,
        "name_zh": table.label(value, "zh") if table else "",
        "name_en": table.label(value, "en") if table else "",
    }


def _field(message: str, place: Place) -> Field | None:
    regime = regimes.owner(message)
    if regime is None:
        return None
    owned = regime.owned[message]
    group = owned.lines if place[0] else owned.head
    try:
        return registry.message(message).field(f"{group}/{place[1]}" if group else place[1])
    except KeyError:
        return None
