"""Worked cases of this regime, asked of the very functions that judge records."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from single_window.domain.findings import Finding
from single_window.domain.general import Inputs, amount, day, held, specific_part, taken
from single_window.domain.money import ZERO, to_fen
from single_window.domain.parameters import InForce, Parameters
from single_window.domain.taxes import Taxes
from single_window.regimes.ecommerce_import import levy, matching, returns, rules
from single_window.regimes.ecommerce_import.levy import Line, Rates, Terms

CODES = frozenset({"TAX-CBEC-21"})

_PARAMETERS = Parameters.load(Path(__file__).with_name("parameters.toml"))
# A case shows no words; only the decision and its rule are compared.
_LABELS = dict.fromkeys((rules.ORDER, rules.PAYMENT, rules.WAYBILL), ("", ""))
_RULE = re.compile(r"^[A-Z]+(-[A-Z0-9]+)?-\d+")


def _on(inputs: Inputs, name: str) -> InForce | None:
    on = day(inputs, name)
    return _PARAMETERS.on(on) if on >= _PARAMETERS.first_day() else None


def _decided(found: Sequence[Finding]) -> dict[str, str]:
    """The first finding that decides, as a case's decision and rule."""
    for finding in found:
        if finding.severity != "warn":
            match = _RULE.match(finding.code)
            return {"decision": finding.severity, "rule": match[0] if match else finding.code}
    return {"decision": "accept", "rule": ""}


def cbec_import(inputs: Inputs) -> dict[str, Any]:
    """One purchase: list, identity, papers, year, single limit, in this order; then the taxes."""
    values = _on(inputs, "declare_date")
    if values is None:
        return held("CBEC-DAY")
    terms = Terms.of(values)
    given = inputs["lines"]
    valued = levy.value(
        [_line(at, line) for at, line in enumerate(given, 1)],
        amount(inputs, "freight") or ZERO,
        amount(inputs, "insurance") or ZERO,
    )
    used = amount(inputs, "buyer_ytd_used") or ZERO
    over = (levy.over_year(valued.total, used, terms), levy.over_single(valued, terms))
    found = [
        *_listed(inputs),
        *matching.match(_papers(inputs), _LABELS, verified=_verified(inputs)).findings,
        *(finding for finding in over if finding is not None),
        *_resale(inputs),
    ]
    results = {"dutiable": str(to_fen(valued.total)), "ytd_after": str(used), **_decided(found)}
    if results["decision"] == "reject":
        return results
    how = levy.treatment(valued, used, terms)
    if how == levy.REFUSED:
        return results
    taxes = _taxes(valued, given, how, terms)
    if taxes is None:
        return {**results, **held("CBEC-RATE-UNKNOWN")}
    if results["decision"] == "accept" and not (terms.general_trade_above and how == levy.FULL):
        results["ytd_after"] = str(used + valued.total)
    return {**results, "treatment": how, **taken(taxes)}


def _line(at: int, line: Mapping[str, Any]) -> Line:
    quantity = Decimal(line["qty"])
    price = Decimal(line["unit_price"])
    return Line(str(at), line["hs"], quantity, to_fen(price * quantity))


def _taxes(
    valued: levy.Valued, given: Sequence[Mapping[str, Any]], how: str, terms: Terms
) -> Taxes | None:
    rates = []
    for line in given:
        duty, vat = amount(line, "duty"), amount(line, "vat")
        if vat is None or (duty is None and how == levy.FULL):
            return None
        rates.append(Rates(duty, vat, amount(line, "ct_rate") or ZERO, specific_part(line)))
    due = levy.tax(valued, rates, how, terms)
    return Taxes(*(sum((tax[at] for tax in due), to_fen(ZERO)) for at in range(3)))


def _listed(inputs: Inputs) -> list[Finding]:
    """The positive list, where the case says what it holds."""
    lines = inputs["lines"]
    register = {
        line["hs"]: bool(line.get("in_list", inputs.get("in_list")))
        for line in lines
        if line.get("in_list", inputs.get("in_list")) is not None
    }
    return rules.on_the_list([line["hs"] for line in lines], register)


def _papers(inputs: Inputs) -> dict[str, dict[str, Any]]:
    """The papers of the case, holding no more than what the case tells of them."""
    payer = "A" if inputs.get("payer_is_buyer", True) else "B"
    consignee = "A" if inputs.get("waybill_buyer_same", True) else "B"
    order = {"buyerIdNumber": "A", "buyerName": "A", "consignee": "A"}
    payment = {"payerIdNumber": payer, "payerName": payer}
    if (total := inputs.get("order_total")) is not None:
        order["acturalPaid"] = total
    if (total := inputs.get("payment_total")) is not None:
        payment["amountPaid"] = total
    return {
        rules.ORDER: order,
        rules.PAYMENT: payment,
        rules.WAYBILL: {"consignee": consignee},
    }


def _verified(inputs: Inputs) -> bool:
    """Whether somebody vouches for the buyer; where the case is silent, nobody does."""
    return bool(inputs.get("id_verified"))


def _resale(inputs: Inputs) -> list[Finding]:
    """Bought goods are for own use (TAX-CBEC-21); only a person or a signal can tell otherwise."""
    return [Finding("rule", "TAX-CBEC-21", "hold")] if inputs.get("resale_suspected") else []


def cbec_return(inputs: Inputs) -> dict[str, Any]:
    """Goods that come back: tax and quota come back with them where the return is accepted."""
    values = _on(inputs, "apply_date")
    if values is None:
        return held("CBEC-DAY")
    site = str(inputs.get("return_site") or returns.ORIGINAL)
    found = returns.return_accepted(
        released=day(inputs, "release_date"),
        applied=day(inputs, "apply_date"),
        arrived=day(inputs, "arrive_date") if inputs.get("arrive_date") else None,
        condition=str(inputs.get("condition", returns.ORIGINAL)),
        elsewhere=site not in (returns.ORIGINAL, "same"),
        values=values,
    )
    decided = _decided(found)
    used = amount(inputs, "buyer_ytd_used") or ZERO
    if decided["decision"] != "accept":
        return {**decided, "refund": str(to_fen(ZERO)), "ytd_after": str(used)}
    back = amount(inputs, "dutiable_returned") or ZERO
    refund = amount(inputs, "tax_returned") or ZERO
    return {**decided, "refund": str(refund), "ytd_after": str(max(used - back, to_fen(ZERO)))}


def cbec_taxpay(inputs: Inputs) -> dict[str, Any]:
    """The withholder's payment after release."""
    values = _on(inputs, "release_date")
    if values is None:
        return held("CBEC-DAY")
    found, late = returns.payment_accepted(
        released=day(inputs, "release_date"),
        paid=day(inputs, "pay_date"),
        tax=amount(inputs, "tax_due") or ZERO,
        guarantee=amount(inputs, "guarantee_balance"),
        values=values,
    )
    decided = _decided(found)
    if decided["decision"] == "accept" and late.days:
        decided["rule"] = "GEN-PAY-01"
    return {**decided, "late_days": late.days, "late_fee": str(late.fee)}


KINDS: Mapping[str, Callable[[Inputs], Mapping[str, Any]]] = {
    "cbec_import": cbec_import,
    "cbec_return": cbec_return,
    "cbec_taxpay": cbec_taxpay,
}
