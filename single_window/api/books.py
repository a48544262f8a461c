"""Account books: what there is, what lies in them, what is due, and entries into them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any

from flask import Blueprint, jsonify, request

from single_window.accounts.permissions import Action
from single_window.api import arguments
from single_window.api.keys import caller, guard, needs
from single_window.api.problems import Problem
from single_window.declarations.books import keeping, listing
from single_window.declarations.books.drafting import draft
from single_window.declarations.books.ledger import Answer
from single_window.declarations.books.listing import Listing
from single_window.declarations.words import rendered
from single_window.domain.books.account import Place
from single_window.domain.books.entries import Entry
from single_window.domain.books.told import Malformed, entry_of
from single_window.domain.findings import Finding
from single_window.storage.engine import beijing_day, now_ms
from single_window.storage.store import Store

ENTRIES_MAX_BYTES = 1024 * 1024
ENTRIES_MOST = 100
DAYS, DAYS_MOST = 60, 3650
PLACES = tuple(place.value for place in Place)


def blueprint(store: Store) -> Blueprint:
    """The routes of books and their entries."""
    routes = Blueprint("books", __name__, url_prefix="/api/v1/books")
    guard(routes, store)
    _reading(routes, store)
    _ledger(routes, store)
    _due(routes, store)
    _entering(routes, store)
    return routes


def _reading(routes: Blueprint, store: Store) -> None:
    @routes.get("")
    @needs(Action.SEE)
    def list_books() -> Any:
        with store.database.read() as connection:
            items, following = listing.books(
                connection,
                caller().scope,
                after=arguments.number("after", 0),
                limit=arguments.limit(),
            )
        return jsonify(arguments.published({"items": items, "next": following}))

    @routes.get("/<number>")
    @needs(Action.SEE)
    def show_book(number: str) -> Any:
        with store.database.read() as connection:
            found = Listing.of(store, connection, caller().scope, number)
            answer = listing.header(found.row) | {
                "items": found.balances(),
                "failures": found.failures(),
            }
        return jsonify(arguments.published(answer))

    @routes.get("/<number>/serials/<serial>")
    @needs(Action.SEE)
    def show_serial(number: str, serial: str) -> Any:
        with store.database.read() as connection:
            found = Listing.of(store, connection, caller().scope, number).serial(serial)
        if found is None:
            raise Problem("not-found")
        return jsonify(arguments.published(found))


def _ledger(routes: Blueprint, store: Store) -> None:
    @routes.get("/<number>/movements")
    @needs(Action.SEE)
    def list_movements(number: str) -> Any:
        where: dict[str, Any] = {
            "item": arguments.number("item", 0),
            "origin": request.args.get("origin", ""),
            "source": arguments.choice("source", PLACES),
            "target": arguments.choice("target", PLACES),
            "serial": request.args.get("serial", ""),
        }
        with store.database.read() as connection:
            items, following = Listing.of(store, connection, caller().scope, number).movements(
                after=arguments.number("after", 0),
                limit=arguments.limit(),
                **{name: value for name, value in where.items() if value},
            )
        return jsonify(arguments.published({"items": items, "next": following}))

    @routes.get("/<number>/entries")
    @needs(Action.SEE)
    def list_entries(number: str) -> Any:
        with store.database.read() as connection:
            items, following = Listing.of(store, connection, caller().scope, number).entries(
                before=arguments.number("before", 0), limit=arguments.limit()
            )
        return jsonify(arguments.published({"items": items, "next": following}))


def _due(routes: Blueprint, store: Store) -> None:
    @routes.get("/<number>/due")
    @needs(Action.SEE)
    def list_due(number: str) -> Any:
        scope = caller().scope
        with store.database.read() as connection:
            Listing.of(store, connection, scope, number)
            items = listing.due(
                store,
                connection,
                scope,
                within=arguments.number("within", DAYS, most=DAYS_MOST),
                number=number,
            )
        return jsonify({"items": items, "next": None})

    @routes.get("/<number>/reconciliation")
    @needs(Action.SEE)
    def show_reconciliation(number: str) -> Any:
        through = _day(request.args.get("through"))
        with store.database.read() as connection:
            return jsonify(draft(Listing.of(store, connection, caller().scope, number), through))


def _day(text: str | None) -> date:
    if not text:
        return beijing_day(now_ms())
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise Problem(
            "bad-parameter", name="through", value=text[:80], expected="2026-12-31"
        ) from fault


def _entering(routes: Blueprint, store: Store) -> None:
    @routes.post("/<number>/entries")
    @needs(Action.CHANGE)
    def make_entries(number: str) -> Any:
        entries = _entries(arguments.json_object(ENTRIES_MAX_BYTES))
        own = caller()
        return _answered(keeping.post(store, own.scope, number, entries, person=own.name))

    @routes.post("/<number>/close")
    @needs(Action.CHANGE)
    def close_period(number: str) -> Any:
        told = arguments.json_object(ENTRIES_MAX_BYTES)
        own, through = caller(), _day(str(told.get("through", "")))
        return _answered(keeping.close_period(store, own.scope, number, through, person=own.name))


def _answered(answer: Answer) -> Any:
    """What came of entries; a refusal is a problem with every finding."""
    findings = rendered(answer.findings, "")
    if answer.refused:
        findings.sort(key=lambda each: each["severity"] != "reject")
        code = str(findings[0]["code"])
        raise Problem(code, status=HTTPStatus.UNPROCESSABLE_ENTITY, findings=findings)
    told = {"decision": answer.decision, "movements": answer.movements, "findings": findings}
    return jsonify(told), HTTPStatus.CREATED


def _entries(told: Mapping[str, Any]) -> list[Entry]:
    """The entries of a request, all of them readable; a problem with every finding otherwise."""
    listed = told.get("entries")
    if not isinstance(listed, list) or not 0 < len(listed) <= ENTRIES_MOST:
        raise Problem("bad-list", name="entries", expected=str(ENTRIES_MOST))
    entries: list[Entry] = []
    wrong: list[Finding] = []
    for each in listed:
        if not isinstance(each, Mapping):
            raise Problem("bad-list", name="entries", expected=str(ENTRIES_MOST))
        try:
            entries.append(entry_of(each))
        except Malformed as error:
            wrong += error.findings
    if wrong:
        found = rendered(wrong, "")
        raise Problem("BOOK-FORM", status=HTTPStatus.UNPROCESSABLE_ENTITY, findings=found)
    return entries
