"""Papers of one trade find each other, in any order and from any submission.

Whatever changes a paper leaves a mark in the same transaction. Marks are worked off afterwards,
each with a look at everything that is committed by then; so of two papers stored at the same
moment the later one always sees the earlier, and neither has to know of the other.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, union, update
from sqlalchemy.exc import OperationalError

from single_window import regimes
from single_window.declarations import counted, faults, late
from single_window.declarations.acts import AWAITING
from single_window.declarations.counts import recount
from single_window.declarations.effects import act_of
from single_window.declarations.history import Journal
from single_window.declarations.legs import leg_of, ways
from single_window.declarations.papers import opened
from single_window.declarations.places import placed
from single_window.declarations.records import dumped
from single_window.declarations.standing import end
from single_window.declarations.words import opened_findings
from single_window.domain.findings import Finding, decision
from single_window.domain.lifecycle import Outcome
from single_window.domain.plans import Way
from single_window.domain.regime import Regime
from single_window.logs import failed
from single_window.storage import many
from single_window.storage.among import among
from single_window.storage.claims import anything_due, delete_due
from single_window.storage.engine import AnyRow, now_ms
from single_window.storage.store import Store
from single_window.storage.tables import declarations, legs, pairings

Wake = Callable[[str, str], None]
BATCH = 400
"""Marks worked off in one transaction."""
_OPEN = ("waiting", "matched", "mismatch")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Trade:
    """The declaration that leads a trade, and the papers that are there for it."""

    lead: AnyRow
    papers: dict[str, AnyRow]

    @property
    def numbers(self) -> str:
        """Which papers these are."""
        return " ".join(str(row.id) for row in sorted(self.papers.values(), key=lambda r: r.id))

    @property
    def known_to_fit(self) -> bool:
        """Whether these very papers were found to fit before: a paper of a number never changes."""
        matched: bool = self.lead.pairing == "matched"
        return matched and self.lead.matched_with == self.numbers


def pair_due(store: Store, wake: Wake, *, most: int = 200) -> int:
    """Works off the marks that are due; returns how many trades were looked at."""
    looked = 0
    for _ in range(most):
        if not anything_due(store.database, pairings, now=now_ms()):
            break
        with store.database.write(again=True) as connection:
            keys = delete_due(
                connection, pairings, now=now_ms(), limit=BATCH, column=pairings.c.key
            )
            if not keys:
                break
            looked += _settled(store, connection, set(keys))
        wake("dispatch", "")
    return looked


def _settled(store: Store, connection: Connection, keys: set[str]) -> int:
    """Works off marks; one that cannot be worked off waits, and the others do not wait for it."""
    try:
        with connection.begin_nested():
            return _Pairing(store, connection).settle(keys)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        if len(keys) > 1:
            return sum(_settled(store, connection, {key}) for key in keys)
        failed(log, "mark put off", error)
        later = now_ms() + store.settings.lease_seconds * 1000
        connection.execute(insert(pairings), [{"key": key, "due_at": later} for key in keys])
        return 0


def expire_due(store: Store) -> int:
    """Refuses what has waited too long for its papers; returns how many that were."""
    now = now_ms()
    with store.database.write() as connection:
        rows = connection.execute(
            select(*_LEAD)
            .where(declarations.c.wait_until <= now, declarations.c.pairing == "waiting")
            .order_by(declarations.c.id)
            .limit(BATCH)
            .with_for_update()
        ).all()
        pairing = _Pairing(store, connection)
        for row in rows:
            _expired(store, connection, pairing, row)
        pairing.write()
    return len(rows)


def _expired(store: Store, connection: Connection, pairing: _Pairing, lead: AnyRow) -> None:
    """Expires one lead; one that cannot be judged waits on, and nothing waits for it."""
    try:
        pairing.expire(lead)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        failed(log, "expiry put off", error, declaration=lead.id)
        later = now_ms() + store.settings.lease_seconds * 1000
        own = declarations.c.id == lead.id
        connection.execute(update(declarations).where(own).values(wait_until=later))


_LEAD = (
    declarations.c.id,
    declarations.c.submission_id,
    declarations.c.message,
    declarations.c.regime,
    declarations.c.outcome,
    declarations.c.decision,
    declarations.c.pairing,
    declarations.c.matched_with,
    declarations.c.wait_until,
    declarations.c.key,
    declarations.c.invt_no,
    declarations.c.trade_key,
    declarations.c.waybill_key,
    declarations.c.sealed_facts,
    declarations.c.sealed_findings,
    declarations.c.sha256,
)


class _Pairing:
    """Looks at trades within one transaction."""

    def __init__(self, store: Store, connection: Connection) -> None:
        self._store = store
        self._connection = connection
        self._at = now_ms()
        self._journal = Journal(self._at)
        self._ready: list[int] = []
        self._due: list[int] = []
        self._matched: list[int] = []
        self._changed: list[dict[str, Any]] = []
        self._accepted: list[AnyRow] = []
        self._decided: Counter[tuple[int, str]] = Counter()

    def settle(self, keys: set[str]) -> int:
        """Looks at every trade that a mark speaks of."""
        trades = self._trades(keys)
        for trade in trades:
            self._look(trade)
        self.write()
        return len(trades)

    def write(self) -> None:
        """Writes what was decided."""
        connection, at = self._connection, self._at
        many.change(connection, declarations, self._changed)
        counted.settle(self._store, connection, self._accepted)
        recount(connection, self._decided)
        for numbers, pairing in ((self._matched, "matched"), (self._ready, "done")):
            if numbers:
                connection.execute(
                    update(declarations)
                    .where(among(connection, declarations.c.id, numbers))
                    .values(pairing=pairing, wait_until=None, updated_at=at)
                )
        if self._due:
            connection.execute(
                update(legs)
                .where(among(connection, legs.c.id, self._due), legs.c.outgoing_id.is_(None))
                .values(due_at=at)
            )
        self._journal.write(connection)

    def _trades(self, keys: set[str]) -> list[Trade]:
        """The trades that the marks speak of, their leads locked before their papers are read.

        Without the lock, of two who look at one trade at once the one that saw less could write
        last.
        """
        by_trade = {key[2:] for key in keys if key.startswith("T|")}
        by_link = {key[2:] for key in keys if key.startswith("W|")}
        mentions = sorted(key[2:] for key in keys if key.startswith(AWAITING))
        wanted = self._of_trades(by_trade, by_link)
        if mentions:
            wanted |= declarations.c.id.in_(late.naming(self._connection, mentions))
        leads = self._locked(wanted)
        if not leads:
            return []
        papers = self._papers(leads)
        return [Trade(lead, papers[lead.id]) for lead in leads]

    def _locked(self, wanted: ColumnElement[bool]) -> Sequence[AnyRow]:
        """Open leads, locked; where they act on others, only after all that comes before them."""
        asked = (
            select(*_LEAD)
            .where(
                wanted,
                declarations.c.pairing.in_(_OPEN),
                declarations.c.living_key.is_not(None),
            )
            .order_by(declarations.c.id)
            .with_for_update()
        )
        with self._connection.begin_nested() as attempt:
            leads = self._connection.execute(asked).all()
            acting = [lead.id for lead in leads if act_of(lead) is not None]
            if acting:
                attempt.rollback()  # what is locked by now is locked too early
        if not acting:
            return leads
        late.hold(self._connection, acting)
        return self._connection.execute(asked).all()

    def _of_trades(self, trades: Iterable[str], links: Iterable[str]) -> ColumnElement[bool]:
        """Papers of these trades or waybills: two looks into two indexes, where OR uses neither."""
        own = declarations.c
        either = union(
            select(own.id).where(among(self._connection, own.trade_key, filter(None, trades))),
            select(own.id).where(among(self._connection, own.waybill_key, filter(None, links))),
        )
        return own.id.in_(either)

    def _papers(self, leads: Sequence[AnyRow]) -> dict[int, dict[str, AnyRow]]:
        """The living papers of each lead, by message; of two of a kind the newest."""
        trades, links = defaultdict(list), defaultdict(list)
        for lead in leads:
            trades[lead.trade_key].append(lead)
            links[lead.waybill_key].append(lead)
        found: dict[int, dict[str, AnyRow]] = {lead.id: {} for lead in leads}
        rows = self._connection.execute(
            select(*_LEAD)
            .where(
                self._of_trades(trades, links),
                declarations.c.living_key.is_not(None),
                declarations.c.message.not_in({lead.message for lead in leads}),
            )
            .order_by(declarations.c.id)
        ).all()
        for row in rows:
            of = trades[row.trade_key] if row.trade_key else links[row.waybill_key]
            for lead in of:
                if regimes.of(row) is regimes.of(lead) and not _acts_on(lead, row):
                    found[lead.id][row.message] = row
        for number, named in late.targets(self._connection, leads, _LEAD).items():
            found[number] |= named
        return found

    def _look(self, trade: Trade) -> None:
        lead = trade.lead
        regime = regimes.of(lead)
        assert regime is not None
        if not trade.known_to_fit and not self._match(regime, trade):
            return
        way = self._way(lead)
        if all(_done(step, trade) for step in way.awaited):
            found = self._acted(trade)
            if decision(found) in {"reject", "hold"}:
                return
            self._ready.append(lead.id)
            self._due += [leg_of(lead.id, step) for step in way.opening]
            outcome = Outcome.UNDER_WAY if way.steps else Outcome.ACCEPTED
            self._set(trade, outcome, pairing=lead.pairing, findings=found)
            if outcome is Outcome.ACCEPTED:
                self._accepted.append(lead)
        elif lead.pairing != "matched":
            self._matched.append(lead.id)
            self._set(trade, Outcome.WAITING, pairing="matched")

    def _way(self, lead: AnyRow) -> Way:
        own = ways(lead)
        return own.whole if own.alone else own.of(opened(self._store, lead.sealed_facts))

    def _acted(self, trade: Trade) -> list[Finding]:
        """Settles a lead that acts on others now that they are here; what is wrong with that."""
        lead = trade.lead
        settles = act_of(lead) is not None
        paper = late.settle(self._store, self._connection, lead, self._at) if settles else None
        found = paper.findings if paper is not None else []
        if decision(found) == "reject":
            self._reject(trade, found, "refused")
        elif decision(found) == "hold":
            self._set(trade, Outcome.HELD, pairing="", findings=found)
        return found

    def _match(self, regime: Regime, trade: Trade) -> bool:
        lead = trade.lead
        papers = {
            row.message: opened(self._store, row.sealed_facts)
            for row in (lead, *trade.papers.values())
        }
        result = regime.match(papers)
        decided = decision(result.findings)
        if decided == "reject":
            self._reject(trade, result.findings, "mismatch")
            return False
        if decided == "hold":
            if lead.pairing != "mismatch":
                self._journal.add(lead.submission_id, lead.id, "mismatch")
            self._set(trade, Outcome.HELD, pairing="mismatch", findings=result.findings)
            return False
        if result.missing:
            missing = regime.missing(result.missing, papers[lead.message], expired=False)
            self._set(trade, Outcome.WAITING, pairing="waiting", findings=missing)
            return False
        if lead.pairing != "matched":
            self._journal.add(lead.submission_id, lead.id, "matched")
        return True

    def expire(self, lead: AnyRow) -> None:
        """Refuses a lead whose papers did not come in time; one whose papers are here is paired."""
        regime = regimes.of(lead)
        assert regime is not None
        trade = Trade(lead, self._papers([lead])[lead.id])
        facts = opened(self._store, lead.sealed_facts)
        known = {
            row.message: opened(self._store, row.sealed_facts) for row in trade.papers.values()
        }
        missing = regime.match({lead.message: facts, **known}).missing
        if missing:
            self._reject(trade, regime.missing(missing, facts, expired=True), "expired")

    def _reject(self, trade: Trade, findings: Sequence[Finding], kind: str) -> None:
        lead = trade.lead
        self._journal.add(lead.submission_id, lead.id, kind, code=findings[0].code)
        self._set(trade, Outcome.REJECTED, pairing="", findings=findings)
        end(self._connection, [lead.id], Outcome.REJECTED, at=self._at)

    def _set(
        self, trade: Trade, outcome: Outcome, *, pairing: str, findings: Sequence[Finding] = ()
    ) -> None:
        """Notes how the lead stands now; what its papers said before is forgotten."""
        lead = trade.lead
        own = opened_findings(self._store, lead.sealed_findings)
        kept = [finding for finding in own if "paper" not in dict(finding.args)]
        if findings:
            numbers = {row.message: row.id for row in (lead, *trade.papers.values())}
            kept += placed(self._store, self._connection, findings, lead.message, numbers)
        wait = lead.wait_until
        if pairing == "waiting" != lead.pairing:
            wait = self._at + self._store.settings.wait_days * 86_400_000
        if (outcome.value, pairing, kept) == (lead.outcome, lead.pairing, own):
            return
        decided = decision(kept)
        if decided != lead.decision:
            self._decided[lead.id, lead.decision] -= 1
            self._decided[lead.id, decided] += 1
        sealed = self._store.vault.seal(dumped(kept)) if kept else None
        self._changed.append(
            {
                "id": lead.id,
                "outcome": outcome.value,
                "decision": decided,
                "pairing": pairing,
                "matched_with": trade.numbers if pairing == "matched" else "",
                "sealed_findings": lead.sealed_findings if kept == own else sealed,
                "faults": faults.noted(kept),
                "wait_until": wait,
                "updated_at": self._at,
            }
        )


def _acts_on(lead: AnyRow, row: AnyRow) -> bool:
    """Whether a lead acts on such papers: of them only those that it names are its own."""
    act = act_of(lead)
    return act is not None and row.message in act.on


def _done(step: str, trade: Trade) -> bool:
    """Whether a paper is taken in. One that its regime does not miss need not be there."""
    paper = trade.papers.get(step.partition("/")[0])
    return paper is None or paper.outcome == Outcome.ACCEPTED.value
