"""A broker's evening in a real browser: hand in, find what is wrong, see how far the rest is."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from playwright.sync_api import Browser, expect

from single_window.declarations.words import wording
from single_window.demo.folder import Order, write
from single_window.demo.trades import PAPERS
from single_window.demo.ways import WAYS
from single_window.storage.turns import NoTurn, Turns
from tests.journeys.reader import PATIENCE_MS, Reader
from tests.journeys.world import INVENTORY, World, today

expect.set_options(timeout=PATIENCE_MS)
TRADES = 2 * len(WAYS)
"""Every way of being bad, and as many good ones."""
COMBINATIONS = [("zh", 1280), ("zh", 390), ("en", 1280), ("en", 390)]


@dataclass(frozen=True)
class Evening:
    """A broker who has logged in, and what lies on the desk."""

    world: World
    reader: Reader
    folder: Path
    expected: list[dict[str, Any]]
    submissions: dict[str, int]

    def trade(self, way: str | None) -> dict[str, Any]:
        """A trade that is bad in this way; a good one for None."""
        return next(trade for trade in self.expected if trade["way"] == way)

    def open_inventory(self, order_no: str) -> None:
        """Opens the page of a trade's inventory by way of the search."""
        page = self.reader.go("/declarations")
        page.get_by_label(self.reader.t("find.label")).fill(order_no)
        page.get_by_role("button", name=self.reader.t("find"), exact=True).click()
        items = self.world.items("/declarations", order_no=order_no, message=INVENTORY)
        item = next(each for each in items if each["outcome"] != "rejected")
        page.locator(f'a[href="/declarations/{item["id"]}"]').click()


@pytest.fixture(scope="module", params=COMBINATIONS, ids=lambda given: f"{given[0]}-{given[1]}")
def evening(
    request: pytest.FixtureRequest,
    world: World,
    chromium_window: Browser,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Evening]:
    """The papers of a day, handed in on the page in this language and at this width."""
    lang, width = request.param
    folder = tmp_path_factory.mktemp(f"{lang}{width}")
    seed = COMBINATIONS.index(request.param) + 1
    order = Order(TRADES, len(WAYS), seed, today(), indent=True, per_file=TRADES)
    files = write(folder, order)
    who = next(each for each in world.told["logins"] if each["user"] == "broker")
    window = Reader(chromium_window, world.url, lang, width)
    try:
        window.log_in("broker", who["password"])
        with standing_still(world):
            window.choose(*files)
            expect(
                window.page.get_by_role("heading", name=window.t("nav.submissions"), exact=True)
            ).to_be_visible()
            begun = {paper: _submission(window, paper) for paper in PAPERS}
            window.go(f"/submissions/{begun[INVENTORY]}")
            waits = window.t("submission.checked", done=0, all=TRADES)
            expect(window.page.locator(".progress-line span")).to_have_text(waits)
        expected = json.loads((folder / "expected.json").read_text("utf-8"))["trades"]
        yield Evening(world, window, folder, expected, begun)
    finally:
        window.close()


@contextmanager
def standing_still(world: World) -> Iterator[None]:
    """Meanwhile nothing is checked, so that what is seen does not hang on who is quicker."""
    group = world.told["processes"]["worker-work"]
    _stop_between_writes(group, Turns(world.data / "window.db-turn", patience_seconds=0.2))
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)


def _stop_between_writes(group: int, turns: Turns) -> None:
    """Who is stopped while it writes keeps everybody else from writing."""
    for _ in range(100):
        os.killpg(group, signal.SIGSTOP)
        try:
            with turns.turn():
                return
        except NoTurn:
            os.killpg(group, signal.SIGCONT)
            time.sleep(0.05)
    raise AssertionError("it writes without end")


def _submission(window: Reader, paper: str) -> int:
    link = window.row(f"{paper[:6]}-0001.xml").first.get_by_role("link")
    return int(str(link.get_attribute("href")).rpartition("/")[2])


@pytest.fixture(autouse=True)
def _nothing_to_complain_of(evening: Evening) -> Iterator[None]:
    yield
    assert evening.reader.complaints() == []


def test_the_page_of_a_submission_counts_up_until_all_is_checked(evening: Evening) -> None:
    page, t = evening.reader.page, evening.reader.t
    expect(page.locator(".title .mark").first).to_have_text(t("state.done"))
    expect(page.locator(".tiles a").first).to_contain_text(str(TRADES))
    assert page.locator(".progress-line").count() == 0


def test_a_rejected_record_says_what_where_and_what_to_do(evening: Evening) -> None:
    page, t = evening.reader.page, evening.reader.t
    number = evening.submissions[INVENTORY]
    bad = evening.trade("inventory-unknown-customs")
    evening.reader.go(f"/submissions/{number}")
    page.locator(".tiles").get_by_role("link", name=t("count.rejected")).click()
    row = evening.reader.row(bad["orderNo"])
    finding = row.locator(".finding.bad").first
    records = evening.world.items(f"/submissions/{number}/records", decision="reject")
    said = next(each for each in records if each["key"] == bad["finding"]["key"])["findings"]
    told = next(each for each in said if each["code"] == bad["finding"]["code"])
    lang = evening.reader.lang
    for part in (told[f"label_{lang}"], told[f"remedy_{lang}"], told["value"], told["path"]):
        expect(finding).to_contain_text(part)
    expect(finding.locator(".where")).to_contain_text(t("finding.line", line=told["line"]))
    line = (evening.folder / "CEB621-0001.xml").read_text("utf-8").splitlines()[told["line"] - 1]
    assert told["value"] in line


def test_the_rejected_come_back_as_a_file_with_just_them(evening: Evening) -> None:
    page, t = evening.reader.page, evening.reader.t
    number = evening.submissions[INVENTORY]
    evening.reader.go(f"/submissions/{number}")
    expect(page.locator(".title .mark").first).to_have_text(t("state.done"))
    count = int(page.locator(".tiles b").nth(4).inner_text())
    with page.expect_download() as download:
        page.get_by_role("link", name=t("records.download", count=count)).click()
    root = etree.parse(download.value.path()).getroot()
    numbers = root.xpath("//*[local-name()='InventoryHead']/*[local-name()='orderNo']/text()")
    rejected = evening.world.items(f"/submissions/{number}/records", decision="reject")
    assert count > 0
    assert sorted(numbers) == sorted(each["order_no"] for each in rejected)


def test_a_good_declaration_shows_three_agencies_its_amounts_and_its_timeline(
    evening: Evening,
) -> None:
    page, t = evening.reader.page, evening.reader.t
    evening.open_inventory(evening.trade(None)["orderNo"])
    expect(page.locator(".steps-list li.good")).to_have_count(6)
    expect(page.locator(".stand")).to_contain_text(t("next.all_done"))
    total = page.locator(".amounts .total")
    total.locator("summary").click()
    expect(total.locator(".steps code").first).to_be_visible()
    expect(total.locator(".steps .where").first).to_contain_text(re.compile(r"\w"))
    assert page.locator(".timeline li").count() >= 6


def test_a_held_declaration_shows_both_sides_and_what_to_do(evening: Evening) -> None:
    page, t = evening.reader.page, evening.reader.t
    evening.open_inventory(evening.trade("inventory-buyer-name")["orderNo"])
    expect(page.locator(".title .mark")).to_have_text(t("outcome.held"))
    number = page.url.rpartition("/")[2]
    said = evening.world.get(f"/declarations/{number}")["findings"]
    told = next(each for each in said if each["severity"] == "hold")
    assert told["value"] != told["expected"]
    finding = page.locator(".finding.wait").first
    for part in (told["value"], told["expected"], told[f"remedy_{evening.reader.lang}"]):
        expect(finding).to_contain_text(part)


def test_a_file_that_did_not_get_through_stays_chosen(evening: Evening) -> None:
    page, t = evening.reader.page, evening.reader.t
    evening.reader.go("/")
    page.context.set_offline(True)
    try:
        evening.reader.choose(evening.folder / "CEB311-0001.xml")
        expect(page.locator(".sending .bad")).to_have_text(t("upload.failed"))
    finally:
        page.context.set_offline(False)
    assert all("ERR_INTERNET_DISCONNECTED" in each for each in evening.reader.complaints())
    expect(page.locator(".chosen")).to_have_text("CEB311-0001.xml")
    page.get_by_role("button", name=t("upload.send")).click()
    expect(page.locator(".notice.note")).to_have_text(t("submission.again"))


def test_files_chosen_for_one_company_are_not_taken_for_another(evening: Evening) -> None:
    window, t = evening.reader, evening.reader.t
    window.go("/")
    _act_for(window, 1)
    try:
        window.choose(evening.folder / "CEB311-0001.xml")
        told = getattr(wording()["TRN-ACTING"], f"text_{window.lang}")
        expect(window.page.locator(".sending .bad")).to_contain_text(told)
        assert all(" 409 " in each for each in window.complaints())
    finally:
        _act_for(window, 0)
    window.page.get_by_role("button", name=t("upload.send")).click()
    expect(window.page.locator(".chosen")).to_have_text(t("upload.empty"))


def _act_for(window: Reader, which: int) -> None:
    """Chooses a company by its place in the list, in another tab; the broker's own comes first."""
    tab = window.page.context.new_page()
    tab.goto(f"{window.url}/clients")
    tab.locator("tbody tr").nth(which).get_by_role("button").click()
    expect(tab.locator(".acting.other" if which else ".acting.own")).to_be_visible()
    tab.close()


def test_the_language_can_be_changed_in_the_middle_and_the_page_stays(evening: Evening) -> None:
    page, window = evening.reader.page, evening.reader
    number = evening.submissions[INVENTORY]
    window.go(f"/submissions/{number}?decision=reject")
    before = page.locator("td.paper").all_inner_texts()
    links = page.locator(".languages a")
    here, there = ("中文", "English") if window.lang == "zh" else ("English", "中文")
    with page.expect_navigation():
        links.filter(has_text=there).click()
    assert f"/submissions/{number}" in page.url and "decision=reject" in page.url
    assert page.locator("td.paper").count() == len(before)
    with page.expect_navigation():
        links.filter(has_text=here).click()
    assert page.locator("td.paper").all_inner_texts() == before
