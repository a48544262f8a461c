"""Whether the papers of one trade say the same (TAX-CBEC-12, TAX-CBEC-13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from single_window.domain import matching
from single_window.domain.conditions import number
from single_window.domain.findings import Finding, Severity
from single_window.domain.matching import Same, both, line_key, same_number, same_text, total
from single_window.domain.regime import Agreed, Facts, Labels, Match, Papers
from single_window.regimes.ecommerce_import.rules import INVENTORY, ORDER, PAYMENT, WAYBILL

NEEDED = (ORDER, PAYMENT, WAYBILL)
_ALL = frozenset(NEEDED)

CODES = frozenset(
    {
        "TAX-CBEC-12",
        "TAX-CBEC-13",
        "TAX-CBEC-13-SUM",
        "TAX-CBEC-13-LINES",
        "TAX-CBEC-13-MISSING",
        "TAX-CBEC-13-EXPIRED",
    }
)


def same_id(one: str, other: str) -> bool:
    """Equal but for the case of a check letter."""
    return one == other or one.strip().upper() == other.strip().upper()


class Pair(NamedTuple):
    """Two fields that must say the same; `paper` is the one whose field a finding points at."""

    paper: str
    path: str
    other: str
    other_path: str
    same: Same = same_text
    code: str = "TAX-CBEC-13"
    severity: Severity = "hold"
    optional: bool = False


def _heads(paper: str, group: str, other: str, other_group: str, *names: str) -> list[Pair]:
    return [Pair(paper, f"{group}/{n}", other, f"{other_group}/{n}") for n in names]


_PAYER: Severity = "reject"
PAIRS: tuple[Pair, ...] = (
    Pair(
        PAYMENT, "PaymentHead/payerName", ORDER, "OrderHead/buyerName",
        code="TAX-CBEC-12", severity=_PAYER,
    ),
    Pair(
        PAYMENT, "PaymentHead/payerIdNumber", ORDER, "OrderHead/buyerIdNumber",
        same_id, code="TAX-CBEC-12", severity=_PAYER,
    ),
    *_heads(PAYMENT, "PaymentHead", ORDER, "OrderHead", "orderNo", "ebpCode"),
    Pair(PAYMENT, "PaymentHead/amountPaid", ORDER, "OrderHead/acturalPaid", same_number),
    Pair(PAYMENT, "PaymentHead/payCode", ORDER, "OrderHead/payCode", optional=True),
    Pair(
        PAYMENT,
        "PaymentHead/payTransactionId",
        ORDER,
        "OrderHead/payTransactionId",
        optional=True,
    ),
    *_heads(
        WAYBILL, "LogisticsHead", ORDER, "OrderHead",
        "orderNo", "consignee", "consigneeTelephone", "consigneeAddress",
    ),
    *_heads(
        INVENTORY, "InventoryHead", ORDER, "OrderHead",
        "orderNo", "ebpCode", "ebcCode", "buyerName", "buyerIdType", "buyerTelephone",
    ),
    Pair(INVENTORY, "InventoryHead/buyerIdNumber", ORDER, "OrderHead/buyerIdNumber", same_id),
    *_heads(
        INVENTORY, "InventoryHead", WAYBILL, "LogisticsHead",
        "logisticsNo", "logisticsCode",
    ),
    Pair(INVENTORY, "InventoryHead/freight", WAYBILL, "LogisticsHead/freight", same_number),
    Pair(INVENTORY, "InventoryHead/insuredFee", WAYBILL, "LogisticsHead/insuredFee", same_number),
)  # fmt: skip

# (inventory field, order field) of the same line; what a line must share beyond its number.
LINE_PAIRS: tuple[tuple[str, str, Same], ...] = (
    ("gname", "itemName", same_text),
    ("qty", "qty", same_number),
    ("totalPrice", "totalPrice", same_number),
)


AGREED: tuple[Agreed, ...] = (
    *(Agreed(pair.paper, pair.path, pair.other, pair.other_path, pair.code) for pair in PAIRS),
    *(
        Agreed(INVENTORY, f"InventoryList/{ours}", ORDER, f"OrderList/{theirs}", "TAX-CBEC-13")
        for ours, theirs, _ in LINE_PAIRS
    ),
)
"""What is compared, for whoever shows papers side by side."""


def match(papers: Papers, labels: Labels, *, verified: bool = False) -> Match:
    """What is missing, and where the papers that are there disagree.

    `labels` are what people call each paper. `verified` is True where somebody vouches that the
    platform checked the buyer's identity; the messages cannot say so.
    """
    missing = () if papers.keys() >= _ALL else tuple(n for n in NEEDED if n not in papers)
    found: list[Finding] = []
    for paper, other, ours, theirs, pairs in _GROUPS:
        one, two = papers.get(paper), papers.get(other)
        if one is None or two is None or _alike(ours, one, theirs, two):
            continue
        for pair in pairs:
            found += _compared(pair, one, two, verified=verified, labels=labels)
    order, inventory = papers.get(ORDER), papers.get(INVENTORY)
    if order is not None and inventory is not None:
        found += _lines(inventory, order, labels)
    return Match(missing, tuple(found))


Values = Callable[[Mapping[str, str]], tuple[str, ...]]


def _alike(ours: Values, one: Facts, theirs: Values, two: Facts) -> bool:
    """True when all the values are there on both sides and the same to the letter."""
    try:
        return ours(one) == theirs(two)
    except KeyError:
        return False


def _compared(
    pair: Pair, one: Facts, two: Facts, *, verified: bool, labels: Labels
) -> list[Finding]:
    value, expected = one.get(_leaf(pair.path)), two.get(_leaf(pair.other_path))
    if value == expected or (verified and pair.code == "TAX-CBEC-12"):
        return []
    if not value or not expected:
        if pair.optional or value is None or expected is None:
            return []
    elif pair.same(value, expected):
        return []
    return [_differs(pair, value, expected, labels)]


def _leaf(path: str) -> str:
    return path.rpartition("/")[2]


class _Group(NamedTuple):
    """All pairs of two papers: how to read them at once, and one by one."""

    paper: str
    other: str
    ours: Values
    theirs: Values
    pairs: tuple[Pair, ...]


def _grouped(pairs: Sequence[Pair]) -> tuple[_Group, ...]:
    groups: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault((pair.paper, pair.other), []).append(pair)
    return tuple(
        _Group(
            paper,
            other,
            itemgetter(*(_leaf(pair.path) for pair in own)),
            itemgetter(*(_leaf(pair.other_path) for pair in own)),
            tuple(own),
        )
        for (paper, other), own in groups.items()
    )


_GROUPS = _grouped(PAIRS)


def _differs(pair: Pair, value: str, expected: str, labels: Labels) -> Finding:
    return Finding(
        "rule",
        pair.code,
        pair.severity,
        pair.path,
        value,
        expected,
        both(labels, pair.paper, pair.other, pair.other_path),
    )


def _lines(inventory: Facts, order: Facts, labels: Labels) -> list[Finding]:
    """Lines go one to one by number, agree in name, quantity and price, and sum up to the order."""
    mine: Sequence[Mapping[str, str]] = inventory.get("lines", ())
    theirs: Sequence[Mapping[str, str]] = order.get("lines", ())
    if not mine or not theirs:
        return []
    found = [] if _same_lines(mine, theirs) else _each_line(mine, theirs, labels)
    stated = order.get("goodsValue")
    summed = total(line.get("totalPrice") for line in mine)
    if stated is not None and summed is not None and summed != number(stated):
        sides = both(labels, INVENTORY, ORDER, "OrderHead/goodsValue")
        path = "InventoryList[1]/totalPrice"
        found.append(Finding("rule", "TAX-CBEC-13-SUM", "hold", path, f"{summed:f}", stated, sides))
    return found


_OURS: Values = itemgetter("gnum", *(name for name, _, _ in LINE_PAIRS))
_THEIRS: Values = itemgetter("gnum", *(name for _, name, _ in LINE_PAIRS))


def _same_lines(mine: Sequence[Mapping[str, str]], theirs: Sequence[Mapping[str, str]]) -> bool:
    """True when the lines say the same to the letter, in the same order."""
    try:
        return [*map(_OURS, mine)] == [*map(_THEIRS, theirs)]
    except KeyError:
        return False


def _each_line(
    mine: Sequence[Mapping[str, str]], others: Sequence[Mapping[str, str]], labels: Labels
) -> list[Finding]:
    found: list[Finding] = []
    theirs = {line_key(line): (at, line) for at, line in enumerate(others, 1)}
    keys = [line_key(line) for line in mine]
    if set(keys) != set(theirs):
        found.append(
            Finding(
                "rule",
                "TAX-CBEC-13-LINES",
                "hold",
                "InventoryList[1]/gnum",
                ", ".join(keys),
                ", ".join(theirs),
                both(labels, INVENTORY, ORDER, "OrderList/gnum"),
            )
        )
    for at, line in enumerate(mine, 1):
        there = theirs.get(keys[at - 1])
        if there is not None:
            found += _line(at, line, *there, labels)
    return found


def _line(
    at: int, line: Mapping[str, str], there_at: int, there: Mapping[str, str], labels: Labels
) -> Iterable[Finding]:
    for name, other_name, same in LINE_PAIRS:
        value, expected = line.get(name), there.get(other_name)
        if value is None or expected is None or value == expected or same(value, expected):
            continue
        sides = both(labels, INVENTORY, ORDER, f"OrderList[{there_at}]/{other_name}")
        path = f"InventoryList[{at}]/{name}"
        yield Finding("rule", "TAX-CBEC-13", "hold", path, value, expected, sides)


def missing(names: Sequence[str], facts: Facts, labels: Labels, expired: bool) -> list[Finding]:
    """One finding for each missing paper: a warning while it may still come, else a refusal."""
    awaited = []
    for name in names:
        key = _WAYBILL_KEY if name == WAYBILL else _ORDER_KEY
        number_of = " / ".join(facts.get(part, "") for part in key)
        awaited.append((name, f"InventoryHead/{key[1]}", facts.get(key[1], ""), number_of))
    return [*matching.missing(awaited, labels, "TAX-CBEC-13", expired=expired)]


_ORDER_KEY = ("ebpCode", "orderNo")
_WAYBILL_KEY = ("logisticsCode", "logisticsNo")
