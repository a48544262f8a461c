"""The published schemas of the bonded system, read anew from the table of what they check."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from tests import answering

_XS = "http://www.w3.org/2001/XMLSchema"
_FACETS = (
    *("length", "minLength", "maxLength", "totalDigits", "fractionDigits", "pattern"),
    *("minInclusive", "maxInclusive"),
)
Row = Mapping[str, str]


@cache
def rows() -> Mapping[str, tuple[Row, ...]]:
    """The rows of each message in their order."""
    found: dict[str, list[Row]] = {}
    file = Path(answering.need("shared")) / "reference/goods-and-bonded/schema-facets.csv"
    with file.open(encoding="utf-8-sig", newline="") as opened:
        for row in csv.DictReader(opened):
            found.setdefault(row["message"], []).append(row)
    return {name: tuple(own) for name, own in found.items()}


@cache
def schema(name: str) -> etree.XMLSchema:
    """A compiled schema made of nothing but the rows."""
    root = etree.Element(f"{{{_XS}}}schema", nsmap={"xs": _XS})
    top = _made(root, "element", name=name)
    sequence = _made(_made(top, "complexType"), "sequence")
    for row in _of(name, name):
        _element(sequence, name, row)
    return etree.XMLSchema(etree.fromstring(etree.tostring(root)))


def _of(name: str, parent: str) -> Iterator[Row]:
    return (row for row in rows()[name] if row["parent"] == parent)


def _element(into: Any, name: str, row: Row) -> None:
    least, most = row["occurs"].split("..")
    occurs = {"minOccurs": least, "maxOccurs": "unbounded" if most == "n" else most}
    node = _made(into, "element", name=row["element"], **occurs)
    if row["nillable"]:
        node.set("nillable", "true")
    below = [*_of(name, row["element"])]
    if row["base"] == "group" and below[0]["base"] != "any":
        sequence = _made(_made(node, "complexType"), "sequence")
        for each in below:
            _element(sequence, name, each)
    elif row["base"] != "group":
        kind = _made(_made(node, "simpleType"), "restriction", base=f"xs:{row['base']}")
        for facet in _FACETS:
            if row[facet]:
                _made(kind, facet, value=row[facet])


def _made(into: Any, tag: str, **attributes: str) -> Any:
    return etree.SubElement(into, f"{{{_XS}}}{tag}", attributes)
