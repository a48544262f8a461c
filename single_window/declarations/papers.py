"""A record on its way to becoming a declaration, and what is kept sealed beside it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from single_window.declarations.counts import IDS_PER_CHUNK
from single_window.domain.findings import Decision, Finding, decision
from single_window.domain.lines import line_of
from single_window.domain.regime import Regime, Want
from single_window.domain.rules import Amounts
from single_window.storage.store import Store


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the records of a chunk come from; `sender` is the company in whose name."""

    submission_id: int
    message_id: int
    organisation_id: int
    chunk_id: int
    first_ordinal: int
    message: str
    check_only: bool
    sender: str = ""

    def number(self, paper: Paper) -> int:
        """The id of the declaration that a paper of the chunk becomes."""
        return self.chunk_id * IDS_PER_CHUNK + paper.ordinal - self.first_ordinal


@dataclass(slots=True)
class Paper:
    """One record as the checks left it; `regime` is None where it is nobody's."""

    ordinal: int
    line: int
    offset: int
    length: int
    sha256: str
    key: str
    record: dict[str, Any] | None
    findings: list[Finding]
    regime: Regime | None = None
    amounts: str | None = None
    text: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    sealed_facts: bytes | None = None
    want: Want | None = None
    same_as: int | None = None
    replaces: int | None = None
    version: int = 1
    deletes: bool = False
    holds: tuple[str | None, int] = (None, 0)
    """What the version before it has of a person's year: key and fen."""

    @property
    def decision(self) -> Decision:
        """The worst that was found so far."""
        return decision(self.findings)


def add(paper: Paper, finding: Finding) -> None:
    """Adds what was found about a paper, with the line of its field."""
    line = line_of(finding.path, paper.text, paper.line)
    paper.findings.append(replace(finding, line=line))


def kept(amounts: Amounts) -> str:
    """Amounts as they are kept and shown: JSON, exact figures as texts."""
    return orjson.dumps(amounts, default=str).decode()


def sealed(store: Store, facts: dict[str, Any]) -> bytes:
    """Facts as they are kept: what `opened` reads."""
    return store.vault.seal(orjson.dumps(facts))


def opened(store: Store, sealed: bytes | None) -> dict[str, Any]:
    """Sealed facts as they were; {} where there are none."""
    return orjson.loads(store.vault.open(sealed)) if sealed else {}
