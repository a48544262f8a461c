"""Payments, receipts and tax reports against what they follow: contract, deal, payment.

They take facts as they are kept beside records (`filed`), and say what does not agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from single_window.domain import risks
from single_window.domain.conditions import day_of
from single_window.domain.findings import Finding, Severity
from single_window.domain.money import ZERO, to_fen
from single_window.domain.parameters import InForce
from single_window.domain.regime import Facts
from single_window.domain.rules import Amounts
from single_window.regimes.service_trade import filing, technology, withholding
from single_window.regimes.service_trade.terms import (
    EXPORT,
    IMPORT,
    INCLUSIVE,
    NET,
    YES,
    finding,
    plain,
    within,
)
from single_window.regimes.service_trade.weighing import REFUND
from single_window.regimes.service_trade.withholding import (
    LEASE,
    ROYALTY,
    Rates,
    Treaty,
    Withheld,
)

CODES = frozenset(
    {
        "RISK-S-02",
        "OFF-08",
        "SVC-CONTRACT-CODE",
        "SVC-CONTRACT-CURRENCY",
        "SVC-CONTRACT-DATE",
        "SVC-CONTRACT-DIRECTION",
        "SVC-CONTRACT-ENDED",
        "SVC-CONTRACT-REST",
        "SVC-PAID-BEFORE",
        "SVC-RECORD-REST",
        "SVC-TEC-02-PAYMENT",
        "SVC-WHT-01",
        "SVC-WHT-01-CENT",
        "SVC-WHT-02",
        "SVC-WHT-07",
        "SVC-WHT-07-OPEN",
        "SVC-WHT-08-RATE",
        "SVC-ZERO-RATED",
    }
)
_INCOME = (("231", ROYALTY), ("228040", LEASE), ("121050", LEASE))
"""What kind of income the beginnings of codes are, to a treaty."""
_FIGURES = ("vat", "cit", "surcharge")


def against_contract(
    money: Facts,
    contract: Facts,
    values: InForce,
    *,
    usd: Decimal | None = None,
    paid: Decimal | None = None,
) -> list[Finding]:
    """What is wrong with a payment or a receipt under its contract, as it stands now.

    `usd` is its equivalent, None where it is not known; `paid` is what the books say was paid
    before. How much room is left is the ledger's to say.
    """
    pays = "paymentNo" in money
    refund = REFUND in (money.get("payKind"), money.get("receiptKind"))
    return [
        *_direction(contract, pays=pays != refund),
        *_currency(money, contract),
        *_dates(money, contract),
        *(() if refund else _code(money, contract, values)),
        *(_taxed(money, contract, values, usd) if pays and not refund else ()),
        *_before(money, paid),
        *_zero_rated(money, contract),
    ]


def _direction(contract: Facts, *, pays: bool) -> Iterator[Finding]:
    expected = IMPORT if pays else EXPORT
    if contract["direction"] != expected:
        told = contract["direction"]
        yield finding(
            "SVC-CONTRACT-DIRECTION", "reject", "Head/contractNo", told, expected=expected
        )


def _currency(money: Facts, contract: Facts) -> Iterator[Finding]:
    told, expected = money["currency"], contract["currency"]
    if told != expected:
        yield finding("SVC-CONTRACT-CURRENCY", "reject", "Head/currency", told, expected=expected)


def _dates(money: Facts, contract: Facts) -> Iterator[Finding]:
    name = "paymentDate" if "paymentDate" in money else "receivedDate"
    day, path = day_of(money[name]), f"Head/{name}"
    signed, end = (day_of(contract.get(n) or "") for n in ("signDate", "endDate"))
    if day and signed and day < signed:
        yield finding("SVC-CONTRACT-DATE", "reject", path, f"{day}", expected=f"{signed}")
    elif day and end and day > end:
        yield finding("SVC-CONTRACT-ENDED", "warn", path, f"{day}", expected=f"{end}")


def _code(money: Facts, contract: Facts, values: InForce) -> Iterator[Finding]:
    """The code is the contract's; one of goods, which needs no record, is none of services."""
    name = "item" if "item" in money else "bopCode"
    told, expected = money[name], contract["bopCode"]
    if not filing.is_case(told) and told != expected:
        of_goods = [within(each, values["goods_ranges"]) for each in (told, expected)]
        severity: Severity = "warn" if of_goods[0] == of_goods[1] else "reject"
        yield finding("SVC-CONTRACT-CODE", severity, f"Head/{name}", told, expected=expected)


def _taxed(
    money: Facts, contract: Facts, values: InForce, usd: Decimal | None
) -> Iterator[Finding]:
    """What tax and technology law want of a payment under its contract."""
    if contract.get("serviceKind") == "technology":
        yield from technology.may_be_paid(registration=contract.get("registrationNo", ""))
    is_related = contract.get("relatedParty") == YES
    told = bool((contract.get("relatedStatement") or "").strip())
    limits = risks.RISKS.from_first(values.day)
    if risks.related(usd, limits, is_related=is_related, filed=told).rule:
        yield finding("RISK-S-02", "hold", "Head/amount", "" if usd is None else plain(usd))
    if money.get("citRate") and money.get("treatyArticle"):
        yield from _treaty(money, contract, values)


def _treaty(money: Facts, contract: Facts, values: InForce) -> Iterator[Finding]:
    """A treaty's rate is not undercut; of an unknown treaty a person decides (SVC-WHT-07)."""
    told, place = Decimal(money["citRate"]), contract["country"]
    if told >= values["cit_rate"] or money.get("deemedProfit"):
        return
    rate = withholding.treaty_rate(Treaty(place, income_of(contract)), values)
    path = "Tax/citRate"
    if rate is None:
        yield finding("SVC-WHT-07-OPEN", "hold", path, place)
    elif told < rate:
        yield finding("SVC-WHT-07", "hold", path, place, expected=str(rate))


def income_of(told: Mapping[str, str]) -> str:
    """The kind of income that a code of the balance of payments is to a treaty; "" for services."""
    return next((kind for code, kind in _INCOME if told["bopCode"].startswith(code)), "")


def _before(money: Facts, paid: Decimal | None) -> Iterator[Finding]:
    told = money.get("paidBefore")
    if paid is not None and told and Decimal(told) != paid:
        yield finding("SVC-PAID-BEFORE", "warn", "Head/paidBefore", told, expected=plain(paid))


def _zero_rated(money: Facts, contract: Facts) -> Iterator[Finding]:
    if money.get("zeroRated") and contract["direction"] != EXPORT:
        yield finding("SVC-ZERO-RATED", "reject", "Head/zeroRated", money["zeroRated"])


def no_room(left: Decimal, wanted: Decimal, *, record: str = "") -> Finding:
    """The finding where a contract, or the tax record of that payment, has less left than asked."""
    code = "SVC-RECORD-REST" if record else "SVC-CONTRACT-REST"
    more = {"record": record} if record else {}
    return finding(code, "reject", "Head/amount", plain(wanted), expected=plain(left), **more)


def against_deal(money: Facts, deal: Facts, legs: Mapping[str, Decimal]) -> list[Finding]:
    """Money of an offshore deal is reported gross (OFF-08): never what is left of both legs."""
    amount = Decimal(money["amount"])
    margin = abs(legs["sold"] - legs["bought"])
    if not margin or amount != margin or amount in legs.values():
        return []
    whole = legs["bought" if "paymentNo" in money else "sold"]
    return [finding("OFF-08", "reject", "Head/amount", plain(amount), expected=plain(whole))]


# --- withholding ------------------------------------------------------------------------------


def withheld(
    money: Facts, contract: Facts, rate: Decimal | None, values: InForce
) -> tuple[list[Finding], Amounts]:
    """The taxes that a payment under its contract owes, or why they are not known (SVC-WHT).

    `rate` is the middle rate of the day; the one that the payment states goes before it.
    """
    if "taxResponsibility" not in money:
        return [], {}
    stated = money.get("exchangeRate")
    rate = Decimal(stated) if stated else rate
    if rate is None:
        return [finding("SVC-WHT-08-RATE", "hold", "Tax/exchangeRate", money["currency"])], {}
    rates, basis = _rates(money, values), contract.get("taxBasis")
    if rates is None or basis not in (INCLUSIVE, NET):
        return [], {}
    due = withholding.withheld(Decimal(money["amount"]), rate, rates, inclusive=basis == INCLUSIVE)
    if due is None:
        return [finding("SVC-WHT-02", "hold", "Tax/citRate")], {}
    return [], _laid_out(money, due, rates, rate, basis)


def _rates(money: Facts, values: InForce) -> Rates | None:
    vat, cit, deemed = (
        Decimal(money[name]) if money.get(name) else None
        for name in ("vatRate", "citRate", "deemedProfit")
    )
    income = withholding.effective(cit, deemed, values)
    if income is None and (cit is not None or deemed is not None):
        return None
    return Rates(vat or ZERO, income or ZERO, values["surcharge_rate"])


def _laid_out(money: Facts, due: Withheld, rates: Rates, rate: Decimal, basis: str) -> Amounts:
    told: Amounts = dict(due._asdict())
    told |= {"basis": "inclusive" if basis == INCLUSIVE else "net", "paid": money["amount"]}
    told |= {"paid_currency": money["currency"], "exchange_rate": rate}
    told |= {"vat_rate": rates.vat, "cit_rate": rates.cit, "surcharge_rate": rates.surcharge}
    return told | ({"deemed": money["deemedProfit"]} if money.get("deemedProfit") else {})


def report_differs(report: Facts, computed: Mapping[str, Any], values: InForce) -> list[Finding]:
    """Taxes reported as withheld against those computed of the payment (SVC-WHT-01).

    Up to a cent is told, more is held.
    """
    found: list[Finding] = []
    for name in _FIGURES:
        if name not in computed:
            continue
        told, ours = Decimal(report.get(name) or 0), to_fen(Decimal(str(computed[name])))
        if told == ours:
            continue
        little = abs(told - ours) <= values["bill_tolerance"]
        code = "SVC-WHT-01-CENT" if little else "SVC-WHT-01"
        path = f"Head/{name}"
        found.append(
            finding(code, "warn" if little else "hold", path, plain(told), expected=plain(ours))
        )
    return found
