"""Tax records of services at the simulated tax office: numbered, and counted down by payments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from zlib import crc32

from adapters.stubs.accounts import UNITS, Item, Move, Paper

Facts = Mapping[str, Any]
_ONLY = "1"
"""A record has one item: its money."""


def number(facts: Facts, seq: int, day: str) -> dict[str, str]:
    """The record's number and verification code: the same for all payments made under it."""
    whole = "|".join(facts.get(name, "") for name in ("payerCode", "contractNo", "recordFor"))
    sign = f"{crc32(whole.encode()):010d}"
    return {"taxRecordNo": f"TR{day[:4]}{sign}", "verificationCode": sign[-6:]}


def _record(facts: Facts) -> Paper:
    """Opens the record for what it is to cover, and takes what is paid under it."""
    amount = _units(facts["amount"])
    items = [Item(_ONLY, _ONLY, _units(facts["recordAmount"]))]
    return Paper(facts["taxRecordNo"], items, [Move(_ONLY, -amount)], tells="remaining")


def _units(text: str) -> int:
    return int(Decimal(text) * UNITS)


ACCOUNTING: dict[str, Callable[[Facts], Paper]] = {"record": _record}
