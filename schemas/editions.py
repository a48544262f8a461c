"""What the edition of 2018 allowed and 202205 no longer does, for whoever explains a refusal."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_INDEX = re.compile(r"\[\d+\]")


def allowed_in_2018(message: str, path: str) -> Mapping[str, str]:
    """The looser facets that a field had: max_length, min_occurs; empty where none.

    Judging is by 202205 alone; this only says why a record was right once.
    """
    return _facets().get((message, _INDEX.sub("", path)), {})


@cache
def _facets() -> Mapping[tuple[str, str], Mapping[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for table in sorted(_HERE.glob("*/edition-2018.csv")):
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault((row["message"], row["path"]), {})[row["facet"]] = row["value"]
    return found
