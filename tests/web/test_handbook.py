"""Help: every guide can be read, in both languages, by anybody."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from single_window.web import handbook
from tests.portal import Portal, opened

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
PAGES = [
    "/help",
    *(f"/help/{name}" for name in handbook.GUIDES),
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


def test_the_example_can_be_read_and_downloaded(reader: Portal) -> None:
    client = reader.app.test_client()
    source = client.get("/help/consumer.py").text
    assert len(source.splitlines()) <= 50
    compile(source, "consumer.py", "exec")
    assert "def decided" in client.get("/help/agency").text


@pytest.mark.parametrize("path", ["rules", "messages", "messages/CEB311Message", "codes/hs"])
def test_the_references_are_found_from_their_old_addresses(reader: Portal, path: str) -> None:
    answer = reader.app.test_client().get(f"/help/{path}?q=1")
    assert (answer.status_code, answer.location) == (301, f"/reference/{path}?q=1")


def test_what_is_not_there_is_said_so(reader: Portal) -> None:
    assert reader.app.test_client().get("/help/nothing").status_code == 404
