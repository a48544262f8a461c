"""What a retail import pays: lines, limits, treatment, taxes; one way for records and for cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import add
from typing import NamedTuple

from single_window.domain.findings import Finding
from single_window.domain.money import ZERO, split, to_fen
from single_window.domain.parameters import InForce
from single_window.domain.rules import Amounts, TariffRow
from single_window.domain.taxes import ONE, Taxes, levy

WITHIN = "70pct"
FULL = "full"
REFUSED = "refused"

_NOTHING = to_fen(ZERO)


@dataclass(frozen=True, slots=True)
class Terms:
    """The limits and shares of one day."""

    single_limit: Decimal
    year_limit: Decimal
    general_trade_above: bool
    duty_within: Decimal
    share_within: Decimal
    line_tolerance: Decimal

    @classmethod
    def of(cls, values: InForce) -> Terms:
        """Read from the parameters in force."""
        return cls(
            single_limit=values["single_limit"],
            year_limit=values["year_limit"],
            general_trade_above=values["over_limit"] == "general_trade",
            duty_within=values["duty_within"],
            share_within=values["share_within"],
            line_tolerance=values["line_tolerance"],
        )


class Rates(NamedTuple):
    """What a line is charged; `specific` is the fixed part of consumption tax in CNY."""

    duty: Decimal | None
    vat: Decimal
    ct: Decimal
    specific: Decimal = ZERO


class Line(NamedTuple):
    """One line of goods: its number, code, how many, and its price in all, to the fen."""

    gnum: str
    hs: str
    quantity: Decimal
    value: Decimal


class Valued(NamedTuple):
    """The lines with their shares of freight and insurance."""

    lines: Sequence[Line]
    freight: Sequence[Decimal]
    insurance: Sequence[Decimal]
    dutiable: Sequence[Decimal]
    total: Decimal


def value(lines: Sequence[Line], freight: Decimal, insurance: Decimal) -> Valued:
    """The dutiable value of each line: price, and its share of freight and insurance."""
    prices = [line.value for line in lines]
    freights, insurances = _shares(freight, prices), _shares(insurance, prices)
    dutiable = [*map(add, map(add, prices, freights), insurances)]
    return Valued(lines, freights, insurances, dutiable, sum(dutiable, ZERO))


def _shares(total: Decimal, prices: Sequence[Decimal]) -> Sequence[Decimal]:
    return split(to_fen(total), prices) if total else (_NOTHING,) * len(prices)


def one_item(lines: Sequence[Line]) -> bool:
    """True when the order holds one indivisible item only (TAX-CBEC-04)."""
    return len(lines) == 1 and lines[0].quantity <= ONE


def over_year(total: Decimal, used: Decimal, terms: Terms) -> Finding | None:
    """The refusal where the year's limit does not hold the purchase (TAX-CBEC-02)."""
    if terms.general_trade_above or used + total <= terms.year_limit:
        return None
    return Finding(
        "rule",
        "TAX-CBEC-02",
        "reject",
        "InventoryHead/buyerIdNumber",
        expected=str(terms.year_limit),
        args=(("used", str(to_fen(used))), ("wanted", str(to_fen(total)))),
    )


def over_single(valued: Valued, terms: Terms) -> Finding | None:
    """The refusal where several items together exceed the single limit (TAX-CBEC-01)."""
    if valued.total <= terms.single_limit or terms.general_trade_above or one_item(valued.lines):
        return None
    return Finding(
        "rule",
        "TAX-CBEC-01",
        "reject",
        "InventoryList[1]/totalPrice",
        str(to_fen(valued.total)),
        str(terms.single_limit),
    )


def treatment(valued: Valued, used: Decimal, terms: Terms) -> str:
    """How the purchase is taxed: within the limits, in full, or not as a retail import at all."""
    if terms.general_trade_above:
        over = valued.total > terms.single_limit or used + valued.total > terms.year_limit
        return FULL if over else WITHIN
    if over_year(valued.total, used, terms) is not None:
        return REFUSED
    if valued.total <= terms.single_limit:
        return WITHIN
    return FULL if one_item(valued.lines) else REFUSED


def tax(valued: Valued, rates: Sequence[Rates], how: str, terms: Terms) -> list[Taxes]:
    """The taxes of each line; in full where `how` says so (every duty rate is then known)."""
    if how == WITHIN:
        duty, share = terms.duty_within, terms.share_within
        return [
            levy(base, duty=duty, ct=rate.ct, specific=rate.specific, vat=rate.vat, share=share)
            for base, rate in zip(valued.dutiable, rates, strict=True)
        ]
    return [
        levy(base, duty=rate.duty or ZERO, ct=rate.ct, specific=rate.specific, vat=rate.vat)
        for base, rate in zip(valued.dutiable, rates, strict=True)
    ]


def amounts(valued: Valued, rates: Sequence[Rates], how: str, terms: Terms) -> Amounts:
    """Everything computed, exact amounts to the fen, for keeping and showing."""
    taxes = tax(valued, rates, how, terms)
    lines = []
    duty = ct = vat = _NOTHING
    for line, freight, insurance, base, rate, due in zip(
        valued.lines, valued.freight, valued.insurance, valued.dutiable, rates, taxes, strict=True
    ):
        duty += due[0]
        ct += due[1]
        vat += due[2]
        lines.append(
            {
                "gnum": line[0],
                "hs": line[1],
                "value": line[3],
                "freight": freight,
                "insurance": insurance,
                "dutiable": base,
                "duty_rate": "" if rate[0] is None else rate[0],
                "vat_rate": rate[1],
                "ct_rate": rate[2],
                "ct_specific": rate[3],
                "duty": due[0],
                "ct": due[1],
                "vat": due[2],
            }
        )
    return {
        "dutiable": valued.total,
        "treatment": how,
        "duty": duty,
        "ct": ct,
        "vat": vat,
        "total": duty + ct + vat,
        "lines": lines,
    }


# Customs unit codes that measure the same thing, with what one of them is in the first unit. The
# law sets the floor of cosmetics per gram or millilitre alike, so a litre stands for a kilogram.
_COUNTED = ("020", "010", "011", "008", "007", "012")
_SAME: Mapping[str, Sequence[tuple[str, Decimal]]] = {
    "035": (
        ("035", ONE),
        ("036", Decimal("0.001")),
        ("095", ONE),
        ("096", Decimal("0.001")),
    ),
    "095": (("095", ONE), ("096", Decimal("0.001"))),
    **{unit: ((unit, ONE), *((u, ONE) for u in _COUNTED if u != unit)) for unit in _COUNTED},
}


def quantity_in(unit: str, line: Mapping[str, str]) -> Decimal | None:
    """How much of a unit an inventory line holds, from whichever of its quantities tells."""
    stated = {
        line.get("unit1", ""): line.get("qty1", ""),
        line.get("unit2", ""): line.get("qty2", ""),
        line.get("unit", ""): line.get("qty", ""),
    }
    for own, factor in _SAME.get(unit, ((unit, ONE),)):
        if stated.get(own):
            return Decimal(stated[own]) * factor
    return None


class Step(NamedTuple):
    """From this value of one unit on, consumption tax is this fixed amount per unit."""

    unit: str
    first: Decimal
    fixed: Decimal


@dataclass(frozen=True, slots=True)
class Tariffs:
    """Looks the rates of goods up: the tariff, and the steps that the tariff cannot carry.

    `plain` fills with the rates of goods for which nothing but their code counts.
    """

    rows: Mapping[str, TariffRow]
    steps: Mapping[str, Sequence[Step]]
    speaks: bool
    plain: dict[str, Rates]

    def rates(self, line: Line, base: Decimal, given: Mapping[str, str]) -> Rates | str:
        """The rates of a line, or the code of what is not known."""
        row = self.rows.get(line.hs)
        if row is None:
            return "CBEC-HS-UNKNOWN"
        if not self.speaks or row.vat_rate is None:
            return "CBEC-RATE-UNKNOWN"
        duty, vat = self._duty(row), row.vat_rate
        steps = self.steps.get(line.hs)
        if steps:
            return _stepped(duty, vat, steps, base, given)
        if row.ct_rate is None:
            return "CBEC-RATE-UNKNOWN"
        if not row.ct_fixed and not row.ct_floor:
            plain = self.plain[line.hs] = Rates(duty, vat, row.ct_rate)
            return plain
        return _conditional(duty, vat, row, base, given)

    @staticmethod
    def _duty(row: TariffRow) -> Decimal | None:
        """The provisional rate goes first where it is lower (GEN-DUTY-01)."""
        if row.provisional_rate is None or row.mfn_rate is None:
            return row.mfn_rate
        return min(row.provisional_rate, row.mfn_rate)


def _conditional(
    duty: Decimal | None, vat: Decimal, row: TariffRow, base: Decimal, given: Mapping[str, str]
) -> Rates | str:
    """Consumption tax with a floor per unit (GEN-CT-04), or with a fixed part (GEN-CT-02, -03)."""
    if row.ct_floor:
        measure = quantity_in(row.ct_floor_unit, given)
        if not measure:
            return "CBEC-UNIT-UNKNOWN"
        if base < row.ct_floor * measure:
            return Rates(duty, vat, ZERO)
    specific = ZERO
    if row.ct_fixed:
        measure = quantity_in(row.ct_unit, given)
        if not measure:
            return "CBEC-UNIT-UNKNOWN"
        specific = measure * row.ct_fixed / (row.ct_div or ONE)
    return Rates(duty, vat, row.ct_rate or ZERO, specific)


def _stepped(
    duty: Decimal | None,
    vat: Decimal,
    steps: Sequence[Step],
    base: Decimal,
    given: Mapping[str, str],
) -> Rates | str:
    measure = quantity_in(steps[0].unit, given)
    if not measure:
        return "CBEC-UNIT-UNKNOWN"
    fixed = [step.fixed for step in steps if base >= step.first * measure][-1]
    return Rates(duty, vat, ZERO, measure * fixed)
