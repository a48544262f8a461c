"""How the amounts of a payment came about: each as a formula in figures."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from single_window.domain.regime import Formula
from single_window.domain.rules import Amounts, Params

_CITES = {
    "above": ("filing_limit",),
    "within": ("filing_limit",),
    "goods": ("goods_ranges",),
    "exempt": ("exempt_cases",),
    "filed": ("filed_once",),
}
_SIGN = {"above": ">", "within": "≤"}


def explain(amounts: Amounts, p: Params) -> Iterator[Formula]:
    """The dollar equivalent, why a record is needed or not, the taxes, the margin of a deal."""
    if "usd_rate" in amounts:
        converted = f"{amounts['value']} × {amounts['rate']} ÷ {amounts['usd_rate']}"
        terms = (("rate", amounts["rate"]), ("usd_rate", amounts["usd_rate"]))
        yield Formula("usd", "", converted, amounts["usd"], (), terms)
    if "record_why" in amounts:
        yield _record(amounts, p)
    if "basis" in amounts:
        yield from _taxes(amounts)
    if "vat_treatment" in amounts:
        treatment = amounts["vat_treatment"]
        figure = f"{amounts['value']} {amounts['currency']}"
        yield Formula(f"vat_treatment_{treatment}", "", figure, treatment, ())
    if "margin" in amounts:
        earned = f"{amounts['sold']} − {amounts['bought']}"
        yield Formula("margin", "", earned, amounts["margin"], ("loss_share", "margin_share"))


def _record(amounts: Amounts, p: Params) -> Formula:
    why = amounts["record_why"]
    told = amounts.get("usd", f"{amounts['value']} {amounts['currency']}")
    if why in _SIGN:
        told = f"{told} {_SIGN[why]} {p.values['filing_limit']}"
    return Formula(f"record_needed_{why}", "", told, amounts["record_needed"], _CITES.get(why, ()))


def _taxes(amounts: Amounts) -> Iterator[Formula]:
    vat, cit, extra = amounts["vat_rate"], amounts["cit_rate"], amounts["surcharge_rate"]
    how, surcharged = amounts["basis"], bool(Decimal(extra))
    price = f"{amounts['paid']} × {amounts['exchange_rate']}"
    if how == "inclusive":
        by = f"(1 + {vat})"
    else:
        by = f"(1 − {cit} − {vat} × {extra})" if surcharged else f"(1 − {cit})"
    base, cites = f"{price} ÷ {by}", (("surcharge_rate",) if surcharged else ())
    rate = (("exchange_rate", amounts["exchange_rate"]),)
    yield Formula(f"revenue_{how}", "", base, amounts["revenue"], cites, rate)
    yield Formula("vat", "", f"{base} × {vat}", amounts["vat"], (), (("vat_rate", vat),))
    income = (("cit_rate", cit),)
    if "deemed" in amounts:
        told = (("deemed", amounts["deemed"]), *income)
        yield Formula("cit_deemed", "", f"{base} × {cit}", amounts["cit"], ("cit_statutory",), told)
    else:
        yield Formula("cit", "", f"{base} × {cit}", amounts["cit"], (), income)
    if surcharged:
        of = f"{base} × {vat} × {extra}"
        yield Formula("surcharge", "", of, amounts["surcharge"], ("surcharge_rate",))
    if how == "inclusive":
        parts = [amounts[name] for name in ("vat", "cit", "surcharge") if Decimal(amounts[name])]
        yield Formula("net_paid", "", " − ".join([price, *parts]), amounts["net_paid"], ())
    else:
        yield Formula("cost", "", f"{amounts['revenue']} + {amounts['vat']}", amounts["cost"], ())
