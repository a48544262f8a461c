"""Whatever a client does wrong: a problem in two languages, and nothing is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from single_window.api.problems import TYPE, words
from single_window.storage.tables import submissions
from tests import portal as portals
from tests.portal import ORDER, Portal, made, message, zipped

GOOD = message(ORDER, made())
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _is_problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The answer is a whole problem of this status and code, in both languages."""
    assert answer.content_type == TYPE, answer.text
    told: dict[str, Any] = answer.json
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code), told
    for part in ("text", "remedy"):
        assert _CHINESE.search(told[f"{part}_zh"]) and not _CHINESE.search(told[f"{part}_en"])
        assert "{" not in told[f"{part}_zh"] + told[f"{part}_en"]
    assert told["request_id"] == answer.headers["X-Request-Id"]
    return told


def _kept(portal: Portal) -> tuple[int, int]:
    """How many submissions and files there are."""
    with portal.store.database.read() as connection:
        rows = connection.execute(select(func.count()).select_from(submissions)).scalar_one()
    return rows, len([*(portal.store.settings.data / "files").iterdir()])


BODIES = {
    "empty": (b"", 400, "ENV-EMPTY"),
    "cut off": (GOOD[:-200], 422, "ENV-TRUNCATED"),
    "binary": (b"\x00\x01\x02\xff" * 100, 422, "ENV-"),
    "not XML": (b"hello, customs", 422, "ENV-"),
    "with a document type": (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 422, "ENV-DOCTYPE",
    ),
    "in another namespace": (
        GOOD.replace(b"http://www.chinaport.gov.cn/ceb", b"urn:other"), 422, "ENV-NAMESPACE",
    ),
    "an unknown message": (
        GOOD.replace(b"CEB311Message", b"CEB999Message"), 422, "ENV-UNKNOWN-MESSAGE",
    ),
    "a ZIP of nothing": (zipped({}), 422, "TRN-ZIP-EMPTY"),
    "a ZIP with paths": (zipped({"../a.xml": GOOD}), 422, "TRN-ZIP-PATH"),
}  # fmt: skip


@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_cannot_be_taken_is_refused_whole(portal: Portal, what: str) -> None:
    body, status, code = BODIES[what]
    answer = portal.call("/api/v1/submissions", data=body)
    told = answer.json
    assert told["code"].startswith(code)
    _is_problem(answer, status, told["code"])
    assert _kept(portal) == (0, 0)
    assert portal.woken == []


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        ("application/x-www-form-urlencoded", "TRN-TYPE"),
        ("", "TRN-TYPE"),
        ("application/json", "TRN-TYPE"),
        ("application/vnd.ms-excel", "TRN-TYPE"),
    ],
)
def test_another_content_type_is_refused_with_the_right_one(
    portal: Portal, content_type: str, code: str
) -> None:
    headers = {"Content-Type": content_type}
    answer = portal.call("/api/v1/submissions", data=GOOD, headers=headers)
    told = _is_problem(answer, 415, code)
    assert "application/xml" in told["remedy_en"]
    assert _kept(portal) == (0, 0)


def test_a_key_that_came_before_with_another_body_is_a_conflict(portal: Portal) -> None:
    headers = {"Idempotency-Key": "one"}
    portal.file(GOOD, headers=headers)
    other = message(ORDER, made(seed=2))
    _is_problem(
        portal.call("/api/v1/submissions", data=other, headers=headers), 409, "TRN-KEY-REUSED"
    )
    assert _kept(portal)[0] == 1


def test_a_key_that_is_too_long_is_refused(portal: Portal) -> None:
    answer = portal.call("/api/v1/submissions", data=GOOD, headers={"Idempotency-Key": "k" * 201})
    _is_problem(answer, 400, "key-too-long")


@pytest.fixture
def small(portal: Portal) -> Iterator[Portal]:
    """A portal that takes no more than 2,000 bytes."""
    own = portals.opened(portal.store.settings.data, upload_max_bytes=2000)
    yield own
    own.store.database.close()


def test_too_many_bytes_are_refused_whether_announced_or_not(small: Portal) -> None:
    told = _is_problem(small.call("/api/v1/submissions", data=GOOD), 413, "TRN-TOO-LARGE")
    assert "2000" in told["text_en"]
    chunked = {"wsgi.input_terminated": True}
    answer = small.call("/api/v1/submissions", data=GOOD, environ_overrides=chunked)
    _is_problem(answer, 413, "TRN-TOO-LARGE")
    assert _kept(small) == (0, 0)


def test_a_client_that_goes_away_leaves_nothing_behind(portal: Portal) -> None:
    longer = {"CONTENT_LENGTH": str(len(GOOD) + 10)}
    answer = portal.call("/api/v1/submissions", data=GOOD, environ_overrides=longer)
    _is_problem(answer, 400, "TRN-ABORTED")
    assert _kept(portal) == (0, 0)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": ""}, 401, "key-missing"),
        ({"Authorization": "Basic YTpi"}, 401, "key-missing"),
        ({"Authorization": "Bearer sw_nobody"}, 401, "key-unknown"),
    ],
)
def test_without_a_valid_key_nothing_is_answered(
    portal: Portal, headers: dict[str, str], status: int, code: str
) -> None:
    answer = portal.call("/api/v1/submissions", headers=headers)
    _is_problem(answer, status, code)
    assert "Bearer" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("path", "method", "by"),
    [
        ("/api/v1/submissions", "POST", "customs"),
        ("/api/v1/submissions", "POST", "operator"),
        ("/api/v1/submissions", "GET", "tax"),
        ("/api/v1/agency/receipts", "POST", "broker"),
        ("/api/v1/declarations/1/withdraw", "POST", "operator"),
    ],
)
def test_a_role_may_do_no_more_than_its_own_work(
    portal: Portal, path: str, method: str, by: str
) -> None:
    answer = portal.call(path, by=by, method=method, data=GOOD)
    _is_problem(answer, 403, "forbidden")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/submissions/1",
        "/api/v1/submissions/1/records",
        "/api/v1/submissions/1/rejected.xml",
    ],
)
def test_what_another_organisation_filed_does_not_exist(portal: Portal, path: str) -> None:
    portal.file(GOOD)
    assert portal.call(path).status_code == 200
    _is_problem(portal.call(path, by="trader"), 404, "not-found")
    assert portal.call("/api/v1/submissions", by="trader").json == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/nothing", 404, "not-found"),
        ("/api/v1/submissions/999", 404, "not-found"),
        ("/api/v1/declarations/999", 404, "not-found"),
        ("/api/v1/submissions?before=x", 400, "bad-parameter"),
        ("/api/v1/submissions?limit=0", 400, "bad-parameter"),
        ("/api/v1/submissions?limit=100000", 400, "bad-parameter"),
        ("/api/v1/declarations?after=99999999999999999999", 400, "bad-parameter"),
    ],
)
def test_an_address_that_means_nothing_is_said_to(
    portal: Portal, path: str, status: int, code: str
) -> None:
    _is_problem(portal.call(path), status, code)


def test_a_word_that_is_not_one_of_the_known_is_refused_with_those(portal: Portal) -> None:
    portal.file(GOOD)
    answer = portal.call("/api/v1/submissions/1/records?decision=rejected")
    assert "reject" in _is_problem(answer, 400, "bad-parameter")["remedy_en"]


@pytest.mark.parametrize("number", ["9" * 19, "9" * 30])
@pytest.mark.parametrize("path", ["submissions/{}", "declarations/{}", "submissions/{}/records"])
def test_a_number_larger_than_any_is_not_found(portal: Portal, path: str, number: str) -> None:
    _is_problem(portal.call(f"/api/v1/{path.format(number)}"), 404, "not-found")


@pytest.mark.parametrize("value", ["", "-1", "1.5", "x", "9" * 19, "%00"])
@pytest.mark.parametrize("name", ["after", "limit"])
def test_a_parameter_that_is_no_number_is_refused(portal: Portal, name: str, value: str) -> None:
    answer = portal.call(f"/api/v1/declarations?{name}={value}")
    _is_problem(answer, 400, "bad-request" if value == "%00" else "bad-parameter")


def test_a_text_that_no_database_keeps_is_refused(portal: Portal) -> None:
    _is_problem(portal.call("/api/v1/declarations?order_no=A%00B"), 400, "bad-request")


def test_a_file_name_loses_what_no_database_keeps(portal: Portal) -> None:
    told = portal.file(GOOD, headers={"X-File-Name": "a%00b.xml"})
    assert told["file_name"] == "ab.xml"


def test_another_method_is_refused_with_the_right_one(portal: Portal) -> None:
    answer = portal.call("/api/v1/submissions", method="DELETE")
    _is_problem(answer, 405, "wrong-method")
    assert "POST" in answer.headers["Allow"]


@pytest.mark.usefixtures("impatient")
def test_a_locked_database_is_answered_with_when_to_come_again(portal: Portal) -> None:
    own = portals.opened(portal.store.settings.data)
    with portal.store.database.write() as _lock:
        answer = own.call("/api/v1/submissions", data=GOOD)
    own.store.database.close()
    _is_problem(answer, 503, "TRN-BUSY")
    assert int(answer.headers["Retry-After"]) > 0
    assert _kept(portal) == (0, 0)


def test_a_full_disk_is_said_to_be_full(portal: Portal, tmp_path: Path) -> None:
    class Full(type(portal.store.files)):  # type: ignore[misc]
        def write(self, *_: Any, **__: Any) -> Any:
            raise OSError(28, "No space left on device")

    full = replace(portal.store, files=Full(tmp_path / "files", portal.store.vault))
    app = portals.create_app(full, lambda _name, _argument: None)
    answer = app.test_client().post(
        "/api/v1/submissions", data=GOOD, headers=portal.key() | portals.XML
    )
    _is_problem(answer, 507, "TRN-DISK-FULL")


def test_a_bug_is_answered_as_one_and_its_words_stay_inside(portal: Portal) -> None:
    app = portals.create_app(portal.store, lambda _name, _argument: 1 / 0)
    answer = app.test_client().post(
        "/api/v1/submissions", data=GOOD, headers=portal.key() | portals.XML
    )
    _is_problem(answer, 500, "broken")
    assert "division" not in answer.text


def test_every_problem_has_its_words_in_both_languages() -> None:
    for code, each in words().items():
        assert _CHINESE.search(each.text_zh) and _CHINESE.search(each.remedy_zh), code
        assert not _CHINESE.search(each.text_en + each.remedy_en), code
