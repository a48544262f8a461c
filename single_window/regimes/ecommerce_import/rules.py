"""The rules of a bonded or direct retail import, record by record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from single_window.domain.conditions import Record
from single_window.domain.findings import Finding, Severity
from single_window.domain.money import ZERO, fen, to_fen
from single_window.domain.regime import Want
from single_window.domain.rules import Amounts, Assessed, Params, Register, Rulebook
from single_window.regimes.ecommerce_import import levy
from single_window.regimes.ecommerce_import.levy import Line, Rates, Step, Tariffs, Terms

ORDER = "CEB311Message"
PAYMENT = "CEB411Message"
WAYBILL = "CEB511Message"
INVENTORY = "CEB621Message"

# A record that its schema refuses may hold 1E999999; written out that is a megabyte.
_WRITTEN_OUT = 40

book = Rulebook()

Found = Sequence[Finding] | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the rules want ready for the day."""

    terms: Terms
    tariffs: Tariffs


def prepare(p: Params) -> Prepared:
    """The limits and rates of the day, read once."""
    steps: dict[str, list[Step]] = {}
    for row in p.values["consumption_tax_steps"]:
        step = Step(row["unit"], Decimal(row["from"]), Decimal(row["fixed"]))
        steps.setdefault(row["hs"], []).append(step)
    tariffs = Tariffs(p.tariff, steps, p.values["tariff_speaks"], {})
    return Prepared(Terms.of(p.values), tariffs)


def _finding(code: str, severity: Severity, path: str, value: str = "", **more: str) -> Finding:
    expected = more.pop("expected", "")
    return Finding("rule", code, severity, path, value, expected, tuple(more.items()))


# --- order ----------------------------------------------------------------------------------


@book.rule("-301002", "CBEC-GNUM", "CBEC-GNUM-GAP", message=ORDER)
def order_lines_are_numbered(record: Record, p: Params) -> Found:
    """Line numbers begin at 1, rise, and do not repeat."""
    numbers = [int(line["gnum"]) for line in record["OrderList"]]
    if numbers == list(range(1, len(numbers) + 1)):
        return None
    found: list[Finding] = _repeats(numbers, "OrderList", "-301002")
    if found:
        return found
    for at, number in enumerate(numbers, 1):
        path = f"OrderList[{at}]/gnum"
        before = numbers[at - 2] if at > 1 else 0
        if (at == 1 and number != 1) or number < before:
            return [_finding("CBEC-GNUM", "reject", path, str(number), expected=str(before + 1))]
        if number != before + 1 and not found:
            gap = _finding("CBEC-GNUM-GAP", "warn", path, str(number), expected=str(before + 1))
            found.append(gap)
    return found


def _repeats(numbers: Sequence[int], group: str, code: str) -> list[Finding]:
    seen: dict[int, int] = {}
    found = []
    for at, number in enumerate(numbers, 1):
        if number in seen:
            path = f"{group}[{at}]/gnum"
            found.append(_finding(code, "reject", path, str(number), first=str(seen[number])))
        seen.setdefault(number, at)
    return found


@book.rule("TAX-CBEC-05-LINE", "TAX-CBEC-05-SUM", "TAX-CBEC-05-PAID", message=ORDER)
def order_adds_up(record: Record, p: Params) -> Found:
    """Lines are price x quantity, their sum is the goods value, and the payment follows from it."""
    found: list[Finding] = []
    total = ZERO
    for at, line in enumerate(record["OrderList"], 1):
        stated = Decimal(line["totalPrice"])
        product = Decimal(line["price"]) * Decimal(line["qty"])
        if stated != product and stated != to_fen(product):
            path = f"OrderList[{at}]/totalPrice"
            found.append(_line_total(path, line, product))
        total += stated
    head = record["OrderHead"]
    goods = Decimal(head["goodsValue"])
    if total != goods:
        path = "OrderHead/goodsValue"
        found.append(
            _finding("TAX-CBEC-05-SUM", "reject", path, head["goodsValue"], expected=_plain(total))
        )
    due = goods + Decimal(head["freight"]) + Decimal(head["taxTotal"]) - Decimal(head["discount"])
    if due != Decimal(head["acturalPaid"]):
        found.append(
            _finding(
                "TAX-CBEC-05-PAID",
                "reject",
                "OrderHead/acturalPaid",
                head["acturalPaid"],
                expected=_plain(due),
                goods=head["goodsValue"],
                freight=head["freight"],
                tax=head["taxTotal"],
                discount=head["discount"],
            )
        )
    return found


def _line_total(path: str, line: Mapping[str, str], product: Decimal) -> Finding:
    return _finding(
        "TAX-CBEC-05-LINE",
        "reject",
        path,
        line["totalPrice"],
        expected=_plain(product),
        price=line["price"],
        quantity=line["qty"],
    )


def _plain(amount: Decimal) -> str:
    """An amount as a clerk writes it: no exponent, two decimals unless it has more."""
    if amount.adjusted() > _WRITTEN_OUT:
        return str(amount)
    short = amount.normalize()
    return f"{to_fen(amount) if to_fen(amount) == amount else short:f}"


# --- inventory ------------------------------------------------------------------------------


@book.rule("-621027", "CBEC-GNUM", message=INVENTORY)
def inventory_lines_are_numbered(record: Record, p: Params) -> Found:
    """Line numbers run from 1 without gap or repetition."""
    lines = record["InventoryList"]
    for at, line in enumerate(lines, 1):
        if line["gnum"] != str(at):
            break
    else:
        return None
    numbers = [int(line["gnum"]) for line in lines]
    found = _repeats(numbers, "InventoryList", "-621027")
    if found:
        return found
    for at, number in enumerate(numbers, 1):
        if number != at:
            path = f"InventoryList[{at}]/gnum"
            return [_finding("CBEC-GNUM", "reject", path, str(number), expected=str(at))]
    return None


@book.rule("CBEC-ASSURE", message=INVENTORY)
def guarantor_is_a_party(record: Record, p: Params) -> Found:
    """The guarantor is one of the parties of the inventory."""
    head = record["InventoryHead"]
    code = head["assureCode"]
    parties = (head["ebcCode"], head["ebpCode"], head["logisticsCode"], head["agentCode"])
    if code in parties:
        return None
    expected = " / ".join(dict.fromkeys(parties))
    return [_finding("CBEC-ASSURE", "reject", "InventoryHead/assureCode", code, expected=expected)]


@book.rule("CBEC-QTY2", message=INVENTORY)
def second_quantity_has_its_unit(record: Record, p: Params) -> Found:
    """The second quantity and its unit stand together or not at all."""
    found = None
    for at, line in enumerate(record["InventoryList"], 1):
        if bool(line.get("qty2")) != bool(line.get("unit2")):
            missing = "unit2" if line.get("qty2") else "qty2"
            finding = _finding("CBEC-QTY2", "warn", f"InventoryList[{at}]/{missing}")
            found = [*(found or ()), finding]
    return found


@book.rule("CBEC-WEIGHT", message=INVENTORY)
def net_weight_is_within_gross(record: Record, p: Params) -> Found:
    """The goods alone do not weigh more than goods and packing."""
    head = record["InventoryHead"]
    net, gross = head["netWeight"], head["grossWeight"]
    if net == gross or Decimal(net) <= Decimal(gross):
        return None
    return [_finding("CBEC-WEIGHT", "reject", "InventoryHead/netWeight", net, expected=gross)]


@book.rule("CBEC-GOODS-CODE", message=INVENTORY)
def goods_code_is_a_number(record: Record, p: Params) -> Found:
    """A goods code is ten digits; whether the tariff knows it is another question."""
    found = None
    for at, line in enumerate(record["InventoryList"], 1):
        code = line["gcode"]
        if not (code.isascii() and code.isdecimal()):
            finding = _finding("CBEC-GOODS-CODE", "reject", f"InventoryList[{at}]/gcode", code)
            found = [*(found or ()), finding]
    return found


# --- registers: what has no entry is not checked, and says so ---------------------------------


def _open(code: str, path: str) -> Finding:
    return Finding("rule", code, "warn", path)


# Made once: nearly every inventory carries them until an operator fills the registers.
_NO_LIST = _open("TAX-CBEC-10-OPEN", "InventoryList[1]/gcode")
_NO_WITHHOLDER = _open("TAX-CBEC-14-OPEN", "InventoryHead/ebcCode")
_NO_GUARANTEE = _open("TAX-CBEC-15-OPEN", "InventoryHead/assureCode")
_NO_SITE = _open("TAX-CBEC-23-OPEN", "InventoryHead/customsCode")
_NO_BOOK = _open("CBEC-BOOK-OPEN", "InventoryHead/emsNo")
_DIRECT_OPEN = (_NO_LIST, _NO_WITHHOLDER, _NO_GUARANTEE, _NO_SITE)
_BONDED_OPEN = (*_DIRECT_OPEN, _NO_BOOK)


@book.rule(
    "TAX-CBEC-10",
    "TAX-CBEC-10-OPEN",
    "TAX-CBEC-14",
    "TAX-CBEC-14-OPEN",
    "TAX-CBEC-15-OPEN",
    "TAX-CBEC-23",
    "TAX-CBEC-23-OPEN",
    "CBEC-BOOK-OPEN",
    message=INVENTORY,
)
def registers_know_the_parties(record: Record, p: Params) -> Found:
    """Positive list, withholder and place are looked up; where there is no entry, it is said."""
    head = record["InventoryHead"]
    bonded = head["tradeMode"] != "9610"
    if not p.registers:
        return _BONDED_OPEN if bonded else _DIRECT_OPEN
    found: list[Finding] = [_NO_GUARANTEE, *((_NO_BOOK,) if bonded else ())]
    found += on_the_list(
        [line["gcode"] for line in record["InventoryList"]], p.registers.get("positive_list", {})
    )
    withholders = p.registers.get("withholders", {})
    parties = [head[name] for name in ("ebcCode", "ebpCode", "logisticsCode")]
    known = [withholders[code] for code in parties if code in withholders]
    if not known:
        found.append(_NO_WITHHOLDER)
    elif not any(known):
        path = "InventoryHead/ebcCode"
        found.append(_finding("TAX-CBEC-14", "reject", path, head["ebcCode"]))
    place = p.registers.get("places", {}).get(head["customsCode"])
    if place is None:
        found.append(_NO_SITE)
    elif not place:
        path = "InventoryHead/customsCode"
        found.append(_finding("TAX-CBEC-23", "reject", path, head["customsCode"]))
    return found


def on_the_list(codes: Sequence[str], positive_list: Register) -> list[Finding]:
    """Goods known not to be on the positive list are refused (TAX-CBEC-10)."""
    found: list[Finding] = []
    unknown = False
    for at, code in enumerate(codes, 1):
        listed = positive_list.get(code, positive_list.get(code[:8]))
        if listed is None:
            unknown = True
        elif not listed:
            found.append(_finding("TAX-CBEC-10", "reject", f"InventoryList[{at}]/gcode", code))
    if unknown and not found:
        found.append(_NO_LIST)
    return found


# --- value, limits, tax -----------------------------------------------------------------------


@book.assessment(
    "CBEC-DAY",
    "TAX-CBEC-01",
    "TAX-CBEC-05-LINE",
    "CBEC-HS-UNKNOWN",
    "CBEC-RATE-UNKNOWN",
    "CBEC-UNIT-UNKNOWN",
    message=INVENTORY,
)
def inventory_pays(record: Record, p: Params) -> Assessed:
    """Line totals, dutiable value, the single limit, and the taxes of each line."""
    if not p.in_force:
        path = "InventoryHead/declTime"
        return [_finding("CBEC-DAY", "hold", path, p.day.isoformat())], None
    prepared: Prepared = p.prepared
    terms = prepared.terms
    given = record["InventoryList"]
    head = record["InventoryHead"]
    found: list[Finding] = []
    lines: list[Line] = []
    for at, item in enumerate(given, 1):
        quantity = Decimal(item["qty"])
        stated = Decimal(item["totalPrice"])
        product = Decimal(item["price"]) * quantity
        if stated != product and abs(stated - product) > terms.line_tolerance:
            found.append(_line_total(f"InventoryList[{at}]/totalPrice", item, product))
        lines.append(Line(item["gnum"], item["gcode"], quantity, to_fen(stated)))
    valued = levy.value(lines, Decimal(head["freight"]), Decimal(head["insuredFee"]))
    refusal = levy.over_single(valued, terms)
    if refusal is not None:
        found.append(refusal)
        return found, None
    rates = _rates(prepared.tariffs, valued, given, found)
    if rates is None:
        return found, None
    how = levy.treatment(valued, ZERO, terms)
    if how == levy.FULL and _duty_unknown(rates, lines, found):
        return found, None
    return found, partial(levy.amounts, valued, rates, how, terms)


def _rates(
    tariffs: Tariffs,
    valued: levy.Valued,
    given: Sequence[Mapping[str, str]],
    found: list[Finding],
) -> list[Rates] | None:
    """The rates of all lines; None, with a finding for each, where some are not known."""
    plain = tariffs.plain
    rates: list[Rates] = []
    for at, line in enumerate(valued.lines):
        rate = plain.get(line.hs) or tariffs.rates(line, valued.dutiable[at], given[at])
        if isinstance(rate, str):
            path = f"InventoryList[{at + 1}]/gcode"
            found.append(_finding(rate, "hold", path, line.hs))
        else:
            rates.append(rate)
    return rates if len(rates) == len(valued.lines) else None


def _duty_unknown(rates: Sequence[Rates], lines: Sequence[Line], found: list[Finding]) -> bool:
    unknown = [at for at, rate in enumerate(rates, 1) if rate.duty is None]
    found += [
        _finding("CBEC-RATE-UNKNOWN", "hold", f"InventoryList[{at}]/gcode", lines[at - 1].hs)
        for at in unknown
    ]
    return bool(unknown)


def want(record: Record, amounts: Amounts, p: Params) -> Want | None:
    """What the inventory takes of its buyer's year (TAX-CBEC-02)."""
    terms: Terms = p.prepared.terms
    if terms.general_trade_above:
        return None
    head: Mapping[str, Any] = record["InventoryHead"]
    person = f"{head['buyerIdType']}:{head['buyerIdNumber'].strip().upper()}"
    total = fen(Decimal(amounts["dutiable"]))
    return Want(person, p.day.year, total, fen(terms.year_limit))


def over(refused: Want, used_fen: int) -> Finding:
    """The finding where the ledger had no room for the want."""
    return Finding(
        "rule",
        "TAX-CBEC-02",
        "reject",
        "InventoryHead/buyerIdNumber",
        expected=_fen(refused.limit_fen),
        args=(("used", _fen(used_fen)), ("wanted", _fen(refused.fen))),
    )


def _fen(amount: int) -> str:
    return str(Decimal(amount).scaleb(-2))
