"""A trader files by form: typed by hand in a browser, with and without script, through a crash."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from schemas import codes
from single_window.demo.trades import INVENTORY, ORDER, PAPERS, PAYMENT, Trade, trades
from single_window.intake.forms import name_of
from single_window.intake.layouts import layout
from tests.journeys import filling
from tests.journeys.filling import field, said
from tests.journeys.reader import PATIENCE_MS, Reader
from tests.journeys.world import World, today

expect.set_options(timeout=PATIENCE_MS)
SCREENS = [("zh", 1280), ("en", 390)]
CURRENCY = f"{ORDER}:OrderHead.currency"
LINES = 3
_seeds = itertools.count(1)
_NOBODY_THERE = re.compile(r"net::ERR_(CONNECTION|EMPTY)_")


@dataclass(frozen=True)
class Clerk:
    """A trader before a browser, who has the papers of one trade on the desk."""

    reader: Reader
    trade: Trade

    @property
    def page(self) -> Page:
        """What the clerk sees."""
        return self.reader.page

    def press(self, key: str, **values: object) -> None:
        """Presses a button by what stands on it."""
        name = self.reader.t(key, **values)
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, key: str, **values: object) -> None:
        """Follows a link by what it says."""
        name = self.reader.t(key, **values)
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def begin(self) -> dict[str, str]:
        """Opens a new form of a whole trade; returns all that has to be typed into it."""
        self.follow("desk.fill")
        self.page.locator('a[href="/forms/trades/new/ecommerce_import"]').click()
        texts: dict[str, str] = {}
        for paper in PAPERS:
            texts |= filling.by_hand(self.trade, paper, f"{paper}:")
        return texts

    def line_button(self, action: str, line: str = "") -> None:
        """Presses a button of the lines of the order."""
        self.page.locator(f'button[value="{action}:{ORDER}:OrderList{line}"]').click()

    def holds(self, texts: dict[str, str], names: set[str]) -> None:
        """Sees these inputs hold what was typed."""
        for name in sorted(names):
            expect(field(self.page, name)).to_have_value(texts[name])

    def see_it_released(self) -> None:
        """Looks the trade up on the desk and waits on its page until everybody has answered."""
        expect(self.page.locator(".tiles a").first).to_contain_text(str(len(PAPERS)))
        assert self.reader.complaints() == []
        self.follow("nav.trader")
        self.page.get_by_role("link", name=self.trade.order_no, exact=True).click()
        expect(self.page.locator(".steps-list li.good")).to_have_count(6)
        expect(self.page.locator(".stand")).to_contain_text(self.reader.t("next.all_done"))


@contextmanager
def at_the_desk(
    world: World, chromium: Browser, screen: tuple[str, int], *, script: bool = True
) -> Iterator[Clerk]:
    """A trader who has logged in; what is wrong on the last page is told at the end."""
    reader = Reader(chromium, world.url, *screen, script=script)
    made = trades(40, next(_seeds), today())
    trade = next(each for each in made if len(each.records[ORDER]["OrderList"]) == LINES)
    try:
        reader.log_in("trader", world.password("trader"))
        yield Clerk(reader, trade)
        assert reader.complaints() == []
    finally:
        reader.close()


_on_both = pytest.mark.parametrize("screen", SCREENS, ids=lambda given: f"{given[0]}-{given[1]}")


@pytest.fixture
def clerk(world: World, chromium_window: Browser, screen: tuple[str, int]) -> Iterator[Clerk]:
    """A trader with script, in either language and on either screen."""
    with at_the_desk(world, chromium_window, screen) as found:
        yield found


@_on_both
def test_a_whole_trade_typed_by_hand_is_released(clerk: Clerk) -> None:
    page, texts = clerk.page, clerk.begin()
    wrong = texts | {CURRENCY: "999"}
    passed = filling.type_through(page, wrong)
    assert passed == filling.shown(page) & {*texts}
    expect(said(page, CURRENCY)).to_contain_text("999")
    assert clerk.reader.complaints() == []
    clerk.press("forms.check")
    in_summary = page.locator(f'#summary a[href="#{field(page, CURRENCY).get_attribute("id")}"]')
    expect(in_summary).to_have_count(1)
    field(page, CURRENCY).focus()
    filling.write(page, texts[CURRENCY])
    page.keyboard.press("Tab")
    expect(said(page, CURRENCY)).to_have_count(0)
    expect(in_summary).to_have_count(0)
    expect(page.locator("#summary")).to_be_visible()
    assert clerk.reader.complaints() == []
    _find_country(clerk)
    _enter_lines(clerk, texts)
    filling.type_through(page, texts, first=f"{INVENTORY}:InventoryList.1.itemRecordNo")
    assert clerk.reader.complaints() == []
    clerk.press("forms.trade.file", count=len(PAPERS))
    clerk.see_it_released()


@pytest.mark.parametrize("screen", SCREENS[:1], ids=str)
def test_a_total_that_is_filled_in_under_the_cursor_is_typed_over(clerk: Clerk) -> None:
    clerk.begin()
    line = f"{ORDER}:OrderList.1"
    for name, text in (("qty", "3"), ("price", "2.50")):
        field(clerk.page, f"{line}.{name}").focus()
        filling.write(clerk.page, text)
    clerk.page.keyboard.press("Tab")
    total = field(clerk.page, f"{line}.totalPrice")
    expect(total).to_be_focused()
    expect(total).to_have_value("7.50")
    clerk.page.keyboard.type("7.00")
    expect(total).to_have_value("7.00")


def _find_country(clerk: Clerk) -> None:
    """Finds the code of a country by its name in the clerk's language, as it is typed."""
    page, code = clerk.page, clerk.trade.records[ORDER]["OrderList"][0]["country"]
    row = codes.table("country").get(code)
    assert row is not None
    name = row.name_zh if clerk.reader.lang == "zh" else row.name_en
    place = field(page, f"{ORDER}:OrderList.1.country")
    place.focus()
    filling.write(page, name.lower())
    offered = page.locator(f'[id="{place.get_attribute("list")}"] option[value="{code}"]')
    expect(offered).to_contain_text(name)
    filling.write(page, code)
    page.keyboard.press("Tab")
    expect(place.locator("xpath=ancestor::td//*[@class='meaning']")).to_contain_text(name)


def _enter_lines(clerk: Clerk, texts: dict[str, str]) -> None:
    """Copies a line and takes it out again, then pastes what a spreadsheet holds of the others."""
    page = clerk.page
    lines = page.locator(f'[data-group="{ORDER}:OrderList"] .line')
    second = field(page, f"{ORDER}:OrderList.2.itemName")
    clerk.line_button("copy", ".1")
    expect(second).to_have_value(texts[f"{ORDER}:OrderList.1.itemName"])
    clerk.line_button("delete", ".2")
    expect(lines).to_have_count(1)
    clerk.line_button("add")
    expect(second).to_be_focused()
    _copy_elsewhere(page, _rows(clerk.trade)[1:])
    field(page, f"{ORDER}:OrderList.2.gnum").focus()
    page.keyboard.press("ControlOrMeta+V")
    expect(lines).to_have_count(LINES)
    of_lines = {name for name in texts if name.startswith(f"{ORDER}:OrderList.")}
    clerk.holds(texts, of_lines & filling.shown(page))


def _rows(trade: Trade) -> list[str]:
    """The lines of the order as rows of a spreadsheet, in the order of the form's columns."""
    (section,) = layout(ORDER).tables()
    names = [name_of(entry.path).rpartition(".")[2] for entry in section.entries]
    return ["\t".join(line[n] for n in names) for line in trade.records[ORDER]["OrderList"]]


def _copy_elsewhere(page: Page, rows: list[str]) -> None:
    """Copies rows in another window, as out of a spreadsheet."""
    other = page.context.new_page()
    other.set_content("<textarea></textarea>")
    other.locator("textarea").focus()
    other.keyboard.insert_text("\n".join(rows))
    other.keyboard.press("ControlOrMeta+A")
    other.keyboard.press("ControlOrMeta+C")
    other.close()
    page.bring_to_front()


@_on_both
def test_a_form_half_filled_survives_the_death_of_the_server(clerk: Clerk, world: World) -> None:
    page, t = clerk.page, clerk.reader.t
    note = f"{PAYMENT}:PaymentHead.note"
    texts = clerk.begin()
    texts = {name: text for name, text in texts.items() if not name.startswith(INVENTORY)}
    texts[note] = "3 × 2 kg"
    names = filling.type_through(page, {**texts, note: ""})
    state = page.locator(".save-state")
    expect(state).to_contain_text(t("forms.saved"))
    with world.without("portal"):
        field(page, note).focus()
        filling.write(page, texts[note])
        page.keyboard.press("Tab")
        expect(state).to_have_text(t("forms.lost"))
        clerk.press("forms.trade.file", count=len(PAPERS))
        with page.expect_event("dialog") as asked:
            page.evaluate("setTimeout(() => location.reload())")
            asked.value.dismiss()
        clerk.holds(texts, names)
        heard = [each for each in clerk.reader.complaints() if not _NOBODY_THERE.search(each)]
        assert heard == []
    expect(state).to_contain_text(t("forms.saved"))
    page.reload()
    clerk.holds(texts, names)
    heard = [each for each in clerk.reader.complaints() if not _NOBODY_THERE.search(each)]
    assert heard == []
    clerk.follow("nav.trader")
    page.locator(".begun a").first.click()
    clerk.holds(texts, names)


@_on_both
def test_the_same_trade_is_filed_with_script_off(
    world: World, chromium_window: Browser, screen: tuple[str, int]
) -> None:
    with at_the_desk(world, chromium_window, screen, script=False) as clerk:
        page, texts = clerk.page, clerk.begin()
        for _ in range(LINES - 1):
            clerk.line_button("add")
        filling.type_through(page, texts | {CURRENCY: "999"})
        clerk.press("forms.trade.file", count=len(PAPERS))
        expect(said(page, CURRENCY)).to_contain_text("999")
        expect(page.locator("#summary")).to_contain_text(clerk.reader.t("forms.not_filed"))
        assert clerk.reader.complaints() == []
        field(page, CURRENCY).focus()
        filling.write(page, texts[CURRENCY])
        clerk.press("forms.trade.file", count=len(PAPERS))
        clerk.see_it_released()
