"""Personal values as those may see them who only need to recognise them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from schemas import registry
from single_window.domain.findings import Finding

_NOT_PERSONAL = frozenset({"paper", "label"})
"""Values beside a finding that name a kind of paper or field, never a person."""


def mask(value: str) -> str:
    """A personal value with its middle hidden: enough to recognise, not to use."""
    if len(value) <= 2:
        return value[:1] + "*"
    keep = 1 if len(value) < 8 else 3
    return value[:keep] + "*" * (len(value) - 2 * keep) + value[-keep:]


def masked(findings: Iterable[Finding], message: str) -> Iterator[Finding]:
    """The findings for a reader who did not file: what they say of a person is masked."""
    for finding in findings:
        if not _is_personal(message, finding):
            yield finding
            continue
        yield replace(
            finding,
            value=_hidden(finding.value),
            expected=_expected(finding),
            args=tuple(
                (name, value if name in _NOT_PERSONAL else _hidden(value))
                for name, value in finding.args
            ),
        )


def _expected(finding: Finding) -> str:
    """What a schema expects is the same for everybody; a rule may expect another paper's value."""
    return finding.expected if finding.family == "schema" else _hidden(finding.expected)


def _hidden(value: str) -> str:
    return mask(value) if value else ""


def _is_personal(message: str, finding: Finding) -> bool:
    for name in (message, dict(finding.args).get("paper", "")):
        try:
            return registry.message(name).field(finding.path).personal
        except KeyError:
            continue
    return False
