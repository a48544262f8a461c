"""Checked records become declarations: keys, versions, quota, legs and history of one chunk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select, update

from schemas import registry
from single_window.declarations import ledgers
from single_window.declarations.counts import IDS_PER_CHUNK, Counts
from single_window.declarations.history import Journal
from single_window.declarations.standing import end, states_of
from single_window.domain.findings import Decision, Finding, Severity, decision
from single_window.domain.lifecycle import Event, Outcome, State, Transport, Verdict, moves
from single_window.domain.lines import line_of
from single_window.domain.regime import Regime, Want
from single_window.storage.among import among
from single_window.storage.store import Store
from single_window.storage.tables import declarations, legs, pairings

LEGS_PER_DECLARATION = 8


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the records of a chunk come from."""

    submission_id: int
    message_id: int
    organisation_id: int
    chunk_id: int
    first_ordinal: int
    message: str
    check_only: bool


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
    holds: tuple[str | None, int] = (None, 0)
    """What the version before it has of a person's year: key and fen."""

    @property
    def decision(self) -> Decision:
        """The worst that was found so far."""
        return decision(self.findings)


class Filing:
    """Stores the papers of one chunk in one transaction."""

    def __init__(
        self, store: Store, connection: Connection, regime: Regime | None, origin: Origin, at: int
    ) -> None:
        self._store = store
        self._connection = connection
        self._regime = regime
        self._origin = origin
        self._at = at
        self._journal = Journal(at)

    def store(self, papers: Sequence[Paper]) -> Counts:
        """Gives keys, takes quota, writes rows. A refusal on the way is a finding of its record."""
        if self._regime is not None and not self._origin.check_only:
            live = [paper for paper in papers if paper.decision != "reject"]
            self._settle_keys(live)
            self._take_quota([p for p in live if p.decision != "reject" and p.same_as is None])
        counts = Counts()
        rows, steps, marks = [], [], []
        for paper in papers:
            counts.add(paper.decision)
            row = self._row(paper)
            rows.append(row)
            if row["living_key"]:
                steps += self._legs(row)
                marks += self._marks(row)
        marks += self._retire(papers)
        connection = self._connection
        connection.execute(insert(declarations), rows)
        if steps:
            connection.execute(insert(legs), steps)
        if marks:
            connection.execute(insert(pairings), marks)
        self._journal.write(connection)
        return counts

    # -- keys and versions

    def _settle_keys(self, papers: Sequence[Paper]) -> None:
        """Decides for each paper: new, the same again, a change, or in the way of another."""
        assert self._regime is not None
        owned = self._regime.owned[self._origin.message]
        living = self._living({self._living_key(paper) for paper in papers})
        for paper in papers:
            head = (paper.record or {}).get(owned.head, paper.record or {})
            kind = head.get("appType", "1")
            key = self._living_key(paper)
            there = living.get(key)
            if there is None:
                if kind == "1":
                    living[key] = _Living(self._id(paper), paper.sha256, 1, head.get("appTime", ""))
                else:
                    self._refuse(paper, "REC-NOT-FOUND")
            elif there.sha256 == paper.sha256:
                paper.same_as = there.id
                self._say(paper, "REC-REPEATED", "warn")
            elif kind == "1":
                self._refuse(paper, owned.duplicate or "REC-DUPLICATE")
            elif not there.own:
                self._refuse(paper, "REC-OTHERS")
            elif head.get("appTime", "") <= there.app_time:
                self._refuse(paper, "REC-STALE")
            elif there.fresh or not there.changeable:
                self._refuse(paper, "REC-STATE")
            else:
                paper.replaces, paper.version = there.id, there.version + 1
                paper.deletes = kind == "3"
                paper.holds = there.quota
                living[key] = _Living(
                    self._id(paper), paper.sha256, paper.version, head.get("appTime", "")
                )

    def _living(self, keys: set[str]) -> dict[str, _Living]:
        found = self._connection.execute(
            select(
                declarations.c.id,
                declarations.c.living_key,
                declarations.c.sha256,
                declarations.c.version,
                declarations.c.organisation_id,
                declarations.c.sealed_facts,
                declarations.c.quota_key,
                declarations.c.quota_fen,
            ).where(among(self._connection, declarations.c.living_key, keys))
        ).all()
        states = states_of(self._connection, [row.id for row in found], lock=True)
        result = {}
        for row in found:
            facts = opened(self._store, row.sealed_facts)
            changeable = moves(states.get(row.id, State()), Event.WITHDRAWN)
            result[row.living_key] = _Living(
                row.id,
                row.sha256,
                row.version,
                facts.get("appTime", ""),
                fresh=False,
                changeable=changeable,
                own=row.organisation_id == self._origin.organisation_id,
                quota=(row.quota_key, row.quota_fen),
            )
        return result

    def _refuse(self, paper: Paper, code: str) -> None:
        self._say(paper, code, "reject")

    def _say(self, paper: Paper, code: str, severity: Severity) -> None:
        """Adds what there is to say about a paper's number."""
        path = registry.message(self._origin.message).key[-1]
        _add(paper, Finding("rule", code, severity, path, value=paper.key))

    def _living_key(self, paper: Paper) -> str:
        return f"{self._origin.message[3:6]}|{paper.key}"

    def _retire(self, papers: Sequence[Paper]) -> list[dict[str, Any]]:
        """Ends the earlier versions that accepted changes replace; returns marks for their trades.

        A version may have belonged to another trade than the one that replaces it.
        """
        gone = {p.replaces: p for p in papers if p.replaces and p.decision != "reject"}
        if not gone:
            return []
        rows = self._connection.execute(
            select(
                declarations.c.id,
                declarations.c.submission_id,
                declarations.c.trade_key,
                declarations.c.waybill_key,
            ).where(among(self._connection, declarations.c.id, gone))
        ).all()
        kept = [number for number, paper in gone.items() if self._held(paper)]
        self._connection.execute(
            update(declarations)
            .where(among(self._connection, declarations.c.id, kept))
            .values(quota_key=None, quota_fen=0)
        )
        end(self._connection, [row.id for row in rows], Outcome.WITHDRAWN, at=self._at)
        for row in rows:
            code = "deleted" if gone[row.id].deletes else "replaced"
            successor = str(self._id(gone[row.id]))
            self._journal.add(row.submission_id, row.id, "amended", code=code, detail=successor)
        return [mark for row in rows for mark in self._marks(dict(row._mapping))]

    # -- quota

    def _take_quota(self, papers: Sequence[Paper]) -> None:
        """Takes what the papers want; a change takes only what the version before it has not."""
        asking = [paper for paper in papers if paper.want is not None and not paper.deletes]
        wants = []
        for paper in asking:
            assert paper.want is not None
            fen = paper.want.fen - self._held(paper)
            key = self._quota_key(paper.want)
            wants.append(ledgers.Want(key, fen, paper.want.limit_fen))
        for paper, refusal in zip(asking, ledgers.take(self._connection, wants), strict=True):
            if refusal is not None:
                assert self._regime is not None and paper.want is not None
                _add(paper, self._regime.over(paper.want, refusal.used_fen))

    def _held(self, paper: Paper) -> int:
        """What passes to a change from the version before it: fen of the same person's year."""
        key, fen = paper.holds
        same = paper.want is not None and not paper.deletes and key == self._quota_key(paper.want)
        return fen if same else 0

    # -- rows

    def _id(self, paper: Paper) -> int:
        origin = self._origin
        return origin.chunk_id * IDS_PER_CHUNK + paper.ordinal - origin.first_ordinal

    def _row(self, paper: Paper) -> dict[str, Any]:
        origin, vault = self._origin, self._store.vault
        number = self._id(paper)
        if not origin.check_only:
            self._journal.add(
                origin.submission_id, number, "received", code=paper.decision, detail=paper.sha256
            )
        return self._life(paper) | {
            "id": number,
            "submission_id": origin.submission_id,
            "message_id": origin.message_id,
            "organisation_id": origin.organisation_id,
            "message": origin.message,
            "ordinal": paper.ordinal,
            "line": paper.line,
            "first_offset": paper.offset,
            "length": paper.length,
            "sha256": paper.sha256,
            "guid": str(paper.facts.get("guid", ""))[:40],
            "key": paper.key[:200],
            "order_no": str(paper.facts.get("orderNo", ""))[:60],
            "version": paper.version,
            "same_as": paper.same_as,
            "sealed_findings": vault.seal(dumped(paper.findings)) if paper.findings else None,
            "sealed_facts": vault.seal(orjson.dumps(paper.facts)) if paper.facts else None,
            "amounts": orjson.dumps(paper.amounts, default=str).decode() if paper.amounts else None,
            "created_at": self._at,
            "updated_at": self._at,
        }

    def _life(self, paper: Paper) -> dict[str, Any]:
        """What a record is from now on: whether it lives, waits for others, and holds what."""
        origin, decided, regime = self._origin, paper.decision, self._regime
        ends = origin.check_only or decided == "reject" or paper.same_as or paper.deletes
        lives = regime is not None and not ends
        waits = lives and decided != "hold" and regime is not None and regime.lead == origin.message
        trade, link = self._links(paper)
        quota = paper.want if lives else None
        wait_ms = self._store.settings.wait_days * 86_400_000
        return {
            "living_key": self._living_key(paper)[:240] if lives else None,
            "trade_key": trade,
            "waybill_key": link,
            "decision": decided,
            "outcome": "" if origin.check_only else _first_outcome(paper, lives, waits),
            "pairing": "waiting" if waits else "",
            "wait_until": self._at + wait_ms if waits else None,
            "quota_key": self._quota_key(quota) if quota else None,
            "quota_fen": quota.fen if quota else 0,
        }

    def _quota_key(self, want: Want) -> str:
        return f"{self._store.vault.hash(want.person)}|{want.year}"

    def _links(self, paper: Paper) -> tuple[str, str]:
        if self._regime is None or not paper.facts:
            return "", ""
        owned = self._regime.owned[self._origin.message]
        return tuple(  # type: ignore[return-value]
            "|".join(str(paper.facts.get(name, "")) for name in names)[:120] if names else ""
            for names in (owned.trade, owned.link)
        )

    def _legs(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        assert self._regime is not None
        steps = self._regime.steps(row["message"])
        now = row["decision"] in {"accept", "warn"} and not row["pairing"]
        return [
            {
                "id": row["id"] * LEGS_PER_DECLARATION + index,
                "declaration_id": row["id"],
                "message_id": row["message_id"],
                "step": index,
                "agency": step.agency,
                "content": row["message"],
                "transport": Transport.PENDING.value,
                "verdict": Verdict.NONE.value,
                "due_at": self._at if now and not step.after else None,
                "at": self._at,
            }
            for index, step in enumerate(steps)
        ]

    def _marks(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {"key": f"{sign}|{row[column]}", "due_at": self._at}
            for sign, column in (("T", "trade_key"), ("W", "waybill_key"))
            if row[column]
        ]


@dataclass(frozen=True, slots=True)
class _Living:
    """The declaration that holds a key: `fresh` when of the same chunk, `own` when the filer's."""

    id: int
    sha256: str
    version: int
    app_time: str
    fresh: bool = True
    changeable: bool = False
    own: bool = True
    quota: tuple[str | None, int] = (None, 0)


def _first_outcome(paper: Paper, lives: bool, waits: bool) -> str:
    if paper.decision == "reject":
        return Outcome.REJECTED.value
    if not lives:
        return ""
    if paper.decision == "hold":
        return Outcome.HELD.value
    return (Outcome.WAITING if waits else Outcome.UNDER_WAY).value


def _add(paper: Paper, finding: Finding) -> None:
    line = line_of(finding.path, paper.text, paper.line)
    paper.findings.append(replace(finding, line=line))


def dumped(findings: Iterable[Finding]) -> bytes:
    """Findings as bytes to be sealed."""
    return orjson.dumps(list(findings))


def opened(store: Store, sealed: bytes | None) -> dict[str, Any]:
    """Sealed facts as they were; {} where there are none."""
    return orjson.loads(store.vault.open(sealed)) if sealed else {}
