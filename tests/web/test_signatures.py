"""A signed message over the API and on the pages; the operator's choice for an organisation."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from single_window.storage import tables as t
from tests.credentials import signed
from tests.portal import ORDER, Portal, csrf, made, message


@pytest.fixture
def bad() -> bytes:
    """A message that was changed after it was signed."""
    return signed(message(ORDER, made(2))).replace(b"<ceb:qty>", b"<ceb:qty>1", 1)


def _signature(told: dict[str, Any]) -> dict[str, Any]:
    (only,) = told["messages"]
    found: dict[str, Any] = only["signature"]
    return found


def test_a_signed_message_is_filed_with_its_report(portal: Portal) -> None:
    told = portal.file(signed(message(ORDER, made(2)), "sm2-sm3"))
    assert told["counts"]["rejected"] == 0
    assert told["counts"]["records"] == 2
    assert _signature(told)["valid"] is True
    assert _signature(told)["certificate"]["key"] == "SM2"
    page = portal.browser().get(f"/submissions/{told['id']}").text
    assert "Signatures (1)" in page
    assert "the digest fits the content" in page


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ["签名与数据不符", "摘要与报文内容一致", "未通过"]),
        ("en", ["does not fit the data", "the digest fits the content", "not valid"]),
    ],
)
def test_a_tampered_one_is_refused_and_its_steps_are_shown(
    portal: Portal, bad: bytes, lang: str, words: list[str]
) -> None:
    told = portal.file(bad)
    assert told["counts"]["rejected"] == told["counts"]["records"]
    assert told["messages"][0]["refused"]
    assert _signature(told)["failed"] == "digest"
    (finding,) = [f for f in told["messages"][0]["findings"] if f["severity"] == "reject"]
    assert (finding["code"], finding["family"]) == ("1004", "envelope")
    assert "摘要与报文内容一致" in finding["text_zh"]
    page = portal.browser(lang=lang).get(f"/submissions/{told['id']}").text
    assert [each for each in words if each not in page] == []


def test_the_operator_chooses_what_is_asked_of_an_organisation(portal: Portal, bad: bytes) -> None:
    own = select(t.organisations.c.code).join(
        t.people, t.people.c.organisation_id == t.organisations.c.id
    )
    with portal.store.database.read() as connection:
        code = connection.execute(own.where(t.people.c.login == "broker")).scalar_one()
    operator = portal.browser("operator")
    form = {"csrf": csrf(operator, "/account/signatures"), "code": code, "policy": "ignored"}
    assert operator.post("/account/signatures", data=form).status_code == 303
    page = operator.get(f"/account/signatures?search={code}").text
    assert '<option value="ignored" selected>' in page
    told = portal.file(bad)
    assert not told["messages"][0]["refused"]
    assert _signature(told)["steps"] == []
    for wrong in ({"policy": "whatever"}, {"code": "nobody"}):
        assert operator.post("/account/signatures", data=form | wrong).status_code == 404


def test_nobody_else_chooses(portal: Portal) -> None:
    assert portal.browser("broker").get("/account/signatures").status_code == 403
