"""A form filled in as a person does: from field to field by the Tab key, typing what is asked."""

from __future__ import annotations

from collections.abc import Mapping

from playwright.sync_api import Locator, Page

from schemas import registry
from single_window.demo.trades import Trade
from single_window.intake import forms

_FILLED_IN = frozenset({"guid", "appTime"})
"""What the window fills in at filing."""
_HERE = "() => [document.activeElement.name || '', document.activeElement.value || '']"
_STOPS_MOST = 400
"""Tab stops of the longest form, and far more."""


def by_hand(trade: Trade, paper: str, prefix: str = "") -> dict[str, str]:
    """What a person types to enter a paper, by the name of its input: nothing fills itself in."""
    values = forms.from_record(registry.message(paper), trade.records[paper])
    own = {name: text for name, text in values.items() if name.split(".")[-1] not in _FILLED_IN}
    return {prefix + name: text for name, text in own.items()}


def field(page: Page, name: str) -> Locator:
    """The input of this name."""
    return page.locator(f'#paper-form [data-kind][name="{name}"]')


def said(page: Page, name: str) -> Locator:
    """What is said beside the input of this name."""
    return page.locator(f'[id="{field(page, name).get_attribute("id")}-said"] .remark')


def shown(page: Page) -> set[str]:
    """The names of the inputs that can be seen."""
    names: list[str] = page.locator("#paper-form [data-kind]:visible").evaluate_all(
        "inputs => inputs.map(input => input.name)"
    )
    return {*names}


def write(page: Page, text: str) -> None:
    """Writes into the field in which the cursor stands, in place of what is there."""
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(text)


def type_through(page: Page, values: Mapping[str, str], *, first: str = "") -> set[str]:
    """Types into every field from the first one (or this one) on that has something to hold.

    Goes on by the Tab key until the last button, so what cannot be reached without a mouse is not
    filled in. Returns the names of the fields that were passed.
    """
    start = field(page, first) if first else page.locator("#paper-form [data-kind]:visible").first
    start.focus()
    passed = set()
    for _ in range(_STOPS_MOST):
        name, value = page.evaluate(_HERE)
        if (name, value) == ("_do", "file"):
            return passed
        if name in values:
            passed.add(name)
            if value != values[name]:
                write(page, values[name])
        page.keyboard.press("Tab")
    raise AssertionError("the Tab key does not come to the end of the form")
