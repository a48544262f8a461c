"""The one way into a book: every kind of entry judged, and all of it made or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from single_window.domain.books import border, workshop
from single_window.domain.books.account import (
    HOME,
    LABELS,
    STOCKS,
    BookState,
    Counted,
    Held,
    Movement,
    Origin,
    Place,
    Recorded,
    Result,
    Role,
    Stock,
    WorkOrder,
)
from single_window.domain.books.entries import Entry, Kind, Law, Posting
from single_window.domain.books.judging import Work, admissible, home, plain
from single_window.domain.books.state import State
from single_window.domain.money import ZERO

_WORKSHOP = frozenset({Kind.ISSUE, Kind.GIVE_BACK, Kind.REMOVE})
_NOT_REVERSED = frozenset(
    {Kind.OPENING, Kind.RESERVE, Kind.RELEASE, Kind.COUNT, Kind.REVERSE, Kind.SUSPEND,
     Kind.RESUME, Kind.CLOSE}
)  # fmt: skip
_NOT_KEPT = frozenset({Kind.RESERVE, Kind.RELEASE})


def judge(state: State, entry: Entry, law: Law) -> Posting:
    """What would come of an entry; the state itself stays as it is until the posting is applied.

    The state has to hold the book, the items of the lines and those linked to them with their flow
    sums and holdings, the pieces and the work order named, and the entry to be reversed.
    """
    work = Work(state.fork(), entry, law)
    if admissible(work):
        _HANDLERS[entry.kind](work)
    if entry.kind not in _NOT_KEPT:
        _keep(work)
    return Posting(entry, tuple(work.findings), tuple(work.movements), work.state)


def _keep(work: Work) -> None:
    entry, known = work.entry, work.state.entries.get(work.entry.key)
    moved = tuple(work.movements)
    if known is not None and not known.reversed_by:
        moved = known.movements + moved
    order = entry.order or (entry.number if entry.kind is Kind.ORDER else "")
    work.state.entries[entry.key] = Recorded(entry.kind, entry.day, moved, order)


# --- opening, counting ------------------------------------------------------------------------


def _opening(work: Work) -> None:
    """What is there when the book begins (期初): stocks, and the pieces among them."""
    before = work.state.value
    for line in work.entry.lines:
        item = work.item(line)
        quantity = work.quantity(line, item) if item else None
        if item is None or quantity is None:
            continue
        if line.serial in work.state.serials:
            work.say("BOOK-SERIAL-IN", "reject", line, "serial", value=line.serial)
            continue
        place = home(line, item, None)
        border.register(work, line, item, line.origin, Place.OPENING)
        held = Held(item.ledger, line.origin, place, quantity, line.serial)
        work.move(held, Place.OPENING, place, day=line.entered)
    if before <= (work.state.book.max_turnover or before):
        border.within_turnover(work)


def _count(work: Work) -> None:
    """What was found in a stock (盘点); the difference is told when the book is reconciled.

    Lines on one stock, piece by piece or store by store, are one count.
    """
    found: dict[Stock, Counted] = {}
    for line in work.entry.lines:
        item = work.item(line)
        quantity = work.quantity(line, item, nothing=True) if item else None
        if item is not None and line.serial and work.piece(line, item) is None:
            continue
        if item is not None and quantity is not None:
            at = (item.ledger, line.origin, line.place or HOME[item.role])
            stood = work.state.standing(item.ledger, at[2], line.origin)
            stood -= work.state.later(at, work.entry.day)
            first = found.get(at, Counted(ZERO, line.explanation, line.path))
            found[at] = Counted(
                first.quantity + quantity, first.explanation or line.explanation, first.path,
                stood, work.entry.day,
            )  # fmt: skip
    work.state.counts.update(found)


def _shortage(work: Work) -> None:
    """A shortage is written off (盘亏): with the tax bill, or explained."""
    for line in work.entry.lines:
        item = work.item(line)
        for held in work.take(line, item) if item else ():
            if not (work.entry.record or work.entry.reason or line.explanation):
                work.say("BOOK-B6-RECORD", "hold", line, "quantity", value=plain(held.quantity))
            work.move(held, held.place, Place.SHORTAGE)


def _surplus(work: Work) -> None:
    """A surplus is entered (盘盈)."""
    for line in work.entry.lines:
        item = work.item(line, Role.PART, Role.OLD, Role.SCRAP)
        quantity = work.quantity(line, item) if item else None
        if item is not None and quantity is not None:
            place = home(line, item, None)
            work.move(Held(item.ledger, line.origin, place, quantity), Place.SURPLUS, place)


# --- reversing --------------------------------------------------------------------------------


def _reverse(work: Work) -> None:
    """An entry is taken back by another that names it (红冲): nothing is ever deleted."""
    named = work.entry.reverses
    keys = [named, *(f"{kind}|{named}" for kind in Kind)]
    made = [(key, work.state.entries[key]) for key in keys if key in work.state.entries]
    if len(made) != 1:
        work.say("BOOK-REVERSE-UNKNOWN", "reject", None, "reverses", value=named)
        return
    ((key, recorded),) = made
    if recorded.reversed_by or Kind(recorded.kind) in _NOT_REVERSED:
        work.say("BOOK-REVERSE-TWICE", "reject", None, "reverses", value=named,
                 expected=recorded.reversed_by)  # fmt: skip
        return
    if work.state.today is not None and work.entry.day < recorded.day:
        work.say("BOOK-BEFORE", "reject", None, "day", value=work.entry.day.isoformat(),
                 expected=recorded.day.isoformat(), about=named)  # fmt: skip
    _order_back(work, recorded)
    for movement in reversed(recorded.movements):
        _back(work, movement)
    work.state.entries[key] = recorded._replace(reversed_by=work.entry.key)


def _back(work: Work, movement: Movement) -> None:
    item, origin, source, target, quantity, number, order = movement[:7]
    free = work.state.available(item, target, origin, work.entry.day)
    piece = work.state.serials.get(number)
    named = str(work.state.items.get(item, item))
    at = {"value": work.entry.reverses, "item": named, "serial": number}
    if target in STOCKS and quantity > free:
        zh, en = LABELS[target]
        work.say("BOOK-REVERSE-STOCK", "reject", None, "reverses", expected=plain(quantity),
                 there=plain(free), stock_zh=zh, stock_en=en, **at)  # fmt: skip
        return
    if piece is not None and (piece.place is not target or piece.order or piece.reserved):
        work.say("BOOK-REVERSE-SERIAL", "reject", None, "reverses", expected=piece.last, **at)
        return
    taken_back = Movement(
        item, origin, source, target, -quantity, number, order, work.entry.day, work.entry.key
    )
    work.state.move(taken_back)
    work.movements.append(taken_back)
    if piece is not None:
        entered = piece.entered if source in STOCKS else None
        live = work.state.orders.get(order)
        work.state.serials[number] = replace(
            piece, place=source, entered=entered, left=None, last=work.entry.key,
            order=order if live is not None and live.serial == number else "",
        )  # fmt: skip


def _order_back(work: Work, recorded: Recorded) -> None:
    """The work order as it was before the entry that is taken back."""
    order = work.state.orders.get(recorded.order)
    if order is None:
        return
    kind = Kind(recorded.kind)
    if kind is Kind.FINISH:
        order = replace(order, closed=None, result=Result.OPEN, unmatched={})
        piece = work.state.serials.get(order.serial)
        if piece is not None and not recorded.movements:
            work.state.serials[order.serial] = replace(piece, order=order.number)
    elif order.closed is not None and kind in (*_WORKSHOP, Kind.ORDER):
        work.say("BOOK-ORDER-CLOSED", "reject", None, "reverses", value=order.number,
                 expected=order.closed.isoformat())  # fmt: skip
    elif kind is Kind.ORDER:
        order = _void(work, order)
    elif kind in _WORKSHOP:
        order = _less(order, recorded.movements)
    work.state.orders[order.number] = order


def _void(work: Work, order: WorkOrder) -> WorkOrder:
    if any(order.fitted.values()) or any(order.removed.values()):
        work.say("BOOK-ORDER-USED", "reject", None, "reverses", value=order.number)
    piece = work.state.serials.get(order.serial)
    if piece is not None:
        work.state.serials[order.serial] = replace(piece, order="")
    return replace(order, result=Result.VOID, closed=work.entry.day)


def _less(order: WorkOrder, movements: tuple[Movement, ...]) -> WorkOrder:
    fitted, removed = dict(order.fitted), dict(order.removed)
    for item, _, source, target, quantity, *_ in movements:
        if target is Place.USED:
            fitted[item] = fitted.get(item, ZERO) - quantity
        elif source is Place.USED:
            fitted[item] = fitted.get(item, ZERO) + quantity
        elif source is Place.ARISING:
            removed[item] = removed.get(item, ZERO) - quantity
    return replace(order, fitted=fitted, removed=removed)


# --- the book itself --------------------------------------------------------------------------


def _suspend(work: Work) -> None:
    work.state.book = replace(work.state.book, state=BookState.SUSPENDED)


def _resume(work: Work) -> None:
    work.state.book = replace(work.state.book, state=BookState.OPEN)


def _close(work: Work) -> None:
    """The period is closed (核销结案) once what was counted is what should remain (B1 to B9)."""
    for at in work.state.open_counts():
        item, origin, place = at
        origins = tuple(Origin) if origin is Origin.UNSPLIT else (origin,)
        later = work.state.later(at, work.entry.day)
        known = work.state.counts[at].standing is not None
        remains = sum((work.state.stock(item, place, each) for each in origins), -later)
        if (counted := work.state.carried(at) - (later if known else ZERO)) != remains:
            named = str(work.state.items.get(item, item))
            work.say("BOOK-CLOSE", "reject", None, "day", value=plain(counted),
                     expected=plain(remains), item=named)  # fmt: skip
    if not work.findings:
        work.state.book = replace(work.state.book, closed_through=work.entry.day)


_HANDLERS: Mapping[Kind, Callable[[Work], None]] = {
    Kind.OPENING: _opening,
    Kind.IN: border.come_in,
    Kind.OUT: border.go_out,
    Kind.RESERVE: border.reserve,
    Kind.RELEASE: border.release,
    Kind.EXCHANGE: border.exchange,
    Kind.REEXPORT: border.dispose,
    Kind.DESTROY: border.dispose,
    Kind.HAND_OVER: border.dispose,
    Kind.SELL: border.dispose,
    Kind.TAX: border.dispose,
    Kind.ORDER: workshop.open_order,
    Kind.ISSUE: workshop.issue,
    Kind.GIVE_BACK: workshop.give_back,
    Kind.REMOVE: workshop.remove,
    Kind.WASTE: workshop.waste,
    Kind.FINISH: workshop.finish,
    Kind.COUNT: _count,
    Kind.SHORTAGE: _shortage,
    Kind.SURPLUS: _surplus,
    Kind.REVERSE: _reverse,
    Kind.SUSPEND: _suspend,
    Kind.RESUME: _resume,
    Kind.CLOSE: _close,
}
