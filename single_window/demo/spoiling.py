"""Some of the trades are spoiled: which ones and how follows from the seed."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from single_window.demo.changes import borrow
from single_window.demo.trades import INVENTORY, PAPERS, Record, Trade
from single_window.demo.ways import WAYS, Way

BLOCK = 100
"""Trades that are written side by side; a taken number is never that of another block."""


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A trade as it goes out, and the way in which it was spoiled, if it was."""

    trade: Trade
    way: Way | None = None


def plan(count: int, bad: int, seed: int) -> Mapping[int, Way]:
    """The trades to spoil, by number: in different ways as long as there are ways left.

    A way that takes a number from the trade before needs that one to be good, so with more bad
    trades than good ones these ways are left out. Raises ValueError for more bad than there are.
    """
    if not 0 <= bad <= count:
        raise ValueError(f"{bad} of {count}")
    rng = random.Random(f"spoil {seed}")
    even = range(2, count + 1, 2)
    apart = bad <= len(even)
    numbers = sorted(rng.sample(even if apart else range(1, count + 1), bad))
    ways = [way for way in WAYS if apart or not way.borrowed]
    chosen: list[Way] = []
    while len(chosen) < bad:
        chosen += rng.sample(ways, min(len(ways), bad - len(chosen)))
    return dict(zip(numbers, chosen, strict=True))


def spoiled(trades: Iterable[Trade], ways: Mapping[int, Way]) -> Iterator[Spoiled]:
    """The trades in their order, some of them changed as planned; those given stay as they are."""
    before: Trade | None = None
    for trade in trades:
        way = ways.get(trade.number)
        yield Spoiled(trade) if way is None else Spoiled(_spoil(trade, way, before), way)
        before = trade


def _spoil(trade: Trade, way: Way, before: Trade | None) -> Trade:
    records: dict[str, Record] = copy.deepcopy(trade.records)
    if way.change is None:
        del records[way.paper]
    else:
        way.change(records[way.paper])
    for path in way.borrowed:
        assert before is not None
        borrow(records[way.paper], path, before.records[way.paper])
    return Trade(trade.number, trade.order_no, records)


def outcomes(of: Spoiled) -> dict[str, str]:
    """What becomes of each paper of a trade once everything has run its course."""
    way = of.way
    ends = {paper: "accepted" for paper in PAPERS if paper in of.trade.records}
    ends[INVENTORY] = "released" if way is None else way.outcome
    if way is not None and way.severity == "reject" and way.shown_on != INVENTORY:
        ends[way.shown_on] = "rejected"
    return ends
