"""Records as national messages, unsigned, written from the dictionaries that they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from schemas import registry

Record = Mapping[str, Any]
_INDENT = "  "


def serialise(
    message: str,
    records: Iterable[Record],
    *,
    guid: str,
    sender: Mapping[str, str],
    indent: bool = False,
) -> bytes:
    """One message of these records, transmitted by `sender` (its code, name and dxp_id).

    Elements stand in the order of the dictionaries, so that a record can be wrong on purpose: a
    list repeats an element, a dictionary where a text belongs nests elements.
    """
    known = registry.message(message)
    transfer = {
        "copCode": sender["code"],
        "copName": sender["name"],
        "dxpMode": "DXP",
        "dxpId": sender["dxp_id"],
    }
    gap = "\n" if indent else ""
    pad = gap + _INDENT if indent else ""
    head = f'<ceb:{message} xmlns:ceb="{known.namespace}" guid="{guid}" version="1.0">'
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n', head]
    for record in records:
        _write(known.record, record, pad, parts)
    _write("BaseTransfer", transfer, pad, parts)
    parts.append(f"{gap}</ceb:{message}>\n")
    return "".join(parts).encode()


def _write(name: str, value: Any, pad: str, parts: list[str]) -> None:
    """Appends an element; `pad` is what stands before it, "" to write without gaps."""
    if isinstance(value, str):
        parts.append(f"{pad}<ceb:{name}>{escape(value)}</ceb:{name}>")
    elif isinstance(value, list):
        for one in value:
            _write(name, one, pad, parts)
    else:
        parts.append(f"{pad}<ceb:{name}>")
        inner = pad and pad + _INDENT
        for child, held in value.items():
            _write(child, held, inner, parts)
        parts.append(f"{pad}</ceb:{name}>")
