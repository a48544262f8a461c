"""Account books over the API: read as published, entered whole, refused with every finding."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from single_window.accounts import service
from single_window.declarations.books import keeping
from single_window.domain.books.account import Origin
from single_window.domain.books.entries import Entry, Kind, Line
from tests.declarations.keepers import BLADE, ENGINE, ITEMS, NUMBER, OPENED, book
from tests.portal import Portal

PATH = f"/api/v1/books/{NUMBER}"
TWO: Mapping[str, Any] = {
    "kind": "issue", "day": "2026-03-01", "number": "L1",
    "lines": [{"item": BLADE, "quantity": "2"}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _kept(portal: Portal) -> None:
    """A book of the company that the trader's key belongs to."""
    with portal.store.database.read() as connection:
        own = service.holder(connection, portal.demo["keys"]["trader"])
    assert own is not None
    lines = (
        Line(BLADE, Decimal(40), origin=Origin.ABROAD),
        Line(ENGINE, serial="E1", origin=Origin.ABROAD),
    )
    entries = [Entry(Kind.OPENING, OPENED, lines=lines)]
    header = book(company=own.code)
    keeping.open_book(portal.store, own.scope, header, ITEMS, entries, person="x")


def _post(portal: Portal, *entries: object, by: str = "trader", to: str = "entries") -> Any:
    return portal.call(f"{PATH}/{to}", by=by, method="POST", json={"entries": list(entries)})


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "/api/v1/books/{number}"),
        ("/movements?item=3&source=opening", "/api/v1/books/{number}/movements"),
        ("/entries", "/api/v1/books/{number}/entries"),
        ("/serials/E1", "/api/v1/books/{number}/serials/{serial}"),
        ("/due?within=3650", "/api/v1/books/{number}/due"),
        ("/reconciliation?through=2026-12-31", "/api/v1/books/{number}/reconciliation"),
    ],
)
def test_what_is_read_has_the_shape_that_is_described(portal: Portal, path: str, told: str) -> None:
    described = portal.app.test_client().get("/api/v1/openapi.json").json
    answer = portal.call(PATH + path, by="trader")
    assert answer.status_code == 200, answer.text
    operation = described["paths"][told]["get"]["responses"]["200"]["content"]
    schema = operation["application/json"]["schema"] | {"components": described["components"]}
    jsonschema.validate(answer.json, schema)


def test_books_are_listed_to_their_company_and_to_nobody_else(portal: Portal) -> None:
    assert [each["number"] for each in portal.call("/api/v1/books", by="trader").json["items"]] == [
        NUMBER
    ]
    assert portal.call("/api/v1/books/H0", by="trader").status_code == 404


def test_an_entry_is_made_and_a_figure_followed_down_to_it(portal: Portal) -> None:
    made = _post(portal, TWO)
    assert (made.status_code, made.json["movements"]) == (201, 1)
    (blade,) = [
        each for each in portal.call(PATH, by="trader").json["items"] if each["seqno"] == BLADE
    ]
    assert blade["stocks"][0]["stock"] == "38"
    found = portal.call(f"{PATH}/movements?item={BLADE}&source=parts&target=used", by="trader")
    assert [each["quantity"] for each in found.json["items"]] == ["2"]


def test_a_refusal_tells_every_finding_and_makes_nothing(portal: Portal) -> None:
    bad = TWO | {"number": "L2", "lines": [{"item": BLADE, "quantity": "39"}, {"item": 99}]}
    answer = _post(portal, TWO, bad)
    assert answer.status_code == 422
    assert answer.json["code"] == "BOOK-B10"
    assert {each["code"] for each in answer.json["findings"]} == {"BOOK-B10", "BOOK-ITEM"}
    assert all(each["remedy_zh"] for each in answer.json["findings"])
    assert portal.call(f"{PATH}/entries", by="trader").json["items"][0]["kind"] == "opening"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"entries": []}, 400),
        ({"entries": ["x"]}, 400),
        ({"entries": [{"kind": "steal", "day": "2026-01-01"}]}, 422),
        ({"entries": [{"kind": "in", "day": "2026-01-01", "lines": [{"item": 1, "x": 2}]}]}, 422),
        ({}, 400),
    ],
)
def test_what_cannot_be_read_is_a_problem(portal: Portal, sent: object, status: int) -> None:
    answer = portal.call(f"{PATH}/entries", by="trader", method="POST", json=sent)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_a_period_is_closed_once_it_balances(portal: Portal) -> None:
    count = {"kind": "count", "day": "2026-06-30", "number": "C1",
             "lines": [{"item": BLADE, "quantity": "39", "explanation": "lost"}]}  # fmt: skip
    assert _post(portal, count).status_code == 201
    (draft,) = [
        each
        for each in portal.call(f"{PATH}/reconciliation?through=2026-06-30", by="trader").json[
            "items"
        ]
        if each["seqno"] == BLADE
    ]
    assert draft["counts"][0] | {"rate": "-2.5"} == draft["counts"][0]
    assert draft["counts"][0]["difference"] == "-1"
    through = {"through": "2026-06-30"}
    closing = portal.call(f"{PATH}/close", by="trader", method="POST", json=through)
    assert (closing.status_code, closing.json["code"]) == (422, "BOOK-CLOSE")
    lost = {"kind": "shortage", "day": "2026-06-30", "number": "S1", "record": "TAX-1",
            "lines": [{"item": BLADE, "quantity": "1"}]}  # fmt: skip
    assert _post(portal, lost).status_code == 201
    closing = portal.call(f"{PATH}/close", by="trader", method="POST", json=through)
    assert closing.status_code == 201
    assert portal.call(PATH, by="trader").json["closed_through"] == "2026-06-30"
    next_ = portal.call(f"{PATH}/reconciliation?through=2026-12-31", by="trader").json
    (blade,) = [each for each in next_["items"] if each["seqno"] == BLADE]
    assert (blade["figures"]["opening"], blade["figures"]["shortage"]) == ("39", "0")
