"""Results that a broker works through: filtered by what is wrong, bad one after bad one."""

from __future__ import annotations

import re

from single_window import regimes
from single_window.declarations import results
from single_window.declarations.scope import Scope
from single_window.intake.forms import ownerless
from single_window.intake.sheets.templates import offered
from tests.portal import INVENTORY, ORDER, PAPERS, PAYMENT, WAYBILL, Portal, csrf, made, message
from tests.workbooks import filled


def _filed(portal: Portal, count: int = 120) -> int:
    """Many orders, of which the 3rd and the 100th are bad, each in its own way."""
    trades = made(count)
    trades[2].records[ORDER]["OrderHead"]["currency"] = "999"
    trades[99].records[ORDER]["OrderHead"]["orderNo"] = "x" * 70
    return int(portal.file(message(ORDER, trades))["id"])


def test_what_is_wrong_is_listed_with_its_count_and_can_be_chosen(portal: Portal) -> None:
    number = _filed(portal)
    client, path = portal.browser(), f"/submissions/{number}"
    page = client.get(path).text
    options = re.findall(r'<option value="([^"]+)"', page)
    assert len(options) == 2 and "SCH-LENGTH@OrderHead/orderNo" in options
    chosen = client.get(path, query_string={"fault": "SCH-LENGTH@OrderHead/orderNo"}).text
    assert len(re.findall(r'<tr class="\w+" id="r\d+"', chosen)) == 1 and "x" * 70 in chosen
    by_code = portal.call(f"/api/v1/submissions/{number}/records?fault=SCH-LENGTH").json
    assert [item["record"] for item in by_code["items"]] == [100]


def test_the_next_bad_record_is_one_step_away(portal: Portal) -> None:
    number = _filed(portal)
    client = portal.browser()
    page = client.get(f"/submissions/{number}").text
    (link,) = re.findall(r'href="([^"]+)"[^>]*>Next bad one', page)
    page = client.get(link.replace("&amp;", "&")).text
    first = re.search(r'<tr class="(\w+)" id="r\d+"', page)
    assert first and first[1] == "bad"
    assert "Next bad one" not in page


def test_a_bad_record_leads_to_its_form(portal: Portal) -> None:
    number = _filed(portal)
    page = portal.browser().get(f"/submissions/{number}?decision=reject").text
    assert len(re.findall(r'href="/forms/mend/\d+"', page)) == 2


def test_records_of_sheets_are_told_by_row_and_found_by_it(portal: Portal) -> None:
    trades = made(3)
    trades[1].records[ORDER]["OrderHead"]["currency"] = "999"
    body = filled({ORDER: [trade.records[ORDER] for trade in trades]})
    client = portal.browser()
    headers = {"X-CSRF-Token": csrf(client, "/"), "X-File-Name": "orders.xlsx"}
    where = client.post("/submissions/file", data=body, headers=headers).json["url"]
    portal.work()
    page = client.get(f"{where}?search=5").text
    assert 'data-label="Row" class="line">5<' in page and "row 5" in page
    assert trades[0].order_no not in page


def test_templates_are_offered_for_each_paper_and_the_whole_trade(portal: Portal) -> None:
    client = portal.browser()
    page = client.get("/templates").text
    links = re.findall(r'href="(/templates/[^"]+)"', page)
    names = [link.removeprefix("/templates/").removesuffix(".xlsx") for link in links]
    expected: list[str] = []
    for regime in regimes.all().values():
        expected += [name for name in (regime.name, *regime.messages) if offered(name)]
    assert names == [*expected, *(each.name for each in ownerless() if offered(each.name))]
    assert {"ecommerce_import", "ecommerce_export", *PAPERS} <= {*names}
    for link in links:
        answer = client.get(link)
        assert answer.status_code == 200 and answer.data.startswith(b"PK")
    assert client.get("/templates/CEB622Message.xlsx").status_code == 404
    assert portal.call("/api/v1/templates/CEB621Message.xlsx").data.startswith(b"PK")
    assert portal.call("/api/v1/templates/nothing.xlsx").status_code == 404


def test_faults_that_come_and_go_with_other_papers_are_kept_up_to_date(portal: Portal) -> None:
    (trade,) = made()
    found = portal.file(message(INVENTORY, [trade]))
    scope = Scope(None)
    with portal.store.database.read() as connection:
        assert results.faults_of(connection, scope, found["id"]) == []
    trade.records[PAYMENT]["PaymentHead"]["amountPaid"] = "1.00"
    for paper in (ORDER, PAYMENT, WAYBILL):
        portal.file(message(paper, [trade]))
    with portal.store.database.read() as connection:
        told = results.faults_of(connection, scope, found["id"])
    assert {each["message"] for each in told} == {INVENTORY}
