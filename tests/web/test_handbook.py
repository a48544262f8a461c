"""Help: every guide and every reference can be read, in both languages, by anybody."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from schemas import codes, registry
from single_window import regimes
from single_window.declarations.words import wording
from single_window.web import handbook
from tests.portal import ORDER, Portal, made, message, opened

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
PAGES = [
    "/help",
    "/help/messages",
    "/help/rules",
    *(f"/help/{name}" for name in handbook.GUIDES),
    *(f"/help/messages/{name}" for name in registry.messages()),
    *(f"/help/codes/{name}" for name in codes.names()),
]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, fresh: Path) -> Portal:
    """A portal that is only read."""
    return opened(shutil.copytree(fresh, tmp_path_factory.mktemp("reader") / "portal"))


@pytest.mark.parametrize("path", PAGES)
def test_it_can_be_read_in_both_languages_by_anybody(reader: Portal, path: str) -> None:
    for lang in ("zh", "en"):
        answer = reader.app.test_client().get(f"{path}?lang={lang}")
        assert answer.status_code == 200
        foreign = re.compile(r'<(?!html)(\w+) lang="zh-CN"[^>]*>.*?</\1>', re.DOTALL)
        shown = re.sub(r"<[^>]*>", "", foreign.sub("", answer.text))
        for named in ("中文", "无", "现金支付"):  # the other language, and values of fields
            shown = shown.replace(named, "")
        assert bool(_CHINESE.search(shown)) == (lang == "zh")


@pytest.mark.parametrize("name", handbook.GUIDES)
def test_a_guide_has_the_same_chapters_and_examples_in_both_languages(name: str) -> None:
    zh, en = (handbook.guide_of(name, lang) for lang in ("zh", "en"))
    assert [place for place, _ in zh.chapters] == [place for place, _ in en.chapters]
    for each in (r"<h\d", r"<li>", r"<tr>", r"<pre>"):
        assert len(re.findall(each, zh.text)) == len(re.findall(each, en.text)), each
    links = re.compile(r'href="([^"]+)"')
    assert links.findall(zh.text) == links.findall(en.text)


@pytest.mark.parametrize("path", ["/help", *(f"/help/{name}" for name in handbook.GUIDES)])
def test_every_link_of_a_guide_leads_somewhere(reader: Portal, path: str) -> None:
    client = reader.app.test_client()
    page = client.get(path).text
    for link in {*re.findall(r'href="(/[^"#?]*)', page)} - {"/"}:
        with client.get(link) as answer:
            assert answer.status_code in (200, 302), link
    places = {*re.findall(r'id="([^"]+)"', page)}
    assert {*re.findall(r'href="#([^"]+)"', page)} <= places


def test_every_field_of_a_message_stands_in_its_reference(reader: Portal) -> None:
    page = reader.app.test_client().get("/help/messages/CEB621Message?lang=en").text
    for leaf in registry.message("CEB621Message").record_field.leaves():
        assert f'id="{leaf.path}"' in page
    assert "string(1–60)" in page or "string(0–60)" in page


def test_every_code_and_every_dated_value_stands_in_the_list_of_rules(reader: Portal) -> None:
    page = reader.app.test_client().get("/help/rules?lang=en").text
    assert [code for code in wording().codes() if f'id="{code}"' not in page] == []
    assert "{" not in re.sub(r"<[^>]*>", "", page)
    for regime in regimes.all().values():
        for parameter in regime.parameters:
            assert all(f"{dated.first}" in page for dated in parameter.values)


def test_the_example_can_be_read_and_downloaded(reader: Portal) -> None:
    client = reader.app.test_client()
    source = client.get("/help/consumer.py").text
    assert len(source.splitlines()) <= 50
    compile(source, "consumer.py", "exec")
    assert "def decided" in client.get("/help/agency").text


def test_a_long_list_of_codes_can_be_searched(reader: Portal) -> None:
    client = reader.app.test_client()
    assert "Only the first 200" in client.get("/help/codes/hs?lang=en").text
    assert client.get("/help/codes/country?q=japan&lang=en").text.count("<tr>") == 2
    assert "Nothing fits" in client.get("/help/codes/country?q=<b>&lang=en").text


@pytest.mark.parametrize("path", ["nothing", "messages/nothing", "codes/nothing", "codes/../hs"])
def test_what_is_not_there_is_said_so(reader: Portal, path: str) -> None:
    assert reader.app.test_client().get(f"/help/{path}").status_code == 404


def test_a_finding_leads_to_its_rule_and_an_error_to_help(portal: Portal) -> None:
    (trade,) = made()
    trade.records[ORDER]["OrderHead"]["currency"] = "999"
    told = portal.file(message(ORDER, [trade]))
    client = portal.browser()
    page = client.get(f"/submissions/{told['id']}").text
    codes_shown = re.findall(r'href="/help/rules#([^"]+)"', page)
    assert codes_shown and {*codes_shown} <= wording().codes()
    assert 'href="/help"' in client.get("/nothing").text
