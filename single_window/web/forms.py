"""Forms: any message filled in by hand, kept while it is, checked and filed as its own bytes."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for

from schemas import codes, registry
from single_window import regimes
from single_window.accounts.permissions import Action
from single_window.intake import drafts, filings
from single_window.intake.begun import begun
from single_window.intake.drafts import Draft
from single_window.intake.forms import Values, field_path, message_named, ownerless
from single_window.intake.layouts import layout, layout_of
from single_window.intake.submissions import Wake
from single_window.intake.sums import blank
from single_window.intake.together import carried, regimes_with_trades, together
from single_window.storage.store import Store
from single_window.web import acting, session
from single_window.web.opened import Opened, unsaved
from single_window.web.paperwork import Desk
from single_window.web.session import keeps, member, needs

FOUND = 30
"""Codes that one search shows."""


def blueprint(store: Store, wake: Wake) -> Blueprint:
    """Begin a form, fill it in, copy and mend what was filed, look up codes."""
    pages = Blueprint("forms", __name__, url_prefix="/forms")
    session.guard(pages, store)
    desk = Desk(store, wake)
    _beginnings(pages, desk)
    _drafts(pages, desk)
    _trades(pages, desk)
    _lookups(pages, store)
    return pages


def _seed() -> str:
    """The token of a page that is opened now, or the one that it carries."""
    return request.form.get("_seed", "")[:32] or secrets.token_hex(16)


def _asked() -> dict[str, Any]:
    """What the address of a form asks to be shown beside what was typed."""
    return {"checked": request.args.get("checked", ""), "whole": "whole" in request.args}


def _page(
    pages: Blueprint, path: str, name: str, opened: Callable[..., Opened], desk: Desk
) -> None:
    """A page that shows a form, and takes it."""

    @needs(Action.FILE)
    def show(**arguments: Any) -> Any:
        return desk.show(opened(**arguments))

    @keeps
    @needs(Action.FILE)
    def take(**arguments: Any) -> Any:
        try:
            return desk.take(opened(**arguments))
        except drafts.Filed as filed:
            where = desk.after(filed.submission_id, again="form")
            return redirect(where, HTTPStatus.SEE_OTHER)

    pages.add_url_rule(path, name, show, methods=["GET"])
    pages.add_url_rule(path, f"{name}_take", take, methods=["POST"])


def _beginnings(pages: Blueprint, desk: Desk) -> None:
    store = desk.store

    @pages.get("")
    @needs(Action.FILE)
    def choose() -> Any:
        with store.database.read() as connection:
            begun = drafts.unfinished(connection, member().organisation_id, 100)
        return render_template(
            "forms/choose.html",
            regimes=regimes.all().values(),
            trades=[(name, together(name)) for name in regimes_with_trades()],
            others=ownerless(),
            message=registry.message,
            begun=begun,
        )

    def new(message: str, regime: str = "") -> Opened:
        if message_named(message) is None:
            abort(HTTPStatus.NOT_FOUND)
        if (number := request.args.get("of", type=int)) is None:
            return Opened([unsaved(message, blank(layout(message, regime)), _seed())])
        of, _, _ = filings.values_of(store, member().scope, number)
        values = blank(layout(message, of.regime)) | _known(store, message, number)
        return Opened([unsaved(message, values, _seed())])

    def mend(declaration_id: int) -> Opened:
        form, values, lives = filings.values_of(store, member().scope, declaration_id)
        mended = filings.as_change(form, values) if lives else values
        draft = unsaved(form.message.name, mended, _seed(), mends=declaration_id)
        return Opened([draft], checked="1" if request.method == "GET" else "")

    def copy(declaration_id: int) -> Opened:
        form, values, _ = filings.values_of(store, member().scope, declaration_id)
        return Opened([unsaved(form.message.name, filings.copied(form, values), _seed())])

    _page(pages, "/new/<message>", "new", new, desk)
    _page(pages, "/new/<regime>/<message>", "new_of", new, desk)
    _page(pages, "/mend/<int:declaration_id>", "mend", mend, desk)
    _page(pages, "/copy/<int:declaration_id>", "copy", copy, desk)


def _known(store: Store, message: str, number: int) -> Values:
    """What the other papers of a trade say that this one has to say too."""
    if values := begun(store, member().scope, number, message):
        return values
    found = filings.trade_of(store, member().scope, number)
    form = together(found.regime) if found is not None else None
    return carried(form, found.papers, message) if found is not None and form is not None else {}


def _drafts(pages: Blueprint, desk: Desk) -> None:
    store = desk.store

    def one(draft_id: int) -> Draft:
        try:
            return drafts.one(store, member().organisation_id, draft_id)
        except drafts.Gone:
            abort(HTTPStatus.NOT_FOUND)

    def kept(draft_id: int) -> Opened:
        return Opened([one(draft_id)], **_asked())

    _page(pages, "/<int:draft_id>", "edit", kept, desk)

    @pages.get("/<int:draft_id>/message.xml")
    @needs(Action.FILE)
    def download(draft_id: int) -> Any:
        draft = one(draft_id)
        sender = filings.sender_of(store, member().organisation_id, acting.client(store))
        answer = Response(filings.trial_of(store, draft, sender).body, mimetype="application/xml")
        name = f"{draft.message}-{draft.id}.xml"
        answer.headers.set("Content-Disposition", "attachment", filename=name)
        return answer

    @pages.post("/<int:draft_id>/discard")
    @needs(Action.FILE)
    def discard(draft_id: int) -> Any:
        draft = one(draft_id)
        numbers = [draft.id]
        if draft.trade:
            own = drafts.of_trade(store, member().organisation_id, draft.trade)
            numbers = [each.id for each in own]
        drafts.discard(store, member().organisation_id, numbers)
        return redirect(url_for("forms.choose"), HTTPStatus.SEE_OTHER)


def _trades(pages: Blueprint, desk: Desk) -> None:
    store = desk.store

    def new(regime: str) -> Opened:
        if regime not in regimes.all() or (form := together(regime)) is None:
            abort(HTTPStatus.NOT_FOUND)
        seed = _seed()
        papers = [
            unsaved(name, blank(layout(name, regime)), seed, trade=seed) for name in form.papers
        ]
        return Opened(papers, together=form)

    def copy(declaration_id: int) -> Opened:
        found = filings.trade_of(store, member().scope, declaration_id)
        form = together(found.regime) if found is not None else None
        if found is None or form is None:
            abort(HTTPStatus.NOT_FOUND)
        seed = _seed()
        papers = []
        for name in form.papers:
            own = layout(name, found.regime)
            values = filings.copied(own, found.papers[name]) if name in found.papers else blank(own)
            papers.append(unsaved(name, values, seed, trade=seed))
        return Opened(papers, together=form)

    def kept(trade: str) -> Opened:
        try:
            papers = drafts.of_trade(store, member().organisation_id, trade)
        except drafts.Gone:
            abort(HTTPStatus.NOT_FOUND)
        forms = (form for name in regimes_with_trades() if (form := together(name)) is not None)
        own = {paper.message for paper in papers}
        form = next((each for each in forms if own <= {*each.papers}), None)
        return Opened(papers, together=form, **_asked())

    _page(pages, "/trades/new/<regime>", "new_trade", new, desk)
    _page(pages, "/trades/copy/<int:declaration_id>", "copy_trade", copy, desk)
    _page(pages, "/trades/<trade>", "edit_trade", kept, desk)


def _lookups(pages: Blueprint, store: Store) -> None:
    @pages.get("/codes/<table>")
    @needs(Action.SEE)
    def find_codes(table: str) -> Any:
        """Codes of a list: for the script as one types, and as a page to look them up on."""
        if table not in codes.names():
            abort(HTTPStatus.NOT_FOUND)
        text = request.args.get("q", "")[:100]
        found = codes.table(table).search(text, FOUND)
        if request.accept_mimetypes.best == "application/json":
            return jsonify([[row.code, row.name_zh, row.name_en] for row in found])
        return render_template("forms/codes.html", found=found, text=text, back=_back(store))

    def _back(store: Store) -> dict[str, Any] | None:
        """The draft and field that a code is looked up for, where one is named."""
        number = request.args.get("draft", type=int)
        name = request.args.get("field", "")
        if number is None:
            return None
        try:
            draft = drafts.one(store, member().organisation_id, number)
            entry = layout_of(draft.message, draft.values).entry(field_path(name))
        except (drafts.Gone, KeyError):
            abort(HTTPStatus.NOT_FOUND)
        trade = bool(draft.trade)
        where = (
            url_for("forms.edit_trade", trade=draft.trade)
            if trade
            else url_for("forms.edit", draft_id=draft.id)
        )
        prefix = f"{draft.message}:" if trade else ""
        return {"draft": draft, "entry": entry, "name": prefix + name, "where": where}
