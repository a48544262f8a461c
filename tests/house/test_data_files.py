"""Every data file can be read, and what people read in it stands there in two languages."""

from __future__ import annotations

import csv
import io
import re
import tomllib

import pytest
from lxml import etree

from tests.house import tree

_TEXTS = tree.named("/findings.csv", "/problems.csv", "/receipts.csv")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("path", tree.named(".xml", ".xsd", ".svg"))
def test_xml_is_well_formed(path: str) -> None:
    etree.fromstring(tree.text(path).encode(), etree.XMLParser(resolve_entities=False))


@pytest.mark.parametrize("path", tree.named(".toml"))
def test_toml_can_be_read(path: str) -> None:
    tomllib.loads(tree.text(path))


@pytest.mark.parametrize("path", tree.named(".csv"))
def test_each_row_of_a_table_has_a_value_for_each_column(path: str) -> None:
    rows = [row for row in csv.reader(io.StringIO(tree.text(path)), strict=True) if row]
    header = rows[0]
    assert len({*header}) == len(header), "a column stands twice"
    assert [n for n, row in enumerate(rows, 1) if len(row) != len(header)] == []


@pytest.mark.parametrize("path", _TEXTS)
def test_what_a_finding_says_it_says_in_chinese_and_in_english(path: str) -> None:
    for row in csv.DictReader(io.StringIO(tree.text(path))):
        for column in ("text", "remedy"):
            assert _CHINESE.search(row[f"{column}_zh"]), (row["code"], column)
            assert re.search("[A-Za-z]", row[f"{column}_en"]), (row["code"], column)
            assert not _CHINESE.search(row[f"{column}_en"]), (row["code"], column)


@pytest.mark.parametrize("path", _TEXTS)
def test_both_languages_of_a_finding_name_the_same_values(path: str) -> None:
    for row in csv.DictReader(io.StringIO(tree.text(path))):
        for column in ("text", "remedy"):
            assert _slots(row, column, "zh") == _slots(row, column, "en"), row["code"]


def _slots(row: dict[str, str], column: str, language: str) -> set[str]:
    """Values that a sentence names; `paper_zh` in Chinese is `paper_en` in English."""
    names = re.findall(r"\{(\w+)\}", row[f"{column}_{language}"])
    return {name.removesuffix(f"_{language}") for name in names} - {"label"}
