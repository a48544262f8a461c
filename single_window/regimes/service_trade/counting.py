"""What papers of services count for in statistics: money as it is moved, contracts, outsourcing.

A receipt is an export of services, a payment an import (STAT-02); what comes back is taken off on
the side that it was counted on. Outsourcing counts by its own kinds (ITO, BPO, KPO).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from single_window.domain.conditions import number
from single_window.domain.counting import Count, Flow, month_of
from single_window.domain.regime import Facts
from single_window.regimes.service_trade.rules import REGISTERED
from single_window.regimes.service_trade.terms import CONTRACT, EXPORT, PAYMENT, RECEIPT

VALUE, CONTRACTED, EXECUTED = "value", "contracted", "executed"
_AT_HOME, _ABROAD = "1", "2"
_CROSS_BORDER, _PERSONS = "1", "4"


def counting(message: str, facts: Facts, amounts: Mapping[str, Any]) -> Sequence[Count]:
    """What a filing adds to the statistics once it is accepted; nothing where it moves nothing."""
    if message == CONTRACT:
        return list(_contract(facts))
    if message in (PAYMENT, RECEIPT):
        return [_money(message, facts, amounts)]
    return []


def _money(message: str, facts: Facts, amounts: Mapping[str, Any]) -> Count:
    pays, back = message == PAYMENT, bool(facts.get("refundOf"))
    flow = Flow.IMPORT if pays != back else Flow.EXPORT
    sign = -1 if back else 1
    usd = number(str(amounts.get("usd") or ""))
    return Count(
        flow,
        VALUE,
        facts["currency"],
        sign * Decimal(facts["amount"]),
        usd=None if usd is None else sign * usd,
        month=month_of(facts["paymentDate" if pays else "receivedDate"]),
        company=facts["uscc"],
        service=facts["item" if pays else "bopCode"],
        mode=_mode(flow, str(amounts.get("performed", ""))),
        partner=str(amounts.get("payee_country") or facts.get("payerCountry", "")),
        zone=_zone(facts["uscc"]),
    )


def _contract(facts: Facts) -> Iterator[Count]:
    """A registered contract, and of outsourcing what was carried out of it (执行金额)."""
    if facts.get("registerType") != REGISTERED:
        return
    told = ((CONTRACTED, "totalAmount", ""), (EXECUTED, "executedAmount", "outsourcingKind"))
    flow = Flow.EXPORT if facts["direction"] == EXPORT else Flow.IMPORT
    for measure, name, kind in told:
        amount = number(str(facts.get(name) or ""))
        if amount is not None:
            yield Count(
                flow,
                measure,
                facts["currency"],
                amount,
                usd=amount if facts["currency"] == "USD" else None,
                month=month_of(facts["signDate"]),
                company=facts["uscc"],
                service=facts["bopCode"],
                component=str(facts.get(kind, "")) if kind else "",
                mode=_mode(flow, facts.get("performancePlace", "")),
                partner=str(facts.get("clientCountry") or facts.get("country", "")),
                zone=_zone(facts["uscc"]),
            )


def _mode(flow: Flow, place: str) -> str:
    """The mode of supply (提供方式) as far as the place of the service tells it; "" where not."""
    supplier_at_home = flow is Flow.EXPORT
    if place not in (_AT_HOME, _ABROAD):
        return ""
    return _CROSS_BORDER if (place == _AT_HOME) == supplier_at_home else _PERSONS


def _zone(company: str) -> str:
    """Where a company is registered: the division in its credit code (GB 32100)."""
    return company[2:8]
