"""Tax withheld from a payment abroad (代扣代缴): one way for records and for worked cases.

Each tax is rounded once, at the end of its own formula, which divides once, last (GEN-RND-01).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from single_window.domain.money import ZERO, to_fen
from single_window.domain.parameters import InForce

ONE = Decimal(1)
DIVIDEND, INTEREST, ROYALTY, LEASE = "dividend", "interest", "royalty", "lease"
SHIPS, BANKS = "ships", "banks"
"""Kinds of income for which treaties have a rate, and those of a lease or interest that differ."""
_ELSE = {SHIPS: LEASE, BANKS: INTEREST}
_PLACES = {
    "HK": "HKG", "HONG KONG": "HKG", "HONGKONG": "HKG", "MO": "MAC", "MACAO": "MAC",
    "MACAU": "MAC", "SG": "SGP", "SINGAPORE": "SGP", "DE": "DEU", "GERMANY": "DEU", "GB": "GBR",
    "UK": "GBR", "UNITED KINGDOM": "GBR", "US": "USA", "UNITED STATES": "USA", "JP": "JPN",
    "JAPAN": "JPN", "KR": "KOR", "KOREA": "KOR", "CH": "CHE", "SWITZERLAND": "CHE", "NL": "NLD",
    "NETHERLANDS": "NLD",
}  # fmt: skip
_PLACES |= {code: code for code in _PLACES.values()}
_NO_TREATY = (["NONE"], ["NO"])
_KINDS = (
    ("dividend", DIVIDEND),
    ("bank", BANKS),
    ("interest", INTEREST),
    ("royalt", ROYALTY),
    ("aircraft", SHIPS),
    ("ship", SHIPS),
    ("lease", LEASE),
    ("rent", LEASE),
)


class Withheld(NamedTuple):
    """What is due of one payment, in CNY to the fen.

    `cost` is what the payer spends, `net_paid` what the foreign side gets.
    """

    revenue: Decimal
    vat: Decimal
    cit: Decimal
    surcharge: Decimal
    cost: Decimal
    net_paid: Decimal


class Rates(NamedTuple):
    """VAT, income tax on revenue, and surcharges on VAT."""

    vat: Decimal
    cit: Decimal
    surcharge: Decimal = ZERO


def withheld(paid: Decimal, rate: Decimal, rates: Rates, *, inclusive: bool) -> Withheld | None:
    """The taxes of a payment of so much in its currency at a middle rate.

    `inclusive` (含税): the price holds the taxes and the foreign side bears them (SVC-WHT-01);
    else it is what the foreign side gets, and the payer bears them on top (SVC-WHT-02, -03).
    None where the rates leave no revenue.
    """
    price, (vat, cit, surcharge) = paid * rate, rates
    divisor = ONE + vat if inclusive else ONE - cit - vat * surcharge
    if divisor <= 0:
        return None
    revenue = to_fen(price / divisor)
    due = to_fen(price * vat / divisor)
    income = to_fen(price * cit / divisor)
    extra = to_fen(price * vat * surcharge / divisor)
    if inclusive:
        whole = to_fen(price)
        return Withheld(revenue, due, income, extra, whole, whole - due - income - extra)
    return Withheld(revenue, due, income, extra, revenue + due, to_fen(price))


def effective(asked: Decimal | None, deemed: Decimal | None, values: InForce) -> Decimal | None:
    """The rate of income tax on revenue: as asked, or the statutory one on a deemed profit.

    None where nothing tells, or where the two do not agree (SVC-WHT-06).
    """
    if deemed is None:
        return asked
    on_profit: Decimal = deemed * values["cit_statutory"]
    return on_profit if asked in (None, on_profit, values["cit_statutory"]) else None


def may_be_deemed(deemed: Decimal, values: InForce) -> bool:
    """Whether a deemed profit (核定利润率) is one that the law knows."""
    return bool(values["deemed_least"] <= deemed <= values["deemed_most"])


class Treaty(NamedTuple):
    """A treaty's place and the kind of income; empty where the words name none that is known."""

    place: str
    income: str


def treaty_of(words: str) -> Treaty:
    """The treaty that is claimed in words: "HK royalty", "interest (bank), SGP"; "none" is none."""
    parts = re.findall(r"[^\W_]+", words.upper())
    if not parts or parts in _NO_TREATY:
        return Treaty("", "")
    spoken = f" {' '.join(parts)} "
    income = next((kind for mark, kind in _KINDS if mark.upper() in spoken), "")
    known = (code for name, code in _PLACES.items() if f" {name} " in spoken)
    return Treaty(next(known, parts[0]), income)


def treaty_rate(treaty: Treaty, values: InForce) -> Decimal | None:
    """The rate of a treaty (协定税率, SVC-WHT-07); None where none is known."""
    row = next((row for row in values["treaties"] if row["place"] == treaty.place), None)
    told = row and (row.get(treaty.income) or row.get(_ELSE.get(treaty.income, "")))
    return Decimal(told) if told else None
