"""A whole account judged: may it be opened, is each entry right, does it balance, is it late."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from single_window.domain.books.balances import figures, names_of, origins_of, should_remain
from single_window.domain.books.judging import plain
from single_window.domain.books.state import State
from single_window.domain.books.statement import Account, Statement, statement
from single_window.domain.conditions import Record
from single_window.domain.findings import Finding
from single_window.regimes.bonded_repair import opening, reading
from single_window.regimes.bonded_repair.terms import law

_FORMS = {name: form for form, name in reading.FIGURES.items()}


def judged(record: Record, today: date) -> Statement:
    """What is to be said of a record of BondedAccount, as of a day."""
    account, unread = reading.account(record)
    begun = _begun(account, today)
    sound = opening.sound(account.items, account.book, begun)
    made = statement(replace(account, items=sound), law, today)
    has_book = bool(record.get("Book"))
    opened = opening.opened(account.book, account.items, begun, "Book") if has_book else []
    reported = opening.reported(account.book, account.items, account.span, "Report")
    spoken = {each.path for each in unread}
    placed = (_placed(each) for each in (*opened, *reported, *made.findings))
    made.findings = [*unread, *(each for each in placed if each.path not in spoken)]
    return made


def _begun(account: Account, today: date) -> date:
    days = [entry.day for entry in account.entries if entry.day.year > 1900]
    return account.book.opened or min(days, default=today)


def _placed(found: Finding) -> Finding:
    """The finding with the form's own name of the figure that it speaks of."""
    base, _, name = found.path.rpartition("/")
    if name not in _FORMS or "[" in name:
        return found
    if name == "exchanged" and base.startswith("Entry"):
        return found
    own = _FORMS[name] if base.startswith("Report") else "quantity"
    return replace(found, path=f"{base}/{own}")


def balances(state: State) -> list[dict[str, Any]]:
    """The figures of each item: in all, and by origin where goods of both are kept apart."""
    rows = []
    for item in state.items.values():
        if item.ledger != item.seqno:
            continue
        origins = origins_of(state, item)
        some = [(origin,) for origin in origins] if len(origins) > 1 or any(origins) else []
        for of in ((), *some):
            found = figures(state, item, of or origins)
            rows.append(
                {
                    "item": item.seqno,
                    "role": item.role.value,
                    "name": item.name,
                    "unit": item.unit,
                    "origin": of[0].value if of else None,
                    **{name: plain(found[name]) for name in names_of(item.role)},
                    "should_remain": plain(should_remain(found)),
                }
            )
    return rows


def pieces(state: State) -> list[dict[str, str]]:
    """Where each numbered piece is."""
    return [
        {
            "serial": piece.number,
            "item": str(piece.item),
            "origin": piece.origin.value,
            "place": piece.place.value,
            "order": piece.order,
            "entered": piece.entered.isoformat() if piece.entered else "",
            "deadline": piece.deadline.isoformat() if piece.deadline else "",
            "left": piece.left.isoformat() if piece.left else "",
        }
        for piece in state.serials.values()
    ]


def deadlines(made: Statement) -> list[dict[str, str]]:
    """What still has to leave, the most urgent first."""
    return [
        {
            "item": str(due.item),
            "origin": due.origin.value,
            "serial": due.serial,
            "quantity": plain(due.quantity),
            "entered": due.entered.isoformat(),
            "deadline": due.deadline.isoformat(),
            "days": str(due.days),
        }
        for due in made.dues
    ]
