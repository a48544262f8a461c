"""A signature verified step by step: what each step found, and which one failed."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

from lxml import etree

from single_window.signatures.algorithms import DIGESTS, METHODS, digest, fits, same
from single_window.signatures.certificates import Holder, read, vouched
from single_window.signatures.profile import Broken, Parts, parsed, taken, the_signature
from single_window.signatures.steps import STEPS

Result = Literal["passed", "warned", "failed", "skipped"]
_CREDIT_CODE = 18
_TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One step, with what it looked at."""

    step: str
    result: Result
    found: str = ""
    expected: str = ""


@dataclass(slots=True)
class Report:
    """What the verification of one message says. `failed` names the first step that failed."""

    steps: list[Step] = field(default_factory=list)
    certificate: dict[str, str] | None = None
    key_name: str = ""
    method: str = ""
    digest_method: str = ""
    digest_claimed: str = ""
    digest_computed: str = ""

    @property
    def failed(self) -> Step | None:
        """The first step that failed, None where the signature is good."""
        return next((step for step in self.steps if step.result == "failed"), None)

    @property
    def warned(self) -> list[Step]:
        """Steps that leave a doubt."""
        return [step for step in self.steps if step.result == "warned"]

    def note(self, step: str, result: Result, found: str = "", expected: str = "") -> None:
        """Writes down what a step found."""
        self.steps.append(Step(step, result, found[:_TEXT_MAX], expected[:_TEXT_MAX]))

    def as_dict(self) -> dict[str, Any]:
        """The report as it is kept with the message."""
        failed = self.failed
        return {"valid": failed is None, "failed": failed.step if failed else None} | asdict(self)


def verify(document: bytes, *, day: date, anchors: Sequence[Holder] | None = None) -> Report:
    """Verifies the signature of a message (UTF-8) as of a day; never raises over what it says.

    Without `anchors` nobody vouches for the certificate, and the report says that it was not asked.
    """
    report = Report()
    try:
        root = parsed(document)
        report.note("readable", "passed")
        signature = the_signature(root)
        report.note("single", "passed")
        report.note("place", "passed")
        said = _said(root)
        parts = taken(root, signature)
    except Broken as broken:
        report.note(broken.step, "failed", broken.found, broken.expected)
        return _closed(report)
    report.note("shape", "passed")
    report.key_name, report.method = parts.key_name, parts.method
    holder = _certificate(report, parts)
    if holder is not None:
        _validity(report, holder, day)
    _digest(report, parts)
    if holder is not None:
        _value(report, parts, holder)
        _chain(report, holder, anchors, day)
        _number(report, parts, holder)
        _sender(report, holder, said)
    return _closed(report)


def _closed(report: Report) -> Report:
    """Every step in its order; what could not be looked at was skipped."""
    done = {step.step: step for step in report.steps}
    report.steps = [done.get(name, Step(name, "skipped")) for name in STEPS]
    return report


def _certificate(report: Report, parts: Parts) -> Holder | None:
    try:
        holder = read(parts.certificate)
    except ValueError as error:
        report.note("certificate", "failed", str(error))
        return None
    report.certificate = holder.told()
    report.note("certificate", "passed", holder.number)
    return holder


def _validity(report: Report, holder: Holder, day: date) -> None:
    term = f"{holder.valid_from} – {holder.valid_to}"
    report.note("validity", "passed" if holder.on(day) else "failed", term, day.isoformat())


def _digest(report: Report, parts: Parts) -> None:
    report.digest_method = parts.digest_method
    report.digest_claimed = base64.b64encode(parts.digest).decode()
    algorithm = DIGESTS.get(parts.digest_method)
    if algorithm is None:
        report.note("digest-method", "failed", parts.digest_method, " ".join(DIGESTS))
        return
    report.note("digest-method", "passed", parts.digest_method)
    computed = digest(algorithm, parts.content)
    report.digest_computed = base64.b64encode(computed).decode()
    agree = same(computed, parts.digest)
    result: Result = "passed" if agree else "failed"
    report.note("digest", result, report.digest_claimed, report.digest_computed)


def _value(report: Report, parts: Parts, holder: Holder) -> None:
    kind, algorithm = METHODS.get(parts.method, ("", None))
    if algorithm is None:
        report.note("method", "failed", parts.method, " ".join(METHODS))
        return
    if not holder.kind.startswith(kind):
        report.note("method", "failed", parts.method, holder.kind)
        return
    report.note("method", "passed", parts.method)
    good = fits(holder.key, algorithm, parts.value, parts.signed_info)
    report.note("value", "passed" if good else "failed")


def _chain(report: Report, holder: Holder, anchors: Sequence[Holder] | None, day: date) -> None:
    issuer = holder.certificate.issuer.rfc4514_string()
    if anchors is None:
        report.note("chain", "warned", issuer)
        return
    report.note("chain", "passed" if vouched(holder, anchors, day) else "failed", issuer)


def _number(report: Report, parts: Parts, holder: Holder) -> None:
    """The certificate's number should be its serial number, as the E-port's keys write it."""
    named = parts.key_name.lower().lstrip("0")
    agree = named in ("", holder.number.lstrip("0"))
    report.note("number", "passed" if agree else "warned", parts.key_name, holder.number)


# --- does the certificate belong to the sender -----------------------------------------------


@dataclass(frozen=True, slots=True)
class _Said:
    """Who transmits and who declares, as the message says: codes and names."""

    codes: frozenset[str]
    names: frozenset[str]


def _said(root: etree._Element) -> _Said:
    space = etree.QName(root).namespace
    return _Said(
        codes=frozenset(_texts(root, space, ("copCode", "agentCode"))),
        names=frozenset(_texts(root, space, ("copName", "agentName"))),
    )


def _texts(root: etree._Element, space: str | None, names: Iterable[str]) -> set[str]:
    tags = [f"{{{space}}}{name}" for name in names]
    return {(each.text or "").strip() for each in root.iter(*tags)} - {""}


def _sender(report: Report, holder: Holder, said: _Said) -> None:
    """The company of the certificate is the one that transmits or declares; a doubt if not."""
    named = " / ".join(sorted(said.names))
    own = " ".join((*holder.organisations, holder.company_code)).strip()
    if not own or not (said.names or said.codes):
        report.note("sender", "skipped", own, named)
        return
    within = {code[8:17] for code in said.codes if len(code) == _CREDIT_CODE}
    agree = holder.company_code in within or not said.names.isdisjoint(holder.organisations)
    report.note("sender", "passed" if agree else "warned", own, named)
