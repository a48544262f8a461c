"""A client program's way: hand in, follow, find what is wrong, look up, withdraw, amend."""

from __future__ import annotations

import io
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder

from tests.portal import INVENTORY, ORDER, PAYMENT, WAYBILL, XML, Portal, made, message, zipped
from tests.window import a_minute_after


def _spoiled(count: int, bad: int) -> bytes:
    """Orders of which the first few lack their currency."""
    given = made(count)
    for trade in given[:bad]:
        trade.records[ORDER]["OrderHead"]["currency"] = "999"
    return message(ORDER, given)


def test_what_is_handed_in_is_acknowledged_with_its_number_and_place(portal: Portal) -> None:
    answer = portal.call("/api/v1/submissions", data=message(ORDER, made(2)))
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/submissions/{answer.json['id']}"
    assert answer.json["counts"]["records"] == 2
    assert (answer.json["state"], answer.json["done_at"]) == ("checking", None)
    assert portal.woken == [("check", str(answer.json["id"]))]


def test_each_record_gets_its_own_answer(portal: Portal) -> None:
    told = portal.file(_spoiled(5, 2))
    assert told["state"] == "done"
    assert told["counts"]["rejected"] == 2
    assert told["counts"]["accepted"] + told["counts"]["warned"] == 3
    bad = portal.call(f"/api/v1/submissions/{told['id']}/records?decision=reject").json["items"]
    assert [item["record"] for item in bad] == [1, 2]
    (finding,) = [f for f in bad[0]["findings"] if f["severity"] == "reject"]
    assert finding["path"] == "OrderHead/currency"
    assert finding["value"] == "999"
    assert finding["line"] > bad[0]["line"]


def test_pages_of_results_hold_every_record_once(portal: Portal) -> None:
    told = portal.file(_spoiled(7, 0))
    path, seen, after = f"/api/v1/submissions/{told['id']}/records?limit=3", [], 0
    for _ in range(3):
        page = portal.call(f"{path}&after={after}").json
        seen += [item["record"] for item in page["items"]]
        after = page["next"]
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    assert after is None


def test_the_rejected_records_come_back_as_a_message_that_can_be_sent_again(portal: Portal) -> None:
    told = portal.file(_spoiled(5, 2))
    answer = portal.call(f"/api/v1/submissions/{told['id']}/rejected.xml")
    assert answer.mimetype == "application/xml"
    assert "attachment" in answer.headers["Content-Disposition"]
    mended = portal.file(answer.data.replace(b">999<", b">142<"))
    assert (mended["counts"]["records"], mended["counts"]["rejected"]) == (2, 0)


def test_the_same_bytes_again_get_the_first_answer(portal: Portal) -> None:
    body = message(ORDER, made(1))
    first = portal.file(body)
    again = portal.call("/api/v1/submissions", data=body)
    assert (again.status_code, again.json["id"], again.json["repeated"]) == (202, first["id"], True)


def test_a_rehearsal_is_checked_and_files_nothing(portal: Portal) -> None:
    answer = portal.call("/api/v1/submissions?check_only=true", data=_spoiled(2, 1))
    portal.work()
    told = portal.call(f"/api/v1/submissions/{answer.json['id']}").json
    assert told["check_only"] and told["counts"]["rejected"] == 1
    assert portal.call("/api/v1/declarations").json["items"] == []


def test_a_zip_brings_the_papers_of_a_trade_together(portal: Portal) -> None:
    (trade,) = made()
    papers = (ORDER, PAYMENT, WAYBILL, INVENTORY)
    body = zipped({f"{paper}.xml": message(paper, [trade]) for paper in papers})
    portal.file(body, headers={"Content-Type": "application/zip"})
    found = portal.call(f"/api/v1/declarations?order_no={trade.order_no}").json["items"]
    assert {item["message"] for item in found} == {*papers}
    asked = f"/api/v1/declarations?order_no={trade.order_no}&message={INVENTORY}"
    (inventory,) = portal.call(asked).json["items"]
    whole = portal.call(f"/api/v1/declarations/{inventory['id']}").json
    assert {paper["message"] for paper in whole["papers"]} == {ORDER, PAYMENT, WAYBILL}
    assert whole["amounts"]["total"] and whole["formula"] and whole["timeline"]
    assert whole["timeline"][0]["at"].endswith("Z")


def _waiting(portal: Portal) -> dict[str, Any]:
    """An inventory without its papers."""
    (trade,) = made()
    portal.file(message(INVENTORY, [trade]))
    (item,) = portal.call("/api/v1/declarations").json["items"]
    told: dict[str, Any] = portal.call(f"/api/v1/declarations/{item['id']}").json
    return told


def test_an_inventory_without_papers_waits_and_says_for_which(portal: Portal) -> None:
    told = _waiting(portal)
    assert told["outcome"] == "waiting"
    assert told["missing"] == [ORDER, PAYMENT, WAYBILL]
    assert told["wait_until"].endswith("Z")


def test_a_waiting_declaration_can_be_withdrawn_once(portal: Portal) -> None:
    number = _waiting(portal)["id"]
    path = f"/api/v1/declarations/{number}/withdraw"
    answer = portal.call(path, method="POST")
    assert (answer.status_code, answer.json["outcome"]) == (200, "withdrawn")
    again = portal.call(path, method="POST")
    assert (again.status_code, again.json["code"]) == (409, "SVC-NOT-WITHDRAWABLE")
    assert portal.call(path, method="POST", by="trader").status_code == 404


def test_a_correction_must_be_of_the_same_paper(portal: Portal) -> None:
    number = _waiting(portal)["id"]
    (other,) = made(seed=9)
    body = message(INVENTORY, [other])
    answer = portal.call(f"/api/v1/declarations/{number}/amend", data=body)
    assert (answer.status_code, answer.json["code"]) == (409, "SVC-OTHER-KEY")


def test_a_correction_takes_the_place_of_what_it_corrects(portal: Portal) -> None:
    (trade,) = made()
    portal.file(message(INVENTORY, [trade]))
    (item,) = portal.call("/api/v1/declarations").json["items"]
    head = trade.records[INVENTORY]["InventoryHead"]
    head |= {"appType": "2", "appTime": a_minute_after(head["appTime"]), "grossWeight": "99"}
    answer = portal.call(
        f"/api/v1/declarations/{item['id']}/amend", data=message(INVENTORY, [trade])
    )
    assert answer.status_code == 202, answer.text
    portal.work()
    told = portal.call(answer.headers["Location"]).json
    assert told["counts"]["rejected"] == 0
    found = portal.call(f"/api/v1/declarations?order_no={trade.order_no}").json["items"]
    assert sorted(each["version"] for each in found)[-1] == 2


def test_the_name_of_a_file_may_be_chinese(portal: Portal) -> None:
    headers = {"X-File-Name": "%E8%AE%A2%E5%8D%95.xml"}
    told = portal.file(message(ORDER, made()), headers=headers)
    assert told["file_name"] == "订单.xml"


def test_a_log_line_names_the_request_and_nobody(
    portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    (trade,) = made()
    portal.file(message(INVENTORY, [trade]))
    answer = portal.call(f"/api/v1/declarations?order_no={trade.order_no}")
    lines = [vars(line) for line in caplog.records if line.getMessage() == "request"]
    assert lines[-1]["request_id"] == answer.headers["X-Request-Id"]
    assert (lines[-1]["route"], lines[-1]["status"]) == ("/api/v1/declarations", 200)
    head = trade.records[INVENTORY]["InventoryHead"]
    for secret in (trade.order_no, head["buyerIdNumber"], head["buyerName"]):
        assert not any(secret in str(line) for line in map(vars, caplog.records))


def test_what_an_agency_answers_is_kept_as_it_came_and_counted_once(portal: Portal) -> None:
    first = portal.call("/api/v1/agency/receipts", by="tax", data=b"<receipt/>")
    again = portal.call("/api/v1/agency/receipts", by="tax", data=b"<receipt/>")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json == again.json
    assert portal.woken == [("receipts", "tax")] * 2
    other = portal.call("/api/v1/agency/receipts", by="fx", data=b"<receipt/>")
    assert other.json != first.json


def test_an_empty_receipt_is_refused(portal: Portal) -> None:
    assert portal.call("/api/v1/agency/receipts", by="tax", data=b" ").status_code == 400


def test_a_request_keeps_the_number_that_the_client_gave_it(portal: Portal) -> None:
    answer = portal.call("/api/v1/submissions", headers={"X-Request-Id": "order-run-0001"})
    assert answer.headers["X-Request-Id"] == "order-run-0001"
    odd = portal.call("/api/v1/submissions", headers={"X-Request-Id": "x y\u00e9"})
    assert odd.headers["X-Request-Id"] != "x y\u00e9"


def test_what_is_wrong_is_said_first_in_the_language_that_is_asked_for(portal: Portal) -> None:
    for language, name in (("zh-CN", "text_zh"), ("en", "text_en")):
        told = portal.call("/api/v1/nothing", headers={"Accept-Language": language}).json
        assert told["detail"] == told[name]


class _Pieces(io.RawIOBase):
    """A body that comes in pieces and cannot be had whole."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        assert len(buffer) < 1024 * 1024
        piece, self._body = self._body[:7000], self._body[7000:]
        buffer[: len(piece)] = piece
        return len(piece)

    def readall(self) -> bytes:
        raise AssertionError("the body was to be read in pieces")


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_is_taken_piece_by_piece(portal: Portal, announced: bool) -> None:
    body = message(ORDER, made(80))
    told = EnvironBuilder(path="/api/v1/submissions", method="POST", headers=portal.key() | XML)
    environ = told.get_environ() | {"wsgi.input": _Pieces(body), "wsgi.input_terminated": True}
    environ |= {"CONTENT_LENGTH": str(len(body))} if announced else {}
    answer = portal.app.test_client().open(environ_overrides=environ, **_from(told))
    assert answer.status_code == 202
    assert answer.json["size"] == len(body)


def _from(builder: EnvironBuilder) -> dict[str, Any]:
    return {"path": builder.path, "method": builder.method, "headers": builder.headers}
