"""One document read to its end: is it well-formed, what is around its records, where are they."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schemas.registry import Message, messages
from single_window.declarations.subscriptions import Asked
from single_window.domain.findings import Finding, decision
from single_window.intake.checking import Checks, Opened, Result, is_record, opened
from single_window.intake.envelopes import NATIONAL_RECORDS_MAX, Envelope
from single_window.intake.markup import Head, Refused
from single_window.intake.packages import sender_in
from single_window.intake.reading import Reader
from single_window.intake.unwrapping import refuse_envelope
from single_window.signatures.policies import SignaturePolicy


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
    `signature` is the report on the signature, once it was looked at.
    """

    head: Head
    message: Message
    findings: list[Finding]
    signed: bool
    sender: str
    tail: str
    records: int
    cuts: list[Cut] = field(default_factory=list)
    subscriptions: list[Asked] = field(default_factory=list)
    signature: dict[str, Any] | None = None

    @property
    def refused(self) -> bool:
        """Whether a fault around the records keeps all of them from being filed."""
        return decision(self.findings) == "reject"

    @property
    def guid(self) -> str:
        """The message's own number."""
        return dict(self.head.attributes).get("guid", "")


def survey(texts: Iterable[str], policy: SignaturePolicy, *, line: int = 1) -> Survey:
    """Reads a document to its end. Raises Refused where it cannot be taken as a whole.

    An envelope is a document of its own: for it, the Refused is a Wrapped.
    """
    return Judging(texts, policy, None, line=line).finished()


class Judging:
    """A document read to its end: gives the result of each record on the way, then the survey.

    The results hold only once the end has been reached without a Refused: until then nobody can
    know that the document is well-formed, and nothing of one that is not may be used. Memory is
    constant. Without a day nothing is checked, and only the survey is made. `cells` is set for a
    message made from a sheet, `line` is the number of the first line.
    """

    def __init__(
        self,
        texts: Iterable[str],
        policy: SignaturePolicy,
        today: date | None,
        *,
        cells: bool = False,
        line: int = 1,
    ) -> None:
        self._reader = Reader(texts, line=line)
        self._opened = _known(self._reader)
        self.message = self._opened.message
        self._policy = policy
        self._today = today
        self._cells = cells
        self._survey: Survey | None = None

    def __iter__(self) -> Iterator[Result]:
        reader, message = self._reader, self.message
        checks = None
        if self._today is not None:
            checks = Checks(message, self._opened.fast, self._today, cells=self._cells)
        envelope = Envelope(message, reader.head)
        cuts: list[Cut] = []
        records = 0
        for child in self._opened.children:
            if child.match is None and not is_record(message, child):
                envelope.add(child)
                continue
            if child.element is not None and message.senders and not envelope.sender:
                envelope.sender = sender_in(message, child.element)
            records += 1
            end = child.offset + child.length
            if cuts and cuts[-1].records < NATIONAL_RECORDS_MAX:
                cuts[-1].records += 1
                cuts[-1].end = end
            else:
                cuts.append(Cut(records, child.line, child.offset, end))
            if checks is not None:
                yield checks.result(records, child)
        for line, text in reader.strays:
            envelope.stray(line, text)
        self._survey = Survey(
            head=reader.head,
            message=message,
            findings=self._opened.findings + envelope.findings(records, self._policy),
            signed=envelope.signed,
            sender=envelope.sender,
            tail="".join(envelope.kept),
            records=records,
            cuts=cuts,
            subscriptions=envelope.subscriptions,
        )

    def finished(self) -> Survey:
        """What the whole document told; reads what is left of it first."""
        if self._survey is None:
            for _ in self:
                pass
        assert self._survey is not None
        return self._survey


def _known(reader: Reader) -> Opened:
    found, head = opened(reader), reader.head
    if found is not None:
        return found
    if head.name in messages():
        expected = messages()[head.name].namespace
        raise Refused("ENV-NAMESPACE", 1, value=head.name, expected=expected)
    refuse_envelope(head)
    raise Refused("ENV-UNKNOWN-MESSAGE", 1, value=head.name[:80])
