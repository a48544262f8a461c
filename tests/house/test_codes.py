"""Each code of a finding stands in a table of texts, and each text belongs to a code in use."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from tests.house import tree

_TABLES = tree.named("/findings.csv")
_LISTED = {
    row["code"]: path for path in _TABLES for row in csv.DictReader(io.StringIO(tree.text(path)))
}
_SHAPE = re.compile(r"(?:[A-Z]{3,}(?:-[A-Z0-9]+)+|-\d{5,6})(?!\S)")
_PREFIXES = {code.split("-")[0] for code in _LISTED}


def _used() -> Iterator[tuple[str, str]]:
    """Code and place of every string that looks like one."""
    for path in tree.modules():
        for string in tree.strings(path):
            text = str(string.value)
            if _SHAPE.fullmatch(text) and text.split("-")[0] in _PREFIXES:
                yield text, f"{path}:{string.lineno}"


def test_every_code_in_use_has_a_text() -> None:
    # Elsewhere the same words are the numbers of rules of law, which have no text of their own.
    makers = tuple(path for path in tree.modules() if "Finding" in tree.text(path))
    used = [(code, place) for code, place in _used() if place.startswith(makers)]
    assert sorted(f"{place} {code}" for code, place in used if code not in _LISTED) == []


def test_every_text_belongs_to_a_code_in_use() -> None:
    used = {code for code, _ in _used()}
    data = "\n".join(tree.text(path) for path in tree.named(".toml", under=("single_window/",)))
    idle = {c: p for c, p in _LISTED.items() if c not in used and not re.search(rf'"{c}"', data)}
    assert idle == {}


def test_a_code_belongs_to_one_table() -> None:
    rows = [row for path in _TABLES for row in csv.DictReader(io.StringIO(tree.text(path)))]
    codes = [row["code"] for row in rows]
    assert sorted(code for code in {*codes} if codes.count(code) > 1) == []
