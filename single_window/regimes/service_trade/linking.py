"""What a contract of services points to: the declaration, work order or waybill of its goods.

A work order is named by its account book and its own number, a waybill by its carrier and its
number, both joined by a bar; a declaration by the unified number that customs gave it, or by that
of its inventory. A call at a port has no paper here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from single_window.domain.acts import By, Link, Target
from single_window.domain.conditions import number
from single_window.domain.findings import Finding, Severity
from single_window.domain.lifecycle import REACHED, Outcome
from single_window.domain.money import ZERO
from single_window.domain.regime import Facts
from single_window.domain.rules import Params
from single_window.regimes.service_trade.rules import CLOSED
from single_window.regimes.service_trade.terms import CONTRACT, finding, plain

CODES = frozenset(
    {"SVC-LINK-FEE", "SVC-LINK-FORM", "SVC-LINK-NONE", "SVC-LINK-OPEN", "SVC-LINK-STATE"}
)
DECLARATION, WORK_ORDER, WAYBILL = "1", "2", "3"
_REPAIR, _BAR, _DOLLAR = "repair", "|", "USD"
_GOODS: Mapping[str, Sequence[tuple[tuple[str, ...], By]]] = {
    DECLARATION: (
        (("DecMessage", "INV101", "InvtMessage", "CEB603Message", "CEB621Message"), "invt_no"),
    ),
    WORK_ORDER: ((("RepairWorkOrder",), "key"),),
    WAYBILL: ((("CEB505Message", "CEB511Message"), "waybill"),),
}
"""By kind of link: which papers, and by which of their numbers."""
_DONE = (*REACHED, Outcome.CLOSED.value)


def links(message: str, facts: Facts) -> Sequence[Link]:
    """What a contract points to, as it can be looked up."""
    if message != CONTRACT:
        return []
    return [
        Link(messages, by, each["linkNo"], f"LinkedGoods[{at}]/linkNo")
        for at, each in enumerate(facts.get("links", ()), 1)
        for messages, by in _GOODS.get(each["linkKind"], ())
    ]


def linked(link: Link, target: Target | None, facts: Facts, p: Params) -> Sequence[Finding]:
    """What is wrong with goods that a contract points to; for a repair a person looks at it."""
    if facts.get("registerType") == CLOSED:
        return []
    grave: Severity = "hold" if facts.get("serviceKind") == _REPAIR else "warn"
    if target is None:
        joined = link.by in ("key", "waybill")
        code = "SVC-LINK-FORM" if joined and _BAR not in link.number else "SVC-LINK-NONE"
        return [finding(code, grave, link.path, link.number)]
    if target.outcome not in _DONE:
        return [finding("SVC-LINK-STATE", "warn", link.path, link.number)]
    if "finishedOn" in target.facts or link.messages == ("RepairWorkOrder",):
        return _finished(link, target, grave)
    return _fee_agrees(link, target, facts, grave)


def _finished(link: Link, target: Target, grave: Severity) -> list[Finding]:
    """The work that is paid for has been done."""
    if target.facts.get("finishedOn"):
        return []
    return [finding("SVC-LINK-OPEN", grave, link.path, link.number)]


def _fee_agrees(link: Link, target: Target, facts: Facts, grave: Severity) -> list[Finding]:
    """The fee in the declaration of goods that went back is that of the contract (工缴费, USD)."""
    fees = [number(line.get("WorkUsd") or "") for line in target.facts.get("lines", ())]
    fee = sum((each for each in fees if each is not None), ZERO)
    total = number(str(facts.get("totalAmount") or ""))
    known = fee and total is not None and facts.get("currency") == _DOLLAR
    if not known or fee == total or facts.get("serviceKind") != _REPAIR:
        return []
    return [
        finding(
            "SVC-LINK-FEE", grave, link.path, plain(Decimal(fee)), expected=plain(total or ZERO)
        )
    ]
