"""Whether the papers of one export say the same (EXP-9610-05, EXP-B2B-01)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from single_window.domain import matching
from single_window.domain.conditions import day_of, number
from single_window.domain.findings import Finding
from single_window.domain.matching import Same, both, line_key, same_number, same_text, total
from single_window.domain.money import to_fen
from single_window.domain.regime import Agreed, Facts, Labels, Match, Papers
from single_window.regimes.ecommerce_export import declared
from single_window.regimes.ecommerce_export.terms import (
    BETWEEN_FIRMS,
    DECLARATION,
    INVENTORY,
    ORDER,
    ORDER_TYPES,
    RECEIPT,
    WAYBILL,
    last_checked,
    on,
    plain,
)

CODES = frozenset(
    {
        "EXP-9610-05",
        "EXP-9610-05-SUM",
        "EXP-9610-05-CHARGE",
        "EXP-9610-05-LINES",
        "EXP-9610-05-TYPE",
        "EXP-9610-05-MISSING",
        "EXP-9610-05-EXPIRED",
        "EXP-B2B-01",
    }
)
LEADS = (INVENTORY, DECLARATION)
"""What leads the papers of a trade: its inventory, or its goods declaration (9710, 9810)."""
NEEDED: Mapping[str, tuple[str, ...]] = {INVENTORY: (ORDER, WAYBILL), DECLARATION: (ORDER,)}
_KEY = {WAYBILL: ("logisticsCode", "logisticsNo")}
_ORDER_KEY = ("ebcCode", "orderNo")

Numbered = tuple[int, Mapping[str, str]]
"""A line with its place among the lines."""


class Pair(NamedTuple):
    """Two fields that must say the same; `paper` is the one whose field a finding points at."""

    paper: str
    path: str
    other: str
    other_path: str
    optional: bool = False


_HEAD = "InventoryHead"
PAIRS: tuple[Pair, ...] = (
    *(Pair(RECEIPT, n, ORDER, f"OrderHead/{n}") for n in ("ebcCode", "orderNo", "ebpCode")),
    Pair(RECEIPT, "currency", ORDER, "OrderHead/currency"),
    *(Pair(INVENTORY, f"{_HEAD}/{n}", ORDER, f"OrderHead/{n}")
      for n in ("ebcCode", "orderNo", "ebpCode")),
    *(Pair(INVENTORY, f"{_HEAD}/{n}", WAYBILL, n) for n in ("logisticsCode", "logisticsNo")),
    Pair(INVENTORY, f"{_HEAD}/ebcCode", WAYBILL, "ebcCode", optional=True),
)  # fmt: skip

# Fields of the same line in inventory and order; what one of them leaves out is not compared.
LINE_PAIRS: tuple[tuple[str, str, Same], ...] = (
    ("itemNo", "itemNo", same_text),
    ("itemName", "itemName", same_text),
    ("qty", "qty", same_number),
    ("unit", "unit", same_text),
    ("currency", "currency", same_text),
    ("totalPrice", "totalPrice", same_number),
)


_COMPARED = tuple(
    (pair, pair.paper, pair.other, pair.path.rpartition("/")[2], pair.other_path.rpartition("/")[2])
    for pair in PAIRS
)
AGREED: tuple[Agreed, ...] = (
    *(Agreed(*pair[:4], "EXP-9610-05") for pair in PAIRS),
    Agreed(RECEIPT, "charge", ORDER, "OrderHead/goodsValue", "EXP-9610-05-CHARGE"),
    *(
        Agreed(lead, f"{group}/{own}", ORDER, f"OrderList/{other}", "EXP-9610-05-LINES")
        for lead, group in ((INVENTORY, "InventoryList"), (DECLARATION, declared.LINES))
        for own, other, _ in LINE_PAIRS
    ),
    *(
        Agreed(DECLARATION, f"{declared.HEAD}/{name}", ORDER, f"OrderHead/{name}", "EXP-B2B-01")
        for name in ("ebcCode", "orderNo")
    ),
)
"""What a page shows side by side, and the rule that asks for it."""


def lead_of(papers: Papers) -> str | None:
    """The paper that leads these; None where neither is there."""
    return next((name for name in LEADS if name in papers), None)


def match(papers: Papers, labels: Labels) -> Match:
    """What is missing, and where the papers that are there disagree."""
    lead = lead_of(papers)
    missing = tuple(n for n in _needed(lead, papers) if n not in papers)
    found: list[Finding] = []
    for pair, name, other, leaf, other_leaf in _COMPARED:
        one, two = papers.get(name), papers.get(other)
        if one is not None and two is not None and one.get(leaf) != two.get(other_leaf):
            found += _compared(pair, one, two, labels)
    order, receipt = papers.get(ORDER), papers.get(RECEIPT)
    if order is not None and lead is not None:
        found += _type(lead, papers[lead], order, labels)
    if order is not None and receipt is not None:
        found += _charge(receipt, order, labels)
    if order is not None and lead is not None:
        found += _lines(lead, papers[lead], order, labels)
    return Match(missing, tuple(found))


def _needed(lead: str | None, papers: Papers) -> tuple[str, ...]:
    """The papers that a lead asks for; a retail export's receipt only before 2024-12-15."""
    if lead is None:
        return ()
    facts = papers[lead]
    retail = lead == INVENTORY and facts.get("tradeMode") not in BETWEEN_FIRMS
    if retail and _asks_for_receipt(str(facts.get("appTime", ""))[:8]):
        return (*NEEDED[lead], RECEIPT)
    return NEEDED[lead]


@lru_cache(maxsize=1024)
def _asks_for_receipt(day: str) -> bool:
    return bool(on(day_of(day) or last_checked())["receipt_needed"])


def _compared(pair: Pair, one: Facts, two: Facts, labels: Labels) -> list[Finding]:
    value, expected = one.get(_leaf(pair.path)), two.get(_leaf(pair.other_path))
    if value is None or expected is None or same_text(value, expected):
        return []
    if pair.optional and not (value and expected):
        return []
    sides = both(labels, pair.paper, pair.other, pair.other_path)
    return [Finding("rule", "EXP-9610-05", "hold", pair.path, value, expected, sides)]


def _leaf(path: str) -> str:
    return path.rpartition("/")[2]


def _type(lead: str, facts: Facts, order: Facts, labels: Labels) -> list[Finding]:
    """A trade order for 9710, a booking for 9810, a consumer's order for the rest."""
    mode, told = str(facts.get("tradeMode", "")), order.get("orderType")
    wanted = ORDER_TYPES.get(mode)
    if told is None or wanted is None or told == wanted:
        return []
    firms = mode in BETWEEN_FIRMS
    code, severity = ("EXP-B2B-01", "reject") if firms else ("EXP-9610-05-TYPE", "hold")
    path = f"{_HEAD}/tradeMode" if lead == INVENTORY else f"{declared.HEAD}/TradeMode"
    sides = (*both(labels, lead, ORDER, "OrderHead/orderType"), ("told", told))
    return [Finding("rule", code, severity, path, mode, wanted, sides)]  # type: ignore[arg-type]


def _charge(receipt: Facts, order: Facts, labels: Labels) -> list[Finding]:
    """What was received is the order's value, with or without the freight that it charges."""
    received = number(receipt.get("charge", ""))
    value, freight = number(order.get("goodsValue", "")), number(order.get("freight") or "0")
    if received is None or value is None or freight is None:
        return []
    if to_fen(received) in {to_fen(value), to_fen(value + freight)}:
        return []
    sides = both(labels, RECEIPT, ORDER, "OrderHead/goodsValue")
    told, wanted = receipt["charge"], plain(value)
    return [Finding("rule", "EXP-9610-05-CHARGE", "hold", "charge", told, wanted, sides)]


def _place(lead: str, at: int, name: str) -> str:
    """Where a field of a line stands in the paper that leads."""
    if lead == DECLARATION:
        return f"{declared.LINES}[{at}]/{declared.NAMES.get(name, name)}"
    return f"InventoryList[{at}]/{name}"


def _lines(lead: str, facts: Facts, order: Facts, labels: Labels) -> Iterator[Finding]:
    """Lines go one to one by number, agree in goods, quantity and price, and make up the order."""
    mine: Sequence[Mapping[str, str]] = facts.get("lines", ())
    others: Sequence[Mapping[str, str]] = order.get("lines", ())
    if not mine or not others:
        return
    summed = total(line.get("totalPrice") for line in mine)
    stated = number(order.get("goodsValue", ""))
    if summed is not None and stated is not None and to_fen(summed) != to_fen(stated):
        sides = both(labels, lead, ORDER, "OrderHead/goodsValue")
        path = _place(lead, 1, "totalPrice")
        yield Finding("rule", "EXP-9610-05-SUM", "hold", path, plain(summed), plain(stated), sides)
    if _alike(mine, others):
        return
    theirs = {line_key(line): (at, line) for at, line in enumerate(others, 1)}
    keys = [line_key(line) for line in mine]
    if set(keys) != set(theirs):
        sides = both(labels, lead, ORDER, "OrderList/gnum")
        told, wanted = ", ".join(keys), ", ".join(theirs)
        path = _place(lead, 1, "gnum")
        yield Finding("rule", "EXP-9610-05-LINES", "hold", path, told, wanted, sides)
    for at, line in enumerate(mine, 1):
        if there := theirs.get(keys[at - 1]):
            yield from _line(lead, (at, line), there, labels)


def _alike(mine: Sequence[Mapping[str, str]], others: Sequence[Mapping[str, str]]) -> bool:
    """Whether both say the same to the letter, as nearly all do: then nothing need be weighed."""
    return len(mine) == len(others) and all(
        [line.get(name) == there.get(name) for name in _IN_LINES] == _ALL_ALIKE
        for line, there in zip(mine, others, strict=True)
    )


_IN_LINES = ("gnum", *(name for name, other, _ in LINE_PAIRS if name == other))
_ALL_ALIKE = [True] * len(_IN_LINES)


def _line(lead: str, mine: Numbered, theirs: Numbered, labels: Labels) -> Iterator[Finding]:
    (at, line), (there_at, there) = mine, theirs
    for name, other_name, same in LINE_PAIRS:
        value, expected = line.get(name), there.get(other_name)
        if not value or not expected or same(value, expected):
            continue
        sides = both(labels, lead, ORDER, f"OrderList[{there_at}]/{other_name}")
        yield Finding("rule", "EXP-9610-05", "hold", _place(lead, at, name), value, expected, sides)


_ATTACHED = "EdocRealation[1]/EdocID"
"""Where a goods declaration, which has no statistics flag, names its order."""


def missing(names: Sequence[str], facts: Facts, labels: Labels, expired: bool) -> list[Finding]:
    """One finding for each missing paper: a warning while it may still come, else a refusal."""
    awaited = []
    for name in names:
        key = _KEY.get(name, _ORDER_KEY)
        number_of = " / ".join(str(facts.get(part, "")) for part in key)
        path = f"{_HEAD}/{key[1]}" if "statisticsFlag" in facts else _ATTACHED
        awaited.append((name, path, str(facts.get(key[1], "")), number_of))
    return [*matching.missing(awaited, labels, "EXP-9610-05", expired=expired)]
