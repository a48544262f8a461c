"""A workbook written as a stream: never whole in memory, never on the disk.

Only what is needed: texts, a few looks, comments, lists to choose from, links. Every value is a
text, so that no zero is lost and nothing is taken for a formula, but what is said to be a number.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from single_window.intake.sheets.cells import escaped, letters

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HERE = Path(__file__).parent
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DEFAULTS = {
    "rels": "vnd.openxmlformats-package.relationships+xml",
    "xml": "xml",
    "vml": "vnd.openxmlformats-officedocument.vmlDrawing",
}
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_ROWS_MOST = 1_048_576
_COMMENT_COLUMNS, _COMMENT_ROWS = 4, 9
_DAY = (1980, 1, 1, 0, 0, 0)
"""Time of every entry: the same template has the same bytes."""


class Look(IntEnum):
    """How a cell looks; the numbers are those of styles.xml."""

    PLAIN = 0
    TEXT = 1
    NAME = 2
    LABEL = 3
    NEEDED = 4
    BAD = 5
    NOTED = 6
    WRAPPED = 7
    LINK = 8


@dataclass(frozen=True, slots=True)
class Value:
    """One cell to be written; `link` is a place in this workbook, a `number` can be summed."""

    text: str
    look: Look = Look.TEXT
    comment: str = ""
    link: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A column whose values can be chosen from a list elsewhere in the workbook."""

    column: int
    first_row: int
    source: str


@dataclass(slots=True)
class Page:
    """A sheet to be written. `widths` are in characters; a column's look holds where nothing is."""

    title: str
    rows: Iterable[Sequence[Value | None]]
    widths: Sequence[int] = ()
    looks: Sequence[Look] = ()
    choices: Sequence[Choice] = ()
    frozen: tuple[int, int] = (0, 0)
    hidden: bool = False
    comments: list[tuple[str, int, int, str]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)


class _Pipe:
    """What the archive writes, to be handed on."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """There is nothing behind it."""

    def close(self) -> None:
        """Nothing to end."""

    def taken(self) -> Iterator[bytes]:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        if parts:
            yield b"".join(parts)


def written(pages: Sequence[Page]) -> Iterator[bytes]:
    """The bytes of a workbook of these sheets."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for number, page in enumerate(pages, 1):
            with archive.open(_entry(f"xl/worksheets/sheet{number}.xml"), "w") as entry:
                for text in _sheet(page):
                    entry.write(text.encode())
                    yield from pipe.taken()
            for path, text in _beside(number, page):
                archive.writestr(_entry(path), text)
            yield from pipe.taken()
        for path, text in _frame(pages):
            archive.writestr(_entry(path), text)
    yield from pipe.taken()


def _entry(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _DAY)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _sheet(page: Page) -> Iterator[str]:
    across, down = page.frozen
    yield f'{_DECLARATION}<worksheet xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheetViews>'
    yield '<sheetView workbookViewId="0">'
    if across or down:
        corner = f"{letters(across + 1)}{down + 1}"
        yield (
            f'<pane xSplit="{across}" ySplit="{down}" topLeftCell="{corner}"'
            ' activePane="bottomRight" state="frozen"/>'
        )
    yield "</sheetView></sheetViews>"
    yield from _columns(page)
    yield "<sheetData>"
    for number, row in enumerate(page.rows, 1):
        yield f'<row r="{number}">{"".join(_cells(page, number, row))}</row>'
    yield "</sheetData>"
    yield from _choices(page)
    if page.links:
        yield "<hyperlinks>"
        for place, target in page.links:
            yield f'<hyperlink ref="{place}" location={quoteattr(target)}/>'
        yield "</hyperlinks>"
    if page.comments:
        yield '<legacyDrawing r:id="rId1"/>'
    yield "</worksheet>"


def _columns(page: Page) -> Iterator[str]:
    if not page.widths:
        return
    yield "<cols>"
    for number, width in enumerate(page.widths, 1):
        look = page.looks[number - 1] if number <= len(page.looks) else Look.PLAIN
        yield (
            f'<col min="{number}" max="{number}" width="{width}" style="{int(look)}"'
            ' customWidth="1"/>'
        )
    yield "</cols>"


def _cells(page: Page, number: int, row: Sequence[Value | None]) -> Iterator[str]:
    for column, value in enumerate(row, 1):
        if value is None:
            continue
        place = f"{letters(column)}{number}"
        if value.comment:
            page.comments.append((place, number, column, value.comment))
        if value.link:
            page.links.append((place, value.link))
        if value.number:
            yield f'<c r="{place}" s="{int(value.look)}"><v>{escape(value.text)}</v></c>'
        elif value.text:
            text = escape(escaped(value.text))
            held = f'<is><t xml:space="preserve">{text}</t></is>'
            yield f'<c r="{place}" s="{int(value.look)}" t="inlineStr">{held}</c>'
        else:
            yield f'<c r="{place}" s="{int(value.look)}"/>'


def _choices(page: Page) -> Iterator[str]:
    if not page.choices:
        return
    yield f'<dataValidations count="{len(page.choices)}">'
    for each in page.choices:
        column = letters(each.column)
        yield (
            '<dataValidation type="list" allowBlank="1"'
            f' sqref="{column}{each.first_row}:{column}{_ROWS_MOST}">'
            f"<formula1>{escape(each.source)}</formula1></dataValidation>"
        )
    yield "</dataValidations>"


def _beside(number: int, page: Page) -> Iterator[tuple[str, str]]:
    """The parts that hold the comments of a sheet."""
    if not page.comments:
        return
    yield (
        f"xl/worksheets/_rels/sheet{number}.xml.rels",
        _relations(
            (("vmlDrawing", f"../drawings/vmlDrawing{number}.vml"),
             ("comments", f"../comments{number}.xml"))
        ),
    )  # fmt: skip
    told = "".join(
        f'<comment ref="{place}" authorId="0"><text><t xml:space="preserve">'
        f"{escape(escaped(text))}</t></text></comment>"
        for place, _, _, text in page.comments
    )
    yield (
        f"xl/comments{number}.xml",
        _rooted("comments", f"<authors><author/></authors><commentList>{told}</commentList>"),
    )
    boxes = "".join(
        _box(number * 1024 + at, row, column)
        for at, (_, row, column, _) in enumerate(page.comments, 1)
    )
    frame = (_HERE / "comments.vml").read_text("utf-8")
    yield f"xl/drawings/vmlDrawing{number}.vml", frame.replace("<boxes/>", boxes)


def _box(number: int, row: int, column: int) -> str:
    anchor = (
        f"{column}, 15, {row - 1}, 2, {column + _COMMENT_COLUMNS}, 15, {row + _COMMENT_ROWS}, 4"
    )
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" fillcolor="#ffffe1"'
        ' style="position:absolute;visibility:hidden" o:insetmode="auto">'
        '<v:fill color2="#ffffe1"/><v:path o:connecttype="none"/>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill>"
        f"<x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column></x:ClientData></v:shape>"
    )


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    told = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(targets, 1)
    )
    return f'{_DECLARATION}<Relationships xmlns="{_RELATIONS}">{told}</Relationships>'


def _frame(pages: Sequence[Page]) -> Iterator[tuple[str, str]]:
    """The parts that hold the sheets together."""
    numbers = range(1, len(pages) + 1)
    parts = [("worksheet", f"worksheets/sheet{number}.xml") for number in numbers]
    yield "_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")])
    yield "xl/_rels/workbook.xml.rels", _relations([*parts, ("styles", "styles.xml")])
    yield "xl/styles.xml", (_HERE / "styles.xml").read_text("utf-8")
    told = "".join(
        f'<sheet name={quoteattr(page.title)} sheetId="{number}" r:id="rId{number}"'
        f"{' state=' + chr(34) + 'hidden' + chr(34) if page.hidden else ''}/>"
        for number, page in enumerate(pages, 1)
    )
    yield (
        "xl/workbook.xml",
        _rooted("workbook", f"<bookViews><workbookView/></bookViews><sheets>{told}</sheets>"),
    )
    overrides = [("/xl/workbook.xml", "sheet.main"), ("/xl/styles.xml", "styles")]
    overrides += [(f"/xl/worksheets/sheet{number}.xml", "worksheet") for number in numbers]
    overrides += [
        (f"/xl/comments{number}.xml", "comments")
        for number, page in enumerate(pages, 1)
        if page.comments
    ]
    kinds = "".join(
        f'<Override PartName="{name}" ContentType="{_KIND}.{kind}+xml"/>'
        for name, kind in overrides
    )
    defaults = "".join(
        f'<Default Extension="{name}" ContentType="application/{kind}"/>'
        for name, kind in _DEFAULTS.items()
    )
    yield (
        "[Content_Types].xml",
        f'{_DECLARATION}<Types xmlns="{_TYPES}">{defaults}{kinds}</Types>',
    )


def _rooted(name: str, inside: str) -> str:
    """A part of the main kind whose root has this name."""
    return f'{_DECLARATION}<{name} xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{inside}</{name}>'
