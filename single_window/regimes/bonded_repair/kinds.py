"""Worked cases of bonded repair, asked of the very functions that judge accounts and papers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from single_window.domain.cases import decided
from single_window.domain.general import Inputs, amount, day, held
from single_window.domain.money import ZERO
from single_window.regimes.bonded_repair import balance, taxed
from single_window.regimes.bonded_repair.balance import Batch
from single_window.regimes.bonded_repair.terms import last_checked, on

CODES = balance.CODES


def _day(inputs: Inputs, *names: str) -> date:
    """The first day that the case names; else that on which the law was last looked up."""
    named = (day(inputs, name) for name in names if inputs.get(name))
    return next(named, last_checked())


def repair_balance(inputs: Inputs) -> dict[str, Any]:
    """A batch in totals: what is left, and what stands against it; held where nobody knows."""
    today, period = _day(inputs, "today"), amount(inputs, "period_days")
    entered = day(inputs, "in_date") if inputs.get("in_date") else None
    came_in = amount(inputs, "in_qty")
    out, destroyed = (amount(inputs, name) or ZERO for name in ("out_qty", "destroyed_qty"))
    batch = Batch(
        out + destroyed if came_in is None else came_in,
        out,
        destroyed,
        amount(inputs, "waste_sold_domestic_qty") or ZERO,
        entered=entered,
        due=entered + timedelta(days=int(period)) if entered and period is not None else None,
        catalogued=inputs.get("catalogue"),
        own_group=bool(inputs.get("own_group_domestic")),
    )
    result = decided(balance.judged(batch, today, on(today)))
    if came_in is None:
        return result if result["decision"] == "reject" else held("REP-05")
    return {"balance": batch.left, **result}


def temporary_repair(inputs: Inputs) -> dict[str, Any]:
    """Goods of mode 1300: until when they go back, and whether they are late."""
    entered, today = day(inputs, "in_date"), _day(inputs, "today")
    due = balance.temporary_due(entered, on(entered), extended=bool(inputs.get("extended")))
    back = day(inputs, "out_date") if inputs.get("out_date") else None
    return {"due": due.isoformat(), **decided(balance.temporary(due, today, back=back))}


KINDS: Mapping[str, Callable[[Inputs], Mapping[str, Any]]] = {
    "repair_balance": repair_balance,
    "temporary_repair": temporary_repair,
    **taxed.KINDS,
}
