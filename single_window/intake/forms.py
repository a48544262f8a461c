"""Form values to message bytes and back: the same XML that a program would send.

Values are flat. The name of a value is the path of its field joined by dots, with the number of
the line behind a group that repeats: "InventoryHead.orderNo", "InventoryList.2.qty". A value that
is empty is one that was not given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from schemas import fastread, registry
from schemas.fields import Field
from schemas.registry import Message
from single_window import regimes
from single_window.domain.findings import Finding
from single_window.intake.checking import is_record, opened, read_record
from single_window.intake.explaining import VALUE_SHOWN, may_be_empty
from single_window.intake.markup import Head, Refused, decoded, encoding_of
from single_window.intake.reading import Reader

Values = dict[str, str]
Record = fastread.Record

VERSION = "1.0"
"""Version of the message format, edition 202205."""
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
NIL = ' xsi:nil="true"/>'
"""How an element ends that must be there and has nothing to say, where the schema lets it."""
_XSI = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_NUMBER = r"[1-9][0-9]{0,5}"
_LINE = re.compile(rf"\.({_NUMBER})(?=\.)")
_INDEX = re.compile(r"\[([0-9]+)\]")
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def name_of(path: str) -> str:
    """The name of the value at a path of the record: "InventoryList[2]/qty" and its kin."""
    return _INDEX.sub(r".\1", path).replace("/", ".")


def path_of(name: str) -> str:
    """The path at which the value of this name stands in the record."""
    return _LINE.sub(r"[\1]", name).replace(".", "/")


def field_path(name: str) -> str:
    """The path of the field that the name speaks of, without the numbers of lines."""
    return _LINE.sub("", name).replace(".", "/")


def to_record(message: Message, values: Mapping[str, str]) -> Record:
    """The record that the values make: only what is filled, lines in their order.

    A line in which nothing is filled is none. What has to be there and may be empty is there.
    """
    tree: dict[str, Any] = {}
    known = shapes(message)
    for name, value in values.items():
        if value and shape_of(name) in known:
            *groups, leaf = name.split(".")
            at = tree
            for group in groups:
                at = at.setdefault(group, {})
            at[leaf] = _NOT_XML.sub("", value)
    return _group(message.record_field, tree)


def _group(group: Field, tree: Mapping[str, Any]) -> Record:
    record: Record = {}
    for child in group.children:
        held: Any = tree.get(child.name)
        if child.kind == "group" and child.repeats:
            lines = [_group(child, held[at]) for at in sorted(held or {}, key=int)]
            if lines:
                record[child.name] = lines
        elif child.kind == "group":
            if held or child.min_occurs:
                record[child.name] = _group(child, held or {})
        elif held or may_be_empty(child):
            record[child.name] = held or ""
        elif child.min_occurs and child.nillable:
            record[child.name] = None
    return record


def from_record(message: Message, record: Record) -> Values:
    """The values that make this record, in the order of the schema."""
    return dict(_leaves(message.record_field, record, ""))


def _leaves(group: Field, record: Record, prefix: str) -> Iterator[tuple[str, str]]:
    for child in group.children:
        held = record.get(child.name)
        name = prefix + child.name
        if isinstance(held, str):
            if held:
                yield name, held
        elif isinstance(held, dict):
            yield from _leaves(child, held, f"{name}.")
        elif held:
            for at, line in enumerate(held, 1):
                yield from _leaves(child, line, f"{name}.{at}.")


def to_message(
    message: Message, values: Mapping[str, str], *, sender: Mapping[str, str], guid: str
) -> bytes:
    """The values as a national message of one record, unsigned."""
    return document(message, [to_record(message, values)], sender=sender, guid=guid)


def document(
    message: Message, records: Iterable[Record], *, sender: Mapping[str, str], guid: str
) -> bytes:
    """A national message of these records, unsigned.

    `sender` holds the fields of the transfer part (copCode, copName, dxpMode, dxpId).
    """
    if message.is_record:
        return _whole(message, records)
    prefix = prefix_of(message)
    text = [DECLARATION, "\n", start_tag(message, guid=guid)]
    for record in records:
        _write(prefix, message.record, record, text)
    for part in message.parts:
        if part.name == "BaseTransfer" and part.field is not None:
            names = [field.name for field in part.field.children]
            _write(prefix, part.name, {n: sender[n] for n in names if n in sender}, text)
    text.append(f"</{prefix}{message.name}>\n")
    return "".join(text).encode()


def _whole(message: Message, records: Iterable[Record]) -> bytes:
    """The message that is this one record, in the form in which its partners write it."""
    text: list[str] = []
    (record,) = records
    _write("", message.name, record, text)
    text[0] = start_tag(message, nil=NIL in text)
    return f"{DECLARATION}\n{''.join(text)}\n".encode()


def prefix_of(message: Message) -> str:
    """What stands before the names of its elements: nothing where the message is one record."""
    return "" if message.is_record else f"{message.family}:"


def start_tag(message: Message, *, guid: str = "", nil: bool = False) -> str:
    """The start of a message that is made here; with `nil`, elements in it may say NIL."""
    prefix = prefix_of(message)
    space = f' xmlns:{message.family}="{message.namespace}"'
    own = {"guid": guid, "version": VERSION}
    if message.is_record:
        space = f' xmlns="{message.namespace}"' if message.namespace else ""
        own = {each.name: message.edition for each in message.attributes[:1]}
    given = "".join(f' {a.name}="{own[a.name]}"' for a in message.attributes if a.name in own)
    return f"<{prefix}{message.name}{space}{_XSI if nil else ''}{given}>"


def _write(prefix: str, name: str, value: Any, text: list[str]) -> None:
    if isinstance(value, list):
        for one in value:
            _write(prefix, name, one, text)
        return
    tag = f"{prefix}{name}"
    if value is None:
        text += [f"<{tag}", NIL]
        return
    text.append(f"<{tag}>")
    if isinstance(value, str):
        text.append(escape(value, {"\r": "&#13;"}))
    else:
        for child, held in value.items():
            _write(prefix, child, held, text)
    text.append(f"</{tag}>")


def from_message(body: bytes) -> tuple[Message, list[Values]]:
    """The message that the bytes are, and the values of each record in it.

    Elements that the schema does not know are left out. Raises Refused where the bytes are no
    message that there is a schema for, or not well-formed.
    """
    parts = taken_apart(body)
    return parts.message, [values for _, values in parts.records]


class Parts(NamedTuple):
    """A message taken apart: what its root says, and each record in its own words and as values."""

    message: Message
    head: Head
    records: list[tuple[str, Values]]


def taken_apart(body: bytes) -> Parts:
    """The records of a message one by one; as `from_message` otherwise."""
    reader = Reader(decoded([body], encoding_of(body[:512])))
    document = opened(reader)
    if document is None:
        raise Refused("ENV-UNKNOWN-MESSAGE", 1, value=reader.head.name[:80])
    message, fast = document.message, document.fast
    found = []
    for child in document.children:
        if not is_record(message, child):
            continue
        if child.match is not None and fast is not None:
            record = fast.record(child.match)
        else:
            assert child.element is not None
            record = read_record(message, child.element)
        found.append((child.text, from_record(message, record)))
    return Parts(message, reader.head, found)


# --- names -------------------------------------------------------------------------------------


def shape_of(name: str) -> str:
    """The name with its line numbers as "#": what all lines have in common."""
    return _LINE.sub(".#", name)


def shapes(message: Message) -> Mapping[str, Field]:
    """The field behind each shape that a name of this message can have."""
    return _shapes_of(message.name)


@cache
def _shapes_of(name: str) -> Mapping[str, Field]:
    return dict(_shapes(registry.message(name).record_field, ""))


def _shapes(group: Field, prefix: str) -> Iterator[tuple[str, Field]]:
    for child in group.children:
        name = prefix + child.name
        if child.kind == "group":
            yield from _shapes(child, f"{name}.#." if child.repeats else f"{name}.")
        else:
            yield name, child


def lines_of(values: Mapping[str, str], group: str) -> list[int]:
    """The numbers of the lines of a group (as in a name: "InventoryList") that there are."""
    start = re.compile(rf"{re.escape(group)}\.({_NUMBER})\.")
    found = {match[1] for name in values if (match := start.match(name))}
    return sorted(int(number) for number in found)


def renumbered(values: Mapping[str, str], group: str, order: Iterable[int]) -> Values:
    """The values with just these lines of a group, numbered from one in the order given."""
    start = f"{group}."
    result = {name: value for name, value in values.items() if not name.startswith(start)}
    for at, number in enumerate(order, 1):
        own = f"{start}{number}."
        for name, value in values.items():
            if name.startswith(own):
                result[f"{start}{at}.{name[len(own) :]}"] = value
    return result


def strays(message: Message, values: Mapping[str, str]) -> list[Finding]:
    """What stands in a form and cannot be written: unknown names, characters XML does not have."""
    known = shapes(message)
    found = []
    for name, value in values.items():
        if shape_of(name) not in known:
            shown = f"{name} = {value}"[:VALUE_SHOWN]
            found.append(Finding("envelope", "FRM-UNKNOWN", "reject", value=shown))
        elif _NOT_XML.search(value):
            path = path_of(name)
            shown = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", value)[:VALUE_SHOWN]
            found.append(Finding("schema", "FRM-CHARACTER", "reject", path=path, value=shown))
    return found


def blanks(message: Message, values: Mapping[str, str]) -> list[Finding]:
    """Texts that begin or end with a blank: filed as they are, though others may not find them."""
    known = shapes(message)
    return [
        Finding("rule", "FRM-BLANKS", "warn", path=path_of(name), value=value[:VALUE_SHOWN])
        for name, value in values.items()
        if value != value.strip() and shape_of(name) in known
    ]


def message_named(name: str) -> Message | None:
    """The message of this name that somebody can file; None for receipts and unknown names."""
    if name not in registry.messages():
        return None
    found = registry.message(name)
    return None if found.is_receipt else found


_WRITTEN_HERE = "agency"
"""The family of messages that the window itself makes for agencies; nobody files them."""


def ownerless() -> list[Message]:
    """The messages that can be filled in and that no regime has: checked here, and not filed."""
    taken = {name for regime in regimes.all().values() for name in regime.messages}
    return [
        message
        for name, message in registry.messages().items()
        if name not in taken and message.family != _WRITTEN_HERE and message_named(name)
    ]
