"""Whether a run counts: good trades through, bad ones told why, both sides' books alike."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import create_engine, text

from bench.books import Agencies
from bench.systems import Window

INVENTORY = "CEB621Message"
SENT = ("sent", "acknowledged")
Told = Mapping[str, Any]
SHOWN = 5
"""So many faults are named; the rest are counted."""


@dataclass(slots=True)
class Expected:
    """What has to become of the trades that were filed, as their maker says."""

    trades: list[dict[str, Any]]

    @classmethod
    def read(cls, folder: Path) -> Expected:
        """The expectations beside the generated messages."""
        return cls(json.loads((folder / "expected.json").read_text("utf-8"))["trades"])

    @property
    def records(self) -> int:
        """Papers filed in all."""
        return sum(len(trade["keys"]) for trade in self.trades)

    def at(self) -> dict[str, int]:
        """How many records each agency has to receive."""
        ends = Counter(end for trade in self.trades for end in trade["papers"].values())
        released = ends["released"]
        return {"customs": ends["accepted"] + released, "tax": released, "fx": released}

    def released(self) -> set[str]:
        """Keys of the inventories that have to be released."""
        good = [trade for trade in self.trades if trade["outcome"] == "released"]
        return {trade["keys"][INVENTORY] for trade in good}


@dataclass(slots=True)
class Verdict:
    """What the gate found: figures for the report, and everything that is wrong."""

    faults: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether the speed of this run counts."""
        return not self.faults

    def told(self) -> dict[str, Any]:
        """For the report."""
        return (
            {"passed": self.passed, "faults": len(self.faults)}
            | self.figures
            | ({"first_faults": self.faults[:SHOWN]} if self.faults else {})
        )


def check(window: Window, expected: Expected, submissions: Sequence[int]) -> Verdict:
    """Looks at the window's rows, its API and the agencies' books."""
    verdict = Verdict()
    engine = create_engine(window.database)
    with engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(text(_ENDS)).mappings()]
        sent = [dict(row) for row in connection.execute(text(_SENT)).mappings()]
    engine.dispose()
    check_good(rows, expected, verdict)
    _bad(window, expected, submissions, verdict)
    _books(window.agencies, sent, verdict)
    _totals(window.agencies, expected, verdict)
    return verdict


_ENDS = """
SELECT d.key, d.outcome, d.numbers, l.agency, l.transport, l.verdict
FROM declarations d JOIN legs l ON l.declaration_id = d.id
WHERE d.message = 'CEB621Message'
"""
_SENT = """
SELECT l.agency, d.message, d.key, l.transport
FROM legs l JOIN declarations d ON d.id = l.declaration_id
WHERE l.outgoing_id IS NOT NULL
"""


def check_good(rows: list[dict[str, Any]], expected: Expected, verdict: Verdict) -> None:
    """Released by customs, accepted by tax and FX, and nothing else is."""
    ends: dict[str, dict[str, str]] = {}
    for row in rows:
        if row["outcome"] == "released":
            ends.setdefault(row["key"], {})[row["agency"]] = row["verdict"]
    wanted = {"customs": "released", "tax": "accepted", "fx": "accepted"}
    good = expected.released()
    for key in sorted(good):
        if ends.get(key) != wanted:
            verdict.faults.append(f"{key}: {ends.get(key)}")
    verdict.faults += [f"{key}: released, but bad" for key in sorted(set(ends) - good)]
    verdict.figures |= {"released": len(ends), "released_expected": len(good)}


def _bad(window: Window, expected: Expected, submissions: Sequence[int], verdict: Verdict) -> None:
    """Each bad trade's finding is there, on the right record, with its code and line."""
    bad = [trade for trade in expected.trades if trade["bad"]]
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {window.key}"
        asked = _Asked(session, window.url)
        rejected: dict[tuple[str, str], list[Told]] = defaultdict(list)
        for record in asked.rejected(submissions):
            rejected[record["message"], record["key"]] += record["findings"]
            if not record["line"]:
                verdict.faults.append(f"{record['message']} {record['record']}: no line")
        for trade in bad:
            wanted = trade["finding"]
            found = list(rejected.get((wanted["message"], wanted["key"]), ()))
            found += asked.of_trade(trade, wanted["message"])
            if not any(_is(wanted, finding) for finding in found):
                told = sorted({f["code"] for f in found})
                verdict.faults.append(f"{trade['way']}: no {wanted['code']} among {told}")
    verdict.figures["bad_reported"] = len(bad)


def _is(wanted: Told, finding: Told) -> bool:
    same = all(finding[name] == wanted[name] for name in ("code", "family", "severity", "path"))
    return same and bool(finding["text_zh"] and finding["text_en"])


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the API says about findings."""

    session: requests.Session
    url: str

    def rejected(self, submissions: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Every record that the checks refused."""
        for number in submissions:
            where = f"{self.url}/api/v1/submissions/{number}/records"
            params = {"decision": "reject", "limit": "100"}
            page = self.session.get(where, params=params, timeout=60).json()
            yield from page["items"]

    def of_trade(self, trade: Told, message: str) -> Iterator[Told]:
        """Every finding on the records of this message that bear this trade's order number."""
        where = f"{self.url}/api/v1/declarations"
        params = {"order_no": trade["orderNo"], "message": message, "limit": "100"}
        for item in self.session.get(where, params=params, timeout=60).json()["items"]:
            yield from self.session.get(f"{where}/{item['id']}", timeout=60).json()["findings"]


def _books(agencies: Agencies, sent: list[dict[str, Any]], verdict: Verdict) -> None:
    """What we say that we sent is what they say that they received, record by record, once."""
    for name in agencies.addresses:
        theirs = agencies.book(name)
        national = name == "customs"
        ours = Counter(
            (row["message"] if national else "", row["key"])
            for row in sent
            if row["agency"] == name and row["transport"] in SENT
        )
        received: Counter[tuple[str, str]] = Counter()
        for (message, key), times in theirs.received.items():
            received[(message if national else "", key)] += times
        lost, strange = ours - received, received - ours
        doubled = [key for key, times in received.items() if times > 1]
        for what, keys in (("lost", lost), ("unknown to us", strange), ("twice", doubled)):
            verdict.faults += [f"{name}: {what} {key}" for key in keys]
        if theirs.repeated:
            verdict.faults.append(f"{name}: {theirs.repeated} records received more than once")
        verdict.figures[f"{name}_ours"] = sum(ours.values())
        verdict.figures[f"{name}_theirs"] = sum(received.values())


def _totals(agencies: Agencies, expected: Expected, verdict: Verdict) -> None:
    for name, count in expected.at().items():
        there = agencies.health()[name]["records"]
        if there != count:
            verdict.faults.append(f"{name}: {there} records, expected {count}")


def check_other(agencies: Agencies, expected: Expected, released: int) -> Verdict:
    """The light form for the yardsticks: the same work was done, nothing twice."""
    verdict = Verdict(figures={"released": released})
    if released != len(expected.released()):
        verdict.faults.append(f"released {released}, expected {len(expected.released())}")
    _totals(agencies, expected, verdict)
    for name in agencies.addresses:
        if agencies.book(name).repeated:
            verdict.faults.append(f"{name}: records received more than once")
    return verdict
