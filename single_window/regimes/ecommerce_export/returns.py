"""Exports that come back: within which time, in which state, and how much of them (RET-EXP)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from single_window.domain.conditions import number
from single_window.domain.findings import Finding
from single_window.domain.money import ZERO
from single_window.regimes.ecommerce_export.terms import (
    DIRECT,
    OVERSEAS,
    RETAIL,
    ZONE,
    finding,
    known,
    months_after,
    on,
    plain,
)

CODES = frozenset(
    {
        "RET-EXP-01",
        "RET-EXP-02",
        "RET-EXP-03",
        "RET-EXP-03-STATED",
        "RET-EXP-04",
        "RET-EXP-05",
        "EXP-9610-10",
        "EXP-REF-01",
        "CBEX-RETURN-LATE",
        "CBEX-RETURN-GOODS",
        "CBEX-RETURN-QTY",
        "CBEX-CANCEL-STATE",
    }
)
RELIEVED = frozenset({RETAIL, ZONE, DIRECT, OVERSEAS})
_LINES = "InvtRefundList"


@dataclass(frozen=True, slots=True)
class Returned:
    """Goods that come back. `left` is when goods of 1210 left their zone, None where not known."""

    mode: str
    exported: date
    back: date
    left: date | None = None
    food: bool = False
    original: bool = True
    refunded: bool = False
    repaid: bool = False


def relieved(goods: Returned) -> list[Finding]:
    """Whether returned goods come in free of tax (RET-EXP-01..05); a hold waits for a paper.

    `warn` says that they are let in and taxed as an import: nothing is refused.
    """
    if goods.mode not in RELIEVED:
        return _other(goods)
    found = _within_six_months(goods)
    if goods.food or not on(goods.exported)["return_relief"]:
        found.append(_taxed("RET-EXP-01", goods.exported.isoformat()))
    if not goods.original:
        found.append(_taxed("RET-EXP-04"))
    if not found and goods.refunded and not goods.repaid:
        found.append(finding("RET-EXP-03", "hold", "InvtRefundHead/invtNo"))
    return found


def certificate(note: str, words: Iterable[str]) -> str:
    """The number of the certificate (出口货物已补税/未退税证明) that a note states.

    The national return has no field for it, so it stands in the note behind one of the `words` that
    name it (RET-EXP-03); "" where none is stated.
    """
    named = "|".join(map(re.escape, words))
    found = re.search(rf"(?:{named})[^0-9A-Za-z]{{0,12}}([0-9A-Za-z-]{{6,40}})", note)
    return found[1] if found else ""


def _taxed(code: str, value: str = "", expected: str = "") -> Finding:
    return finding(code, "warn", "InvtRefundHead/invtNo", value, expected=expected)


def _within_six_months(goods: Returned) -> list[Finding]:
    """The six months of 1210 begin when the goods leave the zone for abroad (RET-EXP-02)."""
    months = int(on(goods.exported)["return_months"])
    start = (goods.left or goods.exported) if goods.mode == ZONE else goods.exported
    last = months_after(start, months)
    if goods.back <= last:
        return []
    if goods.mode == ZONE and goods.left is None:
        return [finding("RET-EXP-02", "hold", "InvtRefundHead/invtNo", goods.back.isoformat())]
    return [_taxed("RET-EXP-01", goods.back.isoformat(), last.isoformat())]


def _other(goods: Returned) -> list[Finding]:
    """Exports of general trade are free for a year, in original state (RET-EXP-05)."""
    last = months_after(goods.exported, int(on(goods.exported)["other_return_months"]))
    if goods.back <= last and goods.original:
        return []
    return [_taxed("RET-EXP-05", goods.back.isoformat(), last.isoformat())]


def may_be_asked(*, released: date, asked: date) -> list[Finding]:
    """A return is asked for within a year of release; what comes in later is refused."""
    last = months_after(released, int(on(released)["return_application_months"]))
    if asked <= last:
        return []
    path = "InvtRefundHead/appTime"
    return [
        finding("CBEX-RETURN-LATE", "reject", path, asked.isoformat(), expected=last.isoformat())
    ]


def back_at(*, mode: str, day: date, same_region: bool, site: bool | None) -> list[Finding]:
    """Where exports of 9610 may come back: since 2026-03 anywhere that does 9610 (EXP-9610-10).

    `site` is whether the place does 9610, None where no register tells.
    """
    if mode != RETAIL or same_region:
        return []
    if on(day)["return_elsewhere"] and site is not False:
        return []
    return [finding("EXP-9610-10", "reject", "InvtRefundHead/customsCode")]


def refund_in_time(*, exported: date, claimed: date) -> list[Finding]:
    """A refund is claimed within 36 months of the export, since 2026 (EXP-REF-01)."""
    months = known(on(claimed), "refund_claim_months")
    if months is None or claimed <= (last := months_after(exported, int(months))):
        return []
    return [finding("EXP-REF-01", "reject", "", claimed.isoformat(), expected=last.isoformat())]


def may_cancel(verdict: str) -> list[Finding]:
    """An inventory is cancelled before its release only; `verdict` is customs' word on it."""
    if verdict not in {"released", "rejected", "closed"}:
        return []
    return [finding("CBEX-CANCEL-STATE", "reject", "invtNo", verdict)]


QUANTITIES = ("qty", "qty1", "qty2")
_SAME = (("gcode", "gcode"), ("unit", "unit"), ("unit1", "unit1"), ("unit2", "unit2"))

Line = Mapping[str, str]


def not_above_export(
    back: Sequence[Line], exported: Sequence[Line], before: Iterable[Line] = ()
) -> list[Finding]:
    """Lines of a return against the inventory: the same goods, and no more than went out.

    `before` are the lines of returns that were taken earlier.
    """
    originals = {line.get("gnum", ""): line for line in exported}
    gone: dict[tuple[str, str], Decimal] = {}
    for line in before:
        _add(gone, line)
    found: list[Finding] = []
    for at, line in enumerate(back, 1):
        original = originals.get(line.get("gnum", ""))
        if original is None:
            path = f"{_LINES}[{at}]/gnum"
            found.append(finding("CBEX-RETURN-GOODS", "reject", path, line.get("gnum", "")))
            continue
        found += _other_goods(at, line, original)
        _add(gone, line)
        found += _too_much(at, line, original, gone)
    return found


def _add(gone: dict[tuple[str, str], Decimal], line: Line) -> None:
    for name in QUANTITIES:
        key = line.get("gnum", ""), name
        gone[key] = gone.get(key, ZERO) + (number(line.get(name) or "0") or ZERO)


def _other_goods(at: int, line: Line, original: Line) -> Iterable[Finding]:
    for name, other in _SAME:
        value, expected = line.get(name, ""), original.get(other, "")
        if value != expected:
            path = f"{_LINES}[{at}]/{name}"
            yield finding("CBEX-RETURN-GOODS", "reject", path, value, expected=expected)


def _too_much(
    at: int, line: Line, original: Line, gone: Mapping[tuple[str, str], Decimal]
) -> Iterable[Finding]:
    for name in QUANTITIES:
        total = gone[line.get("gnum", ""), name]
        most = number(original.get(name) or "0") or ZERO
        if total > most:
            path = f"{_LINES}[{at}]/{name}"
            yield finding("CBEX-RETURN-QTY", "reject", path, plain(total), expected=plain(most))
