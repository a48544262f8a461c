"""Pages of those who file: hand in, watch, find what is wrong, take the templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for

from single_window import regimes
from single_window.accounts.permissions import Action, Role
from single_window.declarations import balances, queries, results, returned
from single_window.domain.lifecycle import Outcome
from single_window.intake import submissions
from single_window.intake.forms import ownerless
from single_window.intake.sheets.returned import rejected_xlsx
from single_window.intake.sheets.templates import offered, template
from single_window.intake.sheets.writing import MEDIA_TYPE
from single_window.intake.submissions import Filed, Wake
from single_window.storage.engine import beijing_day, now_ms
from single_window.storage.store import Store
from single_window.web import acting, asked, session
from single_window.web.session import member, needs
from single_window.web.uploads import Form

RECENT = 8
PAGE = 50
DECISIONS = ("reject", "hold", "warn", "accept")
OUTCOMES = tuple(outcome.value for outcome in Outcome)
_KINDS = {"zip": "application/zip", "xlsx": MEDIA_TYPE}
_BLOCK = 256 * 1024
_FORM_BYTES = 64 * 1024
"""What a form adds around its files."""
_MOVING = frozenset({Outcome.WAITING.value, Outcome.UNDER_WAY.value})
CHECKING_MS, MOVING_MS = 1000, 4000
"""How often a page asks again: while records are being checked, and while agencies work."""


def blueprint(store: Store, wake: Wake) -> Blueprint:
    """Upload, submissions, results, templates."""
    pages = Blueprint("desk", __name__)
    session.guard(pages, store)
    acting.furnish(pages, store)
    _lists(pages, store)
    _uploads(pages, store, wake)
    _results(pages, store)
    _downloads(pages, store)
    return pages


def _lists(pages: Blueprint, store: Store) -> None:
    @pages.get("/")
    @needs(None)
    def home() -> Any:
        principal = session.person(store)
        if principal is None:
            return redirect(url_for("entry.log_in"))
        if principal.may(Action.JUDGE):
            return redirect(url_for("officer.inbox"))
        if not principal.may(Action.SEE):
            return redirect(url_for("operator.status"))
        if not principal.may(Action.FILE):
            return redirect(url_for("desk.list_submissions"))
        if principal.role is Role.TRADER and not {"upload", "empty"} & {*request.args}:
            return redirect(url_for("trader.home"))
        with store.database.read() as connection:
            items, more = queries.submissions(
                connection, principal.scope, before=None, limit=RECENT
            )
            owed = balances.owed(store, connection, principal.scope, beijing_day(now_ms()))
        acts_for = acting.client(store)
        return render_template("home.html", items=items, more=more, acts_for=acts_for, owed=owed)

    @pages.get("/submissions")
    @needs(Action.SEE)
    def list_submissions() -> Any:
        before = asked.number("before")
        with store.database.read() as connection:
            items, following = queries.submissions(
                connection, member().scope, before=before, limit=PAGE
            )
        return render_template("submissions.html", items=items, next=following, before=before)


def _uploads(pages: Blueprint, store: Store, wake: Wake) -> None:
    def take(blocks: Iterable[bytes], name: str, *, check_only: bool) -> Filed:
        kind = name.lower().rpartition(".")[2]
        return submissions.receive(
            store,
            wake,
            organisation_id=member().organisation_id,
            person=member().name,
            channel="web",
            blocks=blocks,
            media_type=_KINDS.get(kind, "application/xml"),
            file_name=name[-255:],
            idempotency_key=None,
            check_only=check_only,
            client=acting.client(store) if kind == "xlsx" else "",
        )

    @pages.post("/submissions")
    @needs(Action.FILE, proves_itself=True)
    def upload() -> Any:
        """Takes the files of the form, each as a submission of its own."""
        form = Form(request, most=store.settings.upload_max_bytes + _FORM_BYTES)
        fields = form.read_fields()
        session.prove(fields.get("csrf", ""))
        acting.same(store, fields.get("_for"))
        check_only = bool(fields.get("check_only"))
        taken = [take(blocks, name, check_only=check_only) for name, blocks in form.files()]
        if not taken:
            return redirect(url_for("desk.home", empty=1), HTTPStatus.SEE_OTHER)
        return redirect(_after(taken), HTTPStatus.SEE_OTHER)

    @pages.post("/submissions/file")
    @needs(Action.FILE)
    def upload_file() -> Any:
        """Takes one file as the page's script sends it: the body is the file."""
        request.max_content_length = store.settings.upload_max_bytes
        acting.same(store, request.args.get("_for"))
        name = unquote(request.headers.get("X-File-Name", ""))
        filed = take(_body(), name, check_only=request.args.get("check_only") == "true")
        where = url_for(
            "desk.show_submission", submission_id=filed.id, again=filed.repeated or None
        )
        return jsonify({"id": filed.id, "url": where}), HTTPStatus.ACCEPTED


def _after(taken: list[Filed]) -> str:
    if len(taken) > 1:
        return url_for("desk.list_submissions")
    again = 1 if taken[0].repeated else None
    return url_for("desk.show_submission", submission_id=taken[0].id, again=again)


def _body() -> Iterator[bytes]:
    while block := request.stream.read(_BLOCK):
        yield block


def _results(pages: Blueprint, store: Store) -> None:
    def shown(submission_id: int) -> dict[str, Any]:
        """What the page shows: the submission, and the records that the filter lets through."""
        chosen = _filter()
        with store.database.read() as connection:
            found = queries.submission(connection, member().scope, submission_id)
            if found is None:
                abort(HTTPStatus.NOT_FOUND)
            items, following = results.records(
                store, connection, member().scope, submission_id, limit=PAGE, **chosen
            )
            last = items[-1]["cursor"] if items else chosen["after"]
            within = connection, member().scope, submission_id
            told: dict[str, Any] = {
                "faults": results.faults_of(*within),
                "next_bad": results.next_bad(*within, after=last),
            }
        every = _pace(found["state"], items)
        told |= {"submission": found, "items": items, "next": following, "every": every}
        return told | chosen

    @pages.get("/submissions/<int:submission_id>")
    @needs(Action.SEE)
    def show_submission(submission_id: int) -> Any:
        return render_template("submission.html", **shown(submission_id))

    @pages.get("/submissions/<int:submission_id>/live")
    @needs(Action.SEE)
    def watch_submission(submission_id: int) -> Any:
        return render_template("_results.html", **shown(submission_id))


def _downloads(pages: Blueprint, store: Store) -> None:
    def known(submission_id: int) -> None:
        with store.database.read() as connection:
            if queries.submission(connection, member().scope, submission_id) is None:
                abort(HTTPStatus.NOT_FOUND)

    @pages.get("/submissions/<int:submission_id>/rejected")
    @needs(Action.FILE)
    def download_rejected(submission_id: int) -> Any:
        known(submission_id)
        return _file(*returned.rejected_xml(store, submission_id))

    @pages.get("/submissions/<int:submission_id>/rejected.xlsx")
    @needs(Action.FILE)
    def download_rejected_sheets(submission_id: int) -> Any:
        known(submission_id)
        return _file(*rejected_xlsx(store, submission_id))

    @pages.get("/templates")
    @needs(Action.FILE)
    def list_templates() -> Any:
        others = [message for message in ownerless() if offered(message.name)]
        own = [
            each
            for each in regimes.all().values()
            if any(map(offered, (each.name, *each.messages)))
        ]
        return render_template("templates.html", regimes=own, others=others, offered=offered)

    @pages.get("/templates/<name>.xlsx")
    @needs(Action.FILE)
    def download_template(name: str) -> Any:
        names = offered(name)
        if not names:
            abort(HTTPStatus.NOT_FOUND)
        return _file(MEDIA_TYPE, f"{name}.xlsx", template(names))


def _file(media_type: str, name: str, blocks: Iterable[bytes]) -> Response:
    answer = Response(blocks, mimetype=media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _filter() -> dict[str, Any]:
    """The filter in the address; what means nothing filters nothing."""
    decision, outcome = request.args.get("decision"), request.args.get("outcome")
    return {
        "decision": decision if decision in DECISIONS else None,
        "outcome": outcome if outcome in OUTCOMES else None,
        "search": request.args.get("search", "").strip() or None,
        "fault": request.args.get("fault", "").strip() or None,
        "after": asked.number("after") or 0,
    }


def _pace(state: str, items: Iterable[dict[str, Any]]) -> int | None:
    """After how many milliseconds something may have changed; None when nothing will."""
    if state != "done":
        return CHECKING_MS
    return MOVING_MS if any(item.get("outcome") in _MOVING for item in items) else None
