"""The trader's desk: each trade once, with what is to do, and one answer in plain words."""

from __future__ import annotations

import re

from tests.portal import INVENTORY, ORDER, PAYMENT, WAYBILL, Portal, csrf, made, message
from tests.web.test_forms import fields, send

PAPERS = (ORDER, PAYMENT, WAYBILL, INVENTORY)


def _part(page: str, part: str) -> str:
    return page.split(f'id="part-{part}"')[1].split("</section>")[0]


def _file(portal: Portal, *papers: str, **changes: str) -> None:
    (trade,) = made()
    for name, value in changes.items():
        trade.records[PAYMENT]["PaymentHead"][name] = value
    for paper in papers:
        portal.file(message(paper, [trade]), by="trader")


def _number(portal: Portal, paper: str) -> int:
    items = portal.call("/api/v1/declarations", by="trader").json["items"]
    return next(item["id"] for item in reversed(items) if item["message"] == paper)


def test_the_desk_is_where_a_trader_begins(portal: Portal) -> None:
    client = portal.browser("trader")
    assert client.get("/").location == "/trades"
    page = client.get("/trades").text
    for part, words in (("todo", "Nothing waits"), ("under_way", "Nothing is under way")):
        assert words in _part(page, part)


def test_a_trade_that_waits_tells_which_paper_and_offers_to_fill_it_in(portal: Portal) -> None:
    client = portal.browser("trader")
    _file(portal, ORDER, WAYBILL, INVENTORY)
    todo = _part(client.get("/trades").text, "todo")
    assert todo.count("<li class") == 1, "four papers are one trade"
    link = re.search(rf'href="(/forms/new/{PAYMENT}\?of=\d+)"', todo)
    assert link
    page = fields(client.get(link[1]).text)
    order = made()[0].records[ORDER]["OrderHead"]
    assert page["PaymentHead.orderNo"] == order["orderNo"]
    assert page["PaymentHead.payerName"] == order["buyerName"]
    assert page["PaymentHead.amountPaid"] == order["acturalPaid"]


def test_a_waybill_that_comes_before_its_inventory_stands_with_its_order(portal: Portal) -> None:
    client = portal.browser("trader")
    _file(portal, ORDER, WAYBILL)
    under_way = _part(client.get("/trades").text, "under_way")
    assert under_way.count("<li class") == 1
    page = client.get(f"/trades/{_number(portal, WAYBILL)}").text
    assert page.split('id="h-papers"')[1].split("</ul>")[0].count("<li>") == 2


def test_a_refused_second_inventory_brings_no_paper_of_another_trade_along(portal: Portal) -> None:
    first, second = made(2)
    heads = [each.records[INVENTORY]["InventoryHead"] for each in (first, second)]
    for name in ("orderNo", "ebpCode", "ebpName"):
        heads[1][name] = heads[0][name]
    for trade in (first, second):
        for paper in PAPERS:
            portal.file(message(paper, [trade]), by="trader")
    items = portal.call("/api/v1/declarations", by="trader").json["items"]
    living = {it["id"]: it for it in items if it["outcome"] != "rejected"}
    own = [it["id"] for it in living.values() if it["order_no"] == first.order_no]
    assert len(items) == 2 * len(PAPERS) and len(living) == len(items) - 1
    lead = next(number for number in own if living[number]["message"] == INVENTORY)
    told = portal.call(f"/api/v1/declarations/{lead}", by="trader").json
    assert {paper["id"] for paper in told["papers"] if paper["id"] in living} == {*own} - {lead}
    assert [step["message"] for step in told["plan"]].count(WAYBILL) == 1
    page = portal.browser("trader").get(f"/trades/{lead}").text
    papers = page.split('id="h-papers"')[1].split("</ul>")[0]
    shown = {int(number) for number in re.findall(r'href="/declarations/(\d+)"', papers)}
    assert shown & {*living} == {*own}


def test_a_returned_paper_is_to_do_until_it_was_sent_mended(portal: Portal) -> None:
    client = portal.browser("trader")
    _file(portal, *PAPERS, currency="999")
    todo = _part(client.get("/trades").text, "todo")
    assert todo.count("<li class") == 1 and "remark bad" in todo
    link = re.search(r'href="(/forms/mend/\d+)"', todo)
    assert link
    assert send(client, link[1], "file", sent={"PaymentHead.currency": "142"}).status_code == 303
    portal.work()
    page = client.get("/trades").text
    assert "<li class" not in _part(page, "todo")
    assert made()[0].order_no in _part(page, "under_way")


def test_a_draft_is_to_do_and_leads_back_to_its_form(portal: Portal) -> None:
    client = portal.browser("trader")
    where = send(client, f"/forms/new/{ORDER}", "save").location
    assert f'href="{where}"' in _part(client.get("/trades").text, "todo")
    sent = {"csrf": csrf(client, where)}
    assert client.post(f"{where}/discard", data=sent).status_code == 303
    assert f'href="{where}"' not in client.get("/trades").text


def test_a_trade_has_one_answer_with_the_timeline_of_all_its_papers(portal: Portal) -> None:
    client = portal.browser("trader")
    _file(portal, *PAPERS)
    page = client.get(f"/trades/{_number(portal, PAYMENT)}").text
    assert made()[0].order_no in page
    assert page.count("<svg class=") == 2 and "Thick frame" not in page
    steps = page.partition('class="steps-list"')[2].partition("</ol>")[0]
    assert len(re.findall(r'<li.*\s+<a href="/declarations/', steps)) == 6
    papers = page.split('id="h-papers"')[1].split("</ul>")[0]
    assert papers.count("<li>") == 4
    timeline = page.split('id="h-timeline"')[1]
    assert timeline.count("<li>") >= 4


def test_what_may_not_be_withdrawn_says_why(portal: Portal) -> None:
    client = portal.browser("trader")
    _file(portal, ORDER)
    number = _number(portal, ORDER)
    page = client.get(f"/declarations/{number}").text
    assert "Withdraw it" in page
    client.post(f"/declarations/{number}/withdraw", data={"csrf": csrf(client, "/forms")})
    page = client.get(f"/declarations/{number}").text
    assert "Withdraw it" not in page and "It has been withdrawn already" in page


def test_a_living_paper_is_changed_as_a_change_of_itself(portal: Portal) -> None:
    client = portal.browser("trader")
    _file(portal, PAYMENT)
    page = fields(client.get(f"/forms/mend/{_number(portal, PAYMENT)}").text)
    assert page["PaymentHead.appType"] == "2" and not page["PaymentHead.appTime"]


def test_a_whole_trade_is_copied_without_its_numbers(portal: Portal) -> None:
    client = portal.browser("trader")
    _file(portal, *PAPERS)
    page = fields(client.get(f"/forms/trades/copy/{_number(portal, INVENTORY)}").text)
    buyer = made()[0].records[ORDER]["OrderHead"]["buyerName"]
    assert page[f"{ORDER}:OrderHead.buyerName"] == buyer
    assert page[f"{ORDER}:OrderHead.orderNo"] == ""
    assert page[f"{WAYBILL}:LogisticsHead.logisticsNo"] == ""


def test_the_desk_shows_nothing_of_others(portal: Portal) -> None:
    (trade,) = made()
    portal.file(message(ORDER, [trade]), by="broker")
    page = portal.browser("trader").get("/trades").text
    assert trade.order_no not in page
    items = portal.call("/api/v1/declarations", by="broker").json["items"]
    assert portal.browser("trader").get(f"/trades/{items[0]['id']}").status_code == 404


def test_each_part_can_be_seen_whole_page_by_page(portal: Portal) -> None:
    client = portal.browser("trader")
    many = made(10)
    portal.file(message(ORDER, many), by="trader")
    page = client.get("/trades").text
    assert "/trades/all/under_way" in _part(page, "under_way")
    whole = client.get("/trades/all/under_way").text
    assert all(trade.order_no in whole for trade in many)
    assert client.get("/trades/all/nothing").status_code == 404


def test_a_trade_copied_from_any_of_its_papers_brings_them_all(portal: Portal) -> None:
    client = portal.browser("trader")
    _file(portal, *PAPERS)
    waybill = made()[0].records[WAYBILL]["LogisticsHead"]
    for paper in PAPERS:
        page = fields(client.get(f"/forms/trades/copy/{_number(portal, paper)}").text)
        assert page[f"{WAYBILL}:LogisticsHead.logisticsCode"] == waybill["logisticsCode"], paper
