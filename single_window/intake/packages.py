"""Messages of the bonded system in the package that they travel in, or by themselves.

A package (Package, often within Object and Signature) holds one message in its BussinessData; older
receipts of declarations come in a DEC_DATA. Elements are known by their local names: some senders
write them in the namespace of signatures, some in none. The whole document stays the record's own
text, so that it goes on as it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from lxml import etree

from schemas import registry
from schemas.fields import Field
from schemas.registry import Message
from single_window.domain.findings import Finding, Severity
from single_window.intake.explaining import explain_part
from single_window.intake.markup import Head, Refused

_SPACES = ("http://www.w3.org/2000/09/xmldsig#", "http://www.chinaport.gov.cn/")
_BUSINESS, _FLAG = "BussinessData", "DelcareFlag"
_RESULTS = "DEC_DATA"
_ROOTS = {"Package", "Signature", _RESULTS}
_BESIDE = {_FLAG, "RESULT_INFO"}
"""What may stand beside a message in what carries it."""
_PARTS = {"EnvelopInfo": "Package", "PocketInfo": "DataInfo"}
_INSIDE = {"Package": {"EnvelopInfo", "DataInfo"}, "DataInfo": {"PocketInfo", _BUSINESS}}
_SHOWN = 80
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
"""What some writers put on an empty element."""


class Contents(NamedTuple):
    """The message in a package, the element that is its record, and what is wrong around it."""

    message: Message
    record: etree._Element
    findings: list[Finding]


def is_space(namespace: str | None) -> bool:
    """Whether elements of the bonded system may stand in a namespace: in none, or in these."""
    return not namespace or namespace.startswith(_SPACES)


def is_package(head: Head) -> bool:
    """Whether a document is a package rather than a message."""
    return head.name in _ROOTS and is_space(head.namespace)


def contents(root: etree._Element, line: int) -> Contents:
    """What a package holds. `line` is that of its root.

    Raises Refused where it holds nothing that there is a schema for.
    """
    business = root if _local(root) == _RESULTS else _inner(root, _BUSINESS)
    inside = [] if business is None else [c for c in business if _local(c) not in _BESIDE]
    if business is None or not inside:
        raise Refused("ENV-PACKAGE-EMPTY", line)
    name = _local(inside[0])
    message = _packed().get(name.casefold())
    if message is None or not is_space(etree.QName(inside[0]).namespace):
        raise Refused("ENV-UNKNOWN-MESSAGE", line, value=name[:_SHOWN])
    found = [] if business is root else [*_around(root, message, line)]
    carried = len(inside) * max(1, _times(root, _BUSINESS))
    if carried > 1:
        found.append(_told("ENV-TOO-MANY", "reject", value=str(carried), expected="1"))
    flag = _inner(business, _FLAG)
    if flag is not None and any(field.name == _FLAG for field in message.record_field.children):
        inside[0].append(flag)
    return Contents(message, inside[0], found)


def record_in(message: Message, root: etree._Element) -> etree._Element:
    """The element of the record: the root itself, or what its package holds."""
    if not message.packed or _local(root) not in _ROOTS:
        return root
    return contents(root, 1).record


def sender_in(message: Message, root: etree._Element) -> str:
    """The company that transmits the record in a document; "" where it names none."""
    said: dict[str, str] = {}
    for leaf in record_in(message, root).iter(etree.Element):
        above = leaf.getparent()
        group = _local(above) if above is not None else ""
        for path in (f"{group}/{_local(leaf)}", _local(leaf)):
            said.setdefault(path.casefold(), (leaf.text or "").strip())
    return next((text for path in message.senders if (text := said.get(path.casefold(), ""))), "")


def align(message: Message, element: etree._Element, line: int) -> list[Finding]:
    """Gives the elements of a record the names that its schema knows, in no namespace.

    Of what is judged exactly, an element in another namespace than its record stays a stranger;
    of what is read by names, an empty element may say that it is nil.
    Where an agency wrote the record, a name that only differs in its writing is told.
    """
    own = etree.QName(element).namespace
    for each in element.iter(etree.Element):
        names = etree.QName(each)
        strange = message.reading == "exact" and names.namespace != own
        if names.namespace and is_space(names.namespace) and not strange:
            each.tag = names.localname
        if message.reading == "names" and not each.text:
            each.attrib.pop(_NIL, None)
    etree.cleanup_namespaces(element)
    if message.reading == "exact":
        return []
    found = list(_renamed(message.record_field, element, "", line - 1))
    return found if message.reading == "lenient" else []


def softened(message: Message, findings: list[Finding]) -> list[Finding]:
    """The findings of a record that the schema refuses, as its reading asks.

    What an agency sends is taken as it comes; only without its numbers it is of no use. Of what is
    read by names, lengths are known from one writer or another, and only told.
    """
    if message.reading == "lenient":
        return [f if f.path in message.key else replace(f, severity="warn") for f in findings]
    if message.reading == "names":
        return [replace(f, severity="warn") if f.code == "SCH-LENGTH" else f for f in findings]
    return findings


def _renamed(group: Field, element: etree._Element, path: str, base: int) -> Iterator[Finding]:
    names = _spellings(group)
    for child in element.iterchildren(etree.Element):
        written = str(child.tag)
        field = names.get(_folded(written))
        if field is None:
            continue
        here = f"{path}/{field.name}" if path else field.name
        if written != field.name:
            child.tag = field.name
            at = base + (child.sourceline or 1)
            yield Finding(
                *("schema", "SCH-SPELLING", "warn", here),
                value=written[:_SHOWN],
                expected=field.name,
                line=at,
            )
        if field.kind == "group":
            yield from _renamed(field, child, here, base)


def _spellings(group: Field) -> Mapping[str, Field]:
    return {_folded(name): field for field in group.children for name in (field.name, *field.also)}


def _folded(name: str) -> str:
    """A name without what its writers differ in: case, and lines below."""
    return name.replace("_", "").casefold()


def _around(root: etree._Element, message: Message, line: int) -> Iterator[Finding]:
    """What is wrong with a package apart from its message; the part that it names decides."""
    for parent, known in _INSIDE.items():
        around = root if _local(root) == parent else _inner(root, parent)
        for child in () if around is None else around:
            if _local(child) not in known:
                yield _told("ENV-UNKNOWN-PART", "warn", value=_local(child)[:_SHOWN], line=line)
    for name in _PARTS:
        part = _inner(root, name)
        if _times(root, name) > 1:
            yield _told("ENV-PART-REPEATED", "warn", value=name, expected="1", line=line)
        if part is not None:
            yield from _part(registry.package_field(name), part, line)
        elif name == "EnvelopInfo":
            yield _told("ENV-PART-MISSING", "warn", expected=name)
    yield from _named(root, message, line)
    pockets = _text(root, "total_pocket_qty")
    if pockets.isdecimal() and int(pockets) > 1:
        severity: Severity = "warn" if message.is_receipt else "reject"
        yield _told("ENV-PACKAGE-POCKETS", severity, value=pockets[:_SHOWN])
    if _text(root, "SignatureValue"):
        yield _told("ENV-PACKAGE-SIGNED", "warn")


def _named(root: etree._Element, message: Message, line: int) -> Iterator[Finding]:
    type_ = _text(root, "message_type")
    if type_ != message.type:
        severity: Severity = "reject" if type_ else "warn"
        yield _told(
            "ENV-PACKAGE-TYPE", severity, value=type_[:_SHOWN], expected=message.type, line=line
        )


def _part(field: Field, element: etree._Element, line: int) -> Iterator[Finding]:
    for each in element.iter(etree.Element):
        if is_space(etree.QName(each).namespace):
            each.tag = etree.QName(each).localname
    for finding in explain_part(field, element, "", line):
        if finding.code != "SCH-OTHER":
            yield replace(finding, severity="warn")


def _inner(root: etree._Element, name: str) -> etree._Element | None:
    return next((each for each in root.iter(etree.Element) if _local(each) == name), None)


def _times(root: etree._Element, name: str) -> int:
    return sum(_local(each) == name for each in root.iter(etree.Element))


def _text(root: etree._Element, name: str) -> str:
    found = _inner(root, name)
    return "" if found is None else (found.text or "").strip()


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


@cache
def _packed() -> Mapping[str, Message]:
    every = (registry.message(name) for name in registry.messages())
    return {found.name.casefold(): found for found in every if found.packed}


def _told(
    code: str, severity: Severity, *, value: str = "", expected: str = "", line: int | None = None
) -> Finding:
    return Finding("envelope", code, severity, value=value, expected=expected, line=line)
