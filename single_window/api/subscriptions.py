"""The side of a third party that messages name: what it subscribes to, numbered, never consumed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from single_window.accounts.permissions import Action
from single_window.api import arguments
from single_window.api.keys import caller, guard, needs
from single_window.api.problems import Problem
from single_window.declarations import subscriptions
from single_window.storage.store import Store


def blueprint(store: Store) -> Blueprint:
    """The routes of a subscriber."""
    routes = Blueprint("subscriptions", __name__, url_prefix="/api/v1/subscriptions")
    guard(routes, store)

    @routes.get("")
    @needs(Action.SEE)
    def list_messages() -> Any:
        with store.database.read() as connection:
            items, following = subscriptions.listed(
                connection,
                caller().organisation_id,
                after=arguments.number("after", 0),
                limit=arguments.limit(),
            )
        return jsonify(arguments.published({"items": items, "next": following}))

    @routes.get("/<int:number>/data")
    @needs(Action.SEE)
    def show_data(number: int) -> Any:
        found = subscriptions.data(store, caller().organisation_id, number)
        if found is None:
            raise Problem("not-found")
        return Response(found, mimetype="application/xml")

    @routes.get("/<int:number>/receipts")
    @needs(Action.SEE)
    def list_receipts(number: int) -> Any:
        after, limit = arguments.number("after", 0), arguments.limit()
        with store.database.read() as connection:
            found = subscriptions.receipts(
                connection, caller().organisation_id, number, after=after, limit=limit
            )
        if found is None:
            raise Problem("not-found")
        items, following = found
        return jsonify(arguments.published({"items": items, "next": following}))

    return routes
