"""Forms without script: filled in, kept, checked, filed; one paper and a whole trade."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from schemas import registry
from single_window.intake import forms
from tests.portal import INVENTORY, ORDER, PAYMENT, WAYBILL, Portal, csrf, made, message, opened
from tests.telling import in_both, says, word
from tests.web.entering import fields, send

PAPERS = (ORDER, PAYMENT, WAYBILL, INVENTORY)


def typed(paper: str, number: int = 1) -> dict[str, str]:
    """What a person types to enter a paper of a made-up trade: nothing that fills itself in."""
    record = made(number)[number - 1].records[paper]
    values = forms.from_record(registry.message(paper), record)
    own = ("guid", "appTime")
    return {name: value for name, value in values.items() if name.split(".")[-1] not in own}


def fill(client: FlaskClient, path: str, values: dict[str, str], do: str = "save") -> TestResponse:
    """Types values into the form on a page, adding the lines that they need."""
    groups = {
        n.split(".")[0]: int(n.split(".")[1])
        for n in values
        if n.split(".")[1:2] != [] and n.split(".")[1].isdecimal()
    }
    for group, most in groups.items():
        for _ in range(most - 1):
            path = send(client, path, f"add:{group}").location.split("#")[0]
    return send(client, path, do, sent=values)


# --- one paper -----------------------------------------------------------------------------------


@pytest.mark.parametrize("paper", PAPERS)
def test_a_paper_is_filed_by_form_and_accepted_like_any_other(portal: Portal, paper: str) -> None:
    client = portal.browser("trader")
    answer = fill(client, f"/forms/new/{paper}", typed(paper), "file")
    assert "/submissions/" in answer.location
    portal.work()
    page = client.get(answer.location).text
    assert re.search(r"<b>0</b>\s*rejected", page), page


@in_both
def test_a_form_posted_twice_makes_one_filing_and_says_so(portal: Portal, lang: str) -> None:
    client = portal.browser("trader", lang=lang)
    sent = fields(client.get(f"/forms/new/{PAYMENT}").text) | typed(PAYMENT) | {"_do": "file"}
    one, two = (client.post(f"/forms/new/{PAYMENT}", data=sent) for _ in range(2))
    assert "/submissions/" in one.location
    assert two.location == f"{one.location}?again=form"
    assert not word(client.get(one.location).text, lang, "submission.filed_before")
    assert word(client.get(two.location).text, lang, "submission.filed_before")
    assert len(portal.call("/api/v1/submissions", by="trader").json["items"]) == 1


def test_what_is_wrong_stands_beside_its_field_and_on_top_with_a_link(portal: Portal) -> None:
    client = portal.browser("trader")
    values = typed(PAYMENT) | {"PaymentHead.amountPaid": "1,5", "PaymentHead.currency": "999"}
    answer = client.get(fill(client, f"/forms/new/{PAYMENT}", values, "file").location)
    assert "Nothing was filed" in answer.text
    for name in ("amountPaid", "currency"):
        assert f'href="#f-PaymentHead-{name}"' in answer.text
        said = answer.text.split(f'id="f-PaymentHead-{name}-said">')[1].split("</div>")[0]
        assert "remark bad" in said
    assert 'value="1,5"' in answer.text


def test_checking_shows_the_findings_in_the_language_that_is_chosen(portal: Portal) -> None:
    client = portal.browser("trader")
    answer = fill(client, f"/forms/new/{PAYMENT}", {"PaymentHead.orderNo": "1"}, "check")
    assert answer.location.endswith("?checked=1")
    assert "is missing" in client.get(answer.location).text
    assert "缺少必填项" in client.get(answer.location + "&lang=zh").text


def test_a_draft_half_filled_survives_a_restart(portal: Portal) -> None:
    client = portal.browser("trader")
    where = fill(client, f"/forms/new/{ORDER}", {"OrderHead.orderNo": "DD-half"}).location
    folder = Path(portal.store.settings.data)
    portal.store.database.close()
    again = opened(folder)
    page = again.browser("trader").get(where).text
    assert fields(page)["OrderHead.orderNo"] == "DD-half"
    again.store.database.close()


def test_nothing_typed_is_readable_on_the_disk(portal: Portal) -> None:
    client = portal.browser("trader")
    fill(client, f"/forms/new/{ORDER}", {"OrderHead.buyerName": "NOBODY-SHOULD-READ"})
    portal.store.database.close()
    files = [p for p in Path(portal.store.settings.data).rglob("*") if p.is_file()]
    assert [p.name for p in files if b"NOBODY-SHOULD-READ" in p.read_bytes()] == []


def test_the_later_of_two_tabs_is_told_and_chooses(portal: Portal) -> None:
    client = portal.browser("trader")
    where = fill(client, f"/forms/new/{PAYMENT}", {"PaymentHead.orderNo": "first"}).location
    late = fields(client.get(where).text)
    send(client, where, "save", sent={"PaymentHead.orderNo": "other tab"})
    answer = client.post(where, data=late | {"PaymentHead.orderNo": "mine", "_do": "save"})
    assert answer.status_code == 409
    assert "other tab" in answer.text and fields(answer.text)["PaymentHead.orderNo"] == "mine"
    assert fields(client.get(where).text)["PaymentHead.orderNo"] == "other tab"
    choice = {"_do": "save", "_choose.PaymentHead.orderNo": "theirs"}
    client.post(where, data=fields(answer.text) | choice)
    assert fields(client.get(where).text)["PaymentHead.orderNo"] == "other tab"
    client.post(where, data=fields(answer.text) | {"_do": "save"})


def test_the_same_typed_in_two_tabs_is_no_conflict(portal: Portal) -> None:
    client = portal.browser("trader")
    where = fill(client, f"/forms/new/{PAYMENT}", {"PaymentHead.orderNo": "first"}).location
    late = fields(client.get(where).text) | {"PaymentHead.orderNo": "same", "_do": "save"}
    assert [client.post(where, data=late).status_code for _ in range(2)] == [303, 303]


@in_both
def test_what_was_typed_after_log_out_is_there_after_log_in(portal: Portal, lang: str) -> None:
    client = portal.browser("trader", lang=lang)
    where = fill(client, f"/forms/new/{PAYMENT}", {"PaymentHead.orderNo": "before"}).location
    late = fields(client.get(where).text) | {"PaymentHead.note": "two\nlines", "_do": "file"}
    client.post("/logout", data={"csrf": csrf(client, "/forms")})
    asked = client.post(where, data=late)
    assert asked.status_code == 401 and word(asked.text, lang, "log_in.kept")
    kept = dict(re.findall(r'name="((?:kept\.|again)[^"]*)" value="([^"]*)"', asked.text))
    kept = {html.unescape(name): html.unescape(value) for name, value in kept.items()}
    words = {"login": "trader", "csrf": re.findall(r'name="csrf" value="([^"]+)"', asked.text)[0]}
    wrong = client.post("/login", data=kept | words | {"password": "wrong"})
    assert wrong.status_code == 401 and "kept.PaymentHead.note" in wrong.text
    assert word(wrong.text, lang, "log_in.kept") and word(wrong.text, lang, "log_in.wrong")
    words["csrf"] = re.findall(r'name="csrf" value="([^"]+)"', wrong.text)[0]
    going_on = client.post("/login", data=kept | words | {"password": portal.password("trader")})
    assert word(going_on.text, lang, "kept.lead") and word(going_on.text, lang, "kept.go")
    hidden = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', going_on.text)
    sent = {html.unescape(n): html.unescape(v) for n, v in hidden if n != "csrf"}
    token = re.findall(r'name="csrf" value="([^"]+)"', going_on.text)[-1]
    answer = client.post(where, data=sent | {"csrf": token})
    assert answer.status_code == 303
    page = fields(client.get(where).text)
    assert page["PaymentHead.note"] == "two\nlines" and page["PaymentHead.orderNo"] == "before"


@in_both
def test_a_page_from_before_the_log_in_loses_nothing_either(portal: Portal, lang: str) -> None:
    client = portal.browser("trader", lang=lang)
    sent = typed(PAYMENT) | {"_do": "file", "csrf": "old", "_seed": "1" * 32}
    answer = client.post(f"/forms/new/{PAYMENT}", data=sent)
    assert answer.status_code == 400 and word(answer.text, lang, "kept.lead")
    assert typed(PAYMENT)["PaymentHead.payTransactionId"] in answer.text
    assert 'name="_do" value="save"' in answer.text


@in_both
def test_fields_that_do_not_exist_are_told_and_the_rest_is_kept(portal: Portal, lang: str) -> None:
    client = portal.browser("trader", lang=lang)
    sent = {"PaymentHead.orderNo": "kept", "PaymentHead.nothing": "x", "strange": "y"}
    answer = fill(client, f"/forms/new/{PAYMENT}", sent, "file")
    assert answer.status_code == 422
    assert says(answer.text, lang, "FRM-UNKNOWN") and word(answer.text, lang, "forms.not_filed")
    assert "PaymentHead.nothing" in answer.text and "strange" in answer.text
    assert fields(answer.text)["PaymentHead.orderNo"] == "kept"


@in_both
def test_a_line_too_many_is_told(portal: Portal, lang: str) -> None:
    client = portal.browser("trader", lang=lang)
    values = typed(ORDER)
    line = {n: text for n, text in values.items() if n.startswith("OrderList.1.")}
    for at in map(str, range(2, 101)):
        values |= {n.replace(".1.", f".{at}."): text for n, text in line.items()}
        values[f"OrderList.{at}.gnum"] = at
    sent = fields(client.get(f"/forms/new/{ORDER}").text) | values | {"_do": "file"}
    answer = client.get(client.post(f"/forms/new/{ORDER}", data=sent).location)
    assert word(answer.text, lang, "forms.not_filed")
    assert says(answer.text, lang, "SCH-REPEATED") and 'href="#f-OrderList-100"' in answer.text
    assert re.search(r'id="f-OrderList-100".*?remark bad', answer.text, re.DOTALL)


def test_lines_are_added_copied_and_removed_by_buttons(portal: Portal) -> None:
    client = portal.browser("trader")
    where = fill(client, f"/forms/new/{ORDER}", {"OrderList.1.itemName": "milk"}).location
    where = send(client, where, "add:OrderList").location.split("#")[0]
    assert fields(client.get(where).text)["OrderList.2.gnum"] == "2"
    send(client, where, "copy:OrderList.1")
    page = fields(client.get(where).text)
    assert page["OrderList.3.itemName"] == "milk" and page["OrderList.3.gnum"] == "3"
    send(client, where, "delete:OrderList.2")
    page = fields(client.get(where).text)
    assert page["OrderList.2.itemName"] == "milk" and "OrderList.3.gnum" not in page


def test_rows_of_a_spreadsheet_become_lines_with_their_totals(portal: Portal) -> None:
    client = portal.browser("trader")
    where = fill(client, f"/forms/new/{ORDER}", {}).location
    rows = "1\tmilk\ttin\t2\t122\t10.5\n2\tcream\tjar\t1\t142\t3"
    send(client, where, "paste:OrderList.1.gnum", sent={"_paste.OrderList.1.gnum": rows})
    page = fields(client.get(where).text)
    assert page["OrderList.2.itemName"] == "cream"
    assert page["OrderList.1.totalPrice"] == "21.00"
    assert page["OrderHead.goodsValue"] == "24.00"


def test_a_total_follows_when_a_line_goes(portal: Portal) -> None:
    client = portal.browser("trader")
    where = fill(client, f"/forms/new/{ORDER}", {}).location
    rows = "1\tmilk\ttin\t2\t122\t10.5\n2\tcream\tjar\t1\t142\t3"
    send(client, where, "paste:OrderList.1.gnum", sent={"_paste.OrderList.1.gnum": rows})
    send(client, where, "add:OrderList")
    send(client, where, "delete:OrderList.1")
    assert fields(client.get(where).text)["OrderHead.goodsValue"] == "3.00"


def test_a_day_may_be_typed_with_signs(portal: Portal) -> None:
    client = portal.browser("trader")
    sent = {"InventoryHead.ieDate": "2026-11-20", "InventoryHead.appTime": "2026-11-20 09:30"}
    where = fill(client, f"/forms/new/{INVENTORY}", sent).location
    page = fields(client.get(where).text)
    assert page["InventoryHead.ieDate"] == "20261120"
    assert page["InventoryHead.appTime"] == "20261120093000"


def test_a_code_is_looked_up_without_script_and_put_into_its_field(portal: Portal) -> None:
    client = portal.browser("trader")
    where = fill(client, f"/forms/new/{INVENTORY}", {}).location
    find = send(client, where, "find:InventoryList.1.gcode").location
    page = client.get(find + "&q=190110").text
    button = re.search(r'name="(InventoryList\.1\.gcode)" value="(\d{10})"', page)
    assert button
    version = re.search(r'name="(_version[^"]*)" value="(\d+)"', page)
    assert version
    sent = {"csrf": csrf(client, "/forms"), button[1]: button[2], version[1]: version[2]}
    assert client.post(where, data=sent).status_code == 303
    assert fields(client.get(where).text)["InventoryList.1.gcode"] == button[2]


def test_codes_are_found_by_code_and_by_both_names(portal: Portal) -> None:
    client = portal.browser("trader")
    for text in ("502", "美国", "united states"):
        found = client.get(f"/forms/codes/country?q={text}", headers={"Accept": "application/json"})
        assert "502" in [row[0] for row in found.json], text


def test_a_field_that_the_trade_mode_forbids_is_not_shown_until_it_may(portal: Portal) -> None:
    client = portal.browser("trader")
    where = fill(client, f"/forms/new/{INVENTORY}", {}).location
    assert re.search(r'data-field="f-InventoryHead-trafNo"[^>]* hidden', client.get(where).text)
    send(client, where, "save", sent={"InventoryHead.tradeMode": "9610"})
    page = client.get(where).text
    assert not re.search(r'data-field="f-InventoryHead-trafNo"[^>]* hidden', page)


def test_the_script_is_told_versions_totals_and_findings(portal: Portal) -> None:
    client = portal.browser("trader")
    page = fields(client.get(f"/forms/new/{ORDER}").text)
    sent = page | {"OrderList.1.qty": "2", "OrderList.1.price": "4", "OrderHead.currency": "99"}
    headers = {"Accept": "application/json", "X-CSRF-Token": page["csrf"]}
    told = client.post(f"/forms/new/{ORDER}", data=sent, headers=headers).json
    assert (
        told["versions"] == {f"_version.{ORDER}": 2} or told["versions"][f"_version.{ORDER}"] >= 1
    )
    assert told["values"]["OrderList.1.totalPrice"] == "8.00"
    assert "remark bad" in told["said"]["f-OrderHead-currency"]
    assert told["where"].startswith("/forms/")
    assert told["top"] == "", "nobody asked for all that is said of a form begun"


@in_both
def test_the_summary_of_a_checked_form_follows_what_is_mended(portal: Portal, lang: str) -> None:
    client = portal.browser("trader", lang=lang)
    wrong = typed(PAYMENT) | {"PaymentHead.amountPaid": "1,5", "PaymentHead.currency": "999"}
    where = fill(client, f"/forms/new/{PAYMENT}", wrong, "file").location
    page = fields(client.get(where).text) | {"_top": "1"}
    headers = {"Accept": "application/json", "X-CSRF-Token": page["csrf"]}
    for mended, left in (("amountPaid", {"currency"}), ("currency", set())):
        page |= {f"PaymentHead.{mended}": typed(PAYMENT)[f"PaymentHead.{mended}"]}
        told = client.post(where, data=page, headers=headers).json
        page |= {name: str(version) for name, version in told["versions"].items()}
        assert {*re.findall(r'href="#f-PaymentHead-(\w+)"', told["top"])} == left
        assert "alert" not in told["top"], "it was read out when it came"
    assert word(told["top"], lang, "forms.fine")


def test_a_draft_is_nobody_else_s(portal: Portal) -> None:
    where = fill(portal.browser("trader"), f"/forms/new/{ORDER}", {}).location
    other = portal.browser("broker")
    assert other.get(where).status_code == 404
    assert other.post(where, data={"csrf": csrf(other, "/forms")}).status_code == 404


def test_a_rejected_record_is_mended_from_its_findings(portal: Portal) -> None:
    client = portal.browser("trader")
    (trade,) = made()
    trade.records[PAYMENT]["PaymentHead"]["currency"] = "999"
    portal.file(message(PAYMENT, [trade]), by="trader")
    listed = portal.call("/api/v1/submissions/1/records", by="trader").json["items"]
    number = listed[0]["declaration"]
    page = client.get(f"/forms/mend/{number}").text
    assert fields(page)["PaymentHead.currency"] == "999" and "remark bad" in page
    mended = send(client, f"/forms/mend/{number}", "file", sent={"PaymentHead.currency": "142"})
    assert mended.status_code == 303
    portal.work()
    assert re.search(r"<b>0</b>\s*rejected", client.get(mended.location).text)


def test_a_copy_has_no_number_of_its_first(portal: Portal) -> None:
    client = portal.browser("trader")
    fill(client, f"/forms/new/{PAYMENT}", typed(PAYMENT), "file")
    portal.work()
    listed = portal.call("/api/v1/submissions/1/records", by="trader").json["items"]
    page = fields(client.get(f"/forms/copy/{listed[0]['declaration']}").text)
    assert page["PaymentHead.payCode"] == typed(PAYMENT)["PaymentHead.payCode"]
    assert not page["PaymentHead.payTransactionId"] and not page["PaymentHead.guid"]


# --- a whole trade -------------------------------------------------------------------------------


def _trade(number: int = 1) -> dict[str, str]:
    return {
        f"{paper}:{name}": value for paper in PAPERS for name, value in typed(paper, number).items()
    }


def _enter_trade(client: FlaskClient, values: dict[str, str]) -> str:
    """Types only into inputs that the page has, as a person does; returns where the draft is."""
    path = "/forms/trades/new/ecommerce_import"
    lines = max(int(n.split(".")[1]) for n in values if n.startswith(f"{ORDER}:OrderList."))
    for _ in range(lines - 1):
        path = send(client, path, f"add:{ORDER}:OrderList").location.split("#")[0]
    there = fields(client.get(path).text)
    answer = send(client, path, "save", sent={n: v for n, v in values.items() if n in there})
    assert answer.status_code == 303
    return answer.location.split("#")[0]


def test_a_whole_trade_is_typed_once_filed_together_and_matches(portal: Portal) -> None:
    client = portal.browser("trader")
    where = _enter_trade(client, _trade())
    shown = fields(client.get(where).text)
    assert f"{PAYMENT}:PaymentHead.orderNo" not in shown, "what is shared is typed once"
    answer = send(client, where, "file")
    assert "/submissions/" in answer.location
    portal.work()
    page = client.get(answer.location).text
    assert re.search(r"<b>4</b>\s*all", page) and re.search(r"<b>0</b>\s*rejected", page)
    items = portal.call("/api/v1/declarations", by="trader").json["items"]
    (lead,) = (item for item in items if item["message"] == INVENTORY)
    told = portal.call(f"/api/v1/declarations/{lead['id']}", by="trader").json
    assert told["pairing"] == "matched" and len(told["papers"]) == 3


def test_papers_that_do_not_agree_are_marked_before_filing(portal: Portal) -> None:
    client = portal.browser("trader")
    where = _enter_trade(client, _trade())
    other = {f"{INVENTORY}:InventoryHead.buyerName": "somebody else"}
    send(client, where, "save", sent=other)
    page = client.get(where).text
    assert fields(page)[f"{INVENTORY}:InventoryHead.buyerName"] == "somebody else"
    answer = client.get(send(client, where, "file").location)
    assert "it will be held" in answer.text and "File all the same" in answer.text
    said = answer.text.split(f'id="f-{INVENTORY}-InventoryHead-buyerName-said">')[1]
    assert "remark wait" in said.split("</div>")[0]
    sent = fields(answer.text) | {f"{INVENTORY}:InventoryHead.buyerName": "", "_do": "save"}
    client.post(where, data=sent)
    assert f"{INVENTORY}:InventoryHead.buyerName" not in fields(client.get(where).text)
    assert "/submissions/" in send(client, where, "file").location
