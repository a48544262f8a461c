"""Reports of customs' own form (EMS121, CMB101) against what the book says of their period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from single_window.domain.books.account import HOME, Item, Origin, Place, Role
from single_window.domain.books.balances import figures
from single_window.domain.books.entries import Entry, Kind, Line
from single_window.domain.books.judging import plain
from single_window.domain.books.papers import Doing, Filed
from single_window.domain.books.reconciling import Filed as Said
from single_window.domain.books.reconciling import reconcile
from single_window.domain.books.state import State
from single_window.domain.conditions import number
from single_window.domain.findings import Finding
from single_window.domain.money import ZERO
from single_window.regimes.bonded_repair.terms import finding

_STORED = {
    "vclrPridInitQty": "opening", "impOrExpTotalQty": "came_in", "csmTotalQty": "consumed",
    "lfmtImprQty": "wasted", "reexpQty": "reexported", "mtpckEndprdDstryQty": "destroyed",
    "actlRemainQty": "remaining",
}  # fmt: skip
_WASTE = {
    "vclrPridInitQty": "opening", "lfmtImprQty": "arisen", "reexpQty": "reexported",
    "lfmtDstryQty": "destroyed", "sdinQty": "sold", "actlRemainQty": "remaining",
}  # fmt: skip
_FIGURES: Mapping[Role, Mapping[str, str]] = {
    Role.GOODS: {"vclrPridInitQty": "opening", "impOrExpTotalQty": "came_in",
                 "actlRemainQty": "waiting"},
    Role.REPAIRED: {"impOrExpTotalQty": "shipped_repaired", "actlRemainQty": "repaired"},
    Role.PART: {**_STORED, "sdinQty": "taxed"},
    Role.OLD: _WASTE,
    Role.SCRAP: _WASTE,
}  # fmt: skip
"""Which figure of the book a column of the report is, by what the item is (recalled)."""
_COUNTED = "actlRemainQty"
_COLUMNS = {name: column for row in _FIGURES.values() for column, name in row.items()} | {
    "should_remain": "shdRemainQty"
}


_KINDS = {Role.GOODS: "I", Role.PART: "I", Role.REPAIRED: "E", Role.OLD: "R", Role.SCRAP: "R"}
"""What customs calls an item: material, finished goods, scrap (recalled for old parts)."""


def drafted(
    state: State, through: date, inventories: Sequence[tuple[str, str]]
) -> tuple[str, dict[str, str]]:
    """The report of a period as the ledger says it, by the names of the form's inputs.

    `inventories` are the numbers of what was entered, each with the kind of its entry.
    """
    book = state.book
    begun = book.closed_through + timedelta(days=1) if book.closed_through else book.opened
    kinds = [_KINDS[item.role] for item in state.items.values()]
    head = {
        "emsNo": book.number, "chgoffTypecd": "1", "chgoffDueTime": through.isoformat(),
        "chgoffBeginTime": begun.isoformat() if begun else "", "masterCuscd": book.customs,
        "bizopEtpsno": book.company, "rcvgdEtpsno": book.company,
        "chgoffTmsCnt": "" if book.closed_through else "1",
        "chgoffMtpckTotalCnt": str(kinds.count("I")),
        "chgoffEndprdTotalCnt": str(kinds.count("E")),
        "chgoffLfmtTotalCnt": str(kinds.count("R")),
        "impInvtTotalCnt": str(sum(kind == Kind.IN for _, kind in inventories)),
        "expInvtTotalCnt": str(sum(kind != Kind.IN for _, kind in inventories)),
    }  # fmt: skip
    times = head["chgoffTmsCnt"]
    values = {f"EmsChgoffBsc.{name}": text for name, text in head.items()}
    listed = [{"bondInvtNo": each, "dclTypecd": "1"} for each, _ in inventories]
    lines = [_row(state, item) for item in state.items.values()]
    for group, rows in (("EmsChgoffInvtLt", listed), ("EmsChgoffDt", lines)):
        for at, row in enumerate(rows, 1):
            whole = {"emsNo": book.number, "chgoffTmsCnt": times, **row}
            values |= {f"{group}.{at}.{name}": text for name, text in whole.items()}
    return "EMS121", values


def _row(state: State, item: Item) -> dict[str, str]:
    """The line of an item: what the book says, and what was counted."""
    found, columns = figures(state, item), _FIGURES[item.role]
    row = {column: plain(found[name]) for column, name in columns.items()}
    should = found[columns[_COUNTED]]
    counts = [
        each
        for (number_, _, place), each in state.counts.items()
        if number_ == item.ledger and place is HOME[item.role]
    ]
    there = sum((each.quantity for each in counts), ZERO) if counts else None
    row |= {"typecd": _KINDS[item.role], "seqno": str(item.seqno), "shdRemainQty": plain(should)}
    row[_COUNTED] = "" if there is None else plain(there)
    if there is not None:
        row["dsmlQty"] = plain(there - should)
        row["rmk"] = "; ".join(each.explanation for each in counts if each.explanation)
    return row


def day_of(text: object) -> date | None:
    """A day as customs writes it; None where it is none."""
    try:
        return date.fromisoformat(str(text or "")[:10])
    except ValueError:
        return None


def period(paper: Filed, last: str, first: str = "") -> tuple[date | None, date] | None:
    """First and last day by the names of the fields; None where the last cannot be read."""
    end = day_of(paper.facts.get(last))
    return (day_of(paper.facts.get(first)) if first else None, end) if end else None


def doing(paper: Filed) -> Doing:
    """A report counts; once customs has accepted it the period is closed."""
    facts = paper.facts
    through = day_of(facts.get("chgoffDueTime"))
    if through is None:
        return Doing()
    names = {"item": "seqno", "quantity": _COUNTED, "book": "emsNo", "company": "bizopEtpsno",
             "day": "chgoffDueTime", "kind": "chgoffTypecd", "lines": ""}  # fmt: skip
    lines = tuple(
        Line(int(item), found, explanation=str(row.get("rmk", "")), path=f"EmsChgoffDt[{at}]")
        for at, row in enumerate(facts.get("items", ()), 1)
        if (found := number(row.get(_COUNTED) or "")) is not None
        and (item := number(row.get("seqno") or "")) is not None
    )
    own = f"{facts.get('emsNo', '')}/{facts.get('chgoffTmsCnt', '')}"
    count, close = (
        Entry(kind, through, own, book=str(facts.get("emsNo", "")), path="EmsChgoffBsc",
              company=str(facts.get("bizopEtpsno", "")), names=names, lines=some)
        for kind, some in ((Kind.COUNT, lines), (Kind.CLOSE, ()))
    )  # fmt: skip
    return Doing((count, close), tries=(count,))


def report(paper: Filed, state: State) -> Sequence[Finding]:
    """The findings of rules B1 to B9 on a report, each at its own line."""
    said = []
    for at, row in enumerate(paper.facts.get("items", ()), 1):
        item = _item(state, row.get("seqno"))
        if item is None:
            continue
        read = {
            name: value
            for column, name in _FIGURES[item.role].items()
            if (value := number(row.get(column) or "")) is not None
        }
        should = number(row.get("shdRemainQty") or "")
        said.append(
            Said(item.seqno, read, Origin.UNSPLIT, should, str(row.get("rmk", "")),
                 f"EmsChgoffDt[{at}]")
        )  # fmt: skip
    return [_placed(each) for each in reconcile(state, said)]


def _placed(found: Finding) -> Finding:
    """The finding at the report's own name of the figure."""
    base, _, name = found.path.rpartition("/")
    return replace(found, path=f"{base}/{_COLUMNS.get(name, name)}" if base else found.path)


def _item(state: State, seqno: str | None) -> Item | None:
    found = number(seqno or "")
    return state.items.get(int(found)) if found is not None and found.is_finite() else None


def consumption(paper: Filed, state: State) -> list[Finding]:
    """Parts used by the form against those of the work orders of the same days."""
    found = []
    for at, row in enumerate(paper.facts.get("used", ()), 1):
        item, told = _item(state, row.get("mtpckSeqno")), number(row.get("ucnsNetUseupQty") or "")
        if item is None or told is None:
            continue
        used = _used(state, item)
        if told != used:
            path = f"SasCmbImg[{at}]/ucnsNetUseupQty"
            found.append(finding("BOOK-CONSUMPTION", "hold", path, plain(told),
                                 expected=plain(used), item=str(item)))  # fmt: skip
    return found


def _used(state: State, item: Item) -> Decimal:
    def moved(source: Place, target: Place) -> Decimal:
        flows = (state.flows.get((item.seqno, each, source, target), ZERO) for each in Origin)
        return sum(flows, ZERO)

    return moved(Place.PARTS, Place.USED) - moved(Place.USED, Place.PARTS)
