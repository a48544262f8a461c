"""The filing side: hand in, follow, look up, withdraw, amend."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Response, jsonify, request, url_for

from single_window.accounts.permissions import Action
from single_window.api import arguments
from single_window.api.keys import caller, guard, needs
from single_window.api.problems import Problem
from single_window.declarations import answering, queries, results, returned, service
from single_window.domain.lifecycle import Outcome
from single_window.intake import amending, submissions, told
from single_window.intake.sheets.returned import rejected_xlsx
from single_window.intake.sheets.templates import offered, template
from single_window.intake.sheets.writing import MEDIA_TYPE
from single_window.intake.submissions import Wake
from single_window.storage.store import Store

DECISIONS = ("accept", "warn", "hold", "reject")
OUTCOMES = tuple(outcome.value for outcome in Outcome)
ANSWER_MAX_BYTES = 64 * 1024


def blueprint(store: Store, wake: Wake) -> Blueprint:
    """The routes of the filing side."""
    routes = Blueprint("filing", __name__, url_prefix="/api/v1")
    guard(routes, store)
    _submissions(routes, store, wake)
    _results(routes, store)
    _workbooks(routes, store)
    _declarations(routes, store)
    _changes(routes, store, wake)
    return routes


def _submissions(routes: Blueprint, store: Store, wake: Wake) -> None:
    @routes.post("/submissions")
    @needs(Action.FILE)
    def file_submission() -> Any:
        media_type = arguments.content_type(*arguments.XML, *arguments.ZIP, arguments.XLSX)
        client = request.args.get("company", "").strip()[:18]
        filed = submissions.receive(
            store,
            wake,
            organisation_id=caller().organisation_id,
            person=caller().name,
            channel="api",
            blocks=arguments.blocks(store.settings.upload_max_bytes),
            media_type=media_type,
            file_name=unquote(request.headers.get("X-File-Name", ""))[:255],
            idempotency_key=arguments.idempotency_key(),
            check_only=arguments.flag("check_only"),
            client=client if media_type == arguments.XLSX else "",
        )
        found = _submission(store, filed.id) | {"repeated": filed.repeated}
        where = url_for("filing.show_submission", submission_id=filed.id)
        return jsonify(found), HTTPStatus.ACCEPTED, {"Location": where}

    @routes.get("/submissions")
    @needs(Action.SEE)
    def list_submissions() -> Any:
        before = arguments.number("before", 0) or None
        with store.database.read() as connection:
            items, following = queries.submissions(
                connection, caller().scope, before=before, limit=arguments.limit()
            )
        return jsonify(arguments.published({"items": items, "next": following}))

    @routes.get("/submissions/<int:submission_id>")
    @needs(Action.SEE)
    def show_submission(submission_id: int) -> Any:
        return jsonify(_submission(store, submission_id))


def _results(routes: Blueprint, store: Store) -> None:
    @routes.get("/submissions/<int:submission_id>/records")
    @needs(Action.SEE)
    def list_records(submission_id: int) -> Any:
        _submission(store, submission_id)
        wanted: dict[str, Any] = {
            "decision": arguments.choice("decision", DECISIONS),
            "outcome": arguments.choice("outcome", OUTCOMES),
            "search": request.args.get("search") or None,
            "fault": request.args.get("fault") or None,
            "after": arguments.number("after", 0),
            "limit": arguments.limit(),
        }
        with store.database.read() as connection:
            items, following = results.records(
                store, connection, caller().scope, submission_id, **wanted
            )
        return jsonify(arguments.published({"items": items, "next": following}))

    @routes.get("/submissions/<int:submission_id>/rejected.xml")
    @needs(Action.FILE)
    def download_rejected(submission_id: int) -> Any:
        _submission(store, submission_id)
        media_type, file_name, blocks = returned.rejected_xml(store, submission_id)
        return _file(media_type, file_name, blocks)


def _workbooks(routes: Blueprint, store: Store) -> None:
    @routes.get("/submissions/<int:submission_id>/rejected.xlsx")
    @needs(Action.FILE)
    def download_rejected_sheets(submission_id: int) -> Any:
        _submission(store, submission_id)
        return _file(*rejected_xlsx(store, submission_id))

    @routes.get("/templates/<name>.xlsx")
    @needs(Action.FILE)
    def download_template(name: str) -> Any:
        names = offered(name)
        if not names:
            raise Problem("not-found")
        return _file(MEDIA_TYPE, f"{name}.xlsx", template(names))


def _file(media_type: str, name: str, blocks: Iterable[bytes]) -> Response:
    answer = Response(blocks, mimetype=media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _declarations(routes: Blueprint, store: Store) -> None:
    @routes.get("/declarations")
    @needs(Action.SEE)
    def list_declarations() -> Any:
        with store.database.read() as connection:
            items, following = queries.declarations(
                store,
                connection,
                caller().scope,
                order_no=request.args.get("order_no") or None,
                message=request.args.get("message") or None,
                after=arguments.number("after", 0),
                limit=arguments.limit(),
            )
        return jsonify(arguments.published({"items": items, "next": following}))

    @routes.get("/declarations/<int:declaration_id>")
    @needs(Action.SEE)
    def show_declaration(declaration_id: int) -> Any:
        with store.database.read() as connection:
            found = queries.declaration(store, connection, caller().scope, declaration_id)
        if found is None:
            raise Problem("not-found")
        return jsonify(arguments.published(found))

    @routes.get("/declarations/<int:declaration_id>/told")
    @needs(Action.SEE)
    def show_told(declaration_id: int) -> Any:
        steps = told.told(store, caller().scope, declaration_id)
        if steps is None:
            raise Problem("not-found")
        return jsonify(arguments.published({"items": [step.shown for step in steps]}))


def _changes(routes: Blueprint, store: Store, wake: Wake) -> None:
    @routes.post("/declarations/<int:declaration_id>/withdraw")
    @needs(Action.CHANGE)
    def withdraw_declaration(declaration_id: int) -> Any:
        found = service.withdraw(store, wake, caller().scope, declaration_id, person=caller().name)
        return jsonify(arguments.published(found))

    @routes.post("/declarations/<int:declaration_id>/answer")
    @needs(Action.CHANGE)
    def answer_question(declaration_id: int) -> Any:
        told = arguments.json_object(ANSWER_MAX_BYTES)
        asked, text = told.get("agency"), told.get("text")
        if not isinstance(asked, str) or not isinstance(text, str):
            raise Problem("bad-request")
        said = answering.answer(
            store, caller().scope, declaration_id, agency=asked, text=text, person=caller().name
        )
        return jsonify(arguments.published({"items": said}))

    @routes.post("/declarations/<int:declaration_id>/amend")
    @needs(Action.CHANGE)
    def amend_declaration(declaration_id: int) -> Any:
        arguments.content_type(*arguments.XML)
        filed = amending.amend(
            store,
            wake,
            caller().scope,
            declaration_id,
            organisation_id=caller().organisation_id,
            person=caller().name,
            blocks=arguments.blocks(store.settings.upload_max_bytes),
        )
        where = url_for("filing.show_submission", submission_id=filed.id)
        found = _submission(store, filed.id) | {"repeated": filed.repeated}
        return jsonify(found), HTTPStatus.ACCEPTED, {"Location": where}


def _submission(store: Store, submission_id: int) -> dict[str, Any]:
    """The submission as published; somebody else's does not exist."""
    with store.database.read() as connection:
        found = queries.submission(connection, caller().scope, submission_id)
    if found is None:
        raise Problem("not-found")
    answer: dict[str, Any] = arguments.published(found)
    return answer
