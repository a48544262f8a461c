"""A workbook that cannot be taken as it is gets a clear answer, and harms no good record."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from single_window.intake.markup import Refused
from single_window.intake.sheets.documents import convert
from single_window.intake.sheets.rows import ROWS_MAX, Count
from single_window.storage.files import FileStore
from single_window.storage.secrets import Vault
from tests.portal import INVENTORY, ORDER, PAYMENT, Portal, csrf, made, zipped
from tests.telling import in_both, says, tells
from tests.workbooks import XLSX, changed, filled, with_parts

Change = Callable[[openpyxl.Workbook], None]
HEADS, LINES = 0, 1
_DAY = (date(2026, 11, 20) - date(1899, 12, 30)).days
_MOMENT = _DAY + (8 * 3600 + 5 * 60 + 9) / 86_400


def _two() -> bytes:
    return filled({ORDER: [trade.records[ORDER] for trade in made(2)]})


def _column(book: openpyxl.Workbook, sheet: int, name: str) -> int:
    return next(cell.column for cell in book.worksheets[sheet][1] if cell.value == name)


def _set(name: str, value: Any, *, sheet: int = HEADS, row: int = 4, form: str = "") -> Change:
    def change(book: openpyxl.Workbook) -> None:
        cell = book.worksheets[sheet].cell(row, _column(book, sheet, name))
        cell.value = value
        cell.number_format = form or "General"

    return change


def _told(portal: Portal, body: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The submission, and the results of its records."""
    found = portal.file(body, headers=XLSX)
    items = portal.call(f"/api/v1/submissions/{found['id']}/records").json["items"]
    return found, items


# --- refused whole --------------------------------------------------------------------------


def _macros(body: bytes) -> bytes:
    return with_parts(body, {"xl/vbaProject.bin": lambda _: b"macro"})


def _macro_type(body: bytes) -> bytes:
    kind = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    plain = re.compile(rb"application/[\w.-]+\.sheet\.main\+xml")
    return with_parts(body, {"[Content_Types].xml": lambda data: plain.sub(kind, data)})


def _document_type(body: bytes) -> bytes:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'
    name = "xl/worksheets/sheet1.xml"
    return with_parts(body, {name: lambda data: data.replace(b"<worksheet", bomb + b"<worksheet")})


def _bomb(body: bytes) -> bytes:
    return with_parts(body, {"xl/worksheets/sheet1.xml": lambda data: data + b" " * 60_000_000})


def _cut(body: bytes) -> bytes:
    return with_parts(body, {"xl/worksheets/sheet1.xml": lambda data: data[: len(data) // 2]})


def _without(part: str) -> Callable[[bytes], bytes]:
    def without(body: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(body)) as old:
            return zipped({n: old.read(n) for n in old.namelist() if n != part})

    return without


def _change(change: Change) -> Callable[[bytes], bytes]:
    return lambda body: changed(body, change)


def _first_cell(text: str) -> Callable[[bytes], bytes]:
    return _change(lambda book: book.worksheets[HEADS].__setitem__("A1", text))


def _copied(book: openpyxl.Workbook) -> None:
    book.copy_worksheet(book.worksheets[HEADS])


def _all_ones_own(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets:
        sheet["A1"] = "my sheet"


def _from_1904(body: bytes) -> bytes:
    setting = b'<workbookPr date1904="1"/><bookViews>'
    return with_parts(body, {"xl/workbook.xml": lambda data: data.replace(b"<bookViews>", setting)})


def _long(body: bytes) -> bytes:
    row = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>1</t></is></c></row>'
    rows = "".join(row.format(number) for number in range(6, ROWS_MAX + 7)).encode()
    name, end = "xl/worksheets/sheet1.xml", b"</sheetData>"
    return with_parts(body, {name: lambda data: data.replace(end, rows + end)})


REFUSED = {
    "too many rows": (_long, 413, "SHT-ROWS"),
    "macros": (_macros, 422, "SHT-MACRO"),
    "a type with macros": (_macro_type, 422, "SHT-MACRO"),
    "a document type": (_document_type, 422, "SHT-FILE"),
    "a sheet that unpacks without end": (_bomb, 413, "SHT-TOO-LARGE"),
    "a sheet that breaks off": (_cut, 422, "SHT-FILE"),
    "no list of its sheets": (_without("xl/workbook.xml"), 422, "SHT-FILE"),
    "days counted from 1904": (_from_1904, 422, "SHT-1904"),
    "an old or protected file": (lambda _: b"\xd0\xcf\x11\xe0" + b"x" * 600, 422, "SHT-OLD"),
    "a message that is not known": (_first_cell("CEB999Message"), 422, "SHT-SHEET"),
    "no sheet of a template": (_change(_all_ones_own), 422, "SHT-TEMPLATE"),
    "heads that are missing": (
        _change(lambda book: book.remove(book.worksheets[HEADS])),
        422,
        "SHT-SHEET-MISSING",
    ),
    "a sheet twice": (_change(_copied), 422, "SHT-SHEET-TWICE"),
    "nothing filled in": (lambda _: filled({ORDER: []}), 422, "SHT-EMPTY"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_workbook_is_refused_whole_that_has(portal: Portal, what: str) -> None:
    spoil, status, code = REFUSED[what]
    answer = portal.call("/api/v1/submissions", data=spoil(_two()), headers=XLSX)
    told = answer.json
    assert (answer.status_code, told["code"]) == (status, code)
    assert tells(told), "what is the matter and what to do, in both languages"
    assert portal.call("/api/v1/submissions").json["items"] == []
    assert list(portal.store.settings.data.glob("files/*")) == []


def test_a_workbook_with_too_many_rows_is_refused(tmp_path: Path) -> None:
    body = filled({PAYMENT: [trade.records[PAYMENT] for trade in made(6)]})
    files = FileStore(tmp_path, Vault(b"k" * 32))
    sender = {"copCode": "A", "copName": "B", "dxpMode": "DXP", "dxpId": ""}
    convert(files, io.BytesIO(body), sender, 1_000_000_000, count=Count(6))
    with pytest.raises(Refused, match="SHT-ROWS"):
        convert(files, io.BytesIO(body), sender, 1_000_000_000, count=Count(5))


def test_a_workbook_with_too_many_papers_is_refused(tmp_path: Path) -> None:
    body = filled({"SAS121": [{"SasPassportBsc": {"vehicleNo": str(at)}} for at in range(3)]})
    files = FileStore(tmp_path, Vault(b"k" * 32))
    _, documents = convert(files, io.BytesIO(body), {}, 1_000_000_000, count=Count(3, 3))
    assert [each.line for each in documents] == [4, 5, 6]
    with pytest.raises(Refused, match="SHT-RECORDS"):
        convert(files, io.BytesIO(body), {}, 1_000_000_000, count=Count(3, 2))


# --- a sheet as a whole ------------------------------------------------------------------------


def _header(name: str, value: str | None) -> Change:
    def change(book: openpyxl.Workbook) -> None:
        book.worksheets[HEADS].cell(1, _column(book, HEADS, name)).value = value

    return change


SHEETS = {
    "a column that is not of the message": (_header("note", "remarks"), "SHT-COLUMN"),
    "a column twice": (_header("note", "orderNo"), "SHT-COLUMN-TWICE"),
    "a required column missing": (_header("orderNo", "#orderNo"), "SHT-COLUMN-MISSING"),
    "values in a column without a name": (_header("orderNo", None), "SHT-COLUMN-UNNAMED"),
    "merged cells among its values": (
        lambda book: book.worksheets[HEADS].merge_cells("C4:C5"),
        "SHT-MERGED",
    ),
}


@pytest.mark.parametrize("what", SHEETS)
def test_a_sheet_is_refused_and_still_judged_that_has(portal: Portal, what: str) -> None:
    change, code = SHEETS[what]
    found, items = _told(portal, changed(_two(), change))
    (message,) = found["messages"]
    told = next(each for each in message["findings"] if each["code"] == code)
    assert message["refused"] and tells(told)
    assert "CEB311" in told["text_en"] and "CEB311" in told["text_zh"]
    assert len(items) == 2 and {item["decision"] for item in items} == {"reject"}


def test_remarks_of_ones_own_are_not_read(portal: Portal) -> None:
    def remark(book: openpyxl.Workbook) -> None:
        heads = book.worksheets[HEADS]
        heads.cell(1, heads.max_column + 1).value = "# seen by"
        heads.cell(4, heads.max_column).value = "=1+1"
        heads["A6"], heads["B6"] = "# sum", "=SUM(B4:B5)"
        heads.merge_cells("B6:D6")
        book.create_sheet("mine")["A1"] = "=NOW()"

    found, items = _told(portal, changed(_two(), remark))
    assert [item["decision"] for item in items] == ["accept", "accept"]
    assert found["counts"]["records"] == 2


# --- one cell ----------------------------------------------------------------------------------

CELLS = {
    "a formula": (_set("consignee", "=A1&B1"), "SHT-FORMULA", "OrderHead/consignee"),
    "an error": (_set("consignee", "#REF!"), "SHT-CELL", "OrderHead/consignee"),
    "true": (_set("consignee", True), "SHT-CELL", "OrderHead/consignee"),
    "an id as a number": (
        _set("buyerIdNumber", 110101199001011234, form="0"),
        "SHT-DIGITS",
        "OrderHead/buyerIdNumber",
    ),
    "a date in a name": (
        _set("consignee", _DAY, form="yyyy-mm-dd"),
        "SHT-DATE",
        "OrderHead/consignee",
    ),
    "a formula in a line": (
        _set("qty", "=1+1", sheet=LINES),
        "SHT-FORMULA",
        "OrderList[1]/qty",
    ),
}


@pytest.mark.parametrize("what", CELLS)
def test_only_the_record_is_refused_that_has(portal: Portal, what: str) -> None:
    change, code, path = CELLS[what]
    _, items = _told(portal, changed(_two(), change))
    assert [item["decision"] for item in items] == ["reject", "accept"]
    (told,) = [each for each in items[0]["findings"] if each["severity"] == "reject"]
    assert (told["code"], told["path"], told["line"]) == (code, path, 4)
    assert tells(told) and told["label_zh"] and told["label_en"]
    assert "4" in told["text_en"] and "4" in told["text_zh"]


def test_lines_and_heads_that_do_not_find_each_other_are_told(portal: Portal) -> None:
    def misjoin(book: openpyxl.Workbook) -> None:
        book.worksheets[HEADS]["A5"] = "1"
        book.worksheets[LINES].cell(book.worksheets[LINES].max_row, 1).value = "9"

    _, items = _told(portal, changed(_two(), misjoin))
    codes = [{each["code"] for each in item["findings"]} for item in items]
    assert "SHT-JOIN-TWICE" in codes[1]
    assert "SHT-NO-HEAD" in codes[2]
    assert {item["decision"] for item in items[1:]} == {"reject"}
    spoken = [
        each for item in items for each in item["findings"] if each["code"].startswith("SHT-")
    ]
    assert spoken and all(tells(each) for each in spoken)


def test_a_line_is_told_as_the_row_of_its_sheet(portal: Portal) -> None:
    trades = made(3)
    trades[2].records[ORDER]["OrderHead"]["currency"] = "999"
    _, items = _told(portal, filled({ORDER: [trade.records[ORDER] for trade in trades]}))
    assert [item["line"] for item in items] == [4, 5, 6]
    assert items[2]["findings"][0]["line"] == 6
    assert all("CEB311" in item["sheet"] for item in items)


# --- the same on the page -----------------------------------------------------------------------


@in_both
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_page_says_that_macros_are_not_taken(portal: Portal, lang: str, script: bool) -> None:
    client = portal.browser(lang=lang)
    token, body = csrf(client, "/"), _macros(_two())
    if script:
        heads = {"X-CSRF-Token": token, "X-File-Name": "a.xlsx", "Accept": "application/json"}
        assert tells(client.post("/submissions/file", data=body, headers=heads).json, "SHT-MACRO")
    else:
        form = {"csrf": token, "files": (io.BytesIO(body), "a.xlsx")}
        answer = client.post("/submissions", data=form, content_type="multipart/form-data")
        assert answer.status_code == 422 and says(answer.text, lang, "SHT-MACRO")


ON_THE_PAGE = {
    "a formula": CELLS["a formula"][:2],
    "merged cells": SHEETS["merged cells among its values"],
    "other columns": SHEETS["a column that is not of the message"],
    "no required column": SHEETS["a required column missing"],
}


@in_both
@pytest.mark.parametrize("what", ON_THE_PAGE)
def test_the_page_of_results_says_what_is_wrong_with(portal: Portal, what: str, lang: str) -> None:
    change, code = ON_THE_PAGE[what]
    found = portal.file(changed(_two(), change), headers=XLSX)
    page = portal.browser(lang=lang).get(f"/submissions/{found['id']}").text
    assert says(page, lang, code)


# --- numbers and dates as they are shown --------------------------------------------------------

SHOWN = {
    "1.1 as it is": ("freight", 1.1, "General", "1.1"),
    "0.1 + 0.2": ("freight", 0.30000000000000004, "General", "0.3"),
    "two decimals": ("freight", 1.1, "0.00", "1.10"),
    "never rounded": ("freight", 1.125, "0.00", "1.125"),
    "a whole number": ("freight", 12, "General", "12"),
    "leading zeros of the format": ("payCode", 42, "0000000000", "0000000042"),
    "a day": ("declTime", _DAY, "yyyy-mm-dd", "20261120"),
    "a moment": ("appTime", _MOMENT, "yyyy/m/d h:mm", "20261120080509"),
}


@pytest.mark.parametrize("what", SHOWN)
def test_a_cell_is_taken_as_it_is_shown(portal: Portal, what: str) -> None:
    name, value, form, expected = SHOWN[what]
    paper = INVENTORY if name == "declTime" else ORDER
    body = filled({paper: [made()[0].records[paper]]})
    found = portal.file(changed(body, _set(name, value, form=form)), headers=XLSX)
    (item,) = portal.call(f"/api/v1/submissions/{found['id']}/records").json["items"]
    spoken = [each for each in item["findings"] if each["code"].startswith("SHT")]
    assert spoken == []
    facts = portal.call(f"/api/v1/declarations/{item['declaration']}").json["facts"]
    assert expected in [fact["value"] for fact in facts if fact["name"] == name]
