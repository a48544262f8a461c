"""A parameter file is read by day, remembers what was asked, and refuses what is not sourced."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from single_window.domain.parameters import NotInForce, ParameterError, Parameters

HEAD = '[limit]\nlabel_zh = "限值"\nlabel_en = "limit"\nrule = "R-01"\nunit = "CNY"\n'


def _value(first: str, value: str = "1.10", **more: str) -> str:
    entry = {
        "from": first,
        "value": value,
        "source": '"a law"',
        "certainty": '"seen"',
        "checked_on": "2026-11-24",
        **more,
    }
    lines = "".join(f"{key} = {text}\n" for key, text in entry.items() if text)
    return f"[[limit.value]]\n{lines}"


def _load(folder: Path, text: str) -> Parameters:
    path = folder / "parameters.toml"
    path.write_text(text, encoding="utf-8")
    return Parameters.load(path)


def test_a_value_holds_from_its_day_to_the_eve_of_the_next(tmp_path: Path) -> None:
    found = _load(tmp_path, HEAD + _value("2016-04-08") + _value("2019-01-01", "2.20"))
    assert found.in_force("limit", date(2018, 12, 31)) == Decimal("1.10")
    assert found.in_force("limit", date(2019, 1, 1)) == Decimal("2.20")
    assert found.first_day() == date(2016, 4, 8)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("1.10", "1.10"),
        ('["121010-121040", "122990"]', "121010-121040, 122990"),
        ('[{ place = "HKG", royalty = "0.07" }]', "HKG 0.07"),
    ],
)
def test_a_value_is_told_as_people_read_it(tmp_path: Path, value: str, told: str) -> None:
    head = HEAD.replace("CNY", "table" if "{" in value else "word") if "[" in value else HEAD
    values = _load(tmp_path, head + _value("2016-04-08", value)).on(date(2020, 1, 1))
    assert values.told("limit")["value"] == told


def test_before_its_first_day_a_value_is_not_in_force(tmp_path: Path) -> None:
    with pytest.raises(NotInForce):
        _load(tmp_path, HEAD + _value("2016-04-08")).in_force("limit", date(2016, 4, 7))


def test_a_value_that_ended_is_not_in_force_any_more(tmp_path: Path) -> None:
    found = _load(tmp_path, HEAD + _value("2016-04-08", to="2018-12-31"))
    assert found.in_force("limit", date(2018, 12, 31)) == Decimal("1.10")
    with pytest.raises(NotInForce):
        found.in_force("limit", date(2019, 1, 1))


def test_what_was_asked_is_remembered_with_its_source(tmp_path: Path) -> None:
    values = _load(tmp_path, HEAD + _value("2016-04-08")).on(date(2020, 1, 1))
    assert values.asked() == {}
    assert values["limit"] == Decimal("1.10")
    assert values.asked()["limit"].source == "a law"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + _value("2016-04-08", source='" "'),
        HEAD + _value("2016-04-08", certainty='"sure"'),
        HEAD + _value("2016-04-08", checked_on=""),
        HEAD + _value("2016-04-08", colour='"red"'),
        HEAD + _value("2019-01-01") + _value("2016-04-08"),
        HEAD + _value("2019-01-01") + _value("2019-01-01"),
        HEAD + _value("2016-04-08", to="2018-12-30") + _value("2019-01-01"),
        HEAD + _value("2016-04-08", to="2019-01-01") + _value("2019-01-01"),
        HEAD + _value("2016-04-08", to="2016-04-07"),
        HEAD + _value('"2016-04-08"'),
        HEAD + _value("2016-04-08T00:00:00"),
        HEAD + "value = []\n",
        HEAD.replace('unit = "CNY"\n', "") + _value("2016-04-08"),
    ],
    ids=[
        "unsourced", "unsure", "unchecked", "unknown field", "backwards", "doubled", "gap",
        "overlap", "ends early", "day as text", "moment", "no value", "no unit",
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ParameterError):
        _load(tmp_path, text)


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="limit"):
        _load(tmp_path, HEAD + _value("2016-04-08") + HEAD + _value("2016-04-08"))
