"""The books of a simulated agency: what it received and what it still has to tell, in SQLite.

They are written before anything is answered, so a kill at any moment leaves them whole. One
connection under one lock serves all threads: writes are short, and SQLite has one writer anyhow.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from adapters.stubs import accounts
from adapters.stubs.forms import Facts, Form, Script
from adapters.stubs.receipts import national_time, receipt, status_of
from adapters.stubs.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.stubs.desk import Received

#: Sendings of a message with the mark for errors that are turned away before it is taken.
ERRORS_BEFORE_TAKING = 2
#: A slow answer waits for this many ordinary delays, and at least for the setting.
SLOW_DELAYS = 10


@dataclass(frozen=True, slots=True)
class Due:
    """A receipt that is to be posted: its row, its bytes, and how often it was tried."""

    id: int
    body: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Answering:
    """How a record is answered: by which outcome, from when on, at which pace."""

    outcome: str
    base: float
    pace: float


class Books:
    """All that a simulated agency remembers."""

    def __init__(self, script: Script, path: Path, *, delay: float, slow: float) -> None:
        self._script = script
        self._delay = delay
        self._slow = max(slow, delay * SLOW_DELAYS)
        self._last: tuple[str, list[Facts]] = ("", [])
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        # Without a sync per commit a kill of the process loses nothing, only a power cut does.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(TABLES + accounts.TABLES)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # --- taking messages

    def must_fail(self, message_id: str, received: Received) -> bool:
        """True for the first sendings of a message that holds a record marked for errors."""
        form = received.form
        if not any(self._script.outcome(form, each) == "error" for each in received.records):
            return False
        with self._writing() as db:
            row = db.execute(
                "INSERT INTO errors VALUES (?, 1) ON CONFLICT (message_id)"
                " DO UPDATE SET times = times + 1 RETURNING times",
                (message_id,),
            ).fetchone()
        return bool(row[0] <= ERRORS_BEFORE_TAKING)

    def take(self, message_id: str, received: Received, *, now: float) -> bool:
        """Enter a message and what has to be answered; False when its id was entered before."""
        form = received.form
        with self._writing() as db:
            entered = db.execute(
                "INSERT INTO messages VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (message_id, form.message, now, len(received.records)),
            )
            if entered.rowcount == 0:
                return False
            groups = self._enter(form, message_id, received.records, now)
            for answering, seqs in groups.items():
                self._owe(form, form.steps(answering.outcome), answering, seqs)
            if form.link:
                self._tie(form, received.records, now)
        return True

    def _tie(self, form: Form, records: Sequence[Facts], now: float) -> None:
        """Records that wait go on once the message they wait for names them, whichever is first."""
        awaited = any(form.message in other.on for other in self._script.forms.values())
        for facts in records:
            sound = "message_id" not in facts
            waits = sound and self._outcome(form, facts) == form.waits(facts)
            for link in form.links(facts) if waits or awaited else ():
                for until in form.on if waits else ():
                    self._wait(link, until, facts["seq"], now)
                if awaited:
                    told = "INSERT OR IGNORE INTO arrived VALUES (?, ?)"
                    self._db.execute(told, (link, form.message))
                    self._go_on(link, form.message, now)

    def _wait(self, link: str, until: str, seq: int, now: float) -> None:
        self._db.execute("INSERT OR IGNORE INTO waiting VALUES (?, ?, ?)", (link, until, seq))
        asked = "SELECT 1 FROM arrived WHERE link = ? AND message = ?"
        if self._db.execute(asked, (link, until)).fetchone():
            self._go_on(link, until, now)

    def _go_on(self, link: str, message: str, now: float) -> None:
        """What waited for this message under this link is answered further, once."""
        rows = self._db.execute(
            "DELETE FROM waiting WHERE link = ? AND until = ? RETURNING seq", (link, message)
        ).fetchall()
        for (seq,) in rows:
            kind, outcome, base, pace = self._db.execute(
                "SELECT message, outcome, base, pace FROM records WHERE seq = ?", (seq,)
            ).fetchone()
            form = self._script.forms[kind]
            # What is still on its way comes first.
            begin = max(now, base + pace * len(form.steps(outcome)))
            further = Answering(form.on[message], begin, pace)
            self._db.execute(
                "UPDATE records SET outcome = ?, base = ? WHERE seq = ?",
                (further.outcome, further.base, seq),
            )
            self._owe(form, form.steps(further.outcome), further, [seq])

    def _enter(
        self, form: Form, message_id: str, records: Sequence[Facts], now: float
    ) -> dict[Answering, list[int]]:
        """Enter the records; one that is known is counted, not entered, and answered as ever."""
        known = self._known(form, records)
        last = self._db.execute("SELECT coalesce(max(seq), 0) FROM records").fetchone()[0]
        day = national_time(now)[:8]
        outcomes = [self._outcome(form, facts) for facts in records]
        fault = next((each for each in outcomes if form.is_fault(each)), "")
        fresh: list[tuple[object, ...]] = []
        again: list[tuple[int]] = []
        groups: dict[Answering, list[int]] = {}
        for facts, outcome in zip(records, outcomes, strict=True):
            key = (facts["guid"], "|".join([facts[part] for part in form.key]))
            seq, answering = known.get(key, (0, None))
            if answering is None:
                last += 1
                seq, answering = last, self._answering(fault or outcome, now)
                known[key] = seq, answering
                if form.numbers:
                    numbers = form.number(facts, seq, day)
                    facts |= {name: numbers[name] for name in form.numbers}
                if not fault:
                    answering = self._accounted(form, facts, seq, answering)
                    known[key] = seq, answering
                facts |= {"message_id": message_id} if fault else {}
                told = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
                how = (answering.outcome, answering.base, answering.pace)
                fresh.append((seq, form.message, *key, message_id, told, *how))
                if form.account is not None:  # what it takes is gone for the next one
                    fresh = self._remember(fresh)
            else:
                again.append((seq,))
            if form.link:
                facts["seq"] = seq
            groups.setdefault(answering, []).append(seq)
        self._remember(fresh)
        self._db.executemany("UPDATE records SET times = times + 1 WHERE seq = ?", again)
        return groups

    def _remember(self, rows: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
        """Enters records; what remains to be entered, which is nothing."""
        self._db.executemany("INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?,1,NULL)", rows)
        return []

    def _accounted(self, form: Form, facts: Facts, seq: int, answering: Answering) -> Answering:
        """A record that takes more of an account than there is goes no further."""
        if form.account is None or answering.outcome not in (*accounts.OPEN, *accounts.DONE):
            return answering
        try:
            before = self._before(form, facts) if form.once else ()
            facts |= accounts.enter(self._db, seq, form.account(facts), instead_of=before)
        except accounts.Overdrawn as short:
            facts[accounts.LEFT] = accounts.plain(short.left)
            return replace(answering, outcome=accounts.OVERDRAWN)
        return answering

    def _before(self, form: Form, facts: Facts) -> list[int]:
        """The records that were filed under the number of this one before it."""
        asked = "SELECT seq FROM records WHERE message = ? AND key = ?"
        own = "|".join(facts[part] for part in form.key)
        return [seq for (seq,) in self._db.execute(asked, (form.message, own))]

    def accounts(self) -> list[dict[str, Any]]:
        """The account books as they are kept here."""
        with self._lock:
            return accounts.listed(self._db)

    def _known(
        self, form: Form, records: Sequence[Facts]
    ) -> dict[tuple[str, str], tuple[int, Answering]]:
        guids = [facts["guid"] for facts in records]
        marks = ",".join("?" * len(guids))
        rows = self._db.execute(
            "SELECT guid, key, seq, outcome, base, pace FROM records"  # noqa: S608 - only marks
            f" WHERE message = ? AND guid IN ({marks})",
            (form.message, *guids),
        )
        return {(guid, key): (seq, Answering(*how)) for guid, key, seq, *how in rows}

    def _outcome(self, form: Form, facts: Facts) -> str:
        outcome = self._script.outcome(form, facts)
        return form.waits(facts) or outcome if outcome == "well" else outcome

    def _answering(self, outcome: str, now: float) -> Answering:
        return Answering(outcome, now + (self._slow if outcome == "slow" else 0.0), self._delay)

    def _owe(
        self, form: Form, steps: Iterable[str], answering: Answering, seqs: Sequence[int]
    ) -> None:
        """Enter one receipt for each step; its time follows the agency's own order of steps."""
        copies = 2 if answering.outcome == "duplicate" else 1
        base, pace = answering.base, answering.pace
        rows = []
        for turn, step in enumerate(steps, 1):
            place = form.place(answering.outcome, step)
            # A thousandth apart, so that also without a delay the times tell the order.
            at = base + pace * (place + 1) + place / 1000
            rows.append((form.message, step, json.dumps(seqs), at, base + pace * turn, copies))
        self._db.executemany(
            "INSERT INTO receipts (message, step, seqs, at, due, copies) VALUES (?,?,?,?,?,?)", rows
        )

    def release(self, order_no: str, *, now: float) -> int:
        """Let go what is held under this number; how many records that were."""
        with self._writing() as db:
            held = db.execute(
                "SELECT seq, message, facts, pace FROM records"
                " WHERE outcome = 'hold' AND told_at IS NULL"
            ).fetchall()
            released = 0
            for seq, message, told, pace in held:
                facts = json.loads(told)
                if order_no not in [facts.get(name) for name in self._script.mark_fields]:
                    continue
                form = self._script.forms[message]
                db.execute("UPDATE records SET told_at = ? WHERE seq = ?", (now, seq))
                self._owe(form, form.outcomes["release"], Answering("release", now, pace), [seq])
                released += 1
        return released

    # --- telling

    def due(self, *, now: float, limit: int) -> list[Due]:
        """The receipts that are to be posted now, in their order."""
        with self._lock:
            rows = self._db.execute(
                "SELECT id, message, step, seqs, at, attempts FROM receipts"
                " WHERE delivered_at IS NULL AND due <= ? ORDER BY due, id LIMIT ?",
                (now, limit),
            ).fetchall()
            return [
                Due(id, self._body(id, message, step, seqs, at), attempts)
                for id, message, step, seqs, at, attempts in rows
            ]

    def _body(self, id: int, message: str, step: str, seqs: str, at: float) -> bytes:
        name = f"receipt:{self._script.name}:{id}:{at}"
        guid = str(uuid5(NAMESPACE_URL, name)).upper()
        form = self._script.forms[message]
        facts = self._facts(seqs)
        when = national_time(at)
        return receipt(self._script, form, step, facts, guid=guid, at=when, known=self._records)

    def _records(self, message: str) -> list[Facts]:
        rows = self._db.execute(
            "SELECT facts FROM records WHERE message = ? ORDER BY seq", (message,)
        )
        return [json.loads(told) for (told,) in rows]

    def _facts(self, seqs: str) -> list[Facts]:
        """What is known of these records; the same ones are mostly asked for in a row."""
        if seqs != self._last[0]:
            rows = self._db.execute(
                "SELECT facts FROM records"
                " WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq",
                (seqs,),
            )
            # One document for all: reading a hundred small ones costs three times as much.
            self._last = seqs, json.loads("[" + ",".join(told for (told,) in rows) + "]")
        return self._last[1]

    def next_due(self) -> float | None:
        """When the next receipt is to be posted; None when nothing is owed."""
        with self._lock:
            row = self._db.execute(
                "SELECT due FROM receipts WHERE delivered_at IS NULL ORDER BY due, id LIMIT 1"
            ).fetchone()
        return row[0] if row else None

    def delivered(self, id: int, *, now: float) -> None:
        """One copy of a receipt has arrived."""
        with self._writing() as db:
            db.execute(
                "UPDATE receipts SET copies = copies - 1, attempts = attempts + 1,"
                " delivered_at = CASE WHEN copies = 1 THEN ? END WHERE id = ?",
                (now, id),
            )

    def failed(self, id: int, *, again_at: float) -> None:
        """A receipt has not arrived: it is due again then."""
        with self._writing() as db:
            db.execute(
                "UPDATE receipts SET attempts = attempts + 1, due = ? WHERE id = ?", (again_at, id)
            )

    # --- showing

    def listed(self, *, after: int, limit: int, now: float) -> list[dict[str, Any]]:
        """The records entered after that number, in the order of their entering."""
        with self._lock:
            rows = self._db.execute(
                "SELECT seq, message, guid, facts, message_id, outcome, base, pace, times, told_at"
                " FROM records WHERE seq > ? ORDER BY seq LIMIT ?",
                (after, limit),
            ).fetchall()
        return [self._shown(*row, now=now) for row in rows]

    def _shown(
        self, seq: int, message: str, guid: str, told: str, message_id: str, *how: Any, now: float
    ) -> dict[str, Any]:
        outcome, base, pace, times, told_at = how
        form = self._script.forms[message]
        facts: Mapping[str, Any] = json.loads(told)
        named = {*form.key, *form.numbers, *self._script.mark_fields}
        return {
            "seq": seq,
            "guid": guid,
            "message": message,
            **{name: facts[name] for name in sorted(named) if name in facts},
            "state": self._state(form, Answering(outcome, base, pace), told_at, now),
            "times_received": times,
            "message_id": message_id,
        }

    def _state(self, form: Form, answering: Answering, told_at: float | None, now: float) -> str:
        """The latest status that the agency has reached; empty before the first."""
        order = "well" if answering.outcome == "shuffle" else answering.outcome
        steps, base = form.steps(order), answering.base
        if told_at is not None:
            steps, base = form.outcomes["release"], told_at
        reached = [
            step
            for turn, step in enumerate(steps, 1)
            if base + answering.pace * turn <= now and step not in self._script.papers
        ]
        return status_of(reached[-1]) if reached else ""

    def counts(self) -> dict[str, int]:
        """How many records, messages and receipts still owed there are."""
        with self._lock:
            row = self._db.execute(
                "SELECT (SELECT count(*) FROM records), (SELECT count(*) FROM messages),"
                " (SELECT count(*) FROM receipts WHERE delivered_at IS NULL)"
            ).fetchone()
        return {"records": row[0], "messages": row[1], "receipts_owed": row[2]}

    def close(self) -> None:
        """Close the file; what is owed stays in it."""
        with self._lock:
            self._db.close()
