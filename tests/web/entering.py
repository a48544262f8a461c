"""A form in a browser without script: what it shows, what can be typed into it, what it sends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

_LINE_ENDS = re.compile(r"\r\n?|\n")
MOST_STEPS = 250
"""Pages that somebody loads to enter one paper; more is a form that never ends."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as a browser has it: what would be sent, which of it a person sees, its buttons.

    `areas` are the inputs that may hold several lines.
    """

    sent: dict[str, str]
    shown: frozenset[str]
    areas: frozenset[str]
    buttons: frozenset[str]


def sheet(page: str) -> Sheet:
    """The form of a paper on a page."""
    root = html.fromstring(page)
    form = root.get_element_by_id("paper-form")
    own = [*form.iter("input", "textarea"), *root.xpath('//input[@form="paper-form"]')]
    sent, shown, areas = {}, set(), set()
    for control in own:
        name, kind = control.get("name"), control.get("type", "")
        if not name or (kind in ("radio", "checkbox") and control.get("checked") is None):
            continue
        sent[name] = _value(control)
        if control.tag == "textarea":
            areas.add(name)
        if kind != "hidden" and not control.xpath("ancestor-or-self::*[@hidden]"):
            shown.add(name)
    buttons = {button.get("value", "") for button in form.iter("button")}
    return Sheet(sent, frozenset(shown), frozenset(areas), frozenset(buttons))


def _value(control: Any) -> str:
    """What stands in an input, as browsers read it: a text in one line cannot hold line ends."""
    if control.tag == "textarea":
        return _LINE_ENDS.sub("\n", control.text or "").removeprefix("\n")
    text = control.get("value", "")
    return _LINE_ENDS.sub("", text) if control.get("type", "text") == "text" else text


def fields(page: str) -> dict[str, str]:
    """What a browser would send of the form on a page."""
    return sheet(page).sent


def send(client: FlaskClient, path: str, do: str, **more: Any) -> TestResponse:
    """Sends the form on a page as it is, with some fields changed, by one of its buttons."""
    typed = more.pop("sent", {})
    told = fields(client.get(path).text) | typed | {"_do": do}
    return client.post(path, data=_posted(told), **more)


def _posted(told: Mapping[str, str]) -> dict[str, str]:
    return {name: _LINE_ENDS.sub("\r\n", value) for name, value in told.items()}


def enter(client: FlaskClient, path: str, values: Mapping[str, str]) -> str:
    """Types values into the form on a page and empties all else; returns where the draft is.

    Only what the page shows is typed. Lines are added by the page's buttons; what shows itself
    only once something else has been kept is typed next.
    """
    for _ in range(MOST_STEPS):
        there = sheet(client.get(path).text)
        line = next((each for each in _groups(values) if not _has_lines(there, values, each)), "")
        if line:
            assert f"add:{line}" in there.buttons, f"no way to add a line to {line}"
            answer = send(client, path, f"add:{line}")
        else:
            own = {name for name in there.shown if not name.startswith("_")}
            wanted = {name: values.get(name, "") for name in own}
            if all(there.sent[name] == text for name, text in wanted.items()):
                assert {*values} - own == set(), "no input is shown for these"
                return path
            wrong = [n for n, text in wanted.items() if "\n" in text and n not in there.areas]
            assert wrong == [], "these inputs hold one line only"
            answer = send(client, path, "save", sent=wanted)
        assert answer.status_code == 303, answer.text
        path = answer.location.split("#")[0]
    raise AssertionError(f"not all of it could be entered: {sorted(values)}")


def _groups(values: Mapping[str, str]) -> list[str]:
    return [*dict.fromkeys(group for name in values for group, _ in _numbered(name))]


def _numbered(name: str) -> Iterator[tuple[str, int]]:
    """The groups whose lines a value stands in, from without to within, and in which line."""
    parts = name.split(".")
    for at, part in enumerate(parts):
        if part.isdecimal():
            yield ".".join(parts[:at]), int(part)


def _has_lines(there: Sheet, values: Mapping[str, str], group: str) -> bool:
    """Whether the page has as many lines of a group as the values."""
    return _lines(there.sent, group) >= _lines(values, group)


def _lines(values: Mapping[str, str], group: str) -> int:
    found = (each for name in values for each in _numbered(name))
    return max((number for own, number in found if own == group), default=0)
