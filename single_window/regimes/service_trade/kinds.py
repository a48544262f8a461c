"""Worked cases of services and of offshore resale, asked of the functions that judge records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from single_window.domain.cases import decided
from single_window.domain.exchange import class_named
from single_window.domain.general import Inputs, amount, day, held, text
from single_window.domain.money import ZERO, to_fen
from single_window.domain.parameters import InForce
from single_window.regimes.service_trade import bop, filing, offshore, technology, withholding
from single_window.regimes.service_trade.offshore import Deal, Leg
from single_window.regimes.service_trade.technology import Technology
from single_window.regimes.service_trade.terms import EXPORT, PARAMETERS, on
from single_window.regimes.service_trade.withholding import Rates, Treaty

_DOLLAR, _HOME = "USD", "CNY"


def _day(inputs: Inputs, name: str) -> date | None:
    return day(inputs, name) if inputs.get(name) else None


def _values(inputs: Inputs) -> InForce:
    """The law of the case's day; where it names none, that on which it was last looked up."""
    return on(_day(inputs, "date") or PARAMETERS.last_checked())


def svc_filing(inputs: Inputs) -> dict[str, Any]:
    """Whether a payment needs a tax record, and what it comes to in USD."""
    values, item = _values(inputs), text(inputs, "item").upper()
    paid, rate = amount(inputs, "amount"), amount(inputs, "usd_rate")
    if rate is None and inputs.get("currency") == _DOLLAR:
        rate = Decimal(1)
    usd = None if paid is None or rate is None else to_fen(paid * rate)
    judged = filing.record(usd, (item,), filed=bool(inputs.get("earlier_filed")), values=values)
    case = item if filing.is_case(item) else ""
    found = [
        *filing.cases_exist(case, "", values),
        *(bop.current(item, "item", values) if bop.is_code(item) else ()),
        *filing.awaited(judged, usd, values),
    ]
    told = {} if usd is None else {"usd": str(usd)}
    return {**told, "filing": judged.needed, **decided(found)}


def svc_withholding(inputs: Inputs) -> dict[str, Any]:
    """What is withheld of a payment; held where something that it depends on is not known."""
    values, treaty = _values(inputs), withholding.treaty_of(text(inputs, "treaty"))
    rate = amount(inputs, "rate") or (Decimal(1) if inputs.get("currency") == _HOME else None)
    paid, basis = amount(inputs, "amount"), inputs.get("basis")
    if rate is None:
        return held("SVC-WHT-08")
    rates, rule = _rates(inputs, treaty, values)
    if paid is None or basis not in ("tax_inclusive", "net_of_tax"):
        return held("SVC-WHT-01")
    if rates is None:
        return held(rule)
    due = withholding.withheld(paid, rate, rates, inclusive=basis == "tax_inclusive")
    if due is None:
        return held("SVC-WHT-02")
    told = {name: str(value) for name, value in due._asdict().items()}
    return {**told, **(held(rule) if rule else decided(()))}


def _rates(inputs: Inputs, treaty: Treaty, values: InForce) -> tuple[Rates | None, str]:
    """The rates of a case, and the rule that holds it; none where one is not known."""
    claimed = bool(treaty.place or treaty.income)
    by_treaty = withholding.treaty_rate(treaty, values) if claimed else None
    deemed, asked = amount(inputs, "deemed_profit"), amount(inputs, "cit_rate")
    cit = withholding.effective(asked, deemed, values)
    if cit is None and deemed is None:
        cit = by_treaty
    vat = ZERO if treaty.income == withholding.DIVIDEND else amount(inputs, "vat_rate")
    if cit is None or vat is None:
        unknown = "SVC-WHT-06" if deemed is not None else "SVC-WHT-04"
        return None, "SVC-WHT-07" if claimed and cit is None else unknown
    surcharge = amount(inputs, "surcharge_rate")
    in_force: Decimal = values["surcharge_rate"]
    rule = ""
    if deemed is not None and not withholding.may_be_deemed(deemed, values):
        rule = "SVC-WHT-06"
    if claimed and (by_treaty is None or cit < by_treaty):
        rule = "SVC-WHT-07"
    return Rates(vat, cit, in_force if surcharge is None or not in_force else surcharge), rule


def tech_contract(inputs: Inputs) -> dict[str, Any]:
    """A contract on technology: forbidden, licensed, registered in time."""
    paid_by = inputs.get("payment")
    tech = Technology(
        text(inputs, "class").casefold(),
        export=inputs.get("direction") in (EXPORT, "export"),
        effective=_day(inputs, "effective_date"),
        registered=_day(inputs, "register_date"),
        lump=paid_by != "royalty",
        royalty=paid_by in ("royalty", "both"),
        base=_day(inputs, "first_royalty_date"),
        licensed=bool(inputs.get("licence")),
        licence_day=_day(inputs, "licence_date"),
    )
    found = [*technology.allowed(tech), *technology.in_time(tech, _values(inputs))]
    return decided(found)


def _leg(inputs: Inputs, side: str) -> Leg:
    currency, bank = text(inputs, f"currency_{side}"), text(inputs, f"bank_{side}")
    return Leg(amount(inputs, f"{side}_amount"), currency, bank)


def offshore_deal(inputs: Inputs) -> dict[str, Any]:
    """A deal of offshore resale and its margin."""
    deal = Deal(
        _leg(inputs, "buy"),
        _leg(inputs, "sell"),
        bill=text(inputs, "bl_no"),
        used_before=inputs.get("bl_used_before"),
        grade=class_named(inputs.get("grade")),
        matched=inputs.get("goods_match") and inputs.get("order_match"),
        excepted=bool(inputs.get("exception_noted")),
        code=text(inputs, "bop_code"),
        enters=bool(inputs.get("enters_territory")),
        related=bool(inputs.get("related")),
        gross=inputs.get("reported") != "net",
    )
    margin = {} if deal.margin is None else {"margin": str(deal.margin)}
    return {**margin, **decided(offshore.judged(deal, _values(inputs)))}


KINDS: Mapping[str, Callable[[Inputs], Mapping[str, Any]]] = {
    "svc_filing": svc_filing,
    "svc_withholding": svc_withholding,
    "tech_contract": tech_contract,
    "offshore": offshore_deal,
}
