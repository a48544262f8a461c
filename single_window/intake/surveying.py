"""One document read to its end: is it well-formed, what is around its records, where are they."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from schemas.registry import Message, messages
from single_window.domain.findings import Finding, decision
from single_window.intake.checking import Checks, Result, is_record, message_of, prepared
from single_window.intake.envelopes import NATIONAL_RECORDS_MAX, Envelope, SignaturePolicy
from single_window.intake.markup import Head, Refused
from single_window.intake.reading import Reader

Texts = Callable[[], Iterable[str]]
"""Gives the text of a document from its start, as often as it is asked."""


@dataclass(slots=True)
class Cut:
    """A stretch of at most 100 records: where it lies in the text and how they are numbered."""

    first: int
    line: int
    offset: int
    end: int
    records: int = 1


@dataclass(slots=True)
class Survey:
    """What one reading of a document tells, apart from its records themselves.

    `findings` are about the message as a whole; with a reject among them nothing in it is filed.
    """

    head: Head
    message: Message
    findings: list[Finding]
    signed: bool
    sender: str
    tail: str
    records: int
    cuts: list[Cut] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether a fault around the records keeps all of them from being filed."""
        return decision(self.findings) == "reject"

    @property
    def guid(self) -> str:
        """The message's own number."""
        return dict(self.head.attributes).get("guid", "")


def survey(texts: Iterable[str], policy: SignaturePolicy, today: date | None = None) -> Survey:
    """Reads a document to its end. Raises Refused where it cannot be taken as a whole.

    With a day, the records of a message of at most 100 are checked on the way.
    """
    reader = Reader(texts)
    message = _known(reader.head)
    fast = prepared(reader, message)
    checks = Checks(message, fast, today) if today is not None else None
    envelope = Envelope(message, reader.head)
    cuts: list[Cut] = []
    results: list[Result] = []
    records = 0
    for child in reader.children():
        if not is_record(message, child):
            envelope.add(child)
            continue
        records += 1
        end = child.offset + child.length
        if cuts and cuts[-1].records < NATIONAL_RECORDS_MAX:
            cuts[-1].records += 1
            cuts[-1].end = end
        else:
            cuts.append(Cut(records, child.line, child.offset, end))
        if checks is not None and records <= NATIONAL_RECORDS_MAX:
            results.append(checks.result(records, child))
        elif results:
            results.clear()
    for line, text in reader.strays:
        envelope.stray(line, text)
    return Survey(
        head=reader.head,
        message=message,
        findings=envelope.findings(records, policy),
        signed=envelope.signed,
        sender=envelope.sender,
        tail="".join(envelope.kept),
        records=records,
        cuts=cuts,
        results=results,
    )


def judge(texts: Texts, policy: SignaturePolicy, today: date) -> tuple[Survey, Iterable[Result]]:
    """A document's survey and the results of its records, in constant memory.

    A message of at most 100 records is read once, a longer one twice: only its end tells that it
    is well-formed, and nothing of a document that is not may be used.
    """
    found = survey(texts(), policy, today)
    if found.results or not found.records:
        return found, found.results
    reader = Reader(texts())
    checks = Checks(found.message, prepared(reader, found.message), today)
    children = (child for child in reader.children() if is_record(found.message, child))
    return found, (checks.result(at, child) for at, child in enumerate(children, 1))


def _known(head: Head) -> Message:
    message = message_of(head)
    if message is not None:
        return message
    if head.name in messages():
        expected = messages()[head.name].namespace
        raise Refused("ENV-NAMESPACE", 1, value=head.name, expected=expected)
    raise Refused("ENV-UNKNOWN-MESSAGE", 1, value=head.name[:80])
