"""Which way an export may be declared, and by when it is summed up (EXP-9610-02, -03, EXP-B2B).

Asked by records and by worked cases alike. What is not known is None, and says so.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from single_window.domain.findings import Finding
from single_window.domain.parameters import InForce
from single_window.domain.taxes import working_day
from single_window.regimes.ecommerce_export.terms import (
    DIRECT,
    ORDER_TYPES,
    OVERSEAS,
    finding,
    plain,
)

CODES = frozenset(
    {
        "EXP-9610-02",
        "EXP-9610-02-DUTY",
        "EXP-9610-02-OPEN",
        "EXP-9610-02-PERMIT",
        "EXP-9610-02-REFUND",
        "EXP-9610-02-ZONE",
        "EXP-9610-03",
        "EXP-B2B-01",
        "EXP-B2B-02",
        "EXP-B2B-02-PERMIT",
        "EXP-B2B-02-TAX",
        "EXP-B2B-04",
        "EXP-B2B-04-OPEN",
        "EXP-B2B-05",
        "CBEX-RATE-UNKNOWN",
    }
)
_VALUE = "InventoryList[1]/totalPrice"
_LICENCE = "InventoryHead/licenseNo"
_GOODS = "InventoryList[1]/gcode"
_CUSTOMS = "InventoryHead/customsCode"
_FLAG = "InventoryHead/statisticsFlag"
_MODE = "InventoryHead/tradeMode"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What decides whether a parcel goes by inventory alone; None is not known."""

    value_cny: Decimal | None
    permit: bool = False
    in_zone: bool | None = None
    export_duty: bool | None = None
    refund: bool = False
    inspection: bool = False
    tax: bool = False


def counted_only(parcel: Parcel, values: InForce) -> list[Finding]:
    """Whether a retail parcel may be released and only counted (route B, EXP-9610-02)."""
    code, limit = "EXP-9610-02", values["parcel_limit"]
    found: list[Finding] = []
    if parcel.in_zone is False:
        found.append(finding("EXP-9610-02-ZONE", "reject", _CUSTOMS))
    found += _within(code, parcel.value_cny, limit)
    if parcel.permit:
        found.append(finding("EXP-9610-02-PERMIT", "reject", _LICENCE))
    if parcel.export_duty:
        found.append(finding("EXP-9610-02-DUTY", "reject", _GOODS))
    if parcel.refund:
        found.append(finding("EXP-9610-02-REFUND", "reject", _FLAG))
    if parcel.in_zone is None or parcel.export_duty is None:
        found.append(_ZONE_OPEN if parcel.in_zone is None else _DUTY_OPEN)
    return found


# Made once: nearly every parcel carries one until an operator fills the registers.
_ZONE_OPEN = finding("EXP-9610-02-OPEN", "warn", _CUSTOMS)
_DUTY_OPEN = finding("EXP-9610-02-OPEN", "warn", _GOODS)


def _within(code: str, value: Decimal | None, limit: Decimal) -> list[Finding]:
    """A value that is not known in CNY is held: the limit depends on it."""
    if value is None:
        return [finding("CBEX-RATE-UNKNOWN", "hold", _VALUE)]
    if value > limit:
        return [finding(code, "reject", _VALUE, plain(value), expected=plain(limit))]
    return []


def by_inventory(parcel: Parcel, values: InForce) -> list[Finding]:
    """Whether an export between firms may go by inventory, without a declaration (EXP-B2B-02)."""
    found = _within("EXP-B2B-02", parcel.value_cny, values["b2b_parcel_limit"])
    if parcel.permit:
        found.append(finding("EXP-B2B-02-PERMIT", "reject", _LICENCE))
    if parcel.inspection or parcel.tax or parcel.export_duty:
        found.append(finding("EXP-B2B-02-TAX", "reject", _GOODS))
    return found


def goods_code_digits(*, refund: bool, zone_customs: bool | None, values: InForce) -> int:
    """How many digits of the goods code an inventory between firms needs (EXP-B2B-03)."""
    return int(values["b2b_digits"]) if zone_customs and not refund else WHOLE_CODE


WHOLE_CODE = 10
"""Digits of a whole goods code."""


def begun(day: date, customs: str, values: InForce) -> list[Finding]:
    """Whether exports between firms may be declared on the day at these customs (EXP-B2B-04).

    Without customs it is asked whether they may anywhere.
    """
    (row,) = values["b2b_pilots"]
    if row["elsewhere"] == "yes" or customs[:2] in row["regions"].split():
        return []
    if not customs and row["regions"]:
        return []
    if row["elsewhere"] == "no":
        return [finding("EXP-B2B-04", "reject", _CUSTOMS, customs, day=day.isoformat())]
    return [finding("EXP-B2B-04-OPEN", "warn", _CUSTOMS, customs)]


def documented(mode: str, *, order: bool, booking: bool) -> list[Finding]:
    """A trade order for a sale between firms, a booking for an overseas warehouse (EXP-B2B-01)."""
    there = {DIRECT: order, OVERSEAS: booking}.get(mode, True)
    return (
        [] if there else [finding("EXP-B2B-01", "reject", _MODE, mode, expected=ORDER_TYPES[mode])]
    )


def warehouse_filed(mode: str, *, filed: bool, values: InForce) -> list[Finding]:
    """Until 2024-12-14 an overseas warehouse was filed with customs first (EXP-B2B-05)."""
    if mode != OVERSEAS or filed or not values["warehouse_filing"]:
        return []
    return [finding("EXP-B2B-05", "reject", _MODE, mode)]


def summary_due(year: int, month: int, holidays: Collection[date], values: InForce) -> date:
    """The last day on which a month's inventories are summed up: the next month's 15th or after."""
    years, month = divmod(month, 12)
    return working_day(date(year + years, month + 1, int(values["summary_day"])), holidays)


def summed_up_in_time(submitted: date, due: date) -> list[Finding]:
    """A summary after its last day is held and noted against the firm (EXP-9610-03)."""
    if submitted <= due:
        return []
    path = "SummaryApplyHead/appTime"
    return [finding("EXP-9610-03", "hold", path, submitted.isoformat(), expected=due.isoformat())]
