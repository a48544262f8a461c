"""The companies of papers of services: their credit codes."""

from __future__ import annotations

from single_window.domain.conditions import Record
from single_window.domain.rules import Params
from single_window.regimes.service_trade.rules import Found, book
from single_window.regimes.service_trade.terms import (
    CONTRACT,
    DEAL,
    PAYMENT,
    RECEIPT,
    WITHHOLDING,
    finding,
)

CODES = frozenset({"SVC-USCC"})
_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""What a credit code is written with; a sign counts for its place here (GB 32100-2015)."""
_MODULUS, _BASE, _LENGTH = 31, 3, 18
_CODES = {
    CONTRACT: (("DomesticParty", "uscc"),),
    PAYMENT: (("Head", "payerCode"),),
    RECEIPT: (("Head", "payeeCode"),),
    WITHHOLDING: (("Head", "payerCode"),),
    DEAL: (("Head", "uscc"),),
}


def has_right_check_digit(code: str) -> bool:
    """Whether a unified social credit code (统一社会信用代码) ends as its 17 signs say."""
    if len(code) != _LENGTH or not set(code) <= set(_SIGNS):
        return False
    weighed = sum(
        _SIGNS.index(sign) * pow(_BASE, at, _MODULUS) for at, sign in enumerate(code[:-1])
    )
    return _SIGNS[-weighed % _MODULUS] == code[-1]


@book.rule("SVC-USCC", message=tuple(_CODES))
def a_credit_code_is_well_formed(record: Record, p: Params) -> Found:
    """The company's credit code has its check digit; a slip would file for somebody else."""
    return [
        finding("SVC-USCC", "warn", f"{group}/{name}", record[group][name])
        for places in _CODES.values()
        for group, name in dict.fromkeys(places)
        if name in (record.get(group) or {}) and not has_right_check_digit(record[group][name])
    ]
