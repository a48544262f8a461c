"""The goods declaration has its form, its sheets and its page of help, all from the schema."""

from __future__ import annotations

import pytest

from tests.portal import Portal

NAME = "DecMessage"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "path",
    [
        *("/help/messages", f"/help/messages/{NAME}", "/help/messages/DecImportResponse"),
        *("/forms", f"/forms/new/{NAME}", "/help/codes/supervision-mode"),
    ],
)
def test_a_page_that_speaks_of_the_declaration_renders(
    portal: Portal, path: str, lang: str
) -> None:
    answer = portal.browser(lang=lang).get(path, follow_redirects=True)
    assert answer.status_code == 200, path
    assert NAME in answer.text or "supervision-mode" in path
