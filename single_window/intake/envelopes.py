"""What stands around the records: root attributes, transfer, subscriptions, signature."""

from __future__ import annotations

from collections import Counter

from lxml import etree

from schemas import registry
from schemas.registry import Message, Part
from single_window.declarations.subscriptions import Asked, is_known
from single_window.domain.findings import Finding, Severity
from single_window.intake.explaining import explain_part, fault_of
from single_window.intake.markup import Head
from single_window.intake.reading import Child
from single_window.signatures.policies import SignaturePolicy

NATIONAL_RECORDS_MAX = 100
"""Records of one national message; edition 202205."""
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


class Envelope:
    """Judges one message apart from its records. Feed it the parts, then ask for the findings."""

    def __init__(self, message: Message, head: Head) -> None:
        self._message = message
        self._head = head
        self._parts: Counter[str] = Counter()
        self._findings: list[Finding] = []
        self._known = {f"{{{part.namespace}}}{part.name}": part for part in message.parts}
        self.sender = ""
        self.kept: list[str] = []
        self.subscriptions: list[Asked] = []

    @property
    def signed(self) -> bool:
        """Whether the message carries a signature."""
        return self._parts["Signature"] > 0

    def add(self, child: Child) -> None:
        """Takes a child of the root that is not a record."""
        assert child.element is not None
        tag = str(child.element.tag)
        part = self._known.get(tag)
        if part is None:
            self._note("ENV-UNKNOWN-PART", child.line, value=tag[:120])
            return
        self._parts[part.name] += 1
        if not registry.part_gate(self._message.name, part.name).validate(child.element):
            self._findings += self._explained(part, child)
        if part.name == "Signature":
            return
        self.kept.append(child.text)
        if part.name == "BaseSubscribe":
            self._subscribe(child.element, part.namespace, child.line)
        if part.name == "BaseTransfer":
            self.sender = child.element.findtext(f"{{{part.namespace}}}copCode") or ""

    def _subscribe(self, element: etree._Element, namespace: str, line: int) -> None:
        own = f"{{{namespace}}}"
        status = element.findtext(f"{own}status") or ""
        asked = Asked(status, element.findtext(f"{own}dxpAddress") or "", line)
        self.subscriptions.append(asked)
        if not is_known(asked.status):
            self._findings.append(
                _envelope("ENV-SUBSCRIBE-STATUS", "warn", value=asked.status[:80], line=line)
            )

    def findings(self, records: int, policy: SignaturePolicy) -> list[Finding]:
        """Everything that is wrong around the records, once the message has been read."""
        found = [*self._attributes(), *self._findings]
        for part in self._message.parts:
            if part.name == "Signature":
                continue
            count = self._parts[part.name]
            if count < part.min:
                found.append(_envelope("ENV-PART-MISSING", expected=part.name))
            elif part.max is not None and count > part.max:
                found.append(
                    _envelope("ENV-PART-REPEATED", value=part.name, expected=str(part.max))
                )
        found += self._signature(policy)
        found += self._count(records)
        return found

    def _signature(self, policy: SignaturePolicy) -> list[Finding]:
        part = next((each for each in self._message.parts if each.name == "Signature"), None)
        if part is None:
            return []
        if self._parts["Signature"] > 1:
            return [_envelope("ENV-PART-REPEATED", value="Signature", expected="1")]
        if self._parts["Signature"] or policy == "ignored":
            return []
        if policy == "required":
            return [_envelope("ENV-UNSIGNED")]
        return [_envelope("ENV-UNSIGNED", "warn")] if part.min else []

    def _count(self, records: int) -> list[Finding]:
        most = self._message.records_max
        if records == 0:
            return [_envelope("ENV-NO-RECORD", expected=self._message.record)]
        if most is None or records <= most:
            return []
        cut = most == NATIONAL_RECORDS_MAX and not self._message.is_receipt
        if cut and not self.signed:
            return []
        code = "ENV-SIGNED-TOO-MANY" if cut else "ENV-TOO-MANY"
        return [_envelope(code, value=str(records), expected=str(most))]

    def _attributes(self) -> list[Finding]:
        if self._head.name != self._message.name:
            return []  # they are those of a package
        given = dict(self._head.attributes)
        there = {name.casefold() for name in given}
        spellings = Counter(field.name.casefold() for field in self._message.attributes)
        found = []
        for field in self._message.attributes:
            value = given.pop(field.name, None)
            if value is None:
                # Of an attribute that has two spellings, one has to be there.
                folded = field.name.casefold()
                if field.min_occurs or (spellings.pop(folded, 1) > 1 and folded not in there):
                    found.append(_envelope("ENV-ATTRIBUTE-MISSING", expected=field.name, line=1))
                continue
            code, expected = fault_of(field, value)
            if code:
                found.append(
                    _envelope("ENV-ATTRIBUTE", value=value[:80], expected=expected, line=1)
                )
        unknown = [name for name in given if not name.startswith(_XSI)]
        found += [_envelope("ENV-ATTRIBUTE-UNKNOWN", value=name[:80], line=1) for name in unknown]
        return found

    def _explained(self, part: Part, child: Child) -> list[Finding]:
        assert child.element is not None
        if part.field is None:
            gate = registry.part_gate(self._message.name, part.name)
            gate.validate(child.element)
            reason = gate.error_log[0].message if gate.error_log else ""
            return [_envelope("ENV-PART", value=part.name, expected=reason[:160], line=child.line)]
        return explain_part(part.field, child.element, part.namespace, child.line)

    def stray(self, line: int, text: str) -> None:
        """Notes text between the children of the root."""
        self._note("ENV-STRAY-TEXT", line, value=text[:40])

    def _note(self, code: str, line: int, value: str) -> None:
        self._findings.append(_envelope(code, value=value, line=line))


def _envelope(
    code: str,
    severity: Severity = "reject",
    *,
    value: str = "",
    expected: str = "",
    line: int | None = None,
) -> Finding:
    return Finding("envelope", code, severity, value=value, expected=expected, line=line)
