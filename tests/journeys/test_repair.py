"""A repair shop's year in a browser: a book opened, an engine mended and sent back, the report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests import repairs
from tests.journeys.reader import PATIENCE_MS, Reader
from tests.journeys.world import World

expect.set_options(timeout=PATIENCE_MS)
SCREENS = [("zh", 390), ("en", 1280)]
ENGINE, REPAIRED, BLADE, OLD = "1", "2", "3", "4"
SERIAL, ORDER = "CFM/77-1", "W-77"
ITEMS = {
    ENGINE: {"role": "goods", "name": "CFM56", "hs": "8411121000", "unit": "001",
             "price": "1000000", "catalogued": "1"},
    REPAIRED: {"role": "repaired", "name": "CFM56", "hs": "8411121000", "unit": "001",
               "linked": ENGINE},
    BLADE: {"role": "part", "name": "CFM56-B", "hs": "8411910000", "unit": "007", "price": "1000",
            "linked": OLD, "opening": "10", "origin": "A"},
    OLD: {"role": "old", "name": "CFM56-B", "hs": "8411910000", "unit": "007"},
}  # fmt: skip


@pytest.fixture(params=SCREENS, ids=lambda given: f"{given[0]}-{given[1]}")
def clerk(
    request: pytest.FixtureRequest, world: World, chromium_window: Browser
) -> Iterator[Reader]:
    """A clerk of the shop, logged in."""
    reader = Reader(chromium_window, world.url, *request.param)
    reader.log_in("trader", world.password("trader"))
    expect(reader.page.get_by_role("button", name=reader.t("log_out"))).to_be_attached()
    yield reader
    reader.close()


def test_an_engine_is_taken_in_mended_sent_back_and_accounted_for(
    world: World, clerk: Reader, tmp_path: Path
) -> None:
    book = f"H0214W{SCREENS.index((clerk.lang, clerk.width)):06}"
    _open(clerk, book)
    _file(clerk, book, "I", tmp_path)
    world.until(lambda: _stock(clerk, book, ENGINE, "waiting") == "1", "the engine is entered")
    _paper_and_book_name_each_other(clerk, book)
    _mend(clerk, book)
    assert _stock(clerk, book, BLADE, "parts") == "8"
    _file(clerk, book, "E", tmp_path)
    world.until(lambda: _stock(clerk, book, ENGINE, "repaired") == "–", "the engine has left")
    _dispose(clerk, book)
    _reconcile(clerk, book)


def _stock(clerk: Reader, book: str, item: str, place: str) -> str:
    page = clerk.go(f"/books/{book}/movements?item={item}&place={place}")
    return page.locator(".sum-line b").first.inner_text()


def _type(clerk: Reader, **values: str) -> None:
    """Fills in inputs by their names, in which dots are written as two underscores."""
    for name, text in values.items():
        field = clerk.page.locator(f'#book-form [name="{name.replace("__", ".")}"]')
        kind = field.first.evaluate("each => each.type")
        if kind == "radio":
            clerk.page.locator(f'[name="{name}"][value="{text}"]').check()
        elif kind == "checkbox":
            field.set_checked(bool(text))
        elif kind == "select-one":
            field.select_option(text)
        else:
            field.fill(text)


def _enter(clerk: Reader, button: str = "books.enter") -> None:
    """Sends the form and sees that the book took it."""
    assert clerk.complaints() == []
    clerk.page.locator("#book-form .actions").get_by_role(
        "button", name=clerk.t(button), exact=True
    ).click()
    expect(clerk.page.locator(".notice.good[role=status]")).to_have_text(clerk.t("books.done"))
    assert clerk.complaints() == []


def _open(clerk: Reader, book: str) -> None:
    clerk.go("/books")
    assert clerk.complaints() == []
    clerk.page.get_by_role("link", name=clerk.t("books.new")).click()
    head = {"number": book, "company": repairs.COMPANY, "customs": repairs.OFFICE, "months": "12",
            "opened": "2026-01-01", "valid_until": "2028-12-31", "max_turnover": "90000000",
            "in_zone": ""}  # fmt: skip
    lines = {f"item.{at}.{name}": text for at, item in ITEMS.items()
             for name, text in ({"seqno": at} | item).items()}  # fmt: skip
    _type(clerk, **head, **lines, **{f"item.{ENGINE}.serials": "1"})
    _enter(clerk, "books.new.do")


def _file(clerk: Reader, book: str, flag: str, folder: Path) -> None:
    """Hands in the inventory by which the engine comes in or goes out."""
    values = {"putrecNo": book, "dclcusFlag": "2", "dclcusTypecd": ""}
    path = folder / f"{flag}.xml"
    path.write_bytes(repairs.inventory(f"{book}{flag}", flag, serial=SERIAL, **values))
    clerk.go("/?upload=1")
    clerk.choose(path)
    clerk.page.wait_for_url("**/submissions/*")


def _paper_and_book_name_each_other(clerk: Reader, book: str) -> None:
    clerk.page.locator(".ledger a[href^='/declarations/']").first.click()
    expect(clerk.page.locator(".in-book")).to_contain_text(book)
    assert clerk.complaints() == []
    clerk.page.locator(".in-book a").first.click()
    expect(clerk.page.locator("h1")).to_contain_text(book)
    assert clerk.complaints() == []


def _mend(clerk: Reader, book: str) -> None:
    """More parts than there are first, then as many as there are: the rest stays typed."""
    clerk.go(f"/books/{book}/orders/new")
    typed = {"order": ORDER, "serial": SERIAL, f"issue.{BLADE}": "99", f"off.{OLD}": "2",
             "result": "repaired"}  # fmt: skip
    _type(clerk, **typed)
    clerk.page.locator("#book-form .actions button").first.click()
    expect(clerk.page.locator("#refused")).to_contain_text("BOOK-B10")
    assert [each for each in clerk.complaints() if "422" not in each] == []
    expect(clerk.page.locator(f'[name="off.{OLD}"]')).to_have_value("2")
    _type(clerk, **{f"issue.{BLADE}": "2"})
    _enter(clerk)
    clerk.go(f"/books/{book}/serials/{SERIAL}")
    expect(clerk.page.locator(".piece-line")).to_contain_text(ORDER)
    assert clerk.complaints() == []


def _dispose(clerk: Reader, book: str) -> None:
    clerk.go(f"/books/{book}")
    assert clerk.complaints() == []
    clerk.page.get_by_role("link", name=clerk.t("books.do.dispose")).click()
    _type(clerk, way="reexport", number="BG-1", mode="0864", **{f"stock.{OLD}.A": "2"})
    _enter(clerk)


def _reconcile(clerk: Reader, book: str) -> None:
    """One blade too few is told of, explained, found again; then the period closes."""
    clerk.go(f"/books/{book}/reconcile")
    count = f"count.{BLADE}.parts."
    _type(clerk, **{count: "7", f"why.{BLADE}.parts.": "?"})
    _enter(clerk, "books.count.save")
    expect(clerk.page.locator("main")).to_contain_text("12.5%")
    _type(clerk, **{count: "8"})
    _enter(clerk, "books.count.save")
    expect(clerk.page.locator("main")).not_to_contain_text("12.5%")
    clerk.page.locator(".figures a.figure").first.click()
    expect(clerk.page.locator(".ledger")).to_be_visible()
    clerk.page.go_back()
    expect(clerk.page.get_by_role("button", name=clerk.t("books.print"))).to_be_visible()
    clerk.page.emulate_media(media="print")
    expect(clerk.page.locator("header.top")).to_be_hidden()
    expect(clerk.page.locator(".print-only")).to_be_visible()
    assert clerk.page.pdf().startswith(b"%PDF")
    clerk.page.emulate_media(media="screen")
    clerk.page.get_by_role("button", name=clerk.t("books.report")).click()
    expect(clerk.page.locator('[name="EmsChgoffDt.3.actlRemainQty"]')).to_have_value("8")
    assert clerk.complaints() == []
    clerk.go(f"/books/{book}/reconcile")
    clerk.page.get_by_text(clerk.t("books.close"), exact=True).first.click()
    clerk.page.get_by_role("button", name=clerk.t("books.close"), exact=True).click()
    expect(clerk.page.locator(".book-head")).to_contain_text(
        clerk.t("books.closed_through", day="").strip()
    )
    assert clerk.complaints() == []
