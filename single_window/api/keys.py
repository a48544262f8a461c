"""Who calls: the bearer key of a request, asked for on every route that is not declared open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, current_app, g, request

from single_window.accounts import service
from single_window.accounts.permissions import Action, Principal
from single_window.api.problems import Problem
from single_window.storage.store import Store

View = TypeVar("View", bound=Callable[..., object])
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="single-window"'}


def needs(action: Action | None) -> Callable[[View], View]:
    """Declares which action of the permission table a route is; None leaves it open to all."""

    def mark(view: View) -> View:
        view.needs = action  # type: ignore[attr-defined]
        return view

    return mark


def guard(blueprint: Blueprint, store: Store) -> None:
    """Lets nobody into the blueprint's routes but holders of a key that may do what the route is.

    A route that forgot to declare its action is closed to everybody.
    """

    @blueprint.before_request
    def check_key() -> None:
        action: Action | None = vars(current_app.view_functions[request.endpoint or ""])["needs"]
        if action is None:
            return
        g.principal = _holder(store)
        if not g.principal.may(action):
            raise Problem("forbidden")


def caller() -> Principal:
    """Who the key of this request belongs to."""
    principal: Principal = g.principal
    return principal


def _holder(store: Store) -> Principal:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Problem("key-missing", headers=_CHALLENGE)
    with store.database.read() as connection:
        found = service.holder(connection, key.strip())
    if found is None:
        raise Problem("key-unknown", headers=_CHALLENGE)
    return found
