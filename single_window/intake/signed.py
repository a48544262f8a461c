"""The signature of a message that was read: verified once, as its sender's policy asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from single_window.domain.findings import Finding, Severity
from single_window.intake.envelopes import NATIONAL_RECORDS_MAX
from single_window.intake.surveying import Survey
from single_window.signatures.certificates import trusted
from single_window.signatures.policies import SignaturePolicy
from single_window.signatures.steps import code_of, words_of
from single_window.signatures.verifying import Report, Step, verify

SIGNED_BYTES_MAX = 32 * 1024 * 1024
"""A signed message is read whole, and its tree takes some eight times its size. 100 of the largest
national records are a third of this."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of signatures: the policy, the day of law, and whom the operator trusts.

    `refuses` is False where nobody's policy is known: what does not hold is then only told.
    """

    policy: SignaturePolicy
    day: date
    trusted_folder: Path | None = None
    refuses: bool = True


def examine(survey: Survey, text: Iterable[bytes], terms: Terms) -> None:
    """Verifies a signed message over the text it was read from (UTF-8), and adds what is found.

    An unsigned one costs nothing. One of too many records is refused for that already.
    """
    if not survey.signed:
        return
    about = {"policy": terms.policy}
    if terms.policy == "ignored" or survey.records > NATIONAL_RECORDS_MAX:
        survey.signature = about | {"valid": None, "failed": None, "steps": []}
        return
    document = _whole(text)
    if document is None:
        report = Report([Step("readable", "failed", expected=str(SIGNED_BYTES_MAX))])
    else:
        report = verify(document, day=terms.day, anchors=trusted(terms.trusted_folder))
    survey.signature = about | report.as_dict()
    survey.findings += _findings(report, survey.message.name, refuses=terms.refuses)


def _whole(text: Iterable[bytes]) -> bytes | None:
    parts, size = [], 0
    for block in text:
        size += len(block)
        if size > SIGNED_BYTES_MAX:
            return None
        parts.append(block)
    return b"".join(parts)


def _findings(report: Report, message: str, *, refuses: bool) -> list[Finding]:
    """The first step that failed, under its national code; each doubt besides."""
    found = []
    if report.failed is not None:
        code = code_of(report.failed.step, message)
        found.append(_finding(report.failed, code, "reject" if refuses else "warn"))
    for step in report.warned:
        unasked = step.step == "chain"  # nobody was named to vouch; one who does not would fail
        code = "ENV-SIGNATURE-CHAIN" if unasked else "ENV-SIGNATURE-DOUBT"
        found.append(_finding(step, code, "warn"))
    return found


def _finding(step: Step, code: str, severity: Severity) -> Finding:
    words = words_of(step.step)
    return Finding(
        "envelope",
        code,
        severity,
        value=step.found,
        expected=step.expected,
        args=(("step", step.step), ("step_zh", words["zh"]), ("step_en", words["en"])),
    )
