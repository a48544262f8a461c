"""What an operator enters decides from then on; what cannot be read stops the start."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from single_window import regimes
from single_window.declarations.registers import BadRegister, load
from single_window.declarations.sources import sources
from single_window.demo.exports import INVENTORY, exports

DAY = date(2026, 11, 20)


def kept(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return folder


def test_an_entry_holds_from_its_first_day_to_its_last(tmp_path: Path) -> None:
    rows = "key,ok,first,last,source\nA,yes,2026-01-01,2026-06-30,x\nA,no,2026-07-01,,x\nB,no,,,x\n"
    found = load(kept(tmp_path, withholders=rows))
    assert found.on(date(2025, 12, 31)) == {"withholders": {"B": False}}
    assert found.on(date(2026, 6, 30)) == {"withholders": {"A": True, "B": False}}
    assert found.on(date(2026, 7, 1)) == {"withholders": {"A": False, "B": False}}
    assert (load(None).on(DAY), load(None).rates_on(DAY)) == ({}, {})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("zones", "key,okay\nA,yes\n"),
        ("zones", "key,ok\nA,perhaps\n"),
        ("zones", "key,ok,first\nA,yes,2026-13-01\n"),
        ("rates", "currency,month,rate\n502,2026-11,seven\n"),
        ("rates", "currency,month,rate\n502,2026-11,0\n"),
        ("rates", "currency,month,rate\n502,2026-11,NaN\n"),
        ("middle_rates", "currency,day,rate\nUSD,2026-11,7.1\n"),
        ("middle_rates", "currency,day,rate\nUSD,,7.1\n"),
        ("middle_rates", "currency,day,rate\nUSD,2026-11-20,-7.1\n"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(BadRegister, match=f"{name}.csv"):
        load(kept(tmp_path, **{name: text}))


def test_a_middle_rate_is_that_of_the_very_day(tmp_path: Path) -> None:
    rows = "currency,day,rate,source\nUSD,2026-11-20,7.0875,PBOC\nEUR,2026-11-19,8.2,PBOC\n"
    found = load(kept(tmp_path, middle_rates=rows))
    assert found.middle("USD", DAY) == Decimal("7.0875")
    assert found.middle("EUR", DAY) is None, "yesterday's rate is not today's"
    assert found.on(DAY) == {}, "rates are no register of keys"


@pytest.mark.parametrize(
    ("rate", "codes"),
    [
        ("7.1", set()),
        ("7000", {"EXP-B2B-02"}),
        (None, {"CBEX-RATE-UNKNOWN"}),
    ],
)
def test_a_value_in_dollars_is_converted_by_the_rate_of_its_month(
    tmp_path: Path, rate: str | None, codes: set[str]
) -> None:
    month = "2026-11" if rate else "2026-10"
    text = f"currency,month,rate,source\n502,{month},{rate or '7.1'},PBOC\n"
    found = load(kept(tmp_path, rates=text))
    regime = regimes.load("ecommerce_export")
    filled = dataclasses.replace(sources(), rates_on=found.rates_on)
    p = dataclasses.replace(regime.in_force(DAY, sources()), rates=filled.rates_on(DAY))
    (export,) = exports(1, 502, DAY, mode="9710")
    record = export.records[INVENTORY]
    lines = [line | {"currency": "502"} for line in record["InventoryList"]]
    checked = regime.check(INVENTORY, record | {"InventoryList": lines}, p)
    assert {f.code for f in checked.findings if f.severity != "warn"} == codes
    amounts = checked.amounts
    assert amounts is not None
    if rate:
        total = sum(Decimal(line["totalPrice"]) for line in lines)
        assert amounts["value_cny"] == (total * Decimal(rate)).quantize(Decimal("0.01"))
        steps = {step["name"]: step for step in regime.explain(
            {name: str(v) if name != "lines" else [{k: str(x) for k, x in e.items()} for e in v]
             for name, v in amounts.items()}, p)}  # fmt: skip
        assert steps["value_cny"]["expression"] == f"{total} × {rate}"
