"""What is written into a template comes out of it as the very same records."""

from __future__ import annotations

import io
import random
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import registry
from schemas.fields import Field
from single_window.intake.explaining import may_be_empty
from single_window.intake.markup import decoded
from single_window.intake.sheets.documents import convert, is_workbook
from single_window.intake.sheets.layout import sheets_of
from single_window.intake.sheets.templates import FIRST_ROW, offered
from single_window.intake.surveying import Judging
from single_window.storage.files import FileStore
from single_window.storage.secrets import Vault
from tests.portal import PAPERS, made
from tests.schemas.samples import fullest, smallest
from tests.workbooks import Record, changed, filled

FILED = [name for name in registry.messages() if offered(name)]
SENDER = {"copCode": "3301980XYZ", "copName": "代理", "dxpMode": "DXP", "dxpId": "DXPENT1"}
DAY = date(2026, 11, 20)


def read(body: bytes) -> dict[str, list[Record]]:
    """The records of each message that a workbook becomes, all of which their schema takes."""
    with TemporaryDirectory() as folder:
        files = FileStore(Path(folder), Vault(b"k" * 32))
        file = io.BytesIO(body)
        assert is_workbook(file)
        spool, documents = convert(files, file, SENDER, 1_000_000_000)
        found: dict[str, list[Record]] = {}
        for document in documents:
            assert document.findings == ()
            blocks = files.blocks(spool, document.text_offset, document.text_length)
            judging = Judging(decoded(blocks, "utf-8"), "ignored", DAY, line=document.line)
            records = found.setdefault(judging.message.name, [])
            for each in judging:
                assert each.record is not None, each.findings
                assert each.child.line == FIRST_ROW + len(records)
                records.append(each.record)
        return found


@pytest.mark.parametrize("name", FILED)
def test_the_least_and_the_most_that_a_schema_takes_come_back(name: str) -> None:
    known = registry.message(name)
    records = [_kept(known.record_field, make(known)) for make in (smallest, fullest)]
    records.append(_emptied(known.record_field, records[1], known.key))
    assert read(filled({name: records})) == {name: records}


def _kept(group: Field, record: Record) -> Record:
    """The record as it is read: what may be left out and is empty is left out."""
    found: dict[str, Any] = {}
    for child in group.children:
        value = record.get(child.name)
        if isinstance(value, list):
            found[child.name] = [_kept(child, line) for line in value]
        elif isinstance(value, dict):
            found[child.name] = _kept(child, value)
        elif child.kind == "any" and child.min_occurs:
            found[child.name] = value or "1"
        elif value or (value is not None and child.min_occurs):
            found[child.name] = value
    return found


def _emptied(group: Field, record: Record, key: tuple[str, ...]) -> Record:
    """The record with nothing, but in its key, in all that has to be there and may say nothing."""
    found: dict[str, Any] = {}
    for child in group.children:
        value = record[child.name]
        if isinstance(value, list):
            found[child.name] = [_emptied(child, line, key) for line in value]
        elif isinstance(value, dict):
            found[child.name] = _emptied(child, value, key)
        elif (may_be_empty(child) or _is_nil(child)) and child.path not in key:
            found[child.name] = child.fixed or child.default or ""
        else:
            found[child.name] = value
    return found


def _is_nil(field: Field) -> bool:
    return bool(field.min_occurs) and field.nillable


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32))
@pytest.mark.parametrize("name", ["BondedAccount", "DecMessage", "INV101", "InvtMessage", "SAS121"])
def test_any_papers_with_lines_within_lines_come_back(name: str, seed: int) -> None:
    known = registry.message(name)
    rng, whole = random.Random(seed), fullest(known)
    records = [_mixed(known.record_field, whole, rng) for _ in range(3)]
    assert read(filled({name: records})) == {name: records}


def _mixed(group: Field, most: Record, rng: random.Random) -> Record:
    """A record with any number of lines, and of what may be missing or empty just some."""
    found: dict[str, Any] = {}
    for child in group.children:
        value, needed = most[child.name], bool(child.min_occurs)
        held: Any = ""
        if isinstance(value, list):
            lines = rng.choice([1, 2, 5] if needed else [0, 1, 2])
            held = [_mixed(child, value[0], rng) for _ in range(lines)]
        elif isinstance(value, dict):
            inside = _mixed(child, value, rng)
            held = inside if needed or any(inside.values()) else {}
        elif rng.choice([True, needed and not (may_be_empty(child) or _is_nil(child))]):
            held = value
        elif needed:
            held = child.fixed or child.default or ""
        if held or needed:
            found[child.name] = held
    return found


def test_all_papers_of_trades_come_back_from_one_workbook() -> None:
    trades = made(30)
    records = {paper: [trade.records[paper] for trade in trades] for paper in PAPERS}
    assert read(filled(records)) == records


_TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn"), include_characters="\n\t"),
    min_size=1,
    max_size=30,
) | st.sampled_from(
    ["0012", "=1+1", "007.50", " x ", "1E5", "_x0041_", "_x000D_", "#N/A", "true", "<&>", "]]>"]
)


@given(st.lists(st.lists(_TEXTS, min_size=4, max_size=4), min_size=1, max_size=5))
def test_any_text_comes_back_to_the_letter(rows: list[list[str]]) -> None:
    (trade,) = made()
    records = [_with(trade.records[PAPERS[0]], texts) for texts in rows]
    assert read(filled({PAPERS[0]: records})) == {PAPERS[0]: records}


def _with(record: Record, texts: list[str]) -> Record:
    head, line = record["OrderHead"], record["OrderList"][0]
    names = dict(zip(("ebcName", "consignee", "note"), texts[:3], strict=True))
    return {"OrderHead": {**head, **names}, "OrderList": [{**line, "note": texts[3]}]}


@pytest.mark.parametrize("name", PAPERS)
def test_another_program_reads_and_writes_the_template_without_loss(name: str) -> None:
    records = [trade.records[name] for trade in made(3)]
    book = openpyxl.load_workbook(io.BytesIO(filled({name: records})))
    heads = sheets_of(name)[0]
    sheet = book[heads.title]
    assert sheet["A1"].value == heads.mark
    assert [cell.value for cell in sheet[1]][1:] == [heads.header(f) for f in heads.columns]
    assert all(cell.number_format == "@" for cell in sheet[4] if cell.value is not None)
    assert any(cell.comment for cell in sheet[2])
    stream = io.BytesIO()
    book.save(stream)
    assert read(stream.getvalue()) == {name: records}


def test_a_code_can_be_chosen_from_a_list_with_its_meaning() -> None:
    (trade,) = made()
    record = trade.records[PAPERS[0]]
    body = filled({PAPERS[0]: [record]})
    listed = openpyxl.load_workbook(io.BytesIO(body))["codes"]
    choice = next(c.value for row in listed for c in row if str(c.value).startswith("142 "))

    def choose(book: openpyxl.Workbook) -> None:
        sheet = book.worksheets[0]
        at = next(cell.column for cell in sheet[1] if cell.value == "currency")
        sheet.cell(4, at).value = choice

    assert read(changed(body, choose)) == {PAPERS[0]: [record]}


def test_a_number_of_its_own_is_made_for_a_record_and_stays_the_same() -> None:
    (trade,) = made()
    head = {k: v for k, v in trade.records[PAPERS[1]]["PaymentHead"].items() if k != "guid"}
    body = filled({PAPERS[1]: [{"PaymentHead": head}]})
    (first,), (again,) = read(body)[PAPERS[1]], read(body)[PAPERS[1]]
    assert len(first["PaymentHead"]["guid"]) == 36
    assert first == again
