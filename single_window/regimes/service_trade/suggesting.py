"""Ready choices for the forms of services: code, remark, and the rates of taxes withheld."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from single_window.domain.conditions import day_of
from single_window.domain.parameters import InForce
from single_window.domain.suggesting import Suggestion
from single_window.regimes.service_trade import bop, withholding
from single_window.regimes.service_trade.following import income_of
from single_window.regimes.service_trade.saying import say
from single_window.regimes.service_trade.terms import (
    CONTRACT,
    PARAMETERS,
    PAYMENT,
    RECEIPT,
    on,
    within,
)

Values = Mapping[str, str]
_MOST = 3
_GOODS_RENTED = "228040"
_AT_NINE = ("222011-222039", "224010-224020", "227010-227010")
"""Transport, construction and telecommunication: the middle one of the rates of VAT (recalled)."""
_NAMED: Sequence[Mapping[str, Any]] = bop.REMARKS["named"]


def suggest(message: str, path: str, values: Values) -> Sequence[Suggestion]:
    """What fits a field as the form stands."""
    way = _WAYS.get((message, path))
    return [*way(values)] if way is not None else []


# --- codes and remarks ------------------------------------------------------------------------


def _code(values: Values) -> Iterator[Suggestion]:
    """Codes of which a contract speaks by its name, and that go with its kind and direction."""
    told = (values.get(f"Head.{name}", "") for name in ("contractName", "contractNameEn"))
    text, law = " ".join(told).casefold(), _law(values)
    fits = {
        row["code"]: max(words, key=len)
        for row in _NAMED
        if (words := [word for word in row["words"] if word in text])
        and not bop.fits(row["code"], *_asked(values), "Head/bopCode", law)
    }
    for code in sorted(fits, key=lambda each: -len(fits[each]))[:_MOST]:
        word = fits[code]
        yield Suggestion(code, say("code", word=word))


def _asked(values: Values) -> tuple[str, str]:
    return values.get("Head.serviceKind", ""), values.get("Head.direction", "")


def _remark(values: Values) -> Iterator[Suggestion]:
    """What the code says, with the word by which an advance or a refund is named."""
    code = values.get("Head.item") or values.get("Head.bopCode", "")
    kind = values.get("Head.payKind") or values.get("Head.receiptKind", "")
    mark = bop.REMARKS["marks"].get(kind, ("",))[0]
    for row in _NAMED:
        if row["code"] == code:
            yield Suggestion(f"{mark}{row['remark']}", say("remark"))


# --- rates ------------------------------------------------------------------------------------


def _vat(values: Values) -> Iterator[Suggestion]:
    """The rate of VAT of such services in force (SVC-WHT-04)."""
    code, due = values.get("Head.item", ""), values.get("Tax.taxResponsibility", "")
    rates = [rate for rate in sorted(_law(values)["vat_rates"]) if rate]
    if not code.startswith(("22", "23")) or due not in ("VAT", "ALL"):
        return
    if code == _GOODS_RENTED:
        yield Suggestion(f"{rates[-1]}", say("vat_movable"))
        yield Suggestion(f"{rates[1]}", say("vat_estate"))
    elif within(code, _AT_NINE):
        yield Suggestion(f"{rates[1]}", say("vat_middle"))
    else:
        yield Suggestion(f"{rates[0]}", say("vat_services"))


def _cit(values: Values) -> Iterator[Suggestion]:
    """The rate of income tax: of the deemed profit, or of royalties and rents (SVC-WHT-04, -06)."""
    law, deemed = _law(values), values.get("Tax.deemedProfit", "")
    if values.get("Tax.taxResponsibility", "") not in ("CIT", "ALL"):
        return
    if deemed:
        rate = withholding.effective(None, _number(deemed), law)
        if rate is not None:
            share = law["cit_statutory"]
            reason = say("cit_deemed", deemed=deemed, share=f"{share}")
            yield Suggestion(f"{rate.normalize():f}", reason)
    elif income_of({"bopCode": values.get("Head.item", "")}):
        yield Suggestion(
            f"{law['cit_rate']}",
            say("cit_royalty"),
        )


def _deemed(values: Values) -> Iterator[Suggestion]:
    """Bounds of the deemed profit of a service; which one holds the tax office decides."""
    code, law = values.get("Head.item", ""), _law(values)
    due = values.get("Tax.taxResponsibility", "") in ("CIT", "ALL")
    if not due or values.get("Tax.citRate") or not code.startswith("22"):
        return
    if income_of({"bopCode": code}):
        return
    for name in ("deemed_least", "deemed_most"):
        yield Suggestion(f"{law[name]}", say("deemed"))


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _law(values: Values) -> InForce:
    """The law of the day of payment; where that is not typed, as it was last looked up."""
    latest = PARAMETERS.last_checked()
    told = day_of(values.get("Head.paymentDate", "").replace("-", ""))
    return on(min(told, latest) if told else latest)


_WAYS: Mapping[tuple[str, str], Callable[[Values], Iterable[Suggestion]]] = {
    (CONTRACT, "Head/bopCode"): _code,
    (PAYMENT, "Head/transactionRemark"): _remark,
    (RECEIPT, "Head/transactionRemark"): _remark,
    (PAYMENT, "Tax/vatRate"): _vat,
    (PAYMENT, "Tax/citRate"): _cit,
    (PAYMENT, "Tax/deemedProfit"): _deemed,
}
