"""Worked cases of exports, asked of the very functions that judge records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from single_window.domain.cases import decided
from single_window.domain.general import Inputs, amount, day, days, held
from single_window.domain.money import ZERO
from single_window.domain.parameters import InForce
from single_window.regimes.ecommerce_export import levy, returns, routes
from single_window.regimes.ecommerce_export.returns import Returned
from single_window.regimes.ecommerce_export.routes import Parcel
from single_window.regimes.ecommerce_export.terms import OVERSEAS, last_checked, on

CODES = frozenset({"EXP-9610-07", "EXP-9610-08", "EXP-B2B-07"})

_NOTHING = "0.00"


def _day(inputs: Inputs, name: str) -> date:
    """The named day; where the case names none, that on which the law was last looked up."""
    return day(inputs, name) if inputs.get(name) else last_checked()


def _told(inputs: Inputs, name: str) -> bool | None:
    """What the case says of a register or a party; None where it says nothing."""
    value = inputs.get(name)
    return None if value is None else bool(value)


def export_9610(inputs: Inputs) -> dict[str, Any]:
    """A parcel's route, or whether a month was summed up in time."""
    values = on(_day(inputs, "declare_date"))
    if "month" in inputs:
        return _summed_up(inputs, values)
    if inputs.get("asked_route") != "B":
        return {"route": "A", "decision": "accept", "rule": ""}
    parcel = Parcel(
        amount(inputs, "value_cny"),
        permit=bool(inputs.get("permit_needed")),
        in_zone=_told(inputs, "in_zone"),
        export_duty=_told(inputs, "export_duty"),
        refund=bool(inputs.get("refund_claimed")),
    )
    result = decided(routes.counted_only(parcel, values))
    return {"route": "A" if result["decision"] == "reject" else "B", **result}


def _summed_up(inputs: Inputs, values: InForce) -> dict[str, Any]:
    year, month = map(int, inputs["month"].split("-"))
    due = routes.summary_due(year, month, days(inputs, "holidays"), values)
    found = routes.summed_up_in_time(day(inputs, "submit_date"), due)
    return {"due": due.isoformat(), **decided(found)}


def export_b2b(inputs: Inputs) -> dict[str, Any]:
    """An export between firms by inventory: start, documents, warehouse, parcel, in this order."""
    declared = _day(inputs, "declare_date")
    values, mode = on(declared), inputs["mode"]
    refund = bool(inputs.get("refund_claimed"))
    before = [
        *routes.begun(declared, inputs.get("customs", ""), values),
        *routes.documented(
            mode,
            order=bool(inputs.get("has_order")),
            booking=bool(inputs.get("has_warehouse_booking")),
        ),
        *routes.warehouse_filed(
            mode, filed=bool(inputs.get("overseas_warehouse_filed")), values=values
        ),
    ]
    if any(each.severity == "reject" for each in before):
        return decided(before)
    parcel = Parcel(
        amount(inputs, "value_cny"),
        permit=bool(inputs.get("permit_needed")),
        inspection=bool(inputs.get("inspection_needed")),
        tax=bool(inputs.get("tax_matter")),
    )
    result = decided([*before, *routes.by_inventory(parcel, values)])
    if result["decision"] == "reject":
        return {"route": "declaration", "hs_digits": routes.WHOLE_CODE, **result}
    digits = routes.goods_code_digits(
        refund=refund, zone_customs=_told(inputs, "zone_customs"), values=values
    )
    early = mode == OVERSEAS and refund and values["prerefund"]
    mark = levy.PREREFUND_MARK if early else ""
    return {"route": "list", "hs_digits": digits, "refund_mark": mark, **result}


def export_return(inputs: Inputs) -> dict[str, Any]:
    """Goods that come back: free, taxed as an import, or held for the certificate."""
    goods = Returned(
        mode=inputs["mode"],
        exported=day(inputs, "export_date"),
        back=day(inputs, "return_date"),
        left=day(inputs, "leave_zone_date") if inputs.get("leave_zone_date") else None,
        food=inputs.get("goods") == "food",
        original=bool(inputs.get("original_state", True)),
        refunded=bool(inputs.get("refund_taken")),
        repaid=bool(inputs.get("repaid_certificate")),
    )
    result = decided(returns.relieved(goods))
    if result["decision"] == "warn":
        return {**result, "decision": "tax"}
    if result["decision"] != "accept":
        return result
    return {**result, "duty": _NOTHING, "vat": _NOTHING, "ct": _NOTHING}


def cit_assessed(inputs: Inputs) -> dict[str, Any]:
    """Income tax on assessed income; where the conditions are not met, a person decides."""
    found = levy.may_be_assessed(conditions_met=bool(inputs.get("conditions_met")))
    if found:
        return decided(found)
    assessed = levy.income_tax(
        amount(inputs, "revenue") or ZERO,
        small=bool(inputs.get("small_profit")),
        values=on(_day(inputs, "date")),
    )
    if assessed is None:
        return held("EXP-9610-08")
    return {"taxable": str(assessed.taxable), "cit": str(assessed.tax), **decided(())}


KINDS: Mapping[str, Callable[[Inputs], Mapping[str, Any]]] = {
    "export_9610": export_9610,
    "export_b2b": export_b2b,
    "export_return": export_return,
    "cit_assessed": cit_assessed,
}
