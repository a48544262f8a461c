"""A broker hands in a thousand trades as a workbook, mends the bad ones, and all are released."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, expect

from single_window.demo.trades import INVENTORY, ORDER, PAPERS, Trade, trades
from tests.journeys.filling import field, said
from tests.journeys.reader import Reader
from tests.journeys.world import PATIENCE_SECONDS, World, breaks, today
from tests.workbooks import changed, filled

COUNT, BAD = 1000, 7
BY_FORM = 4
"""Of the bad ones, how many are mended in the page; the others in the workbook that comes back."""


def _spoil(made: list[Trade]) -> dict[str, tuple[str, str, str]]:
    """Makes seven of the trades bad; paper, field and right value by order number."""
    faults = (
        (ORDER, "OrderHead/currency", "999"),
        (ORDER, "OrderHead/buyerName", ""),
        (INVENTORY, "InventoryHead/tradeMode", "0000"),
        (INVENTORY, "InventoryHead/declTime", "2026"),
        (ORDER, "OrderHead/currency", "000"),
        (INVENTORY, "InventoryHead/trafMode", "?"),
        (INVENTORY, "InventoryHead/packNo", "many"),
    )
    right = {}
    for trade, (paper, path, wrong) in zip(made[5 :: COUNT // BAD], faults, strict=False):
        group, _, name = path.partition("/")
        head = trade.records[paper][group]
        right[trade.order_no] = (paper, path, head[name])
        head[name] = wrong
    assert len(right) == BAD
    return right


@pytest.fixture
def broker(world: World, chromium_window: Browser) -> Iterator[Reader]:
    """A broker before a browser, logged in."""
    reader = Reader(chromium_window, world.url, "zh", 1280)
    try:
        reader.log_in("broker", world.password("broker"))
        yield reader
        assert reader.complaints() == []
    finally:
        reader.close()


def _upload(broker: Reader, path: Path, body: bytes) -> int:
    """Hands in a workbook on the first page; the number of its submission."""
    path.write_bytes(body)
    broker.go("/")
    broker.choose(path)
    broker.page.wait_for_url("**/submissions/*")
    return int(broker.page.url.partition("?")[0].rpartition("/")[2])


def _see_rejected(broker: Reader, number: int) -> None:
    """Waits on the page until all is checked, and follows the tile of what was rejected."""
    expect(broker.page.locator(".progress-line")).to_have_count(0, timeout=PATIENCE_SECONDS * 1000)
    tile = broker.page.locator(".tiles a.bad")
    expect(tile).to_contain_text(str(BAD))
    assert broker.complaints() == []
    tile.click()
    expect(broker.page.locator("a.mend")).to_have_count(BAD)
    assert broker.complaints() == []


def _mend_in_page(broker: Reader, order_no: str, path: str, value: str) -> None:
    """Opens the form beside a finding, sees it beside its field, mends it and files."""
    page, name = broker.page, path.replace("/", ".")
    broker.row(order_no).locator("a.mend").click()
    expect(said(page, name).first).to_be_visible()
    assert broker.complaints() == []
    field(page, name).fill(value)
    page.locator('#paper-form button[name="_do"][value="file"]').last.click()
    page.wait_for_url("**/submissions/*")
    assert broker.complaints() == []


def _fetch_rejected(broker: Reader) -> bytes:
    """The workbook that the page gives back, with the findings beside the cells."""
    name = broker.t("records.download.sheets", count=BAD)
    with broker.page.expect_download() as told:
        broker.page.get_by_role("link", name=name, exact=True).click()
    return Path(told.value.path()).read_bytes()


def test_a_thousand_trades_of_which_seven_are_bad_are_all_released(
    world: World, broker: Reader, tmp_path: Path
) -> None:
    made = list(trades(COUNT, 4, today()))
    right = _spoil(made)
    body = filled({paper: [trade.records[paper] for trade in made] for paper in PAPERS})
    number = _upload(broker, tmp_path / "trades.xlsx", body)
    _see_rejected(broker, number)
    listed = broker.page.url
    returned = _fetch_rejected(broker)

    bad = list(world.items(f"/submissions/{number}/records", decision="reject"))
    assert {item["order_no"] for item in bad} == {*right}
    for item in bad[:BY_FORM]:
        _, path, value = right[item["order_no"]]
        broker.page.goto(listed)
        _mend_in_page(broker, item["order_no"], path, value)
    by_sheet = {item["order_no"]: right[item["order_no"]] for item in bad[BY_FORM:]}
    mended = changed(returned, lambda book: _mend(book, by_sheet))
    _upload(broker, tmp_path / "mended.xlsx", mended)

    def released() -> int:
        with world.read() as connection:
            found = Counter(
                connection.exec_driver_sql(
                    "SELECT outcome FROM declarations WHERE message = 'CEB621Message'"
                ).scalars()
            )
        return found["released"]

    world.until(lambda: released() == COUNT, "all are released")
    assert breaks(world) == []


def _mend(book: openpyxl.Workbook, right: dict[str, tuple[str, str, str]]) -> None:
    """Puts the right values into the workbook that came back, and takes the others out."""
    for sheet in book.worksheets[:-2]:
        mark = str(sheet["A1"].value)
        names = {cell.value: cell.column for cell in sheet[1]}
        if "/" in mark or "orderNo" not in names:
            continue
        for row in range(4, sheet.max_row + 1):
            order_no = sheet.cell(row, names["orderNo"]).value
            paper, path, value = right.get(order_no, ("", "", ""))
            if paper == mark:
                sheet.cell(row, names[path.partition("/")[2]]).value = value
