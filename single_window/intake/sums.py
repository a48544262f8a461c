"""Totals that a form works out, and the fields that the window fills in when it is filed."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from single_window.domain.money import to_fen
from single_window.intake.forms import Values, field_path, lines_of, name_of
from single_window.intake.layouts import Fill, Layout, Sum

_BEIJING = timedelta(hours=8)
_FIGURE = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,10})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Total:
    """What a field comes to, and the figures that lead there ("" where one is missing)."""

    name: str
    value: str
    expression: str
    label_zh: str
    label_en: str


def totals(layout: Layout, values: Mapping[str, str]) -> dict[str, Total]:
    """What can be worked out of the values, by the name of the field that it stands in.

    Later sums see the results of earlier ones where their field is still empty.
    """
    known = dict(values)
    found: dict[str, Total] = {}
    for each in layout.sums:
        for total in _totals(each, known):
            found[total.name] = total
            known[total.name] = known.get(total.name) or total.value
    return found


def _totals(told: Sum, values: Mapping[str, str]) -> Iterator[Total]:
    group, _, leaf = told.path.rpartition("/")
    if told.times and (numbers := lines_of(values, name_of(group))):
        for at in numbers:
            prefix = f"{name_of(group)}.{at}."
            factors = [values.get(prefix + path.rpartition("/")[2], "") for path in told.times]
            yield from _product(told, prefix + leaf, factors)
    elif told.times:
        yield from _product(told, name_of(told.path), [_at(values, path) for path in told.times])
    else:
        yield from _balance(told, values)


def _at(values: Mapping[str, str], path: str) -> str:
    return values.get(name_of(path), "")


def _product(told: Sum, name: str, factors: list[str]) -> Iterator[Total]:
    figures = [_figure(text) for text in factors]
    result = Decimal(1)
    for figure in figures:
        if figure is None:
            return
        result *= figure
    yield _total(told, name, result, " × ".join(factors))


def _figure(text: str) -> Decimal | None:
    return Decimal(text) if _FIGURE.fullmatch(text) else None


def _balance(told: Sum, values: Mapping[str, str]) -> Iterator[Total]:
    result, shown = Decimal(0), []
    for sign, paths in (("+", told.plus), ("−", told.minus)):
        for path in paths:
            texts = _all(values, path)
            if not texts and sign == "+":
                return
            for text in texts:
                figure = _figure(text)
                if figure is None:
                    return
                result += figure if sign == "+" else -figure
                shown += [sign, text]
    yield _total(told, name_of(told.path), result, " ".join(shown[1:]))


def _all(values: Mapping[str, str], path: str) -> list[str]:
    """The values at a path: one, or those of the lines; a line that says nothing adds nothing."""
    group, _, leaf = path.rpartition("/")
    own = values.get(name_of(path))
    if own is not None:
        return [own] if own else []
    lines = lines_of(values, name_of(group))
    texts = [values.get(f"{name_of(group)}.{at}.{leaf}", "") for at in lines]
    return [text for text in texts if text]


def _total(told: Sum, name: str, result: Decimal, expression: str) -> Total:
    return Total(name, f"{to_fen(result):f}", expression, told.label_zh, told.label_en)


def recomputed(layout: Layout, before: Mapping[str, str], after: Mapping[str, str]) -> Values:
    """The values with totals brought up to date: those left empty, and those nobody changed."""
    result = dict(after)
    earlier = totals(layout, before)
    for _ in layout.sums:
        for name, total in totals(layout, result).items():
            typed, old = after.get(name), earlier.get(name)
            if not typed or (old is not None and typed == old.value):
                result[name] = total.value
    return result


# --- what is filled in -------------------------------------------------------------------------


def filled(layout: Layout, values: Mapping[str, str], *, seed: str, at: int) -> Values:
    """The values as they are filed: what the window fills in is filled in where it is empty.

    The same seed and moment (ms UTC) give the same, so that filing twice files the same bytes.
    """
    result = dict(values)
    for entry in layout.entries.values():
        name = name_of(entry.path)
        if entry.fill and not result.get(name):
            result[name] = _fill(entry.fill, f"{seed}|{name}", at)
    return result


def _fill(fill: Fill, seed: str, at: int) -> str:
    if fill == "guid":
        return guid_from(seed)
    moment = datetime.fromtimestamp(at // 1000, UTC) + _BEIJING
    return f"{moment:{_TIMES[fill]}}"


_TIMES = {"day": "%Y%m%d", "moment": "%Y%m%d%H%M%S", "clock": "%Y-%m-%d %H:%M:%S"}


def guid_from(seed: str) -> str:
    """A number in the form of a GUID that belongs to the seed."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, seed)).upper()


def blank(layout: Layout) -> Values:
    """A new form: its defaults, and one line in each table."""
    values: Values = {}
    for section in layout.sections:
        for entry in section.all:
            if section.lines is None and entry.default:
                values[name_of(entry.path)] = entry.default
        if section.lines is not None:
            values |= new_line(layout, name_of(section.lines.path), values)
    return values


def new_line(layout: Layout, group: str, values: Mapping[str, str]) -> Values:
    """The values of one more line of a table: its number, and its defaults."""
    section = layout.table(field_path(group))
    numbers = lines_of(values, group)
    at = (numbers[-1] if numbers else 0) + 1
    prefix = f"{group}.{at}."
    made = {prefix + e.field.name: e.default for e in section.all if e.default}
    made.setdefault(prefix + section.all[0].field.name, "")
    if section.number:
        made[prefix + section.number] = str(_next(values, group, section.number))
    return made


def _next(values: Mapping[str, str], group: str, leaf: str) -> int:
    used = (values.get(f"{group}.{at}.{leaf}", "") for at in lines_of(values, group))
    return max((int(text) for text in used if text.isascii() and text.isdecimal()), default=0) + 1
