"""The cross-check of an offshore deal (离岸转手买卖): orders, goods and money side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from single_window.domain.conditions import number
from single_window.domain.money import ZERO
from single_window.domain.reports import Report, Row, Section, Tied, Words
from single_window.regimes.service_trade.dealing import HOME
from single_window.regimes.service_trade.filed import BOUGHT, SOLD
from single_window.regimes.service_trade.saying import say
from single_window.regimes.service_trade.terms import DEAL, PAYMENT, RECEIPT, plain

Facts = Mapping[str, Any]

_SIDES = (say("purchase"), say("sale"))
_WITH_BILL = (say("purchase"), say("bill"), say("sale"))
_ORDER = (
    ("contractNo", ""),
    ("contractDate", ""),
    ("partyName", "RISK-O-02"),
    ("country", "OFF-01-RESIDENT"),
    ("currency", "OFF-03-CURRENCY"),
    ("bank", "OFF-03"),
    ("invoiceNo", ""),
    ("plannedDate", ""),
)
_ALIKE = ("currency", "bank")
_UNLIKE = ("partyName",)
_GOODS = (("name", True), ("qty", True), ("unit", True), ("price", False), ("amount", False))


def report(message: str, facts: Facts, amounts: Facts, others: Sequence[Tied]) -> Report | None:
    """What the three flows of a deal say of each other; None of any other paper."""
    if message != DEAL:
        return None
    sections = (_orders(facts), _goods(facts), _shipped(facts), _money(facts, amounts, others))
    return Report(say("title"), _verdict(facts, amounts, sections), sections)


def _orders(facts: Facts) -> Section:
    return Section(
        say("orders"),
        _SIDES,
        tuple(_told(facts, name, code) for name, code in _ORDER),
    )


def _told(facts: Facts, name: str, code: str) -> Row:
    sides = (_side(facts, BOUGHT, name), _side(facts, SOLD, name))
    agrees: bool | None = None
    if name in _ALIKE:
        agrees = _alike(*sides)
    elif name in _UNLIKE:
        related = all(_side(facts, leg, "relatedParty") == "1" for leg in (BOUGHT, SOLD))
        agrees = not _alike(*sides) and not related
    elif name == "country":
        agrees = HOME not in sides
    shown = tuple(map(_dated, sides)) if name.endswith("Date") else sides
    return Row(say(name), shown, agrees, _if(agrees, code))


def _goods(facts: Facts) -> Section:
    """Line by line; what only one side has stands beside nothing."""
    lines = [
        {str(line.get("gnum", "")): line for line in _lines(facts, leg)} for leg in (BOUGHT, SOLD)
    ]
    rows = []
    for gnum in dict.fromkeys([*lines[0], *lines[1]]):
        for name, same in _GOODS:
            sides = tuple(str(of.get(gnum, {}).get(name, "")) for of in lines)
            agrees = _equal(*sides) if same else None
            rows.append(Row(say(name, gnum=gnum), sides, agrees, _if(agrees, "OFF-04")))
    return Section(say("goods"), _SIDES, tuple(rows))


def _shipped(facts: Facts) -> Section:
    """What the bill of lading says, between where the goods are bought and where they go."""

    def told(name: str) -> str:
        return str(facts.get(name, ""))

    ship = " / ".join(each for each in (told("vessel"), told("voyage")) if each)
    countries = (told("loadingCountry"), told("dischargeCountry"))
    signed = [_side(facts, leg, "contractDate") for leg in (BOUGHT, SOLD)]
    shipped, papered = told("shippedDate"), bool(told("blNo").strip())
    in_order = all(day <= shipped for day in signed if day) if shipped else None
    abroad = HOME not in countries
    rows = (
        Row(say("blNo"), ("", told("blNo"), ""), papered, _if(papered, "OFF-02")),
        Row(say("carrier"), ("", told("carrier"), "")),
        Row(say("vessel"), ("", ship, "")),
        Row(say("ports"), ("", _way(told("loadingPort"), told("dischargePort")), "")),
        Row(
            say("countries"),
            (_side(facts, BOUGHT, "country"), _way(*countries), _side(facts, SOLD, "country")),
            abroad,
            _if(abroad, "OFF-01-ENTERS"),
        ),
        Row(
            say("days"),
            (_dated(signed[0]), _dated(shipped), _dated(signed[1])),
            in_order,
            _if(in_order, "SVC-DEAL-DATES"),
        ),
        Row(say("holder"), ("", told("holder"), "")),
    )
    return Section(say("shipped"), _WITH_BILL, rows)


def _money(facts: Facts, amounts: Facts, others: Sequence[Tied]) -> Section:
    """What was agreed, what was moved so far, paper by paper, and what is left."""
    moved = [_moved(others, PAYMENT), _moved(others, RECEIPT)]
    sums = [sum((amount for _, amount, _ in side), ZERO) for side in moved]
    legs = [number(_side(facts, leg, "amount")) or ZERO for leg in (BOUGHT, SOLD)]
    rows = [
        Row(say("agreed"), tuple(map(plain, legs))),
        Row(say("moved"), tuple(map(plain, sums)), _within(sums, legs),
            _if(_within(sums, legs), "SVC-DEAL-REST")),
        Row(say("left"), tuple(plain(a - b) for a, b in zip(legs, sums, strict=True))),
    ]  # fmt: skip
    for at, sides in enumerate(zip_longest(*moved), 1):
        told = tuple(_each(side) for side in sides)
        rows.append(Row(say("each", at=f"{at}"), told))
    if "margin" in amounts:
        rows.append(Row(say("margin"), ("", f"{amounts['margin']} {amounts.get('currency', '')}")))
    return Section(say("money"), _SIDES, tuple(rows))


Moved = tuple[str, Decimal, str]


def _moved(others: Sequence[Tied], message: str) -> list[Moved]:
    """Number, amount and day of each payment or receipt of the deal, refunds left out."""
    names = ("paymentNo", "paymentDate") if message == PAYMENT else ("receiptNo", "receivedDate")
    return [
        (str(each.facts.get(names[0], "")), number(str(each.facts.get("amount", ""))) or ZERO,
         str(each.facts.get(names[1], "")))
        for each in others
        if each.message == message and not each.facts.get("refundOf")
    ]  # fmt: skip


def _each(side: Moved | None) -> str:
    return f"{side[0]}: {plain(side[1])}, {_dated(side[2])}" if side else ""


def _within(sums: Iterable[Decimal], legs: Iterable[Decimal]) -> bool | None:
    pairs = [*zip(sums, legs, strict=True)]
    if not any(moved for moved, _ in pairs):
        return None
    return all(moved <= whole for moved, whole in pairs)


def _verdict(facts: Facts, amounts: Facts, sections: Iterable[Section]) -> Words:
    """One line: whether the three flows agree, in what they do not, and what the deal earns."""
    wrong = [row for part in sections for row in part.rows if row.agrees is False]
    if wrong:
        zh, en = "、".join(_names(wrong, 0)), ", ".join(_names(wrong, 1))
        return say("differs", zh=zh, en=en)
    margin = amounts.get("margin")
    if margin is None:
        return say("agrees")
    return say("agrees_margin", margin=f"{margin} {amounts.get('currency', '')}".strip())


def _names(rows: Iterable[Row], language: int) -> Iterator[str]:
    yield from dict.fromkeys(row.label[language] for row in rows)


def _side(facts: Facts, leg: str, name: str) -> str:
    return str(facts.get(f"{leg}_{name}", ""))


def _lines(facts: Facts, leg: str) -> Sequence[Mapping[str, str]]:
    found: Sequence[Mapping[str, str]] = facts.get(f"{leg}_goods", ())
    return found


def _alike(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()


def _equal(one: str, other: str) -> bool:
    """Alike as words, or as numbers: 25 and 25.0 are the same quantity."""
    first, second = (number(text) if text else None for text in (one, other))
    if first is not None and second is not None:
        return first == second
    return _alike(one, other)


def _if(agrees: bool | None, code: str) -> str:
    return code if agrees is False else ""


def _way(first: str, last: str) -> str:
    return f"{first} → {last}" if first or last else ""


def _dated(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdecimal() else text
