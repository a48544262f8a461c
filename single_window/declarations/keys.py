"""Business keys: which records are new, the same again, a change, or in the way of another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, select

from schemas import registry
from single_window import regimes
from single_window.declarations.papers import Origin, Paper, add, opened
from single_window.declarations.standing import states_of
from single_window.domain.findings import Finding, Severity
from single_window.domain.lifecycle import Event, State, moves
from single_window.storage.among import among
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store
from single_window.storage.tables import declarations, messages, organisations


def living_key(message: str, key: str) -> str:
    """What only one living declaration can hold: the kind of paper and its business key."""
    named = registry.message(message).type
    kind = message[3:6] if message.startswith("CEB") else named.removesuffix("Message")
    return f"{kind}|{key}"


def companies_of(row: AnyRow, sender: str, facts: dict[str, Any]) -> frozenset[str]:
    """The companies that may change a declaration: the sender, and the one whose business it is."""
    regime = regimes.of(row)
    names = regime.owned[row.message].companies[:1] if regime is not None else ()
    return frozenset({sender, *(str(facts.get(name, "")) for name in names)} - {""})


@dataclass(frozen=True, slots=True)
class _Living:
    """The declaration that holds a key. `fresh` when it is of the same chunk.

    `ours` when it is now filed for one of the companies that may change it, `own` when by who filed
    it before or by such a company itself; `quota` is what it has of a person's year.
    """

    id: int
    sha256: str
    version: int
    app_time: str
    ours: bool = True
    own: bool = True
    fresh: bool = True
    changeable: bool = False
    quota: tuple[str | None, int] = (None, 0)


class Keys:
    """Settles the keys of the papers of one chunk."""

    def __init__(self, store: Store, connection: Connection, origin: Origin) -> None:
        self._store = store
        self._connection = connection
        self._origin = origin

    def settle(self, papers: Sequence[Paper]) -> None:
        """Decides for each paper what it is; a refusal is a finding of its record."""
        message = self._origin.message
        living = self._living({living_key(message, paper.key) for paper in papers})
        for paper in papers:
            record = paper.record or {}
            owned = paper.regime.owned[message] if paper.regime is not None else None
            duplicate = owned.duplicate if owned is not None else ""
            kind = owned.asks(record) if owned is not None else "1"
            app_time = str(paper.facts.get("appTime", ""))
            key = living_key(message, paper.key)
            there = living.get(key)
            if there is None and kind == "1":
                pass
            elif (code := _refusal(paper, there, kind, app_time, duplicate)) is not None:
                self._say(paper, code, "reject")
                continue
            elif there is not None and there.sha256 == paper.sha256:
                paper.same_as = there.id
                self._say(paper, "REC-REPEATED", "warn")
                continue
            elif there is not None:
                paper.replaces, paper.version = there.id, there.version + 1
                paper.deletes = kind == "3"
                paper.holds = there.quota
            living[key] = _Living(self._origin.number(paper), paper.sha256, paper.version, app_time)

    def _living(self, keys: Iterable[str]) -> dict[str, _Living]:
        found = self._connection.execute(
            select(
                declarations.c.id,
                declarations.c.message,
                declarations.c.regime,
                declarations.c.living_key,
                declarations.c.sha256,
                declarations.c.version,
                declarations.c.organisation_id,
                declarations.c.sealed_facts,
                declarations.c.quota_key,
                declarations.c.quota_fen,
                messages.c.sender,
            )
            .join(messages, messages.c.id == declarations.c.message_id)
            .where(among(self._connection, declarations.c.living_key, keys))
        ).all()
        states = states_of(self._connection, [row.id for row in found], lock=True)
        return {row.living_key: self._there(row, states.get(row.id, State())) for row in found}

    def _there(self, row: AnyRow, state: State) -> _Living:
        origin, facts = self._origin, opened(self._store, row.sealed_facts)
        companies = companies_of(row, row.sender, facts)
        return _Living(
            id=row.id,
            sha256=row.sha256,
            version=row.version,
            app_time=facts.get("appTime", ""),
            ours=origin.sender in companies,
            own=row.organisation_id == origin.organisation_id or self._code in companies,
            fresh=False,
            changeable=bool(moves(state, Event.WITHDRAWN)),
            quota=(row.quota_key, row.quota_fen),
        )

    @cached_property
    def _code(self) -> str:
        """The company code of the organisation that files."""
        wanted = select(organisations.c.code).where(
            organisations.c.id == self._origin.organisation_id
        )
        return str(self._connection.execute(wanted).scalar_one())

    def _say(self, paper: Paper, code: str, severity: Severity) -> None:
        """Adds what there is to say about a paper's number."""
        path = registry.message(self._origin.message).key[-1]
        add(paper, Finding("rule", code, severity, path, value=paper.key))


def _refusal(
    paper: Paper, there: _Living | None, kind: str, app_time: str, duplicate: str
) -> str | None:
    """Why a paper cannot have its key, as the code of a finding; None where it can."""
    if there is None:
        return "REC-NOT-FOUND"
    if there.sha256 == paper.sha256 and there.ours:
        return None
    if kind == "1":
        return duplicate or "REC-DUPLICATE"
    if not there.ours:
        return "REC-NOT-YOURS"
    if not there.own:
        return "REC-OTHERS"
    if app_time and app_time <= there.app_time:
        return "REC-STALE"
    if there.fresh or not there.changeable:
        return "REC-STATE"
    return None
