"""What people see: coming in, handing in, finding what is wrong, one declaration, the language."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from single_window.accounts.demo import seed_demo
from tests.portal import INVENTORY, ORDER, PAYMENT, WAYBILL, Portal, csrf, made, message

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _upload(client: FlaskClient, *files: tuple[str, bytes], **fields: str) -> str:
    """Sends the upload form as a browser without script does; returns where it leads."""
    form = _form({"csrf": csrf(client, "/")} | fields, files)
    answer = client.post("/submissions", data=form, content_type=_FORM)
    assert answer.status_code == 303, answer.text
    return answer.location


_FORM = "multipart/form-data; boundary=here"


def _form(fields: dict[str, str], files: tuple[tuple[str, bytes], ...]) -> bytes:
    """The form's body: its fields and then its files, as the page has them."""
    start, name = b"--here\r\nContent-Disposition: form-data; ", 'name="{}"'
    parts = [
        start + name.format(key).encode() + b"\r\n\r\n" + value.encode() + b"\r\n"
        for key, value in fields.items()
    ]
    for file_name, body in files:
        head = f'name="files"; filename="{file_name}"\r\nContent-Type: text/xml'.encode()
        parts.append(start + head + b"\r\n\r\n" + body + b"\r\n")
    return b"".join([*parts, b"--here--\r\n"])


def _bad_order() -> bytes:
    (trade,) = made()
    trade.records[ORDER]["OrderHead"]["currency"] = "999"
    return message(ORDER, [trade])


# --- coming in -----------------------------------------------------------------------------


def test_a_stranger_is_asked_who_they_are_and_then_shown_what_they_wanted(portal: Portal) -> None:
    client = portal.app.test_client()
    asked = client.get("/submissions?before=9")
    assert asked.status_code == 302
    words = {"login": "broker", "password": portal.password("broker"), "csrf": csrf(client)}
    answer = client.post(asked.location, data=words)
    assert answer.location == "/submissions?before=9"


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example", "//elsewhere.example", "/\\x.example"]
)
def test_the_way_in_leads_nowhere_else(portal: Portal, target: str) -> None:
    client = portal.app.test_client()
    words = {"login": "broker", "password": portal.password("broker"), "csrf": csrf(client)}
    answer = client.post("/login", query_string={"next": target}, data=words)
    assert answer.location == "/"


def test_a_wrong_password_is_told_so_and_the_name_stays_typed(portal: Portal) -> None:
    client = portal.browser(None)
    words = {"login": "broker", "password": "guess", "csrf": csrf(client)}
    answer = client.post("/login", data=words)
    assert answer.status_code == 401
    assert 'value="broker"' in answer.text and "do not belong together" in answer.text
    for _ in range(5):
        answer = client.post("/login", data=words)
    assert answer.status_code == 429
    assert "Wait" in answer.text


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(portal: Portal) -> None:
    client = portal.app.test_client()
    cookie = client.get("/login").headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_a_form_that_this_session_did_not_give_out_is_refused(portal: Portal) -> None:
    client = portal.browser()
    for token in ("", "guess"):
        answer = client.post("/logout", data={"csrf": token})
        assert answer.status_code == 400
    assert client.get("/").status_code == 200


def test_who_logs_out_is_out_and_a_new_password_ends_old_sessions(portal: Portal) -> None:
    client, other = portal.browser(), portal.browser()
    client.post("/logout", data={"csrf": csrf(client, "/")})
    assert client.get("/submissions").status_code == 302
    assert other.get("/submissions").status_code == 200
    seed_demo(portal.store)
    assert other.get("/submissions").status_code == 302


def test_each_role_comes_to_its_own_first_page(portal: Portal) -> None:
    assert portal.browser("broker").get("/").status_code == 200
    assert portal.browser("operator").get("/").location == "/submissions"
    assert portal.browser("customs").get("/").location == "/officer"
    assert portal.browser("customs").get("/submissions").status_code == 403


# --- handing in ----------------------------------------------------------------------------


def test_an_upload_without_script_leads_to_its_results(portal: Portal) -> None:
    client = portal.browser()
    where = _upload(client, ("orders.xml", _bad_order()))
    assert "Being checked" in client.get(where).text
    portal.work()
    page = client.get(where).text
    assert "orders.xml" in page and "999" in page and "OrderHead/currency" in page
    assert re.search(r"<b>1</b>\s*rejected", page)


def test_several_files_become_a_submission_each(portal: Portal) -> None:
    client = portal.browser()
    (trade,) = made()
    files = [(f"{paper}.xml", message(paper, [trade])) for paper in (ORDER, PAYMENT)]
    assert _upload(client, *files) == "/submissions"
    page = client.get("/submissions").text
    assert all(f"{paper}.xml" in page for paper in (ORDER, PAYMENT))


def test_an_upload_by_script_gets_progress_and_the_address_of_its_results(portal: Portal) -> None:
    client = portal.browser()
    headers = {"X-CSRF-Token": csrf(client, "/"), "X-File-Name": "%E8%AE%A2%E5%8D%95.xml"}
    headers |= {"Accept": "application/json", "Content-Type": "application/octet-stream"}
    answer = client.post("/submissions/file", data=_bad_order(), headers=headers)
    assert answer.status_code == 202
    assert "订单.xml" in client.get(answer.json["url"]).text
    bad = client.post("/submissions/file", data=b"<a", headers=headers)
    assert (bad.status_code, bad.content_type) == (422, "application/problem+json")
    gone = portal.app.test_client().post("/submissions/file", data=b"<a/>", headers=headers)
    assert (gone.status_code, gone.json["code"]) == (401, "logged-out")


def test_a_large_file_of_a_form_arrives_whole(portal: Portal) -> None:
    client = portal.browser()
    body = message(ORDER, made(100)) + b"\n" * 3_000_000
    where = _upload(client, ("big.xml", body))
    portal.work()
    assert re.search(r"<b>100</b>\s*all", client.get(where).text)


def test_a_form_without_a_file_says_so(portal: Portal) -> None:
    client = portal.browser()
    form = _form({"csrf": csrf(client, "/")}, (("", b""),))
    answer = client.post("/submissions", data=form, content_type=_FORM)
    assert "No file was chosen" in client.get(answer.location).text


def test_the_same_file_again_leads_to_its_first_result(portal: Portal) -> None:
    client = portal.browser()
    first = _upload(client, ("a.xml", _bad_order()))
    again = _upload(client, ("b.xml", _bad_order()))
    assert again == f"{first}?again=1"
    assert "not filed twice" in client.get(again).text


def test_a_file_that_cannot_be_taken_is_a_page_with_a_way_back(portal: Portal) -> None:
    for lang, back in (("zh", "回到首页"), ("en", "Back to the first page")):
        client = portal.browser(lang=lang)
        form = _form({"csrf": csrf(client, "/")}, (("a.xml", b"no xml"),))
        answer = client.post("/submissions", data=form, content_type=_FORM)
        assert answer.status_code == 422
        assert back in answer.text


def test_a_form_without_its_token_is_refused_before_its_files_are_read(portal: Portal) -> None:
    client = portal.browser()
    form = _form({"csrf": "guess"}, (("a.xml", _bad_order()),))
    answer = client.post("/submissions", data=form, content_type=_FORM)
    assert answer.status_code == 400 and "too old" in answer.text
    assert "Nothing has been submitted" in client.get("/").text


@pytest.mark.parametrize(
    "body", [b"", b"--x\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\n"]
)
def test_a_broken_form_is_refused(portal: Portal, body: bytes) -> None:
    client = portal.browser()
    answer = client.post("/submissions", data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 400


# --- finding what is wrong -----------------------------------------------------------------


def test_results_can_be_filtered_and_searched(portal: Portal) -> None:
    trades = made(4)
    trades[0].records[ORDER]["OrderHead"]["currency"] = "999"
    told = portal.file(message(ORDER, trades))
    client, path = portal.browser(), f"/submissions/{told['id']}"
    numbers = [trade.order_no for trade in trades]

    def shown(query: str) -> list[str]:
        page = client.get(f"{path}?{query}").text
        return [number for number in numbers if number in page]

    assert shown("decision=reject") == numbers[:1]
    assert shown("decision=accept") == numbers[1:]
    assert shown(f"search={numbers[2]}") == [numbers[2]]
    assert shown("decision=nonsense") == numbers
    assert "No record fits" in client.get(f"{path}?decision=hold").text


def test_the_rejected_can_be_downloaded(portal: Portal) -> None:
    told = portal.file(_bad_order())
    client = portal.browser()
    assert f"/submissions/{told['id']}/rejected" in client.get(f"/submissions/{told['id']}").text
    answer = client.get(f"/submissions/{told['id']}/rejected")
    assert answer.mimetype == "application/xml" and b">999<" in answer.data


def test_a_part_of_the_page_comes_alone_and_says_when_to_ask_again(portal: Portal) -> None:
    client = portal.browser()
    where = _upload(client, ("a.xml", _bad_order()))
    part = client.get(f"{where}/live").text
    assert "data-every" in part and "<html" not in part
    portal.work()
    assert "data-every" not in client.get(f"{where}/live").text


# --- one declaration -----------------------------------------------------------------------


def test_a_declaration_tells_where_it_stands_and_what_it_waits_for(portal: Portal) -> None:
    (trade,) = made()
    portal.file(message(INVENTORY, [trade]))
    client = portal.browser()
    found = client.get(f"/declarations?order_no={trade.order_no}").text
    link = re.search(r'href="(/declarations/\d+)"', found)
    assert link
    page = client.get(link[1]).text
    assert page.partition('class="papers"')[2].count("not here yet") == 3
    assert "waits for Order, Payment, Waybill" in page
    assert "Withdraw this declaration" in page
    for paper in (ORDER, PAYMENT, WAYBILL):
        portal.file(message(paper, [trade]))
    assert "not here yet" not in client.get(link[1]).text


def test_amounts_open_to_how_they_came_about(portal: Portal) -> None:
    (trade,) = made()
    portal.file(message(INVENTORY, [trade]))
    (item,) = portal.call("/api/v1/declarations").json["items"]
    told = portal.call(f"/api/v1/declarations/{item['id']}").json
    page = portal.browser().get(f"/declarations/{item['id']}").text
    vat = next(step for step in told["formula"] if step["name"] == "vat")
    for part in (told["amounts"]["total"], vat["expression"], vat["source"], vat["label_en"]):
        assert part in page
    share = next(each for each in vat["inputs"] if each["origin"] == "law")
    rate = next(each for each in vat["inputs"] if each["origin"] == "tariff")
    for part in (share["label_en"], "in force since 2016-04-08", "checked 2026-11-24"):
        assert part in page
    for part in (rate["label_en"], rate["value"], "2020 tariff", f"in force on {told['law_day']}"):
        assert part in page


def test_the_plan_is_a_picture_that_leads_to_the_papers_and_a_list(portal: Portal) -> None:
    (trade,) = made()
    for paper in (ORDER, INVENTORY):
        portal.file(message(paper, [trade]))
    items = {it["message"]: it["id"] for it in portal.call("/api/v1/declarations").json["items"]}
    page = portal.browser().get(f"/declarations/{items[INVENTORY]}").text
    pictures = re.findall(r"<svg class=.*?</svg>", page, re.S)
    assert [name in each for name, each in zip(("wide", "tall"), pictures, strict=True)] == [
        True
    ] * 2
    for picture in pictures:
        assert re.findall(r'href="([^"]+)"', picture) == [f"/declarations/{items[ORDER]}"]
        assert picture.count("<rect") == 6 and picture.count('class="head"') == 5
        assert "<title" in picture and "6 steps, 0 of them done" in picture
        assert "style=" not in picture and "<script" not in picture
    assert (
        len(re.findall(r"<li", page.partition('class="steps-list"')[2].partition("</ol>")[0])) == 6
    )


def test_personal_data_is_masked_on_the_page(portal: Portal) -> None:
    (trade,) = made()
    portal.file(message(INVENTORY, [trade]))
    (item,) = portal.call("/api/v1/declarations").json["items"]
    page = portal.browser().get(f"/declarations/{item['id']}").text
    assert trade.records[INVENTORY]["InventoryHead"]["buyerIdNumber"] not in page


def test_a_declaration_is_withdrawn_by_a_form(portal: Portal) -> None:
    portal.file(message(INVENTORY, made()))
    (item,) = portal.call("/api/v1/declarations").json["items"]
    client, path = portal.browser(), f"/declarations/{item['id']}"
    client.post(f"{path}/withdraw", data={"csrf": csrf(client, path)})
    page = client.get(path).text
    assert "Withdrawn by its filer" in page and "Withdraw this declaration" not in page


def test_a_number_that_is_not_there_is_said_so(portal: Portal) -> None:
    client = portal.browser()
    assert (
        "no declaration with order number A&lt;b&gt;"
        in client.get("/declarations?order_no=A<b>").text
    )
    assert client.get("/declarations/1").status_code == 404
    assert portal.browser("trader").get("/submissions/1").status_code == 404


@pytest.mark.parametrize("number", ["-1", "x", "9" * 19, "9" * 30])
def test_an_address_with_a_senseless_number_is_no_error_of_ours(
    portal: Portal, number: str
) -> None:
    client = portal.browser()
    for path in ("submissions?before=", "declarations?after="):
        assert client.get(f"/{path}{number}").status_code == 200
    for path in ("submissions/", "declarations/"):
        assert client.get(f"/{path}{number}").status_code == 404


# --- both languages, every page ------------------------------------------------------------


def test_the_language_can_be_changed_anywhere_and_stays(portal: Portal) -> None:
    client = portal.browser(lang="zh")
    assert "提交申报文件" in client.get("/").text
    assert "File your papers" in client.get("/?lang=en").text
    assert "File your papers" in client.get("/").text


def test_a_browser_that_says_nothing_reads_chinese(portal: Portal) -> None:
    assert "登录" in portal.app.test_client().get("/login").text
    german = portal.app.test_client().get("/login", headers={"Accept-Language": "de"})
    assert "登录" in german.text


@pytest.mark.parametrize(
    "path", ["/login", "/", "/submissions", "/declarations", "/status", "/nothing"]
)
def test_an_english_page_has_no_chinese_on_it(portal: Portal, path: str) -> None:
    client = portal.browser(None if path == "/login" else "broker", lang="en")
    page = client.get(path).text.replace("中文", "")
    assert _CHINESE.findall(re.sub(r"<[^>]*>", "", page)) == []
    assert '<html lang="en">' in page


def test_every_answer_carries_the_policy_that_keeps_foreign_code_out(portal: Portal) -> None:
    client = portal.browser()
    for path in ("/", "/nothing", "/api/v1/nothing", "/static/window.css"):
        with client.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


# --- the state of things -------------------------------------------------------------------


def test_the_state_of_the_agencies_is_there_for_people_and_programs(portal: Portal) -> None:
    page = portal.browser(None).get("/status").text
    assert "Customs" in page and "Tax" in page and "FX" in page
    told = portal.app.test_client().get("/status", headers={"Accept": "application/json"}).json
    assert [each["agency"] for each in told["agencies"]] == ["customs", "tax", "fx"]
    assert {each["fault"] for each in told["agencies"]} == {"none"}


def test_the_figures_can_be_scraped(portal: Portal) -> None:
    portal.file(message(INVENTORY, made()))
    text = portal.app.test_client().get("/metrics").text
    assert f'window_declarations{{message="{INVENTORY}",outcome="waiting"}} 1' in text
    assert re.search(r"^window_unchecked_age_seconds 0$", text, re.MULTILINE)
