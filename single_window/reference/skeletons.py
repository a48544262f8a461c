"""A sample of each message (报文样例): every element once, with what it is and what it may hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from xml.sax.saxutils import escape

from schemas import codes, registry
from schemas.fields import Field
from schemas.registry import Message
from single_window.reference.telling import Language, word

_DIGITS = {8: "20260101", 14: "20260101120000", 17: "20260101120000000"}
"""What stands in a field of just so many characters: a day, a moment, one with milliseconds."""
_DATED = "2026-01-01 12:00:00"
_GUID = {36: "00000000-0000-4000-8000-000000000000"}
_USUAL = {"version": "1.0", "dxpMode": "DXP"}
_STEP = "  "


@cache
def skeleton(name: str, lang: Language) -> str:
    """The message as XML that its schema accepts, with a comment on every element."""
    message = registry.message(name)
    attributes = "".join(f' {each.name}="{value_of(each)}"' for each in message.attributes)
    space = f' xmlns="{message.namespace}"' if message.namespace else ""
    root = message.record_field
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<{name}{space}{attributes}>",
        *(
            line
            for each in (root.children if message.is_record else (root,))
            for line in _element(each, lang, _STEP)
        ),
        *_parts(message, lang),
        f"</{name}>",
    ]
    return "\n".join(lines) + "\n"


def _parts(message: Message, lang: Language) -> Iterator[str]:
    """What stands around the record; a part that somebody else defines is only named."""
    for part in message.parts:
        open_ended = part.field is None or any(c.kind == "any" for c in part.field.children)
        if part.field is None or open_ended:
            label = getattr(part, f"label_{lang}")
            yield f"{_STEP}{_comment(f'{part.name}: {label}')}"
        else:
            yield from _element(replace(part.field, min_occurs=part.min), lang, _STEP)


def _element(field: Field, lang: Language, indent: str) -> Iterator[str]:
    comment = _comment(_said(field, lang))
    if field.kind == "group":
        yield f"{indent}<{field.name}> {comment}"
        for child in field.children:
            yield from _element(child, lang, indent + _STEP)
        yield f"{indent}</{field.name}>"
    else:
        yield f"{indent}<{field.name}>{escape(value_of(field))}</{field.name}> {comment}"


def _comment(text: str) -> str:
    return f"<!-- {text.replace('--', '—')} -->"


def _said(field: Field, lang: Language) -> str:
    """What the element is, what it may hold, and whether it must be there."""
    must = word("word.optional" if field.min_occurs == 0 else "word.required", lang)
    many = f" × {field.max_occurs or '∞'}" if field.repeats else ""
    parts = (getattr(field, f"label_{lang}"), holds(field), field.code_list or "", must + many)
    return " · ".join(part for part in parts if part)


def holds(field: Field) -> str:
    """What a field may hold, short and in no language."""
    if field.kind in {"group", "any"}:
        return ""
    if field.fixed is not None:
        return f'"{field.fixed}"'
    if field.length is not None:
        return f"{field.kind}({field.length})"
    if field.min_length is not None or field.max_length is not None:
        return f"{field.kind}({field.min_length or 0}–{field.max_length or '∞'})"
    if field.total_digits is not None:
        return f"{field.kind}({field.total_digits},{field.fraction_digits or 0})"
    return field.kind


def value_of(field: Field) -> str:
    """A value that the schema takes: a code of the field's list, or one of the right size."""
    if field.fixed is not None:
        return field.fixed
    if field.pattern is not None or field.kind == "date":
        return _DATED[: field.max_length or len("yyyy-MM-dd")]
    if field.kind == "decimal":
        return "1.00" if (field.fraction_digits or 0) > 1 else "1"
    if field.kind in {"int", "long", "double"}:
        return str(max(field.min_value or 1, 1))
    return next(text for text in _candidates(field) if _fits(field, text))


def _candidates(field: Field) -> Iterator[str]:
    if field.code_list in codes.names():
        yield from (row.code for row in codes.table(field.code_list).rows)
    size = field.length or 0
    yield (_DIGITS | _GUID).get(size, "")
    yield _USUAL.get(field.name, field.name)
    yield "1" * max(size, field.min_length or 0, 1)
    yield ""


def _fits(field: Field, text: str) -> bool:
    if field.length is not None:
        return len(text) == field.length
    return (field.min_length or 0) <= len(text) <= (field.max_length or len(text)) and bool(text)
