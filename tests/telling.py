"""What the tables of words say of a code, looked for in an answer sentence by sentence."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from string import Formatter
from typing import Any

import pytest

from single_window.api import problems, receipts
from single_window.declarations.words import wording
from single_window.web import words

PARTS = ("text", "remedy")
"""What is the matter, and what to do."""

in_both = pytest.mark.parametrize("lang", words.LANGUAGES)


def seen(page: str) -> str:
    """The words of a page, without its markup."""
    bare = re.sub(r"<script.*?</script>|<[^>]*>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(bare).split())


def says(page: str, lang: str, code: str) -> bool:
    """Whether a page tells in this language, and in no other, what is the matter and what to do."""
    found: dict[str, list[bool]] = {
        language: [bool(re.search(_sentence(code, p, language), seen(page))) for p in PARTS]
        for language in words.LANGUAGES
    }
    own = found.pop(lang)
    return all(own) and not any(any(others) for others in found.values())


def tells(told: Mapping[str, Any], code: str = "") -> bool:
    """Whether a problem or finding as published tells it in both languages, no value missing."""
    found = code or told["code"]
    return told.get("code", found) == found and all(
        re.fullmatch(_sentence(found, part, language), told[f"{part}_{language}"])
        for part in PARTS
        for language in words.LANGUAGES
    )


def word(page: str, lang: str, key: str) -> bool:
    """Whether a page says the words of the pages' own catalogue, in this language and no other."""
    found: dict[str, bool] = {
        language: seen(words.text(language, key)) in seen(page) for language in words.LANGUAGES
    }
    return found.pop(lang) and not any(found.values())


def _sentence(code: str, part: str, language: str) -> str:
    """A pattern for the sentence, whatever values stand in it."""
    tables = problems.words(), receipts.words()
    found: Any = next((table[code] for table in tables if code in table), None) or wording()[code]
    name = f"{part}_{language}"
    template = found[name] if isinstance(found, Mapping) else getattr(found, name)
    return "".join(
        re.escape(text) + (".+?" if name is not None else "")
        for text, name, _, _ in Formatter().parse(template)
    )
