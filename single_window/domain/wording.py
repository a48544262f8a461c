"""The words of findings: read from tables in two languages, never built in code."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from single_window.domain.findings import Finding

COLUMNS = (
    "code",
    "family",
    "text_zh",
    "text_en",
    "remedy_zh",
    "remedy_en",
    "source",
    "certainty",
)
_NEEDED = ("code", "family", "text_zh", "text_en", "remedy_zh", "remedy_en")


@dataclass(frozen=True, slots=True)
class Text:
    """What one code says, what to do about it, and on which ground."""

    code: str
    family: str
    text_zh: str
    text_en: str
    remedy_zh: str
    remedy_en: str
    source: str
    certainty: str

    def names(self) -> frozenset[str]:
        """The values that the templates ask for."""
        parts = (self.text_zh, self.text_en, self.remedy_zh, self.remedy_en)
        return frozenset(
            name for part in parts for _, name, _, _ in Formatter().parse(part) if name
        )


class Wording:
    """All texts by code; an unlisted code is a KeyError, so that no silent finding exists."""

    def __init__(self, texts: dict[str, Text]) -> None:
        self._texts = texts

    @classmethod
    def load(cls, *paths: Path) -> Wording:
        """Read the tables; refuses a code listed twice and an empty text in either language."""
        texts: dict[str, Text] = {}
        for path in paths:
            with path.open(encoding="utf-8", newline="") as lines:
                for row in csv.DictReader(lines):
                    text = Text(*(row[name] or "" for name in COLUMNS))
                    if text.code in texts:
                        raise ValueError(f"{path.name}: code {text.code} is listed twice")
                    empty = [name for name in _NEEDED if not getattr(text, name).strip()]
                    if empty:
                        raise ValueError(f"{path.name}: {text.code} lacks {', '.join(empty)}")
                    texts[text.code] = text
        return cls(texts)

    def __getitem__(self, code: str) -> Text:
        return self._texts[code]

    def __contains__(self, code: object) -> bool:
        return code in self._texts

    def codes(self) -> frozenset[str]:
        """Every code that has words."""
        return frozenset(self._texts)

    def render(
        self, finding: Finding, *, label_zh: str = "", label_en: str = ""
    ) -> dict[str, str | int | None]:
        """The finding as shown and published; the path stands in where a field has no label."""
        text = self._texts[finding.code]
        values = dict(finding.args)
        values["value"] = finding.value
        values["expected"] = finding.expected
        zh = {**values, "label": label_zh or finding.path}
        en = {**values, "label": label_en or finding.path}
        return {
            "family": finding.family,
            "code": finding.code,
            "severity": finding.severity,
            "path": finding.path,
            "line": finding.line,
            "label_zh": label_zh,
            "label_en": label_en,
            "value": finding.value,
            "expected": finding.expected,
            "text_zh": text.text_zh.format_map(zh),
            "text_en": text.text_en.format_map(en),
            "remedy_zh": text.remedy_zh.format_map(zh),
            "remedy_en": text.remedy_en.format_map(en),
            "source": text.source,
        }
