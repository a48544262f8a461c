"""Forms of services: what is reckoned when a paper is begun, what is suggested, and the report."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from single_window.domain.reports import Report, Tied
from single_window.regimes.service_trade import beginning, filed, reporting, suggesting
from single_window.regimes.service_trade.terms import (
    CONTRACT,
    DEAL,
    PAYMENT,
    RECEIPT,
    WITHHOLDING,
)
from tests.services import record

CODE, REMARK = "Head/bopCode", "Head/transactionRemark"
VAT, CIT, DEEMED = "Tax/vatRate", "Tax/citRate", "Tax/deemedProfit"


def _choices(message: str, path: str, **values: str) -> list[str]:
    named = {name.replace("__", "."): text for name, text in values.items()}
    return [each.code for each in suggesting.suggest(message, path, named)]


@pytest.mark.parametrize(
    ("kind", "direction", "name", "codes"),
    [
        ("consulting", "I", "生产线工程设计服务合同", ["228031"]),
        ("licence", "I", "商标许可合同", ["231010", "231020"]),
        ("repair", "E", "航空发动机维修合同", ["230000"]),
        ("outsource", "E", "来料加工合同", ["221000"]),
        ("outsource", "I", "来料加工合同", []),
        ("logistics", "I", "进口海运合同", ["222012", "222011"]),
        ("digital", "E", "软件开发合同", ["227020"]),
        ("other", "I", "", []),
    ],
)
def test_a_contract_s_code_is_suggested_from_its_name(
    kind: str, direction: str, name: str, codes: list[str]
) -> None:
    told = {"Head__serviceKind": kind, "Head__direction": direction, "Head__contractName": name}
    assert _choices(CONTRACT, CODE, **told) == codes


def test_a_remark_says_what_the_code_means_and_names_an_advance() -> None:
    assert _choices(PAYMENT, REMARK, Head__item="228031", Head__payKind="P") == ["工程技术服务费"]
    advance = _choices(PAYMENT, REMARK, Head__item="228031", Head__payKind="A")
    assert advance == ["预付工程技术服务费"]
    assert _choices(RECEIPT, REMARK, Head__bopCode="999999") == []


@pytest.mark.parametrize(
    ("path", "told", "rates"),
    [
        (VAT, {"Head__item": "228031", "Tax__taxResponsibility": "ALL"}, ["0.06"]),
        (VAT, {"Head__item": "228040", "Tax__taxResponsibility": "ALL"}, ["0.13", "0.09"]),
        (VAT, {"Head__item": "222012", "Tax__taxResponsibility": "VAT"}, ["0.09"]),
        (VAT, {"Head__item": "228031", "Tax__taxResponsibility": "CIT"}, []),
        (CIT, {"Head__item": "231010", "Tax__taxResponsibility": "ALL"}, ["0.10"]),
        (CIT, {"Head__item": "228031", "Tax__taxResponsibility": "ALL"}, []),
        (CIT, {"Tax__deemedProfit": "0.30", "Tax__taxResponsibility": "ALL"}, ["0.075"]),
        (CIT, {"Tax__deemedProfit": "x", "Tax__taxResponsibility": "ALL"}, []),
        (DEEMED, {"Head__item": "228031", "Tax__taxResponsibility": "ALL"}, ["0.15", "0.50"]),
        (DEEMED, {"Head__item": "231010", "Tax__taxResponsibility": "ALL"}, []),
    ],
)
def test_rates_are_those_of_the_law(path: str, told: dict[str, str], rates: list[str]) -> None:
    assert _choices(PAYMENT, path, **told) == rates


def test_a_payment_begins_where_the_contract_stands() -> None:
    contract = filed.contract(record("engineering-contract"))
    first = beginning.begun(PAYMENT, contract, {}, 0)
    assert first["Head/instalment"] == "1" and first["Head/paidBefore"] == "0.00"
    assert first["Tax/taxResponsibility"] == "ALL"
    left = {filed.CONTRACT: (Decimal(30000), Decimal(80000))}
    second = beginning.begun(PAYMENT, contract, left, 1)
    assert second["Head/instalment"] == "2" and second["Head/paidBefore"] == "50000.00"
    assert "Head/paidBefore" not in beginning.begun(PAYMENT, contract, {}, 1)
    abroad = contract | {"performancePlace": "2"}
    assert "Tax/taxResponsibility" not in beginning.begun(PAYMENT, abroad, {}, 0)
    licence = abroad | {"bopCode": "231010", "country": "HKG", "treatyClaim": "1"}
    assert beginning.begun(PAYMENT, licence, {}, 0)["Tax/citRate"] == "0.07"


def test_other_papers_begin_with_what_was_reckoned() -> None:
    contract = filed.contract(record("engineering-contract"))
    change = beginning.begun(CONTRACT, contract, {}, 1)
    assert change == {"Head/registerType": "2", "Head/changeNo": "2"}
    paid = filed.payment(record("engineering-payment"))
    assert beginning.begun(RECEIPT, paid, {}, 0) == {"Head/receiptKind": "R"}
    taxes = {"vat": "32150.94", "cit": "40188.68", "surcharge": "0.00"}
    report = beginning.begun(WITHHOLDING, paid | {"amounts": taxes}, {}, 0)
    assert report == {"Head/vat": "32150.94", "Head/cit": "40188.68"}
    deal = filed.deal(record("offshore-deal"))
    rest = {filed.BOUGHT: (Decimal(400000), Decimal(1000000))}
    assert beginning.begun(PAYMENT, deal, rest, 1)["Head/amount"] == "400000.00"


def _report(changes: Mapping[str, str] | None = None, *others: Tied) -> Report:
    deal: dict[str, Any] = filed.deal(record("offshore-deal", dict(changes or {})))
    found = reporting.report(DEAL, deal, {"margin": "50000.00", "currency": "USD"}, others)
    assert found is not None
    return found


def _said(report: Report) -> set[str]:
    return {row.code for part in report.sections for row in part.rows if row.code}


def test_the_flows_of_a_deal_agree() -> None:
    report = _report()
    assert report.agrees and _said(report) == set()
    assert "50000.00" in report.verdict[0] and "50000.00" in report.verdict[1]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"SaleGoods.1.qty": "120"}, "OFF-04"),
        ({"Sale.bank": "Other Bank"}, "OFF-03"),
        ({"Sale.currency": "EUR"}, "OFF-03-CURRENCY"),
        ({"TitleDocument.dischargeCountry": "CHN"}, "OFF-01-ENTERS"),
        ({"Sale.partyName": "Minera del Sur S.A."}, "RISK-O-02"),
        ({"Sale.country": "CHN"}, "OFF-01-RESIDENT"),
        ({"TitleDocument.shippedDate": "20261001"}, "SVC-DEAL-DATES"),
    ],
)
def test_what_does_not_agree_is_told_with_its_rule(changes: dict[str, str], code: str) -> None:
    report = _report(changes)
    assert not report.agrees and code in _said(report)
    assert "不一致" in report.verdict[0]


def test_the_money_so_far_stands_beside_what_was_agreed() -> None:
    moved = [
        Tied(PAYMENT, "x", "accepted",
             {"paymentNo": "P-1", "amount": "600000.00", "paymentDate": "20261130"}, {}),
        Tied(RECEIPT, "y", "accepted",
             {"receiptNo": "R-1", "amount": "1050000.00", "receivedDate": "20261215"}, {}),
    ]  # fmt: skip
    money = _report({}, *moved).sections[-1]
    told = {row.label[1]: row.sides for row in money.rows}
    assert told["Paid and received"] == ("600000.00", "1050000.00")
    assert told["Left"] == ("400000.00", "0.00")
    assert told["No. 1"] == ("P-1: 600000.00, 2026-11-30", "R-1: 1050000.00, 2026-12-15")


def test_only_a_deal_has_a_report() -> None:
    assert reporting.report(PAYMENT, {}, {}, ()) is None
