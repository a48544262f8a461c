"""Who trades, and in what: invented parties and people, real goods of the tariff."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from schemas import codes

_HERE = Path(__file__).parent
_FIRST_BIRTHDAY = date(1950, 1, 1)
_BIRTHDAYS = 20_000
_CHECK = "10X98765432"
_WEIGHTS = tuple(pow(2, 17 - at, 11) for at in range(17))


class Goods(NamedTuple):
    """Something that people buy abroad, with its place in account book and tariff."""

    book_no: str
    gcode: str
    name: str
    model: str
    unit: str
    unit1: str
    unit2: str
    country: str
    kilograms: Decimal
    litres: Decimal | None
    price_from: int
    price_to: int

    def quantity(self, unit: str, pieces: int) -> str:
        """How much `pieces` of it are in a statutory unit."""
        if unit == "035":
            return f"{self.kilograms * pieces:f}"
        if unit == "095" and self.litres is not None:
            return f"{self.litres * pieces:f}"
        return str(pieces)


@cache
def parties() -> dict[str, Any]:
    """The invented enterprises, people and addresses."""
    return tomllib.loads((_HERE / "parties.toml").read_text("utf-8"))


@cache
def goods() -> Sequence[Goods]:
    """What is bought; statutory units come from the tariff."""
    tariff = codes.tariff()
    with (_HERE / "goods.csv").open(encoding="utf-8", newline="") as file:
        return [
            Goods(
                book_no=str(at),
                gcode=row["gcode"],
                name=row["name"],
                model=row["model"],
                unit=row["unit"],
                unit1=tariff[row["gcode"]].unit1,
                unit2=tariff[row["gcode"]].unit2,
                country=row["country"],
                kilograms=Decimal(row["kilograms"]),
                litres=Decimal(row["litres"]) if row["litres"] else None,
                price_from=int(row["price_from"]),
                price_to=int(row["price_to"]),
            )
            for at, row in enumerate(csv.DictReader(file), 1)
        ]


def id_number(number: int, tag: int) -> str:
    """An identity number with a right check digit, of a region (10) that does not exist."""
    birthday = _FIRST_BIRTHDAY + timedelta(days=number % _BIRTHDAYS)
    serial = number // _BIRTHDAYS % 1000
    body = f"10{tag % 10_000:04d}{birthday:%Y%m%d}{serial:03d}"
    return body + _CHECK[sum(int(c) * w for c, w in zip(body, _WEIGHTS, strict=True)) % 11]
