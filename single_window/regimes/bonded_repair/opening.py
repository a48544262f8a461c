"""May this account be opened: its period, its currency, and each of its goods (开户审核)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from single_window.domain.books.account import Book, Item, Role
from single_window.domain.books.judging import months_after, plain
from single_window.domain.books.state import worth
from single_window.domain.findings import Finding
from single_window.regimes.bonded_repair import balance, catalogue
from single_window.regimes.bonded_repair.terms import finding, law, on

CODES = frozenset(
    {"BOOK-B11-PERIOD", "BOOK-B11-REPORT", "BOOK-B12-OPEN", "BOOK-LINKED", "BOOK-LINKED-TWICE",
     "REP-01", "REP-01-CODE", "REP-01-OPEN", "REP-01-OWN", "REP-02", "REP-04"}
)  # fmt: skip


def opened(book: Book, items: Mapping[int, Item], day: date, path: str = "") -> list[Finding]:
    """Findings on the header and the items of an account, by the law of the day of its opening."""
    found = [*_period(book, items.values(), day, path)]
    for item in items.values():
        found += _linked(item, items)
        if book.max_turnover is not None and item.price is not None and worth(item, book) is None:
            found.append(_on(item, "BOOK-B12-OPEN", "currency", item.currency, book.currency))
        if item.role is Role.GOODS:
            found += _goods(book, item, day)
    return found


def _period(book: Book, items: Iterable[Item], day: date, path: str) -> Iterator[Finding]:
    """The longest period is 24 months in a zone, 12 outside; large goods follow contracts."""
    limit = _limit(book, day)
    within = 0 < book.months <= limit or (book.months > 0 and _by_contract(book, items))
    if not within:
        yield finding("BOOK-B11-PERIOD", "reject", _at(path, "months"), plain(Decimal(book.months)),
                      expected=str(limit))  # fmt: skip


def reported(
    book: Book, items: Mapping[int, Item], span: tuple[date | None, date | None], path: str
) -> Iterator[Finding]:
    """The days of a report are no more than the longest period either (B11)."""
    first, last = span
    if first is None or last is None or _by_contract(book, items.values()):
        return
    limit = _limit(book, first)
    if last >= months_after(first, limit):
        yield finding("BOOK-B11-REPORT", "reject", _at(path, "to"), last.isoformat(),
                      expected=str(limit), since=first.isoformat())  # fmt: skip


def _limit(book: Book, day: date) -> int:
    values = law(day)
    return values.months_in_zone if book.in_zone else values.months_outside


def _by_contract(book: Book, items: Iterable[Item]) -> bool:
    goods = [item for item in items if item.role is Role.GOODS]
    return bool(goods) and all(item.large for item in goods) and book.contract_until is not None


def _goods(book: Book, item: Item, day: date) -> Iterator[Finding]:
    """REP-04 and, in a zone, REP-01 and REP-02."""
    if item.prohibited and not item.approved:
        yield _on(item, "REP-04", "prohibited", item.hs)
    if not book.in_zone or item.approved:
        return
    hint = catalogue.hinted(item.hs, book.kind, day) if item.hs else None
    if item.catalogued is None and hint is None:
        if not item.own_group:
            yield _on(item, "REP-01-OPEN", "catalogue", item.hs)
            return
    elif item.catalogued and hint is None and catalogue.strange(item.hs, book.kind, day):
        yield _on(item, "REP-01-CODE", "hs", item.hs)
    elif hint is not None and hint.own_group_only and not item.own_group:
        yield _on(item, "REP-01-OWN", "ownGroup", item.hs, hint.name_en, name_zh=hint.name_zh,
                  name_en=hint.name_en)  # fmt: skip
        return
    catalogued = item.catalogued if item.catalogued is not None else hint is not None
    for each in balance.may_be_repaired(
        catalogued=catalogued, own_group=item.own_group, allowed=on(day)["own_group"]
    ):
        yield _on(item, each.code, "catalogue", item.hs)


def _linked(item: Item, items: Mapping[int, Item]) -> Iterator[Finding]:
    """A repaired item goes with a waiting one, a part's old part is an old part; each once."""
    missing = item.role is Role.REPAIRED and item.linked is None
    if missing or _wrongly_linked(item, items):
        linked = "" if item.linked is None else str(item.linked)
        yield _on(item, "BOOK-LINKED", "linked", linked, _GOES_WITH.get(item.role, ""))
    elif item.role is Role.REPAIRED and _also(item, items):
        yield _on(item, "BOOK-LINKED-TWICE", "linked", str(item.linked), _also(item, items))


_GOES_WITH = {Role.REPAIRED: Role.GOODS, Role.PART: Role.OLD}


def _also(item: Item, items: Mapping[int, Item]) -> str:
    """An item before this one that goes with the same waiting goods; "" where there is none."""
    same = (each for each in items.values() if (each.role, each.linked) == (item.role, item.linked))
    return next((str(each) for each in same if each.seqno < item.seqno), "")


def _wrongly_linked(item: Item, items: Mapping[int, Item]) -> bool:
    other = items.get(item.linked) if item.linked is not None else None
    wanted = _GOES_WITH.get(item.role)
    if wanted is None or item.linked is None:
        return False
    return other is None or other.role is not wanted


def sound(items: Mapping[int, Item], book: Book, day: date) -> dict[int, Item]:
    """The items by which entries can be judged: no link leads nowhere, a hint is good enough."""

    def catalogued(item: Item) -> bool | None:
        hint = catalogue.hinted(item.hs, book.kind, day) if item.hs else None
        return True if item.catalogued is None and hint is not None else item.catalogued

    return {
        seqno: replace(
            item,
            linked=None if _wrongly_linked(item, items) else item.linked,
            catalogued=catalogued(item),
        )
        for seqno, item in items.items()
    }


_WARNS = frozenset({"REP-02", "REP-01-OPEN", "REP-01-CODE", "BOOK-B12-OPEN"})


def _on(item: Item, code: str, name: str, value: str, expected: str = "", **more: str) -> Finding:
    return finding(code, "warn" if code in _WARNS else "reject", _at(item.path, name), value,
                   expected=expected, item=str(item), **more)  # fmt: skip


def _at(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name
