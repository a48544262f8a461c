"""Worked cases of law that is not one regime's: customs, foreign exchange, credit, risk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from math import ceil
from typing import Any

from single_window.domain import credit, exchange, risks, taxes
from single_window.domain.money import ZERO
from single_window.domain.parameters import InForce, Parameters
from single_window.domain.rulings import Ruling

Inputs = Mapping[str, Any]

TABLES: tuple[Parameters, ...] = (taxes.GENERAL, exchange.EXCHANGE, credit.CREDIT, risks.RISKS)
"""Every table of dated values that belongs to no regime."""


def amount(inputs: Inputs, name: str) -> Decimal | None:
    """The named amount; None where it is not given or given as unknown."""
    value = inputs.get(name)
    return None if value is None or value == "" else Decimal(str(value))


def text(inputs: Inputs, name: str) -> str:
    """The named word, however it was given; "" where there is none."""
    return str(inputs.get(name) or "").strip()


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


def _on(table: Parameters, inputs: Inputs) -> InForce:
    """A table on the case's day; on that of its last check where the case names none."""
    return table.from_first(day(inputs, "date") if inputs.get("date") else table.last_checked())


def _amounts(inputs: Inputs, name: str) -> list[Decimal]:
    return [Decimal(str(each)) for each in inputs[name]]


def fx_payment(inputs: Inputs) -> dict[str, Any]:
    """Money that moves, by the kind of its flow."""
    days = amount(inputs, "days")
    flow = exchange.Flow(
        amount=amount(inputs, "amount_usd"),
        grade=exchange.class_named(inputs.get("grade")),
        days=None if days is None else ceil(days),
        has_data=inputs.get("has_trade_data"),
        registered=inputs.get("safe_registered"),
        on_list=inputs.get("on_list"),
        reported=inputs.get("reported"),
        credit=text(inputs, "credit").casefold(),
        same_way=inputs.get("same_way", True),
        gross=inputs.get("gross", True),
        of=amount(inputs, "exports_usd"),
    )
    judged = exchange.FLOWS[inputs["kind_of_flow"]]
    return judged(flow, _on(exchange.EXCHANGE, inputs)).result()


def credit_of_a_firm(inputs: Inputs) -> dict[str, Any]:
    """Whether a firm of a grade may ask for something on a day."""
    values = _on(credit.CREDIT, inputs)
    return credit.asked(inputs.get("grade"), text(inputs, "ask"), values).result()


Signal = Callable[[Inputs, InForce], Ruling]

SIGNALS: Mapping[str, Signal] = {
    "split": lambda i, v: risks.split(_amounts(i, "orders"), v),
    "ids": lambda i, v: risks.shared(int(i["ids_7d"]), v),
    "price": lambda i, v: risks.price(Decimal(i["price"]), amount(i, "reference"), v),
    "payer": lambda i, _: risks.payer(
        is_buyer=bool(i["payer_is_buyer"]), verified=bool(i.get("id_verified"))
    ),
    "rotation": lambda i, v: risks.rotation(_amounts(i, "used"), v),
    "refunds": lambda i, v: risks.refunds(int(i["returns"]), int(i["orders"]), v),
    "disowned": lambda i, _: risks.disowned(int(i["reports"])),
    "pushed": lambda i, _: risks.pushed(
        datetime.fromisoformat(i["order_time"]), datetime.fromisoformat(i["waybill_time"])
    ),
    "stock": lambda i, _: risks.stock(Decimal(i["counted"]), Decimal(i["booked"])),
    "round": lambda i, v: risks.round_number(
        Decimal(i["amount_usd"]), v, detailed=bool(i.get("invoice_detail"))
    ),
    "related": lambda i, v: risks.related(
        amount(i, "amount_usd"), v, is_related=bool(i["related"]), filed=bool(i.get("filed"))
    ),
    "svc_split": lambda i, v: risks.in_parts(_amounts(i, "payments_30d"), v),
    "circular": lambda i, _: risks.circular(is_related=bool(i["related"])),
    "reused": lambda i, _: risks.reused(used_before=bool(i["used_before"])),
}
"""Signals by the word that a worked case has for them."""


def risk(inputs: Inputs) -> dict[str, Any]:
    """Whether a signal of risk is seen."""
    return SIGNALS[inputs["signal"]](inputs, _on(risks.RISKS, inputs)).result()


KINDS: Mapping[str, Callable[[Inputs], Mapping[str, Any]]] = {
    "general_import": general_import,
    "customs_rate": customs_rate,
    "late_payment": late_payment,
    "late_declaration": late_declaration,
    "fx_payment": fx_payment,
    "credit": credit_of_a_firm,
    "risk": risk,
}
