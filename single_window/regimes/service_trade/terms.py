"""What the rules of services share: the messages' names, the values of the law by day, findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from single_window.domain.findings import Finding, Severity
from single_window.domain.money import to_fen
from single_window.domain.parameters import InForce, Parameters
from single_window.domain.rules import Register

CONTRACT = "ServiceContractMessage"
PAYMENT = "OutboundPaymentMessage"
RECEIPT = "InboundReceiptMessage"
WITHHOLDING = "WithholdingReportMessage"
DEAL = "OffshoreDealMessage"

IMPORT, EXPORT = "I", "E"
YES = "1"
INCLUSIVE, NET = "1", "2"
"""taxBasis (是否含税): the foreign side bears the taxes, or the payer does."""
A, B, C = "A", "B", "C"
"""Classes of firms in foreign exchange."""

PARAMETERS = Parameters.load(Path(__file__).with_name("parameters.toml"))
# A record that its schema refuses may hold 1E999999; written out that is a megabyte.
_WRITTEN_OUT = 40


def on(day: date) -> InForce:
    """The values of the day; of a day before the table begins, those of its first."""
    return PARAMETERS.from_first(day)


def finding(code: str, severity: Severity, path: str = "", value: str = "", **more: str) -> Finding:
    """A finding of a rule; what else is named goes into its text."""
    expected = more.pop("expected", "")
    return Finding("rule", code, severity, path, value, expected, tuple(more.items()))


def plain(amount: Decimal) -> str:
    """An amount as a clerk writes it: no exponent, two decimals unless it has more."""
    if abs(amount.adjusted()) > _WRITTEN_OUT:
        return str(amount)
    short = to_fen(amount)
    return f"{short if short == amount else amount.normalize():f}"


def within(code: str, ranges: Iterable[str]) -> bool:
    """Whether a six-digit code lies in one of the ranges ("121010-122990")."""
    return any(first <= code <= last for first, _, last in (r.partition("-") for r in ranges))


def class_of(company: str, registers: Mapping[str, Register]) -> str | None:
    """A firm's class in foreign exchange (外汇分类等级) by the registers fx_class_b and fx_class_c.

    None where the operator keeps neither, or one says nothing and the other is missing.
    """
    for grade, name in ((C, "fx_class_c"), (B, "fx_class_b")):
        if registers.get(name, {}).get(company):
            return grade
    return A if "fx_class_b" in registers and "fx_class_c" in registers else None
