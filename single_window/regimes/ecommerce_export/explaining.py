"""How an export's amounts came about: each as a formula in figures."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from single_window.domain.regime import Formula
from single_window.domain.rules import Amounts, Params
from single_window.regimes.ecommerce_export.terms import CNY

_CITES = {"exempt": ("exempt_without_voucher",), "prerefund": ("prerefund",)}


def explain(amounts: Amounts, p: Params) -> Iterator[Formula]:
    """The sum of the lines, how tax treats it, and the income that is assumed."""
    for line in amounts["lines"]:
        if "value_of" in line:  # a line that came back
            part = f"{line['value_of']} × {line['quantity']} ÷ {line['of']}"
            terms = (
                ("value_of", line["value_of"]),
                ("quantity_back", line["quantity"]),
                ("quantity_of", line["of"]),
            )
            yield Formula("value_returned", line["gnum"], part, line["value"], (), terms)
    lines = " + ".join(line["value"] for line in amounts["lines"])
    yield Formula("value", "", lines, amounts["value"], ())
    if "rate" in amounts:
        converted = f"{amounts['value']} × {amounts['rate']}"
        yield Formula("value_cny", "", converted, amounts["value_cny"], ())
    if "treatment" not in amounts:
        return
    if "returned" in amounts:
        value = amounts["value"]
        yield Formula("returned", "", value, amounts["returned"], (), (("value_back", value),))
    how = amounts["treatment"]
    told = f"{amounts['value']} {'CNY' if amounts['currency'] == CNY else amounts['currency']}"
    yield Formula(f"treatment_{how}", "", told, how, _CITES.get(how, ()))
    if "income" in amounts:
        share = Decimal(p.values["assessed_share"]) * 100
        expression = f"{amounts['value_cny']} × {share.normalize():f}%"
        yield Formula("income", "", expression, amounts["income"], ("assessed_share",))
