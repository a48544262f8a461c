"""What papers of services count for in statistics."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from single_window import regimes
from single_window.declarations import counted
from single_window.domain.counting import Flow
from single_window.regimes.service_trade.counting import counting
from tests import services

REGIME = regimes.load("service_trade")


def counts(name: str, changes: dict[str, str] | None = None, **amounts: Any) -> list[Any]:
    """What a paper of a file counts for, with these values and amounts."""
    message = services.message_of(name)
    facts = REGIME.facts(message, services.record(name, changes))
    return list(counting(message, facts, amounts))


def test_a_payment_is_an_import_and_a_receipt_an_export() -> None:
    told = {"usd": "80000.00", "payee_country": "DEU", "performed": "2"}
    (paid,) = counts("engineering-payment", **told)
    assert (paid.flow, paid.amount, paid.usd) == (Flow.IMPORT, Decimal(80000), Decimal(80000))
    assert (paid.service, paid.partner, paid.month) == ("228031", "DEU", "2026-11")
    assert (paid.mode, paid.zone) == ("1", "120118")
    (received,) = counts("kpo-receipt")
    assert (received.flow, received.usd) == (Flow.EXPORT, None), "no rate is known for it"


def test_what_comes_back_is_taken_off_where_it_was_counted() -> None:
    back = {"Head.receiptKind": "R", "Head.refundOf": "PAY-2026-001"}
    (refunded,) = counts("kpo-receipt", back, usd="10.00")
    assert refunded.flow is Flow.IMPORT
    assert refunded.amount < 0 and refunded.usd == Decimal("-10.00")


def test_outsourcing_counts_what_was_carried_out_by_its_kind() -> None:
    by_measure = {each.measure: each for each in counts("kpo-contract")}
    assert by_measure["executed"].component.startswith("KPO-")
    assert by_measure["contracted"].component == ""


@pytest.mark.parametrize(
    ("code", "component"),
    [("228031", "SJ31"), ("230000", "SB"), ("228033", "SJ"), ("229990", "SK"), ("999990", "")],
)
def test_the_component_is_read_off_the_code(code: str, component: str) -> None:
    (count,) = counts("kpo-receipt", {"Head.bopCode": code})
    named = dict(
        zip(counted.CELL, counted.kept_as(REGIME, "InboundReceiptMessage", count).cell, strict=True)
    )
    assert named["component"] == component


@pytest.mark.parametrize("kind", ["2", "3"])
def test_a_change_or_a_closing_counts_nothing_itself(kind: str) -> None:
    assert counts("engineering-contract", {"Head.registerType": kind, "Head.changeNo": "1"}) == []
