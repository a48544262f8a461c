"""Stored findings and events in the two languages that they are shown in."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from schemas import codes, registry
from single_window import domain, regimes
from single_window.domain.findings import Finding
from single_window.domain.wording import Wording
from single_window.storage.store import Store

_SHARED = Path(codes.__file__).parent / "findings.csv"
_SHARED_CITATIONS = Path(domain.__file__).parent / "citations.csv"


@cache
def wording() -> Wording:
    """The words of every finding: the shared ones and those of each regime."""
    return Wording.load(_SHARED, *(regime.findings_csv for regime in regimes.all().values()))


@cache
def _citations() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for path in (_SHARED_CITATIONS, *(each.citations_csv for each in regimes.all().values())):
        with path.open(encoding="utf-8", newline="") as file:
            found |= {row["source"]: row["zh"] for row in csv.DictReader(file)}
    return found


def cited(source: str, language: str) -> str:
    """A legal source as it is quoted in a language; what has no other name stays as it is."""
    if language == "en":
        return source
    return "；".join(_citations().get(part, part) for part in source.split("; "))


def rendered(findings: Iterable[Finding], message: str) -> list[dict[str, Any]]:
    """Findings as shown and published, with the labels of the fields they speak of."""
    words = wording()
    result = []
    for finding in findings:
        zh, en = labels_of(message, finding.path)
        if not zh and (paper := dict(finding.args).get("paper")):
            zh, en = labels_of(paper, finding.path)
        result.append(words.render(finding, label_zh=zh, label_en=en))
    return result


def labels_of(message: str, path: str) -> tuple[str, str]:
    """What the field at a path is called, in Chinese and in English; "" where none is."""
    if not path or message not in registry.messages():
        return "", ""
    found = registry.message(message)
    try:
        field = found.field(path)
    except KeyError:
        first, _, rest = path.partition("/")
        part = next((each.field for each in found.parts if each.name == first), None)
        children = part.children if part else ()
        inner = next((child for child in children if child.name == rest), part)
        return (inner.label_zh, inner.label_en) if inner else ("", "")
    return field.label_zh, field.label_en


def findings_from(stored: bytes | str | None) -> list[Finding]:
    """Findings as they were stored."""
    if not stored:
        return []
    return [
        Finding(**(row | {"args": tuple(tuple(pair) for pair in row["args"])}))
        for row in orjson.loads(stored)
    ]


def opened_findings(store: Store, sealed: bytes | None) -> list[Finding]:
    """Sealed findings of a declaration."""
    return findings_from(store.vault.open(sealed)) if sealed else []


@cache
def _events() -> Mapping[tuple[str, str], tuple[str, str]]:
    path = Path(__file__).with_name("events.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["kind"], row["agency"]): (row["text_zh"], row["text_en"])
            for row in csv.DictReader(file)
        }


def event_text(kind: str, agency: str, code: str = "") -> tuple[str, str]:
    """What happened, in plain words of both languages; the agency's own wording goes first.

    Where an officer refused, the code is that of a reason, and the reason is told as well.
    """
    texts = _events()
    zh, en = texts.get((kind, agency)) or texts.get((kind, "")) or (kind, kind)
    reasons = codes.table(_REASONS)
    if kind in _REFUSALS and reasons.get(code):
        return f"{zh}：{reasons.label(code, 'zh')}", f"{en}: {reasons.label(code, 'en')}"
    return zh, en


_REASONS = "return-reason"
_REFUSALS = frozenset({"returned", "rejected"})
