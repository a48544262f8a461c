"""Nobody comes in unasked: every route names what it takes to use it, and holds to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from single_window.app import create_app
from single_window.settings import Settings
from single_window.storage import migrate
from single_window.storage.store import Store

# Route -> why anybody may use it. Whatever else is reached without a name or a key fails here.
OPEN = {
    "/static/<path:filename>": "style and script, the same for everybody",
    "/assets/bootstrap.min.css": "style, the same for everybody",
    "/login": "the way in",
    "/logout": "whoever is out already stays out",
    "/api/v1/openapi.json": "how to call is no secret",
    "/help": "guides say nothing about anybody",
    "/help/<guide>": "likewise",
    "/help/consumer.py": "an example, for whoever builds an agency's side",
    "/help/messages": "where the references were",
    "/help/messages/<name>": "likewise",
    "/help/rules": "likewise",
    "/help/codes/<name>": "likewise",
    "/reference": "the way to the references",
    "/reference/messages": "what messages look like is no secret",
    "/reference/messages/<name>": "likewise",
    "/reference/messages/<name>.xml": "likewise",
    "/reference/rules": "rules that one has to keep can be read",
    "/reference/rules.json": "likewise",
    "/reference/rules/<code>": "likewise",
    "/reference/codes": "published code tables",
    "/reference/codes/<name>": "likewise",
    "/reference/triggers": "how to rehearse is for whoever builds a client",
    "/status": "whether the window is up must be seen when logging in fails",
    "/metrics": "counts and ages only; scraped by a program without a log-in",
}


@pytest.fixture
def app(data: Path) -> Iterator[Flask]:
    store = Store.open(Settings(data=data))
    migrate.upgrade(store.database)
    app = create_app(store, lambda _name, _argument: None)
    app.testing = True
    yield app
    store.database.close()


def _routes(app: Flask) -> list[tuple[str, Rule]]:
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def test_every_blueprint_asks_who_is_there(app: Flask) -> None:
    assert [name for name in app.blueprints if not app.before_request_funcs.get(name)] == []


def test_a_stranger_gets_no_further_than_the_door(app: Flask) -> None:
    client = app.test_client()
    let_in = []
    for method, rule in _routes(app):
        path = rule.build(dict.fromkeys(rule.arguments, 1), append_unknown=False)
        answer = client.open(path[1] if path else rule.rule, method=method)
        answer.close()
        turned_away = answer.status_code in (401, 403) or "/login" in (answer.location or "")
        if not turned_away and rule.rule not in OPEN:
            let_in.append(f"{method} {rule.rule}: {answer.status_code}")
    assert let_in == []


def test_what_is_said_to_be_open_exists(app: Flask) -> None:
    assert sorted({*OPEN} - {rule.rule for _, rule in _routes(app)}) == []
