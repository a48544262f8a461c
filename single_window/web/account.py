"""Pages of access: the own password, the organisation's keys, and the operator's lists."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for

from single_window.accounts import access, companies, service
from single_window.accounts.permissions import Action
from single_window.signatures.policies import POLICIES
from single_window.storage.engine import now_ms
from single_window.storage.store import Store
from single_window.web import session
from single_window.web.session import member, needs


def blueprint(store: Store) -> Blueprint:
    """Password, keys, locks, what is asked of signatures."""
    pages = Blueprint("account", __name__, url_prefix="/account")
    session.guard(pages, store)
    _passwords(pages, store)
    _keys(pages, store)
    _people(pages, store)
    _signatures(pages, store)
    return pages


def _passwords(pages: Blueprint, store: Store) -> None:
    @pages.get("")
    @needs(Action.ACCOUNT)
    def show() -> Any:
        done = "changed" in request.args
        return render_template("account.html", wrong="", done=done, least=access.PASSWORD_MIN)

    @pages.post("/password")
    @needs(Action.ACCOUNT)
    def change_password() -> Any:
        old, new = (request.form.get(name, "") for name in ("old", "new"))
        wrong: Any = "again" if request.form.get("again", "") != new else None
        wrong = wrong or access.change_password(store, member(), old, new, now=now_ms())
        if wrong:
            reason = wrong.reason if isinstance(wrong, service.Refused) else wrong
            page = render_template(
                "account.html", wrong=reason, done=False, least=access.PASSWORD_MIN
            )
            return page, HTTPStatus.UNPROCESSABLE_ENTITY
        with store.database.read() as connection:
            known = service.person(connection, member().person_id or 0)
        if known is not None:
            session.begin(known)
        return redirect(url_for("account.show", changed=1), HTTPStatus.SEE_OTHER)


def _keys(pages: Blueprint, store: Store) -> None:
    def page(key: str = "", label: str = "", wrong: str = "") -> str:
        with store.database.read() as connection:
            found = access.keys(connection, member().organisation_id)
        return render_template("keys.html", keys=found, key=key, label=label, wrong=wrong)

    @pages.get("/keys")
    @needs(Action.KEYS)
    def list_keys() -> Any:
        return page()

    @pages.post("/keys")
    @needs(Action.KEYS)
    def create_key() -> Any:
        label = request.form.get("label", "").replace("\0", "").strip()
        key, wrong = access.create_key(store, member(), label)
        answer = make_response(page(key, label, wrong))
        answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @pages.post("/keys/<int:key_id>/revoke")
    @needs(Action.KEYS)
    def revoke_key(key_id: int) -> Any:
        access.revoke_key(store, member(), key_id, now=now_ms())
        return redirect(url_for("account.list_keys"), HTTPStatus.SEE_OTHER)


def _people(pages: Blueprint, store: Store) -> None:
    @pages.get("/people")
    @needs(Action.PEOPLE)
    def list_people() -> Any:
        sought = request.args.get("search", "").strip()
        with store.database.read() as connection:
            found = access.everybody(connection, sought)
        return render_template("people.html", people=found, search=sought, most=access.PEOPLE_SHOWN)

    @pages.post("/people/<int:person_id>/lock")
    @needs(Action.PEOPLE)
    def lock(person_id: int) -> Any:
        access.lock(store, member(), person_id, now=now_ms())
        return redirect(url_for("account.list_people"), HTTPStatus.SEE_OTHER)

    @pages.post("/people/<int:person_id>/unlock")
    @needs(Action.PEOPLE)
    def unlock(person_id: int) -> Any:
        access.unlock(store, member(), person_id)
        return redirect(url_for("account.list_people"), HTTPStatus.SEE_OTHER)


def _signatures(pages: Blueprint, store: Store) -> None:
    @pages.get("/signatures")
    @needs(Action.PEOPLE)
    def list_policies() -> Any:
        sought = request.args.get("search", "").strip()
        with store.database.read() as connection:
            found = companies.everyone(connection, sought)
        return render_template(
            "policies.html",
            companies=found,
            search=sought,
            most=companies.SHOWN,
            policies=POLICIES,
            usual=store.settings.signature_policy,
        )

    @pages.post("/signatures")
    @needs(Action.PEOPLE)
    def choose_policy() -> Any:
        code, policy = (request.form.get(name, "") for name in ("code", "policy"))
        companies.choose_policy(store, code, policy, by=member().name)
        return redirect(url_for("account.list_policies"), HTTPStatus.SEE_OTHER)
