"""What suggestions and the comparison of a deal say, read from `said.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path

with Path(__file__).with_name("said.toml").open("rb") as _file:
    _SAID = tomllib.load(_file)


def say(key: str, **values: str) -> tuple[str, str]:
    """The words of a key, in Chinese and in English; KeyError where there are none."""
    row = _SAID[key]
    return row["zh"].format_map(values), row["en"].format_map(values)
