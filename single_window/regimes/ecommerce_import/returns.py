"""After release: what comes back, and when the withholder pays (TAX-CBEC-15 to -19)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from single_window.domain.findings import Finding, Severity
from single_window.domain.parameters import InForce
from single_window.domain.taxes import GENERAL, Late, last_day, late_payment

CODES = frozenset({"TAX-CBEC-15", "TAX-CBEC-16", "TAX-CBEC-17", "TAX-CBEC-19", "GEN-PAY-01"})

ORIGINAL = "original"


def _rule(code: str, severity: Severity, value: str, expected: str = "", **more: str) -> Finding:
    return Finding("rule", code, severity, "", value, expected, tuple(more.items()))


def return_accepted(
    *,
    released: date,
    applied: date,
    arrived: date | None,
    condition: str,
    elsewhere: bool,
    values: InForce,
) -> list[Finding]:
    """Whether returned goods bring back tax and quota: in time, in original state, same place."""
    found = []
    apply_by = last_day(released, values["return_apply_days"])
    arrive_by = last_day(released, values["return_arrive_days"])
    if applied > apply_by:
        found.append(_rule("TAX-CBEC-17", "reject", str(applied), str(apply_by)))
    if arrived is not None and arrived > arrive_by:
        found.append(_rule("TAX-CBEC-17", "reject", str(arrived), str(arrive_by)))
    if condition != ORIGINAL:
        found.append(_rule("TAX-CBEC-17", "reject", condition, ORIGINAL))
    if elsewhere:
        found.append(_rule("TAX-CBEC-19", "hold", ""))
    return found


def payment_accepted(
    *,
    released: date,
    paid: date,
    tax: Decimal,
    guarantee: Decimal | None,
    values: InForce,
) -> tuple[list[Finding], Late]:
    """Whether the withholder's payment may be taken, and what its lateness costs."""
    first = last_day(released, values["pay_from_day"])
    last = last_day(released, values["pay_until_day"])
    late = late_payment(tax, due=last, paid=paid, values=GENERAL.on(last))
    found = []
    if paid < first:
        found.append(_rule("TAX-CBEC-16", "hold", str(paid), str(first)))
    if guarantee is not None and guarantee < tax:
        found.append(_rule("TAX-CBEC-15", "hold", str(guarantee), str(tax)))
    if late.days:
        found.append(
            _rule(
                "GEN-PAY-01", "warn", str(paid), str(last), days=str(late.days), fee=str(late.fee)
            )
        )
    return found, late
