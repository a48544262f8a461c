"""What forms of a book send, as entries; and what is said of them, input by input."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import redirect, request

from single_window.declarations.books import keeping
from single_window.declarations.words import wording
from single_window.domain.books.entries import Entry
from single_window.domain.books.told import Malformed, entry_of
from single_window.domain.findings import Finding
from single_window.storage.engine import beijing_day, now_ms
from single_window.storage.store import Store
from single_window.web import words
from single_window.web.session import comes_again, member

_LINE = re.compile(r"lines\[(\d+)\]/?(.*)")
_MOST = 400
_ROWS_MOST = 200
SUGGESTED = 300
"""Pieces that are offered while one types."""

Values = dict[str, Any]


def typed() -> dict[str, str]:
    """What was typed, without the page's own fields; white space around it is nobody's meaning."""
    return {
        name: value.strip()[:_MOST]
        for name, value in request.form.items()
        if name != "csrf" and not name.startswith("_")
    }


def today() -> str:
    """The day in China, which a form suggests."""
    return beijing_day(now_ms()).isoformat()


def seed() -> str:
    """The token of a page that is opened now, or the one that it carries."""
    return request.form.get("_seed", "")[:8] or secrets.token_hex(4)


def is_number(text: str) -> bool:
    """Whether a text can be the number of an item or of a line."""
    return text.isascii() and text.isdecimal() and len(text) < 7


def numbers(values: Mapping[str, str], prefix: str) -> list[int]:
    """The numbers N of inputs PREFIX.N that hold something, or of PREFIX.N.name."""
    found = set()
    for name, value in values.items():
        first, _, rest = name.partition(".")
        number = rest.partition(".")[0]
        if first == prefix and value and is_number(number):
            found.add(int(number))
    return sorted(found)[:_ROWS_MOST]


def entries_of(wanted: Iterable[Values]) -> tuple[list[Entry], list[Finding]]:
    """Entries from plain values, whose lines say in `path` at which input they stand."""
    entries, wrong = [], []
    for values in wanted:
        given = {name: value for name, value in values.items() if value not in ("", None)}
        given["lines"] = [
            {name: value for name, value in line.items() if value not in ("", None)}
            for line in values.get("lines", ())
        ]
        try:
            entries.append(entry_of(given))
        except Malformed as error:
            wrong += [_placed(each, given["lines"]) for each in error.findings]
    return entries, wrong


def _placed(found: Finding, lines: Sequence[Values]) -> Finding:
    """A finding on a line by its number, told at the input where the line was typed."""
    at = _LINE.match(found.path)
    if at is None or int(at[1]) > len(lines):
        return found
    path = "/".join(filter(None, (str(lines[int(at[1]) - 1].get("path", "")), at[2])))
    return Finding(found.family, found.code, found.severity, path, found.value, found.expected,
                   found.args)  # fmt: skip


@dataclass(slots=True)
class Sheet:
    """A form as it is shown: what stands in it, and what was said of it when it was sent."""

    values: dict[str, str]
    findings: list[dict[str, Any]] = field(default_factory=list)
    lines: int = 0

    def get(self, name: str, default: str = "") -> str:
        """What stands in an input."""
        return self.values.get(name, default)

    def of(self, name: str) -> list[dict[str, Any]]:
        """What is said of an input, or of the line that begins with it."""
        return [each for each in self.findings if each["at"].partition("/")[0] == name]


Show = Callable[[Sheet], Any]


def enter(
    store: Store,
    number: str,
    wanted: Sequence[Values],
    *,
    show: Show,
    then: str,
    once: bool = False,
) -> Any:
    """Makes entries and goes on to a page; or shows the form again, with all that was typed.

    Sent `once`, entries that are made already are not made again, and nothing is said of it.
    """
    if comes_again():
        return show(Sheet(typed()))
    entries, wrong = entries_of(wanted)
    wrong += [_nameless() for entry in entries if not entry.number]
    if not entries and not wrong:
        wrong = [Finding("rule", "BOOK-NOTHING", "reject")]
    if not wrong:
        answer = keeping.post(
            store, member().scope, number, entries, person=member().name, once=once
        )
        if not answer.refused:
            return redirect(then, HTTPStatus.SEE_OTHER)
        wrong = [*answer.findings]
    return again(show, wrong)


def _nameless() -> Finding:
    return Finding("rule", "BOOK-NUMBER", "reject", "number")


def again(show: Show, wrong: Iterable[Finding]) -> Any:
    """The form once more, with what was typed and what is wrong with it."""
    sheet = Sheet(typed(), [said(each) for each in wrong])
    return show(sheet), HTTPStatus.UNPROCESSABLE_ENTITY


def said(found: Finding) -> dict[str, Any]:
    """A finding in both languages, with what its input is called; it stands beside that one."""
    key = "books.f." + found.path.rpartition("/")[2].rpartition(".")[2]
    label = words.catalogue().get(key, {"zh": "", "en": ""})
    told = wording().render(found, label_zh=label["zh"], label_en=label["en"])
    return {**told, "at": found.path, "path": "", "value": "", "expected": ""}
