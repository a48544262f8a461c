"""The interface description names every route, and live answers are as it says."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest

from single_window.api import receipts
from tests.portal import INVENTORY, ORDER, Portal, made, message

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture
def described(portal: Portal) -> dict[str, Any]:
    """The description as anybody may read it."""
    answer = portal.app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json
    return told


def test_every_route_of_the_api_is_described_and_no_other(
    portal: Portal, described: dict[str, Any]
) -> None:
    routes = {
        (_PARAMETER.sub(r"{\1}", rule.rule), method.lower())
        for rule in portal.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    told = {(path, method) for path, of in described["paths"].items() for method in of}
    assert told == routes


def test_the_description_refers_to_shapes_that_it_has(described: dict[str, Any]) -> None:
    shapes = described["components"]["schemas"]
    for shape in shapes.values():
        jsonschema.Draft202012Validator.check_schema(shape)
    assert {*re.findall(r"#/components/schemas/(\w+)", str(described))} <= {*shapes}


def _fits(described: dict[str, Any], operation: dict[str, Any], answer: Any) -> None:
    content = operation["responses"][str(answer.status_code)]["content"]
    schema = content[answer.mimetype]["schema"] | {"components": described["components"]}
    jsonschema.validate(answer.json, schema)


def test_live_answers_have_the_shapes_that_are_described(
    portal: Portal, described: dict[str, Any]
) -> None:
    trades = made(3)
    trades[0].records[INVENTORY]["InventoryHead"]["trafMode"] = "?"
    filed = portal.call("/api/v1/submissions", data=message(INVENTORY, trades))
    portal.work()
    number = portal.call("/api/v1/declarations").json["items"][-1]["id"]
    calls = [
        ("/api/v1/submissions", "post", filed),
        ("/api/v1/submissions", "get", "/api/v1/submissions"),
        ("/api/v1/submissions/{submission_id}", "get", f"/api/v1/submissions/{filed.json['id']}"),
        (
            "/api/v1/submissions/{submission_id}/records", "get",
            f"/api/v1/submissions/{filed.json['id']}/records",
        ),
        ("/api/v1/declarations", "get", "/api/v1/declarations"),
        ("/api/v1/declarations/{declaration_id}", "get", f"/api/v1/declarations/{number}"),
        ("/api/v1/declarations/{declaration_id}", "get", "/api/v1/declarations/9"),
        ("/api/v1/submissions", "get", "/api/v1/submissions?limit=no"),
    ]  # fmt: skip
    for path, method, asked in calls:
        answer = portal.call(asked) if isinstance(asked, str) else asked
        _fits(described, described["paths"][path][method], answer)


def test_a_refusal_and_a_withdrawal_have_the_shapes_that_are_described(
    portal: Portal, described: dict[str, Any]
) -> None:
    operation = described["paths"]["/api/v1/submissions"]["post"]
    _fits(described, operation, portal.call("/api/v1/submissions", data=b""))
    portal.file(message(INVENTORY, made()))
    number = portal.call("/api/v1/declarations").json["items"][0]["id"]
    path = "/api/v1/declarations/{declaration_id}/withdraw"
    operation = described["paths"][path]["post"]
    for _ in range(2):
        answer = portal.call(f"/api/v1/declarations/{number}/withdraw", method="POST")
        _fits(described, operation, answer)


def test_a_receipt_has_the_shape_that_is_described(
    portal: Portal, described: dict[str, Any]
) -> None:
    operation = described["paths"]["/api/v1/agency/receipts"]["post"]
    _fits(described, operation, portal.call("/api/v1/agency/receipts", by="fx", data=b"<a/>"))
    _fits(described, operation, portal.call("/api/v1/agency/receipts", data=message(ORDER, [])))


def test_every_state_of_a_receipt_that_is_described_has_its_words(
    described: dict[str, Any],
) -> None:
    state = described["components"]["schemas"]["ReceiptState"]["properties"]["state"]
    assert {*receipts.words()} == {*state["enum"]}
