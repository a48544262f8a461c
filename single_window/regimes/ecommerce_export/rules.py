"""The rules of an export's order, receipt of payment, waybill and inventory, record by record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from single_window.domain.conditions import Record
from single_window.domain.findings import Finding
from single_window.domain.money import ZERO
from single_window.domain.rules import Assessed, Params, Rulebook
from single_window.regimes.ecommerce_export import levy, routes
from single_window.regimes.ecommerce_export.routes import WHOLE_CODE, Parcel
from single_window.regimes.ecommerce_export.terms import (
    BETWEEN_FIRMS,
    COUNTED,
    INVENTORY,
    ORDER,
    RETAIL,
    finding,
    plain,
)

book = Rulebook()

Found = Sequence[Finding] | None
Lines = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the rules want ready for the day: the beginnings of all goods codes, by their length."""

    beginnings: Mapping[int, frozenset[str]]


def prepare(p: Params) -> Prepared:
    """The lengths of code that the law of the day knows, each with the codes there are."""
    lengths = {int(p.values["simple_digits"]), int(p.values["b2b_digits"]), WHOLE_CODE}
    return Prepared({n: frozenset(code[:n] for code in p.tariff) for n in lengths})


# --- lines: order and inventory ---------------------------------------------------------------


def _lines(record: Record) -> tuple[str, Lines]:
    group = "InventoryList" if "InventoryList" in record else "OrderList"
    return group, record[group]


@book.rule("CBEX-GNUM", "CBEX-GNUM-REPEAT", message=(ORDER, INVENTORY))
def lines_are_numbered(record: Record, p: Params) -> Found:
    """Line numbers begin at 1, rise, and do not repeat; an inventory's leave none out."""
    group, lines = _lines(record)
    return numbered(group, [int(line["gnum"]) for line in lines], gaps=group == "OrderList")


def numbered(group: str, numbers: Sequence[int], *, gaps: bool = False) -> Found:
    """The first number that is out of its order; `gaps` where some may be left out."""
    seen: dict[int, int] = {}
    for at, number in enumerate(numbers, 1):
        path = f"{group}[{at}]/gnum"
        if number in seen:
            first = str(seen[number])
            return [finding("CBEX-GNUM-REPEAT", "reject", path, str(number), first=first)]
        seen[number] = at
        before = numbers[at - 2] if at > 1 else 0
        if number < before or (number != before + 1 and not (gaps and at > 1)):
            return [finding("CBEX-GNUM", "reject", path, str(number), expected=str(before + 1))]
    return None


@book.rule("CBEX-LINE", message=(ORDER, INVENTORY))
def a_line_is_price_times_quantity(record: Record, p: Params) -> Found:
    """The total of a line is its price times its quantity, to the fen."""
    return multiplied(*_lines(record), p)


def multiplied(group: str, lines: Lines, p: Params) -> list[Finding]:
    """A finding for each line whose total is not its price times its quantity."""
    tolerance = p.values["line_tolerance"] if p.in_force else ZERO
    found: list[Finding] = []
    for at, line in enumerate(lines, 1):
        stated = Decimal(line["totalPrice"])
        product = Decimal(line["price"]) * Decimal(line["qty"])
        if stated == product or abs(stated - product) <= tolerance:
            continue
        more = {"price": line["price"], "quantity": line["qty"]}
        path = f"{group}[{at}]/totalPrice"
        expected = plain(product)
        found.append(
            finding("CBEX-LINE", "reject", path, line["totalPrice"], expected=expected, **more)
        )
    return found


def named_once(group: str, lines: Lines) -> list[Finding]:
    """A finding for each line that repeats the number of an earlier one."""
    seen: dict[int, int] = {}
    found: list[Finding] = []
    for at, line in enumerate(lines, 1):
        number = int(line["gnum"])
        if number in seen:
            path, first = f"{group}[{at}]/gnum", str(seen[number])
            found.append(finding("CBEX-GNUM-REPEAT", "reject", path, str(number), first=first))
        seen.setdefault(number, at)
    return found


@book.rule("CBEX-SUM", message=ORDER)
def the_lines_make_up_the_order(record: Record, p: Params) -> Found:
    """The goods value is the sum of the lines."""
    head = record["OrderHead"]
    total = sum((Decimal(line["totalPrice"]) for line in record["OrderList"]), ZERO)
    if total == Decimal(head["goodsValue"]):
        return None
    path = "OrderHead/goodsValue"
    return [finding("CBEX-SUM", "reject", path, head["goodsValue"], expected=plain(total))]


@book.rule("CBEX-CURRENCY", message=(ORDER, INVENTORY))
def one_currency(record: Record, p: Params) -> Found:
    """All lines are in one currency, an order's in that of its head."""
    group, lines = _lines(record)
    wanted = record["OrderHead"]["currency"] if group == "OrderList" else lines[0]["currency"]
    return [
        finding(
            "CBEX-CURRENCY", "reject", f"{group}[{at}]/currency", line["currency"], expected=wanted
        )
        for at, line in enumerate(lines, 1)
        if line["currency"] != wanted
    ]


# --- inventory --------------------------------------------------------------------------------


@book.rule("CBEX-QTY2", message=INVENTORY)
def second_quantity_has_its_unit(record: Record, p: Params) -> Found:
    """The second quantity and its unit stand together or not at all."""
    return paired("InventoryList", record["InventoryList"])


def paired(group: str, lines: Lines) -> list[Finding]:
    """A finding for each line with a second quantity or unit that lacks the other."""
    return [
        finding("CBEX-QTY2", "warn", f"{group}[{at}]/{'unit2' if line.get('qty2') else 'qty2'}")
        for at, line in enumerate(lines, 1)
        if bool(line.get("qty2")) != bool((line.get("unit2") or "").strip())
    ]


@book.rule("CBEX-WEIGHT", message=INVENTORY)
def net_weight_is_within_gross(record: Record, p: Params) -> Found:
    """The goods alone do not weigh more than goods and packing."""
    head = record["InventoryHead"]
    net, gross = head["netWeight"], head["grossWeight"]
    if Decimal(net) <= Decimal(gross):
        return None
    return [finding("CBEX-WEIGHT", "reject", "InventoryHead/netWeight", net, expected=gross)]


@book.rule("CBEX-GOODS-CODE", "EXP-9610-04", "EXP-B2B-03", "CBEX-HS-UNKNOWN", message=INVENTORY)
def goods_are_classified(record: Record, p: Params) -> Found:
    """A goods code is ten digits, of which as many follow the tariff as the route asks for."""
    if not p.in_force:
        return None
    digits, code = _digits(record["InventoryHead"], p)
    prepared: Prepared = p.prepared
    known = prepared.beginnings[digits]
    found: list[Finding] = []
    for at, line in enumerate(record["InventoryList"], 1):
        told, path = line["gcode"], f"InventoryList[{at}]/gcode"
        if not (told.isascii() and told.isdecimal()):
            found.append(finding("CBEX-GOODS-CODE", "reject", path, told))
        elif told[:digits] not in known:
            found.append(finding(code, "warn", path, told, digits=str(digits)))
    return found


def _digits(head: Mapping[str, str], p: Params) -> tuple[int, str]:
    """How many digits of its codes an inventory needs, and the rule that says so."""
    if head["tradeMode"] in BETWEEN_FIRMS:
        zone = _zone(head, p)
        refund = head["statisticsFlag"] != COUNTED
        digits = routes.goods_code_digits(refund=refund, zone_customs=zone, values=p.values)
        return digits, "CBEX-HS-UNKNOWN" if digits == WHOLE_CODE else "EXP-B2B-03"
    if head["statisticsFlag"] == COUNTED:
        return int(p.values["simple_digits"]), "EXP-9610-04"
    return WHOLE_CODE, "CBEX-HS-UNKNOWN"


def _zone(head: Mapping[str, str], p: Params) -> bool | None:
    """Whether the declaring customs is one of a pilot zone; None where no register tells."""
    return p.registers.get("zones", {}).get(head["customsCode"])


def _export_duty(lines: Lines, p: Params) -> bool | None:
    """Whether export duty is on any of the goods; None where no register tells of all of them."""
    told = [p.registers.get("export_duty", {}).get(line["gcode"]) for line in lines]
    if any(told):
        return True
    return None if None in told else False


@book.assessment(
    "CBEX-DAY", "CBEX-PERMIT", *sorted(routes.CODES - {"EXP-9610-03"}), message=INVENTORY
)
def inventory_goes_its_way(record: Record, p: Params) -> Assessed:
    """Whether the goods may go by inventory, what they come to, and how tax treats them."""
    if not p.in_force:
        return [finding("CBEX-DAY", "hold", "InventoryHead/appTime", p.day.isoformat())], None
    head, lines = record["InventoryHead"], record["InventoryList"]
    mode, flag = head["tradeMode"], head["statisticsFlag"]
    valued = levy.value(lines, p.rates)
    parcel = Parcel(
        valued.total_cny,
        permit=bool((head.get("licenseNo") or "").strip()),
        in_zone=_zone(head, p),
        export_duty=_export_duty(lines, p),
    )
    found: list[Finding] = []
    if mode in BETWEEN_FIRMS:
        found += routes.begun(p.day, head["customsCode"], p.values)
        found += routes.by_inventory(parcel, p.values)
    elif flag == COUNTED and mode == RETAIL:
        found += routes.counted_only(parcel, p.values)
    elif flag == COUNTED and parcel.permit:
        found.append(finding("CBEX-PERMIT", "reject", "InventoryHead/licenseNo"))
    how = levy.treatment(mode, flag, p.values)
    return found, partial(levy.amounts, lines, valued, how, p.values)
