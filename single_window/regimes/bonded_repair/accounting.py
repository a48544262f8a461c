"""Account books as customs' form opens and changes them (EMS111), and work orders as filed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from single_window.domain.books.account import Book, Item, Role
from single_window.domain.books.papers import Change, Doing, Filed
from single_window.domain.conditions import number
from single_window.domain.findings import Finding
from single_window.regimes.bonded_repair import accounts, opening, reading
from single_window.regimes.bonded_repair.reporting import day_of
from single_window.regimes.bonded_repair.terms import ACCOUNT as OWN
from single_window.regimes.bonded_repair.terms import REMARKS, finding

ACCOUNT = "EMS111"
HEADER = "EmsPutrecBsc"
IN_ZONE = "H"
"""The first letter of a book of a zone; books outside have others."""
USD, TEN_THOUSAND = "502", Decimal(10_000)
"""The maximum turnover is written in ten thousands of US dollars (recalled)."""
PRODUCT = "E"


def opened(book: Book, items: Mapping[int, Item], day: date) -> Iterable[Finding]:
    """What is wrong with a book that is opened on a day."""
    return opening.opened(book, items, day)


def work_order(paper: Filed) -> Doing:
    """A work order enters all that it says by being filed."""
    entries, unread = reading.work_order(paper.record)
    return Doing(entries, at_once=True, unread=unread)


def change(paper: Filed, book: Book | None) -> Change | None:
    """What an accepted EMS111 makes of the book: a new one, or another header and other items.

    A whole account in the window's own form opens its book by being filed.
    """
    if paper.message == OWN and paper.record:
        read, _ = reading.account(paper.record)
        found = accounts.judged(paper.record, paper.day).findings
        entries = sorted(read.entries, key=lambda entry: entry.day)
        return Change(read.book, read.items, True, entries, at_once=True, found=found)
    if paper.message != ACCOUNT:
        return None
    facts = paper.facts
    known = book or Book(
        str(facts.get("emsNo") or paper.numbers.get("emsNo") or ""),
        str(facts.get("bizopEtpsno", "")), opened=paper.day, currency=USD,
    )  # fmt: skip
    turnover, months = (number(facts.get(name) or "") for name in ("maxTovrAmt", "vclrPridVal"))
    header = replace(
        known,
        in_zone=known.number.startswith(IN_ZONE),
        valid_until=day_of(facts.get("finishValidDate")) or known.valid_until,
        max_turnover=turnover * TEN_THOUSAND if turnover else known.max_turnover,
        months=int(months) if months else known.months,
        customs=str(facts.get("masterCuscd") or known.customs),
    )
    items = _items(facts.get("lines", ()))
    return Change(header, items, new=book is None, found=_others(facts, known))


def _others(facts: Mapping[str, str], book: Book) -> list[Finding]:
    """A book is changed by its own company and by nobody else's paper."""
    company = str(facts.get("bizopEtpsno") or "")
    if not company or not book.company or company == book.company:
        return []
    return [finding("BOOK-OTHER", "reject", f"{HEADER}/bizopEtpsno", company,
                    expected=book.company, document=ACCOUNT)]  # fmt: skip


def _items(rows: Iterable[Mapping[str, str]]) -> dict[int, Item]:
    """The items of the form: repaired goods are products, and go with the material of their name.

    Which materials are old parts or scrap, and which pieces are numbered, the remark says (own
    convention).
    """
    numbered = [(int(n), row) for row in rows if (n := number(row.get("gdsSeqno") or ""))]
    products = {_same(row): seqno for seqno, row in numbered if _product(row)}
    waiting = {_same(row): seqno for seqno, row in numbered if not _product(row)}
    found = {}
    for at, (seqno, row) in enumerate(numbered, 1):
        same = _same(row)
        role = _role(row, goods=same in products)
        linked = {Role.REPAIRED: waiting, Role.GOODS: products}.get(role, {}).get(same)
        found[seqno] = Item(
            seqno, role, row.get("gdsNm", ""), row.get("gdsMtno", ""), row.get("gdecd", ""),
            row.get("dclUnitcd", ""), number(row.get("dclUprcAmt") or ""),
            row.get("dclCurrcd", ""), linked, serials=_says("numbered", row),
            path=f"EmsPutrecDt[{at}]",
        )  # fmt: skip
    return _parts(found)


def _product(row: Mapping[str, str]) -> bool:
    return row.get("mtpckEndprdTypecd") == PRODUCT


def _same(row: Mapping[str, str]) -> str:
    """What the waiting goods and the repaired ones have in common: part number, or name."""
    return row.get("gdsMtno") or row.get("gdsNm", "")


def _role(row: Mapping[str, str], *, goods: bool) -> Role:
    if _product(row):
        return Role.REPAIRED
    if goods:
        return Role.GOODS
    if _says("old", row):
        return Role.OLD
    return Role.SCRAP if _says("scrap", row) else Role.PART


def _says(name: str, row: Mapping[str, str]) -> bool:
    return bool(REMARKS[name].search(row.get("rmk", "")))


def _parts(items: dict[int, Item]) -> dict[int, Item]:
    """Each part goes with the old part of its number, where there is one."""
    old = {item.material_no: item.seqno for item in items.values() if item.role is Role.OLD}
    return {
        seqno: replace(item, linked=old.get(item.material_no)) if item.role is Role.PART else item
        for seqno, item in items.items()
    }
