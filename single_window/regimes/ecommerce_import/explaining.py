"""How amounts came about: each as a formula in figures, which reads alike in any language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from single_window.domain.regime import Formula
from single_window.domain.rules import Amounts, Params
from single_window.regimes.ecommerce_import.levy import WITHIN, Terms
from single_window.regimes.ecommerce_import.returns import NAMES, RETURNED


def explain(amounts: Amounts, p: Params) -> Iterator[Formula]:
    """The formulas of all lines and of the totals, in the order in which they were computed."""
    if amounts["treatment"] == RETURNED:
        yield from _returned(amounts)
        return
    terms: Terms = p.prepared.terms
    within = amounts["treatment"] == WITHIN
    share = terms.share_within if within else Decimal(1)
    for line in amounts["lines"]:
        yield from _line(line, terms.duty_within if within else None, share)
    lines = amounts["lines"]
    limit = "≤" if Decimal(amounts["dutiable"]) <= terms.single_limit else ">"
    yield Formula("dutiable_total", "", _sum(lines, "dutiable"), amounts["dutiable"], ())
    yield Formula(
        "treatment" if within else "treatment_full",
        "",
        f"{amounts['dutiable']} {limit} {terms.single_limit}",
        amounts["treatment"],
        ("single_limit", "over_limit"),
    )
    for tax in ("duty", "ct", "vat"):
        yield Formula(f"{tax}_total", "", _sum(lines, tax), amounts[tax], ())
    parts = " + ".join(amounts[tax] for tax in ("duty", "ct", "vat"))
    yield Formula("total", "", parts, amounts["total"], ())


def _returned(amounts: Amounts) -> Iterator[Formula]:
    """A return application: what of its inventory's amounts comes back with the goods."""
    for line in amounts["lines"]:
        for name in NAMES:
            yield _back(line, name)
    for name in NAMES:
        yield Formula(f"{name}_total", "", _sum(amounts["lines"], name), amounts[name], ())
    parts = " + ".join(amounts[tax] for tax in ("duty", "ct", "vat"))
    yield Formula("total_returned", "", parts, amounts["total"], ())
    value = amounts["dutiable"]
    if "quota" in amounts:  # what was filed before these were computed has neither
        until = ("return_arrive_days",)
        yield Formula("quota", "", value, amounts["quota"], until, (("dutiable_back", value),))
        terms = (("dutiable_back", value), ("tax_back", amounts["total"]))
        paid = f"{value} + {amounts['total']}"
        yield Formula("returned", "", paid, amounts["returned"], (), terms)


def _back(line: Mapping[str, str], name: str) -> Formula:
    """What of one amount of a line comes back: what was kept before less what is kept after."""
    of, back = Decimal(line["of"]), Decimal(line["quantity"])
    if f"{name}_of" not in line:
        part = f"{line['quantity']} ÷ {line['of']}"
        return Formula(f"{name}_returned", line["gnum"], part, line[name], ())
    whole, kept = line[f"{name}_of"], Decimal(line["kept"])
    before = whole if kept == of else f"{whole} × {_figure(kept)} ÷ {_figure(of)}"
    rest = kept - back
    after = f" − {whole} × {_figure(rest)} ÷ {_figure(of)}" if rest else ""
    terms = (
        (f"{name}_before", whole),
        ("quantity_back", line["quantity"]),
        ("quantity_kept", line["kept"]),
        ("quantity_of", line["of"]),
    )
    return Formula(f"{name}_returned", line["gnum"], before + after, line[name], (), terms)


def _line(
    line: Mapping[str, str], duty_within: Decimal | None, share: Decimal
) -> Iterator[Formula]:
    gnum, base = line["gnum"], line["dutiable"]
    value = f"{line['value']} + {line['freight']} + {line['insurance']}"
    parts = tuple((name, line[name]) for name in ("value", "freight", "insurance"))
    yield Formula("dutiable", gnum, value, base, (), parts)
    charge = Decimal(base) * (Decimal(line["duty_rate"]) if duty_within is None else duty_within)
    yield _duty(line, duty_within)
    of_goods = _of_goods(line, charge)
    inside = [base, *([_figure(charge)] if charge else [])]
    specific = Decimal(line["ct_specific"])
    if specific:
        inside.append(_figure(specific))
    whole = " + ".join(inside)
    whole = f"({whole})" if len(inside) > 1 else whole
    part = "" if share == 1 else f" × {percent(share)}"
    cites = ("share_within",) if part else ()
    ct, vat = Decimal(line["ct_rate"]), percent(Decimal(line["vat_rate"]))
    if ct:
        fixed = f" + {_figure(specific)}" if specific else ""
        formula = f"{whole} ÷ (1 − {percent(ct)}) × {percent(ct)}"
        formula = f"({formula}{fixed})" if fixed else formula
        yield Formula("ct", gnum, f"{formula}{part}", line["ct"], cites, of_goods, line["hs"])
        base_of_vat = f"{whole} ÷ (1 − {percent(ct)})"
    else:
        if specific:
            expression = f"{_figure(specific)}{part}"
            yield Formula("ct", gnum, expression, line["ct"], cites, of_goods, line["hs"])
        base_of_vat = whole
    terms = (*of_goods, ("vat_rate", vat))
    yield Formula(
        "vat", gnum, f"{base_of_vat} × {vat}{part}", line["vat"], cites, terms, line["hs"]
    )


def _duty(line: Mapping[str, str], within: Decimal | None) -> Formula:
    """The duty of a line: at the rate within the limits, or at that of the tariff."""
    gnum, base = line["gnum"], line["dutiable"]
    if within is not None:
        expression = f"{base} × {percent(within)}"
        terms = (("base", base),)
        return Formula("duty", gnum, expression, line["duty"], ("duty_within",), terms)
    rate = percent(Decimal(line["duty_rate"]))
    rated = (("base", base), ("duty_rate", rate))
    return Formula("duty_full", gnum, f"{base} × {rate}", line["duty"], (), rated, line["hs"])


def _of_goods(line: Mapping[str, str], charge: Decimal) -> tuple[tuple[str, str], ...]:
    """The value of a line and what its goods bring into consumption tax and VAT."""
    found = [("base", line["dutiable"])]
    if charge:
        found.append(("duty_due", _figure(charge)))
    if Decimal(line["ct_rate"]):
        found.append(("ct_rate", percent(Decimal(line["ct_rate"]))))
    if Decimal(line["ct_specific"]):
        found.append(("ct_specific", _figure(Decimal(line["ct_specific"]))))
    return tuple(found)


def percent(rate: Decimal) -> str:
    """A share as per cent, without idle zeros."""
    return f"{_figure(rate * 100)}%"


def _figure(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _sum(lines: list[Mapping[str, str]], name: str) -> str:
    return " + ".join(line[name] for line in lines)
