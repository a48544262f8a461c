"""An officer holds a trade and asks, its filer answers, the officer releases: two browsers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from single_window.web import showing
from single_window.web.officer import PACE_MS
from tests.journeys.conftest import running
from tests.journeys.reader import PATIENCE_MS, Reader
from tests.journeys.world import INVENTORY, World

expect.set_options(timeout=PATIENCE_MS)
QUESTION, ANSWER = "甲 1 = 1 kg?", "乙 1 = 1 kg."
"""Words that a person types, in no language of the window."""
PAPERS = ("CEB311Message", "CEB411Message", "CEB511Message")
SCREENS = [("zh", 390), ("en", 1280)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A window whose customs has no machine that answers: people do."""
    folder = tmp_path_factory.mktemp("world")
    yield from running(folder, AGENCY_DELIVERY="customs=pull")


@pytest.fixture(params=SCREENS, ids=lambda given: f"{given[0]}-{given[1]}")
def people(
    request: pytest.FixtureRequest, world: World, chromium_window: Browser
) -> Iterator[tuple[Reader, Reader]]:
    """An officer of customs and a broker, each before a browser of their own."""
    both = [Reader(chromium_window, world.url, *request.param) for _ in range(2)]
    try:
        for reader, user in zip(both, ("customs", "broker"), strict=True):
            reader.log_in(user, world.password(user))
            expect(reader.page.get_by_role("button", name=reader.t("log_out"))).to_be_attached()
        yield both[0], both[1]
    finally:
        for reader in both:
            reader.close()


def test_an_officer_asks_gets_the_answer_and_releases(
    world: World, people: tuple[Reader, Reader]
) -> None:
    officer, broker = people
    seed = SCREENS.index((officer.lang, officer.width)) + 1
    world.trades(1, seed=seed)
    (order_no,) = world.order_nos(seed=seed)
    for paper in PAPERS:
        _open_case(world, officer, order_no, paper)
        _do(officer, "accept")
    _open_case(world, officer, order_no, INVENTORY)
    assert officer.complaints() == []
    officer.page.get_by_text(officer.t("desk.open.hold"), exact=True).click()
    officer.page.get_by_label(officer.t("desk.question")).fill(QUESTION)
    _do(officer, "hold")
    officer.page.clock.install()
    officer.go("/officer?kind=answered")
    expect(officer.row(order_no)).to_have_count(0)
    officer.page.get_by_label(officer.t("find.label")).fill(order_no[:4])
    officer.page.locator(".kinds a[aria-current]").focus()
    _answer(broker, order_no)

    officer.page.clock.fast_forward(PACE_MS)
    expect(officer.row(order_no)).to_be_visible()
    expect(officer.page.get_by_label(officer.t("find.label"))).to_have_value(order_no[:4])
    expect(officer.page.locator(".kinds a[aria-current]")).to_be_focused()
    assert officer.complaints() == []
    officer.row(order_no).get_by_role("link").click()
    expect(officer.page.locator(".notes")).to_contain_text(ANSWER)
    _do(officer, "release")

    expect(broker.page.locator(".stand")).to_contain_text(broker.t("stand.released"))
    assert broker.complaints() == []
    world.until(lambda: world.answered(order_no), "tax and foreign exchange have answered")


def _open_case(world: World, officer: Reader, order_no: str, paper: str) -> None:
    """Opens a paper from the inbox once it has arrived at customs."""
    name = showing.paper(paper, officer.lang)

    def there() -> bool:
        officer.go(f"/officer?order_no={order_no}")
        return officer.row(order_no).filter(has_text=name).count() == 1

    world.until(there, f"{paper} has arrived at customs")
    officer.row(order_no).filter(has_text=name).get_by_role("link").click()


def _do(officer: Reader, action: str) -> None:
    """Decides by the button of this name and sees that it is done."""
    officer.page.get_by_role("button", name=officer.t(f"desk.do.{action}"), exact=True).click()
    done = officer.page.locator(".notice.good[role=status]")
    expect(done).to_have_text(officer.t(f"desk.done.{action}"))
    assert officer.complaints() == []


def _answer(broker: Reader, order_no: str) -> None:
    """Finds the trade among what there is to do, answers, and stays on its page."""
    broker.go("/trades")
    todo = broker.page.locator("section[aria-labelledby=part-todo] li").filter(has_text=order_no)
    expect(todo).to_contain_text(broker.t("desk.asked"))
    assert broker.complaints() == []
    todo.get_by_role("link", name=broker.t("desk.answer"), exact=True).click()
    expect(broker.page.locator(".notes")).to_contain_text(QUESTION)
    assert broker.complaints() == []
    broker.page.get_by_role("textbox").last.fill(ANSWER)
    broker.page.get_by_role("button", name=broker.t("notes.send"), exact=True).click()
    expect(broker.page.locator(".notes")).to_contain_text(ANSWER)
    assert broker.complaints() == []
