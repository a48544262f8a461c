"""The rules of payments, receipts and tax reports of services, record by record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import partial

from single_window.domain import exchange, risks
from single_window.domain.conditions import Record, day_of
from single_window.domain.findings import Finding
from single_window.domain.money import to_fen
from single_window.domain.rules import Amounts, Assessed, Params
from single_window.regimes.service_trade import bop, filing, withholding
from single_window.regimes.service_trade.rules import Found, book
from single_window.regimes.service_trade.terms import (
    PAYMENT,
    RECEIPT,
    WITHHOLDING,
    YES,
    finding,
    on,
    plain,
)

Head = Mapping[str, str]
REFUND = "R"
_VAT, _CIT, _ALL, _NO = "VAT", "CIT", "ALL", "NO"
_TREATMENTS = {"1": "zero", "2": "exempt", "3": "taxed"}
"""How a service that is exported is treated for VAT (zeroRated)."""
_REFUNDED = "X14"
"""The case without filing of money that is given back (SVC-FIL-03)."""
NEEDED: Mapping[bool | None, str] = {True: "1", False: "0", None: "?"}
"""How it is told whether a tax record is needed."""


def rate_day(stated: str, p: Params) -> date:
    """The day whose middle rate counts: the stated one, that of filing while it lies ahead."""
    return min(day_of(stated) or p.day, p.day)


def unknown_law(p: Params) -> Finding:
    """The finding where a record is of a day before the law that is known here."""
    return finding("SVC-DAY", "hold", "Head/appTime", p.day.isoformat())


# --- payments and receipts --------------------------------------------------------------------


@book.rule("SVC-CONTRACT", "SVC-CONTRACT-BOTH", "OFF-01", "SVC-DEAL", message=(PAYMENT, RECEIPT))
def money_belongs_to_a_contract_or_a_deal(record: Record, p: Params) -> Found:
    """A contract or an offshore deal is named, and the code is that of the deal just then."""
    head = record["Head"]
    contract, deal = head.get("contractNo"), head.get("dealNo")
    if not contract and not deal:
        return [finding("SVC-CONTRACT", "reject", "Head/contractNo")]
    if contract and deal:
        return [finding("SVC-CONTRACT-BOTH", "reject", "Head/dealNo", deal)]
    name = "item" if "item" in head else "bopCode"
    right = on(p.day)["offshore_code"]
    if deal and head[name] != right:
        return [finding("OFF-01", "reject", f"Head/{name}", head[name], expected=right)]
    if not deal and head[name] == right:
        return [finding("SVC-DEAL", "reject", "Head/dealNo")]
    return None


@book.rule("SVC-REFUND", "SVC-REFUND-OF", message=(PAYMENT, RECEIPT))
def a_refund_names_what_it_gives_back(record: Record, p: Params) -> Found:
    """A refund says so in all places, and names what it is a refund of."""
    head = record["Head"]
    kind = "payKind" if "payKind" in head else "receiptKind"
    refund = head[kind] == REFUND
    if "isRefund" in head and refund != (head["isRefund"] == YES):
        return [finding("SVC-REFUND", "reject", f"Head/{kind}", head[kind])]
    if refund != bool(head.get("refundOf")):
        return [finding("SVC-REFUND-OF", "reject", "Head/refundOf", head.get("refundOf", ""))]
    return None


@book.rule(
    *sorted(bop.CODES - {"SVC-BOP-02-KIND", "SVC-BOP-02-DIRECTION", "SVC-BOP-06"}),
    "SVC-FIL-03",
    message=(PAYMENT, RECEIPT),
)
def code_and_remark_agree(record: Record, p: Params) -> Found:
    """The code is in force, or a case without filing that exists; the remark goes with it."""
    head, values = record["Head"], on(p.day)
    name = "item" if "item" in head else "bopCode"
    code, kind = head[name], head.get("payKind") or head.get("receiptKind", "")
    found = filing.cases_exist(code if filing.is_case(code) else "", "", values)
    if not filing.is_case(code):
        found += bop.current(code, f"Head/{name}", values)
    remark = head["transactionRemark"]
    return found or bop.remarked(remark, code, kind, at="Head/transactionRemark")


@book.rule("SVC-FUTURE", message=(RECEIPT, WITHHOLDING))
def what_has_happened_lies_behind(record: Record, p: Params) -> Found:
    """Money received and tax paid are not dated after the day of filing."""
    head = record["Head"]
    name = "receivedDate" if "receivedDate" in head else "paidDate"
    day = day_of(head[name])
    if day is None or day <= p.day:
        return None
    return [finding("SVC-FUTURE", "reject", f"Head/{name}", f"{day}", expected=f"{p.day}")]


@book.rule("SVC-PAST", "SVC-RECORD-AMOUNT", message=PAYMENT)
def a_payment_is_planned(record: Record, p: Params) -> Found:
    """A payment lies ahead, and a record that is asked for covers it."""
    head = record["Head"]
    day, record_amount = day_of(head["paymentDate"]), head.get("recordAmount")
    found: list[Finding] = []
    if day and day < p.day:
        found.append(finding("SVC-PAST", "warn", "Head/paymentDate", f"{day}", expected=f"{p.day}"))
    if record_amount and Decimal(record_amount) < Decimal(head["amount"]):
        path = "Head/recordAmount"
        found.append(
            finding("SVC-RECORD-AMOUNT", "reject", path, record_amount, expected=head["amount"])
        )
    return found


# --- tax of a payment -------------------------------------------------------------------------


@book.rule(
    "SVC-TAX-RATE", "SVC-TAX-NONE", "SVC-WHT-04", "SVC-WHT-06", "SVC-WHT-06-RATE",
    "SVC-WHT-07-ARTICLE", "SVC-WHT-08", message=PAYMENT,
)  # fmt: skip
def the_tax_is_told_whole(record: Record, p: Params) -> Found:
    """What is due has its rate, and the rate is one that law or a treaty gives."""
    tax = record.get("Tax")
    if not tax:
        return None
    due = tax["taxResponsibility"]
    vat, cit, deemed = (_number(tax, name) for name in ("vatRate", "citRate", "deemedProfit"))
    found: list[Finding] = []
    if due in (_VAT, _ALL) and vat is None:
        found.append(finding("SVC-TAX-RATE", "reject", "Tax/vatRate"))
    if due in (_CIT, _ALL) and cit is None and deemed is None:
        found.append(finding("SVC-TAX-RATE", "reject", "Tax/citRate"))
    extra = (("vatRate", vat, (_CIT, _NO)), ("citRate", cit, (_VAT, _NO)))
    found += [
        finding("SVC-TAX-NONE", "reject", f"Tax/{name}", tax[name])
        for name, rate, without in extra
        if rate and due in without
    ]
    return [*found, *_rates(tax, p), *_exchange(record, p)]


def _rates(tax: Head, p: Params) -> list[Finding]:
    values, found = on(p.day), []
    vat, cit, deemed = (_number(tax, name) for name in ("vatRate", "citRate", "deemedProfit"))
    if vat is not None and vat not in values["vat_rates"]:
        known = " / ".join(map(str, values["vat_rates"]))
        found.append(finding("SVC-WHT-04", "warn", "Tax/vatRate", tax["vatRate"], expected=known))
    if deemed is not None:
        if not withholding.may_be_deemed(deemed, values):
            least, most = values["deemed_least"], values["deemed_most"]
            told, expected = tax["deemedProfit"], f"{least}-{most}"
            found.append(finding("SVC-WHT-06", "warn", "Tax/deemedProfit", told, expected=expected))
        if withholding.effective(cit, deemed, values) is None:
            expected = plain(deemed * values["cit_statutory"])
            found.append(
                finding("SVC-WHT-06-RATE", "hold", "Tax/citRate", tax["citRate"], expected=expected)
            )
    elif cit and cit < values["cit_rate"] and not tax.get("treatyArticle"):
        expected = str(values["cit_rate"])
        path = "Tax/treatyArticle"
        found.append(finding("SVC-WHT-07-ARTICLE", "hold", path, tax["citRate"], expected=expected))
    return found


def _exchange(record: Record, p: Params) -> list[Finding]:
    """The stated rate is the middle rate of the day, where that is known (SVC-WHT-08)."""
    head, stated = record["Head"], _number(record["Tax"], "exchangeRate")
    rate = exchange.in_cny(head["currency"], rate_day(head["paymentDate"], p), p.middle)
    if stated is None or rate is None or stated == rate:
        return []
    path = "Tax/exchangeRate"
    return [finding("SVC-WHT-08", "warn", path, plain(stated), expected=plain(rate))]


def _number(tax: Head, name: str) -> Decimal | None:
    return Decimal(tax[name]) if tax.get(name) else None


# --- what it comes to -------------------------------------------------------------------------


def _in_dollars(head: Head, stated: str, p: Params) -> Amounts:
    """Amount, rates of its day and the equivalent in USD; what is not known is left out."""
    day, currency = rate_day(stated, p), head["currency"]
    amount = Decimal(head["amount"])
    told: Amounts = {"value": to_fen(amount), "currency": currency, "rate_day": day.isoformat()}
    usd = exchange.in_dollars(amount, currency, day, p.middle)
    if usd is None:
        return told
    if currency != exchange.DOLLAR:
        told["rate"] = exchange.in_cny(currency, day, p.middle)
        told["usd_rate"] = p.middle(exchange.DOLLAR, day)
    return told | {"usd": usd}


@book.assessment(
    *("SVC-DAY", "SVC-FIL-01-RATE", "SVC-TAX", "SVC-BOP-06", "RISK-S-01"),
    *("SVC-RECORD-STATED", "SVC-RECORD-COVERS"),
    message=PAYMENT,
)
def a_payment_is_weighed(record: Record, p: Params) -> Assessed:
    """What a payment is worth in USD, and whether it needs a tax record (SVC-FIL-01..03)."""
    if not p.in_force:
        return [unknown_law(p)], None
    head, values = record["Head"], p.values
    told = _in_dollars(head, head["paymentDate"], p)
    usd: Decimal | None = told.get("usd")
    filed = bool(head.get("taxRecordNo"))
    codes = {head["item"], head.get("exemptCode", ""), _REFUNDED if head.get("refundOf") else ""}
    judged = filing.record(usd, codes, filed=filed, values=values)
    told |= {"record_needed": NEEDED[judged.needed], "record_why": judged.why}
    found = [] if judged.needed else filing.awaited(judged, usd, values)
    if judged.needed and not record.get("Tax"):
        found.append(finding("SVC-TAX", "reject", "Tax"))
    if filed:
        found += _stated(head)
    found += bop.large(usd, head["item"], "Head/amount", values)
    if usd is not None and not _detailed(head["invoiceNo"]):
        ruling = risks.round_number(usd, risks.RISKS.from_first(p.day), detailed=False)
        if ruling.rule:
            found.append(finding("RISK-S-01", "warn", "Head/amount", plain(usd)))
    return found, partial(dict, told)


def _stated(head: Mapping[str, str]) -> Iterator[Finding]:
    """A record made elsewhere is given with what it covers; FX looks it up (SVC-FIL-02)."""
    if head.get("recordAmount"):
        yield finding("SVC-RECORD-STATED", "warn", "Head/taxRecordNo", head["taxRecordNo"])
    else:
        yield finding("SVC-RECORD-COVERS", "reject", "Head/recordAmount", coded=head["taxRecordNo"])


def _detailed(invoice: str) -> bool:
    """Whether an invoice is named: a number that has a digit, and no word for none."""
    return any(letter.isdigit() for letter in invoice)


@book.assessment("SVC-DAY", "SVC-BOP-06", message=RECEIPT)
def a_receipt_is_weighed(record: Record, p: Params) -> Assessed:
    """What a receipt is worth in USD; a rate that is missing leaves that open."""
    if not p.in_force:
        return [unknown_law(p)], None
    head = record["Head"]
    told = _in_dollars(head, head["receivedDate"], p)
    if treatment := _TREATMENTS.get(head.get("zeroRated", "")):
        told["vat_treatment"] = treatment
    found = list(bop.large(told.get("usd"), head["bopCode"], "Head/amount", p.values))
    return found, partial(dict, told)


@book.rule("SVC-WHT-03", message=WITHHOLDING)
def no_surcharges_are_withheld(record: Record, p: Params) -> Found:
    """Surcharges on VAT withheld ended on 2021-09-01 (SVC-WHT-03)."""
    head = record["Head"]
    surcharge = Decimal(head.get("surcharge") or 0)
    if not surcharge or on(day_of(head["paidDate"]) or p.day)["surcharge_rate"]:
        return None
    return [finding("SVC-WHT-03", "hold", "Head/surcharge", head["surcharge"], expected="0.00")]
