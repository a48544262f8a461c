"""Pages of account books: a clerk keeps one by them, and is told why the book refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from single_window.accounts.permissions import Role
from tests import bookkeeping
from tests.bookkeeping import BLADE, ENGINE, NUMBER, OLD, ORDER_NO, PIECE, REPAIRED, SCRAP, SHEET
from tests.parties import join
from tests.portal import Portal, csrf
from tests.web.entering import sheet

DAY = "2026-11-20"


@dataclass
class Clerk:
    """Somebody of a repair shop at the pages of a book."""

    client: FlaskClient
    token: str
    book: str = NUMBER

    def get(self, page: str = "") -> TestResponse:
        """A page of the book."""
        return self.client.get(f"/books/{self.book}{page}")

    def send(self, page: str, do: str = "enter", seed: str = "", **values: Any) -> TestResponse:
        """A form of the book, filled in; double underscores stand for the dots in names."""
        typed = {name.replace("__", "."): str(value) for name, value in values.items()}
        typed |= {"csrf": self.token, "_do": do, "_seed": seed or "s"}
        return self.client.post(f"/books/{self.book}{page}", data=typed)

    def stock(self, item: int, place: str) -> str:
        """What the page of movements says lies in a stock."""
        page = html.fromstring(self.get(f"/movements?item={item}&place={place}").text)
        found: str = page.cssselect(".sum-line b")[0].text_content()
        return found


@pytest.fixture
def clerk(portal: Portal) -> Clerk:
    shop = join(portal, "mender", role=Role.TRADER)
    bookkeeping.shop(portal.store, shop.code)
    client = portal.browser("mender")
    return Clerk(client, csrf(client, f"/books/{NUMBER}/orders/new"))


def _shown(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", html.fromstring(answer.text).text_content())


def _value(answer: TestResponse, name: str) -> str:
    (found,) = html.fromstring(answer.text).xpath(f"//*[@name='{name}']/@value")
    return str(found)


def _refused(answer: TestResponse, code: str) -> None:
    assert answer.status_code == 422, answer.text
    assert code in _shown(answer) and "Not entered" in _shown(answer)


def test_what_is_due_stands_first_and_the_worst_of_it_at_the_top(clerk: Clerk) -> None:
    page = html.fromstring(clerk.get().text)
    due = [each.text_content() for each in page.cssselect(".duties li")]
    assert [re.search(r"\d+ days \w+", each)[0] for each in due] == [  # type: ignore[index]
        "3 days overdue",
        "5 days left",
    ]
    assert "5 days left" in _shown(clerk.client.get("/trades"))


def test_each_figure_of_a_book_opens_to_what_it_is_made_of(clerk: Clerk) -> None:
    page = html.fromstring(clerk.get().text)
    figures = {a.get("href"): a.text_content() for a in page.cssselect("a.figure")}
    assert len(figures) > 10
    for address, figure in figures.items():
        opened = html.fromstring(clerk.client.get(address).text)
        assert opened.cssselect(".sum-line b")[0].text_content() == figure
        moved = [each.text_content() for each in opened.cssselect(".ledger td.num")]
        assert sum(map(float, moved)) == float(figure.replace("–", "0"))


def test_each_figure_of_a_report_opens_to_the_movements_that_it_sums(clerk: Clerk) -> None:
    page = html.fromstring(clerk.get("/reconcile").text)
    figures = page.cssselect(".figures a.figure")
    assert len(figures) > 10
    for link in figures:
        opened = html.fromstring(clerk.client.get(link.get("href")).text)
        moved = [float(each.text_content()) for each in opened.cssselect(".ledger td.num")]
        assert abs(sum(moved)) == float(link.text_content()), link.get("href")


def test_the_timeline_of_a_piece_has_its_order_and_what_was_fitted(clerk: Clerk) -> None:
    told = _shown(clerk.get(f"/serials/{PIECE}-OUT"))
    events = ["repaired → abroad", "waiting → repaired", "arising → old parts", "parts → used",
              "Work order W-0", "abroad → waiting"]  # fmt: skip
    places = [told.index(event) for event in events]
    assert places == sorted(places)
    assert "in work" in _shown(clerk.get(f"/serials/{PIECE}"))
    assert "overdue" in _shown(clerk.get(f"/serials/{PIECE}-BAD"))


def test_an_order_is_opened_worked_and_finished_on_one_page(clerk: Clerk) -> None:
    came = {"day": DAY, "number": "QD-9", "side": "abroad", "mode": "1371"}
    clerk.send("/enter/in", **came, line__1__item=ENGINE, line__1__serial="X/1")
    page = clerk.get("/orders/new?serial=X/1")
    assert "X/1" in _value(page, "serial")
    order = _value(page, "order")
    told = clerk.send(
        "/orders/new", day=DAY, order=order, serial="X/1", result="repaired",
        **{f"issue.{BLADE}": 3, f"off.{OLD}": 3, f"waste.{SHEET}": 1, f"scrap.{SCRAP}": 1},
    )  # fmt: skip
    assert told.status_code == 303, _shown(told)
    assert "repaired" in _shown(clerk.get(f"/orders/{order}"))
    assert clerk.stock(BLADE, "parts") == "28"
    gone = {"day": DAY, "number": "QD-10", "side": "abroad", "mode": "1371"}
    left = clerk.send("/enter/out", **gone, line__1__item=REPAIRED, line__1__serial="X/1")
    assert left.status_code == 303
    assert "left" in _shown(clerk.get("/serials/X/1"))


def test_a_form_sent_twice_issues_parts_once(clerk: Clerk) -> None:
    typed = {"day": DAY, f"issue.{BLADE}": 2}
    answers = [clerk.send(f"/orders/{ORDER_NO}", seed="same", **typed) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert clerk.stock(BLADE, "parts") == "29"


def test_what_the_book_refuses_is_told_at_its_line_and_nothing_typed_is_lost(clerk: Clerk) -> None:
    typed = {"day": DAY, f"issue.{BLADE}": 99, f"off.{OLD}": 4, "reason": "worn too"}
    told = clerk.send(f"/orders/{ORDER_NO}", **typed)
    _refused(told, "BOOK-B10")
    for name, value in typed.items():
        assert _value(told, name) == str(value)
    (row,) = html.fromstring(told.text).cssselect("tr.bad")
    assert "31 free" in row.text_content()
    assert clerk.stock(OLD, "old") == "2"


def test_a_part_that_is_not_listed_is_added_and_nothing_typed_is_lost(clerk: Clerk) -> None:
    clerk.send("/enter/out", day=DAY, number="Q", side="maker",
               line__1__item=SHEET, line__1__quantity=48)  # fmt: skip
    page = clerk.get(f"/orders/{ORDER_NO}")
    assert f'name="issue.{SHEET}"' not in page.text
    typed = {"other": f"{SHEET} gasket", f"issue.{BLADE}": 7}
    told = clerk.send(f"/orders/{ORDER_NO}", do="row", day=DAY, **typed)
    assert _value(told, f"issue.{BLADE}") == "7" and f'name="issue.{SHEET}"' in told.text


@pytest.mark.parametrize(
    ("way", "more", "code"),
    [
        ("hand_over", {}, "BOOK-B8"),
        ("destroy", {}, "BOOK-B8-RECORD"),
        ("reexport", {"mode": "1371"}, "BOOK-MODE"),
        ("reexport", {"number": ""}, "BOOK-NUMBER"),
        ("away", {}, "BOOK-NOTHING"),
    ],
)
def test_old_parts_leave_only_as_the_law_has_it(
    clerk: Clerk, way: str, more: dict[str, str], code: str
) -> None:
    typed = {"day": DAY, "number": "D-1", "way": way, f"stock.{OLD}.A": "2"} | more
    _refused(clerk.send("/dispose", **typed), code)
    assert clerk.stock(OLD, "old") == "2"
    done = clerk.send("/dispose", **typed | {"way": "reexport", "number": "D-1", "mode": "0864"})
    assert done.status_code == 303
    assert clerk.stock(OLD, "old") == "–"


def test_counts_are_kept_and_a_period_closes_once_they_fit(clerk: Clerk) -> None:
    assert "3.23%" in _shown(clerk.get("/reconcile"))
    _refused(clerk.send("/close", through=DAY), "BOOK-CLOSE")
    name = f"count.{BLADE}.parts."
    _refused(clerk.send("/reconcile", through=DAY, **{name: "many"}), "BOOK-FORM")
    kept = clerk.send("/reconcile", through=DAY, **{name: "31"})
    assert kept.status_code == 303
    assert clerk.send("/close", through=DAY).status_code == 303
    _refused(clerk.send(f"/orders/{ORDER_NO}", day=DAY, result="repaired"), "BOOK-PERIOD-CLOSED")


@pytest.mark.parametrize("page", ["/reconcile", "/close", "/orders/new", "/enter/in", "/dispose"])
def test_what_comes_again_from_the_log_in_page_is_shown_and_not_done(
    clerk: Clerk, page: str
) -> None:
    name, before = f"count.{BLADE}.parts.", clerk.get("/entries").text.count("<tr")
    typed = {"day": DAY, "number": "N-77", "order": "N-77", name: "31"}
    answer = clerk.send(page, do="save", through=DAY, **typed)
    assert answer.status_code == 200
    assert 'value="31"' in answer.text or "N-77" in answer.text or page == "/close"
    assert clerk.get("/entries").text.count("<tr") == before
    assert "closed" not in _shown(clerk.get("/reconcile")).partition("Close the period")[0]


def test_the_report_is_begun_as_a_form_that_agrees_with_the_ledger(clerk: Clerk) -> None:
    clerk.send("/reconcile", through=DAY, **{f"count.{BLADE}.parts.": "31"})
    begun = clerk.send("/report", through=DAY)
    form = clerk.client.get(begun.location)
    figures = {"vclrPridInitQty": "40", "csmTotalQty": "9", "shdRemainQty": "31",
               "actlRemainQty": "31", "dsmlQty": "0"}  # fmt: skip
    assert {name: _value(form, f"EmsChgoffDt.3.{name}") for name in figures} == figures
    credit, name = dict.fromkeys(("bizopEtpsSccd", "rvsngdEtpsSccd"), "9" * 18), "Test shop"
    known = {f"EmsChgoffBsc.{each}": text for each, text in credit.items()}
    known |= {f"EmsChgoffBsc.{each}": name for each in ("bizopEtpsNm", "rcvgdEtpsNm")}
    sent = sheet(form.text).sent
    for line in (f"EmsChgoffDt.{at}." for at in range(1, 7)):
        known[f"{line}actlRemainQty"] = sent[f"{line}shdRemainQty"]
    typed = sent | known | {"_do": "check"}
    told = clerk.client.post(begun.location, data=typed, follow_redirects=True)
    wrong = html.fromstring(told.text).cssselect(".remark.bad, .finding.bad")
    assert [each.text_content() for each in wrong] == []
    (download,) = [a for a in html.fromstring(form.text).xpath("//a/@href") if "message.xml" in a]
    body = clerk.client.get(download).data
    assert b"<actlRemainQty>31</actlRemainQty>" in body


def test_an_entry_is_taken_back_by_another_and_stays_to_be_seen(clerk: Clerk) -> None:
    entries = html.fromstring(clerk.get("/entries").text)
    (address,) = [
        a.get("href")
        for a in entries.cssselect("a")
        if a.text == "Re-export" and "/entries/" in a.get("href")
    ]
    page = address.removeprefix(f"/books/{NUMBER}")
    _refused(clerk.send(page, day="soon", reason=""), "BOOK-FORM")
    assert clerk.send(page, day=DAY, reason="typing").status_code == 303
    assert clerk.stock(OLD, "old") == "5"
    assert "taken back" in _shown(clerk.get(page))
    _refused(clerk.send(page, day=DAY, reason="again"), "BOOK-REVERSE-TWICE")


NEW = {
    "number": "H-NEW", "months": "12", "in_zone": "1", "opened": "2026-01-01", "currency": "USD",
    "item.1.seqno": "1", "item.1.role": "goods", "item.1.name": "engine", "item.1.unit": "001",
    "item.1.hs": "8411121000", "item.1.catalogued": "1", "item.1.serials": "1",
    "item.2.seqno": "2", "item.2.role": "repaired", "item.2.linked": "1", "item.2.unit": "001",
    "item.3.seqno": "3", "item.3.role": "part", "item.3.unit": "007", "item.3.opening": "12",
}  # fmt: skip


def test_a_book_is_opened_with_its_items_and_what_lies_in_it(clerk: Clerk) -> None:
    clerk.book = "new"
    started = clerk.get()
    typed = NEW | {"company": _value(started, "company")}
    told = clerk.send("", **typed)
    assert told.location == "/books/H-NEW?done=1", _shown(told)
    clerk.book = "H-NEW"
    assert clerk.stock(3, "parts") == "12"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"number": NUMBER}, "BOOK-KNOWN"),
        ({"company": "NOBODY"}, "SVC-NO-MANDATE"),
        ({"months": "a year"}, "BOOK-FORM"),
        ({"item.3.opening": "-1"}, "BOOK-QTY"),
        ({"item.2.seqno": "1"}, "BOOK-ITEM-TWICE"),
        ({name: "" for name in NEW if name.startswith("item.")}, "BOOK-NO-ITEMS"),
    ],
)
def test_a_book_that_may_not_be_opened_leaves_nothing(
    clerk: Clerk, wrong: dict[str, str], code: str
) -> None:
    clerk.book = "new"
    company = _value(clerk.get(), "company")
    told = clerk.send("", **NEW | {"company": company} | wrong)
    _refused(told, code)
    assert _value(told, "currency") == "USD"
    assert clerk.client.get("/books/H-NEW").status_code == 404


def test_customs_suspends_a_book_and_lets_it_go_on(portal: Portal, clerk: Clerk) -> None:
    customs, tax = portal.browser("customs"), portal.browser("tax")
    page = f"/books/{NUMBER}"
    token = csrf(customs, page)
    told = {"csrf": token, "reason": "查账"}
    assert customs.post(f"{page}/standing", data=told).status_code == 303
    typed = {"day": DAY, "number": "N-1", f"stock.{OLD}.A": "1", "way": "reexport", "mode": "0864"}
    assert "suspended" in _shown(clerk.get())
    assert clerk.send("/dispose", **typed).status_code in (404, 422)
    assert clerk.stock(OLD, "old") == "2"
    assert customs.post(f"{page}/standing", data=told).status_code == 303
    assert clerk.send("/dispose", **typed).status_code == 303
    other = tax.post(f"{page}/standing", data=told | {"csrf": csrf(tax, "/officer")})
    assert other.status_code == 404
    assert clerk.client.post(f"{page}/standing", data={"csrf": clerk.token}).status_code == 403


def test_customs_reads_a_book_and_other_agencies_see_none(portal: Portal, clerk: Clerk) -> None:
    customs, tax = portal.browser("customs"), portal.browser("tax")
    assert NUMBER in customs.get("/books").text
    assert customs.get(f"/books/{NUMBER}").status_code == 200
    assert customs.get(f"/books/{NUMBER}/orders/new").status_code == 403
    assert 'name="csrf"' not in customs.get(f"/books/{NUMBER}/reconcile").text.split("<main")[1]
    assert NUMBER not in tax.get("/books").text
    assert tax.get(f"/books/{NUMBER}").status_code == 404


@pytest.mark.parametrize(
    "page",
    ["/movements?item=99", "/entries/999999", "/serials/none", "/orders/none", "/enter/count"],
)
def test_what_is_not_there_is_not_found(clerk: Clerk, page: str) -> None:
    assert clerk.get(page).status_code == 404


@pytest.mark.parametrize(
    "page",
    [
        "/movements?item=99999999999999999999&day=x&origin=Z&place=q&source=nowhere",
        "/movements?item=1&figure=none&through=yesterday",
        "/serials?place=moon&item=x&after=zzz",
        "/reconcile?through=never",
    ],
)
def test_an_address_that_means_nothing_asks_for_nothing(clerk: Clerk, page: str) -> None:
    assert clerk.get(page).status_code == 200
