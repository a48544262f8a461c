"""Trade in services (服务贸易): contract, tax record, payment and receipt; offshore resale."""

from __future__ import annotations

from pathlib import Path

from single_window.domain.regime import Hooks, Regime
from single_window.regimes.service_trade import (
    amounts,
    beginning,
    bills,
    counting,
    dealing,
    explaining,
    filed,
    filing,
    following,
    kinds,
    linking,
    offshore,
    pairing,
    parties,
    reporting,
    rules,
    suggesting,
    taking,
    technology,
    terms,
)

CALLED = {"target": "Head/contractNo"}
"""Where a paper names what it is about."""

_JUDGING = (
    amounts,
    dealing,
    filing,
    following,
    linking,
    offshore,
    pairing,
    parties,
    taking,
    technology,
)

REGIME = Regime(
    Path(__file__).parent,
    Hooks(
        rulebook=rules.book,
        match=pairing.match,
        missing=pairing.missing,
        want=bills.want,
        over=bills.over,
        taking=taking.taking,
        too_much=taking.too_much,
        amended=taking.amended,
        links=linking.links,
        linked=linking.linked,
        begun=beginning.begun,
        suggest=suggesting.suggest,
        report=reporting.report,
        explain=explaining.explain,
        counting=counting.counting,
        kinds=kinds.KINDS,
        facts={
            terms.CONTRACT: filed.contract,
            terms.PAYMENT: filed.payment,
            terms.RECEIPT: filed.receipt,
            terms.WITHHOLDING: filed.withholding,
            terms.DEAL: filed.deal,
        },
        called=dict.fromkeys((terms.CONTRACT, terms.PAYMENT, terms.RECEIPT), CALLED)
        | {terms.WITHHOLDING: {"target": "Head/paymentNo"}},
        codes=frozenset().union(*(each.CODES for each in _JUDGING)),
    ),
)
