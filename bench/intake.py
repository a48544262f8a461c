"""From bytes to findings in memory, beside the cheapest reading that there is of the same bytes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

from lxml import etree

from bench import material, parts
from schemas import registry
from single_window.domain.findings import decision
from single_window.intake.markup import decoded, encoding_of
from single_window.intake.surveying import Judging

ROUNDS = 5
NATIONAL = 100
"""Records that a national message may hold."""


def measure(count: int, *, rounds: int = ROUNDS) -> dict[str, Any]:
    """Floor and intake over the same bytes, in national messages and in one long message."""
    chosen = material.made(count)
    return {
        "records": len(chosen),
        "national messages of 100": _compared(material.inventories(chosen, NATIONAL), rounds),
        "one message, unsigned": _compared(material.inventories(chosen, len(chosen)), rounds),
        "all modes, mixed": _compared(material.mixed(count, NATIONAL), rounds),
        "where the time goes": parts.shares(material.inventories(chosen[:2000], NATIONAL)),
    }


def _compared(given: material.Inventories, rounds: int) -> dict[str, Any]:
    """Interleaved rounds, in processor time: what else the machine does falls on both alike."""
    ways: Mapping[str, Callable[[], dict[str, int] | None]] = {
        "floor": lambda: floor(given.messages),
        "intake": lambda: intake(given),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    decided: dict[str, int] | None = None
    for number in range(rounds + 1):
        for name, run in ways.items():
            begun = time.process_time()
            decided = run() or decided
            if number:  # the first round only warms up
                took[name].append(time.process_time() - begun)
    ratios = [a / b for a, b in zip(took["intake"], took["floor"], strict=True)]
    return {
        "messages": len(given.messages),
        "bytes_per_record": given.size // given.records,
        **{f"{name}_us": _us(times, given.records) for name, times in took.items()},
        **{f"{name}_per_s": _rate(times, given.records) for name, times in took.items()},
        "ratio": round(statistics.median(ratios), 2),
        "ratio_lowest": round(min(ratios), 2),
        "ratio_highest": round(max(ratios), 2),
        "decisions": decided,
    }


def _us(times: Sequence[float], records: int) -> float:
    return round(statistics.median(times) / records * 1_000_000, 1)


def _rate(times: Sequence[float], records: int) -> int:
    return round(records / statistics.median(times))


def floor(messages: Sequence[bytes]) -> None:
    """Parses every record and throws it away: nobody who uses lxml can do less."""
    tag = f"{{{registry.message(material.INVENTORY).namespace}}}Inventory"
    for body in messages:
        for _, element in etree.iterparse(BytesIO(body), tag=tag):
            element.clear()


def intake(given: material.Inventories) -> dict[str, int]:
    """Everything up to the findings: reading, schema, codes, rules, tax, and the other papers."""
    decided = dict.fromkeys(("accept", "warn", "hold", "reject"), 0)
    for body in given.messages:
        texts = decoded(material.cut(body), encoding_of(body[:1024]))
        judging = Judging(texts, "checked", material.DAY)
        name = judging.message.name
        for result in judging:
            found, regime = result.findings, result.regime
            if result.record is not None and regime is not None:
                facts = regime.facts(name, result.record)
                papers = given.papers.get(facts["orderNo"], {})
                matched = regime.match({**papers, name: facts})
                if matched.findings:
                    found = [*found, *matched.findings]
            word = decision(found)
            decided[word] += 1
            if word in {"hold", "reject"}:  # these are read by somebody, with their lines
                result.lined()
    return decided
