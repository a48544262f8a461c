"""Passwords are changed, keys made and revoked, people locked: on pages, and at once."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from sqlalchemy import select

from single_window.accounts import passwords
from single_window.storage import tables as t
from tests.portal import Portal, csrf

NEW = "quite another password"
_KEY = re.compile(r'<code class="key">(\S+)</code>')


def _change(client: FlaskClient, old: str, new: str = NEW, again: str = NEW) -> int:
    form = {"csrf": csrf(client, "/account"), "old": old, "new": new, "again": again}
    return client.post("/account/password", data=form).status_code


def _is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_a_new_password_ends_all_other_sessions_and_keeps_this_one(portal: Portal) -> None:
    here, there, old = portal.browser(), portal.browser(), portal.password("broker")
    assert _change(here, old) == 303
    assert (_is_in(here), _is_in(there)) == (True, False)
    for password, answer in ((old, 401), (NEW, 302)):
        words = {"login": "broker", "password": password, "csrf": csrf(there)}
        assert there.post("/login", data=words).status_code == answer


def test_nobody_changes_a_password_without_the_old_one_or_guesses_it_for_long(
    portal: Portal,
) -> None:
    client = portal.browser()
    assert [_change(client, "guess") for _ in range(passwords.TRIES)] == [422] * passwords.TRIES
    assert _change(client, portal.password("broker")) == 422
    assert _is_in(client)


def test_a_password_that_will_not_do_is_refused(portal: Portal) -> None:
    client, old = portal.browser(), portal.password("broker")
    for new, again in (("short", "short"), (NEW, "other"), (old, old), ("x" * 201, "x" * 201)):
        assert _change(client, old, new, again) == 422
    assert _change(client, old) == 303


def _make(portal: Portal, user: str, label: str) -> tuple[FlaskClient, str]:
    """A browser of the user, and the key that its page shows this once."""
    client = portal.browser(user)
    form = {"csrf": csrf(client, "/account/keys"), "label": label}
    answer = client.post("/account/keys", data=form)
    assert answer.headers["Cache-Control"] == "no-store"
    found = _KEY.search(answer.text)
    assert found
    return client, found[1]


def _calls(portal: Portal, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return portal.app.test_client().get("/api/v1/submissions", headers=headers).status_code


def test_a_key_is_shown_once_kept_as_a_hash_and_stops_when_revoked(portal: Portal) -> None:
    client, key = _make(portal, "broker", "warehouse")
    assert _calls(portal, key) == 200
    page = client.get("/account/keys").text
    assert "warehouse" in page and key not in page
    with portal.store.database.read() as connection:
        rows = connection.execute(select(t.api_keys)).all()
    (own,) = [row for row in rows if row.label == "warehouse"]
    assert own.role == "broker" and key not in str(rows)
    form = {"csrf": csrf(client, "/account/keys")}
    assert client.post(f"/account/keys/{own.id}/revoke", data=form).status_code == 303
    assert _calls(portal, key) == 401


def test_two_valid_keys_have_two_names(portal: Portal) -> None:
    client, _key = _make(portal, "trader", "shop")
    for label in ("shop", " shop ", "", "x" * 81):
        form = {"csrf": csrf(client, "/account/keys"), "label": label}
        answer = client.post("/account/keys", data=form)
        assert answer.status_code == 422 and not _KEY.search(answer.text)


def test_a_lock_ends_every_session_for_good_and_lets_nobody_in(portal: Portal) -> None:
    operator, client, stolen = portal.browser("operator"), portal.browser(), portal.browser()
    with portal.store.database.read() as connection:
        own = select(t.people.c.id).where(t.people.c.login == "broker")
        number = connection.execute(own).scalar_one()
    form = {"csrf": csrf(operator, "/account/people")}
    assert operator.post(f"/account/people/{number}/lock", data=form).status_code == 303
    assert not _is_in(client)
    words = {"login": "broker", "password": portal.password("broker"), "csrf": csrf(client)}
    refused = client.post("/login", data=words)
    assert refused.status_code == 401 and "operator has locked" in refused.text
    assert operator.post(f"/account/people/{number}/unlock", data=form).status_code == 303
    assert not _is_in(stolen), "a session from before the lock stays ended"
    assert _is_in(portal.browser())


def test_the_operator_cannot_lock_themselves_out(portal: Portal) -> None:
    operator = portal.browser("operator")
    with portal.store.database.read() as connection:
        own = select(t.people.c.id).where(t.people.c.login == "operator")
        number = connection.execute(own).scalar_one()
    form = {"csrf": csrf(operator, "/account/people")}
    assert operator.post(f"/account/people/{number}/lock", data=form).status_code == 404
    assert _is_in(operator)


def test_who_is_sought_is_found_by_login_or_company(portal: Portal) -> None:
    operator = portal.browser("operator")
    for sought in ("brok", "3301980"):
        page = operator.get(f"/account/people?search={sought}").text
        assert ">broker<" in page and ">trader<" not in page
