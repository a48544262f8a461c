"""Worked cases of what is taxed of a repair, asked of the functions that compute it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from single_window.domain.general import Inputs, amount, held, taken
from single_window.domain.taxes import ONE
from single_window.regimes.bonded_repair import levy
from single_window.regimes.bonded_repair.levy import Levied


def _taxed(levied: Levied) -> dict[str, str]:
    return {"dutiable": str(levied.dutiable), **taken(levied.taxes), "decision": "accept",
            "rule": ""}  # fmt: skip


def repair_return_tax(inputs: Inputs) -> dict[str, Any]:
    """Goods from inside China go back there: repair fee and parts are taxed."""
    fee, parts = amount(inputs, "repair_fee"), amount(inputs, "parts_value")
    duty, vat = amount(inputs, "duty"), amount(inputs, "vat")
    if fee is None or parts is None or duty is None or vat is None:
        return held("REP-10")
    return _taxed(levy.on_return(fee=fee, parts=parts, duty=duty, vat=vat))


def outward_repair(inputs: Inputs) -> dict[str, Any]:
    """Goods repaired abroad: taxed on fee and materials if back in time, else in full."""
    if inputs.get("returned_in_time") is False:
        return {"decision": "tax", "rule": "GEN-REP-01"}
    rate = amount(inputs, "rate") or (ONE if inputs.get("currency") == "CNY" else None)
    fee, material = amount(inputs, "repair_fee"), amount(inputs, "material_fee")
    duty, vat = amount(inputs, "duty"), amount(inputs, "vat")
    if rate is None:
        return held("GEN-FX-01")
    if fee is None or material is None or duty is None or vat is None:
        return held("GEN-REP-01")
    return _taxed(levy.from_abroad(fee=fee, material=material, rate=rate, duty=duty, vat=vat))


def repair_surplus(inputs: Inputs) -> dict[str, Any]:
    """Surplus new parts that are sold in China: taxed as an import."""
    named = ("qty", "unit_price", "rate", "duty", "vat")
    quantity, price, rate, duty, vat = (amount(inputs, name) for name in named)
    if quantity is None or price is None or rate is None or duty is None or vat is None:
        return held("GEN-FX-01" if rate is None else "REP-15")
    return _taxed(levy.of_parts(quantity=quantity, price=price, rate=rate, duty=duty, vat=vat))


KINDS: Mapping[str, Callable[[Inputs], Mapping[str, Any]]] = {
    "repair_return_tax": repair_return_tax,
    "outward_repair": outward_repair,
    "repair_surplus": repair_surplus,
}
