"""The words on pages: one catalogue, two languages, and which of the two a reader wants.

A regime may have a `words.csv` of its own (key, zh, en), for what the catalogue has no words for or
only words that do not fit: `ledger.paid`, or `stand.accepted` for all its messages and
`OutboundPaymentMessage:stand.accepted` for one of them. `own` finds them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, cast

from flask import Request
from markupsafe import Markup, escape

from single_window import regimes

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
COOKIE = "lang"


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """The text of every key in every language; those of a regime stand under its name."""
    found = _read(Path(__file__).with_name("words.csv"))
    for name, regime in regimes.all().items():
        if (path := regime.folder / "words.csv").exists():
            found |= {f"{name}:{key}": row for key, row in _read(path).items()}
    return found


def _read(path: Path) -> dict[str, Mapping[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


def own(message: str, key: str) -> str:
    """The key under which a regime of this message words it itself; else the key as it is."""
    for regime in regimes.owners(message):
        for name in (f"{regime.name}:{message}:{key}", f"{regime.name}:{key}"):
            if name in catalogue():
                return name
    return key


def text(language: Language, key: str, **values: object) -> Markup:
    """The words of a key, with values put in; a key that is not listed is a KeyError.

    The words are trusted and may hold markup, the values are escaped.
    """
    filled = {name: escape(value) for name, value in values.items()}
    return Markup(catalogue()[key][language]).format_map(filled)  # noqa: S704 - our own table


def wanted(request: Request) -> Language:
    """The reader's language: chosen now, chosen before, what the browser asks for, else Chinese."""
    for choice in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if choice in LANGUAGES:
            return choice
    best = request.accept_languages.best_match(LANGUAGES, default="zh")
    return cast(Language, best)
