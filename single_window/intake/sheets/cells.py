"""A workbook at its lowest: what its cells hold, as written, read as a stream.

Read with expat and nothing else, since no spreadsheet library gives the digits of a number as they
stand in the file, the places of merged cells while streaming, or limits. Nothing is calculated,
nothing outside the file is looked at, no document type is taken.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple
from xml.parsers import expat

from single_window.intake.archives import unpacked
from single_window.intake.markup import Refused

TEXTS_MAX = 128 * 1024 * 1024
"""Bytes of the table of texts that the cells share; it is held in memory."""
COLUMNS_MAX = 1000
"""Columns that are looked at; the widest national record has some fifty."""
_ROW_DIGITS = 7
_CONTENT_TYPES = "[Content_Types].xml"
_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_TEXTS, _STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_BUILT_IN = {"1": "0", "2": "0.00", "3": "#,##0", "4": "#,##0.00"}
_BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_ASIDES = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|[_*].')
_ZEROS = re.compile(r"(?:#,##)?(0+)(?:\.(0+))?")

Kind = Literal["text", "number", "date", "formula", "error", "truth"]


class Style(NamedTuple):
    """How numbers of a cell are shown: as a date, or with at least so many digits."""

    date: bool = False
    whole: int = 1
    fraction: int = 0


_PLAIN = Style()


class Cell(NamedTuple):
    """What one cell holds: its text or the figures of its number, as they stand in the file."""

    kind: Kind
    text: str
    style: Style = _PLAIN


class Row(NamedTuple):
    """One row: its number in the sheet, and its cells that hold something, by column from 1."""

    number: int
    cells: dict[int, Cell]


@dataclass(slots=True)
class Grid:
    """One sheet: its name, and after its rows have been read, the ranges of its merged cells."""

    title: str
    part: str
    merged: list[str] = field(default_factory=list)


class Workbook:
    """A workbook that was opened: its visible and hidden sheets, and their rows.

    Raises Refused where it is damaged, protected by a password, carries macros or is too large.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._infos = {info.filename: info for info in archive.infolist()}
        if _CONTENT_TYPES not in self._infos:
            raise Refused("SHT-FILE", value=_CONTENT_TYPES)
        self._refuse_macros()
        self.grids = self._grids()
        self._texts = self._shared_texts() if _TEXTS in self._infos else []
        self._styles = _styles(self._all(_STYLES)) if _STYLES in self._infos else []

    def rows(self, grid: Grid) -> Iterator[Row]:
        """The rows of a sheet that hold something, in their order."""
        reading = _Rows(grid, self._texts, self._styles)
        for _ in self._parsed(grid.part, reading):
            yield from reading.taken()

    def _refuse_macros(self) -> None:
        types = b"".join(self._blocks(_CONTENT_TYPES))
        if b"macroEnabled" in types or any(n.endswith("vbaProject.bin") for n in self._infos):
            raise Refused("SHT-MACRO")

    def _grids(self) -> list[Grid]:
        targets = {
            found["Id"]: found["Target"]
            for name, found in self._all(_RELATIONS)
            if name == "Relationship" and "Id" in found and "Target" in found
        }
        grids = []
        for name, found in self._all(_WORKBOOK):
            if name == "workbookPr" and found.get("date1904") in {"1", "true"}:
                raise Refused("SHT-1904")
            if name != "sheet":
                continue
            key = next((v for k, v in found.items() if k.rpartition(":")[2] == "id"), "")
            part = _part(targets.get(key, ""))
            if part in self._infos:
                grids.append(Grid(found.get("name", ""), part))
        return grids

    def _all(self, part: str) -> list[tuple[str, dict[str, str]]]:
        """Every element of a small part, with its attributes."""
        reading = _Elements()
        for _ in self._parsed(part, reading):
            pass
        return reading.found

    def _shared_texts(self) -> list[str]:
        if self._infos[_TEXTS].file_size > TEXTS_MAX:
            raise Refused("SHT-TOO-LARGE", expected=str(TEXTS_MAX))
        reading = _Texts()
        for _ in self._parsed(_TEXTS, reading):
            pass
        return reading.found

    def _parsed(self, part: str, reading: _Reading) -> Iterator[None]:
        """Feeds a part to a reading, and stops after each block."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = reading.start
        parser.EndElementHandler = reading.end
        parser.CharacterDataHandler = reading.characters
        parser.StartDoctypeDeclHandler = _no_document_type
        try:
            for block in self._blocks(part):
                parser.Parse(block, False)
                yield
            parser.Parse(b"", True)
        except (expat.ExpatError, UnicodeError) as error:
            raise Refused("SHT-FILE", value=part) from error
        yield

    def _blocks(self, part: str) -> Iterator[bytes]:
        if part not in self._infos:
            raise Refused("SHT-FILE", value=part)
        try:
            yield from unpacked(self._archive, self._infos[part])
        except Refused as refused:
            raise Refused("SHT-TOO-LARGE", expected=refused.values["expected"]) from refused


def _no_document_type(*_: object) -> None:
    raise Refused("SHT-FILE", value="DOCTYPE")


def _part(target: str) -> str:
    """The entry of the archive that a relation of the workbook points at."""
    return target[1:] if target.startswith("/") else f"xl/{target}"


class _Reading:
    """What expat tells of one part."""

    def start(self, name: str, found: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def characters(self, text: str) -> None:
        """A piece of text."""


class _Elements(_Reading):
    def __init__(self) -> None:
        self.found: list[tuple[str, dict[str, str]]] = []

    def start(self, name: str, found: dict[str, str]) -> None:
        self.found.append((name.rpartition(":")[2], found))


class _Texts(_Reading):
    """The shared texts, each put together from its runs, without what is only for pronouncing."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] = []
        self._inside = self._aside = False

    def start(self, name: str, found: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "si":
            self._parts = []
        elif local == "rPh":
            self._aside = True
        elif local == "t":
            self._inside = not self._aside

    def end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local == "si":
            self.found.append(unescaped("".join(self._parts)))
        elif local == "rPh":
            self._aside = False
        elif local == "t":
            self._inside = False

    def characters(self, text: str) -> None:
        if self._inside:
            self._parts.append(text)


class _Rows(_Reading):
    """The rows of a sheet, as far as they have been read."""

    def __init__(self, grid: Grid, texts: list[str], styles: list[Style]) -> None:
        self._grid, self._texts, self._styles = grid, texts, styles
        self._rows: list[Row] = []
        self._number = self._column = 0
        self._cells: dict[int, Cell] = {}
        self._type = self._style = ""
        self._parts: list[str] | None = None
        self._value = ""
        self._formula = self._aside = False

    def taken(self) -> list[Row]:
        """The rows read since the last time."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, found: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "c":
            place = found.get("r", "").rstrip("0123456789")
            self._column = column(place) if place else self._column + 1
            self._type, self._style = found.get("t", "n"), found.get("s", "")
            self._value, self._formula = "", False
        elif local == "v" or (local == "t" and not self._aside):
            self._parts = []
        elif local == "f":
            self._formula = True
        elif local == "rPh":
            self._aside = True
        elif local == "row":
            number = found.get("r", "")
            told = number.isdecimal() and len(number) <= _ROW_DIGITS
            self._number = int(number) if told else self._number + 1
            self._cells, self._column = {}, 0
        elif local == "mergeCell":
            self._grid.merged.append(found.get("ref", ""))

    def characters(self, text: str) -> None:
        if self._parts is not None:
            self._parts.append(text)

    def end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local in {"v", "t"}:
            if self._parts is not None:
                self._value += "".join(self._parts)
                self._parts = None
        elif local == "c":
            if (self._value or self._formula) and self._column <= COLUMNS_MAX:
                self._cells[self._column] = self._cell()
        elif local == "rPh":
            self._aside = False
        elif local == "row" and self._cells:
            self._rows.append(Row(self._number, self._cells))

    def _cell(self) -> Cell:
        value = self._value
        if self._formula:
            return Cell("formula", value)
        match self._type:
            case "s":
                at = int(value) if value.isdecimal() else len(self._texts)
                if at >= len(self._texts):
                    raise Refused("SHT-FILE", value=self._grid.title)
                return Cell("text", self._texts[at])
            case "inlineStr" | "str":
                return Cell("text", unescaped(value))
            case "e":
                return Cell("error", value)
            case "b":
                return Cell("truth", value)
            case "d":
                return Cell("date", value)
        style = self._styles[int(self._style)] if self._has_style() else _PLAIN
        return Cell("date" if style.date else "number", value, style)

    def _has_style(self) -> bool:
        return self._style.isdecimal() and int(self._style) < len(self._styles)


@lru_cache(maxsize=COLUMNS_MAX)
def column(name: str) -> int:
    """The number of a column: A is 1, AB is 28."""
    number = 0
    for letter in name[:4].upper():
        number = number * 26 + ord(letter) - 64
    return number


def letters(column: int) -> str:
    """What a column is called: 1 is A, 28 is AB."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def unescaped(text: str) -> str:
    """The text with the characters that spreadsheets write as _xHHHH_."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def escaped(text: str) -> str:
    """The text as spreadsheets write it, so that `unescaped` gives it back."""
    guarded = _ESCAPE.sub(lambda found: f"_x005F{found[0]}", text) if "_x" in text else text
    return guarded.replace("\r", "_x000D_")


def _styles(elements: list[tuple[str, dict[str, str]]]) -> list[Style]:
    """The style of each number that cells name, from the elements of the part of styles."""
    own: dict[str, str] = {}
    styles: list[Style] = []
    inside = False
    for name, found in elements:
        if name == "numFmt":
            own[found.get("numFmtId", "")] = found.get("formatCode", "")
        elif name in {"cellXfs", "cellStyleXfs", "cellStyles", "dxfs"}:
            inside = name == "cellXfs"
        elif name == "xf" and inside:
            styles.append(_style(found.get("numFmtId", "0"), own))
    return styles


def _style(number: str, own: dict[str, str]) -> Style:
    if number not in own and number.isdecimal() and int(number) in _BUILT_IN_DATES:
        return Style(date=True)
    shown = _ASIDES.sub("", own.get(number, _BUILT_IN.get(number, ""))).split(";")[0]
    if re.search("[ymdhs]", shown.casefold().replace("general", "")):
        return Style(date=True)
    zeros = _ZEROS.fullmatch(shown.strip())
    return Style(False, len(zeros[1]), len(zeros[2] or "")) if zeros else _PLAIN
