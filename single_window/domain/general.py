"""Worked cases of general customs law: the formulas of `taxes` asked with a case's inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from single_window.domain import taxes
from single_window.domain.money import ZERO

Inputs = Mapping[str, Any]


def amount(inputs: Inputs, name: str) -> Decimal | None:
    """The named amount; None where it is not given or given as unknown."""
    value = inputs.get(name)
    return None if value is None or value == "" else Decimal(str(value))


def day(inputs: Inputs, name: str) -> date:
    """The named day."""
    return date.fromisoformat(inputs[name])


def days(inputs: Inputs, name: str) -> frozenset[date]:
    """The named list of days."""
    return frozenset(date.fromisoformat(text) for text in inputs.get(name) or ())


def specific_part(inputs: Inputs) -> Decimal:
    """The fixed part of consumption tax: quantity (divided where a unit differs) x amount."""
    fixed = amount(inputs, "ct_fixed") or ZERO
    quantity = amount(inputs, "ct_fixed_qty") or ZERO
    return quantity * fixed / (amount(inputs, "ct_fixed_div") or taxes.ONE)


def taken(taxed: taxes.Taxes) -> dict[str, str]:
    """Taxes as a case's results."""
    return {
        "duty": str(taxed.duty),
        "ct": str(taxed.ct),
        "vat": str(taxed.vat),
        "total": str(taxed.total),
    }


def held(rule: str) -> dict[str, str]:
    """The result where something an amount depends on is not known: a person decides."""
    return {"decision": "hold", "rule": rule}


def _values(inputs: Inputs, name: str) -> Any:
    on = day(inputs, name) if inputs.get(name) else date.max
    return taxes.GENERAL.on(on)


def general_import(inputs: Inputs) -> dict[str, Any]:
    """Dutiable value and taxes of a one-line import of general trade."""
    values = _values(inputs, "declare_date")
    home = inputs.get("currency") == "CNY"
    rate = amount(inputs, "rate") or (taxes.ONE if home else None)
    if rate is None:
        return held("GEN-FX-01")
    price = amount(inputs, "price")
    value = (
        None
        if price is None
        else taxes.dutiable_value(
            terms=inputs["terms"],
            price=price,
            freight=amount(inputs, "freight"),
            insurance=amount(inputs, "insurance"),
            rate=rate,
            assumed_insurance=values["assumed_insurance"],
        )
    )
    if value is None:
        return held("GEN-VAL-01")
    duty, vat = amount(inputs, "duty"), amount(inputs, "vat")
    if duty is None or vat is None:
        return {"dutiable": str(value), **held("GEN-DUTY-01" if duty is None else "GEN-VAT-01")}
    taxed = taxes.general_levy(
        value,
        duty=duty,
        ct=amount(inputs, "ct_rate") or ZERO,
        specific=specific_part(inputs),
        vat=vat,
        floor=values["min_levy"],
    )
    return {"dutiable": str(value), **taken(taxed), "decision": "accept", "rule": ""}


def customs_rate(inputs: Inputs) -> dict[str, Any]:
    """The day whose exchange rate counts."""
    found = taxes.customs_rate_day(day(inputs, "declare_date"), days(inputs, "holidays"))
    return {"rate_date": found.isoformat(), "decision": "accept", "rule": ""}


def late_payment(inputs: Inputs) -> dict[str, Any]:
    """Days and fee of a tax paid late."""
    late = taxes.late_payment(
        amount(inputs, "tax") or ZERO,
        due=day(inputs, "due_date"),
        paid=day(inputs, "paid_date"),
        values=_values(inputs, "due_date"),
    )
    rule = "GEN-PAY-01" if late.days else ""
    return {"late_days": late.days, "late_fee": str(late.fee), "decision": "accept", "rule": rule}


def late_declaration(inputs: Inputs) -> dict[str, Any]:
    """Days and fee of an import declared late."""
    late = taxes.late_declaration(
        amount(inputs, "value") or ZERO,
        arrived=day(inputs, "arrival_date"),
        declared=day(inputs, "declared_date"),
        values=_values(inputs, "arrival_date"),
    )
    rule = "GEN-LATE-01" if late.days else ""
    return {"late_days": late.days, "fee": str(late.fee), "decision": "accept", "rule": rule}


KINDS: Mapping[str, Callable[[Inputs], Mapping[str, Any]]] = {
    "general_import": general_import,
    "customs_rate": customs_rate,
    "late_payment": late_payment,
    "late_declaration": late_declaration,
}
