"""Taxes where something of a repair stays in China: fee and parts, surplus parts, shortages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from single_window.domain import taxes
from single_window.domain.money import ZERO, to_fen
from single_window.domain.taxes import GENERAL, Taxes

FEE_QUANTITY = Decimal("0.1")
"""Quantity of the repair fee, the second item of a return to China (seen)."""


class Levied(NamedTuple):
    """A dutiable value in CNY and the taxes on it."""

    dutiable: Decimal
    taxes: Taxes


def levied(value: Decimal, *, duty: Decimal, vat: Decimal) -> Levied:
    """Duty and VAT on a value in CNY, each apart subject to the floor (GEN-MIN-01)."""
    dutiable = to_fen(value)
    return Levied(
        dutiable,
        taxes.general_levy(
            dutiable,
            duty=duty,
            ct=ZERO,
            specific=ZERO,
            vat=vat,
            floor=GENERAL.on(date.max)["min_levy"],
        ),
    )


def on_return(*, fee: Decimal, parts: Decimal, duty: Decimal, vat: Decimal) -> Levied:
    """REP-10: goods go back to China free; fee and bonded parts are taxed, at the goods' rate."""
    return levied(fee + parts, duty=duty, vat=vat)


def from_abroad(
    *, fee: Decimal, material: Decimal, rate: Decimal, duty: Decimal, vat: Decimal
) -> Levied:
    """GEN-REP-01: goods repaired abroad and back in time are worth fee and materials abroad."""
    return levied((fee + material) * rate, duty=duty, vat=vat)


def of_parts(
    *, quantity: Decimal, price: Decimal, rate: Decimal, duty: Decimal, vat: Decimal
) -> Levied:
    """Surplus new parts sold in China, or parts found missing: quantity x price, taxed in full."""
    return levied(quantity * price * rate, duty=duty, vat=vat)
