"""Where the intake's time goes: each part of it over the same records, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench import material
from schemas import fastread, registry
from single_window import regimes
from single_window.declarations.sources import sources
from single_window.domain.findings import decision
from single_window.domain.rules import Params
from single_window.intake.checking import prepared
from single_window.intake.markup import decoded
from single_window.intake.reading import Reader
from single_window.intake.surveying import survey

Part = Callable[[], object]


def shares(given: material.Inventories) -> dict[str, float]:
    """Microseconds per record of each part; they overlap a little and leave out the glue."""
    texts = [body.decode() for body in given.messages]
    fast, matches = _matches(texts)
    records = [fast.record(found) for found in matches]
    p = regimes.load("ecommerce_import").in_force(material.DAY, sources())
    ways: dict[str, Part] = {
        "decode the bytes": lambda: [_decode(body) for body in given.messages],
        "read and check against the schema": lambda: [survey([text], "checked") for text in texts],
        "values out of the text": lambda: [fast.record(found) for found in matches],
        **_rules(records, p),
        **_papers(records, given),
    }
    return {name: _us(run, len(matches)) for name, run in ways.items()}


def _matches(texts: list[str]) -> tuple[fastread.Fast, list[fastread.Found]]:
    """The plain records; the others, few, go to the compiled schema and are not looked at here."""
    message = registry.message(material.INVENTORY)
    matches = []
    fast = None
    for text in texts:
        reader = Reader([text])
        fast = prepared(reader, message)
        matches += [child.match for child in reader.children() if child.match is not None]
    assert fast is not None
    return fast, matches


def _decode(body: bytes) -> None:
    for _ in decoded(material.cut(body), "utf-8"):
        pass


def _rules(records: list[dict[str, Any]], p: Params) -> dict[str, Part]:
    name = material.INVENTORY
    conditions, codes = p.conditions[name], p.codes[name]
    assess = p.assessments[name]
    ways: dict[str, Part] = {
        "conditions": lambda: [conditions.check(record, []) for record in records],
        "code lists": lambda: [codes.check(record, []) for record in records],
        "rules": lambda: [[rule(r, p) for rule in p.rules[name]] for r in records],
        "tax": lambda: [assess(record, p) for record in records],
    }
    return ways


def _papers(records: list[dict[str, Any]], given: material.Inventories) -> dict[str, Part]:
    regime = regimes.load("ecommerce_import")
    name = material.INVENTORY
    facts = [regime.facts(name, record) for record in records]
    trades = [
        {**given.papers[f["orderNo"]], name: f} for f in facts if f["orderNo"] in given.papers
    ]
    ways: dict[str, Part] = {
        "facts kept of a record": lambda: [regime.facts(name, record) for record in records],
        "match of the papers": lambda: [regime.match(papers) for papers in trades],
        "decision": lambda: [decision([]) for _ in records],
    }
    return ways


def _us(run: Part, records: int) -> float:
    best = min(_timed(run) for _ in range(3))
    return round(best / records * 1_000_000, 2)


def _timed(run: Part) -> float:
    begun = time.process_time()
    run()
    return time.process_time() - begun
