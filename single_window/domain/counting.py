"""What a filing adds to the statistics of trade (统计): the value that a regime's hook hands over.

A regime that wants its filings counted supplies `Hooks.counting(message, facts, amounts)`. It is
asked about a filing that has reached its goal, and again whenever that filing changes, so it has
to be a function of its three arguments and of nothing else: figures are reckoned anew from kept
facts, and have to come out the same. It returns any number of counts, none where a message does
not count. What comes back (a refund) is counted by the paper that brings it back, below nothing:

    def counting(message, facts, amounts):
        if message != "InboundReceiptMessage":
            return ()
        sign = -1 if facts["receiptKind"] == "R" else 1
        usd = facts.get("usd")  # None where no rate is known: counted, but in no sum of USD
        return [Count(Flow.EXPORT, "value", facts["currency"], sign * Decimal(facts["amount"]),
                      usd=None if usd is None else sign * Decimal(usd),
                      month=month_of(facts["receivedDate"]), company=facts["payeeCode"],
                      service=facts["bopCode"], component="SI2", mode="1", partner="DEU")]

How measures are called, and from which code list the values of a dimension have their names, is
said in regime.toml; the values of a dimension without a list are shown as they are, and one that is
derived is read off a column of another's list where the hook leaves it empty:

    [counted]
    lists = { service = "bop", partner = "country-alpha3" }
    derived = { component = { of = "service", column = "ebops" } }
    [counted.measure.value]
    label_zh = "收付金额"
    label_en = "received and paid"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from single_window.domain.conditions import day_of

UNITS = Decimal(1000)
"""Amounts are summed in thousandths: no currency has more than three places that are paid in."""
MOST = Decimal(10) ** 13
"""What is beyond ten trillion of any currency is a slip of the pen, and would burst the sums."""

DIMENSIONS = {
    "service": 12,
    "component": 12,
    "mode": 2,
    "partner": 3,
    "month": 7,
    "zone": 20,
    "company": 18,
    "currency": 3,
}
"""By what figures are told apart, and how long a value may be."""


class Flow(StrEnum):
    """Which way a service or goods go: STAT-02, a receipt is an export and a payment an import."""

    EXPORT = "export"
    IMPORT = "import"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Count:
    """One figure of a filing.

    `measure` is what is counted: `value` for what was received or paid, `contracted` and
    `executed` (合同金额, 执行金额) for outsourcing; a name of at most 20 letters. `amount` is in
    `currency` (ISO alpha-3); `usd` is the same in US dollars, None where the rate is not known.
    `month` is that of the payment or receipt, "2026-11". `service` is a BoP code (交易编码),
    `component` one of EBOPS, `mode` a mode of supply (提供方式), `partner` a country (alpha-3),
    `zone` where the company sits. "" is what nobody has stated.
    """

    flow: Flow
    measure: str
    currency: str
    amount: Decimal
    usd: Decimal | None
    month: str
    company: str
    service: str = ""
    component: str = ""
    mode: str = ""
    partner: str = ""
    zone: str = ""

    @property
    def fits(self) -> bool:
        """Whether the amounts can be summed with others."""
        return abs(self.amount) <= MOST and (self.usd is None or abs(self.usd) <= MOST)


class Derived(NamedTuple):
    """A dimension whose value stands in a column of the code list of another one, `of`."""

    of: str
    column: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What a manifest says of a regime's figures.

    Code list and derivation by dimension, labels by measure.
    """

    lists: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    derived: Mapping[str, Derived] = field(default_factory=dict)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Counted:
        """As it stands in regime.toml. Raises ValueError for a dimension that there is not."""
        lists = told.get("lists", {})
        derived = {name: Derived(**row) for name, row in told.get("derived", {}).items()}
        if unknown := {*lists, *derived} - DIMENSIONS.keys():
            raise ValueError(f"counted: {sorted(unknown)}")
        if unlisted := {each.of for each in derived.values()} - lists.keys():
            raise ValueError(f"counted.derived: no list for {sorted(unlisted)}")
        return cls(
            lists,
            {
                name: (row["label_zh"], row["label_en"])
                for name, row in told.get("measure", {}).items()
            },
            derived,
        )


def month_of(text: str) -> str:
    """The month of a day as messages write it (20261103, 2026-11-03); "" where it is none."""
    day = day_of(text.replace("-", "")[:8])
    return f"{day:%Y-%m}" if day else ""


def units(amount: Decimal) -> int:
    """An amount as it is stored and summed."""
    return int((amount * UNITS).to_integral_value(ROUND_HALF_UP))


def amount(stored: int) -> Decimal:
    """A stored sum as it is meant."""
    return Decimal(stored) / UNITS
