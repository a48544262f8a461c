"""The voice of the command line: its words stand in cli.csv, in two languages."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def _catalogue() -> Mapping[str, Mapping[str, str]]:
    with Path(__file__).with_name("cli.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


class Voice:
    """Speaks to the person at the terminal, in one of two languages."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def words(self, key: str, /, **values: object) -> str:
        """The words of a key in the chosen language."""
        return _catalogue()[key][self.lang].format_map(values)

    def say(self, key: str, /, **values: object) -> None:
        """Prints the words of a key."""
        print(self.words(key, **values))

    def put(self, text: str) -> None:
        """Prints what has its words already."""
        print(text)

    def complain(self, key: str, /, **values: object) -> None:
        """Prints the words of a key where errors go."""
        print(self.words(key, **values), file=sys.stderr)

    def progress(self, key: str, /, **values: object) -> None:
        """Shows how far something is, over what stood there before; only to a person."""
        if sys.stderr.isatty():
            print(f"\r{self.words(key, **values)}", end=" ", file=sys.stderr, flush=True)
