"""The reconciliation report of a period, drafted from the ledger, with what does not balance."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from single_window.declarations.books import period
from single_window.declarations.books.listing import Listing, item_shown
from single_window.declarations.words import rendered
from single_window.domain.books.account import Item, Origin, Role
from single_window.domain.books.balances import (
    figures,
    names_of,
    origins_of,
    remain_of,
    share,
    should_remain,
)
from single_window.domain.books.judging import plain
from single_window.domain.books.reconciling import Filed, counted, reconcile
from single_window.domain.books.state import State
from single_window.domain.money import ZERO

Shown = dict[str, Any]


def draft(listing: Listing, through: date) -> Shown:
    """What the ledger says of the period that ends on a day: figures of each item, in all and by
    origin, what was counted and how it differs, and the findings on those counts.
    """
    state = period.state(listing.store, listing.connection, listing.row, (None, through))
    counts = counted(state)
    closed = state.book.closed_through
    return {
        "book": state.book.number,
        "closed_through": closed.isoformat() if closed else None,
        "through": through.isoformat(),
        "items": [
            _item(state, item, [each for each in counts if each.item == item.seqno])
            for item in state.items.values()
            if item.role is not Role.REPAIRED
        ],
        "findings": rendered(reconcile(state, counts), ""),
    }


def _item(state: State, item: Item, counts: Collection[Filed]) -> Shown:
    origins = origins_of(state, item)
    return item_shown(item) | {
        "figures": _figures(state, item, origins or tuple(Origin)),
        "origins": {origin.value or "-": _figures(state, item, (origin,)) for origin in origins},
        "counts": [_counted(state, item, each) for each in counts],
    }


def _figures(state: State, item: Item, origins: Collection[Origin]) -> Mapping[str, str]:
    found = figures(state, item, origins)
    shown = {name: plain(found[name]) for name in names_of(item.role)}
    return shown | {"should_remain": plain(should_remain(found))}


def _counted(state: State, item: Item, count: Filed) -> Shown:
    """One count of an item: what should be there, what was found, the difference and its rate."""
    found = figures(state, item, (count.origin,) if count.origin else tuple(Origin))
    names = [name for name in remain_of(item.role) if name in count.figures]
    should = sum((found[name] for name in names), ZERO)
    there = sum((count.figures[name] for name in names), ZERO)
    difference = there - should
    rate = share(difference, should)
    return {
        "origin": count.origin.value,
        "stocks": names,
        "should_remain": plain(should),
        "counted": plain(there),
        "difference": plain(difference),
        "rate": "" if rate is None else plain(rate),
        "explanation": count.explanation,
    }
