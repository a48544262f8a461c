"""What the figures are called that regimes compute and agencies state."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Figure(NamedTuple):
    """What a figure is called, and in which paper's fact it stands where nobody computes it.

    Its unit is `flag` where it says yes or no, `word` where it is one of the words for values.
    """

    label_zh: str
    label_en: str
    message: str = ""
    fact: str = ""
    unit: str = ""


FIGURES: Mapping[str, Figure] = {
    name: Figure(**row)
    for name, row in tomllib.loads(
        Path(__file__).with_name("amounts.toml").read_text(encoding="utf-8")
    ).items()
}
"""Figures that are called alike in every regime."""
