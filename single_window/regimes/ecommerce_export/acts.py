"""The rules of papers that come after an export's inventory: binding, arrival, summary, return."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from single_window.domain.conditions import Record, day_of
from single_window.domain.rules import Params
from single_window.regimes.ecommerce_export import routes, rules
from single_window.regimes.ecommerce_export.rules import Found, named_once, numbered, paired
from single_window.regimes.ecommerce_export.terms import (
    ARRIVAL,
    BINDING,
    DEPARTURE,
    RETURN,
    SUMMARY,
    finding,
)

book = rules.book

_PARTS = {
    BINDING: ("WayBillHead", "WayBillList"),
    ARRIVAL: ("ArrivalHead", "ArrivalList"),
    DEPARTURE: ("DepartureHead", "DepartureList"),
    SUMMARY: ("SummaryApplyHead", "SummaryApplyList"),
}


def _head(record: Record) -> tuple[str, Mapping[str, str], str]:
    """The name of the head, what it says, and the name of the lines."""
    head, lines = next(parts for parts in _PARTS.values() if parts[0] in record)
    return head, record[head], lines


@book.rule("CBEX-PART", message=tuple(_PARTS))
def a_part_is_one_of_its_whole(record: Record, p: Params) -> Found:
    """A divided paper says which of its parts it is: from 1 to as many as there are."""
    name, head, _ = _head(record)
    at, count = int(head["msgSeqNo"]), int(head["msgCount"])
    if 1 <= at <= count:
        return None
    return [
        finding("CBEX-PART", "reject", f"{name}/msgSeqNo", head["msgSeqNo"], count=head["msgCount"])
    ]


@book.rule("CBEX-GNUM", "CBEX-GNUM-REPEAT", message=(BINDING, ARRIVAL, DEPARTURE))
def waybills_are_numbered(record: Record, p: Params) -> Found:
    """Line numbers run from 1; a later part of a divided paper may go on where the first ended."""
    _, head, lines = _head(record)
    numbers = [int(line["gnum"]) for line in record.get(lines, ())]
    if int(head["msgSeqNo"]) > 1 and numbers:
        numbers = [number - numbers[0] + 1 for number in numbers]
    return numbered(lines, numbers)


# --- summary ----------------------------------------------------------------------------------


@book.rule("CBEX-PERIOD", "CBEX-PERIOD-ORDER", "CBEX-PERIOD-NONE", message=SUMMARY)
def a_summary_says_of_what(record: Record, p: Params) -> Found:
    """By a period that has both ends, or by a list of inventories."""
    head = record["SummaryApplyHead"]
    start, end = head.get("startTime", ""), head.get("endTime", "")
    if bool(start) != bool(end):
        return [finding("CBEX-PERIOD", "reject", _time("endTime" if start else "startTime"))]
    if start and end < start:
        return [finding("CBEX-PERIOD-ORDER", "reject", _time("endTime"), end, expected=start)]
    if not start and not record.get("SummaryApplyList"):
        return [finding("CBEX-PERIOD-NONE", "reject", _time("startTime"))]
    return None


def _time(name: str) -> str:
    return f"SummaryApplyHead/{name}"


@book.rule("EXP-9610-03", message=SUMMARY)
def a_month_is_summed_up_in_time(record: Record, p: Params) -> Found:
    """The inventories of a month are summed up by the 15th of the next (EXP-9610-03)."""
    head = record["SummaryApplyHead"]
    start = day_of(head.get("startTime", "")[:8])
    if start is None or not p.in_force:
        return None
    due = routes.summary_due(start.year, start.month, holidays(p), p.values)
    return routes.summed_up_in_time(p.day, due)


def holidays(p: Params) -> frozenset[date]:
    """The days off that an operator has entered."""
    told = p.registers.get("holidays", {})
    return frozenset(date.fromisoformat(day) for day, off in told.items() if off)


# --- return -----------------------------------------------------------------------------------


@book.rule("CBEX-CHINA", message=RETURN)
def goods_come_back_from_abroad(record: Record, p: Params) -> Found:
    """The country that returned goods come from is not China."""
    country = record["InvtRefundHead"]["country"]
    if country.strip() != "142":
        return None
    return [finding("CBEX-CHINA", "reject", "InvtRefundHead/country", country)]


@book.rule("CBEX-GNUM-REPEAT", "CBEX-QTY2", message=RETURN)
def a_line_is_returned_once(record: Record, p: Params) -> Found:
    """A return names each line of its inventory once, a second quantity with its unit."""
    lines = record["InvtRefundList"]
    return [*named_once("InvtRefundList", lines), *paired("InvtRefundList", lines)]
