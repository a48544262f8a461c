"""The rules on papers of bonded repair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from single_window.domain.books.entries import Entry, Kind, Line
from single_window.domain.books.judging import plain
from single_window.domain.conditions import Record
from single_window.domain.findings import Finding
from single_window.domain.rules import Params, Rulebook
from single_window.regimes.bonded_repair import accounting, accounts, opening, reading
from single_window.regimes.bonded_repair.terms import ACCOUNT, BOOK_CODES, WORK_ORDER, finding

book = Rulebook()


@book.rule(*sorted(BOOK_CODES | opening.CODES), message=ACCOUNT)
def an_account_holds_together(record: Record, p: Params) -> Sequence[Finding]:
    """A whole account: may it be opened, is each entry right, does it balance (B1 to B12)."""
    return accounts.judged(record, p.day).findings


@book.rule(
    *("BOOK-VALUE", "BOOK-RESULT", "BOOK-QTY", "BOOK-SERIAL-ONE"),
    *("BOOK-ORDER-CLOSED", "BOOK-ORDER-DAYS", "BOOK-ORDER-END"),
    message=WORK_ORDER,
)
def a_work_order_can_be_read(record: Record, p: Params) -> Sequence[Finding]:
    """Its days, words and quantities are some, and what is finished has a result."""
    entries, found = reading.work_order(record)
    found += _days(entries)
    found += (each for entry in entries for line in entry.lines for each in _quantity(line))
    finished = record.get("finishedOn") or record.get("result")
    for name, code in (("result", "BOOK-RESULT"), ("finishedOn", "BOOK-ORDER-END")):
        if finished and not record.get(name):
            found.append(finding(code, "reject", name))
    return found


def _days(entries: Sequence[Entry]) -> Iterator[Finding]:
    """What happens to an order happens between its opening and its end."""
    opened = entries[0].day
    ends = (each.day for each in entries if each.kind is Kind.FINISH and each.day >= opened)
    last = next(ends, date.max)
    for entry in entries:
        at = reading.at(entry.path, "finishedOn" if entry.kind is Kind.FINISH else "date")
        if entry.day < opened:
            day = entry.day.isoformat()
            yield finding("BOOK-ORDER-DAYS", "reject", at, day, expected=opened.isoformat())
        elif entry.day > last:
            yield finding("BOOK-ORDER-CLOSED", "reject", at, entry.order, expected=last.isoformat())


def _quantity(line: Line) -> Iterator[Finding]:
    if line.quantity is None:
        return
    at, told = reading.at(line.path, "quantity"), plain(line.quantity)
    if line.quantity <= 0:
        yield finding("BOOK-QTY", "reject", at, told, item=str(line.item))
    elif line.serial and line.quantity != 1:
        yield finding(
            "BOOK-SERIAL-ONE", "reject", at, told, item=str(line.item), serial=line.serial
        )


@book.rule("BREP-EMS-NUMBER", message=accounting.ACCOUNT)
def an_item_has_a_number_of_its_own(record: Record, p: Params) -> Sequence[Finding]:
    """Materials and products of a book are numbered through, so that one number is one item."""
    first: dict[str, int] = {}
    found = []
    for at, row in enumerate(record.get("EmsPutrecDt", ()), 1):
        number = row.get("gdsSeqno", "")
        if number and first.setdefault(number, at) != at:
            found.append(finding("BREP-EMS-NUMBER", "reject", f"EmsPutrecDt[{at}]/gdsSeqno",
                                 number, expected=f"EmsPutrecDt[{first[number]}]"))  # fmt: skip
    return found
