"""What rejects or holds a declaration, as words to look for: codes and fields, no values.

Findings are sealed, since they repeat values of the record. These words stand beside them in the
clear, so that the results of 100,000 records can be filtered without opening any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from single_window.domain.findings import Finding

_MOST = 40
"""Different faults of one record that are noted; a hostile record could have a thousand."""
_INDEX = re.compile(r"\[\d+\]")
_WORD = re.compile(r"[\w.-]+@[\w./-]*")


def noted(findings: Iterable[Finding]) -> str:
    """The faults among the findings, each once, with a space before and behind."""
    hard = [each for each in findings if each.severity != "warn"]
    if not hard:
        return ""
    found = dict.fromkeys(f"{each.code}@{_INDEX.sub('', each.path)}" for each in hard)
    words = [word for word in found if _WORD.fullmatch(word)][:_MOST]
    return f" {' '.join(words)} " if words else ""


def told(stored: str) -> list[tuple[str, str]]:
    """Code and path of each fault that was noted."""
    return [(code, path) for code, _, path in (word.partition("@") for word in stored.split())]


def sought(word: str) -> str:
    """What is contained in the noted faults of those that have this one: a code, or code@path."""
    return f" {word} " if "@" in word else f" {word}@"
