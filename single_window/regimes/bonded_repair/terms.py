"""What the rules of bonded repair share: the values of the law by day, and findings."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

from single_window.domain.books.entries import Kind, Law
from single_window.domain.findings import Finding, Severity
from single_window.domain.parameters import InForce, Parameters
from single_window.domain.wording import Wording

ACCOUNT, WORK_ORDER = "BondedAccount", "RepairWorkOrder"
BOOK_CODES = frozenset(
    code
    for code in Wording.load(Path(__file__).with_name("findings.csv")).codes()
    if code.startswith("BOOK-") or code in ("REP-02-ABROAD", "REP-09")
)
"""What is said of entries in an account book, and of its balances."""
with Path(__file__).with_name("remarks.toml").open("rb") as _file:
    REMARKS = {
        name: re.compile(pattern, re.IGNORECASE) for name, pattern in tomllib.load(_file).items()
    }
"""What is read off the remark of a line, by name."""
PARAMETERS = Parameters.load(Path(__file__).with_name("parameters.toml"))


def on(day: date) -> InForce:
    """The values of the day; of a day before the table begins, those of its first."""
    return PARAMETERS.on(max(day, PARAMETERS.first_day()))


def last_checked() -> date:
    """The day as of which the table was last compared with the law."""
    days: list[date] = [each.checked_on for one in PARAMETERS for each in one.values]
    return max(days)


def law(day: date) -> Law:
    """By what an entry of that day is judged."""
    values = on(day)
    goods: tuple[frozenset[str], Severity] = frozenset(values["goods_modes"]), "reject"
    return Law(
        months_in_zone=values["months_in_zone"],
        months_outside=values["months_outside"],
        warn_days=values["warn_days"],
        reminders=tuple(values["reminders"]),
        waste_sale=values["waste_sale"],
        straight_abroad=values["straight_abroad"],
        modes={
            Kind.REEXPORT: (frozenset(values["reexport_modes"]), "reject"),
            Kind.DESTROY: (frozenset(values["destroy_modes"]), "warn"),
            **dict.fromkeys((Kind.IN, Kind.OUT, Kind.RESERVE, Kind.EXCHANGE), goods),
        },
    )


def finding(code: str, severity: Severity, path: str = "", value: str = "", **more: str) -> Finding:
    """A finding of a rule; what else is named goes into its text."""
    expected = more.pop("expected", "")
    return Finding("rule", code, severity, path, value, expected, tuple(sorted(more.items())))
