"""The interface description (OpenAPI 3.1), made from the routes of the program and openapi.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, jsonify
from werkzeug.routing import Rule

from single_window.api.keys import guard, needs
from single_window.api.problems import TYPE
from single_window.storage.store import Store

VERSION = "1.0.0"
_PREFIX = "/api/v1/"
_CONVERTED = re.compile(r"<(?:(\w+):)?(\w+)>")
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
_ALWAYS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def blueprint(store: Store) -> Blueprint:
    """The route under which the description is published."""
    routes = Blueprint("openapi", __name__, url_prefix="/api/v1")
    guard(routes, store)

    @routes.get("/openapi.json")
    @needs(None)
    def describe() -> Any:
        return jsonify(document([*current_app.url_map.iter_rules()]))

    return routes


@cache
def _told() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("openapi.toml").read_text(encoding="utf-8"))


def document(rules: list[Rule]) -> dict[str, Any]:
    """The description of those of the rules that belong to the API."""
    paths: dict[str, dict[str, Any]] = {}
    for rule in sorted(rules, key=lambda rule: rule.rule):
        if rule.rule.startswith(_PREFIX):
            path = _CONVERTED.sub(r"{\2}", rule.rule)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                paths.setdefault(path, {})[method.lower()] = _operation(rule)
    return {
        "openapi": "3.1.0",
        "info": _told()["info"] | {"version": VERSION},
        "paths": paths,
        "components": {
            "schemas": _told()["schema"],
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }


def _operation(rule: Rule) -> dict[str, Any]:
    told = _told()["operation"][rule.endpoint]
    operation: dict[str, Any] = {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": f"{told['zh']} · {told['en']}",
        "parameters": [*_parameters(rule, told)],
        "responses": dict(_responses(told)),
    }
    if told.get("open"):
        operation["security"] = []
    if content := _contents(told):
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _contents(told: dict[str, Any]) -> dict[str, Any]:
    """What a request may hold: bytes of some media types, or JSON of a shape."""
    content: dict[str, Any] = {
        media_type: {"schema": {"type": "string", "format": "binary"}}
        for media_type in told.get("body", ())
    }
    if "json" in told:
        content["application/json"] = {"schema": _reference(told["json"])}
    return content


def _parameters(rule: Rule, told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for converter, name in _CONVERTED.findall(rule.rule):
        shape = _NUMBER if converter == "int" else {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "schema": shape}
    for place in ("query", "header"):
        for name in told.get(place, ()):
            yield {"name": name, "in": place} | _told()["parameter"][name]


def _responses(told: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "file" in told:
        content: dict[str, Any] = {media_type: {} for media_type in told["file"]}
    else:
        content = {"application/json": {"schema": _reference(told["answer"])}}
    good = HTTPStatus(told.get("status", HTTPStatus.OK))
    yield str(good.value), {"description": good.phrase, "content": content}
    always = () if told.get("open") else _ALWAYS
    for status in sorted({*always, *told.get("problems", ())}):
        problem = {TYPE: {"schema": _reference("Problem")}}
        yield str(int(status)), {"description": HTTPStatus(status).phrase, "content": problem}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
