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
_MARK = re.compile(r"\w+Message(?:/.*)?")
_RANGE = re.compile(r"[A-Z]+([0-9]+)(?::[A-Z]+([0-9]+))?")


@dataclass(slots=True)
class Entry:
    """One row: its number, the text that joins lines to heads, values by path, and faults."""

    number: int
    join: str
    values: dict[str, str]
    faults: list[Finding] = field(default_factory=list)


class Count:
    """Counts the rows of a workbook, and refuses one that has too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows = 0

    def one(self) -> None:
        """Takes one more row."""
        self._rows += 1
        if self._rows > self._most:
            raise Refused("SHT-ROWS", expected=str(self._most))


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
        self._unnamed: set[int] = set()

    def read_header(self, header: Row) -> None:
        """Takes the first row: which column is which field."""
        known = {self.sheet.header(each): each for each in self.sheet.columns}
        known |= {each.path: each for each in self.sheet.columns}
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
                self._columns[at] = found
        for each in self.sheet.columns:
            if is_needed(each) and each.path not in taken:
                self._whole("SHT-COLUMN-MISSING", "", self.sheet.header(each), path=each.path)
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
                count.one()
                yield self._entry(row)
        self._judge_merged()

    def _entry(self, row: Row) -> Entry:
        entry = Entry(row.number, "", {})
        for at, cell in row.cells.items():
            known = self._columns.get(at)
            if at == 1:
                self._join(entry, cell)
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

    def _join(self, entry: Entry, cell: Cell) -> None:
        value = value_of(self.sheet.columns[0], cell)
        if isinstance(value, Unreadable):
            entry.faults.append(self._fault(value, "", entry.number, 1))
        else:
            entry.join = value.strip()

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
