"""Tax formulas and days of law that more than one regime uses; pure arithmetic on exact decimals.

Each tax of a line is rounded once, at the end of its own formula, and each formula divides once,
last: so a result that ends on half a fen is exact before it is rounded (GEN-RND-01).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import NamedTuple

from single_window.domain.money import FEN, ZERO, to_fen
from single_window.domain.parameters import InForce, Parameters

GENERAL = Parameters.load(Path(__file__).with_name("taxes.toml"))
"""Values of general customs law, by day."""

ONE = Decimal(1)
_WEDNESDAY = 2
_SATURDAY = 5


class Taxes(NamedTuple):
    """What is due on one line, each to the fen."""

    duty: Decimal
    ct: Decimal
    vat: Decimal

    @property
    def total(self) -> Decimal:
        """The three together."""
        return self.duty + self.ct + self.vat


def levy(
    value: Decimal,
    *,
    duty: Decimal,
    ct: Decimal,
    specific: Decimal,
    vat: Decimal,
    share: Decimal = ONE,
) -> Taxes:
    """Duty, consumption tax and VAT on a dutiable value (GEN-DUTY-01, GEN-CT-01..03, GEN-VAT-01).

    `specific` is the fixed part of consumption tax, quantity x amount. With the consumption tax
    inside, the price is (value + duty + specific) / (1 - ct), which is also the base of VAT.
    `share` is the part of consumption tax and VAT that is collected.
    """
    charge = value * duty if duty else ZERO
    base = value + charge + specific if duty or specific else value
    charged = to_fen(charge) if charge else _NOTHING
    if not ct:
        consumption = to_fen(specific * share) if specific else _NOTHING
        return Taxes(charged, consumption, to_fen(base * vat * share))
    without = ONE - ct
    return Taxes(
        charged,
        to_fen((base * ct + specific * without) * share / without),
        to_fen(base * vat * share / without),
    )


_NOTHING = ZERO.quantize(FEN)


def above_floor(amount: Decimal, floor: Decimal) -> Decimal:
    """The amount, or nothing where it is below what is taken at all (GEN-MIN-01)."""
    return amount if amount >= floor else _NOTHING


def general_levy(
    value: Decimal, *, duty: Decimal, ct: Decimal, specific: Decimal, vat: Decimal, floor: Decimal
) -> Taxes:
    """The taxes of a one-line consignment of general trade, each apart subject to the floor.

    What is not levied does not enter the base of the next tax.
    """
    duty_due = above_floor(to_fen(value * duty), floor)
    rate = duty if duty_due else ZERO
    taxes = levy(value, duty=rate, ct=ct, specific=specific, vat=vat)
    ct_due = above_floor(taxes.ct, floor)
    if taxes.ct and not ct_due:
        vat_due = to_fen((value + value * rate) * vat)
    else:
        vat_due = taxes.vat
    return Taxes(duty_due, ct_due, above_floor(vat_due, floor))


def dutiable_value(
    *,
    terms: str,
    price: Decimal,
    freight: Decimal | None,
    insurance: Decimal | None,
    rate: Decimal,
    assumed_insurance: Decimal,
) -> Decimal | None:
    """The CIF value in CNY to the fen (GEN-VAL-01..03); None where the freight is not known."""
    amount = price
    if terms in ("FOB", "FCA", "FAS", "EXW"):
        if freight is None:
            return None
        amount += freight
    if terms not in ("CIF", "CIP", "DAP", "DPU", "DDP"):
        amount += amount * assumed_insurance if insurance is None else insurance
    return to_fen(amount * rate)


class Late(NamedTuple):
    """Days beyond the limit and what they cost."""

    days: int
    fee: Decimal


def late_payment(tax: Decimal, *, due: date, paid: date, values: InForce) -> Late:
    """The late fee from the day after the due day to the day of payment (GEN-PAY-01)."""
    days = max(0, (paid - due).days)
    fee = to_fen(tax * values["late_fee_rate"] * days)
    return Late(days, above_floor(fee, values["late_fee_floor"]))


def late_declaration(value: Decimal, *, arrived: date, declared: date, values: InForce) -> Late:
    """The fee for declaring late, in whole yuan (GEN-LATE-01)."""
    days = max(0, (declared - arrived).days - int(values["declaration_days"]))
    fee = (value * values["late_declaration_rate"] * days).quantize(ONE, ROUND_FLOOR)
    return Late(days, above_floor(to_fen(fee), values["late_declaration_floor"]))


def customs_rate_day(declared: date, holidays: Collection[date]) -> date:
    """The day whose rate is used in the month of declaration (GEN-FX-01).

    The third Wednesday of the month before; where it is a holiday, the fourth.
    """
    last_of_month = declared.replace(day=1) - timedelta(days=1)
    first = last_of_month.replace(day=1)
    to_wednesday = (_WEDNESDAY - first.weekday()) % 7
    third = first + timedelta(days=to_wednesday + 14)
    return third + timedelta(days=7) if third in holidays else third


def working_day(day: date, holidays: Collection[date]) -> date:
    """The day itself, or the next that is neither a week-end day nor a holiday (GEN-DAY-01)."""
    while day.weekday() >= _SATURDAY or day in holidays:
        day += timedelta(days=1)
    return day


def last_day(start: date, days: int) -> date:
    """The last day of "within n days from": the start is day 0 (GEN-DAY-01)."""
    return start + timedelta(days=days)
