"""The rules on papers of bonded repair."""

from __future__ import annotations

from collections.abc import Sequence

from single_window.domain.books.entries import Kind
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


@book.rule("BOOK-VALUE", "BOOK-RESULT", "BOOK-QTY", "BOOK-ORDER-DAYS", message=WORK_ORDER)
def a_work_order_can_be_read(record: Record, p: Params) -> Sequence[Finding]:
    """Its days, words and quantities are some, and what is finished has a result."""
    entries, found = reading.work_order(record)
    opened = entries[0].day
    for entry in entries:
        if entry.day < opened:
            name = "finishedOn" if entry.kind is Kind.FINISH else "date"
            found.append(finding("BOOK-ORDER-DAYS", "reject", reading.at(entry.path, name),
                                 entry.day.isoformat(), expected=opened.isoformat()))  # fmt: skip
        for line in entry.lines:
            if line.quantity is not None and line.quantity <= 0:
                found.append(finding("BOOK-QTY", "reject", reading.at(line.path, "quantity"),
                                     plain(line.quantity), item=str(line.item)))  # fmt: skip
    if record.get("finishedOn") and not record.get("result"):
        found.append(finding("BOOK-RESULT", "reject", "result"))
    return found


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
