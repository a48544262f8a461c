"""Every legal source that a page may quote has its Chinese name."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.house import tree

_TABLES = (".toml", "/findings.csv", "/rules.csv")
_DATA = [path for path in tree.named(*_TABLES, under=("single_window", "schemas"))
         if "source" in tree.text(path)]  # fmt: skip
_OWN_CODE = re.compile(r"[A-Z]+(-[A-Z0-9]+)+")
"""Number of a rule or the like, which reads alike in every language."""


def _rows(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(tree.text(path))))


def _sources(value: object) -> Iterator[str]:
    """All values of keys called "source", however deep."""
    if isinstance(value, dict):
        if isinstance(value.get("source"), str):
            yield from value["source"].split("; ")
        for inner in value.values():
            yield from _sources(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _sources(inner)


@pytest.mark.parametrize("path", _DATA)
def test_a_source_can_be_quoted_in_chinese(path: str) -> None:
    beside = f"{path.rpartition('/')[0]}/citations.csv"
    tables = {"single_window/domain/citations.csv", beside} & {*tree.named("/citations.csv")}
    known = {row["source"] for table in tables for row in _rows(table)}
    content = tree.text(path)
    found = _rows(path) if path.endswith(".csv") else tomllib.loads(content)
    quoted = {source for source in _sources(found) if source and not _OWN_CODE.fullmatch(source)}
    assert sorted(quoted - known) == []


@pytest.mark.parametrize("path", tree.named("/citations.csv"))
def test_no_citation_is_left_over(path: str) -> None:
    around = path.rpartition("/")[0] + "/"
    texts = [tree.text(each) for each in _DATA if each.startswith(around) or "domain" in around]
    unused = [r["source"] for r in _rows(path) if not any(r["source"] in text for text in texts)]
    assert unused == []
