"""Elements that a schema does not know, in messages that may carry them: kept, named, not read.

The national interface grows, and working programs write elements of older editions and of their
own. Such an element goes on with the record as it came. One whose name is nearly that of an
element which is missing is a slip of the pen, and left to the schema to refuse: what was meant to
be told with it would be lost without a word. Where a message is read by names alone and nothing
has to be there, only the name itself is taken for it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from lxml import etree

from schemas.fields import Field, tagged
from schemas.registry import Message
from single_window.domain.findings import Finding
from single_window.intake.explaining import VALUE_SHOWN

NEAR = 0.8
"""How alike two names must be for one to be taken for the other; 1 is the same."""
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def passed_on(message: Message, element: etree._Element, line: int) -> list[Finding]:
    """Takes what the schema need not see off a record's tree: a warning for each element.

    Attributes of the root belong to the message, and are judged with what surrounds a record.
    """
    for name in [str(name) for name in element.attrib]:
        if message.is_record and not name.startswith(_XSI):
            del element.attrib[name]
    near = NEAR if message.reading == "exact" else 1
    root, namespace = message.record_field, message.namespace
    return list(_strangers(root, element, "", line - 1, namespace=namespace, near=near))


def _strangers(
    group: Field, element: etree._Element, path: str, base: int, *, namespace: str, near: float
) -> Iterator[Finding]:
    fields = {tagged(namespace, child.name): child for child in group.children}
    there = {str(child.tag) for child in element.iterchildren()}
    missing = [field.name for tag, field in fields.items() if tag not in there]
    for child in list(element.iterchildren()):
        field = fields.get(str(child.tag))
        name = etree.QName(child).localname
        here = f"{path}/{name}" if path else name
        if field is not None:
            if field.kind == "group":
                yield from _strangers(field, child, here, base, namespace=namespace, near=near)
        elif not _near(name, missing, near):
            at = base + (child.sourceline or 1)
            shown = name[:VALUE_SHOWN]
            yield Finding("rule", "REC-STRANGER", "warn", path=here, value=shown, line=at)
            _taken_off(element, child)


def _near(name: str, missing: list[str], near: float) -> bool:
    folded = [each.casefold() for each in missing]
    return bool(difflib.get_close_matches(name.casefold(), folded, 1, near))


def _taken_off(parent: etree._Element, child: etree._Element) -> None:
    """Removes an element and leaves the text behind it where it is."""
    before = child.getprevious()
    if before is None:
        parent.text = (parent.text or "") + (child.tail or "")
    else:
        before.tail = (before.tail or "") + (child.tail or "")
    parent.remove(child)
