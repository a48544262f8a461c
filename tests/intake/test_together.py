"""A trade in one form: what the papers share is typed once and carried, differences stay."""

from __future__ import annotations

import pytest

from schemas import registry
from single_window import regimes
from single_window.intake import forms, together
from single_window.intake.together import Place
from single_window.regimes.ecommerce_import import matching
from tests.portal import INVENTORY, ORDER, PAYMENT, WAYBILL, made

PAPERS = (ORDER, PAYMENT, WAYBILL, INVENTORY)


@pytest.fixture
def form() -> together.Together:
    found = together.together("ecommerce_import")
    assert found is not None
    return found


def _papers() -> dict[str, forms.Values]:
    (trade,) = made()
    return {n: forms.from_record(registry.message(n), trade.records[n]) for n in PAPERS}


def _nothing() -> dict[str, forms.Values]:
    return {name: {} for name in PAPERS}


def test_whatever_must_agree_is_typed_once(form: together.Together) -> None:
    rows = [{*places} for places in form.shared]
    for pair in matching.PAIRS:
        both = {Place(pair.paper, pair.path), Place(pair.other, pair.other_path)}
        assert any(both <= row for row in rows), pair
    for name, other, _ in matching.LINE_PAIRS:
        both = {Place(INVENTORY, f"InventoryList/{name}"), Place(ORDER, f"OrderList/{other}")}
        assert any(both <= row for row in rows), name


def test_every_regime_with_a_trade_form_names_fields_that_exist() -> None:
    for name in regimes.all():
        found = together.together(name)
        if found is not None:
            assert {*found.papers} <= {*regimes.load(name).messages}


def test_what_is_typed_once_reaches_every_paper_and_its_lines(form: together.Together) -> None:
    full = _papers()
    typed = {name: {} for name in PAPERS} | {ORDER: full[ORDER]}
    spread = together.spread(form, _nothing(), typed, typed)
    assert spread[PAYMENT]["PaymentHead.orderNo"] == full[ORDER]["OrderHead.orderNo"]
    assert spread[PAYMENT]["PaymentHead.amountPaid"] == full[PAYMENT]["PaymentHead.amountPaid"]
    for name, value in full[INVENTORY].items():
        if name.endswith((".gname", ".qty", ".totalPrice")):
            assert spread[INVENTORY][name] == value


def test_a_difference_that_was_typed_stays_and_is_shown(form: together.Together) -> None:
    papers = _papers()
    papers[INVENTORY]["InventoryHead.buyerName"] = "another"
    spread = together.spread(form, papers, papers, papers)
    assert spread[INVENTORY]["InventoryHead.buyerName"] == "another"
    follow = together.followers(form, spread)
    assert (INVENTORY, "InventoryHead.buyerName") not in follow
    assert (PAYMENT, "PaymentHead.payerName") in follow


def test_a_value_that_is_cleared_is_cleared_everywhere(form: together.Together) -> None:
    papers = _papers()
    after = papers | {ORDER: papers[ORDER] | {"OrderHead.orderNo": ""}}
    spread = together.spread(form, papers, {ORDER: after[ORDER]}, after)
    assert spread[PAYMENT]["PaymentHead.orderNo"] == ""


def test_a_missing_paper_is_begun_with_what_the_others_say(form: together.Together) -> None:
    papers = _papers()
    payment = papers.pop(PAYMENT)
    carried = together.carried(form, papers, PAYMENT)
    assert carried
    assert {name: payment[name] for name in carried} == carried


def test_tables_of_the_same_goods_go_line_by_line(form: together.Together) -> None:
    both = [(ORDER, "OrderList"), (INVENTORY, "InventoryList")]
    assert sorted(together.twins(form, ORDER, "OrderList")) == sorted(both)
    assert sorted(together.twins(form, INVENTORY, "InventoryList")) == sorted(both)
