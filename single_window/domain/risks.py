"""Signals of risk (风险信号): what is flagged or held, by thresholds that may be set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from single_window.domain.money import ZERO
from single_window.domain.parameters import InForce, Parameters
from single_window.domain.rulings import ACCEPTED, Ruling

RISKS = Parameters.load(Path(__file__).with_name("risks.toml"))
"""The thresholds, by day."""


def _if(so: bool, rule: str, decision: str = "hold") -> Ruling:
    return Ruling("warn" if decision == "warn" else "hold", rule) if so else ACCEPTED


def split(orders: Sequence[Decimal], values: InForce) -> Ruling:
    """Orders of one buyer, day and goods that pass the limit together (拆单, RISK-E-01)."""
    return _if(sum(orders, ZERO) > values["split_sum"], "RISK-E-01")


def shared(identities: int, values: InForce) -> Ruling:
    """Many identities at one address or phone within 7 days (RISK-E-02)."""
    return _if(identities >= values["shared_ids"], "RISK-E-02")


def price(asked: Decimal, reference: Decimal | None, values: InForce) -> Ruling:
    """A price far below the reference (RISK-E-03); without one it is not checked."""
    if reference is None:
        return Ruling("warn", "RISK-E-03")
    if asked < reference * values["price_hold"]:
        return Ruling("hold", "RISK-E-03")
    return _if(asked < reference * values["price_warn"], "RISK-E-03", "warn")


def payer(*, is_buyer: bool, verified: bool) -> Ruling:
    """Somebody else pays than who buys (RISK-E-04)."""
    if is_buyer:
        return ACCEPTED
    return Ruling("warn" if verified else "reject", "RISK-E-04")


def rotation(used: Sequence[Decimal], values: InForce) -> Ruling:
    """Several persons at one address near the end of their year's limit (RISK-E-05)."""
    line = values["rotation_quota"] * values["rotation_used"]
    near = sum(1 for each in used if each > line)
    return _if(near >= values["rotation_ids"], "RISK-E-05")


def refunds(returns: int, orders: int, values: InForce) -> Ruling:
    """Many returns among the orders of 90 days (RISK-E-06)."""
    many = returns >= values["refund_count"] and returns > orders * values["refund_share"]
    return _if(many, "RISK-E-06", "warn")


def disowned(reports: int) -> Ruling:
    """A buyer says that a purchase is not his (RISK-E-07)."""
    return _if(reports > 0, "RISK-E-07")


def pushed(order: datetime, waybill: datetime) -> Ruling:
    """An order made after the parcel was on its way (RISK-E-08)."""
    return _if(order > waybill, "RISK-E-08")


def stock(counted: Decimal, booked: Decimal) -> Ruling:
    """Stock in the warehouse that is not what the account says (RISK-E-09)."""
    return _if(counted != booked, "RISK-E-09")


def round_number(amount: Decimal, values: InForce, *, detailed: bool) -> Ruling:
    """A round amount in USD without the detail of an invoice (RISK-S-01)."""
    even = amount >= values["round_from"] and not amount % values["round_step"]
    return _if(even and not detailed, "RISK-S-01", "warn")


def related(amount: Decimal | None, values: InForce, *, is_related: bool, filed: bool) -> Ruling:
    """A related party paid without papers on transfer pricing (RISK-S-02)."""
    above = amount is None or amount > values["related_above"]
    return _if(is_related and above and not filed, "RISK-S-02")


def in_parts(payments: Sequence[Decimal], values: InForce) -> Ruling:
    """Payments to one payee within 30 days, each just within the line (拆分付汇, RISK-S-03)."""
    line = values["parts_line"]
    close = [each for each in payments if values["parts_from"] <= each <= line]
    return _if(len(close) >= values["parts_count"] and sum(close, ZERO) > line, "RISK-S-03")


def circular(*, is_related: bool) -> Ruling:
    """First seller and last buyer of a deal belong together (循环贸易, RISK-O-02)."""
    return _if(is_related, "RISK-O-02")


def reused(*, used_before: bool) -> Ruling:
    """A title paper that has served a deal before (RISK-O-01)."""
    return Ruling("reject", "RISK-O-01") if used_before else ACCEPTED
