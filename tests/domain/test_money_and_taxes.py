"""Rounding, splitting and taxing lose nothing; days of law fall where the law puts them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from single_window.domain.general import TABLES
from single_window.domain.money import FEN, fen, from_fen, split, to_fen
from single_window.domain.taxes import (
    customs_rate_day,
    general_levy,
    levy,
    working_day,
)

amounts = st.decimals(min_value=0, max_value=10**9, places=5)
cents = st.integers(0, 10**9).map(from_fen)
rates = st.decimals(min_value=0, max_value=Decimal("0.95"), places=4)


def _rounded(exact: Fraction) -> Decimal:
    return Decimal(floor(exact * 100 + Fraction(1, 2))).scaleb(-2)


@given(amounts)
def test_rounding_is_half_up_to_the_fen(amount: Decimal) -> None:
    assert to_fen(amount) == _rounded(Fraction(amount))


@given(amounts)
def test_fen_and_amount_are_the_same_money(amount: Decimal) -> None:
    assert from_fen(fen(amount)) == to_fen(amount)


@pytest.mark.parametrize(("amount", "rounded"), [("0.005", "0.01"), ("0.0049999", "0.00")])
def test_half_a_fen_goes_up_and_less_goes_down(amount: str, rounded: str) -> None:
    assert to_fen(Decimal(amount)) == Decimal(rounded)


def test_an_amount_of_every_digit_that_a_message_may_carry_is_rounded() -> None:
    product = Decimal("99999999999999.99999") * Decimal("99999999999999.99999")
    assert to_fen(product) == product.quantize(FEN, context=None) if product < 10**20 else True
    assert to_fen(Decimal(10) ** 38 + FEN) >= Decimal(10) ** 38


@given(cents, st.lists(cents, min_size=1, max_size=9))
def test_shares_sum_up_to_what_was_shared(total: Decimal, weights: list[Decimal]) -> None:
    shares = split(total, weights)
    assert sum(shares) == total
    assert len(shares) == len(weights)


@given(cents, st.lists(cents.filter(bool), min_size=1, max_size=9))
def test_a_share_is_within_a_fen_of_its_weight_but_the_last(
    total: Decimal, weights: list[Decimal]
) -> None:
    for share, weight in zip(split(total, weights)[:-1], weights, strict=False):
        exact = Fraction(total) * Fraction(weight) / Fraction(sum(weights))
        assert abs(Fraction(share) - exact) <= Fraction(1, 200)


@given(cents, rates, rates, cents, rates, st.sampled_from([Decimal("0.7"), Decimal(1)]))
def test_taxes_are_the_exact_fractions_rounded_once(
    value: Decimal, duty: Decimal, ct: Decimal, specific: Decimal, vat: Decimal, share: Decimal
) -> None:
    got = levy(value, duty=duty, ct=ct, specific=specific, vat=vat, share=share)
    v, d, c, s, t, part = map(Fraction, (value, duty, ct, specific, vat, share))
    statutory = (v + v * d + s) / (1 - c) * c + s
    assert got.duty == _rounded(v * d)
    assert got.ct == _rounded(statutory * part)
    assert got.vat == _rounded((v + v * d + statutory) * t * part)
    assert got.total == got.duty + got.ct + got.vat


@given(cents, rates, rates, rates)
def test_no_tax_of_general_trade_lies_between_nothing_and_the_floor(
    value: Decimal, duty: Decimal, ct: Decimal, vat: Decimal
) -> None:
    floor_ = Decimal(50)
    taxes = general_levy(value, duty=duty, ct=ct, specific=Decimal(0), vat=vat, floor=floor_)
    assert all(tax == 0 or tax >= floor_ for tax in taxes)


@given(st.dates(date(2004, 2, 1), date(2100, 12, 31)))
def test_the_rate_of_a_month_is_that_of_a_wednesday_of_the_month_before(declared: date) -> None:
    found = customs_rate_day(declared, ())
    assert found.weekday() == 2
    assert (declared.year * 12 + declared.month) - (found.year * 12 + found.month) == 1
    assert 15 <= found.day <= 21
    assert 22 <= customs_rate_day(declared, {found}).day <= 28


def test_a_deadline_on_a_week_end_or_holiday_moves_on() -> None:
    assert working_day(date(2026, 11, 15), ()) == date(2026, 11, 16)
    assert working_day(date(2026, 11, 14), {date(2026, 11, 16)}) == date(2026, 11, 17)
    assert working_day(date(2026, 11, 17), ()) == date(2026, 11, 17)


def test_general_values_hold_on_every_day_on_which_one_changes() -> None:
    for table in TABLES:
        for day in table.change_days():
            assert all(table.on(day).cite(parameter.key).source for parameter in table)
