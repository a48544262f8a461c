"""Exports between firms by goods declaration (9710, 9810): what it says of its order.

The number of the order or booking stands among the attached files, under a category of its own;
company, mode and lines have other names than in the papers of e-commerce, and are put into those.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from single_window.domain.conditions import Record
from single_window.domain.regime import Facts
from single_window.domain.rules import Assessed, Params
from single_window.regimes.ecommerce_export import levy, routes, rules
from single_window.regimes.ecommerce_export.rules import Found
from single_window.regimes.ecommerce_export.terms import (
    CNY,
    DECLARATION,
    ORDER_TYPES,
    SUMMED,
    finding,
)

ATTACHED = "10000004"
"""Category of the attached file that is the order of an export between firms."""
HEAD, LINES, FILES = "DecHead", "DecLists/DecList", "EdocRealation"
NAMES: Mapping[str, str] = {
    "gnum": "GNo",
    "gcode": "CodeTS",
    "gname": "GName",
    "qty": "GQty",
    "unit": "GUnit",
    "price": "DeclPrice",
    "totalPrice": "DeclTotal",
    "currency": "TradeCurr",
}
"""What the papers of e-commerce call a field of a line -> what a declaration calls it."""
CALLED: Mapping[str, str] = {
    "guid": "DecSign/ClientSeqNo",
    "ebcCode": f"{HEAD}/TradeCode",
    "ebcName": f"{HEAD}/TradeName",
    "agentCode": f"{HEAD}/AgentCode",
    "agentName": f"{HEAD}/AgentName",
    "tradeMode": f"{HEAD}/TradeMode",
    "customsCode": f"{HEAD}/CustomMaster",
    "orderNo": f"{FILES}/EdocID",
    **{name: f"{LINES}/{own}" for name, own in NAMES.items()},
}
"""Where each fact stands in a declaration."""

_VALUED = ("gnum", "gcode", "totalPrice", "currency")
"""What a line's value is computed of."""
CODES = frozenset({"CBEX-DEC-LINES"})
book = rules.book


def facts(record: Record) -> Facts:
    """What a declaration says, in the words of the order that it goes with."""
    head: Mapping[str, str] = record.get(HEAD) or {}
    lines = (record.get("DecLists") or {}).get("DecList", ())
    told: dict[str, Any] = {
        "guid": (record.get("DecSign") or {}).get("ClientSeqNo", ""),
        "ebcCode": head.get("TradeCode") or head.get("TradeCoScc", ""),
        "ebcName": head.get("TradeName", ""),
        "agentCode": head.get("AgentCode", ""),
        "agentName": head.get("AgentName", ""),
        "tradeMode": head.get("TradeMode", ""),
        "customsCode": head.get("CustomMaster", ""),
        "orderNo": order_no(record),
    }
    found: Facts = {name: text for name, text in told.items() if text}
    found["lines"] = [_line(line) for line in lines]
    return found


def _line(line: Mapping[str, str]) -> dict[str, str]:
    told = {name: line[own] for name, own in NAMES.items() if line.get(own)}
    if told.get("currency") == "CNY":
        told["currency"] = CNY
    return told


def order_no(record: Record) -> str:
    """The number of the order or booking among the attached files; empty where there is none."""
    files = record.get(FILES) or ()
    return next((each.get("EdocID", "") for each in files if each.get("EdocCode") == ATTACHED), "")


@book.rule("EXP-B2B-01", message=DECLARATION)
def a_declaration_names_its_order(record: Record, p: Params) -> Found:
    """A declaration of 9710 or 9810 carries the number of its order or booking (EXP-B2B-01)."""
    mode = (record.get(HEAD) or {}).get("TradeMode", "")
    if order_no(record):
        return None
    wanted = ORDER_TYPES[mode]
    return [finding("EXP-B2B-01", "reject", f"{HEAD}/TradeMode", mode, expected=wanted)]


@book.assessment("CBEX-DEC-LINES", "EXP-B2B-04", "EXP-B2B-04-OPEN", message=DECLARATION)
def a_declaration_claims_its_refund(record: Record, p: Params) -> Assessed:
    """What the goods come to, and the refund that a declaration may claim (EXP-9610-09)."""
    told = facts(record)
    lines = told["lines"]
    for at, line in enumerate(lines, 1):
        missing = next((NAMES[name] for name in _VALUED if not line.get(name)), "")
        if missing:
            return [finding("CBEX-DEC-LINES", "hold", f"{LINES}[{at}]/{missing}")], None
    found = routes.begun(p.day, told.get("customsCode", ""), p.values)
    how = levy.treatment(told.get("tradeMode", ""), SUMMED, p.values)
    return found, partial(levy.amounts, lines, levy.value(lines, p.rates), how, p.values)
