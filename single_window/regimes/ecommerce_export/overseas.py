"""Overseas warehouses (9810): the company's own register, what is sold there, and what is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial

from single_window.domain.conditions import Record, number
from single_window.domain.findings import Finding
from single_window.domain.money import ZERO
from single_window.domain.rules import Assessed, Params
from single_window.regimes.ecommerce_export import levy, rules
from single_window.regimes.ecommerce_export.rules import Found
from single_window.regimes.ecommerce_export.terms import SALE, WAREHOUSE, finding, plain

CODES = frozenset({"CBEX-SOLD-QTY", "CBEX-SOLD-GOODS"})
_HEAD = "OverseasSaleHead"
LINES = "OverseasSaleList"

book = rules.book
Lines = Sequence[Mapping[str, str]]


@book.rule("CBEX-LINE", "CBEX-SUM", "CBEX-GNUM-REPEAT", message=SALE)
def a_sale_adds_up(record: Record, p: Params) -> Found:
    """Lines are price x quantity, name each line of the booking once, and make up the sale."""
    head, lines = record[_HEAD], record[LINES]
    found = [*rules.multiplied(LINES, lines, p), *rules.named_once(LINES, lines)]
    total = sum((Decimal(line["totalPrice"]) for line in lines), ZERO)
    if total != Decimal(head["goodsValue"]):
        path = f"{_HEAD}/goodsValue"
        found.append(finding("CBEX-SUM", "reject", path, head["goodsValue"], expected=plain(total)))
    return found


@book.rule("CBEX-SOLD-LATER", message=SALE)
def a_sale_has_been_made(record: Record, p: Params) -> Found:
    """A sale is reported once it has been made."""
    head = record[_HEAD]
    if head["soldDate"] <= (filed := head["appTime"][:8]):
        return None
    return [finding("CBEX-SOLD-LATER", "reject", f"{_HEAD}/soldDate", head["soldDate"],
                    expected=filed)]  # fmt: skip


@book.assessment(message=SALE)
def a_sale_settles_a_refund(record: Record, p: Params) -> Assessed:
    """What the sale comes to, for tax and FX."""
    return None, partial(levy.sale, record[_HEAD], record[LINES])


@book.rule("CBEX-PERIOD-ORDER", message=WAREHOUSE)
def a_warehouse_is_used_for_a_while(record: Record, p: Params) -> Found:
    """A warehouse is given up after it was taken into use."""
    start, end = record["validFrom"], record.get("validUntil", "")
    if not end or end >= start:
        return None
    return [finding("CBEX-PERIOD-ORDER", "reject", "validUntil", end, expected=start)]


# --- stock ------------------------------------------------------------------------------------


def left(shipped: Lines, gone: Iterable[Mapping[str, str]]) -> dict[str, Decimal]:
    """What is left of each line of a booking: shipped less what was sold or came back unsold."""
    rest = {line["gnum"]: _quantity(line) for line in shipped}
    for line in gone:
        rest[line["gnum"]] = rest.get(line["gnum"], ZERO) - _quantity(line)
    return rest


def _quantity(line: Mapping[str, str]) -> Decimal:
    return number(line.get("qty") or "0") or ZERO


def other_goods(sold: Lines, shipped: Lines) -> Iterator[Finding]:
    """A finding for each line of a sale that is not of its booking's goods."""
    goods = {line["gnum"]: line for line in shipped}
    for at, line in enumerate(sold, 1):
        path, booked = f"{LINES}[{at}]", goods.get(line["gnum"])
        if booked is None:
            yield finding("CBEX-SOLD-GOODS", "reject", f"{path}/gnum", line["gnum"])
            continue
        for name in ("itemNo", "unit"):
            value, expected = line.get(name, ""), booked.get(name, "")
            if value != expected:
                where = f"{path}/{name}"
                yield finding("CBEX-SOLD-GOODS", "reject", where, value, expected=expected)
