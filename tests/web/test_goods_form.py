"""The goods declaration has its form, its sheets and its pages of help from the schema."""

from __future__ import annotations

import pytest

from tests.portal import Portal

NAME = "DecMessage"
PAGES = (
    *("/help/messages", f"/help/messages/{NAME}", "/help/messages/DEC_RESULT"),
    *("/forms", f"/forms/new/{NAME}", "/templates"),
)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages_that_speak_of_the_declaration_render(portal: Portal, lang: str) -> None:
    browser = portal.browser(lang=lang)
    for path in PAGES:
        answer = browser.get(path, follow_redirects=True)
        assert (answer.status_code, NAME in answer.text) == (200, True), path
