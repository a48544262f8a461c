"""The rules on papers of bonded repair."""

from __future__ import annotations

from collections.abc import Sequence

from single_window.domain.conditions import Record
from single_window.domain.findings import Finding
from single_window.domain.rules import Params, Rulebook
from single_window.regimes.bonded_repair import accounts, opening, reading
from single_window.regimes.bonded_repair.terms import ACCOUNT, BOOK_CODES, WORK_ORDER, finding

book = Rulebook()


@book.rule(*sorted(BOOK_CODES | opening.CODES), message=ACCOUNT)
def an_account_holds_together(record: Record, p: Params) -> Sequence[Finding]:
    """A whole account: may it be opened, is each entry right, does it balance (B1 to B12)."""
    return accounts.judged(record, p.day).findings


@book.rule("BOOK-VALUE", "BOOK-RESULT", message=WORK_ORDER)
def a_work_order_can_be_read(record: Record, p: Params) -> Sequence[Finding]:
    """Its days, words and quantities are some, and what is finished has a result."""
    _, found = reading.work_order(record)
    if record.get("finishedOn") and not record.get("result"):
        found.append(finding("BOOK-RESULT", "reject", "result"))
    return found
