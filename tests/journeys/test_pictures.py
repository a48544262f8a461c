"""Pictures of a broker's evening, to be looked at by a person: `make screenshots`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from single_window.demo.folder import Order, write
from single_window.demo.ways import WAYS
from tests.journeys.reader import Reader
from tests.journeys.world import INVENTORY, World, today

pytestmark = pytest.mark.screenshots
TRADES = 2 * len(WAYS)
README = {"x": 0, "y": 0, "width": 1280, "height": 900}
"""The part of the page that the README shows."""


@pytest.fixture(scope="module")
def expected(world: World, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Trades of every kind, filed and dealt with."""
    folder = tmp_path_factory.mktemp("papers")
    order = Order(TRADES, len(WAYS), 1, today(), indent=True, per_file=TRADES)
    for path in write(folder, order):
        kind = {"Content-Type": "application/xml", "X-File-Name": path.name}
        assert world.call("POST", "/submissions", data=path.read_bytes(), headers=kind).ok
    trades: list[dict[str, Any]] = json.loads((folder / "expected.json").read_text("utf-8"))[
        "trades"
    ]
    good = [trade["orderNo"] for trade in trades if not trade["bad"]]
    world.until(lambda: world.finished("tax", "fx") >= len(good), "all good are answered")
    world.until(lambda: world.answered(good[0]), "the first good is answered")
    return trades


@pytest.fixture(params=[("zh", 1280), ("zh", 390), ("en", 1280), ("en", 390)], ids=str)
def somebody(
    request: pytest.FixtureRequest, world: World, chromium_window: Browser
) -> Iterator[Reader]:
    """A reader who has not logged in yet."""
    lang, width = request.param
    window = Reader(chromium_window, world.url, lang, width)
    yield window
    window.close()


def test_every_page_can_be_looked_at(
    somebody: Reader, world: World, expected: list[dict[str, Any]], screenshots: Path | None
) -> None:
    assert screenshots
    complaints: list[str] = []
    for name, visit in _visits(world, expected).items():
        visit(somebody)
        file = screenshots / f"{name}-{somebody.lang}-{somebody.width}.png"
        somebody.page.screenshot(path=file, full_page=True, animations="disabled")
        if (name, somebody.lang, somebody.width) == ("06-released", "en", 1280):
            somebody.page.screenshot(path=screenshots / "readme.png", clip=README, scale="css")
        complaints += somebody.complaints()
    assert [each for each in complaints if "status of 4" not in each] == []


def _visits(world: World, trades: list[dict[str, Any]]) -> dict[str, Callable[[Reader], object]]:
    """How to get to each page, in the order of a first evening."""
    who = next(each for each in world.told["logins"] if each["user"] == "broker")
    inventories = next(
        each["id"] for each in world.items("/submissions") if each["file_name"].startswith("CEB621")
    )

    def inventory(way: str | None) -> Callable[[Reader], object]:
        numbers = [each["orderNo"] for each in trades if each["way"] == way]
        found = (
            list(world.items("/declarations", order_no=number, message=INVENTORY))
            for number in numbers
        )
        alone = next(each for each in found if len(each) == 1)  # nobody else took its number
        return lambda reader: reader.go(f"/declarations/{alone[0]['id']}")

    def with_amounts(reader: Reader) -> None:
        inventory(None)(reader)
        reader.page.locator(".amounts .vat summary").click()

    return {
        "01-log-in": lambda reader: reader.go("/login"),
        "01-log-in-refused": lambda reader: reader.log_in("broker", "guess"),
        "02-file": lambda reader: reader.log_in("broker", who["password"]),
        "03-submissions": lambda reader: reader.go("/submissions"),
        "04-submission": lambda reader: reader.go(f"/submissions/{inventories}"),
        "04-submission-rejected": lambda reader: reader.go(
            f"/submissions/{inventories}?decision=reject"
        ),
        "05-declarations": lambda reader: reader.go("/declarations"),
        "05-declarations-none": lambda reader: reader.go("/declarations?order_no=DD1"),
        "06-released": with_amounts,
        "06-held": inventory("inventory-buyer-name"),
        "06-rejected": inventory("inventory-unknown-customs"),
        "06-waiting": inventory("payment-of-another-order"),
        "07-status": lambda reader: reader.go("/status"),
        "08-not-found": lambda reader: reader.go("/declarations/999999"),
    }
