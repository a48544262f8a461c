"""What became of an agency's receipt, told in two languages."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_PARTS = ("text_zh", "text_en", "remedy_zh", "remedy_en")


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """The words of every state that a receipt can be in."""
    with Path(__file__).with_name("receipts.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


def told(found: Mapping[str, Any]) -> dict[str, Any]:
    """A receipt's state as published: with what it means, and what is to be done."""
    own = words()[found["state"]]
    return {**found, **{part: own[part].format(detail=found["detail"]) for part in _PARTS}}
