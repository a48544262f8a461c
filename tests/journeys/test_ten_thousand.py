"""Ten thousand trades of which thirty-seven are bad, each in its own way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.journeys.world import INVENTORY, World, breaks

TRADES, BAD, SEED = 10_000, 37, 20261124

Records = Mapping[tuple[str, str], list[dict[str, Any]]]
"""The results of all records by message and business key; a number taken twice has two."""


def test_all_good_trades_are_released_and_every_bad_one_is_told_why(world: World) -> None:
    submissions = world.trades(TRADES, bad=BAD, seed=SEED)
    expected = world.expected(seed=SEED)
    good = [trade for trade in expected if not trade["bad"]]
    bad = [trade for trade in expected if trade["bad"]]
    assert (len(good), len({trade["way"] for trade in bad})) == (TRADES - BAD, BAD)

    world.until(lambda: world.finished("tax", "fx") >= len(good), "all good are answered", 300)

    records = _records(world, submissions)
    released = Counter(_outcome(records, trade, INVENTORY) for trade in good)
    assert released == {"released": TRADES - BAD}
    assert "\n".join(fault for trade in bad for fault in _faults(trade, records)) == ""
    for name in ("tax", "fx"):
        told = [entry["orderNo"] for entry in world.books(name)]
        assert sorted(told) == sorted(trade["orderNo"] for trade in good)
    assert breaks(world) == []


def _records(world: World, submissions: Iterable[int]) -> Records:
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for number in submissions:
        for item in world.items(f"/submissions/{number}/records"):
            found[item["message"], item["key"]].append(item)
    return found


def _outcome(records: Records, trade: Mapping[str, Any], message: str) -> str:
    """What became of a paper; of two with one number, the one that lives."""
    outcomes = [item["outcome"] for item in records[message, trade["keys"][message]]]
    return next((each for each in outcomes if each != "rejected"), "rejected")


def _faults(trade: Mapping[str, Any], records: Records) -> Iterator[str]:
    """Where a bad trade was not treated as its way of being bad demands."""
    way = trade["way"]
    for message, outcome in trade["papers"].items():
        there = [item["outcome"] for item in records[message, trade["keys"][message]]]
        if outcome not in there:
            yield f"{way}: {message} is {there}, not {outcome}"
    wanted = trade["finding"]
    own = records[wanted["message"], wanted["key"]]
    found = [
        finding
        for item in own
        for finding in item["findings"]
        if (finding["code"], finding["path"], finding["severity"])
        == (wanted["code"], wanted["path"], wanted["severity"])
    ]
    if not found:
        said = [(f["code"], f["path"], f["severity"]) for item in own for f in item["findings"]]
        yield f"{way}: {wanted} is not among {said}"
    for finding in found:
        names = ["text_zh", "text_en", "remedy_zh", "remedy_en", "line"]
        if finding["path"]:
            names += ["label_zh", "label_en"]
        for name in names:
            if not finding[name]:
                yield f"{way}: {finding['code']} {finding['path']} has no {name}"
