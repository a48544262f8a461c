"""The agency side: what agencies' systems call."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from single_window.accounts.permissions import Action
from single_window.api import arguments, receipts
from single_window.api.keys import caller, guard, needs
from single_window.api.problems import Problem
from single_window.intake.submissions import Wake
from single_window.routing import arrivals, mailboxes
from single_window.storage.store import Store

RECEIPT_MAX_BYTES = 16 * 1024 * 1024
"""Largest body of receipts; a national receipt message has at most 100 records."""
ACKNOWLEDGEMENT_MAX_BYTES = 64 * 1024
AT_ONCE = 1000
"""Messages acknowledged, or receipts given, in one call."""


def blueprint(store: Store, wake: Wake) -> Blueprint:
    """The routes of the agency side; each sees the mailbox of the caller's own agency only."""
    routes = Blueprint("agency", __name__, url_prefix="/api/v1/agency")
    guard(routes, store)
    _mailbox(routes, store)
    _acknowledging(routes, store)
    _receipts(routes, store, wake)
    return routes


def _mailbox(routes: Blueprint, store: Store) -> None:
    @routes.get("/messages")
    @needs(Action.COLLECT)
    def list_messages() -> Any:
        """Reading never consumes: the same cursor gives the same messages."""
        after, limit = arguments.number("after", 0), arguments.limit()
        inline = arguments.flag("body")
        agency = _agency()
        with store.database.read() as connection:
            try:
                page = mailboxes.read(connection, agency, after=after, limit=limit)
            except mailboxes.Ahead as ahead:
                given, last = str(ahead.after), str(ahead.last)
                raise Problem("cursor-ahead", value=given, expected=last) from ahead
            numbers = [item["number"] for item in page.items] if inline else []
            found = mailboxes.bodies(store, connection, agency, numbers)
        answer = jsonify(arguments.published(_page(page, found)))
        answer.add_etag()
        return answer.make_conditional(request)

    @routes.get("/messages/<int:number>")
    @needs(Action.COLLECT)
    def show_message(number: int) -> Any:
        with store.database.read() as connection:
            found = mailboxes.bodies(store, connection, _agency(), [number])
        if number not in found:
            raise Problem("not-found")
        answer = Response(found[number], mimetype="application/xml")
        answer.add_etag()
        return answer.make_conditional(request)


def _page(page: mailboxes.Page, bodies: dict[int, bytes]) -> dict[str, Any]:
    """A page as published: `next` is the cursor for more, `last` the highest number given."""
    items = []
    for item in page.items:
        number = item["number"]
        shown = item | {"body_url": url_for("agency.show_message", number=number)}
        if number in bodies:
            shown["body_base64"] = base64.b64encode(bodies[number]).decode()
        items.append(shown)
    end = items[-1]["number"] if items else page.last
    return {"items": items, "next": end if end < page.last else None, "last": page.last}


def _acknowledging(routes: Blueprint, store: Store) -> None:
    @routes.post("/messages/<int:number>/ack")
    @needs(Action.COLLECT)
    def acknowledge_message(number: int) -> Any:
        found = mailboxes.acknowledge(store, _agency(), [number])
        if not found:
            raise Problem("not-found")
        return jsonify(arguments.published(found[0]))

    @routes.post("/messages/ack")
    @needs(Action.COLLECT)
    def acknowledge_messages() -> Any:
        """What is not in the mailbox is told, and hinders nothing else."""
        asked = _told("numbers", ACKNOWLEDGEMENT_MAX_BYTES, _is_number)
        found = mailboxes.acknowledge(store, _agency(), asked)
        unknown = {*asked} - {item["number"] for item in found}
        return jsonify(arguments.published({"items": found, "unknown": sorted(unknown)}))


def _receipts(routes: Blueprint, store: Store, wake: Wake) -> None:
    @routes.post("/receipts")
    @needs(Action.ANSWER)
    def give_receipts() -> Any:
        """Kept as they came and answered at once; they are read by a worker afterwards."""
        agency = _agency()
        if arguments.content_type(*arguments.XML, arguments.JSON) == arguments.JSON:
            told = _told("receipts", RECEIPT_MAX_BYTES, _is_document)
            numbers = arrivals.store_receipts(store, wake, agency, [t.encode() for t in told])
            return jsonify({"items": [{"id": each} for each in numbers]}), HTTPStatus.ACCEPTED
        body = b"".join(arguments.blocks(RECEIPT_MAX_BYTES))
        if not body.strip():
            raise Problem("bad-request")
        (number,) = arrivals.store_receipts(store, wake, agency, [body])
        return jsonify({"id": number}), HTTPStatus.ACCEPTED

    @routes.get("/receipts/<int:receipt_id>")
    @needs(Action.ANSWER)
    def show_receipt(receipt_id: int) -> Any:
        with store.database.read() as connection:
            found = arrivals.state(connection, _agency(), receipt_id)
        if found is None:
            raise Problem("not-found")
        return jsonify(arguments.published(receipts.told(found)))


def _agency() -> str:
    agency = caller().agency
    assert agency is not None  # the permission table lets nobody else so far
    return agency


def _told(name: str, most: int, fits: Any) -> list[Any]:
    """The list under a name of a JSON body, each of its values one that fits."""
    found = arguments.json_object(most).get(name)
    if not isinstance(found, list) or not 1 <= len(found) <= AT_ONCE or not all(map(fits, found)):
        raise Problem("bad-list", name=name, expected=str(AT_ONCE))
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**18


def _is_document(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
