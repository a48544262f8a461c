"""What the papers of bonded repair enter into an account book, and when (核增、核扣).

An inventory is pre-deducted once customs has approved it, and deducted once its declaration is
released and, in a zone, the goods are through the gate; one without a declaration waits for none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from single_window.domain.books.account import Book, Item, Place, Role
from single_window.domain.books.entries import Entry, Kind, Line
from single_window.domain.books.papers import Doing, Filed, Items, Keeping
from single_window.domain.books.state import State
from single_window.domain.conditions import number
from single_window.domain.findings import Finding
from single_window.domain.money import ZERO
from single_window.regimes.bonded_repair import accounting, reporting
from single_window.regimes.bonded_repair.terms import REMARKS, finding, law, on

INVENTORIES = ("INV101", "InvtMessage")
PASSES = frozenset({"SAS121", "PassPortMessage"})
DECLARATION, ACCOUNT, REPORT = "DecMessage", "EMS111", "EMS121"
CONSUMPTION, WORK_ORDER = "CMB101", "RepairWorkOrder"
CHINA = "142"
DEDUCTED = "deducted"
"""What the history calls customs' own word that it has deducted an inventory."""
IN, DECLARED, THROUGH = "I", "1", "released"
_GROUPS = {"INV101": ("BondInvtBsc", "BondInvtDt"), "InvtMessage": ("InvtHeadType", "InvtListType")}
_NAMES = {
    "quantity": "dclQty", "item": "putrecSeqno", "unit": "dclUnitcd", "serial": "rmk",
    "origin": "natcd", "mode": "supvModecd", "kind": "supvModecd", "book": "putrecNo",
    "company": "bizopEtpsno", "day": "invtDclTime", "number": "etpsInnerInvtNo", "lines": "",
}  # fmt: skip
_BOOKS = {**dict.fromkeys(INVENTORIES, "putrecNo"), CONSUMPTION: "emsNo", REPORT: "emsNo",
          ACCOUNT: "emsNo", WORK_ORDER: "emsNo"}  # fmt: skip
_SALES = {"0245": Kind.TAX, "0644": Kind.TAX, "0844": Kind.SELL, "0845": Kind.SELL}
"""Supervision modes of what stays in China: materials taxed, scrap sold (recalled)."""
_WITHOUT_GATE = frozenset({Kind.DESTROY, Kind.TAX})


def book_of(paper: Filed) -> str:
    """The number of the book that a paper speaks of; that of a new one comes with its approval."""
    name = _BOOKS.get(paper.message, "")
    return str(paper.facts.get(name) or paper.numbers.get(name) or "") if name else ""


def doing(paper: Filed, book: Book, items: Items) -> Doing:
    """What a paper does to its book."""
    if paper.message in INVENTORIES:
        return _inventory(paper)
    if paper.message == CONSUMPTION and not book.by_orders:
        return _consumption(paper, items)
    if paper.message == REPORT:
        return reporting.doing(paper)
    if paper.message == WORK_ORDER and paper.record:
        return accounting.work_order(paper)
    return Doing()


def due(paper: Filed, book: Book, others: Sequence[Filed]) -> bool:
    """Whether what a paper says has come about, given the papers that name it."""
    if paper.message not in INVENTORIES or DEDUCTED in paper.heard:
        return True
    declared = [each.outcome for each in others if each.message == DECLARATION]
    if paper.facts.get("dclcusFlag") == DECLARED and {*declared} != {THROUGH}:
        return False
    if not book.in_zone or _kind(paper) in _WITHOUT_GATE:
        return True
    passes = [each for each in others if each.message in PASSES]
    return {each.outcome for each in passes} == {THROUGH} and not _still_outside(paper, passes)


def _still_outside(paper: Filed, passes: Sequence[Filed]) -> bool:
    """Whether some of the goods have not gone through the gate, where each vehicle has its part."""
    if not any("carried" in each.facts for each in passes):
        return False
    left: dict[str, Decimal] = defaultdict(Decimal)
    for row in paper.facts.get("lines", ()):
        left[row.get("gdecd", "")] += number(row.get("dclQty") or "") or ZERO
    for each in passes:
        for row in each.facts.get("carried", ()):
            left[row.get("gdecd", "")] -= number(row.get("dclQty") or "") or ZERO
    return any(quantity > 0 for quantity in left.values())


# --- inventories ------------------------------------------------------------------------------


def _kind(paper: Filed) -> Kind:
    """What an inventory does, by its direction and its supervision mode."""
    if paper.facts.get("impexpMarkcd") == IN:
        return Kind.IN
    mode, values = paper.facts.get("supvModecd", ""), on(paper.day)
    if mode in values["reexport_modes"]:
        return Kind.REEXPORT
    return Kind.DESTROY if mode in values["destroy_modes"] else _SALES.get(mode, Kind.OUT)


def _inventory(paper: Filed) -> Doing:
    facts, kind = paper.facts, _kind(paper)
    head, group = _GROUPS[paper.message]
    client = paper.message != INVENTORIES[0]
    country = str(facts.get("stshipTrsarvNatcd", ""))
    said: dict[str, Any] = {
        "number": str(facts.get("etpsInnerInvtNo", "")),
        "lines": tuple(
            line
            for at, row in enumerate(facts.get("lines", ()), 1)
            for line in _lines(row, f"{group}[{at}]")
        ),
        "book": str(facts.get("putrecNo", "")),
        "company": str(facts.get("bizopEtpsno", "")),
        "path": head,
        "names": {ours: _capital(theirs) for ours, theirs in _NAMES.items()} if client else _NAMES,
    }
    if country and kind in (Kind.IN, Kind.OUT):
        said["side"] = Place.CHINA if country == CHINA else Place.ABROAD
    record = str(facts.get("entryNo") or facts.get("rmk") or "")
    makes = Entry(kind, paper.day, mode=str(facts.get("supvModecd", "")), record=record, **said)
    asks = () if kind is Kind.IN else (Entry(Kind.RESERVE, paper.day, **said),)
    return Doing((makes,), asks)


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _lines(row: Mapping[str, str], path: str) -> Sequence[Line]:
    """The lines of a book that a line of an inventory is: one for each numbered piece."""
    quantity = number(row.get("dclQty") or "")
    item = number(row.get("putrecSeqno") or "")
    line = Line(
        int(item) if item is not None and item.is_finite() else 0, quantity,
        row.get("dclUnitcd", ""), path=path,
    )  # fmt: skip
    named = REMARKS["serials"].search(row.get("rmk", ""))
    serials = [each for each in REMARKS["between"].split(named[1]) if each] if named else []
    if len(serials) != quantity:
        return [_piece(line, serials[0], quantity)] if serials else [line]
    return [_piece(line, serial, Decimal(1)) for serial in serials]


def _piece(line: Line, serial: str, quantity: Decimal | None) -> Line:
    return Line(line.item, quantity, line.unit, serial=serial, path=line.path)


# --- consumption ------------------------------------------------------------------------------


def _consumption(paper: Filed, items: Items) -> Doing:
    """Parts used up, and what scrap came of them, where no work orders say so already."""
    facts, known = paper.facts, items()
    about: dict[str, Any] = {
        "book": str(facts.get("emsNo", "")), "company": str(facts.get("bizopEtpsno", "")),
        "names": {"item": "mtpckSeqno", "book": "emsNo", "company": "bizopEtpsno", "lines": ""},
    }  # fmt: skip
    own = str(facts.get("sasCmbPreentNo") or facts.get("cmbNo") or "")
    used = tuple(
        Line(_whole(row.get("mtpckSeqno")), number(row.get("ucnsNetUseupQty") or ""),
             path=f"SasCmbImg[{at}]")
        for at, row in enumerate(facts.get("used", ()), 1)
    )  # fmt: skip
    scrap, unread = _scrap(facts.get("scrap", ()), known)
    makes = [
        Entry(kind, paper.day, own, lines, path="SasCmbBsc",
              **{**about, "names": {**about["names"], "quantity": quantity}})
        for kind, lines, quantity in (
            (Kind.ISSUE, used, "ucnsNetUseupQty"), (Kind.WASTE, tuple(scrap), "dclQty"))
        if lines
    ]  # fmt: skip
    return Doing(makes, unread=unread)


def _scrap(
    rows: Sequence[Mapping[str, str]], items: Mapping[int, Item]
) -> tuple[list[Line], list[Finding]]:
    """The scrap of a form goes to the item of scrap with its goods code, or to the only one."""
    there = [item for item in items.values() if item.role is Role.SCRAP]
    lines, unread = [], []
    for at, row in enumerate(rows, 1):
        same = [item for item in there if item.hs == row.get("gdecd")] or there
        path = f"SasCmbRbg[{at}]"
        if len(same) != 1:
            unread.append(finding("BOOK-SCRAP", "hold", f"{path}/gdecd", row.get("gdecd", "")))
            continue
        lines.append(Line(same[0].seqno, number(row.get("dclQty") or ""), path=path))
    return lines, unread


def _whole(text: str | None) -> int:
    found = number(text or "")
    return int(found) if found is not None and found.is_finite() else 0


# --- what is compared -------------------------------------------------------------------------


def period(paper: Filed) -> tuple[date | None, date] | None:
    """The period that a report, or a consumption form beside work orders, speaks of."""
    if paper.message == REPORT:
        return reporting.period(paper, "chgoffDueTime")
    if paper.message == CONSUMPTION:
        return reporting.period(paper, "cmEndTime", "cmBeginTime")
    return None


def compare(paper: Filed, state: State) -> Sequence[Finding]:
    """What a report says against what the book says of the same period."""
    if paper.message == REPORT:
        return reporting.report(paper, state)
    return reporting.consumption(paper, state) if state.book.by_orders else ()


KEEPING = Keeping(
    law=law,
    opened=accounting.opened,
    book_of=book_of,
    doing=doing,
    due=due,
    change=accounting.change,
    period=period,
    compare=compare,
    drafted=reporting.drafted,
)
