"""Entries over the border of the book: what comes in, what goes out, what is disposed of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from single_window.domain.books.account import (
    GOODS,
    LABELS,
    Held,
    Item,
    Origin,
    Place,
    Role,
    Serial,
)
from single_window.domain.books.entries import Kind, Line
from single_window.domain.books.judging import Work, months_after, plain
from single_window.domain.books.state import State
from single_window.domain.findings import Severity

COMES_FROM: Mapping[Place, Origin] = {Place.ABROAD: Origin.ABROAD, Place.CHINA: Origin.CHINA}
"""The origin of goods by the side from which they come in."""
BACK_TO: Mapping[Origin, Place] = {
    Origin.ABROAD: Place.ABROAD,
    Origin.CHINA: Place.CHINA,
    Origin.UNSPLIT: Place.ABROAD,
}
"""Where goods go back to: where they came from (rule B5)."""
_WASTE = {Role.OLD: "BOOK-B8", Role.SCRAP: "BOOK-B9"}
_DISPOSALS: Mapping[Kind, tuple[Place, tuple[Role, ...]]] = {
    Kind.REEXPORT: (Place.ABROAD, (Role.OLD, Role.SCRAP, Role.PART)),
    Kind.DESTROY: (Place.DESTROYED, tuple(Role)),
    Kind.HAND_OVER: (Place.CHINA, (Role.OLD, Role.SCRAP)),
    Kind.SELL: (Place.SOLD, tuple(Role)),
    Kind.TAX: (Place.TAXED, tuple(Role)),
}
_IN_CHINA = frozenset({Place.CHINA, Place.SOLD, Place.TAXED})


def deadline(line: Line, item: Item, state: State, entered: date) -> date:
    """The day by which a piece is back: as agreed, but within the book's period (REP-08).

    Aircraft, ships and other large equipment may follow the contract.
    """
    book = state.book
    if item.large and (by_contract := line.deadline or book.contract_until):
        return by_contract
    last = months_after(entered, book.months) if book.months > 0 else date.max
    return min(line.deadline or last, last)


def register(work: Work, line: Line, item: Item, origin: Origin, source: Place) -> None:
    """Take a piece's number into the book (序列号登记); it stands where it comes from."""
    if not line.serial:
        return
    entered = line.entered or work.entry.day
    work.state.serials[line.serial] = Serial(
        line.serial, item.ledger, origin, source, line.brand, line.model, line.fault, line.owner,
        line.country, line.sender, entered=entered,
        deadline=deadline(line, item, work.state, entered), linked=line.exchanged,
        last=work.entry.key,
    )  # fmt: skip


def come_in(work: Work) -> None:
    """Goods and parts come in, under bond (进区、进境); REP-11 and rule B12 stand in the way."""
    for line in work.entry.lines:
        if item := work.item(line, Role.GOODS, Role.PART):
            enter(work, line, item)
    if work.state.book.rectifying:
        work.say("BOOK-RECTIFYING", "hold", None, "kind")
    within_turnover(work)


def enter(work: Work, line: Line, item: Item) -> None:
    """One line that comes in: from a side, with an origin that fits it."""
    side = work.entry.side
    origin = line.origin or (COMES_FROM.get(side, Origin.UNSPLIT) if side else Origin.UNSPLIT)
    source = side or BACK_TO[origin]
    fits = COMES_FROM.get(source)
    if fits and origin and origin is not fits:
        work.say("BOOK-B5-ORIGIN", "reject", line, "origin", value=origin, expected=fits)
    elif item.role is Role.GOODS:
        _may_enter(work, line, item, source)
    if item.serials and not line.serial:
        work.say("BOOK-SERIAL-NEEDED", "reject", line, "serial")
    known = work.state.serials.get(line.serial)
    if known is not None and known.inside:
        work.say("BOOK-SERIAL-IN", "reject", line, "serial", value=line.serial,
                 expected=known.entered.isoformat() if known.entered else "")  # fmt: skip
    quantity = work.quantity(line, item)
    if quantity is None or (known is not None and known.inside):
        return
    if work.too_early(line, line.serial):
        return
    register(work, line, item, origin, source)
    into = Place.PARTS if item.role is Role.PART else Place.WAITING
    held = Held(item.ledger, origin, into, quantity, line.serial)
    work.move(held, source, into)


def _may_enter(work: Work, line: Line, item: Item, source: Place) -> None:
    """Outside zones goods come from abroad (REP-09); own products outside the catalogue do not."""
    own_only = item.own_group and item.catalogued is False and not item.approved
    if not work.state.book.in_zone:
        if source is Place.CHINA:
            work.say("REP-09", "reject", line, "origin", value=source)
    elif own_only and source is Place.ABROAD:
        work.say("REP-02-ABROAD", "reject", line, "origin", value=source)


def within_turnover(work: Work) -> None:
    """Rule B12: the value of all stocks stays within the book's maximum turnover (最大周转金额)."""
    book = work.state.book
    if book.max_turnover is None:
        return
    if work.state.value > book.max_turnover:
        work.say("BOOK-B12", "reject", None, "lines", value=plain(work.state.value),
                 expected=plain(book.max_turnover))  # fmt: skip


def go_out(work: Work) -> None:
    """Goods and parts go out (出区、出境), each back where it came from."""
    work.state.let_go(work.entry.number)
    for held in _leaving(work):
        work.move(held, held.place, _target(work, held))


def reserve(work: Work) -> None:
    """An outgoing paper speaks for what it will take (预扣), so that no other can."""
    work.state.let_go(work.entry.number)
    for held in _leaving(work):
        work.state.hold(work.entry.number, [held])


def release(work: Work) -> None:
    """What a paper spoke for is given back: it was refused, withdrawn or deleted."""
    if not work.state.holdings.get(work.entry.number):
        work.say("BOOK-NOT-HELD", "warn", None, "number", value=work.entry.number)
    work.state.let_go(work.entry.number)


def _leaving(work: Work) -> Iterator[Held]:
    """What may leave, line by line, each to be taken before the next is asked for."""
    for line in work.entry.lines:
        item = work.item(line)
        if item is None:
            continue
        side = work.entry.side
        preferred = COMES_FROM.get(side, Origin.ABROAD) if side else Origin.ABROAD
        for held in work.take(line, item, _unnamed(work, line, item), preferred):
            _may_leave(work, line, item, held)
            _spoken_for(work, line, held)
            yield held


def _unnamed(work: Work, line: Line, item: Item) -> Place | None:
    """The stock of goods that leave, where neither line nor item says it: repaired ones.

    A book without an item for repaired goods has no other way to name them.
    """
    if item.role is not Role.GOODS or line.serial or line.place is not None:
        return None
    others = work.state.items.values()
    named = any(each.role is Role.REPAIRED and each.linked == item.seqno for each in others)
    return None if named else Place.REPAIRED


def _spoken_for(work: Work, line: Line, held: Held) -> None:
    piece = work.state.serials.get(held.serial)
    if piece is None:
        return
    if piece.order:
        work.say("BOOK-SERIAL-WORK", "reject", line, "serial", value=piece.number,
                 expected=piece.order)  # fmt: skip
    if piece.reserved:
        work.say("BOOK-B10-SERIAL", "reject", line, "serial", value=piece.number,
                 expected=piece.reserved)  # fmt: skip
    if piece.deadline and work.entry.day > piece.deadline:
        work.say("BOOK-B11-LEFT", "hold", line, "serial", value=piece.number,
                 expected=piece.deadline.isoformat())  # fmt: skip
    if line.country and piece.country and line.country != piece.country:
        work.say("BOOK-COUNTRY", "warn", line, "country", value=line.country,
                 expected=piece.country)  # fmt: skip


def _target(work: Work, held: Held) -> Place:
    return work.entry.side or BACK_TO[held.origin]


def _may_leave(work: Work, line: Line, item: Item, held: Held) -> None:
    """Rule B5 for goods, B8 and B9 for old parts and scrap: the way back is the way in."""
    target = _target(work, held)
    if item.role in _WASTE:
        _stays_in_china(work, line, item, held, target)
    elif item.role is Role.PART:
        if target is Place.CHINA and held.origin is not Origin.CHINA:
            work.say("BOOK-PART-UNTAXED", "reject", line, "item")
    elif target is Place.MAKER or (held.origin is Origin.ABROAD and target is Place.CHINA):
        _wrong_way(work, line, "reject", "BOOK-B5", held)
    elif held.origin is Origin.CHINA and target is Place.ABROAD:
        goods = work.state.items.get(item.ledger, item)
        if not (work.law.straight_abroad and work.state.book.in_zone) or goods.catalogued is False:
            _wrong_way(work, line, "reject", "BOOK-B5", held)
        elif goods.catalogued is None:
            _wrong_way(work, line, "hold", "BOOK-B5-CATALOGUE", held)


def _wrong_way(work: Work, line: Line, severity: Severity, code: str, held: Held) -> None:
    name = "serial" if line.serial else "origin"
    side, back = _target(work, held), BACK_TO[held.origin]
    zh, en = LABELS[side]
    back_zh, back_en = LABELS[back]
    work.say(
        code, severity, line, name, value=side, expected=back, side_zh=zh, side_en=en,
        back_zh=back_zh, back_en=back_en,
    )  # fmt: skip


def _stays_in_china(work: Work, line: Line, item: Item, held: Held, target: Place) -> None:
    """Old parts and scrap of goods from abroad may not stay in China (GAC 2023-105)."""
    if target not in _IN_CHINA or held.origin is Origin.CHINA:
        return
    if target is Place.SOLD and work.law.waste_sale:
        return
    work.say(_WASTE[item.role], "reject", line, "quantity", value=plain(held.quantity))


def dispose(work: Work) -> None:
    """Old parts, scrap, surplus parts: re-exported, destroyed, handed over, taxed, sold."""
    entry = work.entry
    work.state.let_go(entry.number)
    target, roles = _DISPOSALS[entry.kind]
    for line in entry.lines:
        item = work.item(line, *roles)
        if item is None:
            continue
        preferred = Origin.CHINA if target in _IN_CHINA else Origin.ABROAD
        for held in work.take(line, item, None, preferred):
            _may_end(work, line, item, held, target)
            _spoken_for(work, line, held)
            work.move(held, held.place, target)


def _may_end(work: Work, line: Line, item: Item, held: Held, target: Place) -> None:
    if target is Place.DESTROYED and held.place in (Place.WAITING, Place.REPAIRED):
        zh, en = LABELS[held.place]
        work.say("BOOK-B3-DESTROYED", "reject", line, "serial" if line.serial else "quantity",
                 value=line.serial or plain(held.quantity), stock_zh=zh, stock_en=en)  # fmt: skip
    elif target is Place.DESTROYED and not work.entry.record:
        code = {Role.OLD: "BOOK-B8-RECORD", Role.SCRAP: "BOOK-B9-RECORD"}
        work.say(code.get(item.role, "BOOK-DESTROYED-RECORD"), "reject", line, "quantity",
                 value=plain(held.quantity))  # fmt: skip
    elif item.role in _WASTE:
        _stays_in_china(work, line, item, held, target)
    elif held.place in GOODS and target in _IN_CHINA:
        work.say("BOOK-B5-SOLD", "reject", line, "quantity", value=plain(held.quantity))
    elif target is Place.SOLD and held.origin is not Origin.CHINA:
        work.say("BOOK-PART-UNTAXED", "reject", line, "item")
    elif target is Place.TAXED and not work.entry.record:
        work.say("BOOK-TAX-RECORD", "hold", None, "record")


def exchange(work: Work) -> None:
    """A serviceable piece leaves, the bad one comes in for it (周转件调换): an order links both."""
    for line in work.entry.lines:
        item = work.item(line, Role.GOODS, Role.REPAIRED)
        if item is None:
            continue
        if not line.serial or not line.exchanged or line.serial == line.exchanged:
            work.say("BOOK-EXCHANGE", "reject", line, "exchanged", value=line.exchanged)
            continue
        leaving = Line(line.item, line.quantity, line.unit, serial=line.exchanged, path=line.path)
        for held in work.take(leaving, item):
            before = len(work.findings)
            _may_leave(work, leaving, item, held)
            right_way = len(work.findings) == before
            _spoken_for(work, leaving, held)
            work.move(held, held.place, _target(work, held))
            back = work.state.serials[line.exchanged]
            work.state.serials[line.exchanged] = replace(back, linked=line.serial)
            came = line.origin or held.origin if right_way else Origin.UNSPLIT
            enter(work, replace(line, origin=came), item)
    within_turnover(work)
