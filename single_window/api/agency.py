"""The agency side: what agencies' systems call."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, jsonify

from single_window.accounts.permissions import Action
from single_window.api import arguments
from single_window.api.keys import caller, guard, needs
from single_window.api.problems import Problem
from single_window.intake.submissions import Wake
from single_window.routing.arrivals import store_receipt
from single_window.storage.store import Store

RECEIPT_MAX_BYTES = 16 * 1024 * 1024
"""Largest body of receipts; a national receipt message has at most 100 records."""


def blueprint(store: Store, wake: Wake) -> Blueprint:
    """The routes of the agency side."""
    routes = Blueprint("agency", __name__, url_prefix="/api/v1/agency")
    guard(routes, store)

    @routes.post("/receipts")
    @needs(Action.ANSWER)
    def give_receipts() -> Any:
        """Kept as it came and answered at once; it is read by a worker afterwards."""
        arguments.content_type(*arguments.XML)
        body = b"".join(arguments.blocks(RECEIPT_MAX_BYTES))
        if not body.strip():
            raise Problem("bad-request")
        number = store_receipt(store, wake, caller().agency or "", body)
        return jsonify({"id": number}), HTTPStatus.ACCEPTED

    return routes
