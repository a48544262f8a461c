"""What a cell says to a field: exactly what a person sees in it, or why it cannot be read.

A number is taken as it is shown in a cell wide enough: 15 significant digits, which is all that a
spreadsheet keeps, without the noise of binary fractions, and with the zeros that its format asks
for in front and behind. It is never rounded to fewer decimals than it has. A date becomes the
digits that the field wants.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import NamedTuple

from schemas import codes
from schemas.codes import Code
from schemas.fields import Field
from single_window.intake.explaining import VALUE_SHOWN
from single_window.intake.sheets.cells import Cell

DIGITS = 15
"""Significant digits of a number that every spreadsheet keeps."""
_SHOWN = Context(prec=DIGITS)
_SMALLEST = -20
_FIRST, _LAST = 61, 2_958_465
"""Days with the same number in all spreadsheets: from March 1900 to the year 9999."""
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a cell holds no zone
_SECONDS = 86_400
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.\d+)?Z?)?")
_FORMS = {8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Unreadable(NamedTuple):
    """Why a cell has no value: the code of a finding, what stands there, what was expected."""

    code: str
    value: str = ""
    expected: str = ""


def value_of(field: Field, cell: Cell) -> str | Unreadable:
    """The value that a cell gives to a field."""
    return _READERS[cell.kind](field, cell)


def choice(row: Code) -> str:
    """How a code stands in a list to choose from: itself and what it means."""
    return " ".join(part for part in (row.code, row.name_zh, row.name_en) if part)


def _text(field: Field, cell: Cell) -> str | Unreadable:
    text = cell.text
    if _NOT_XML.search(text):
        return Unreadable("SHT-CHARACTER", repr(text)[1 : VALUE_SHOWN - 1])
    if field.code_list and " " in text and field.code_list in codes.names():
        code = text.partition(" ")[0]
        row = codes.table(field.code_list).get(code)
        if row is not None and text == choice(row):
            return code
    return text


def _number(_field: Field, cell: Cell) -> str | Unreadable:
    number = _decimal(cell.text)
    if number is None:
        return Unreadable("SHT-CELL", cell.text[:VALUE_SHOWN])
    if number and not _SMALLEST < number.adjusted() < DIGITS:
        return Unreadable("SHT-DIGITS", cell.text[:VALUE_SHOWN], str(DIGITS))
    sign, figures = ("-", -number) if number < 0 else ("", number)
    whole, _, fraction = f"{figures.normalize():f}".partition(".")
    whole, fraction = whole.zfill(cell.style.whole), fraction.ljust(cell.style.fraction, "0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _decimal(text: str) -> Decimal | None:
    try:
        number = _SHOWN.create_decimal(text)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _date(field: Field, cell: Cell) -> str | Unreadable:
    moment = _moment(cell.text)
    form = _FORMS.get(field.length or field.max_length or 0) if field.kind == "string" else None
    if moment is None or form is None:
        shown = str(moment) if moment else cell.text[:VALUE_SHOWN]
        return Unreadable("SHT-DATE", shown)
    return moment.strftime(form)


def _moment(text: str) -> datetime | None:
    if found := _ISO.fullmatch(text):
        return _iso(f"{found[1]}T{found[2] or '00:00:00'}")
    number = _decimal(text)
    if number is None or not _FIRST <= number <= _LAST:
        return None
    days, part = divmod(number, 1)
    seconds = (part * _SECONDS).to_integral_value()
    return _DAY_ZERO + timedelta(days=int(days), seconds=int(seconds))


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _formula(_field: Field, cell: Cell) -> Unreadable:
    return Unreadable("SHT-FORMULA", cell.text[:VALUE_SHOWN])


def _error(_field: Field, cell: Cell) -> Unreadable:
    return Unreadable("SHT-CELL", cell.text[:VALUE_SHOWN])


def _truth(_field: Field, cell: Cell) -> Unreadable:
    return Unreadable("SHT-CELL", "FALSE" if cell.text == "0" else "TRUE")


_READERS: Mapping[str, Callable[[Field, Cell], str | Unreadable]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "formula": _formula,
    "error": _error,
    "truth": _truth,
}
