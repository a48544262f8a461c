"""The rejected records come back as a workbook that says at each cell what is wrong with it."""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tests.portal import INVENTORY, ORDER, Portal, made, message, zipped
from tests.workbooks import XLSX, changed, filled

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _spoiled() -> dict[str, list[Any]]:
    """Three orders and three inventories: of each the second is bad, in its head and in a line."""
    trades = made(3)
    trades[1].records[ORDER]["OrderHead"]["currency"] = "999"
    trades[1].records[INVENTORY]["InventoryList"][0]["qty"] = "0"
    return {name: [trade.records[name] for trade in trades] for name in (ORDER, INVENTORY)}


def _as_xml(records: dict[str, list[Any]]) -> bytes:
    trades = made(3)
    for name, of_name in records.items():
        for trade, record in zip(trades, of_name, strict=True):
            trade.records[name] = record
    return zipped({f"{name}.xml": message(name, trades) for name in records})


def _file(portal: Portal, way: str) -> dict[str, Any]:
    if way == "sheets":
        return portal.file(filled(_spoiled()), headers=XLSX)
    return portal.file(_as_xml(_spoiled()), headers={"Content-Type": "application/zip"})


def _rejected(portal: Portal, number: int) -> bytes:
    answer = portal.call(f"/api/v1/submissions/{number}/rejected.xlsx")
    assert answer.mimetype == XLSX["Content-Type"]
    return answer.data


def _cell(book: openpyxl.Workbook, mark: str, name: str, row: int = 4) -> Any:
    sheet: Worksheet = next(s for s in book.worksheets if s["A1"].value == mark)
    return sheet.cell(row, next(cell.column for cell in sheet[1] if cell.value == name))


@pytest.mark.parametrize("way", ["sheets", "xml"])
def test_the_finding_stands_beside_its_cell_in_both_languages(portal: Portal, way: str) -> None:
    found = _file(portal, way)
    assert found["counts"]["rejected"] == 2
    book = openpyxl.load_workbook(io.BytesIO(_rejected(portal, found["id"])))
    for mark, name, value in (
        (ORDER, "currency", "999"),
        (f"{INVENTORY}/InventoryList", "qty", "0"),
    ):
        cell = _cell(book, mark, name)
        assert cell.value == value
        assert cell.fill.fgColor.rgb == "FFF8C9C4"
        assert _CHINESE.search(cell.comment.text) and re.search("[a-z]{4}", cell.comment.text)
    good = _cell(book, ORDER, "orderNo")
    assert good.comment is None and good.fill.fill_type is None


def test_a_list_of_all_findings_leads_to_their_cells(portal: Portal) -> None:
    found = _file(portal, "sheets")
    book = openpyxl.load_workbook(io.BytesIO(_rejected(portal, found["id"])))
    listed = book.worksheets[-1]
    links = [cell.hyperlink.location for cell in listed["B"][1:] if cell.hyperlink]
    assert listed["A1"].value.startswith("#") and links
    for link in links:
        title, _, place = link.rpartition("!")
        assert book[title.strip("'")][place].comment is not None


@pytest.mark.parametrize("way", ["sheets", "xml"])
def test_mended_it_is_handed_in_again_and_taken(portal: Portal, way: str) -> None:
    found = _file(portal, way)

    def mend(book: openpyxl.Workbook) -> None:
        _cell(book, ORDER, "currency").value = "142"
        line = _cell(book, f"{INVENTORY}/InventoryList", "qty")
        line.value = made(3)[1].records[INVENTORY]["InventoryList"][0]["qty"]

    again = portal.file(changed(_rejected(portal, found["id"]), mend), headers=XLSX)
    assert again["counts"]["records"] == 2
    assert again["counts"]["rejected"] == 0
    order_no = made(3)[1].order_no
    items = portal.call(f"/api/v1/declarations?order_no={order_no}").json["items"]
    assert {item["outcome"] for item in items} >= {"under_way", "waiting"}


def test_without_a_rejected_record_the_workbook_has_only_its_list(portal: Portal) -> None:
    found = portal.file(filled({ORDER: [made()[0].records[ORDER]]}), headers=XLSX)
    book = openpyxl.load_workbook(io.BytesIO(_rejected(portal, found["id"])))
    assert [sheet["A1"].value[0] for sheet in book.worksheets] == ["#"]
