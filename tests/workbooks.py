"""Workbooks for tests: templates with records in them, and hand-made ones that are wrong."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import openpyxl

from single_window.intake.sheets.layout import Sheet, lines_of, sheets_of
from single_window.intake.sheets.templates import Rows, pages
from single_window.intake.sheets.writing import Value, written

Record = Mapping[str, Any]
XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def filled(records: Mapping[str, Sequence[Record]]) -> bytes:
    """The templates of these messages with a row for each record and each of its lines."""
    rows = {
        sheet.mark: _rows(sheet, records[name]) for name in records for sheet in sheets_of(name)
    }
    return b"".join(written(pages(list(records), rows)))


def _rows(sheet: Sheet, records: Iterable[Record]) -> Rows:
    for number, record in enumerate(records, 1):
        for indexes, values in lines_of(dict(record), sheet):
            joins = (str(each) for each in (number, *indexes[:-1]))
            texts = (values.get(field.path, "") for field in sheet.columns)
            yield [Value(text) if text else None for text in (*joins, *texts)]


def changed(body: bytes, change: Callable[[openpyxl.Workbook], None]) -> bytes:
    """The workbook after another program has opened, changed and saved it."""
    book = openpyxl.load_workbook(io.BytesIO(body))
    change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_parts(body: bytes, parts: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    """The workbook with some of its parts rewritten; one that is not there begins empty."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(stream, "w") as new:
        for name, data in _parts(old, parts):
            new.writestr(name, data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _parts(
    old: zipfile.ZipFile, parts: Mapping[str, Callable[[bytes], bytes]]
) -> Iterator[tuple[str, bytes]]:
    names = dict.fromkeys([*old.namelist(), *parts])
    for name in names:
        data = old.read(name) if name in old.namelist() else b""
        yield name, parts[name](data) if name in parts else data
