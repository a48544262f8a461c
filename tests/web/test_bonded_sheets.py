"""Papers that are messages of their own are filed by workbook, and come back with what is wrong."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient

from schemas import registry
from single_window.declarations.scope import Scope
from single_window.intake.filings import values_of
from single_window.intake.forms import from_message, to_record
from single_window.intake.sheets.layout import lines_of, sheets_of
from tests import repairs
from tests.portal import Portal, csrf
from tests.telling import in_both, says, tells
from tests.workbooks import XLSX, changed, filled

FIRST = 4
_NUMBER = "BondInvtBsc.etpsInnerInvtNo"
PAPERS = {
    "EMS111": repairs.account("A-1"),
    "INV101": repairs.inventory("W-1", "I"),
    "DecMessage": repairs.declaration("C-1", "E", "QD021426E000000001", WorkUsd="9"),
    "SAS121": repairs.gate_pass("P-1", "I", "QD021426I000000001"),
    "RepairWorkOrder": repairs.work_order("R-1", repairs.BOOK),
}


def _values(body: bytes) -> dict[str, str]:
    _, (values,) = from_message(body)
    return values


def _typed(template: bytes, name: str, papers: Iterable[Mapping[str, str]]) -> bytes:
    """The template after a clerk has typed these papers into it, column by column."""
    known = registry.message(name)

    def fill(book: openpyxl.Workbook) -> None:
        for number, values in enumerate(papers, 1):
            record = to_record(known, values)
            for sheet in sheets_of(name):
                page = next(each for each in book if each["A1"].value == sheet.mark)
                columns = {cell.value: cell.column for cell in page[1]}
                for indexes, held in lines_of(record, sheet):
                    row = max(page.max_row + 1, FIRST)
                    page.cell(row, 1).value = f"N{number}"
                    for name_of_line, at in zip(sheet.joins, indexes, strict=False):
                        page.cell(row, columns[name_of_line]).value = at
                    for field in sheet.columns:
                        if held.get(field.path):
                            page.cell(row, columns[sheet.header(field)]).value = held[field.path]

    return changed(template, fill)


def _hand_in(portal: Portal, client: FlaskClient, body: bytes) -> int:
    """Uploads a workbook as the page does, and has it checked; the number of the submission."""
    heads = {"X-CSRF-Token": csrf(client, "/"), "X-File-Name": "a.xlsx"}
    answer = client.post("/submissions/file", data=body, headers=heads)
    assert answer.status_code == 202, answer.text
    portal.work()
    return int(answer.json["id"])


def _records(portal: Portal, number: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = portal.call(f"/api/v1/submissions/{number}/records").json["items"]
    return items


@pytest.mark.parametrize("name", PAPERS)
@pytest.mark.parametrize("template", ["own", "regime's"])
def test_a_workbook_makes_the_paper_that_a_program_would_send(
    portal: Portal, name: str, template: str
) -> None:
    client = portal.browser()
    whole = template != "own" and name != "RepairWorkOrder"
    blank = client.get(f"/templates/{'bonded_repair' if whole else name}.xlsx").data
    values = _values(PAPERS[name])
    (item,) = _records(portal, _hand_in(portal, client, _typed(blank, name, [values])))
    assert (item["message"], item["line"]) == (name, FIRST)
    assert item["decision"] in ("accept", "warn"), item["findings"]
    assert values_of(portal.store, Scope(None), item["declaration"])[1] == values


@pytest.fixture
def spoiled(portal: Portal) -> Iterator[tuple[FlaskClient, int]]:
    """Inventories of which the second is wrong in its head, the third in a cell of its line."""
    client = portal.browser()
    papers = [_values(repairs.inventory(f"W-{at}", "I")) for at in (1, 2, 3, 4)]
    papers[1]["BondInvtBsc.impexpMarkcd"] = "Import"
    body = _typed(client.get("/templates/INV101.xlsx").data, "INV101", papers)

    def spoil(book: openpyxl.Workbook) -> None:
        lines = book.worksheets[1]
        column = next(cell.column for cell in lines[1] if cell.value == "dclQty")
        lines.cell(6, column).value = "=1+1"

    yield client, _hand_in(portal, client, changed(body, spoil))


def test_each_record_is_filed_or_refused_by_itself_and_told_by_its_row(
    portal: Portal, spoiled: tuple[FlaskClient, int]
) -> None:
    _, number = spoiled
    items = _records(portal, number)
    assert [item["line"] for item in items] == [4, 5, 6, 7]
    assert [item["decision"] == "reject" for item in items] == [False, True, True, False]
    wrong = [
        next(each for each in item["findings"] if each["severity"] == "reject")
        for item in items[1:3]
    ]
    assert [(each["path"], each["line"]) for each in wrong] == [
        ("BondInvtBsc/impexpMarkcd", 5),
        ("BondInvtDt[1]/dclQty", 6),
    ]
    assert wrong[1]["code"] == "SHT-FORMULA" and tells(wrong[1])
    filed = portal.call("/api/v1/declarations?message=INV101").json["items"]
    assert len([each for each in filed if each["outcome"] != "rejected"]) == 2


@in_both
def test_the_page_says_it_beside_the_row(
    portal: Portal, spoiled: tuple[FlaskClient, int], lang: str
) -> None:
    page = portal.browser(lang=lang).get(f"/submissions/{spoiled[1]}?decision=reject").text
    assert 'class="line">5<' in page and 'class="line">6<' in page
    assert says(page, lang, "SHT-FORMULA")


def test_the_refused_come_back_are_mended_and_taken(
    portal: Portal, spoiled: tuple[FlaskClient, int]
) -> None:
    client, number = spoiled
    returned = client.get(f"/submissions/{number}/rejected.xlsx").data

    def mend(book: openpyxl.Workbook) -> None:
        heads, lines = book.worksheets[:2]
        for page, row, name, value in ((heads, 4, "impexpMarkcd", "I"), (lines, 5, "dclQty", "1")):
            cell = page.cell(row, next(each.column for each in page[1] if each.value == name))
            assert cell.comment is not None
            cell.value = value

    items = _records(portal, _hand_in(portal, client, changed(returned, mend)))
    assert [item["key"].rpartition("|")[2] for item in items] == ["W-2", "W-3"]
    assert all(item["decision"] in ("accept", "warn") for item in items)


def _spoiled_vehicle(name: str, value: Any) -> bytes:
    def spoil(book: openpyxl.Workbook) -> None:
        page = next(each for each in book if str(each["A1"].value).endswith("Vin"))
        column = next(cell.column for cell in page[1] if cell.value == name)
        page.cell(5, column).value = value

    record = to_record(registry.message("DecMessage"), repairs.with_permit(PAPERS["DecMessage"]))
    return changed(filled({"DecMessage": [record]}), spoil)


_VIN = "DecLists/DecList[2]/DecGoodsLimits/DecGoodsLimit[1]/DecGoodsLimitVin"
LINES = {
    "a cell": ("VinNo", "=1", "SHT-FORMULA", f"{_VIN}[2]/VinNo"),
    "a line that is not there": ("DecGoodsLimit[]", 2, "SHT-NO-LINE", ""),
    "no line at all": ("DecList[]", None, "SHT-NO-LINE", ""),
    "a line of lines that is not there": ("DecList[]", 1, "SHT-NO-LINE", ""),
}


@pytest.mark.parametrize("what", LINES)
def test_what_is_wrong_within_lines_of_lines_is_told_by_sheet_and_row(
    portal: Portal, what: str
) -> None:
    name, value, code, path = LINES[what]
    found = portal.file(_spoiled_vehicle(name, value), headers=XLSX)
    (item,) = _records(portal, found["id"])
    (told,) = [each for each in item["findings"] if each["code"].startswith("SHT")]
    assert (told["code"], told["path"], told["line"]) == (code, path, 5)
    assert tells(told) and "车辆识别代码" in told["text_zh"]
    returned = portal.call(f"/api/v1/submissions/{found['id']}/rejected.xlsx").data
    book = openpyxl.load_workbook(io.BytesIO(returned))
    listed = book.worksheets[-1]["B2"].hyperlink.location
    title, _, place = listed.rpartition("!")
    assert book[title.strip("'")][place].comment is not None
