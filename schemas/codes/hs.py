"""The customs tariff: what a commodity code is charged, as far as it is known."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).with_name("hs.csv")


class Tariff(NamedTuple):
    """One commodity code. A rate is a share of one (0.13), and None where it is not known.

    Consumption tax is `ct_rate` of the value and `ct_fixed` yuan per `ct_unit` (the quantity
    first divided by `ct_div` where there is one). With a floor it is only due when the dutiable
    value of one `ct_floor_unit` reaches `ct_floor` yuan. `ct_rate` None means that the table
    cannot tell; the texts then say what it is about.
    """

    hs: str
    name_zh: str
    name_en: str
    unit1: str
    unit2: str
    mfn_rate: Decimal | None
    provisional_rate: Decimal | None
    vat_rate: Decimal | None
    ct_rate: Decimal | None
    ct_fixed: Decimal | None
    ct_unit: str
    ct_div: Decimal | None
    ct_floor: Decimal | None
    ct_floor_unit: str
    ct_text_zh: str
    ct_text_en: str
    source: str
    certainty: str
    remark: str


@cache
def tariff() -> Mapping[str, Tariff]:
    """The tariff by ten-digit commodity code, read once."""
    rates: dict[str, Decimal | None] = {"": None}

    def rate(text: str) -> Decimal | None:
        if text not in rates:
            rates[text] = Decimal(text)
        return rates[text]

    found = {}
    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        # The order of the columns is the file's; a test holds it against the header.
        for code, zh, en, _, _, source, certainty, unit1, unit2, *rest in rows:
            mfn, provisional, vat, ct, fixed, unit, div, floor, floor_unit, *words, remark = rest
            found[code] = Tariff(
                code, zh, en, unit1, unit2, rate(mfn), rate(provisional), rate(vat), rate(ct),
                rate(fixed), unit, rate(div), rate(floor), floor_unit, words[0], words[1],
                source, certainty, remark,
            )  # fmt: skip
    return found
