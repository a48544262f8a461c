"""Money of services at the simulated FX office: contracts and tax records, counted down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from adapters.stubs.accounts import UNITS, Item, Move, Paper

Facts = Mapping[str, Any]
_ONLY = "1"
"""Contract and record have one item each: their money."""
_REFUND, _COMES_BACK = "1", "R"
_CLOSING = "3"


def number(facts: Facts, seq: int, day: str) -> dict[str, str]:
    """The case number: FX, the day, and a running number."""
    return {"fxCaseNo": f"FX{day}{seq:09d}"}


def _contract(facts: Facts) -> Sequence[Paper]:
    """Opens a contract that has a total; opened again by a change, it has the new one.

    Its closing leaves it as it is.
    """
    total = facts.get("totalAmount")
    if not total or facts.get("registerType") == _CLOSING:
        return ()
    book = f"{facts['uscc']}|{facts['contractNo']}"
    return (Paper(book, [Item(_ONLY, _ONLY, _units(total))], tells="balance"),)


def _paid(facts: Facts) -> Sequence[Paper]:
    """Takes a payment of its contract, and of its tax record, which is opened as tax gave it."""
    if facts.get("isRefund") == _REFUND:
        return ()
    taken = [Move(_ONLY, -_units(facts["amount"]))]
    papers = []
    if contract := facts.get("contractNo"):
        papers.append(Paper(f"{facts['payerCode']}|{contract}", moves=taken, tells="balance"))
    if record := facts.get("taxRecordNo"):
        room = [Item(_ONLY, _ONLY, _units(facts.get("recordAmount") or facts["amount"]))]
        papers.append(Paper(record, room, taken, tells="balance"))
    return papers


def _received(facts: Facts) -> Sequence[Paper]:
    """Takes a receipt of its contract; money that comes back takes nothing."""
    contract = facts.get("contractNo")
    if not contract or facts.get("receiptKind") == _COMES_BACK:
        return ()
    taken = [Move(_ONLY, -_units(facts["amount"]))]
    return (Paper(f"{facts['payeeCode']}|{contract}", moves=taken, tells="balance"),)


def _units(text: str) -> int:
    return int(Decimal(text) * UNITS)


ACCOUNTING: dict[str, Callable[[Facts], Sequence[Paper]]] = {
    "contract": _contract,
    "paid": _paid,
    "received": _received,
}
