"""Why a record is not valid: every fault of it at once, in words of its fields.

libxml2 decides whether a record is valid; it stops at the first misplaced element of a group. So
a refused record is walked here field by field. Where the walk finds nothing that explains the
refusal, xmlschema is asked, and its word is passed on.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from lxml import etree

from schemas.fields import Field
from schemas.registry import Message, gate, second_opinion
from single_window.domain.findings import Finding

VALUE_SHOWN = 120
"""Characters of a wrong value that a finding repeats."""
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_INTEGER = re.compile(r"[+-]?\d+")
_BUILT_IN = {"int": 2**31, "long": 2**63}
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def explain(message: Message, element: etree._Element, line: int) -> list[Finding]:
    """The findings of a record that its schema refuses; at least one. `line` is its first line."""
    root = message.record_field
    found = list(_group(root, element, "", line - 1, message.namespace))
    return found or [_second_opinion(message, element, line)]


def explain_part(field: Field, element: etree._Element, namespace: str, line: int) -> list[Finding]:
    """The same for a part around the records: its findings are of the envelope."""
    found = list(_group(field, element, field.name, line - 1, namespace))
    if not found:
        found = [Finding("schema", "SCH-OTHER", "reject", path=field.name, line=line)]
    return [replace(finding, family="envelope") for finding in found]


def _group(
    group: Field, element: etree._Element, path: str, base: int, namespace: str
) -> Iterator[Finding]:
    """Faults of an element that holds elements; `base` is added to libxml2's line numbers."""
    yield from _attributes(element, path, base)
    own = "".join([element.text or "", *(child.tail or "" for child in element)]).strip()
    if own:
        yield _finding("SCH-STRAY-TEXT", path, element, base, value=own[:VALUE_SHOWN])
    places = {child.name: at for at, child in enumerate(group.children)}
    counts: dict[str, int] = {}
    last = -1
    for child in element.iterchildren():
        name = _local(child, namespace)
        at = places.get(name)
        here = _join(path, name)
        if at is None:
            yield _unknown(group, child, here, base)
            continue
        field = group.children[at]
        counts[name] = counts.get(name, 0) + 1
        if field.max_occurs != 1:
            here = f"{here}[{counts[name]}]"
        yield from _occurrence(group, field, child, here, base, counts[name], at < last)
        last = max(last, at)
        inner = _group if field.kind == "group" else _leaf
        yield from inner(field, child, here, base, namespace)
    for field in group.children:
        if counts.get(field.name, 0) < field.min_occurs:
            yield _finding("SCH-MISSING", _join(path, field.name), element, base)


def _occurrence(
    group: Field, field: Field, child: etree._Element, path: str, base: int, count: int, late: bool
) -> Iterator[Finding]:
    if field.max_occurs is not None and count > field.max_occurs:
        yield _finding("SCH-REPEATED", path, child, base, expected=str(field.max_occurs))
    elif late:
        names = [each.name for each in group.children]
        after = names[names.index(field.name) + 1]
        yield _finding("SCH-ORDER", path, child, base, expected=after)


def _unknown(group: Field, child: etree._Element, path: str, base: int) -> Finding:
    names = [each.name for each in group.children]
    qualified = etree.QName(child)
    near = difflib.get_close_matches(qualified.localname, names, 1, 0.75)
    return _finding(
        "SCH-UNKNOWN",
        path,
        child,
        base,
        value=str(child.tag if not near else qualified.localname)[:VALUE_SHOWN],
        expected=near[0] if near else "",
    )


def _leaf(
    field: Field, element: etree._Element, path: str, base: int, _namespace: str
) -> Iterator[Finding]:
    yield from _attributes(element, path, base)
    if len(element):
        yield _finding("SCH-NESTED", path, element, base, value=str(element[0].tag)[:VALUE_SHOWN])
        return
    text = element.text or ""
    code, expected = fault_of(field, text)
    if code:
        yield _finding(code, path, element, base, value=text[:VALUE_SHOWN], expected=expected)


def fault_of(field: Field, text: str) -> tuple[str, str]:
    """The code of what is wrong with a value and what was expected; ("", "") when nothing is."""
    if field.fixed is not None and text and text != field.fixed:
        return "SCH-FIXED", field.fixed
    if field.kind == "string":
        value = " ".join(text.split()) if field.white_space == "collapse" else text
        return _length_fault(field, len(value))
    if field.kind in {"decimal", "int", "long"}:
        return _number_fault(field, text.strip(" \t\r\n"))
    return "", ""


def _length_fault(field: Field, length: int) -> tuple[str, str]:
    low = field.length if field.length is not None else field.min_length or 0
    high = field.length if field.length is not None else field.max_length
    if low <= length and (high is None or length <= high):
        return "", ""
    wanted = str(low) if low == high else f"{low}..{'' if high is None else high}"
    return ("SCH-EMPTY" if length == 0 else "SCH-LENGTH"), wanted


def _number_fault(field: Field, text: str) -> tuple[str, str]:
    if not (_DECIMAL if field.kind == "decimal" else _INTEGER).fullmatch(text):
        return "SCH-NUMBER", field.kind
    try:
        value = Decimal(text)
    except InvalidOperation:
        return "SCH-NUMBER", field.kind
    digits, exponent = value.normalize().as_tuple()[1:]
    fraction = max(0, -int(exponent)) if value else 0
    total = max(len(digits) + max(0, int(exponent)), fraction) if value else 1
    if field.fraction_digits is not None and fraction > field.fraction_digits:
        return "SCH-FRACTION", str(field.fraction_digits)
    if field.total_digits is not None and total > field.total_digits:
        return "SCH-DIGITS", str(field.total_digits)
    bound = _BUILT_IN.get(field.kind)
    low = field.min_value if field.min_value is not None else (-bound if bound else None)
    high = field.max_value if field.max_value is not None else (bound - 1 if bound else None)
    if (low is not None and value < low) or (high is not None and value > high):
        return "SCH-RANGE", f"{low}..{high}"
    return "", ""


def _attributes(element: etree._Element, path: str, base: int) -> Iterator[Finding]:
    for name in element.attrib:
        if not str(name).startswith(_XSI):
            yield _finding("SCH-ATTRIBUTE", path, element, base, value=str(name)[:VALUE_SHOWN])


def _second_opinion(message: Message, element: etree._Element, line: int) -> Finding:
    """What xmlschema says of a record that the walk could not explain, else libxml2's own word."""
    gate(message.name).validate(element)
    errors = gate(message.name).error_log
    reason = errors[0].message if errors else ""
    at = line + (errors[0].line - 1 if errors else 0)
    for error in second_opinion(message.name).iter_errors(
        etree.tostring(element, with_tail=False, encoding="unicode")
    ):
        reason = str(error.reason or reason)
        break
    return Finding("schema", "SCH-OTHER", "reject", value=reason[:VALUE_SHOWN], line=at)


def _finding(
    code: str, path: str, element: etree._Element, base: int, value: str = "", expected: str = ""
) -> Finding:
    line = base + (element.sourceline or 1)
    return Finding("schema", code, "reject", path=path, value=value, expected=expected, line=line)


def _local(element: etree._Element, namespace: str) -> str:
    """Local name of an element of the message's namespace; of another one, its full name."""
    name = etree.QName(element)
    return name.localname if name.namespace == namespace else str(element.tag)


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name
