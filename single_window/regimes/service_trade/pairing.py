"""Whether what money is for is here: its contract, its deal, or what it gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from single_window.domain import matching
from single_window.domain.findings import Finding
from single_window.domain.regime import Facts, Labels, Match
from single_window.regimes.service_trade.terms import CONTRACT, DEAL, PAYMENT, RECEIPT

CODES = frozenset({"SVC-PAPER-MISSING", "SVC-PAPER-EXPIRED"})
_RULE = min(CODES).rpartition("-")[0]
_PATHS = {CONTRACT: "contractNo", DEAL: "dealNo", PAYMENT: "refundOf", RECEIPT: "refundOf"}
"""The field that names what money is for, by its message."""


def match(papers: Mapping[str, Facts], labels: Labels) -> Match:
    """What is missing; what papers take of each other is judged where they take it.

    Beside what it gives back, money that comes back is the one that waits.
    """
    both = [papers[name] for name in (PAYMENT, RECEIPT) if name in papers]
    money = next((each for each in both if each.get("refundOf")), both[0] if both else None)
    if money is None or (len(papers) > 1 and _wanted(money) in papers):
        return Match()
    return Match(missing=(_wanted(money),))


def _wanted(money: Facts) -> str:
    if money.get("refundOf"):
        return RECEIPT if "paymentNo" in money else PAYMENT
    return DEAL if money.get("dealNo") else CONTRACT


def missing(names: Sequence[str], facts: Facts, labels: Labels, expired: bool) -> list[Finding]:
    """The findings on what is missing: a warning, or a refusal once the wait has run out."""
    awaited = [
        (name, f"Head/{_PATHS[name]}", str(facts.get(_PATHS[name], "")), str(facts["target"]))
        for name in names
    ]
    return list(matching.missing(awaited, labels, _RULE, expired=expired))
