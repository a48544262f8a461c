"""Every page and endpoint, as everybody to whom something does not belong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from single_window.accounts import service
from single_window.accounts.permissions import Role
from single_window.app import create_app
from single_window.settings import Settings
from single_window.storage import tables as t
from single_window.storage.store import Store
from tests.accounts import others
from tests.portal import ORDER, Portal, agencies, csrf, made, opened

SAME, ALL, LIST, HIDDEN, OWN, SELF, RUNS = "same", "all", "list", "hidden", "own", "self", "runs"
# What each route has to do with what is somebody else's. A route that is not listed fails.
#   same    the same for everybody, whatever has been filed
#   all     figures about everything, on purpose: they tell how the window does, not what is in it
#   list    lists what is the reader's own
#   hidden  names one thing; somebody else's does not exist
#   own     does something in the caller's own name
#   self    likewise, and the operator may too
#   runs    the operator's, about everybody: to anybody else it does not exist
ROUTES = {
    "static": SAME,
    "entry.framework": SAME,
    "entry.log_in": SAME,
    "entry.let_in": SAME,
    "entry.log_out": SAME,
    "openapi.describe": SAME,
    "account.show": SELF,
    "account.change_password": SELF,
    "account.list_keys": LIST,
    "account.create_key": SELF,
    "account.revoke_key": HIDDEN,
    "account.list_people": RUNS,
    "account.lock": RUNS,
    "account.unlock": RUNS,
    "account.list_policies": RUNS,
    "account.choose_policy": RUNS,
    "operator.status": ALL,
    "operator.metrics": ALL,
    "desk.home": LIST,
    "desk.list_submissions": LIST,
    "desk.upload": OWN,
    "desk.upload_file": OWN,
    "desk.show_submission": HIDDEN,
    "desk.watch_submission": HIDDEN,
    "desk.download_rejected": HIDDEN,
    "desk.download_rejected_sheets": HIDDEN,
    "desk.list_templates": SAME,
    "desk.download_template": SAME,
    "desk.choose_client": LIST,
    "desk.act_for": OWN,
    "declarations.search": LIST,
    "declarations.show": HIDDEN,
    "declarations.watch": HIDDEN,
    "declarations.withdraw": HIDDEN,
    "declarations.show_told": HIDDEN,
    "declarations.download_told": HIDDEN,
    "mandates.show": LIST,
    "mandates.give": OWN,
    "mandates.end": HIDDEN,
    "filing.file_submission": OWN,
    "filing.list_submissions": LIST,
    "filing.show_submission": HIDDEN,
    "filing.list_records": HIDDEN,
    "filing.download_rejected": HIDDEN,
    "filing.list_declarations": LIST,
    "filing.show_declaration": HIDDEN,
    "filing.show_told": HIDDEN,
    "filing.amend_declaration": HIDDEN,
    "filing.withdraw_declaration": HIDDEN,
    "filing.answer_question": HIDDEN,
    "filing.download_rejected_sheets": HIDDEN,
    "filing.download_template": SAME,
    "declarations.answer": HIDDEN,
    "forms.choose": LIST,
    "forms.find_codes": SAME,
    "forms.new": OWN,
    "forms.new_take": OWN,
    "forms.new_of": OWN,
    "forms.new_of_take": OWN,
    "forms.edit": HIDDEN,
    "forms.edit_take": HIDDEN,
    "forms.discard": HIDDEN,
    "forms.download": HIDDEN,
    "forms.copy": HIDDEN,
    "forms.copy_take": HIDDEN,
    "forms.mend": HIDDEN,
    "forms.mend_take": HIDDEN,
    "forms.new_trade": OWN,
    "forms.new_trade_take": OWN,
    "forms.edit_trade": HIDDEN,
    "forms.edit_trade_take": HIDDEN,
    "forms.copy_trade": HIDDEN,
    "forms.copy_trade_take": HIDDEN,
    "officer.inbox": LIST,
    "officer.watch": LIST,
    "officer.show": HIDDEN,
    "officer.judge": HIDDEN,
    "officer.show_told": HIDDEN,
    "officer.download_told": HIDDEN,
    "help.index": SAME,
    "help.guide": SAME,
    "help.moved": SAME,
    "help.consumer": SAME,
    "reference.index": SAME,
    "reference.list_rules": SAME,
    "reference.rules_json": SAME,
    "reference.rule": SAME,
    "reference.list_messages": SAME,
    "reference.message": SAME,
    "reference.sample": SAME,
    "reference.list_codes": SAME,
    "reference.code_list": SAME,
    "reference.list_triggers": SAME,
    "trader.home": LIST,
    "trader.show": HIDDEN,
    "trader.watch_trade": HIDDEN,
    "trader.list_part": LIST,
    "trader.watch": LIST,
    "books.list_books": LIST,
    "books.show_book": HIDDEN,
    "books.show_serial": HIDDEN,
    "books.list_movements": HIDDEN,
    "books.list_entries": HIDDEN,
    "books.list_due": HIDDEN,
    "books.show_reconciliation": HIDDEN,
    "books.make_entries": HIDDEN,
    "books.close_period": HIDDEN,
    "bookshelf.list_books": LIST,
    "bookshelf.new": OWN,
    "bookshelf.open_book": OWN,
    "bookshelf.show": HIDDEN,
    "bookshelf.list_movements": HIDDEN,
    "bookshelf.list_serials": HIDDEN,
    "bookshelf.show_serial": HIDDEN,
    "bookshelf.list_orders": HIDDEN,
    "bookshelf.new_order": HIDDEN,
    "bookshelf.open_order": HIDDEN,
    "bookshelf.show_order": HIDDEN,
    "bookshelf.work": HIDDEN,
    "bookshelf.list_entries": HIDDEN,
    "bookshelf.show_entry": HIDDEN,
    "bookshelf.take_back": HIDDEN,
    "bookshelf.new_entry": HIDDEN,
    "bookshelf.make_entry": HIDDEN,
    "bookshelf.choose_disposal": HIDDEN,
    "bookshelf.dispose": HIDDEN,
    "bookshelf.reconcile_book": HIDDEN,
    "bookshelf.count": HIDDEN,
    "bookshelf.draft_report": HIDDEN,
    "bookshelf.close": HIDDEN,
    "bookshelf.set_standing": HIDDEN,
    **{f"statistics.{page}": LIST for page in ("show", "show_charts", "list_filings")},
    **{f"statistics.download_{kind}": LIST for kind in ("csv", "xlsx")},
    **{f"figures.{route}": LIST for route in ("show_table", "list_filings")},
    "subscriptions.list_messages": LIST,
    "subscriptions.show_data": HIDDEN,
    "subscriptions.list_receipts": HIDDEN,
    "agency.list_messages": LIST,
    "agency.show_message": HIDDEN,
    "agency.acknowledge_message": HIDDEN,
    "agency.acknowledge_messages": OWN,
    "agency.give_receipts": OWN,
    "agency.show_receipt": HIDDEN,
}
STRANGERS = ("", "cat", "dog", "tax", "fx")
"""Nobody, a trader, a broker, and the officers of two agencies that have nothing to do with it."""
_CHANGING = re.compile(
    r'name="csrf" value="[^"]*"|Request [0-9a-f]{16}|"request_id":"\w+"|\d{4}-\d\d-\d\d[ T][\d:.Z]+'
)


def _routes() -> list[tuple[str, Rule]]:
    with TemporaryDirectory() as folder:
        app = create_app(Store.open(Settings(data=Path(folder))), lambda _name, _argument: None)
    return [
        (method, rule)
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


_ROUTES = _routes()
_EVERY = pytest.mark.parametrize(
    ("method", "rule"), _ROUTES, ids=[f"{method} {rule.rule}" for method, rule in _ROUTES]
)
_LISTS = [rule for method, rule in _ROUTES if method == "GET" and ROUTES.get(rule.endpoint) == LIST]
_BY = pytest.mark.parametrize("stranger", STRANGERS, ids=lambda name: name or "nobody")


@dataclass
class Town:
    """A portal in which two live whom nobody else may look at.

    `lists` is what strangers saw before they came, and what after.
    """

    portal: Portal
    there: dict[str, Any]
    lists: list[dict[tuple[str, str], str]] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    browsers: dict[str, FlaskClient] = field(default_factory=dict)

    def look(self) -> None:
        """Keeps what each stranger sees in each list."""
        self.lists.append(
            {
                (stranger, rule.rule): _plain(self.ask(stranger, "GET", rule))
                for stranger in STRANGERS
                for rule in _LISTS
            }
        )

    def token(self, stranger: str) -> str:
        """The token that the forms of this stranger carry."""
        if stranger not in self.tokens:
            page = "/status" if stranger else "/login"
            self.tokens[stranger] = csrf(self.browsers[stranger], page)
        return self.tokens[stranger]

    def ask(self, stranger: str, method: str, rule: Rule) -> TestResponse:
        """The answer that a stranger gets at a route, with the right token or key."""
        values = {name: self.there.get(name, _PLAIN.get(name)) for name in rule.arguments}
        assert None not in values.values(), f"what is {values}? say so in others.settle"
        _, address = rule.build(values, append_unknown=False) or ("", "")
        if rule.rule.startswith("/api/"):
            headers = self.portal.key(stranger) if stranger else {}
            client = self.portal.app.test_client()
            body = _BODIES.get(rule.endpoint, _XML) if method == "POST" else {}
            return client.open(address, method=method, headers=headers, **body)
        client = self.browsers[stranger]
        if rule.endpoint == "entry.log_out":
            client = self.portal.browser(None)  # who is in has to stay in
        form = {"csrf": self.token(stranger)} if method == "POST" else None
        return client.open(address, method=method, data=form)


_XML: dict[str, Any] = {"data": b"<a/>", "content_type": "application/xml"}
_BODIES: dict[str, dict[str, Any]] = {
    "filing.answer_question": {"json": {"agency": others.AGENCY, "text": "from a stranger"}},
    "agency.acknowledge_messages": {"json": {"numbers": [1]}},
    "books.make_entries": {"json": {"entries": [{"kind": "resume", "day": "2026-01-01"}]}},
    "books.close_period": {"json": {"through": "2026-01-01"}},
}
"""What is sent to an endpoint that takes no XML."""
_PLAIN = {
    "filename": "window.css",
    "message": ORDER,
    "name": ORDER,
    "table": "currency",
    "agency": "customs",
    "regime": "ecommerce_import",
    "action": "accept",
    "guide": "filer",
    "part": "done",
    "kind": "in",
}
"""Arguments that name nothing of anybody."""


@pytest.fixture(scope="module")
def town(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    portal = opened(copytree(fresh, tmp_path_factory.mktemp("town") / "data"))
    others.strangers(portal)
    town = Town(portal, {})
    town.browsers = {name: portal.browser(name or None) for name in STRANGERS}
    town.look()
    town.there = others.settle(portal)
    town.look()
    yield town
    portal.store.database.close()


def _plain(answer: TestResponse) -> str:
    """An answer without what changes from one request to the next."""
    with answer:
        return f"{answer.status_code} {_CHANGING.sub('', answer.data.decode(errors='replace'))}"


def test_every_route_is_in_the_table_and_the_table_names_no_other() -> None:
    assert sorted({rule.endpoint for _, rule in _ROUTES} ^ {*ROUTES}) == []


def test_whoever_there_can_be_is_tried(town: Town) -> None:
    logins = {login["user"]: Role(login["role"]) for login in town.portal.demo["logins"]}
    tried = {logins[name] for name in (*STRANGERS, "operator") if name}
    assert tried == {*Role}
    assert {*STRANGERS} >= {each.name for each in agencies()} - {others.AGENCY}


@_EVERY
@_BY
def test_nothing_of_anothers_is_read_or_changed(
    town: Town, stranger: str, method: str, rule: Rule
) -> None:
    before = others.rows(town.portal)
    with town.ask(stranger, method, rule) as answer:
        assert answer.status_code < 500, answer.text
        shown = answer.get_data().decode("utf-8", "replace")
        if ROUTES.get(rule.endpoint) in (HIDDEN, RUNS):
            turned_away = "/login" in (answer.location or "")
            assert answer.status_code in (401, 403, 404) or turned_away, answer.status
    assert [mark for mark in others.marks() if mark in shown] == []
    after = others.rows(town.portal)
    assert {name: rows - after[name] for name, rows in before.items() if rows - after[name]} == {}


@pytest.mark.parametrize("rule", _LISTS, ids=lambda rule: rule.rule)
@_BY
def test_nothing_of_anothers_is_counted(town: Town, stranger: str, rule: Rule) -> None:
    before, after = (seen[stranger, rule.rule] for seen in town.lists)
    assert after == before


@_BY
def test_a_number_that_a_stranger_knows_finds_nothing(town: Town, stranger: str) -> None:
    order_no = made()[0].order_no
    if stranger in ("cat", "dog"):
        found = town.portal.call(f"/api/v1/declarations?order_no={order_no}", by=stranger).json
        assert found["items"] == []
    page = town.browsers[stranger].get(f"/declarations?order_no={order_no}").text
    assert "/declarations/" not in page


@_EVERY
def test_the_operator_looks_at_everything_and_changes_nothing(
    town: Town, method: str, rule: Rule
) -> None:
    if method == "POST" and ROUTES.get(rule.endpoint) == RUNS:
        return  # what the operator is there for: test_access.py
    town.browsers.setdefault("operator", town.portal.browser("operator"))
    before = others.rows(town.portal)
    with town.ask("operator", method, rule) as answer:
        shown = answer.get_data().decode("utf-8", "replace")
        if method == "POST" and ROUTES.get(rule.endpoint) in (HIDDEN, OWN):
            no_such_key = rule.endpoint == "account.revoke_key"
            assert answer.status_code == (404 if no_such_key else 403)
    for of_one_session in (town.browsers, town.tokens):
        of_one_session.pop("operator", None)
    assert others.rows(town.portal) == before
    personal = made()[0].records[ORDER]["OrderHead"]
    assert personal["buyerIdNumber"] not in shown and personal["buyerTelephone"] not in shown


def test_who_it_belongs_to_does_get_it(town: Town) -> None:
    for name in ("ant", "bee"):
        answer = town.portal.call(f"/api/v1/declarations/{town.there['declaration_id']}", by=name)
        assert answer.status_code == 200
    told = town.portal.call("/api/v1/submissions", by="bee").json["items"]
    assert [item["file_name"] for item in told] == [others.SECRET_FILE]
    letters = town.portal.call("/api/v1/agency/messages", by="customs").json["items"]
    assert [item["number"] for item in letters] == [1]
    for what in ("data", "receipts"):
        assert town.portal.call(f"/api/v1/subscriptions/1/{what}", by="ant").status_code == 200
    assert "3301BEE" in town.portal.browser("ant").get("/mandates").text


@pytest.mark.parametrize(
    ("by", "opened_before"),
    [
        ("cat", "filing.list_submissions"),
        ("dog", "filing.list_submissions"),
        ("customs", "agency.list_messages"),
        ("operator", "filing.list_declarations"),
    ],
)
def test_a_key_that_was_revoked_opens_nothing_at_the_next_request(
    portal: Portal, by: str, opened_before: str
) -> None:
    others.strangers(portal)
    routes = [each for each in _ROUTES if each[1].rule.startswith("/api/")]
    town = Town(portal, others.settle(portal))
    (known,) = [each for each in routes if each[1].endpoint == opened_before]
    assert town.ask(by, *known).status_code == 200
    with portal.store.database.write() as connection:
        mine = t.api_keys.c.key_hash == service.key_hash(portal.demo["keys"][by])
        kept = connection.execute(select(t.api_keys).where(mine)).one()
        service.revoke_keys(connection, kept.organisation_id, label=kept.label, now=1)
    before = others.rows(portal)
    for method, rule in routes:
        if rule.endpoint != "openapi.describe":
            answer = town.ask(by, method, rule)
            assert (answer.status_code, answer.json["code"]) == (401, "key-unknown"), rule
    assert others.rows(portal) == before
