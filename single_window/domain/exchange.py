"""Foreign exchange (外汇管理): what a bank may pay or take in, by class of the firm and by amount.

What is not known is None: where a register would tell, it is only said that nothing was checked;
where an amount or a paper is missing, a person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from single_window.domain.money import to_fen
from single_window.domain.parameters import InForce, Parameters
from single_window.domain.rules import Middle
from single_window.domain.rulings import ACCEPTED, Ruling

EXCHANGE = Parameters.load(Path(__file__).with_name("exchange.toml"))
"""Values of the law on foreign exchange, by day."""

A, B, C = "A", "B", "C"
"""Classes of firms (货物贸易分类等级)."""
_CLASSES = (A, B, C)
HOME, DOLLAR = "CNY", "USD"
_ONE = Decimal(1)


def class_named(word: object) -> str | None:
    """A class however its letter is written; None where it is none of them."""
    letter = str(word or "").strip().upper()
    return letter if letter in _CLASSES else None


def in_cny(currency: str, day: date, middle: Middle) -> Decimal | None:
    """CNY for one unit of a currency on a day; None where no middle rate is known."""
    return _ONE if currency == HOME else middle(currency, day)


def in_dollars(amount: Decimal, currency: str, day: date, middle: Middle) -> Decimal | None:
    """The equivalent in USD (等值美元), to the cent; None where a rate is missing."""
    if currency == DOLLAR:
        return to_fen(amount)
    rate, dollar = in_cny(currency, day, middle), middle(DOLLAR, day)
    return None if rate is None or dollar is None else to_fen(amount * rate / dollar)


@dataclass(frozen=True, slots=True)
class Flow:
    """Money that moves, and what is known of it and of the firm; amounts in USD.

    `has_data` says that the papers or electronic data of the trade are there, `registered` that
    SAFE has registered it, `same_way` that a refund goes back as it came; `of` is what the amount
    is held against (export values).
    """

    amount: Decimal | None = None
    grade: str | None = None
    days: int | None = None
    has_data: bool | None = None
    registered: bool | None = None
    on_list: bool | None = None
    reported: bool | None = None
    credit: str = ""
    same_way: bool = True
    gross: bool = True
    of: Decimal | None = None


def payment_institution(flow: Flow, values: InForce) -> Ruling:
    """One transaction through a payment institution (FX-01), on trade data (FX-02)."""
    if flow.amount is None or flow.amount > values["institution_limit"]:
        return Ruling("hold", "FX-01")
    return ACCEPTED if flow.has_data else Ruling("hold", "FX-02")


def overseas_costs(flow: Flow, values: InForce) -> Ruling:
    """Costs abroad set off against receipts: both are declared gross (FX-03)."""
    return ACCEPTED if flow.gross else Ruling("reject", "FX-03")


def prepaid_costs(flow: Flow, values: InForce) -> Ruling:
    """Costs paid for a client abroad come back within the year of FX-04."""
    late = flow.days is None or flow.days > values["prepaid_days"]
    return Ruling("warn", "FX-04") if late else ACCEPTED


def person(flow: Flow, values: InForce) -> Ruling:
    """A person settles money of e-commerce outside the yearly quota on trade data (FX-05)."""
    return ACCEPTED if flow.has_data else Ruling("hold", "FX-05")


def name_list(flow: Flow, values: InForce) -> Ruling:
    """A firm is on the name list (名录) unless its year is below the floor (FX-06)."""
    if flow.on_list:
        return ACCEPTED
    if flow.amount is not None and flow.amount < values["name_list_floor"]:
        return ACCEPTED
    unknown = flow.on_list is None and flow.amount is not None
    return Ruling("warn" if unknown else "hold", "FX-06")


def deferred_terms(flow: Flow, values: InForce) -> Ruling:
    """What the class allows: B no long deferral, C nothing without registration (FX-07)."""
    if flow.grade == A:
        return ACCEPTED
    if flow.grade == C:
        return ACCEPTED if flow.registered else Ruling("reject", "FX-07")
    if flow.grade != B:
        return Ruling("warn", "FX-07")
    late = flow.days is None or flow.days > values["deferred_terms"]
    return Ruling("hold", "FX-07") if late or flow.has_data is False else ACCEPTED


def credit_report(flow: Flow, values: InForce) -> Ruling:
    """Trade credit above its days is reported (FX-08); of an unknown class the stricter ones."""
    if flow.reported:
        return ACCEPTED
    key = "credit_advance"
    if flow.credit == "deferred":
        key = "credit_deferred_a" if flow.grade == A else "credit_deferred"
    within = flow.days is not None and flow.days <= values[key]
    return ACCEPTED if within else Ruling("warn", "FX-08")


def refund(flow: Flow, values: InForce) -> Ruling:
    """A refund (退汇) that is late or goes another way is registered first (FX-09).

    A class A firm's is not, up to what the bank may do by itself.
    """
    prompt = flow.days is not None and flow.days <= values["refund_days"]
    if (prompt and flow.same_way) or flow.registered:
        return ACCEPTED
    small = flow.amount is not None and flow.amount <= values["refund_bank_limit"]
    return ACCEPTED if flow.grade == A and small else Ruling("hold", "FX-09")


def papers(flow: Flow, values: InForce) -> Ruling:
    """Above its line a payment shows contract or invoice, and the tax filing (FX-10)."""
    if flow.amount is not None and flow.amount <= values["papers_above"]:
        return ACCEPTED
    return ACCEPTED if flow.amount is not None and flow.has_data else Ruling("hold", "FX-10")


def receipts(flow: Flow, values: InForce) -> Ruling:
    """A firm's receipts of twelve months lie near its export values (FX-12)."""
    if flow.amount is None or flow.of is None:
        return Ruling("warn", "FX-12")
    far = abs(flow.amount - flow.of) > flow.of * values["receipts_gap"]
    return Ruling("warn", "FX-12") if far else ACCEPTED


def net_settlement(flow: Flow, values: InForce) -> Ruling:
    """Goods money settled net of its costs: pilot firms only, whom a register names (FX-13)."""
    if values["net_settlement"] == "no" or flow.on_list is False:
        return Ruling("hold", "FX-13")
    return ACCEPTED if flow.on_list else Ruling("warn", "FX-13")


def goods_payment(flow: Flow, values: InForce) -> Ruling:
    """Above its line a payment for goods is checked against the import declaration (FX-14)."""
    if flow.amount is not None and flow.amount <= values["goods_data_above"]:
        return ACCEPTED
    return ACCEPTED if flow.amount is not None and flow.has_data else Ruling("hold", "FX-14")


FLOWS: Mapping[str, Callable[[Flow, InForce], Ruling]] = {
    "payment_institution": payment_institution,
    "overseas_costs": overseas_costs,
    "prepaid_costs": prepaid_costs,
    "person": person,
    "name_list": name_list,
    "deferred_terms": deferred_terms,
    "credit_report": credit_report,
    "refund": refund,
    "service_payment": papers,
    "receipts": receipts,
    "net_settlement": net_settlement,
    "goods_payment": goods_payment,
}
"""Kinds of flow by the word that a worked case has for them."""
