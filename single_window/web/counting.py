"""The page of a reconciliation: what should remain by the book, and what was counted."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from schemas import registry
from single_window import regimes
from single_window.accounts.permissions import Action
from single_window.declarations.books import keeping, period
from single_window.domain.books import balances
from single_window.domain.books.account import GOODS, HOME, Item, Origin, Role
from single_window.domain.books.reconciling import counted, reconcile
from single_window.domain.books.state import State
from single_window.domain.money import ZERO
from single_window.intake import drafts
from single_window.intake.drafts import Fresh
from single_window.intake.layouts import layout
from single_window.intake.sums import blank
from single_window.storage.engine import beijing_day, now_ms
from single_window.storage.store import Store
from single_window.web import booked, bookview
from single_window.web.booked import Sheet, Values
from single_window.web.session import comes_again, keeps, member, needs

_OF_A_LINE = re.compile(r"\.\d+\.")
_FIGURES = frozenset({"long", "decimal"})
_ALWAYS = frozenset({"opening"})
"""Figures that are shown even where they are nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """The figures of an item of one origin, or of all."""

    origin: Origin | None
    figures: Mapping[str, Decimal]
    should: Decimal


@dataclass(frozen=True, slots=True)
class Stock:
    """A stock to be counted: what should lie there, and what was found."""

    place: str
    origin: Origin
    should: Decimal
    found: Decimal | None
    explanation: str

    @property
    def name(self) -> str:
        """What its input is called, after the item's number."""
        return f"{self.place}.{self.origin}"

    @property
    def difference(self) -> Decimal | None:
        """What was found too much, or is missing (below nothing); None before it was counted."""
        return None if self.found is None else self.found - self.should

    @property
    def rate(self) -> Decimal | None:
        """The difference in hundredths of what should be there."""
        found = balances.share(self.difference, self.should) if self.difference else None
        return None if found is None else abs(found)


@dataclass(frozen=True, slots=True)
class Line:
    """What a report says of one item."""

    item: Item
    columns: list[Column]
    stocks: list[Stock]

    @property
    def names(self) -> list[str]:
        """The figures that have to be shown."""
        last = self.columns[-1].figures
        stands = balances.remain_of(self.item.role)
        return [
            name
            for name in balances.names_of(self.item.role)
            if name not in stands and (name in _ALWAYS or last[name]) and name in balances.LABELS
        ]


def report(state: State) -> list[Line]:
    """The report of a period, item by item."""
    lines = []
    for item in state.items.values():
        if item.role is Role.REPAIRED:
            continue
        origins = balances.origins_of(state, item)
        some: list[Column] = []
        if len(origins) > 1:
            some = [_column(state, item, origin) for origin in origins]
        columns = [*some, _column(state, item, None)]
        lines.append(Line(item, columns, [*_stocks(state, item, origins)]))
    return lines


def _column(state: State, item: Item, origin: Origin | None) -> Column:
    found = balances.figures(state, item, tuple(Origin) if origin is None else (origin,))
    return Column(origin, found, balances.should_remain(found))


def _stocks(state: State, item: Item, origins: Collection[Origin]) -> Iterator[Stock]:
    """The stocks of an item: goods, old parts and scrap are counted by origin, parts are not."""
    places = GOODS if item.role is Role.GOODS else (HOME[item.role],)
    whole = item.role is Role.PART or Origin.UNSPLIT in origins
    for origin in (Origin.UNSPLIT,) if whole or not origins else origins:
        for place in places:
            count = state.counts.get((item.seqno, origin, place))
            of = tuple(Origin) if origin is Origin.UNSPLIT else (origin,)
            should = sum((state.stock(item.seqno, place, each) for each in of), ZERO)
            if should or count is not None or place is places[0]:
                yield Stock(
                    place.value, origin, should, count.quantity if count else None,
                    count.explanation if count else "",
                )  # fmt: skip


def furnish(pages: Blueprint, store: Store) -> None:
    """Adds the pages."""

    def page(book_no: str, through: date, sheet: Sheet) -> Any:
        with bookview.looking(store, book_no) as book:
            told = bookview.about(book)
            span = (None, through)
            state = period.state(store, book.connection, book.row, span)
        lines = report(state)
        found = [booked.said(each) for each in reconcile(state, counted(state))]
        return render_template(
            "books/reconcile.html",
            **told, lines=lines, through=through, since=state.book.closed_through, sheet=sheet,
            found=found, labels=balances.LABELS, adds=balances.ADDS, inside=balances.INSIDE,
            now=now_ms(),
        )  # fmt: skip

    @pages.get("/<book_no>/reconcile")
    @needs(Action.BOOKS)
    def reconcile_book(book_no: str) -> Any:
        return page(book_no, _through(), Sheet({}))

    @pages.post("/<book_no>/reconcile")
    @keeps
    @needs(Action.FILE)
    def count(book_no: str) -> Any:
        through = _through()
        lines = _counted(booked.typed())
        wanted: list[Values] = [
            {"kind": "count", "day": through.isoformat(), "lines": lines,
             "number": f"{through.isoformat()}#{booked.seed()}"}
        ]  # fmt: skip
        then = url_for("bookshelf.reconcile_book", book_no=book_no, through=through, done=1)
        return booked.enter(
            store, book_no, wanted if lines else [], then=then, once=True,
            show=lambda sheet: page(book_no, through, sheet),
        )  # fmt: skip

    @pages.post("/<book_no>/report")
    @keeps
    @needs(Action.FILE)
    def draft_report(book_no: str) -> Any:
        """Begins the form of the report for customs, with all that the ledger knows of it."""
        through = _through()
        with bookview.looking(store, book_no) as book:
            if not bookview.about(book)["keeps"]:
                abort(HTTPStatus.NOT_FOUND)
            regime = book.row.regime
            keeping_of = regimes.load(regime).hooks.keeping
            if keeping_of is None or keeping_of.drafted is None:
                abort(HTTPStatus.NOT_FOUND)
            state = period.state(store, book.connection, book.row, (None, through))
            since = state.book.closed_through.isoformat() if state.book.closed_through else ""
            papers = book.inventories(since=since, until=through.isoformat())
        message, values = keeping_of.drafted(state, through, papers)
        begun = blank(layout(message, regime))
        head = {name: text for name, text in begun.items() if not _OF_A_LINE.search(name)}
        whole = head | zeroed(message, values)
        (draft,) = drafts.begin(
            store, [Fresh(message, whole, secrets.token_hex(16))],
            organisation_id=member().organisation_id, person_id=member().person_id or 0,
        )  # fmt: skip
        return redirect(url_for("forms.edit", draft_id=draft.id), HTTPStatus.SEE_OTHER)

    @pages.post("/<book_no>/close")
    @keeps
    @needs(Action.FILE)
    def close(book_no: str) -> Any:
        through = _through()
        if comes_again():
            return page(book_no, through, Sheet(booked.typed()))
        answer = keeping.close_period(store, member().scope, book_no, through, person=member().name)
        if answer.refused:
            return booked.again(lambda sheet: page(book_no, through, sheet), answer.findings)
        return redirect(url_for("bookshelf.show", book_no=book_no, done=1), HTTPStatus.SEE_OTHER)


def zeroed(message: str, values: Mapping[str, str]) -> Values:
    """The values with nothing where the message asks for a figure that nobody has given."""
    found = dict(values)
    for group in registry.message(message).record_field.children:
        asked = [each.name for each in group.children if each.min_occurs and each.kind in _FIGURES]
        lines = {name.rpartition(".")[0] for name in values if name.startswith(f"{group.name}.")}
        found |= {f"{line}.{name}": "0" for line in lines for name in asked
                  if f"{line}.{name}" not in values}  # fmt: skip
    return found


def _through() -> date:
    """The last day of the period: as asked, else today."""
    try:
        return date.fromisoformat(request.values.get("through", ""))
    except ValueError:
        return beijing_day(now_ms())


def _counted(values: Mapping[str, str]) -> list[Values]:
    """The stocks that were counted: count.ITEM.PLACE.ORIGIN, with why.ITEM.PLACE.ORIGIN."""
    lines = []
    for name, quantity in values.items():
        first, _, rest = name.partition(".")
        if first == "count" and quantity:
            item, place, origin = (*rest.split("."), "", "")[:3]
            lines.append({"item": item, "place": place, "origin": origin, "quantity": quantity,
                          "explanation": values.get(f"why.{rest}", ""), "path": name})  # fmt: skip
    return lines
