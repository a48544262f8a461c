"""What an export comes to, and how tax treats it: one way for records and for cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from single_window.domain.findings import Finding
from single_window.domain.money import ZERO, to_fen
from single_window.domain.parameters import InForce
from single_window.domain.rules import Amounts
from single_window.regimes.ecommerce_export.terms import (
    CNY,
    COUNTED,
    OVERSEAS,
    ZONE,
    finding,
    known,
)

REFUND, PREREFUND, SETTLED = "refund", "prerefund", "settled"
EXEMPT, TAXED, NONE = "exempt", "taxed", "none"
RETURNED = "returned"
"""How tax treats an export: the tax paid before is refunded, or refunded on departure and settled
when sold; exempt without a purchase voucher; taken for a sale at home; nothing is claimed; or it
has come back."""
PREREFUND_MARK = "HWC-YT"
"""Mark of a refund on departure in the refund line (STA 2025-3)."""


class Valued(NamedTuple):
    """The lines' totals in their own currency, and in CNY where a rate is known."""

    total: Decimal
    currency: str
    total_cny: Decimal | None
    rate: Decimal | None = None


def value(lines: Sequence[Mapping[str, str]], rates: Mapping[str, Decimal]) -> Valued:
    """What the goods come to, free on board; lines in several currencies have no common sum.

    Other currencies are converted by the rate of the month (GEN-FX-01), where it is known.
    """
    total = to_fen(sum((Decimal(line["totalPrice"]) for line in lines), ZERO))
    currencies = {line["currency"] for line in lines}
    currency = currencies.pop() if len(currencies) == 1 else ""
    if currency == CNY:
        return Valued(total, currency, total)
    rate = rates.get(currency)
    return Valued(total, currency, None if rate is None else to_fen(total * rate), rate)


def treatment(mode: str, flag: str, values: InForce) -> str:
    """How tax treats an export by its mode and way of declaring (EXP-9610-06, EXP-B2B-06).

    What is only counted claims no refund; goods of a zone had theirs when they entered it.
    """
    if mode == ZONE:
        return NONE
    if flag == COUNTED:
        return EXEMPT if values["exempt_without_voucher"] else TAXED
    return PREREFUND if mode == OVERSEAS and values["prerefund"] else REFUND


def amounts(
    lines: Sequence[Mapping[str, str]], valued: Valued, how: str, values: InForce
) -> Amounts:
    """Everything computed, for keeping and showing; what depends on an unknown rate is left out."""
    found: Amounts = {"value": valued.total, "currency": valued.currency, "treatment": how}
    if valued.total_cny is not None:
        found["value_cny"] = valued.total_cny
        if valued.rate is not None:
            found["rate"] = valued.rate
        share = known(values, "assessed_share")
        if how == EXEMPT and share is not None:
            found["income"] = to_fen(valued.total_cny * share)
    found["lines"] = [
        {"gnum": line["gnum"], "hs": line["gcode"], "value": to_fen(Decimal(line["totalPrice"]))}
        for line in lines
    ]
    return found


class Assessed(NamedTuple):
    """The income that is assumed, and the tax on it."""

    taxable: Decimal
    tax: Decimal


def income_tax(revenue: Decimal, *, small: bool, values: InForce) -> Assessed | None:
    """Tax on assessed income (EXP-9610-07, -08); None where a rate is not known on the day."""
    share = known(values, "assessed_share")
    if share is None:
        return None
    taxable = to_fen(revenue * share)
    rate = values["income_tax_rate"]
    if small:
        limit = known(values, "small_profit_limit")
        if limit is None:
            return None
        if taxable <= limit:
            rate = values["small_profit_rate"]
    return Assessed(taxable, to_fen(taxable * rate))


def sale(head: Mapping[str, Any], lines: Sequence[Mapping[str, str]]) -> Amounts:
    """What a sale abroad comes to, and which booking's refund on departure it settles."""
    found: Amounts = {"value": to_fen(Decimal(head["goodsValue"])), "currency": head["currency"]}
    if head["currency"] == CNY:
        found["value_cny"] = found["value"]
    return found | {
        "treatment": SETTLED,
        "settles": head["orderNo"],
        "sold_date": head["soldDate"],
        "lines": [
            {"gnum": line["gnum"], "value": to_fen(Decimal(line["totalPrice"]))} for line in lines
        ],
    }


def settled_in_time(*, exported: date, settled: date, values: InForce) -> list[Finding]:
    """A refund on departure is settled by 30 April of the next year, or paid back (EXP-B2B-07)."""
    month, day = map(int, values["prerefund_settled"].split("-"))
    last = date(exported.year + 1, month, day)
    if settled <= last:
        return []
    told = settled.isoformat()
    return [finding("EXP-B2B-07", "hold", "", told, expected=last.isoformat())]


def may_be_assessed(*, conditions_met: bool) -> list[Finding]:
    """Income is assessed where the conditions are met; else the books count (EXP-9610-07)."""
    return [] if conditions_met else [finding("EXP-9610-07", "hold")]
