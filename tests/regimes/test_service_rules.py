"""The rules of services speak where a record is wrong, and are silent where it is right."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from single_window import regimes
from single_window.declarations.sources import sources
from single_window.domain.exchange import in_dollars
from single_window.domain.rules import Params, told
from single_window.domain.wording import Wording
from single_window.regimes.service_trade import filed, following, withholding
from single_window.regimes.service_trade.parties import has_right_check_digit
from single_window.regimes.service_trade.rules import book
from single_window.regimes.service_trade.terms import on
from single_window.regimes.service_trade.withholding import Rates
from tests.regimes import service_records as services
from tests.regimes.service_records import Record

DAY = date(2026, 11, 20)
REGIME = regimes.load("service_trade")
RATES = {"USD": Decimal("7.0875"), "EUR": Decimal("8.2000"), "HKD": Decimal("0.9127")}
MESSAGES = {
    "contract": "ServiceContractMessage",
    "payment": "OutboundPaymentMessage",
    "receipt": "InboundReceiptMessage",
    "withholding": "WithholdingReportMessage",
    "deal": "OffshoreDealMessage",
}
TECHNOLOGY = {"techClass": "1", "techMode": "4", "feeKind": "1"}
REGISTERS = {"fx_class_b": {}, "fx_class_c": {}}


def _middle(currency: str, day: date) -> Decimal | None:
    return RATES.get(currency)


def law(day: date = DAY, **more: Any) -> Params:
    """The law of a day with known rates, and every firm of class A."""
    p = REGIME.in_force(day, sources())
    return dataclasses.replace(p, **{"middle": _middle, "registers": REGISTERS, **more})


def said(kind: str, p: Params | None = None, **changes: Any) -> dict[str, str]:
    """Codes with severities that a record with these changes brings."""
    record: Record = getattr(services, kind)(**changes)
    found = REGIME.check(MESSAGES[kind], record, p or law()).findings
    return {each.code: each.severity for each in found}


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_sound_record_is_accepted_without_a_word(kind: str) -> None:
    late = law(date(2026, 11, 30)) if kind == "withholding" else law()
    assert said(kind, late) == {}


@pytest.mark.parametrize(
    ("kind", "changes", "code", "severity"),
    [
        ("contract", {"Head/changeNo": "1"}, "SVC-CHANGE-NO", "reject"),
        ("contract", {"Head/registerType": "2"}, "SVC-CHANGE-NO", "reject"),
        ("contract", {"Head/serviceKind": "technology"}, "SVC-SECTION", "reject"),
        ("contract", {"Head/serviceKind": "outsource"}, "SVC-SECTION", "reject"),
        ("contract", {"Technology": TECHNOLOGY}, "SVC-SECTION-EXTRA", "warn"),
        ("contract", {"Head/serviceKind": "repair"}, "SVC-LINK", "warn"),
        ("contract", {"Head/serviceKind": "logistics"}, "SVC-LINK", "warn"),
        ("contract", {"Head/taxBasis": None}, "SVC-GIVEN", "reject"),
        (
            "contract",
            {"Head/serviceKind": "other", "Head/totalAmount": None},
            "SVC-GIVEN",
            "reject",
        ),
        ("contract", {"Head/relatedParty": "1"}, "SVC-RELATED", "reject"),
        ("contract", {"Head/signDate": "20261121"}, "SVC-DATES-SIGNED", "reject"),
        ("contract", {"Head/effectiveDate": "20261031"}, "SVC-DATES-EFFECT", "warn"),
        ("contract", {"Head/endDate": "20261031"}, "SVC-DATES", "reject"),
        ("contract", {"Head/signDate": "20261020"}, "SVC-WHT-10", "warn"),
        ("contract", {"ForeignParty/country": "CHN"}, "SVC-FOREIGN", "reject"),
        (
            "contract",
            {"ForeignParty/country": "CYM", "ForeignParty/treatyClaim": "1"},
            "SVC-WHT-07",
            "hold",
        ),
        (
            "contract",
            {"ForeignParty/country": "FRA", "ForeignParty/treatyClaim": "1"},
            "SVC-WHT-07-OPEN",
            "warn",
        ),
        ("contract", {"Head/bopCode": "201012"}, "SVC-BOP-01", "reject"),
        ("contract", {"Head/bopCode": "300000"}, "SVC-BOP-01-RANGE", "reject"),
        ("contract", {"Head/bopCode": "222012"}, "SVC-BOP-02-KIND", "warn"),
        (
            "contract",
            {"Head/bopCode": "221000", "Head/serviceKind": "other"},
            "SVC-BOP-02-DIRECTION",
            "warn",
        ),
        ("payment", {"Head/contractNo": None}, "SVC-CONTRACT", "reject"),
        ("payment", {"Head/dealNo": "D-1"}, "SVC-CONTRACT-BOTH", "reject"),
        ("payment", {"Head/contractNo": None, "Head/dealNo": "D-1"}, "OFF-01", "reject"),
        ("payment", {"Head/item": "122010"}, "SVC-DEAL", "reject"),
        ("payment", {"Head/isRefund": "1"}, "SVC-REFUND", "reject"),
        ("payment", {"Head/isRefund": "1", "Head/payKind": "R"}, "SVC-REFUND-OF", "reject"),
        ("payment", {"Head/refundOf": "R-9"}, "SVC-REFUND-OF", "reject"),
        ("payment", {"Head/item": "X18"}, "SVC-FIL-03", "reject"),
        ("payment", {"Head/item": "101010"}, "SVC-BOP-01", "reject"),
        ("payment", {"Head/transactionRemark": "231010 royalty"}, "SVC-BOP-02", "reject"),
        ("payment", {"Head/transactionRemark": "海运运费"}, "RISK-S-04", "warn"),
        ("payment", {"Head/payKind": "A"}, "SVC-BOP-06-NAMED", "warn"),
        ("payment", {"Head/amount": "10000000.01"}, "SVC-BOP-06", "warn"),
        ("payment", {"Head/invoiceNo": "none"}, "RISK-S-01", "warn"),
        ("payment", {"Head/currency": "GBP"}, "SVC-FIL-01-RATE", "hold"),
        ("payment", {"Tax": None}, "SVC-TAX", "reject"),
        ("payment", {"Tax/vatRate": None}, "SVC-TAX-RATE", "reject"),
        ("payment", {"Tax/citRate": None}, "SVC-TAX-RATE", "reject"),
        ("payment", {"Tax/taxResponsibility": "VAT"}, "SVC-TAX-NONE", "reject"),
        ("payment", {"Tax/vatRate": "0.07"}, "SVC-WHT-04", "warn"),
        ("payment", {"Tax/citRate": None, "Tax/deemedProfit": "0.60"}, "SVC-WHT-06", "warn"),
        ("payment", {"Tax/deemedProfit": "0.30"}, "SVC-WHT-06-RATE", "hold"),
        ("payment", {"Tax/citRate": "0.06"}, "SVC-WHT-07-ARTICLE", "hold"),
        ("payment", {"Tax/exchangeRate": "7.1"}, "SVC-WHT-08", "warn"),
        ("payment", {"Head/paymentDate": "20261119"}, "SVC-PAST", "warn"),
        ("payment", {"Head/recordAmount": "59999.99"}, "SVC-RECORD-AMOUNT", "reject"),
        ("contract", {"Head/contractNo": "S  1"}, "SVC-NUMBER", "reject"),
        ("contract", {"Head/currency": "KRW", "Head/totalAmount": "0.5"}, "SVC-DECIMALS", "reject"),
        ("deal", {"Sale/currency": "JPY", "Sale/amount": "1.01"}, "SVC-DECIMALS", "reject"),
        ("receipt", {"Head/receivedDate": "20261121"}, "SVC-FUTURE", "reject"),
        ("receipt", {"Head/receiptKind": "R"}, "SVC-REFUND-OF", "reject"),
        ("receipt", {"Head/bopCode": "109000"}, "SVC-BOP-01", "reject"),
        ("receipt", {"Head/amount": "10000000.01"}, "SVC-BOP-06", "warn"),
        ("deal", {"Head/bopCode": "121010"}, "OFF-01", "reject"),
        ("deal", {"Purchase/country": "CHN"}, "OFF-01-RESIDENT", "reject"),
        ("deal", {"TitleDocument/dischargeCountry": "CHN"}, "OFF-01-ENTERS", "reject"),
        ("deal", {"Sale/bank": "ICBC"}, "OFF-03", "hold"),
        ("deal", {"Sale/currency": "EUR"}, "OFF-03-CURRENCY", "hold"),
        ("deal", {"SaleGoods/qty": "24"}, "OFF-04", "hold"),
        ("deal", {"SaleGoods/name": "Copper wire"}, "OFF-04", "hold"),
        ("deal", {"SaleGoods/unit": "001"}, "OFF-04", "hold"),
        ("deal", {"SaleGoods/gnum": "2"}, "OFF-04", "hold"),
        ("deal", {"Sale/amount": "6000.00"}, "OFF-08", "reject"),
        ("deal", {"Sale/amount": "205000.00"}, "SVC-SUM", "reject"),
        ("deal", {"SaleGoods/price": "8241"}, "SVC-LINE", "reject"),
        ("deal", {"Sale/partyName": "andes  sa"}, "RISK-O-02", "hold"),
        ("deal", {"Sale/relatedParty": "1", "Purchase/relatedParty": "1"}, "RISK-O-02", "hold"),
        ("deal", {"TitleDocument/shippedDate": "20260930"}, "SVC-DEAL-DATES", "warn"),
    ],
)
def test_a_fault_is_said(kind: str, changes: dict[str, Any], code: str, severity: str) -> None:
    assert said(kind, **changes).get(code) == severity


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"techClass": "3"}, {"SVC-TEC-05": "reject"}),
        ({"techClass": "2"}, {"SVC-TEC-04": "reject"}),
        ({"techClass": "2", "licenceNo": "L-1"}, {}),
        ({}, {}),
        ({"feeKind": "2"}, {}),
        ({"feeKind": "2", "firstRoyaltyDate": "20260801"}, {"SVC-TEC-03": "warn"}),
    ],
)
def test_technology_asks_for_its_papers(changes: dict[str, str], expected: dict[str, str]) -> None:
    head = {"Head/serviceKind": "technology", "Head/bopCode": "231020"}
    assert said("contract", **head, Technology=TECHNOLOGY | changes) == expected


def test_technology_that_is_not_registered_in_time_is_told_of_until_it_is() -> None:
    head = {"Head/serviceKind": "technology", "Head/bopCode": "231020"}
    dates = {"Head/signDate": "20260901", "Head/effectiveDate": "20260901"}
    reported = {"SVC-WHT-10": "warn"}
    late = said("contract", **head, **dates, Technology=TECHNOLOGY)
    assert late == reported | {"SVC-TEC-02": "warn"}
    certified = TECHNOLOGY | {"registrationNo": "J-1"}
    assert said("contract", **head, **dates, Technology=certified) == reported


@pytest.mark.parametrize(
    ("changes", "needed", "why"),
    [
        ({}, "1", "above"),
        ({"Head/amount": "50000.00"}, "0", "within"),
        ({"Head/currency": "HKD", "Head/amount": "388266.67"}, "0", "within"),
        ({"Head/currency": "HKD", "Head/amount": "388350.00"}, "1", "above"),
        ({"Head/exemptCode": "X04"}, "0", "exempt"),
        ({"Head/item": "X13"}, "0", "exempt"),
        ({"Head/taxRecordNo": "T-1"}, "0", "filed"),
        ({"Head/currency": "GBP"}, "?", "unknown"),
        ({"Head/contractNo": None, "Head/dealNo": "D", "Head/item": "122010"}, "0", "goods"),
    ],
)
def test_it_is_told_whether_a_record_is_needed_and_why(
    changes: dict[str, Any], needed: str, why: str
) -> None:
    amounts = REGIME.check(MESSAGES["payment"], services.payment(**changes), law()).amounts
    assert amounts is not None
    assert (amounts["record_needed"], amounts["record_why"]) == (needed, why)
    steps = {step["name"]: step for step in REGIME.explain(told(amounts), law())}
    assert steps[f"record_needed_{why}"]["result"] == needed
    assert all(step["source"] and step["rule"] for step in steps.values())


def test_a_planned_payment_is_weighed_by_the_rate_of_its_filing() -> None:
    only = law(middle=lambda currency, day: RATES[currency] if day == DAY else None)
    head = {"Head/currency": "EUR", "Head/paymentDate": "20261203", "Tax/exchangeRate": "8.2"}
    amounts = REGIME.check(MESSAGES["payment"], services.payment(**head), only).amounts
    assert amounts is not None
    assert amounts["usd"] == Decimal("69417.99")


@pytest.mark.parametrize(
    ("registers", "codes"),
    [
        ({}, {"OFF-06-OPEN": "warn"}),
        ({"fx_class_b": {}}, {"OFF-06-OPEN": "warn"}),
        ({"fx_class_b": {services.USCC: True}}, {"OFF-06-B": "hold"}),
        ({"fx_class_b": {}, "fx_class_c": {services.USCC: True}}, {"OFF-06": "reject"}),
        (REGISTERS, {}),
    ],
)
def test_a_firms_class_is_what_the_registers_say(
    registers: dict[str, Any], codes: dict[str, str]
) -> None:
    assert said("deal", law(registers=registers)) == codes


def test_surcharges_have_ended() -> None:
    late = law(date(2026, 11, 30))
    assert said("withholding", late, **{"Head/surcharge": "0.00"}) == {}
    assert said("withholding", late, **{"Head/surcharge": "1.00"}) == {"SVC-WHT-03": "hold"}
    assert said("withholding", **{"Head/paidDate": "20261121"}) == {"SVC-FUTURE": "reject"}


def test_before_the_law_that_is_known_nothing_is_judged() -> None:
    early = {"Head/appTime": "20130831000000", "Head/paymentDate": "20130901"}
    assert said("payment", law(date(2013, 8, 31)), **early)["SVC-DAY"] == "hold"


# --- against the contract ---------------------------------------------------------------------

Under = Callable[..., set[str]]


def under(money: Record, contract: Record, **known: Any) -> dict[str, str]:
    """Codes with severities of a payment or receipt under a contract."""
    told_of = filed.payment if "Tax" in money or "paymentNo" in money["Head"] else filed.receipt
    facts = told_of(money), filed.contract(contract)
    return {f.code: f.severity for f in following.against_contract(*facts, on(DAY), **known)}


@pytest.mark.parametrize(
    ("changes", "other", "known", "codes"),
    [
        ({}, {}, {}, {}),
        ({}, {"Head/direction": "E"}, {}, {"SVC-CONTRACT-DIRECTION": "reject"}),
        ({}, {"Head/currency": "EUR"}, {}, {"SVC-CONTRACT-CURRENCY": "reject"}),
        ({}, {"Head/signDate": "20261126"}, {}, {"SVC-CONTRACT-DATE": "reject"}),
        ({}, {"Head/endDate": "20261124"}, {}, {"SVC-CONTRACT-ENDED": "warn"}),
        ({"Head/item": "231020"}, {}, {}, {"SVC-CONTRACT-CODE": "warn"}),
        ({"Head/item": "X04"}, {}, {}, {}),
        ({}, {}, {"paid": Decimal("1")}, {"SVC-PAID-BEFORE": "warn"}),
        ({}, {}, {"paid": Decimal("0.00")}, {}),
        ({}, {"Head/serviceKind": "technology"}, {}, {"SVC-TEC-02-PAYMENT": "hold"}),
        ({}, {"Head/relatedParty": "1"}, {"usd": Decimal("60000")}, {"RISK-S-02": "hold"}),
        ({}, {"Head/relatedParty": "1"}, {"usd": Decimal("50000")}, {}),
        ({"Tax/citRate": "0.07", "Tax/treatyArticle": "12"}, {}, {}, {"SVC-WHT-07": "hold"}),
        (
            {"Tax/citRate": "0.07", "Tax/treatyArticle": "12"},
            {"ForeignParty/country": "HKG"},
            {},
            {},
        ),
        (
            {"Tax/citRate": "0.07", "Tax/treatyArticle": "12"},
            {"ForeignParty/country": "FRA"},
            {},
            {"SVC-WHT-07-OPEN": "hold"},
        ),
    ],
)
def test_a_payment_agrees_with_its_contract(
    changes: dict[str, Any], other: dict[str, Any], known: dict[str, Any], codes: dict[str, str]
) -> None:
    assert under(services.payment(**changes), services.contract(**other), **known) == codes


def test_a_receipt_goes_with_an_export_and_a_refund_with_an_import() -> None:
    sale = services.contract(**{"Head/direction": "E", "Head/bopCode": "227020"})
    assert under(services.receipt(), sale) == {}
    zero = services.receipt(**{"Head/zeroRated": "1", "Head/bopCode": "231010"})
    assert under(zero, services.contract()) == {
        "SVC-CONTRACT-DIRECTION": "reject",
        "SVC-ZERO-RATED": "reject",
    }
    back = services.receipt(**{"Head/receiptKind": "R", "Head/refundOf": "P-1"})
    assert under(back, services.contract()) == {}


def test_what_is_paid_under_a_deal_is_gross() -> None:
    deal = filed.payment(services.payment(**{"Head/contractNo": None, "Head/dealNo": "D-1"}))
    legs = {"bought": Decimal(200000), "sold": Decimal(206000)}
    assert following.against_deal(deal | {"amount": "6000.00"}, {}, legs)[0].code == "OFF-08"
    assert following.against_deal(deal | {"amount": "200000.00"}, {}, legs) == []
    assert following.against_deal(deal | {"amount": "100000.00"}, {}, legs) == []


def _computed(**changes: Any) -> dict[str, Any]:
    money = filed.payment(services.payment(**changes))
    found, amounts = following.withheld(money, filed.contract(services.contract()), None, on(DAY))
    assert found == []
    return amounts


def test_tax_is_computed_of_the_payment_and_opened_to_its_formulas() -> None:
    amounts = _computed()
    assert {n: str(amounts[n]) for n in ("revenue", "vat", "cit", "surcharge", "net_paid")} == {
        "revenue": "401179.25", "vat": "24070.75", "cit": "40117.92", "surcharge": "0.00",
        "net_paid": "361061.33",
    }  # fmt: skip
    steps = [step["name"] for step in REGIME.explain(told(amounts), law())]
    assert steps == ["revenue_inclusive", "vat", "cit", "net_paid"]


def test_what_was_withheld_is_held_against_what_was_computed() -> None:
    report, amounts = services.withholding()["Head"], _computed()
    assert following.report_differs(report, amounts, on(DAY)) == []
    (cent,) = following.report_differs(report | {"vat": "24070.76"}, amounts, on(DAY))
    assert (cent.code, cent.severity) == ("SVC-WHT-01-CENT", "warn")
    (more,) = following.report_differs(report | {"cit": "40117.90"}, amounts, on(DAY))
    assert (more.code, more.severity, more.expected) == ("SVC-WHT-01", "hold", "40117.92")


def test_tax_without_a_rate_is_not_guessed() -> None:
    money = filed.payment(services.payment(**{"Tax/exchangeRate": None}))
    found, amounts = following.withheld(money, filed.contract(services.contract()), None, on(DAY))
    assert ([f.code for f in found], amounts) == (["SVC-WHT-08-RATE"], {})


# --- laws -------------------------------------------------------------------------------------

money = st.integers(1, 10**11).map(lambda cents: Decimal(cents).scaleb(-2))
some_rate = st.integers(1, 10**6).map(lambda n: Decimal(n).scaleb(-4))
shares = st.integers(0, 3000).map(lambda n: Decimal(n).scaleb(-4))


def _rounded(exact: Fraction) -> Decimal:
    return Decimal(floor(exact * 100 + Fraction(1, 2))).scaleb(-2)


@given(money, some_rate, shares, shares, shares, st.booleans())
def test_taxes_are_the_exact_fractions_rounded_once(
    paid: Decimal, rate: Decimal, vat: Decimal, cit: Decimal, extra: Decimal, inclusive: bool
) -> None:
    due = withholding.withheld(paid, rate, Rates(vat, cit, extra), inclusive=inclusive)
    assert due is not None
    p, v, c, s = Fraction(paid) * Fraction(rate), *map(Fraction, (vat, cit, extra))
    revenue = p / (1 + v) if inclusive else p / (1 - c - v * s)
    assert due[:4] == tuple(_rounded(revenue * x) for x in (Fraction(1), v, c, v * s))
    borne = due.vat + due.cit + due.surcharge
    assert due.net_paid + borne == due.cost if inclusive else due.net_paid == _rounded(p)


@given(money, st.sampled_from(sorted(RATES)))
def test_dollars_are_dollars_and_more_money_is_never_worth_less(
    amount: Decimal, currency: str
) -> None:
    worth = in_dollars(amount, currency, DAY, _middle)
    more = in_dollars(amount + 1, currency, DAY, _middle)
    assert worth is not None
    assert more is not None
    assert worth <= more
    assert currency != "USD" or worth == amount


def test_every_text_names_only_values_that_its_findings_bring() -> None:
    texts, brought = Wording.load(REGIME.findings_csv), {"value", "expected", "label"}
    more = {"coded", "key", "paper_en", "paper_zh", "record", "table"}
    assert all(texts[code].names() <= brought | more for code in texts.codes())
    assert book.codes() <= texts.codes()


@pytest.mark.parametrize("code", ["91120118MA07TEK03K", "91120116MA06DEM01L"])
def test_a_credit_code_ends_as_its_signs_say(code: str) -> None:
    assert has_right_check_digit(code)
    for sign in "0123456789ABCDEFGHJKLMNPQRTUWXY".replace(code[-1], ""):
        assert not has_right_check_digit(code[:-1] + sign)
    assert not has_right_check_digit(code[:-1]) and not has_right_check_digit("I" + code[1:])
