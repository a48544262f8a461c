"""Somebody before a real browser, who notices what no test asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Request, sync_playwright

from single_window.web import words

SIZES = {1280: 900, 390: 844}
"""Width and height of the two screens: a desk's and a pocket's."""
PATIENCE_MS = 20_000
_VALUE = re.compile(r"\\{\w+\\}")
_TAG = re.compile(r"<[^>]+>")
_SENTENCES = {
    "en": re.compile(r"[。，；：]"),
    "zh": re.compile(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b"),
}
"""What only a sentence of the other language has."""
_TEXTS = """() => {
  const found = [], whole = document.documentElement.lang;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), around = walker.currentNode.parentElement;
    const own = around.closest("[lang]").lang === whole;
    const read = around.closest("script, code, noscript, datalist") === null;
    if (text && own && read) found.push(text);
  }
  return found;
}"""
_WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

_COPY = "markup => { document.documentElement.innerHTML = markup; }"
_DRESSED = "() => [...document.querySelectorAll('link[rel=stylesheet]')].every(each => each.sheet)"


class Reader:
    """One person's browser window, in one language and of one width, with script or without."""

    def __init__(
        self, browser: Browser, url: str, lang: str, width: int, *, script: bool = True
    ) -> None:
        self.url, self.lang, self.width = url, lang, width
        self._context = browser.new_context(
            locale={"zh": "zh-CN", "en": "en-GB"}[lang],
            viewport={"width": width, "height": SIZES[width]},
            java_script_enabled=script,
        )
        self._context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self._context.new_page()
        self._beside = None if script else Reader(browser, url, lang, width)
        self._complaints: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._complaints.append(f"error: {error}"))
        self.page.on("request", self._see)

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self._complaints.append(f"console: {message.text}")

    def _see(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self._complaints.append(f"foreign: {request.url}")

    def t(self, key: str, **values: object) -> str:
        """The words of the catalogue in this reader's language, as they are seen."""
        return _TAG.sub("", words.text(self.lang, key, **values)).strip()  # type: ignore[arg-type]

    def go(self, path: str) -> Page:
        """Opens a page of the window."""
        self.page.goto(self.url + path)
        return self.page

    def log_in(self, user: str, password: str) -> None:
        """Comes in through the first page."""
        self.go("/")
        self.page.get_by_label(self.t("log_in.user")).fill(user)
        self.page.get_by_label(self.t("log_in.password")).fill(password)
        self.page.get_by_role("button", name=self.t("log_in")).click()

    def choose(self, *files: Path) -> None:
        """Picks files on the first page and hands them in."""
        self.page.locator("#files").set_input_files([*files])
        self.page.get_by_role("button", name=self.t("upload.send")).click()

    def row(self, number: str) -> Locator:
        """The row of a table that tells of this number."""
        return self.page.locator("tr").filter(has_text=number)

    def complaints(self) -> list[str]:
        """What is wrong with where the reader stands, and what was wrong since last asked."""
        self.page.wait_for_load_state()
        found, self._complaints = self._complaints, []
        wider = self.page.evaluate(_WIDER)
        if wider > 0:
            found.append(f"{self.page.url} is {wider} px too wide at {self.width}")
        found += [f"{self.page.url} has {text!r}" for text in self._foreign()]
        return found + obstacles(self._looked_at())

    def _looked_at(self) -> Page:
        """The page, or where script is off its very elements in one where axe can run."""
        if self._beside is None:
            return self.page
        page = self._beside.go("/login")
        markup = self.page.evaluate("document.documentElement.innerHTML")
        page.evaluate(_COPY, markup)
        page.wait_for_function(_DRESSED)
        return page

    def _foreign(self) -> Iterator[str]:
        """Texts of the page that are in the language that the reader did not choose."""
        other = "zh" if self.lang == "en" else "en"
        phrases = _phrases(other)
        for text in self.page.evaluate(_TEXTS):
            if phrases.fullmatch(text) or _SENTENCES[self.lang].search(text):
                yield text

    def close(self) -> None:
        """Closes the window."""
        if self._beside is not None:
            self._beside.close()
        self._context.close()


def obstacles(page: Page) -> list[str]:
    """What keeps somebody from using a page, as axe sees it."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(Axe().axe_script)
    page.evaluate("document.getAnimations().forEach(each => each.finish())")  # colours at rest
    violations = page.evaluate("axe.run({resultTypes: ['violations']}).then(r => r.violations)")
    return [
        f"{each['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for each in violations
        for node in each["nodes"][:2]
    ]


def _phrases(lang: str) -> re.Pattern[str]:
    """Any text of the catalogue that reads otherwise in the other language."""
    rows = words.catalogue().values()
    texts = {_TAG.sub("", row[lang]) for row in rows if row["zh"] != row["en"]}
    return re.compile("|".join(_VALUE.sub(".+", re.escape(text)) for text in texts))


@contextmanager
def browser(path: str) -> Iterator[Browser]:
    """A browser without a screen."""
    with sync_playwright() as playwright:
        # As root, as in a container, Chromium starts only without its sandbox.
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()
