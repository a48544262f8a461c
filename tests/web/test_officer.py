"""An agency's officers: what arrived, what does not fit, and what they decide with whom."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from adapters import base
from single_window.accounts.permissions import Role
from single_window.declarations.history import Journal
from single_window.routing import dispatch, receipts
from single_window.storage import tables as t
from tests.parties import join
from tests.portal import INVENTORY, ORDER, PAPERS, PAYMENT, WAYBILL, Portal, csrf, made, message
from tests.telling import in_both, says

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_CODES = {ORDER: "CEB312Message", PAYMENT: "CEB412Message", WAYBILL: "CEB512Message"}


def _dispatch(portal: Portal, agency: str = "customs") -> None:
    """What waits for an agency lies in its mailbox afterwards."""
    settings = replace(portal.store.settings, agency_delivery={agency: "pull"})
    dispatch.dispatch(
        replace(portal.store, settings=settings), portal.wake, base.load(agency, url="")
    )


def _number(portal: Portal, paper: str) -> int:
    (item,) = portal.call(f"/api/v1/declarations?message={paper}").json["items"]
    return int(item["id"])


def _told(portal: Portal, number: int) -> dict[str, Any]:
    found: dict[str, Any] = portal.call(f"/api/v1/declarations/{number}").json
    return found


def _decide(client: FlaskClient, number: int, action: str, **form: str) -> TestResponse:
    form.setdefault("csrf", csrf(client, "/officer"))
    return client.post(f"/officer/declarations/{number}/{action}", data=form)


def _order(portal: Portal) -> int:
    """An order that has arrived at customs."""
    portal.file(message(ORDER, made()))
    _dispatch(portal)
    return _number(portal, ORDER)


def _goods(portal: Portal) -> int:
    """An inventory that has arrived at customs, whose papers customs has taken in."""
    (trade,) = made()
    for paper in PAPERS:
        portal.file(message(paper, [trade]))
    _dispatch(portal)
    officer = portal.browser("customs")
    for paper in (ORDER, PAYMENT, WAYBILL):
        assert _decide(officer, _number(portal, paper), "accept").status_code == 303
    portal.work()
    _dispatch(portal)
    return _number(portal, INVENTORY)


# --- what lies on the desk -----------------------------------------------------------------


def test_what_has_not_arrived_is_not_on_the_desk(portal: Portal) -> None:
    portal.file(message(ORDER, made()))
    officer = portal.browser("customs")
    assert officer.get("/").location == "/officer"
    assert "Nothing lies here" in officer.get("/officer").text
    assert officer.get(f"/officer/declarations/{_number(portal, ORDER)}").status_code == 404


def test_the_longest_waiting_stands_first_and_pages_go_on(portal: Portal) -> None:
    portal.file(message(ORDER, made(60)))
    _dispatch(portal)
    officer = portal.browser("customs")
    page = officer.get("/officer").text
    assert page.count('href="/officer/declarations/') == 50
    following = re.search(r'href="(/officer\?after=[^"]+)"', page)
    assert following
    rest = officer.get(following[1]).text
    assert rest.count('href="/officer/declarations/') == 10
    links = re.compile(r"/officer/declarations/\d+")
    assert len({*links.findall(page), *links.findall(rest)}) == 60
    assert officer.get("/officer?after=x-y").text.count('href="/officer/declarations/') == 50


def test_the_inbox_is_renewed_as_it_was_asked_for(portal: Portal) -> None:
    portal.file(message(ORDER, made(60)))
    _dispatch(portal)
    officer = portal.browser("customs")
    following = re.search(r'href="(/officer\?after=[^"]+)"', officer.get("/officer").text)
    assert following
    for path, lying in ((following[1], 10), ("/officer?kind=held", 0), ("/officer?kind=new", 50)):
        live = html.unescape(re.findall(r'data-live="([^"]+)"', officer.get(path).text)[0])
        assert live == path.replace("/officer", "/officer/live")
        part = officer.get(live).text
        assert part.count('href="/officer/declarations/') == lying
        assert ("first page" in part.lower()) == ("after=" in path)
        assert "data-every" in part and "<html" not in part and "/live" not in part


@pytest.mark.parametrize(
    ("decisions", "kinds"),
    [
        ((), {"open", "new"}),
        ((("accept", {}),), {"open", "stored"}),
        ((("hold", {"text": "Which one?"}),), {"open", "held", "asked"}),
        ((("inspect", {}),), {"open", "held", "inspected"}),
        ((("hold", {"text": "?"}), ("clear", {})), {"open", "stored"}),
        ((("release", {}),), {"done"}),
        ((("reject", {"reason": "05"}),), {"done"}),
    ],
)
def test_a_paper_lies_under_what_was_decided(
    portal: Portal, decisions: tuple[tuple[str, dict[str, str]], ...], kinds: set[str]
) -> None:
    number, officer = _goods(portal), portal.browser("customs")
    for action, form in decisions:
        assert _decide(officer, number, action, **form).status_code == 303
    every = {"open", "new", "stored", "held", "asked", "answered", "inspected", "done"}
    shown = {
        kind
        for kind in every
        if f"declarations/{number}" in officer.get(f"/officer?kind={kind}").text
    }
    assert shown == kinds


def test_a_number_is_found_whatever_was_decided(portal: Portal) -> None:
    number, (trade,) = _order(portal), made()
    officer = portal.browser("customs")
    _decide(officer, number, "accept")
    assert f"declarations/{number}" in officer.get(f"/officer?order_no={trade.order_no}").text
    assert "has arrived at your agency" in officer.get("/officer?order_no=nothing").text


# --- one paper with its trade --------------------------------------------------------------


def test_papers_stand_side_by_side_with_what_differs_marked(portal: Portal) -> None:
    (trade,) = made()
    trade.records[PAYMENT]["PaymentHead"]["amountPaid"] = "1.23"
    portal.file(message(ORDER, [trade]))
    portal.file(message(PAYMENT, [trade]))
    _dispatch(portal)
    page = portal.browser("customs").get(f"/officer/declarations/{_number(portal, ORDER)}").text
    marked = re.findall(r'class="differs">.*?</strong>\s*<span>([^<\s]+)', page)
    assert sorted(marked) == sorted(["1.23", trade.records[ORDER]["OrderHead"]["acturalPaid"]])
    assert "Fields that do not agree: 1" in page


def test_a_contradiction_is_marked_in_the_inbox_and_told_on_the_paper(portal: Portal) -> None:
    number = _goods(portal)
    row = {"agency": "customs", "declaration_id": number, "severity": "hold", "at": 1}
    words = [{"kind": "released", "code": "800"}, {"kind": "returned", "code": "100"}]
    with portal.store.database.write() as connection:
        connection.execute(insert(t.contradictions).values(row))
        journal = Journal(1)
        for word in words:
            journal.add(1, number, agency="customs", detail="<b>", **word)
        journal.write(connection)
    client = portal.browser("customs")
    desk = client.get("/officer?kind=contradicted").text
    assert "answers contradict" in desk and f"/officer/declarations/{number}" in desk
    page = client.get(f"/officer/declarations/{number}").text
    assert "AGREE-ITSELF" in page and "100 &lt;b&gt;" in page
    filed = portal.browser().get(f"/declarations/{number}").text
    assert "The answers do not fit together" in filed and "AGREE-ITSELF" in filed
    assert portal.browser("fx").get(f"/officer/declarations/{number}").status_code == 404


def test_the_money_can_be_opened_and_the_companies_have_a_record(portal: Portal) -> None:
    number = _goods(portal)
    told = _told(portal, number)
    page = portal.browser("customs").get(f"/officer/declarations/{number}").text
    vat = next(step for step in told["formula"] if step["name"] == "vat")
    assert told["amounts"]["total"] in page and vat["expression"] in page
    (trade,) = made()
    assert trade.records[INVENTORY]["InventoryHead"]["ebcCode"] in page


def test_the_record_of_a_company_counts_what_became_of_its_papers_here(portal: Portal) -> None:
    portal.file(message(ORDER, made(3)))
    _dispatch(portal)
    items = portal.call(f"/api/v1/declarations?message={ORDER}").json["items"]
    officer = portal.browser("customs")
    _decide(officer, items[0]["id"], "reject", reason="03")
    _decide(officer, items[1]["id"], "accept")
    page = officer.get(f"/officer/declarations/{items[2]['id']}").text
    assert "rejected 1" in page and "taken in 1" in page


def test_customs_sees_people_whole_and_the_others_see_them_masked(portal: Portal) -> None:
    number, (trade,) = _goods(portal), made()
    buyer = trade.records[INVENTORY]["InventoryHead"]["buyerIdNumber"]
    officer = portal.browser("customs")
    assert buyer in officer.get(f"/officer/declarations/{number}").text
    _decide(officer, number, "release")
    _dispatch(portal, "tax")
    page = portal.browser("tax").get(f"/officer/declarations/{number}").text
    assert buyer not in page and trade.order_no in page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_pages_are_in_the_reader_s_language(portal: Portal, lang: str) -> None:
    number = _goods(portal)
    officer = portal.browser("customs", lang=lang)
    for path in ("/officer", f"/officer/declarations/{number}"):
        page = re.sub(r"<q lang.*?</q>|<td.*?</td>|<[^>]*>", "", officer.get(path).text, flags=re.S)
        found = _CHINESE.findall(page.replace("中文", "").replace("演示", ""))
        assert bool(found) == (lang == "zh"), found


# --- deciding ------------------------------------------------------------------------------


def test_what_is_offered_is_what_the_table_of_states_allows(portal: Portal) -> None:
    order, officer = _order(portal), portal.browser("customs")
    offered = re.compile(r'action="/officer/declarations/\d+/(\w+)"')

    def now(number: int) -> set[str]:
        return {*offered.findall(officer.get(f"/officer/declarations/{number}").text)}

    assert now(order) == {"accept", "hold", "reject"}
    _decide(officer, order, "reject", reason="01")
    assert now(order) == set()
    refused = _decide(officer, order, "accept")
    assert refused.status_code == 409 and "cannot be decided" in refused.text


def test_a_decision_is_in_the_filer_s_history_with_the_officer_s_name(portal: Portal) -> None:
    number = _goods(portal)
    _decide(portal.browser("customs"), number, "reject", reason="05", text="Made in Japan.")
    told = _told(portal, number)
    assert told["outcome"] == "rejected"
    event = told["timeline"][-2]
    assert (event["kind"], event["code"], event["detail"]) == ("returned", "05", "@customs")
    assert "country of origin" in event["text_en"] and "原产国" in event["text_zh"]
    page = portal.browser().get(f"/declarations/{number}").text
    assert "by officer customs" in page and "Made in Japan." in page


def test_a_question_is_answered_and_the_goods_are_released(portal: Portal) -> None:
    number = _goods(portal)
    officer, filer = portal.browser("customs"), portal.browser()
    assert _decide(officer, number, "hold", text="Where is <it> made?").status_code == 303
    assert _told(portal, number)["outcome"] == "held"
    path = f"/declarations/{number}"
    page = filer.get(path).text
    assert "Where is &lt;it&gt; made?" in page and "Answer to Customs" in page
    form = {"csrf": csrf(filer, path), "agency": "customs", "text": "In Japan."}
    assert filer.post(f"{path}/answer", data=form).status_code == 303
    assert f"declarations/{number}" in officer.get("/officer?kind=answered").text
    assert "In Japan." in officer.get(f"/officer{path}").text
    assert _decide(officer, number, "ask", text="Since when?").status_code == 303
    assert f"declarations/{number}" in officer.get("/officer?kind=asked").text
    assert _decide(officer, number, "release").status_code == 303
    told = _told(portal, number)
    assert told["outcome"] == "released"
    assert [each["side"] for each in told["questions"]] == ["agency", "filer", "agency"]
    assert "Answer to Customs" not in filer.get(path).text


def test_an_answer_is_given_by_program_too(portal: Portal) -> None:
    number = _order(portal)
    path = f"/api/v1/declarations/{number}/answer"
    client, key = portal.app.test_client(), portal.key()
    told = {"agency": "customs", "text": "Yes."}
    early = client.post(path, json=told, headers=key)
    assert (early.status_code, early.json["code"]) == (409, "SVC-NOTHING-ASKED")
    _decide(portal.browser("customs"), number, "hold", text="Is it?")
    given = client.post(path, json=told, headers=key)
    assert [each["text"] for each in given.json["items"]] == ["Is it?", "Yes."]
    empty = client.post(path, json=told | {"text": " "}, headers=key)
    assert (empty.status_code, empty.json["code"]) == (409, "SVC-WORDS")
    assert client.post(path, json=[], headers=key).status_code == 400


def test_what_people_write_is_sealed(portal: Portal) -> None:
    number = _order(portal)
    _decide(portal.browser("customs"), number, "hold", text="Is 张三丰 the buyer?")
    with portal.store.database.read() as connection:
        (sealed,) = connection.execute(select(t.notes.c.sealed_text)).scalars()
        assert "张三丰".encode() not in sealed
        details = connection.execute(select(t.events.c.detail)).scalars()
        assert not any("张三丰" in detail for detail in details)


@pytest.mark.parametrize(
    ("action", "form", "said"),
    [
        ("hold", {"text": "  "}, "characters are needed"),
        ("hold", {"text": "x" * 2001}, "characters are needed"),
        ("reject", {"reason": "", "text": "typed before"}, "not in the code table"),
        ("reject", {"reason": "77", "text": "typed before"}, "not in the code table"),
    ],
)
def test_a_form_that_lacks_something_comes_back_with_what_was_typed(
    portal: Portal, action: str, form: dict[str, str], said: str
) -> None:
    number = _order(portal)
    answer = _decide(portal.browser("customs"), number, action, **form)
    assert answer.status_code == 422
    assert said in answer.text and form["text"].strip()[:20] in answer.text
    assert _told(portal, number)["outcome"] == "under_way"


def test_officer_and_receipt_may_both_speak_and_neither_does_harm(portal: Portal) -> None:
    number, (trade,) = _order(portal), made()
    _decide(portal.browser("customs"), number, "accept")
    head = trade.records[ORDER]["OrderHead"]
    named = "".join(f"<{n}>{head[n]}</{n}>" for n in ("guid", "ebpCode", "ebcCode", "orderNo"))
    for status in ("2", "120", "300", "100"):
        portal.call(
            "/api/v1/agency/receipts", by="customs",
            data=f'<CEB312Message xmlns="http://www.chinaport.gov.cn/ceb"><OrderReturn>{named}'
            f"<returnStatus>{status}</returnStatus><returnTime>20261120120000</returnTime>"
            f"</OrderReturn></CEB312Message>".encode(),
        )  # fmt: skip
        receipts.apply_due(portal.store, portal.wake, base.load("customs", url=""))
        expected = {"2": "accepted", "120": "accepted", "300": "held", "100": "rejected"}[status]
        assert _told(portal, number)["outcome"] == expected
    assert _decide(portal.browser("customs"), number, "accept").status_code == 409


# --- who may -------------------------------------------------------------------------------


@in_both
def test_another_agency_s_paper_does_not_exist(portal: Portal, lang: str) -> None:
    number = _order(portal)
    other = portal.browser("tax", lang=lang)
    for answer in (
        other.get(f"/officer/declarations/{number}"),
        other.get(f"/officer/declarations/{number + 1}"),
        _decide(other, number, "accept"),
    ):
        assert answer.status_code == 404
        assert says(answer.text, lang, "not-at-desk") and 'href="/"' in answer.text
    assert f"declarations/{number}" not in other.get("/officer?kind=open").text
    assert _told(portal, number)["outcome"] == "under_way"


@in_both
def test_who_is_no_officer_has_no_desk(portal: Portal, lang: str) -> None:
    number = _order(portal)
    for user in ("broker", "trader", "operator"):
        client = portal.browser(user, lang=lang)
        answer = client.get("/officer")
        assert answer.status_code == 403 and says(answer.text, lang, "forbidden")
        form = {"csrf": csrf(client, "/status")}
        path = f"/officer/declarations/{number}/accept"
        assert client.post(path, data=form).status_code == 403
    assert portal.browser("customs").post(f"/officer/declarations/{number}/fly").status_code == 400
    assert _decide(portal.browser("customs"), number, "fly").status_code == 404


def test_a_decision_without_the_page_s_token_is_refused(portal: Portal) -> None:
    number = _order(portal)
    assert _decide(portal.browser("customs"), number, "accept", csrf="guess").status_code == 400
    assert _told(portal, number)["outcome"] == "under_way"


def test_questions_are_for_whose_paper_it_is(portal: Portal) -> None:
    number = _order(portal)
    _decide(portal.browser("customs"), number, "hold", text="Is it?")
    stranger = join(portal, "stranger", role=Role.BROKER)
    path = f"/api/v1/declarations/{number}/answer"
    told, key = {"agency": "customs", "text": "Yes."}, portal.key("stranger")
    assert portal.app.test_client().post(path, json=told, headers=key).status_code == 404
    with portal.store.database.write() as connection:
        named = {"code": stranger.code, "declaration_id": number}
        connection.execute(insert(t.parties).values(named))
    assert portal.app.test_client().post(path, json=told, headers=key).status_code == 409
    assert portal.call(f"/api/v1/declarations/{number}", by="stranger").json["questions"] == []
