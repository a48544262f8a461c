"""Where findings on a trade stand: in which of its papers, and on which line of what came in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlalchemy import Connection, select

from schemas import registry
from single_window.domain.findings import Finding
from single_window.domain.lines import line_of
from single_window.storage.store import Store
from single_window.storage.tables import declarations, submissions


def paper_of(finding: Finding, lead: str) -> str:
    """The message in whose record a finding's path stands."""
    try:
        registry.message(lead).field(finding.path)
    except KeyError:
        return dict(finding.args).get("paper", lead)
    return lead


def placed(
    store: Store,
    connection: Connection,
    findings: Iterable[Finding],
    lead: str,
    papers: Mapping[str, int],
) -> list[Finding]:
    """The findings with the line of the field that each speaks of, in the file of its paper.

    `papers` are the declarations of the trade by message; `lead` is the one that is told.
    """
    texts: dict[str, tuple[str, int]] = {}
    found = []
    for finding in findings:
        name = paper_of(finding, lead)
        if name not in papers:
            name = lead
        if name not in texts:
            texts[name] = _text(store, connection, papers[name])
        found.append(replace(finding, line=line_of(finding.path, *texts[name])))
    return found


def _text(store: Store, connection: Connection, number: int) -> tuple[str, int]:
    """A record as it came in, and the line on which it begins."""
    row = connection.execute(
        select(
            declarations.c.first_offset,
            declarations.c.length,
            declarations.c.line,
            submissions.c.spool_file,
        )
        .join(submissions, submissions.c.id == declarations.c.submission_id)
        .where(declarations.c.id == number)
    ).one()
    return store.files.read(row.spool_file, row.first_offset, row.length).decode(), row.line
