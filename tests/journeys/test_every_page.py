"""Every page as a browser shows it: in both languages, wide and narrow, to everybody."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from werkzeug.serving import make_server

from tests import answering
from tests.journeys.modes import MODES
from tests.journeys.pages import READERS, STATUS, Place, furnished, places
from tests.journeys.reader import obstacles
from tests.portal import Portal, fresh

__all__ = ["fresh"]

WIDE, NARROW = 1280, 390
_LOOKED_THROUGH = {("zh", WIDE), ("en", NARROW)}
"""Where axe looks: each language and each width once, since it takes most of the time."""
_PLACES = places()
_EVERY = pytest.mark.parametrize("place", _PLACES, ids=str)
_WORDS = """() => {
  const quiet = 'script, style, noscript, datalist, [lang]:not(html)';
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [document.title];
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim();
    if (text && !walk.currentNode.parentElement.closest(quiet)) found.push(text);
  }
  for (const element of document.querySelectorAll('[placeholder], [aria-label], [title], [alt]'))
    for (const name of ['placeholder', 'aria-label', 'title', 'alt'])
      if (element.hasAttribute(name) && !element.closest(quiet))
        found.push(element.getAttribute(name));
  return found;
}"""
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_A_SENTENCE = re.compile(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}")
_FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@dataclass
class Seen:
    """What a browser noticed while it showed a page."""

    complaints: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)


@dataclass
class Readers:
    """A browser for each reader, at one running portal."""

    url: str
    there: dict[str, dict[str, Any]]
    portal: Portal
    browser: Browser
    pages: dict[str, Page] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)

    def open(self, place: Place, language: str) -> tuple[Page, Seen, int]:
        """The page, what was noticed, and the status of the answer."""
        if place.reader not in self.pages:
            self.pages[place.reader] = self._first(place.reader)
        page, self.seen = self.pages[place.reader], Seen()
        page.set_viewport_size(_size(WIDE))
        address = self.url + place.address.format(**self.there[place.reader])
        mark = "&" if "?" in address else "?"
        answer = page.goto(f"{address}{mark}lang={language}", wait_until="load")
        assert answer is not None
        return page, self.seen, answer.status

    def _first(self, reader: str) -> Page:
        """A page of this reader's own, on which one address is opened after the other."""
        context = self.browser.new_context()
        if reader:
            cookie = self.portal.browser(reader).get_cookie("window")
            assert cookie is not None
            context.add_cookies([{"name": "window", "value": cookie.value, "url": self.url}])
        page = context.new_page()
        page.on("console", lambda said: self.seen.complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: self.seen.complaints.append(str(error)))
        page.on("request", lambda request: self.seen.calls.append(request.url))
        return page


def _size(width: int) -> ViewportSize:
    return {"width": width, "height": 900}


@pytest.fixture(scope="module")
def readers(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readers]:
    chromium = answering.need("chromium")
    portal, there = furnished(fresh, tmp_path_factory.mktemp("pages"))
    portal.app.testing = False
    server = make_server("127.0.0.1", 0, portal.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
            )
            yield Readers(f"http://127.0.0.1:{server.port}", there, portal, browser)
            browser.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        portal.store.database.close()


@_EVERY
def test_a_page_is_sound(readers: Readers, place: Place, screenshots: Path | None) -> None:
    found: list[str] = []
    for language in ("zh", "en"):
        page, seen, status = readers.open(place, language)
        found += _heard(readers, seen, status)
        if status != STATUS.get(str(place), 200):
            found.append(f"{language}: status {status}")
        found += _untranslated(page, language)
        for width in (WIDE, NARROW):
            page.set_viewport_size(_size(width))
            if (language, width) in _LOOKED_THROUGH:
                found += [f"{language} {width}: {each}" for each in obstacles(page)]
            if not page.evaluate(_FITS):
                found.append(f"{language} {width}: wider than the screen")
            if screenshots:
                name = f"{place.picture}-{language}-{width}.png"
                page.screenshot(path=screenshots / name, full_page=True, animations="disabled")
    assert not found, "\n".join(found)


def _heard(readers: Readers, seen: Seen, status: int) -> list[str]:
    """What was wrong with the answer, in the console, or called from elsewhere."""
    strays = [call for call in seen.calls if not call.startswith((readers.url, "data:"))]
    said = [
        each
        for each in seen.complaints
        if not each.startswith(
            f"error: Failed to load resource: the server responded with a status of {status} "
        )
    ]
    return [*strays, *said]


def _untranslated(page: Page, language: str) -> list[str]:
    """Words in the other language; those that say which language they are in are meant to be."""
    pattern = _CHINESE if language == "en" else _A_SENTENCE
    words = page.evaluate(_WORDS)
    assert page.evaluate("document.documentElement.lang") == ("en" if language == "en" else "zh-CN")
    return [f"{language}: {text[:80]}" for text in words if pattern.search(text)]


@pytest.mark.parametrize("name", MODES)
def test_a_declaration_of_each_mode_shows_plan_amounts_and_papers(
    readers: Readers, name: str
) -> None:
    page, _, _ = readers.open(Place("broker", f"/declarations/{{{name}}}"), "en")
    for width, picture in ((WIDE, "wide"), (NARROW, "tall")):
        page.set_viewport_size(_size(width))
        shown = [svg.get_attribute("class") for svg in page.locator(".plan svg:visible").all()]
        assert shown == [picture]
    assert page.locator(".plan svg.tall rect").count() >= 3
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    explained = page.locator(".amounts .sum:visible").count()
    assert explained >= 1
    assert page.locator(".compared tbody tr:visible").count() >= 5
    assert (page.locator(".compared .differs:visible").count() > 0) == name.startswith("unlike")
    assert not re.search(r"\b(True|False|None)\b", page.locator("main").inner_text())


def test_every_kind_of_reader_was_looked_at() -> None:
    assert {place.reader for place in _PLACES} == {*READERS}
