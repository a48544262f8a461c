"""Who is at the other end of a page: log-in kept in a signed cookie, forms proved to be ours."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Blueprint, current_app, g, render_template, request, session, url_for
from werkzeug.exceptions import BadRequest, Forbidden, Unauthorized
from werkzeug.utils import redirect

from single_window.accounts import service
from single_window.accounts.permissions import Action, Principal
from single_window.storage.store import Store

View = TypeVar("View", bound=Callable[..., object])

PAPER_MAX_BYTES = 8 * 1024 * 1024
"""Largest body with what was typed into forms: 99 lines with every field full make 2 MB."""


class StaleForm(BadRequest):
    """A form that this session did not hand out."""

    problem = "form-stale"


class LoggedOut(Unauthorized):
    """A page's script calls, and the log-in has ended meanwhile."""

    problem = "logged-out"


def needs(action: Action | None, *, proves_itself: bool = False) -> Callable[[View], View]:
    """Declares which action of the permission table a page is; None leaves it open to all.

    `proves_itself` is for a form so large that its token is read while it streams in.
    """

    def mark(view: View) -> View:
        view.needs = action  # type: ignore[attr-defined]
        view.proves_itself = proves_itself  # type: ignore[attr-defined]
        return view

    return mark


def takes_papers(view: View) -> View:
    """Declares that all that was typed into forms may be posted to a page: more than elsewhere."""
    view.takes_papers = True  # type: ignore[attr-defined]
    return view


def keeps(view: View) -> View:
    """Declares that what is posted to a page is handed on where the log-in has ended meanwhile.

    Who logs in again finds it, and sends it once more: nothing that was typed is lost.
    """
    view.keeps = True  # type: ignore[attr-defined]
    return takes_papers(view)


def guard(blueprint: Blueprint, store: Store) -> None:
    """Lets nobody see a page that the table does not allow, and no form in that is not ours."""

    @blueprint.before_request
    def check() -> Any:
        view = vars(current_app.view_functions[request.endpoint or ""])
        action: Action | None = view["needs"]
        keep = request.method == "POST" and "keeps" in view and not _by_script()
        if "takes_papers" in view:
            request.max_content_length = request.max_form_memory_size = PAPER_MAX_BYTES
        if action is not None and person(store) is None:
            return _log_in_and_go_on() if keep else _to_log_in()
        if action is not None and not member().may(action):
            raise Forbidden
        if request.method == "POST" and not view["proves_itself"]:
            given = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
            if keep and not _proved(given):
                return go_on(request.path, kept_fields()), HTTPStatus.BAD_REQUEST
            prove(given)
        return None


def person(store: Store) -> Principal | None:
    """Who is logged in, looked up once per request."""
    if "principal" not in g:
        g.principal = _remembered(store)
    found: Principal | None = g.principal
    return found


def member() -> Principal:
    """Who is logged in, on pages that nobody else can reach."""
    principal: Principal = g.principal
    return principal


def begin(known: service.Known) -> None:
    """Starts the session of a person; what was in the cookie before is gone."""
    session.clear()
    session.permanent = True
    session["person"] = known.principal.person_id
    session["stamp"] = known.stamp


def end() -> None:
    """Ends the session."""
    session.clear()


def token() -> str:
    """The token that every form of this session carries."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(24)
    return str(session["csrf"])


def prove(given: str) -> None:
    """Refuses a form that does not carry this session's token."""
    if not _proved(given):
        raise StaleForm


def _proved(given: str) -> bool:
    own = str(session.get("csrf", ""))
    return bool(given) and hmac.compare_digest(own.encode(), given.encode())


# --- what was typed before the log-in ended ------------------------------------------------------

_KEPT = "kept."
"""What stands before a field that is handed through the log-in page."""
_SAVE = "save"
"""What a form asks for that is sent again: that nothing be lost, and nothing done."""


def kept_fields() -> list[tuple[str, str]]:
    """What was posted, to be sent again later: kept as a draft then, never filed unseen."""
    rest = [(n, v) for n, v in request.form.items(multi=True) if n not in ("csrf", "_do")]
    return [*rest, ("_do", _SAVE)]


def comes_again() -> bool:
    """Whether a form was handed on so: it is shown once more then, and nothing is done."""
    return request.form.get("_do") == _SAVE


def handed_on() -> list[tuple[str, str]]:
    """The fields that the log-in page hands on."""
    sent = request.form.items(multi=True)
    return [(n.removeprefix(_KEPT), v) for n, v in sent if n.startswith(_KEPT)]


def go_on(path: str, fields: list[tuple[str, str]]) -> str:
    """The page that sends fields again, under the token of this session."""
    return render_template("kept.html", again=path, fields=fields)


def _log_in_and_go_on() -> Any:
    fields = [(_KEPT + name, value) for name, value in kept_fields()]
    page = render_template("login.html", login="", refused=None, kept=fields, again=request.path)
    return page, HTTPStatus.UNAUTHORIZED


def _by_script() -> bool:
    return request.accept_mimetypes.best == "application/json" or "X-CSRF-Token" in request.headers


def local(target: str) -> str:
    """The target when it is a page of ours, else the first page: no link leads away from here."""
    ours = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if ours else url_for("desk.home")


def _remembered(store: Store) -> Principal | None:
    if "person" not in session:
        return None
    with store.database.read() as connection:
        known = service.person(connection, session["person"])
    if known is None or known.stamp != session.get("stamp"):
        session.clear()
        return None
    return known.principal


def _to_log_in() -> Any:
    if _by_script():
        raise LoggedOut
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("entry.log_in", next=back) if back else url_for("entry.log_in"))
