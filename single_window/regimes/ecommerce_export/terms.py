"""What the rules of exports share: the messages' names, and the values of the law by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from single_window.domain.findings import Finding, Severity
from single_window.domain.money import to_fen
from single_window.domain.parameters import InForce, Parameters

ORDER = "CEB303Message"
RECEIPT = "CEB403Message"
WAYBILL = "CEB505Message"
INVENTORY = "CEB603Message"
DECLARATION = "DecMessage"
CANCELLATION = "CEB605Message"
BINDING = "CEB607Message"
ARRIVAL = "CEB507Message"
DEPARTURE = "CEB509Message"
SUMMARY = "CEB701Message"
RETURN = "CEB213Message"
TALLY = "CEB215Message"
SALE = "OverseasSaleMessage"
WAREHOUSE = "OverseasWarehouseMessage"

RETAIL, ZONE, DIRECT, OVERSEAS = "9610", "1210", "9710", "9810"
ORDER_TYPES: Mapping[str, str] = {RETAIL: "E", ZONE: "E", DIRECT: "B", OVERSEAS: "W"}
"""The type of order that belongs to each mode."""
BETWEEN_FIRMS = frozenset({DIRECT, OVERSEAS})
COUNTED, SUMMED = "A", "B"
"""statisticsFlag: released and only counted (route B of the law), or summed up (its route A)."""
CNY = "142"
CHINA = "142"

PARAMETERS = Parameters.load(Path(__file__).with_name("parameters.toml"))
_UNKNOWN = "?"
# A record that its schema refuses may hold 1E999999; written out that is a megabyte.
_WRITTEN_OUT = 40


def on(day: date) -> InForce:
    """The values of the day; of a day before the table begins, those of its first."""
    return PARAMETERS.on(max(day, PARAMETERS.first_day()))


def last_checked() -> date:
    """The day as of which the table was last compared with the law."""
    days: list[date] = [each.checked_on for one in PARAMETERS for each in one.values]
    return max(days)


def known(values: InForce, key: str) -> Any:
    """The value, None where it is not known on that day."""
    value = values[key]
    return None if value == _UNKNOWN else value


def finding(code: str, severity: Severity, path: str = "", value: str = "", **more: str) -> Finding:
    """A finding of a rule; what else is named goes into its text."""
    expected = more.pop("expected", "")
    return Finding("rule", code, severity, path, value, expected, tuple(more.items()))


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where it has no such day."""
    at = day.year * 12 + day.month - 1 + months
    year, month = divmod(at, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def plain(amount: Decimal) -> str:
    """An amount as a clerk writes it: no exponent, two decimals unless it has more."""
    if abs(amount.adjusted()) > _WRITTEN_OUT:
        return str(amount)
    short = to_fen(amount)
    return f"{short if short == amount else amount.normalize():f}"
