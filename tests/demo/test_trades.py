"""Invented trades are right in everything that a window can check, and follow from the seed."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from schemas import registry
from single_window import regimes
from single_window.declarations.sources import sources
from single_window.demo.cast import goods, id_number, parties
from single_window.demo.trades import (
    INVENTORY,
    ORDER,
    PAPERS,
    PAYMENT,
    WAYBILL,
    Trade,
    trades,
)
from single_window.demo.writing import serialise

DAY = date(2026, 11, 24)
COUNT = 300


@pytest.fixture(scope="module")
def made() -> list[Trade]:
    return list(trades(COUNT, 1, DAY))


def _head(trade: Trade, paper: str) -> dict[str, str]:
    head: dict[str, str] = next(iter(trade.records[paper].values()))
    return head


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("indent", [True, False])
def test_every_message_is_valid(made: list[Trade], paper: str, indent: bool) -> None:
    body = serialise(
        paper,
        [trade.records[paper] for trade in made[:100]],
        guid=_head(made[0], paper)["guid"],
        sender=parties()["agent"],
        indent=indent,
    )
    root = etree.fromstring(body)
    found = registry.message(paper)
    records = root.findall(f"{{{found.namespace}}}{found.record}")
    assert len(records) == 100
    assert all(registry.gate(paper).validate(record) for record in records)


def test_no_rule_has_more_to_say_than_that_registers_are_empty(made: list[Trade]) -> None:
    regime = regimes.load("ecommerce_import")
    p = regime.in_force(DAY, sources())
    codes = {
        finding.code
        for trade in made
        for paper, record in trade.records.items()
        for finding in regime.check(paper, record, p).findings
    }
    assert codes == {
        "TAX-CBEC-10-OPEN",
        "TAX-CBEC-14-OPEN",
        "TAX-CBEC-15-OPEN",
        "TAX-CBEC-23-OPEN",
        "CBEC-BOOK-OPEN",
    }


def test_the_papers_of_a_trade_say_the_same(made: list[Trade]) -> None:
    regime = regimes.load("ecommerce_import")
    for trade in made:
        papers = {name: regime.facts(name, record) for name, record in trade.records.items()}
        found = regime.match(papers)
        assert (found.missing, found.findings) == ((), ())


def test_the_order_collects_the_tax_that_the_inventory_owes(made: list[Trade]) -> None:
    regime = regimes.load("ecommerce_import")
    p = regime.in_force(DAY, sources())
    for trade in made:
        amounts = regime.check(INVENTORY, trade.records[INVENTORY], p).amounts
        assert amounts is not None
        assert amounts["treatment"] == "70pct"
        assert Decimal(amounts["dutiable"]) <= 5000
        assert str(amounts["total"]) == _head(trade, ORDER)["taxTotal"]


@pytest.mark.parametrize(
    ("paper", "field"),
    [
        (ORDER, "orderNo"),
        (ORDER, "buyerIdNumber"),
        (PAYMENT, "payTransactionId"),
        (WAYBILL, "logisticsNo"),
        (INVENTORY, "copNo"),
    ],
)
def test_no_number_comes_twice(made: list[Trade], paper: str, field: str) -> None:
    others = [
        *trades(20, 2, DAY),
        *trades(20, 1, date(2026, 11, 25)),
        *trades(20, 1, DAY, mark="-T"),
    ]
    values = [_head(trade, paper)[field] for trade in [*made, *others]]
    assert len(set(values)) == len(values)


def test_no_guid_comes_twice(made: list[Trade]) -> None:
    guids = Counter(_head(trade, paper)["guid"] for trade in made for paper in PAPERS)
    assert max(guids.values()) == 1


def test_trades_have_one_to_three_lines_of_many_kinds_of_goods(made: list[Trade]) -> None:
    lines = [trade.records[INVENTORY]["InventoryList"] for trade in made]
    assert {len(each) for each in lines} == {1, 2, 3}
    assert {line["gcode"] for each in lines for line in each} == {item.gcode for item in goods()}


def test_the_same_seed_gives_the_same_trades_and_few_are_the_first_of_many(
    made: list[Trade],
) -> None:
    assert list(trades(10, 1, DAY)) == made[:10]
    assert next(trades(1, 2, DAY)) != made[0]


def test_a_mark_stands_behind_every_order_number() -> None:
    (trade,) = trades(1, 1, DAY, mark="-T-HOLD")
    numbers = {_head(trade, paper)["orderNo"] for paper in PAPERS}
    assert numbers == {trade.order_no}
    assert trade.order_no.endswith("-T-HOLD")


def test_an_identity_number_is_well_formed_and_of_no_region_that_exists() -> None:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    numbers = {id_number(number, 123456) for number in range(0, 100_000, 7)}
    assert len(numbers) == len(range(0, 100_000, 7))
    for number in list(numbers)[:500]:
        assert number.startswith("10")
        rest = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11
        assert number[17] == "10X98765432"[rest]
