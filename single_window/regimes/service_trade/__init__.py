"""Trade in services (服务贸易): contract, tax record, payment and receipt; offshore resale."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from single_window.domain.regime import Facts, Hooks, Labels, Match, Regime
from single_window.regimes.service_trade import (
    dealing,
    explaining,
    filed,
    filing,
    following,
    kinds,
    offshore,
    rules,
    technology,
    terms,
)


def _alone(papers: Mapping[str, Facts], labels: Labels) -> Match:
    """What papers want of each other is asked where one takes from the other, not here."""
    return Match()


REGIME = Regime(
    Path(__file__).parent,
    Hooks(
        rulebook=rules.book,
        match=_alone,
        explain=explaining.explain,
        kinds=kinds.KINDS,
        facts={
            terms.CONTRACT: filed.contract,
            terms.PAYMENT: filed.payment,
            terms.RECEIPT: filed.receipt,
        },
        codes=dealing.CODES | filing.CODES | following.CODES | offshore.CODES | technology.CODES,
    ),
)
