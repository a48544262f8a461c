"""Codes of the balance of payments (国际收支交易编码) and the remarks that go with them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from single_window.domain.findings import Finding
from single_window.domain.parameters import InForce
from single_window.regimes.service_trade.terms import EXPORT, finding, plain, within

CODES = frozenset(
    {
        "SVC-BOP-01",
        "SVC-BOP-01-RANGE",
        "SVC-BOP-02",
        "SVC-BOP-02-DIRECTION",
        "SVC-BOP-02-KIND",
        "SVC-BOP-06",
        "SVC-BOP-06-NAMED",
        "RISK-S-04",
    }
)
with Path(__file__).with_name("remarks.toml").open("rb") as _file:
    REMARKS = tomllib.load(_file)
"""Words of remarks: of which codes they speak, and how an advance or a refund is named."""


def is_code(item: str) -> bool:
    """Whether it has the shape of a code, of any edition."""
    return len(item) == 6 and item.isdecimal()


def current(code: str, path: str, values: InForce) -> list[Finding]:
    """A code is of the edition in force (SVC-BOP-01); for a former one the new one is named."""
    for row in values["former_codes"]:
        if row["former"] == code:
            return [finding("SVC-BOP-01", "reject", path, code, expected=row["now"])]
    ranges = values["code_ranges"]
    if within(code, ranges):
        return []
    return [finding("SVC-BOP-01-RANGE", "reject", path, code, expected=", ".join(ranges))]


def remarked(remark: str, code: str, kind: str, *, at: str) -> list[Finding]:
    """A remark tells what the code says without holding it (SVC-BOP-02).

    `kind` is that of the payment or receipt: an advance or a refund is named (SVC-BOP-06).
    """
    if code in remark:
        return [finding("SVC-BOP-02", "reject", at, remark, coded=code)]
    text, found = remark.casefold(), []
    spoken = [c for row in REMARKS["speaks"] if _says(text, row["words"]) for c in row["codes"]]
    if spoken and not code.startswith(tuple(spoken)):
        told = ", ".join(spoken)
        found.append(finding("RISK-S-04", "warn", at, remark, expected=told, coded=code))
    if not _says(text, REMARKS["marks"].get(kind, ("",))):
        found.append(finding("SVC-BOP-06-NAMED", "warn", at, remark))
    return found


def _says(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)


def fits(code: str, kind: str, direction: str, path: str, values: InForce) -> list[Finding]:
    """A contract's code goes with its kind of service and with its direction."""
    found: list[Finding] = []
    for row in values["kind_codes"]:
        if row["service"] == kind and not code.startswith(tuple(row["codes"].split())):
            told = row["codes"].replace(" ", ", ")
            found.append(finding("SVC-BOP-02-KIND", "warn", path, code, expected=told))
    if direction != EXPORT and code in values["sent_only"]:
        found.append(finding("SVC-BOP-02-DIRECTION", "warn", path, code))
    return found


def large(usd: Decimal | None, code: str, path: str, values: InForce) -> Iterable[Finding]:
    """A large single entry gets a check report (大额核查, SVC-BOP-06)."""
    limit = values["large_goods" if code.startswith("12") else "large_other"]
    if usd is not None and usd > limit:
        yield finding("SVC-BOP-06", "warn", path, plain(usd), expected=plain(limit))
