"""Changes that make a right record wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from single_window.demo.trades import Record

Change = Callable[[Record], None]

_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")
_FREE = {"price": "0.00", "totalPrice": "0.00"}


def _found(record: Record, path: str) -> tuple[dict[str, Any], str]:
    """The group that holds the last name of a path, and that name."""
    *groups, name = path.split("/")
    at: Any = record
    for group in groups:
        match = _STEP.fullmatch(group)
        assert match is not None
        at = at[match[1]][int(match[2]) - 1] if match[2] else at[match[1]]
    return at, name


def put(path: str, value: Any, after: str = "") -> Change:
    """Gives a field a value; a field that was not there is put behind `after`."""

    def change(record: Record) -> None:
        group, name = _found(record, path)
        if name in group or not after:
            group[name] = value
            return
        names = list(group)
        at = names.index(after) + 1
        items = list(group.items())
        group.clear()
        group.update([*items[:at], (name, value), *items[at:]])

    return change


def drop(path: str) -> Change:
    def change(record: Record) -> None:
        group, name = _found(record, path)
        del group[name]

    return change


def add(amount: str, *paths: str) -> Change:
    """Adds an amount to each field."""

    def change(record: Record) -> None:
        for path in paths:
            group, name = _found(record, path)
            group[name] = str(Decimal(group[name]) + Decimal(amount))

    return change


def swap(path: str, other: str) -> Change:
    """Exchanges the places of two fields of one group."""

    def change(record: Record) -> None:
        group, name = _found(record, path)
        names = list(group)
        one, two = names.index(name), names.index(other)
        names[one], names[two] = names[two], names[one]
        items = [(each, group[each]) for each in names]
        group.clear()
        group.update(items)

    return change


def twice(path: str) -> Change:
    def change(record: Record) -> None:
        group, name = _found(record, path)
        group[name] = [group[name], group[name]]

    return change


def gift(lines: str) -> Change:
    """Puts a line that costs nothing, with the number of the first, behind the first."""

    def change(record: Record) -> None:
        first = record[lines][0]
        record[lines].insert(1, first | _FREE)

    return change


def extra_line(record: Record) -> None:
    """Puts a line that costs nothing behind the last of an inventory, in its turn."""
    lines = record["InventoryList"]
    lines.append(lines[0] | _FREE | {"gnum": str(len(lines) + 1)})


def one_item(price: str) -> Change:
    def change(record: Record) -> None:
        line = record["InventoryList"][0]
        line |= {"qty": "1", "price": price, "totalPrice": price}
        record["InventoryList"] = [line]

    return change


def hundred_lines(record: Record) -> None:
    line = record["InventoryList"][0]
    record["InventoryList"] = [line | {"gnum": str(at)} for at in range(1, 101)]


def numbered_from_two(record: Record) -> None:
    for line in record["InventoryList"]:
        line["gnum"] = str(int(line["gnum"]) + 1)


def twice_as_many(record: Record) -> None:
    """Twice the pieces at half the price: the total stays."""
    line = record["InventoryList"][0]
    line["qty"] = str(int(line["qty"]) * 2)
    line["price"] = str(Decimal(line["price"]) / 2)


def together(*changes: Change) -> Change:
    def change(record: Record) -> None:
        for each in changes:
            each(record)

    return change


def borrow(record: Record, path: str, other: Record) -> None:
    """Gives a field the value that another record has in it."""
    group, name = _found(record, path)
    there, _ = _found(other, path)
    group[name] = there[name]
