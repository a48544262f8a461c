"""A record on its way to becoming a declaration, and what is kept sealed beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import Connection, select

from single_window.declarations.counts import IDS_PER_CHUNK
from single_window.domain.findings import Decision, Finding, decision
from single_window.domain.lifecycle import Filer, State, Transport, Verdict
from single_window.domain.lines import line_of
from single_window.domain.regime import Want
from single_window.storage.among import among
from single_window.storage.store import Store
from single_window.storage.tables import legs


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the records of a chunk come from; `sender` is the company in whose name."""

    submission_id: int
    message_id: int
    organisation_id: int
    chunk_id: int
    message: str
    check_only: bool
    sender: str = ""

    def number(self, paper: Paper) -> int:
        """The id of the declaration that a paper of the chunk becomes."""
        return self.chunk_id * IDS_PER_CHUNK + paper.ordinal % IDS_PER_CHUNK


@dataclass(slots=True)
class Paper:
    """One record as the checks left it, on its way to becoming a declaration."""

    ordinal: int
    line: int
    offset: int
    length: int
    sha256: str
    key: str
    record: dict[str, Any] | None
    findings: list[Finding]
    amounts: dict[str, Any] | None
    text: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    want: Want | None = None
    same_as: int | None = None
    replaces: int | None = None
    version: int = 1
    deletes: bool = False

    @property
    def decision(self) -> Decision:
        """The worst that was found so far."""
        return decision(self.findings)


def add(paper: Paper, finding: Finding) -> None:
    """Adds what was found about a paper, with the line of its field."""
    line = line_of(finding.path, paper.text, paper.line)
    paper.findings.append(replace(finding, line=line))


def opened(store: Store, sealed: bytes | None) -> dict[str, Any]:
    """Sealed facts as they were; {} where there are none."""
    return orjson.loads(store.vault.open(sealed)) if sealed else {}


def states_of(connection: Connection, numbers: Sequence[int]) -> dict[int, State]:
    """How far each declaration is: its furthest leg's transport and gravest verdict."""
    states: dict[int, State] = {}
    if not numbers:
        return states
    rows = connection.execute(
        select(legs.c.declaration_id, legs.c.transport, legs.c.verdict, legs.c.outgoing_id)
        .where(among(connection, legs.c.declaration_id, numbers))
        .order_by(legs.c.id)
    )
    for row in rows:
        transport = Transport(row.transport)
        if transport is Transport.PENDING and row.outgoing_id is not None:
            transport = Transport.SENT  # in a stored message: it can leave at any moment
        if row.declaration_id not in states or transport is not Transport.PENDING:
            state = State(Filer.SUBMITTED, transport, Verdict(row.verdict))
            states[row.declaration_id] = state
    return states
