"""A regime that counts its filings, invented for tests: what each order counts for is made up."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import update

from single_window import regimes
from single_window.declarations import counted, recounting
from single_window.domain.counting import Count, Counted, Flow
from single_window.domain.lifecycle import Outcome, Transport
from single_window.storage import tables as t
from tests.window import ORDER, Window, made

REGIME = "ecommerce_import"
CAT, DOG, EEL = "3301960CAT", "3301960DOG", "3301960EEL"


@dataclass
class Invented:
    """What filings of some messages count for, by their order numbers; others for nothing."""

    counts: dict[str, Sequence[Count]] = field(default_factory=dict)
    messages: tuple[str, ...] = ("CEB311Message",)
    asked: int = 0

    def __call__(
        self, message: str, facts: Mapping[str, Any], _amounts: Mapping[str, Any]
    ) -> Sequence[Count]:
        """The hook."""
        self.asked += 1
        return self.counts.get(facts["orderNo"], ()) if message in self.messages else ()


@contextmanager
def counted_by(invented: Invented) -> Iterator[None]:
    """Lets the regime count its filings."""
    regime = regimes.load(REGIME)
    hooks, told = regime.hooks, regime.counted
    regime.hooks = replace(hooks, counting=invented)
    regime.counted = Counted.of(
        {
            "lists": {"partner": "country-alpha3", "currency": "currency-alpha3"},
            "measure": {
                "value": {"label_zh": "收付金额", "label_en": "Received and paid"},
                "executed": {"label_zh": "执行金额", "label_en": "Executed"},
            },
        }
    )
    try:
        yield
    finally:
        regime.hooks, regime.counted = hooks, told


@contextmanager
def nobody_counts() -> Iterator[None]:
    """Lets no regime count its filings."""
    counting = {regime: regime.hooks for regime in regimes.all().values()}
    for regime, hooks in counting.items():
        regime.hooks = replace(hooks, counting=None)
    try:
        yield
    finally:
        for regime, hooks in counting.items():
            regime.hooks = hooks


def some(rng: random.Random) -> list[Count]:
    """Counts as they may come, up to three of one filing."""
    return [
        Count(
            rng.choice([*Flow]), rng.choice(["value", "executed"]),
            rng.choice(["USD", "EUR", "KWD"]), Decimal(rng.randint(-99999, 999999)) / 1000,
            usd=rng.choice([None, Decimal(rng.randint(-9999, 99999)) / 100]),
            month=rng.choice(["2026-10", "2026-11", ""]), company=rng.choice([CAT, DOG, EEL]),
            service=rng.choice(["227020", "222011"]), component=rng.choice(["SI2", ""]),
            partner=rng.choice(["DEU", "VNM"]),
        )
        for _ in range(rng.randint(0, 3))
    ]  # fmt: skip


def differences(window: Window) -> list[recounting.Difference]:
    """What the statistics have that the filings do not add up to, and the reverse."""
    with window.store.database.read() as connection:
        return [*recounting.verify(window.store, connection)]


def entries(window: Window) -> int:
    """How many counts all sums have in them."""
    return sum(row.entries for row in window.rows(of=t.count_cells))


def accepted(window: Window, invented: Invented, filings: Sequence[Sequence[Count]]) -> list[int]:
    """Orders that count for these things, accepted by customs; their numbers."""
    trades = made(len(filings), seed=7)
    for trade, counts in zip(trades, filings, strict=True):
        invented.counts[trade.order_no] = counts
    window.file(ORDER, [trade.records[ORDER] for trade in trades])
    rows = window.rows(t.declarations.c.message == ORDER)
    with window.store.database.write() as connection:
        word = {"outcome": Outcome.ACCEPTED.value}
        connection.execute(update(t.declarations).values(word))
        connection.execute(update(t.legs).values(transport=Transport.ACKNOWLEDGED.value))
        counted.settle(window.store, connection, rows)
    return [row.id for row in rows]


SERVICES = {"227020": "SI2", "228024": "SJ2", "222011": "SC1", "231010": "SH1", "228033": "SJ3"}
PARTNERS = ("USA", "DEU", "VNM", "HKG", "JPN", "SGP")


def economy(rng: random.Random, companies: Sequence[str], months: Sequence[str]) -> list[Count]:
    """What firms export, import and carry out for others over some months."""
    found = []
    for month in months:
        for company in companies:
            service = rng.choice([*SERVICES])
            usd = Decimal(rng.randint(20_000_00, 9_000_000_00)) / 100
            told = Count(
                rng.choice([Flow.EXPORT, Flow.EXPORT, Flow.IMPORT]), "value",
                rng.choice(["USD", "EUR", "JPY"]), usd, rng.choice([usd, usd, usd, None]), month,
                company, service, SERVICES[service], rng.choice("1234"), rng.choice(PARTNERS),
                rng.choice(["", "QINGDAO-FTZ"]),
            )  # fmt: skip
            found.append(told)
            if told.flow is Flow.EXPORT:
                found.append(replace(told, measure="executed", amount=usd / 2, usd=usd / 2))
    return found
