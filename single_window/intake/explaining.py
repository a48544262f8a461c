"""Why a record is not valid: every fault of it at once, in words of its fields.

libxml2 decides whether a record is valid; it stops at the first misplaced element of a group. So
a refused record is walked here field by field. Where the walk finds nothing that explains the
refusal, xmlschema is asked, and its word is passed on.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from lxml import etree

from schemas.editions import allowed_in_2018
from schemas.fields import Field, tagged
from schemas.registry import Message, gate, second_opinion
from single_window.domain.findings import Finding

VALUE_SHOWN = 120
"""Characters of a wrong value that a finding repeats."""
FINDINGS_MOST = 1000
"""Findings of one record: a clerk reads no more, and a hostile record could have 100,000."""
_DECIMAL = re.compile(r"[+-]?(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))")
_INTEGER = re.compile(r"[+-]?([0-9]+)")
_DOUBLE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|-?INF|NaN")
_ZONE = r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIMES = {
    "date": (re.compile(_DAY + _ZONE), "yyyy-MM-dd"),
    "moment": (
        re.compile(rf"{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?{_ZONE}"),
        "yyyy-MM-ddTHH:mm:ss",
    ),
}
_WRITTEN = {10: "yyyy-MM-dd", 19: "yyyy-MM-dd HH:mm:ss"}
"""How a text of so many characters that has to fit an expression is to be written."""
_BUILT_IN = {"int": 2**31, "long": 2**63}
_WHITE = " \t\r\n"
_TRUE, _FALSE = {"true", "1"}, {"false", "0"}
_SPACES = re.compile(f"[{_WHITE}]+")
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_NIL = f"{_XSI}nil"
_ALLOWED = {f"{_XSI}schemaLocation", f"{_XSI}noNamespaceSchemaLocation", f"{_XSI}type"}


def explain(message: Message, element: etree._Element, line: int) -> list[Finding]:
    """The findings of a record that its schema refuses; at least one. `line` is its first line."""
    root = message.record_field
    faults = _group(root, element, "", line - 1, message.namespace)
    found = [_by_edition(message.name, each) for each in islice(faults, FINDINGS_MOST)]
    return found or [_second_opinion(message, element, line)]


def miscounted(message: Message, element: etree._Element) -> bool:
    """Whether something stands too often or is missing where the schema cannot count.

    XSD 1.0 has no way to say "in any order, and one of them many times": a choice that repeats
    takes each of its elements any number of times, so how often each may stand is looked at here.
    """
    root = message.record_field
    return not root.ordered and any(_miscounts(root, element, message.namespace))


def _miscounts(group: Field, element: etree._Element, namespace: str) -> Iterator[bool]:
    counts = Counter(str(child.tag) for child in element.iterchildren())
    for field in group.children:
        count = counts[tagged(namespace, field.name)]
        yield count < field.min_occurs or count > (field.max_occurs or count)
        if field.kind == "group" and count:
            for child in element.iterchildren(tagged(namespace, field.name)):
                yield from _miscounts(field, child, namespace)


def _by_edition(message: str, finding: Finding) -> Finding:
    """The same finding; of a value that only the edition of 2018 allowed, it says just that."""
    earlier = allowed_in_2018(message, finding.path)
    most = int(earlier.get("max_length", 0))
    if finding.code == "SCH-LENGTH" and len(finding.value) <= most:
        return replace(finding, code="SCH-2018-LENGTH", args=(("earlier", str(most)),))
    if finding.code == "SCH-MISSING" and earlier.get("min_occurs") == "0":
        return replace(finding, code="SCH-2018-MISSING")
    return finding


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
    own = "".join([element.text or "", *(child.tail or "" for child in element)]).strip(_WHITE)
    if own:
        yield _finding("SCH-STRAY-TEXT", path, element, base, value=own[:VALUE_SHOWN])
    places = {tagged(namespace, child.name): at for at, child in enumerate(group.children)}
    counts: Counter[str] = Counter()
    known: list[tuple[int, etree._Element, str]] = []
    for child in element.iterchildren():
        at = places.get(str(child.tag))
        if at is None:
            yield _unknown(group, child, path, base, namespace)
            continue
        field = group.children[at]
        counts[field.name] += 1
        count, most = counts[field.name], field.max_occurs
        here = _join(path, field.name if most == 1 else f"{field.name}[{count}]")
        if most is not None and count > most:
            yield _finding("SCH-REPEATED", here, child, base, expected=str(most))
        else:
            known.append((at, child, here))
        inner = _group if field.kind == "group" else _leaf
        yield from inner(field, child, here, base, namespace)
    if group.ordered:
        yield from _misplaced(group, known, base)
    for field in group.children:
        if counts[field.name] < field.min_occurs:
            yield _finding("SCH-MISSING", _join(path, field.name), element, base)


def _misplaced(
    group: Field, known: Sequence[tuple[int, etree._Element, str]], base: int
) -> Iterator[Finding]:
    """The fewest elements that, put elsewhere, leave the rest in order; each with what follows."""
    kept = _in_order([at for at, _, _ in known])
    if len(kept) == len(known):
        return
    follows = sorted(known[index][0] for index in kept)
    for index, (at, child, path) in enumerate(known):
        if index not in kept:
            after = bisect_right(follows, at)
            names = [each.name for each in group.children]
            end = f"</{group.name}>"
            expected = names[follows[after]] if after < len(follows) else end
            yield _finding("SCH-ORDER", path, child, base, expected=expected)


def _in_order(places: Sequence[int]) -> set[int]:
    """The indexes of a longest part of the places that does not fall."""
    ends: list[int] = []
    at_end: list[int] = []
    before: list[int] = []
    for index, place in enumerate(places):
        slot = bisect_right(ends, place)
        before.append(at_end[slot - 1] if slot else -1)
        ends[slot : slot + 1] = [place]
        at_end[slot : slot + 1] = [index]
    kept: set[int] = set()
    index = at_end[-1] if at_end else -1
    while index >= 0:
        kept.add(index)
        index = before[index]
    return kept


def _unknown(group: Field, child: etree._Element, path: str, base: int, namespace: str) -> Finding:
    names = [each.name for each in group.children]
    found = etree.QName(child)
    near = difflib.get_close_matches(found.localname, names, 1, 0.75)
    value, expected = found.localname, near[0] if near else ""
    if (found.namespace or "") != namespace:
        value = f"{{{found.namespace or ''}}}{value}"
        expected = f"{{{namespace}}}{expected}" if expected else ""
    here = _join(path, found.localname)
    return _finding("SCH-UNKNOWN", here, child, base, value=value[:VALUE_SHOWN], expected=expected)


def _leaf(
    field: Field, element: etree._Element, path: str, base: int, _namespace: str
) -> Iterator[Finding]:
    if field.kind == "any":
        return
    nil = element.get(_NIL) if field.nillable else None
    yield from _attributes(element, path, base, nillable=field.nillable)
    if nil in _TRUE:
        if len(element) or element.text:
            text = (element.text or "")[:VALUE_SHOWN]
            yield _finding("SCH-NIL-VALUE", path, element, base, value=text)
        return
    if len(element):
        yield _finding("SCH-NESTED", path, element, base, value=str(element[0].tag)[:VALUE_SHOWN])
        return
    text = element.text or ""
    if field.fixed is not None and not text:
        return
    code, expected = fault_of(field, text)
    if code:
        yield _finding(code, path, element, base, value=text[:VALUE_SHOWN], expected=expected)


def fault_of(field: Field, text: str) -> tuple[str, str]:
    """The code of what is wrong with a value and what was expected; ("", "") when nothing is."""
    if field.fixed is not None and text and text != field.fixed:
        return "SCH-FIXED", field.fixed
    if not text and (field.default is not None or field.voidable):
        return "", ""
    if field.kind == "string":
        return _text_fault(field, text)
    if field.nillable and not text:
        return "SCH-NIL", field.kind
    if field.kind == "double":
        return ("", "") if _DOUBLE.fullmatch(text.strip(_WHITE)) else ("SCH-NUMBER", field.kind)
    if field.kind in _TIMES:
        return _time_fault(field, text.strip(_WHITE))
    if field.kind in {"decimal", "int", "long"}:
        return _number_fault(field, text.strip(_WHITE))
    return "", ""


def may_be_empty(field: Field) -> bool:
    """Whether the element must be there and may say nothing."""
    return bool(field.min_occurs) and field.kind != "any" and not fault_of(field, "")[0]


def collapsed(field: Field, text: str) -> str:
    """The text as it counts: without idle white space, where the field has a say in that."""
    if field.kind != "string" or field.white_space != "collapse":
        return text
    return _SPACES.sub(" ", text).strip(" ")


def _text_fault(field: Field, text: str) -> tuple[str, str]:
    code, expected = _length_fault(field, len(collapsed(field, text)))
    if code:
        return ("SCH-NIL" if field.nillable and not text else code), expected
    if field.pattern is not None and not re.fullmatch(field.pattern, text):
        return "SCH-PATTERN", _WRITTEN.get(field.max_length or 0, field.pattern)
    return "", ""


def _time_fault(field: Field, text: str) -> tuple[str, str]:
    form, written = _TIMES[field.kind]
    right = form.fullmatch(text) is not None and _is_day(text[:10])
    return ("", "") if right else ("SCH-PATTERN", written)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def unreal_days(message: Message, record: Mapping[str, Any]) -> list[Finding]:
    """Days that are well written and on no calendar: the schema looks at how they are written."""
    return [*_unreal(message.record_field, record, "")]


def _unreal(group: Field, record: Mapping[str, Any], path: str) -> Iterator[Finding]:
    for field in group.children:
        here = _join(path, field.name)
        value = record.get(field.name)
        if isinstance(value, list):
            for at, line in enumerate(value, 1):
                yield from _unreal(field, line, f"{here}[{at}]")
        elif isinstance(value, dict):
            yield from _unreal(field, value, here)
        elif value and field.pattern is not None and _text_fault(field, value) == ("", ""):
            if _is_day(value[:10]):
                continue
            yield Finding("rule", "REC-NO-DAY", "reject", here, value=value[:VALUE_SHOWN])


def _length_fault(field: Field, length: int) -> tuple[str, str]:
    low = field.length if field.length is not None else field.min_length or 0
    high = field.length if field.length is not None else field.max_length
    if low <= length and (high is None or length <= high):
        return "", ""
    wanted = str(low) if low == high else f"{low}..{'' if high is None else high}"
    return ("SCH-EMPTY" if length == 0 else "SCH-LENGTH"), wanted


def _number_fault(field: Field, text: str) -> tuple[str, str]:
    match = (_DECIMAL if field.kind == "decimal" else _INTEGER).fullmatch(text)
    if match is None:
        return "SCH-NUMBER", field.kind
    whole = (match[1] or "").lstrip("0")
    fraction = (match[2] or match[3] or "").rstrip("0") if field.kind == "decimal" else ""
    if field.fraction_digits is not None and len(fraction) > field.fraction_digits:
        return "SCH-FRACTION", str(field.fraction_digits)
    if field.total_digits is not None and len(whole) + len(fraction) > field.total_digits:
        return "SCH-DIGITS", str(field.total_digits)
    bound = _BUILT_IN.get(field.kind)
    low = field.min_value if field.min_value is not None else (-bound if bound else None)
    high = field.max_value if field.max_value is not None else (bound - 1 if bound else None)
    if low is None and high is None:
        return "", ""
    value = Decimal(text)
    if (low is not None and value < low) or (high is not None and value > high):
        return "SCH-RANGE", f"{low}..{high}"
    return "", ""


def _attributes(
    element: etree._Element, path: str, base: int, *, nillable: bool = False
) -> Iterator[Finding]:
    for name, value in element.attrib.items():
        nil = nillable and name == _NIL and value in _TRUE | _FALSE
        if str(name) not in _ALLOWED and not nil:
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
    code: str, path: str, element: etree._Element, base: int, *, value: str = "", expected: str = ""
) -> Finding:
    line = base + (element.sourceline or 1)
    return Finding("schema", code, "reject", path=path, value=value, expected=expected, line=line)


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name
