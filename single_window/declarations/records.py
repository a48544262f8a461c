"""Checked records become declarations: keys, versions, quota, legs and history of one chunk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, select, update

from single_window import regimes
from single_window.declarations import counted, faults, late, ledgers, links
from single_window.declarations.acts import Acting
from single_window.declarations.books.papers import Asking
from single_window.declarations.counts import Counts
from single_window.declarations.history import Journal
from single_window.declarations.keys import Keys, living_key
from single_window.declarations.legs import leg_of
from single_window.declarations.papers import Origin, Paper, add
from single_window.declarations.sources import sources
from single_window.declarations.standing import end
from single_window.domain.findings import Finding
from single_window.domain.lifecycle import Outcome, Transport, Verdict
from single_window.domain.regime import Regime, Want
from single_window.storage import many
from single_window.storage.among import among
from single_window.storage.engine import beijing_day
from single_window.storage.store import Store
from single_window.storage.tables import declarations, legs, pairings, parties

CODE_MAX = 18
"""The longest code of a company."""
__all__ = ["Filing", "Origin", "Paper", "dumped"]


class Filing:
    """Stores the papers of one chunk in one transaction."""

    def __init__(self, store: Store, connection: Connection, origin: Origin, at: int) -> None:
        self._store = store
        self._connection = connection
        self._origin = origin
        self._at = at
        self._journal = Journal(at)

    def store(self, papers: Sequence[Paper]) -> Counts:
        """Gives keys, takes quota, writes rows. A refusal on the way is a finding of its record."""
        if not self._origin.check_only:
            live = [paper for paper in papers if paper.decision != "reject"]
            Keys(self._store, self._connection, self._origin).settle(live)
            new = [paper for paper in live if paper.decision != "reject" and paper.same_as is None]
            self._link([paper for paper in new if not paper.deletes])
            self._act([p for p in new if p.decision != "reject" and not p.deletes])
            self._take_quota([paper for paper in new if paper.decision != "reject"])
            self._ask_books([p for p in new if p.decision != "reject" and not p.deletes])
        counts = Counts()
        rows, steps, marks, named = [], [], [], []
        for paper in papers:
            counts.add(paper.decision)
            row = self._row(paper)
            rows.append(row)
            if row["outcome"]:
                named += self._parties(row["id"], paper)
            if row["living_key"]:
                steps += self._legs(row, paper)
                marks += self._marks(row, paper.regime)
        marks += self._retire(papers)
        connection = self._connection
        many.add(connection, declarations, rows)
        many.add(connection, legs, steps)
        many.add(connection, pairings, marks)
        many.add(connection, parties, named)
        counted.settle(self._store, connection, _reached(rows))
        self._journal.write(connection)
        return counts

    def _link(self, papers: Sequence[Paper]) -> None:
        """Keeps and judges what the papers point to."""
        own = [paper for paper in papers if paper.regime and paper.regime.hooks.links]
        if own:
            links.settle(self._store, self._connection, self._origin, own, at=self._at)

    def _act(self, papers: Sequence[Paper]) -> None:
        """Settles what the papers act on, those of each regime together."""
        message = self._origin.message
        acting = [regime for regime in regimes.owners(message) if message in regime.acts]
        for regime in acting:
            own = [paper for paper in papers if paper.regime is regime]
            Acting(self._store, self._connection, regime, self._origin, self._at).settle(own)

    def _ask_books(self, papers: Sequence[Paper]) -> None:
        """Tries what papers enter into account books; what goes out is spoken for."""
        Asking(self._store, self._connection, self._origin, self._at).settle(papers)

    # -- versions

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
                declarations.c.message,
                declarations.c.key,
                declarations.c.invt_no,
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
            successor = str(self._origin.number(gone[row.id]))
            self._journal.add(row.submission_id, row.id, "amended", code=code, detail=successor)
        regime = next(iter(gone.values())).regime
        return [mark for row in rows for mark in self._marks({**row._mapping}, regime)]

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
                assert paper.regime is not None and paper.want is not None
                add(paper, paper.regime.over(paper.want, refusal.used_fen))

    def _held(self, paper: Paper) -> int:
        """What passes to a change from the version before it: fen of the same person's year."""
        key, fen = paper.holds
        same = paper.want is not None and not paper.deletes and key == self._quota_key(paper.want)
        return fen if same else 0

    # -- rows

    def _row(self, paper: Paper) -> dict[str, Any]:
        origin, vault = self._origin, self._store.vault
        number = origin.number(paper)
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
            "regime": paper.regime.name if paper.regime is not None else "",
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
            "faults": faults.noted(paper.findings),
            "sealed_facts": paper.sealed_facts,
            "amounts": paper.amounts,
            "created_at": self._at,
            "updated_at": self._at,
            "owes": self._owes(paper),
        }

    def _owes(self, paper: Paper) -> str:
        """The message that has to follow the record once it is released; "" where none has to."""
        asked = paper.regime.hooks.deadline if paper.regime is not None else None
        if paper.regime is None or asked is None or self._origin.check_only:
            return ""
        today = beijing_day(self._at)
        told = asked(paper.facts, today, paper.regime.in_force(today, sources()))
        return told[0] if told is not None else ""

    def _life(self, paper: Paper) -> dict[str, Any]:
        """What a record is from now on: whether it lives, waits for others, and holds what."""
        origin, decided, regime = self._origin, paper.decision, paper.regime
        lives = not (origin.check_only or decided == "reject" or paper.same_as or paper.deletes)
        leads = regime is not None and origin.message in regime.leads
        waits = lives and decided != "hold" and leads
        trade, link = self._links(paper)
        quota = paper.want if lives else None
        wait_ms = self._store.settings.wait_days * 86_400_000
        steps = regime.ways[origin.message].of(paper.facts).steps if regime is not None else {}
        return {
            "living_key": living_key(origin.message, paper.key)[:240] if lives else None,
            "trade_key": trade,
            "waybill_key": link,
            "decision": decided,
            "outcome": ""
            if origin.check_only
            else _first_outcome(paper, lives, waits, steps=bool(steps)),
            "pairing": "waiting" if waits else "",
            "wait_until": self._at + wait_ms if waits else None,
            "quota_key": self._quota_key(quota) if quota else None,
            "quota_fen": quota.fen if quota else 0,
        }

    def _parties(self, number: int, paper: Paper) -> list[dict[str, Any]]:
        """The rows by which a company sees what names it; what is longer than a code is none."""
        origin, regime = self._origin, paper.regime
        names = regime.owned[origin.message].companies if regime is not None else ()
        codes = {origin.sender, *(paper.facts.get(name, "") for name in names)}
        return [
            {"code": code, "declaration_id": number} for code in codes if 0 < len(code) <= CODE_MAX
        ]

    def _quota_key(self, want: Want) -> str:
        return f"{self._store.vault.hash(want.person)}|{want.year}"

    def _links(self, paper: Paper) -> tuple[str, str]:
        if paper.regime is None or not paper.facts:
            return "", ""
        owned = paper.regime.owned[self._origin.message]
        return tuple(  # type: ignore[return-value]
            "|".join(str(paper.facts.get(name, "")) for name in names)[:120] if names else ""
            for names in (owned.trade, owned.link)
        )

    def _legs(self, row: dict[str, Any], paper: Paper) -> list[dict[str, Any]]:
        if paper.regime is None:
            return []
        way = paper.regime.ways[row["message"]].of(paper.facts)
        now = row["decision"] in {"accept", "warn"} and not row["pairing"]
        return [
            {
                "id": leg_of(row["id"], index),
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
            for index, step in way.steps.items()
        ]

    def _marks(self, row: Mapping[str, Any], regime: Regime | None) -> list[dict[str, Any]]:
        own = (("T", row["trade_key"]), ("W", row["waybill_key"]))
        keys = [f"{sign}|{value}" for sign, value in own if value] + late.marks(row, regime)
        return [{"key": key, "due_at": self._at} for key in keys]


def _reached(rows: Iterable[Mapping[str, Any]]) -> list[counted.Filed]:
    return [
        counted.Filed(row["id"], row["message"], row["regime"])
        for row in rows
        if row["outcome"] in counted.COUNTED
    ]


def _first_outcome(paper: Paper, lives: bool, waits: bool, *, steps: bool) -> str:
    if paper.decision == "reject":
        return Outcome.REJECTED.value
    if not lives:
        return ""
    if paper.decision == "hold":
        return Outcome.HELD.value
    if not steps:
        return Outcome.ACCEPTED.value
    return (Outcome.WAITING if waits else Outcome.UNDER_WAY).value


def dumped(findings: Iterable[Finding]) -> bytes:
    """Findings as bytes to be sealed."""
    return orjson.dumps(list(findings))
