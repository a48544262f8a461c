"""Papers that act on released inventories: what a return takes of them, what a summary makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from single_window.domain.acts import Taken, Taking, Target
from single_window.domain.conditions import number
from single_window.domain.findings import Finding
from single_window.domain.money import ZERO, to_fen
from single_window.domain.regime import Facts
from single_window.domain.rules import Amounts, Params
from single_window.regimes.ecommerce_export import levy, overseas, returns, routes, summing
from single_window.regimes.ecommerce_export.acts import holidays
from single_window.regimes.ecommerce_export.levy import PREREFUND, REFUND
from single_window.regimes.ecommerce_export.terms import SALE, SUMMARY, SUMMED, finding, plain

CODES = frozenset({"CBEX-SUM-FLAG"})

Lines = Sequence[Mapping[str, str]]


def taking(
    message: str, facts: Facts, target: Target, used: Mapping[str, Decimal], p: Params
) -> Taken:
    """What comes back of an export, or was sold abroad of it; never more than went out.

    A line's three quantities are counted apart: its own under the line's number, the statutory
    ones under "number/qty1" and "number/qty2".
    """
    lines: Lines = facts.get("lines", ())
    exported = target.facts.get("lines", ())
    if message == SALE:
        return _sold(facts, lines, exported)
    found = _may_come_back(facts, target, p)
    found += [
        one
        for one in returns.not_above_export(lines, exported)
        if one.code != "CBEX-RETURN-QTY"  # how much is left the ledger knows
    ]
    takings = tuple(_takings(lines, exported, "InvtRefundList", returns.QUANTITIES))
    return Taken(tuple(found), takings, _worth(lines, exported, target))


def _sold(facts: Facts, lines: Lines, exported: Lines) -> Taken:
    """What a sale abroad takes of its booking: the goods it names, in their own unit."""
    found = tuple(overseas.other_goods(lines, exported))
    takings = tuple(_takings(lines, exported, overseas.LINES, ("qty",)))
    return Taken(found, takings, levy.sale(facts, lines))


def _may_come_back(facts: Facts, target: Target, p: Params) -> list[Finding]:
    assert target.released is not None
    mode = str(target.facts.get("tradeMode", ""))
    same = facts.get("customsCode") == target.facts.get("customsCode")
    refunded = target.amounts.get("treatment") in {REFUND, PREREFUND}
    words: Sequence[str] = p.values["certificate_words"]
    number = returns.certificate(facts.get("note", ""), words) if refunded else ""
    stated = finding("RET-EXP-03-STATED", "warn", "InvtRefundHead/note", number)
    return [
        *returns.may_be_asked(released=target.released, asked=p.day),
        *returns.back_at(mode=mode, day=p.day, same_region=same, site=None),
        *returns.relieved(
            returns.Returned(
                mode=mode,
                exported=target.released,
                back=p.day,
                refunded=refunded,
                repaid=bool(number),
            )
        ),
        *([stated] if number else []),
    ]


def _takings(lines: Lines, exported: Lines, group: str, names: Sequence[str]) -> Iterator[Taking]:
    there = {line["gnum"]: line for line in exported}
    for at, line in enumerate(lines, 1):
        own = there.get(line["gnum"])
        for name in names if own is not None else ():
            wanted, of = _quantity(line, name), _quantity(own or {}, name)
            if wanted:
                ledger = line["gnum"] if name == "qty" else f"{line['gnum']}/{name}"
                yield Taking(ledger, wanted, of, f"{group}[{at}]/{name}")


def _quantity(line: Mapping[str, str], name: str) -> Decimal:
    return number(line.get(name) or "0") or ZERO


def _worth(lines: Lines, exported: Lines, target: Target) -> Amounts:
    """The part of the export's value that the lines are, each to the fen; it is paid back."""
    there = {line["gnum"]: line for line in exported}
    rows: list[dict[str, Any]] = []
    for line in lines:
        own = there.get(line["gnum"])
        of = _quantity(own or {}, "qty")
        if own is not None and of:
            value = to_fen(Decimal(own["totalPrice"]) * _quantity(line, "qty") / of)
            row = {"gnum": line["gnum"], "hs": own["gcode"], "value": value}
            row |= {"quantity": plain(_quantity(line, "qty")), "of": plain(of)}
            rows.append(row | {"value_of": own["totalPrice"]})
    total = sum((row["value"] for row in rows), ZERO)
    currency = target.amounts.get("currency", "")
    value = to_fen(total)
    told = {"treatment": levy.RETURNED, "value": value, "currency": currency, "returned": value}
    names = ("orderNo", "ebpCode")  # which a return does not say itself, and tax knows it by
    return told | {name: target.facts.get(name, "") for name in names} | {"lines": rows}


def too_much(wanted: Taking, left: Decimal) -> Finding:
    """The finding where less is left of a line than a return or a sale wants."""
    total = wanted.of - left + wanted.quantity
    sold = wanted.path.startswith(overseas.LINES)
    code = "CBEX-SOLD-QTY" if sold else "CBEX-RETURN-QTY"
    return finding(code, "reject", wanted.path, plain(total), expected=plain(wanted.of))


# --- summary ----------------------------------------------------------------------------------


def sum_up(facts: Facts, targets: Sequence[Target], p: Params) -> Taken:
    """The declarations that a summary application (汇总申请单) makes of its inventories."""
    released = [
        summing.Released(one.number, one.released, dict(one.facts))
        for one in targets
        if one.released is not None
    ]
    found = [
        finding("CBEX-SUM-FLAG", "warn", "SummaryApplyList[1]/invtNo", one.invt_no)
        for one in released
        if one.facts.get("statisticsFlag") != SUMMED
    ]
    months = sorted({(one.day.year, one.day.month) for one in released})
    found += [late for month in months for late in _late(month, p)]
    merged = [
        one
        for year, month in months
        for one in summing.summary(
            released,
            year=year,
            month=month,
            by_producer=facts.get("summaryFlag") == "2",
            by_item_name=facts.get("itemNameFlag") == "1",
        )
    ]
    return Taken(tuple(found), (), _summed(merged))


def deadline(facts: Facts, released: date, p: Params) -> tuple[str, date] | None:
    """Until when an inventory is summed up; None where its route asks for no summary."""
    if facts.get("statisticsFlag") != SUMMED:
        return None
    return SUMMARY, routes.summary_due(released.year, released.month, holidays(p), p.values)


def _late(month: tuple[int, int], p: Params) -> list[Finding]:
    due = routes.summary_due(*month, holidays(p), p.values)
    return routes.summed_up_in_time(p.day, due)


def _summed(merged: Sequence[summing.Merged]) -> Amounts:
    lines: list[dict[str, Any]] = [
        {
            "gnum": str(at),
            "declaration": str(declaration),
            "hs": line.shared["gcode"],
            "gname": line.gname,
            "currency": line.shared["currency"],
            "quantity": f"{line.sums['qty'].normalize():f}",
            "unit": line.shared["unit"],
            "value": to_fen(line.sums["totalPrice"]),
            "of_lines": str(len(line.lines)),
        }
        for declaration, one in enumerate(merged, 1)
        for at, line in enumerate(one.lines, 1)
    ]
    currencies = {line["currency"] for line in lines}
    return {
        "value": to_fen(sum((line["value"] for line in lines), ZERO)),
        "currency": currencies.pop() if len(currencies) == 1 else "",
        "inventories": str(sum(len(one.inventories) for one in merged)),
        "declarations": str(len(merged)),
        "lines": lines,
    }
