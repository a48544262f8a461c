"""Each way of being bad is found by `check` where the table says, and nothing else is."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from single_window import regimes
from single_window.demo.folder import Order, write
from single_window.demo.spoiling import plan
from single_window.demo.trades import INVENTORY, PAPERS
from single_window.demo.ways import WAYS, Way
from single_window.domain.findings import Finding
from single_window.intake.rehearsal import Verdict, rehearse
from single_window.intake.signed import Terms

DAY = date(2026, 11, 24)
Folder = tuple[list[dict[str, Any]], dict[tuple[str, str], list[Verdict]]]


def _written(out: Path, **asked: Any) -> Folder:
    """What is expected of each trade, and the verdicts by message and key."""
    files = write(out, Order(**({"count": 2 * len(WAYS), "seed": 3, "day": DAY} | asked)))
    verdicts = defaultdict(list)
    for verdict in rehearse(files, terms=Terms("ignored", DAY), limit=0):
        assert verdict.record is not None
        verdicts[verdict.message, verdict.key].append(verdict)
    expected = json.loads((out / "expected.json").read_text("utf-8"))
    return expected["trades"], verdicts


@pytest.fixture(scope="module", params=[False, True], ids=["in order", "shuffled"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    out = tmp_path_factory.mktemp("demo")
    return _written(out, bad=len(WAYS), shuffled=request.param)


def _own(trade: dict[str, Any], verdicts: dict[tuple[str, str], list[Verdict]]) -> list[Verdict]:
    """The verdicts on a trade's own papers; a taken number is first that of its owner."""
    way = next((way for way in WAYS if way.name == trade["way"]), None)
    found = []
    for paper, key in trade["keys"].items():
        of_key = verdicts[paper, key]
        borrowed = way is not None and way.borrowed and way.paper == paper
        assert len(of_key) == (2 if borrowed or len(of_key) == 2 else 1)
        found.append(of_key[1] if borrowed else of_key[0])
    return found


def _telling(verdict: Verdict) -> list[Finding]:
    """What is found beyond that registers are empty."""
    return [each for each in verdict.findings if not each.code.endswith("-OPEN")]


def test_a_good_trade_has_nothing_against_it(folder: Folder) -> None:
    expected, verdicts = folder
    good = [trade for trade in expected if not trade["bad"]]
    assert len(good) == len(WAYS)
    for trade in good:
        assert [each for v in _own(trade, verdicts) for each in _telling(v)] == []


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_spoiled_trade_has_the_finding_of_its_way(folder: Folder, way: Way) -> None:
    expected, verdicts = folder
    (trade,) = [trade for trade in expected if trade["way"] == way.name]
    found = [(v.message, each) for v in _own(trade, verdicts) for each in _telling(v)]
    wanted = [(m, f) for m, f in found if (m, f.code, f.path) == (way.shown_on, way.code, way.path)]
    assert len(wanted) == 1
    ((_, finding),) = wanted
    assert (finding.family, finding.severity) == (way.family, way.severity)
    assert finding.line is not None
    # A paper that was refused is one that the inventory still waits for.
    rest = [(m, f.code) for m, f in found if f is not finding]
    refused = way.severity == "reject" and way.shown_on != INVENTORY
    assert rest == ([(INVENTORY, "TAX-CBEC-13-MISSING")] if refused else [])


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_its_inventory_has_the_decision_that_its_outcome_follows_from(
    folder: Folder, way: Way
) -> None:
    expected, verdicts = folder
    (trade,) = [trade for trade in expected if trade["way"] == way.name]
    inventory = next(v for v in _own(trade, verdicts) if v.message == INVENTORY)
    decision = {"rejected": "reject", "held": "hold", "waiting": "warn"}[trade["outcome"]]
    assert inventory.decision == decision
    assert trade["papers"][INVENTORY] == trade["outcome"] == way.outcome


def test_there_are_ways_of_every_kind_for_every_paper() -> None:
    assert len(WAYS) >= 37
    assert len({way.name for way in WAYS}) == len(WAYS)
    assert {way.outcome for way in WAYS} == {"waiting", "held", "rejected"}
    assert {way.family for way in WAYS} == {"schema", "rule"}
    assert {way.paper for way in WAYS} == set(PAPERS)


def test_what_the_rules_refuse_is_in_the_table() -> None:
    """Codes that a paper of one trade can be refused or held for, but for those named here."""
    by_hand = {
        # Registers are empty, and returns, payments of tax and identities are later steps.
        *("TAX-CBEC-10", "TAX-CBEC-14", "TAX-CBEC-15", "TAX-CBEC-16", "TAX-CBEC-17"),
        *("TAX-CBEC-19", "TAX-CBEC-21", "TAX-CBEC-23", "GEN-PAY-01", "TAX-CBEC-13-EXPIRED"),
        # Only warned of.
        *("CBEC-QTY2", "CBEC-UPPER", "CBEC-TEXT", "CBEC-GNUM-GAP"),
        # Needs goods of a kind that the demo does not trade in, or comes with another finding.
        *("CBEC-UNIT-UNKNOWN", "CBEC-GOODS-CODE", "TAX-CBEC-13-SUM"),
    }
    # Said of papers that follow a trade: tests/declarations/test_acts.py.
    for act in regimes.load("ecommerce_import").acts.values():
        by_hand |= {said.code for said in (act.unknown, act.refused, act.differs)}
    by_hand |= {"-505012", "-623009", "-625022", "-625209", "CBEC-RETURN-QTY", "CBEC-RETURN-UNIT"}
    codes = {c for c in regimes.load("ecommerce_import").codes() if not c.endswith("-OPEN")}
    assert codes - by_hand == {way.code for way in WAYS if way.family == "rule"}


def test_ways_differ_as_long_as_there_are_ways_left() -> None:
    ways = plan(10_000, 37, seed=1)
    assert len(ways) == 37
    assert len({way.name for way in ways.values()}) == 37
    assert plan(10_000, 37, seed=1) == ways
    assert plan(10_000, 37, seed=2) != ways


@pytest.mark.parametrize(("count", "bad"), [(5, 5), (4, 3), (0, 0), (300, 250)])
def test_any_share_may_be_bad(tmp_path: Path, count: int, bad: int) -> None:
    expected, _ = _written(tmp_path, count=count, bad=bad)
    assert len(expected) == count
    assert sum(trade["bad"] for trade in expected) == bad


def test_more_bad_ones_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError):
        plan(3, 4, seed=1)


def test_files_hold_a_hundred_records_each(tmp_path: Path) -> None:
    files = write(tmp_path, Order(count=201, bad=0, seed=1, day=DAY))
    assert [file.name for file in files] == [
        f"{paper[:6]}-{number:04d}.xml" for number in (1, 2, 3) for paper in PAPERS
    ]
    counts = [file.read_bytes().count(b"</ceb:Order>") for file in files[::4]]
    assert counts == [100, 100, 1]


def test_the_same_order_writes_the_same_bytes(tmp_path: Path) -> None:
    order = Order(count=60, bad=20, seed=5, day=DAY, mark="-T-SLOW", shuffled=True)
    first = [path.read_bytes() for path in write(tmp_path / "a", order)]
    assert [path.read_bytes() for path in write(tmp_path / "b", order)] == first
