"""The rows of one sheet as values of its fields, with what is wrong about sheet and cells."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.fields import Field
from single_window.domain.findings import Finding
from single_window.intake.markup import Refused
from single_window.intake.sheets.cells import Cell, Grid, Row, Workbook, letters
from single_window.intake.sheets.layout import REMARK, Sheet, is_needed, sheet_of
from single_window.intake.sheets.values import Unreadable, value_of

ROWS_MAX = 100_000
"""Rows of one workbook that are read, those of lines included."""
_MERGED_TOLD = 5
_LINE_DIGITS = 6
_MARK = re.compile(r"(?:\w+Message|[A-Z]{3}[0-9]{3})(?:/.*)?")
_RANGE = re.compile(r"[A-Z]+([0-9]+)(?::[A-Z]+([0-9]+))?")


@dataclass(slots=True)
class Entry:
    """One row: its number, what it belongs to, values by path, and faults.

    `joins` are the text that joins lines to heads, and for each group above which line of it;
    `cell` is the last one that tells.
    """

    number: int
    joins: list[str]
    cell: str
    values: dict[str, str]
    faults: list[Finding] = field(default_factory=list)


DOCUMENTS_MAX = 5000
"""Messages that a workbook becomes where each record is one: each is then read by itself."""


class Count:
    """Counts the rows of a workbook, and the messages that they make; refuses too many of them."""

    def __init__(self, most_rows: int = ROWS_MAX, most_documents: int = DOCUMENTS_MAX) -> None:
        self._most_rows, self._most_documents = most_rows, most_documents
        self._rows = self._documents = 0

    def row(self) -> None:
        """Takes one more row."""
        self._rows += 1
        if self._rows > self._most_rows:
            raise Refused("SHT-ROWS", expected=str(self._most_rows))

    def document(self) -> None:
        """Takes one more message."""
        self._documents += 1
        if self._documents > self._most_documents:
            raise Refused("SHT-RECORDS", expected=str(self._most_documents))


class Table:
    """A sheet that is one of the templates': its columns, and its rows, to be read once.

    After the rows, `findings` has all that is wrong with the sheet as a whole.
    """

    def __init__(self, grid: Grid, sheet: Sheet, rows: Iterator[Row]) -> None:
        self.grid, self.sheet = grid, sheet
        self.findings: list[Finding] = []
        self._rows = rows
        self._remarks = _Remarks()
        self._columns: dict[int, Field] = {}
        self._joins = {1: 0}
        self._unnamed: set[int] = set()

    def read_header(self, header: Row) -> None:
        """Takes the first row: which column is which field."""
        known = {self.sheet.header(each): each for each in self.sheet.columns}
        known |= {each.path: each for each in self.sheet.columns}
        known |= dict(zip(self.sheet.joins, self.sheet.above, strict=True))
        taken: set[str] = set()
        for at, cell in header.cells.items():
            name = cell.text.strip()
            if at == 1 or not name or name.startswith(REMARK):
                continue
            found = known.get(name)
            if found is None:
                near = difflib.get_close_matches(name, known, 1, 0)
                self._whole("SHT-COLUMN", letters(at), name[:80], near[0])
            elif found.path in taken:
                self._whole("SHT-COLUMN-TWICE", letters(at), name)
            else:
                taken.add(found.path)
                if found in self.sheet.above:
                    self._joins[at] = self.sheet.above.index(found) + 1
                else:
                    self._columns[at] = found
        for name, each in known.items():
            if each.path not in taken and (each in self.sheet.above or is_needed(each)):
                taken.add(each.path)
                self._whole("SHT-COLUMN-MISSING", "", name, path=each.path)
        self._unnamed = {at for at, cell in header.cells.items() if cell.text.strip()} | {1}

    def entries(self, count: Count) -> Iterator[Entry]:
        """The rows that are no remarks."""
        last = 1
        for row in self._rows:
            if row.number <= last:
                raise Refused("SHT-FILE", value=self.grid.title)
            last = row.number
            joining = row.cells.get(1)
            if joining is not None and joining.text.lstrip().startswith(REMARK):
                self._remarks.add(row.number)
                continue
            if any(cell.text or cell.kind == "formula" for cell in row.cells.values()):
                count.row()
                yield self._entry(row)
        self._judge_merged()

    def _entry(self, row: Row) -> Entry:
        last = max(self._joins, key=self._joins.__getitem__)
        joins = [""] * (1 + len(self.sheet.above))
        entry = Entry(row.number, joins, f"{letters(last)}{row.number}", {})
        for at, cell in row.cells.items():
            known = self._columns.get(at)
            if at in self._joins:
                self._join(entry, at, cell)
            elif known is None:
                if at not in self._unnamed and cell.text:
                    self._unnamed.add(at)
                    self._whole("SHT-COLUMN-UNNAMED", letters(at), cell.text[:40])
            else:
                value = value_of(known, cell)
                if isinstance(value, Unreadable):
                    entry.faults.append(self._fault(value, known.path, row.number, at))
                elif value:
                    entry.values[known.path] = value
        return entry

    def _join(self, entry: Entry, at: int, cell: Cell) -> None:
        """Takes what a row belongs to: a text, or the number of a line, however it is written."""
        value = value_of(self.sheet.columns[0], cell)
        if isinstance(value, Unreadable):
            entry.faults.append(self._fault(value, "", entry.number, at))
            return
        place, text = self._joins[at], value.strip()
        short = text.isascii() and text.isdecimal() and len(text) <= _LINE_DIGITS
        entry.joins[place] = str(int(text)) if place and short else text

    def _fault(self, why: Unreadable, path: str, number: int, at: int) -> Finding:
        return Finding(
            "envelope",
            why.code,
            "reject",
            path=path,
            value=why.value,
            expected=why.expected,
            args=(("sheet", self.grid.title), ("cell", f"{letters(at)}{number}")),
            line=number,
        )

    def _whole(
        self, code: str, where: str, value: str, expected: str = "", *, path: str = ""
    ) -> None:
        place = (("sheet", self.grid.title), ("column", where))
        self.findings.append(
            Finding(
                "envelope", code, "reject", path=path, value=value, expected=expected, args=place
            )
        )

    def _judge_merged(self) -> None:
        """Merged cells are fine among the remarks; in a row of values they hide what is missing."""
        told = 0
        for merged in self.grid.merged:
            found = _RANGE.fullmatch(merged)
            rows = range(int(found[1]), int(found[2] or found[1]) + 1) if found else range(0)
            if found and not self._remarks.cover(rows) and told < _MERGED_TOLD:
                told += 1
                self._whole("SHT-MERGED", "", merged)


class _Remarks:
    """The rows that are no values: the first, and those that say so."""

    def __init__(self) -> None:
        self._numbers = {1}

    def add(self, number: int) -> None:
        self._numbers.add(number)

    def cover(self, rows: range) -> bool:
        """Whether all of these rows are remarks."""
        return len(rows) <= len(self._numbers) and all(row in self._numbers for row in rows)


def tables(workbook: Workbook) -> Iterator[Table]:
    """The sheets of a workbook that belong to a template; others are somebody's own.

    Raises Refused for one that looks like a template's and is not.
    """
    for grid in workbook.grids:
        rows = workbook.rows(grid)
        header = next(rows, None)
        first = header.cells.get(1) if header and header.number == 1 else None
        if header is None or first is None:
            continue
        mark = first.text.strip()
        sheet = sheet_of(mark)
        if sheet is not None:
            table = Table(grid, sheet, rows)
            table.read_header(header)
            yield table
        elif _MARK.fullmatch(mark):
            raise Refused("SHT-SHEET", value=mark[:80], expected=grid.title)
