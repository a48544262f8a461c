"""The code tables and the tariff: sane in themselves, and right about what they do not know."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from schemas import codes
from schemas.codes import Code, CodeTable, table, tariff
from schemas.registry import message, messages

_TODAY = date(2026, 4, 1)


@pytest.mark.parametrize("name", codes.names())
def test_a_code_stands_once_on_any_day(name: str) -> None:
    rows = table(name).rows
    assert rows
    ends = {day for row in rows for day in (row.valid_from, row.valid_to) if day}
    for day in {_TODAY, *ends}:
        counted = Counter(row.code for row in rows if row.in_force(day))
        assert {code for code, times in counted.items() if times > 1} == set()
    for row in rows:
        assert row.code == row.code.strip() != ""
        assert row.name_zh, row.code
        assert row.certainty in {"seen", "recalled"}, row.code
        assert row.source, row.code
        if row.valid_from and row.valid_to:
            assert row.valid_from <= row.valid_to


_OF_PLACES = {"customs", "admin-division", "district", "domestic-port", "origin-area"}


@pytest.mark.parametrize("name", sorted({*codes.names()} - _OF_PLACES - {"hs"}))
def test_a_code_has_an_english_name_but_for_places_and_goods(name: str) -> None:
    assert [row.code for row in table(name).rows if not row.name_en] == []


def test_each_code_fits_the_fields_that_take_it() -> None:
    for name in messages():
        for leaf in message(name).record_field.leaves():
            if leaf.code_list is None:
                continue
            most = leaf.length or leaf.max_length
            longest = max(len(row.code) for row in table(leaf.code_list).rows)
            assert longest <= (longest if most is None else most), leaf.path


@pytest.mark.parametrize(
    ("name", "code", "zh", "en"),
    [
        ("trade-mode", "1210", "保税电商", "bonded cross-border e-commerce"),
        ("unit", "035", "千克", "kilogram"),
        ("country", "116", "日本", "Japan"),
        ("customs", "0100", "北京关区", "北京关区"),
        ("country", "000", "", ""),
    ],
)
def test_a_code_is_called_by_its_name(name: str, code: str, zh: str, en: str) -> None:
    assert (table(name).label(code), table(name).label(code, "en")) == (zh, en)


def test_what_people_type_finds_the_code_first_and_then_the_name() -> None:
    assert table("country").search("11", 3)[0].code == "110"
    assert [row.code for row in table("country").search("japan")] == ["116"]
    assert [row.code for row in table("unit").search("千克")] == ["035"]
    assert len(table("country").search("", 5)) == 5


_SERVICES = [
    Code(code, zh, en, None, None, "made up", "seen", {"keywords": words} if words else {})
    for code, zh, en, words in (
        ("101", "海运服务", "sea transport", "freight 运费"),
        ("201", "技术咨询", "technical consulting", "advice software"),
        ("202", "软件", "software", ""),
        ("301", "管理咨询", "consulting on management", ""),
    )
]


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("2", ["201", "202"]),
        ("软件", ["202"]),
        ("software", ["202", "201"]),
        ("consulting", ["301", "201"]),
        ("咨询", ["201", "301"]),
        ("TECH  consult", ["201"]),
        ("consult tech", ["201"]),
        ("运费", ["101"]),
        ("freight 海运", ["101"]),
        ("freight 咨询", []),
        ("", ["101", "201", "202", "301"]),
    ],
)
def test_every_word_must_fit_and_what_begins_with_it_comes_first(
    typed: str, codes: list[str]
) -> None:
    found = CodeTable("x", tuple(_SERVICES), {row.code: row for row in _SERVICES}, True)
    assert [row.code for row in found.search(typed)] == codes


def test_a_code_is_in_force_between_its_dates() -> None:
    old = Code("1", "旧", "old", None, date(2025, 12, 31), "law", "seen", {})
    new = Code("2", "新", "new", date(2026, 1, 1), None, "law", "seen", {})
    found = CodeTable("x", (old, new), {"1": old, "2": new}, _undated=False)
    assert found.codes_on(date(2025, 12, 31)) == {"1"}
    assert found.codes_on(date(2026, 1, 1)) == {"2"}
    assert found.codes_on(date(2026, 1, 1)) is found.codes_on(date(2026, 1, 1))


def test_a_table_that_does_not_exist_is_not_known() -> None:
    for name in ("nothing", "findings", "../codes/unit"):
        with pytest.raises(KeyError):
            table(name)


def test_the_tariff_gives_rates_as_shares_of_one() -> None:
    row = tariff()["1905310000"]
    assert (row.mfn_rate, row.vat_rate, row.ct_rate) == (Decimal("0.1"), Decimal("0.13"), 0)
    assert (row.unit1, row.unit2, row.name_zh) == ("035", "", "甜饼干")
    assert tariff()["3305100090"].provisional_rate == Decimal("0.02")


def test_consumption_tax_by_amount_and_with_a_floor_is_told_apart() -> None:
    whisky, wine = tariff()["2208300000"], tariff()["2206001000"]
    assert (whisky.ct_rate, whisky.ct_fixed) == (Decimal("0.2"), Decimal("0.912"))
    assert (wine.ct_rate, wine.ct_fixed, wine.ct_div) == (0, 240, 962)
    cream, watch = tariff()["3304990029"], tariff()["9102110000"]
    assert (cream.ct_rate, cream.ct_floor, cream.ct_floor_unit) == (Decimal("0.15"), 10000, "035")
    assert (watch.ct_floor, watch.ct_floor_unit) == (10000, watch.unit1)


def test_what_the_table_cannot_tell_is_left_open_and_explained() -> None:
    unknown = [row for row in tariff().values() if row.ct_rate is None]
    assert {"2203000000", "2402200000"} <= {row.hs for row in unknown}
    for row in unknown:
        assert row.ct_text_zh, row.hs
        assert row.ct_text_en, row.hs


def test_the_tariff_is_whole_and_its_columns_stand_where_they_are_read() -> None:
    file = Path(codes.__file__).with_name("hs.csv")
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == len(tariff()) == len({row["code"] for row in rows})
    units = table("unit").codes_on(_TODAY) | {""}
    for row in rows:
        read = tariff()[row.pop("code")]
        assert read.hs.isdigit()
        assert len(read.hs) == 10
        assert {read.unit1, read.unit2, read.ct_unit, read.ct_floor_unit} <= units, read.hs
        for column, text in row.items():
            if column in {"valid_from", "valid_to"}:
                continue
            value = getattr(read, column)
            assert value is None if text == "" and column.startswith(("mfn", "vat")) else True
            assert (f"{value:f}" if isinstance(value, Decimal) else value or "") == text, column
        for share in (read.mfn_rate, read.vat_rate, read.ct_rate or Decimal(0)):
            assert share is not None
            assert 0 <= share < 2
