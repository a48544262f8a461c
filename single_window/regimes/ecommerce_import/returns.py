"""After release: what comes back, and when the withholder pays (TAX-CBEC-15 to -19)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from single_window.domain.acts import Left, Taken, Taking, Target, share
from single_window.domain.findings import Finding, Severity
from single_window.domain.money import ZERO, fen
from single_window.domain.parameters import InForce
from single_window.domain.rules import Params
from single_window.domain.taxes import GENERAL, Late, last_day, late_payment

CODES = frozenset({"TAX-CBEC-15", "TAX-CBEC-16", "TAX-CBEC-17", "TAX-CBEC-19", "GEN-PAY-01"}) | {
    "-625209", "CBEC-RETURN-QTY", "CBEC-RETURN-UNIT",
}  # fmt: skip

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


RETURNED = "returned"
"""The treatment of what comes back: its tax is not levied, or given back."""
NAMES = ("dutiable", "duty", "vat", "ct")
"""The amounts of a line that come back with its goods."""


def taking(
    message: str, facts: Mapping[str, Any], target: Target, used: Mapping[str, Decimal], p: Params
) -> Taken:
    """What a return application (退货申请单) takes of its inventory's lines, and its worth.

    `quota` is what the buyer's year gets back, `returned` what of the payment is paid back: the
    price of the goods and the tax on them.

    Amounts are the difference between what was kept before and what is kept after, so that returns
    of a line in several parts add up to the whole, to the fen (TAX-CBEC-18).
    """
    assert target.released is not None
    found = return_accepted(
        released=target.released,
        applied=p.day,
        arrived=None,
        condition=ORIGINAL,
        elsewhere=facts.get("customsCode") != target.facts.get("customsCode"),
        values=p.values,
    )
    there = {str(line["gnum"]): line for line in target.facts.get("lines", ())}
    takings: dict[str, Taking] = {}
    for at, line in enumerate(facts.get("lines", ()), 1):
        number, path = str(line["gnum"]), f"InvtRefundList[{at}]"
        own = there.get(number)
        if own is None or own["gcode"] != line["gcode"]:
            finding = _at("-625209", f"{path}/gnum", number, goods=line["gcode"])
            found.append(finding)
            continue
        if own["unit"] != line["unit"]:
            finding = _at(
                "CBEC-RETURN-UNIT", f"{path}/unit", line["unit"], own["unit"], line=number
            )
            found.append(finding)
            continue
        earlier = takings[number].quantity if number in takings else ZERO
        quantity = earlier + Decimal(line["qty"])
        takings[number] = Taking(number, quantity, Decimal(own["qty"]), f"{path}/qty")
    return Taken(tuple(found), tuple(takings.values()), _worth(target, used, takings))


def _at(code: str, path: str, value: str, expected: str = "", **more: str) -> Finding:
    return Finding("rule", code, "reject", path, value, expected, tuple(more.items()))


def _worth(
    target: Target, used: Mapping[str, Decimal], takings: Mapping[str, Taking]
) -> dict[str, Any]:
    there = {str(line["gnum"]): line for line in target.amounts.get("lines", ())}
    kept = {n: t.of - used.get(n, ZERO) for n, t in takings.items()}
    before = share(target.amounts, {n: (kept[n], t.of) for n, t in takings.items()}, NAMES)
    after = share(
        target.amounts, {n: (kept[n] - t.quantity, t.of) for n, t in takings.items()}, NAMES
    )
    lines = [
        {
            "gnum": was["gnum"],
            "hs": there[number]["hs"],
            "quantity": f"{takings[number].quantity.normalize():f}",
            "kept": f"{kept[number].normalize():f}",
            "of": f"{takings[number].of.normalize():f}",
            **{f"{name}_of": there[number].get(name) or "0.00" for name in NAMES},
            **{name: was[name] - rest[name] for name in NAMES},
        }
        for was, rest in zip(before["lines"], after["lines"], strict=True)
        if (number := str(was["gnum"])) in takings
    ]
    sums: dict[str, Any] = {name: before[name] - after[name] for name in NAMES}
    total = sums["duty"] + sums["vat"] + sums["ct"]
    told = {"quota": sums["dutiable"], "returned": sums["dutiable"] + total}
    return {"treatment": RETURNED, **sums, "total": total, **told, "lines": lines}


def too_much(wanted: Taking, left: Decimal) -> Finding:
    """The finding where less is left of a line than a return wants."""
    return _at(
        "CBEC-RETURN-QTY",
        wanted.path,
        f"{wanted.quantity.normalize():f}",
        f"{left.normalize():f}",
        line=wanted.line,
    )


def worth(amounts: Mapping[str, Any], left: Left) -> int:
    """What the rest of an inventory counts for in its buyer's year, in fen."""
    return fen(share(amounts, left, ("dutiable",))["dutiable"])


def in_time(released: date, arrived: date, p: Params) -> bool:
    """Whether goods that are back on this day bring tax and quota back (TAX-CBEC-17)."""
    return arrived <= last_day(released, p.values["return_arrive_days"])
