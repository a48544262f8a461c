"""Entries of the workshop: work orders, parts issued, old parts taken off, scrap, results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from single_window.domain.books.account import (
    Held,
    Item,
    Origin,
    Place,
    Quantities,
    Result,
    Role,
    WorkOrder,
)
from single_window.domain.books.balances import replaced
from single_window.domain.books.entries import Line
from single_window.domain.books.judging import Work, plain
from single_window.domain.books.state import State
from single_window.domain.money import ZERO

_ENDS: Mapping[Result, Place] = {
    Result.REPAIRED: Place.REPAIRED,
    Result.UNREPAIRABLE: Place.UNREPAIRABLE,
}


def open_order(work: Work) -> None:
    """A work order opens on goods that wait (开立维修工单); REP-11 may stand in the way."""
    entry, state = work.entry, work.state
    number = entry.order or entry.number
    known = state.orders.get(number)
    if not number or (known is not None and known.result is not Result.VOID):
        work.say("BOOK-ORDER-TWICE", "reject", None, "order", value=number)
        return
    if state.book.rectifying:
        work.say("BOOK-RECTIFYING", "hold", None, "kind")
    if len(entry.lines) != 1:
        work.say("BOOK-ORDER-ONE", "reject", None, "lines", value=str(len(entry.lines)))
        return
    (line,) = entry.lines
    item = work.item(line, Role.GOODS)
    if item is None:
        return
    taken = work.take(line, item, Place.WAITING)
    for held in taken:
        if held.serial:
            piece = state.serials[held.serial]
            if piece.order or piece.reserved:
                work.say("BOOK-SERIAL-WORK", "reject", line, "serial", value=piece.number,
                         expected=piece.order or piece.reserved)  # fmt: skip
            state.serials[held.serial] = replace(piece, order=number, last=entry.key)
    origins = {held.origin for held in taken} or {line.origin}
    state.orders[number] = WorkOrder(
        number, item.ledger, origins.pop() if len(origins) == 1 else Origin.UNSPLIT, line.serial,
        sum((held.quantity for held in taken), ZERO) or line.quantity or Decimal(1),
        opened=entry.day,
    )  # fmt: skip


def issue(work: Work) -> None:
    """Parts are issued to a work order, or used up where the book keeps none (领料)."""
    order = work.order()
    for line in work.entry.lines:
        item = work.item(line, Role.PART)
        for held in work.take(line, item, Place.PARTS) if item else ():
            work.move(held, Place.PARTS, Place.USED)
            _fitted(work.state, order, held.item, held.quantity)


def give_back(work: Work) -> None:
    """Parts that were not needed go back to the store (退料), no more than were issued."""
    order = work.order()
    for line in work.entry.lines:
        item = work.item(line, Role.PART)
        quantity = work.quantity(line, item) if item else None
        if item is None or quantity is None:
            continue
        used = _used(work.state, item)
        out = _in_order(work.state, order).get(item.seqno, ZERO) if order else sum(used.values())
        if quantity > out:
            work.say("BOOK-ISSUED", "reject", line, "quantity", value=plain(quantity),
                     expected=plain(Decimal(out)), order=work.entry.order)  # fmt: skip
            continue
        for origin, there in used.items():
            part = min(there, quantity) if line.origin in ("", origin) else ZERO
            quantity -= part
            if part:
                held = Held(item.seqno, origin, Place.PARTS, part)
                work.move(held, Place.USED, Place.PARTS)
                _fitted(work.state, order, item.seqno, -part)


def _used(state: State, item: Item) -> dict[Origin, Decimal]:
    """What has been used of a part and not given back, by origin."""
    flows = state.flows
    return {
        origin: flows.get((item.seqno, origin, Place.PARTS, Place.USED), ZERO)
        - flows.get((item.seqno, origin, Place.USED, Place.PARTS), ZERO)
        for origin in Origin
    }


def _in_order(state: State, order: WorkOrder) -> Quantities:
    return state.orders[order.number].fitted


def _fitted(state: State, order: WorkOrder | None, item: int, quantity: Decimal) -> None:
    if order is None:
        return
    order = state.orders[order.number]
    fitted = {**order.fitted, item: order.fitted.get(item, ZERO) + quantity}
    state.orders[order.number] = replace(order, fitted=fitted)


def remove(work: Work) -> None:
    """Old parts are taken off (拆下旧件): they come into being here, with the goods' origin.

    A line may name the old part, or the part that replaces it.
    """
    order = work.order()
    for line in work.entry.lines:
        item = work.item(line, Role.OLD, Role.PART)
        if item is not None and item.role is Role.PART:
            item = work.state.items.get(item.linked) if item.linked is not None else None
            if item is None or item.role is not Role.OLD:
                item = None
                work.say("BOOK-ROLE", "reject", line, "item", value=Role.PART)
        quantity = work.quantity(line, item) if item else None
        if item is None or quantity is None:
            continue
        _arise(work, line, item, quantity, order)
        if order is not None:
            now = work.state.orders[order.number]
            removed = {**now.removed, item.seqno: now.removed.get(item.seqno, ZERO) + quantity}
            work.state.orders[order.number] = replace(now, removed=removed)


def waste(work: Work) -> None:
    """Scrap arises (产生边角料): a line of scrap weighs it in, a line of a part takes that off."""
    order = work.order()
    for line in work.entry.lines:
        item = work.item(line, Role.SCRAP, Role.PART)
        if item is None:
            continue
        if item.role is Role.PART:
            for held in work.take(line, item, Place.PARTS):
                work.move(held, Place.PARTS, Place.WASTED)
        elif (quantity := work.quantity(line, item)) is not None:
            _arise(work, line, item, quantity, order)


def _arise(work: Work, line: Line, item: Item, quantity: Decimal, order: WorkOrder | None) -> None:
    """What arises has the origin of the goods that it comes from: an order knows it."""
    goods = order.origin if order else Origin.UNSPLIT
    origin = goods or work.origin(line, None)
    if goods and line.origin not in ("", goods):
        work.say("BOOK-B5-ORIGIN", "reject", line, "origin", value=line.origin, expected=goods)
    into = Place.OLD if item.role is Role.OLD else Place.SCRAP
    work.move(Held(item.seqno, origin, into, quantity), Place.ARISING, into)


def finish(work: Work) -> None:
    """A repair ends: repaired, unrepairable, or untouched (完工), by work order, piece or total."""
    order = work.order()
    if work.entry.result not in (*_ENDS, Result.UNTOUCHED):
        work.say("BOOK-RESULT", "reject", None, "result", value=work.entry.result)
        return
    lines = work.entry.lines
    if order is not None and not lines:
        lines = (
            Line(order.item, order.quantity, origin=order.origin, serial=order.serial,
                 path=work.entry.path),
        )  # fmt: skip
    for line in lines:
        item = work.item(line, Role.GOODS, Role.REPAIRED)
        for held in work.take(line, item, Place.WAITING) if item else ():
            _finished(work, line, held, order)
    if order is not None:
        _one_to_one(work, order.number)


def _finished(work: Work, line: Line, held: Held, order: WorkOrder | None) -> None:
    piece, number = work.state.serials.get(held.serial), order.number if order else ""
    told = order is None and bool(work.findings)
    if piece is not None and piece.order != number and not told:
        work.say("BOOK-SERIAL-WORK", "reject", line, "serial", value=piece.number,
                 expected=piece.order)  # fmt: skip
    if order is not None and order.serial != held.serial:
        work.say("BOOK-ORDER-OTHER", "reject", line, "serial", value=held.serial,
                 expected=order.serial)  # fmt: skip
    target = _ENDS.get(work.entry.result)
    if target is not None:
        work.move(held, Place.WAITING, target)
    if held.serial in work.state.serials:
        done = replace(work.state.serials[held.serial], order="", last=work.entry.key)
        work.state.serials[held.serial] = done


def _one_to_one(work: Work, number: str) -> None:
    """Rule B7: as many old parts taken off as new ones fitted, unless a part is used up."""
    order = work.state.orders[number]
    unmatched = {}
    for seqno, parts in replaced(work.state.items).items():
        fitted = sum((order.fitted.get(part.seqno, ZERO) for part in parts), ZERO)
        off = order.removed.get(seqno, ZERO)
        if fitted != off:
            unmatched[seqno] = off - fitted
            old = work.state.items.get(seqno)
            work.say("BOOK-B7", "warn" if work.entry.reason else "hold", None, "order",
                     value=plain(off), expected=plain(fitted), item=str(old or seqno),
                     difference=plain(off - fitted), order=number)  # fmt: skip
    work.state.orders[number] = replace(
        order, closed=work.entry.day, result=work.entry.result, unmatched=unmatched
    )
