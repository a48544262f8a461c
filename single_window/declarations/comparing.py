"""The papers of a trade side by side, with what does not fit together marked in both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas import codes, registry
from schemas.fields import Field
from single_window import regimes
from single_window.declarations.masking import mask
from single_window.declarations.papers import opened
from single_window.domain.findings import Finding
from single_window.domain.matching import both
from single_window.domain.regime import Agreed, Regime
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store

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
    regime: str = ""


def compared(
    store: Store, row: AnyRow, facts: dict[str, Any], trade: Sequence[AnyRow]
) -> dict[str, Any]:
    """The papers that the reader may look at side by side, people masked, and what differs.

    Of several of a kind it is the last one that counts, as it is for the match. A paper that acts
    on another stands beside that one.
    """
    beside = _beside(regimes.of(row), row.message)
    others = {
        each.message: each
        for each in trade
        if each.seen and each.living_key is not None and each.message in beside
    }
    papers = [Paper(row.message, row.id, facts, row.outcome, regime=row.regime)] + [
        Paper(
            each.message,
            each.id,
            opened(store, each.sealed_facts),
            each.outcome,
            regime=each.regime,
        )
        for each in others.values()
    ]
    if len(papers) == 1:
        return {"papers": [], "rows": []}
    rows = side_by_side(papers, mismatches(papers))
    columns = [{"message": p.message, "id": p.id, "outcome": p.outcome} for p in papers]
    return {"papers": columns, "rows": rows}


def _beside(regime: Regime | None, message: str) -> frozenset[str]:
    """The messages whose papers stand beside one: what it acts on, else all that are compared."""
    if regime is None:
        return frozenset()
    if message in regime.acts:
        return frozenset(regime.acts[message].on)
    compared = {name for each in regime.hooks.agreed for name in (each.paper, each.other)}
    return frozenset(compared - {message})


def mismatches(papers: Sequence[Paper]) -> list[Finding]:
    """Where the papers do not agree, by the rules of the regime of the first."""
    regime = regimes.of(papers[0])
    if regime is None:
        return []
    first = papers[0].message
    facts = {paper.message: dict(paper.facts) for paper in papers}
    if first in regime.acts:
        return [*_unlike(regime, first, facts)]
    return list(regime.match(facts).findings)


def _unlike(
    regime: Regime, message: str, facts: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    """Where a paper that acts on another does not say what that one says."""
    for agreed in _agreed_by(regime, message):
        if agreed.other not in facts:
            continue
        value, wanted = (
            str(facts[name].get(path.rpartition("/")[2], ""))
            for name, path in (agreed[:2], agreed[2:4])
        )
        if value != wanted:
            sides = both(regime.labels, message, agreed.other, agreed.other_path)
            yield Finding("rule", agreed.code, "hold", agreed.path, value, wanted, sides)


Group = tuple[bool, str]
"""Fields that say the same thing in different papers: whether of a line, and under which name."""


def side_by_side(papers: Sequence[Paper], findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """One row for each fact, one cell for each paper: what differs first, then line by line.

    `together` marks the rows in which several papers speak, or the only one there is; `compared`
    those that a rule asks to agree, whose codes stand in `codes`. Lines go by their numbers.
    """
    said = [_said(paper.facts) for paper in papers]
    kin = _kin(papers, said)
    marked = _marked(papers, findings)
    rows: dict[tuple[int, str], list[tuple[int, Place]]] = {}
    for at, values in enumerate(said):
        for place in values:
            _, name = kin.group(papers[at].message, place)
            rows.setdefault((place[0], name), []).append((at, place))
    told = [_row(cells, papers, said, marked, kin) for cells in rows.values()]
    told = [row for row in told if row["label_zh"]]
    return sorted(told, key=lambda row: (not row["differs"], row["line"]))


def _said(facts: Mapping[str, Any]) -> dict[Place, str]:
    values: dict[Place, str] = {
        (0, name): text for name, text in facts.items() if isinstance(text, str) and text
    }
    for number, line in zip(_line_numbers(facts), facts.get("lines", ()), strict=True):
        values |= {(number, name): text for name, text in line.items() if text}
    return values


def _line_numbers(facts: Mapping[str, Any]) -> list[int]:
    """The numbers that the lines bear, or their places where those are no numbers or not unique."""
    lines = facts.get("lines", ())
    given = [str(line.get("gnum", "")).strip() for line in lines]
    fit = all(text.isascii() and text.isdecimal() and len(text) < 5 for text in given)
    numbers = [int(text) for text in given] if fit else []
    usable = len({*numbers}) == len(lines) and 0 not in numbers
    return numbers if usable else [*range(1, len(lines) + 1)]


@dataclass(slots=True)
class _Kin:
    """Which fields of which papers say the same thing, and the codes of what asks for it."""

    moved: dict[tuple[str, Group], Group]
    codes: dict[Group, dict[str, None]]

    def group(self, message: str, place: Place) -> Group:
        """The group of a field: that of its name, unless a rule compares it with another's."""
        own = (bool(place[0]), place[1])
        return self.moved.get((message, own), own)


def _kin(papers: Sequence[Paper], said: Sequence[Mapping[Place, str]]) -> _Kin:
    here = {
        (paper.message, (bool(line), name))
        for paper, values in zip(papers, said, strict=True)
        for line, name in values
    }
    kin = _Kin({}, {})
    for regime, agreed in _agreed(papers):
        ours = _group_of(regime, agreed.paper, agreed.path)
        theirs = _group_of(regime, agreed.other, agreed.other_path)
        if (agreed.paper, ours) not in here or (agreed.other, theirs) not in here:
            continue
        goal = kin.moved.get((agreed.other, theirs), theirs)
        if ours != goal and (agreed.paper, goal) not in here:
            kin.moved.setdefault((agreed.paper, ours), goal)
        if kin.moved.get((agreed.paper, ours), ours) == goal:
            kin.codes.setdefault(goal, {})[agreed.code] = None
    return kin


def _agreed(papers: Sequence[Paper]) -> Iterable[tuple[Regime, Agreed]]:
    owners = {regime.name: regime for each in papers if (regime := regimes.of(each)) is not None}
    return (
        (regime, agreed)
        for regime in owners.values()
        for agreed in (
            *regime.hooks.agreed,
            *(each for message in regime.acts for each in _agreed_by(regime, message)),
        )
    )


def _agreed_by(regime: Regime, message: str) -> Iterator[Agreed]:
    """What a paper that acts on another must say as that one does."""
    act = regime.acts[message]
    for other in act.on:
        head = f"{regime.owned[other].head}/".lstrip("/")
        for fact in act.agree:
            yield Agreed(message, act.prefix + fact, other, head + fact, act.differs.code)


def _group_of(regime: Regime, message: str, path: str) -> Group:
    group, _, name = path.rpartition("/")
    return bool(group) and group == regime.owned[message].lines, name


def _marked(papers: Sequence[Paper], findings: Iterable[Finding]) -> dict[tuple[str, Place], str]:
    """The fields in which papers disagree, on both sides, and the code that says so."""
    lines = {paper.message: _line_numbers(paper.facts) for paper in papers}
    facts = {paper.message: _facts_of(paper) for paper in papers}
    marked = {}
    for finding in findings:
        told = dict(finding.args)
        sides = ((told.get("paper"), finding.path), (told.get("other"), told.get("other_path", "")))
        for name, path in sides:
            where = _PLACE.search(path)
            if name and where:
                at, numbers = int(where[1] or 0), lines.get(name, [])
                number = numbers[at - 1] if 0 < at <= len(numbers) else at
                fact = facts.get(name, {}).get(where[2], where[2])
                marked[name, (number, fact)] = finding.code
    return marked


def _facts_of(paper: Paper) -> dict[str, str]:
    """The facts of a message by the names of its fields, where the two differ."""
    regime = regimes.of(paper)
    called = regime.hooks.called.get(paper.message, {}) if regime is not None else {}
    return {path.rpartition("/")[2]: fact for fact, path in called.items()}


def _row(
    cells: Sequence[tuple[int, Place]],
    papers: Sequence[Paper],
    said: Sequence[Mapping[Place, str]],
    marked: Mapping[tuple[str, Place], str],
    kin: _Kin,
) -> dict[str, Any]:
    places = dict(cells)
    fields = [_field(paper, places.get(at)) for at, paper in enumerate(papers)]
    codes_here = [marked.get((paper.message, places.get(at, _NOWHERE)), "")
                  for at, paper in enumerate(papers)]  # fmt: skip
    told = [
        _cell(paper, field, said[at].get(places.get(at, _NOWHERE), "")) | {"differs": bool(code)}
        for at, (paper, field, code) in enumerate(zip(papers, fields, codes_here, strict=True))
    ]
    first, place = cells[0]
    group = kin.group(papers[first].message, place)
    named = next((field for field in fields if field and field.name == group[1]), None)
    named = named or next((field for field in fields if field), None)
    differs = any(codes_here)
    shared = sum(bool(cell["value"]) for cell in told) > 1
    asked = kin.codes.get(group, {})
    return {
        "name": group[1],
        "line": place[0],
        "label_zh": named.label_zh if named else "",
        "label_en": named.label_en if named else "",
        "cells": told,
        "differs": differs,
        "together": differs or shared or len(papers) == 1,
        "compared": differs or (bool(asked) and shared),
        "codes": [*dict.fromkeys(code for code in codes_here if code)] or [*asked],
    }


_NOWHERE: Place = (-1, "")


def _cell(paper: Paper, field: Field | None, value: str) -> dict[str, Any]:
    if field is None or not value:
        return {"value": "", "name_zh": "", "name_en": ""}
    table = codes.table(field.code_list) if field.code_list in codes.names() else None
    return {
        "value": mask(value) if field.personal and not paper.whole else value,
        "name_zh": table.label(value, "zh") if table else "",
        "name_en": table.label(value, "en") if table else "",
    }


def _field(paper: Paper, place: Place | None) -> Field | None:
    regime = regimes.of(paper)
    if regime is None or place is None:
        return None
    owned = regime.owned[paper.message]
    group = owned.lines if place[0] else owned.head
    path = regime.hooks.called.get(paper.message, {}).get(place[1])
    path = path or (f"{group}/{place[1]}" if group else place[1])
    try:
        return registry.message(paper.message).field(path)
    except KeyError:
        return None
