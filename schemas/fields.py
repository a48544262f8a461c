"""`Field`, the one value that stands between the XML schemas and everything derived from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

XS = "{http://www.w3.org/2001/XMLSchema}"
SW = "{urn:single-window:schema}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

Kind = Literal["group", "string", "decimal", "double", "int", "long", "date", "moment", "any"]

_KINDS: dict[str, Kind] = {
    "xs:string": "string",
    "xs:decimal": "decimal",
    "xs:int": "int",
    "xs:long": "long",
    "xs:double": "double",
    "xs:date": "date",
    "xs:dateTime": "moment",
    "xs:anyType": "any",
}
_BITS = {"int": 31, "long": 63}
_COLLAPSED = {*_BITS, "decimal", "double", "date", "moment"}
_WHITE_SPACE = f"{XS}whiteSpace"
_PATTERN = f"{XS}pattern"
_SEQUENCE = f"{XS}sequence"
_UNION = f"{XS}simpleType/{XS}union"
"""A number or nothing: the first of the two is the number."""


@dataclass(frozen=True, slots=True)
class Field:
    """One element (or root attribute) of a message: what it is called, means and may hold.

    `path` is relative to the record element: "" for the record itself, else names joined by
    "/". A group has children, a leaf has facets. `max_occurs` is None when unbounded.
    Lengths count characters. A facet that the schema does not set is None. An element that is
    empty stands for its `fixed` value or its `default`, where it has one. The children of a group
    that is not `ordered` stand in any order; a number that is `voidable` may be an empty element,
    what is `nillable` an empty one that says xsi:nil. `also` are other names by which the element
    is written.
    """

    name: str
    path: str
    label_zh: str
    label_en: str
    help_zh: str
    help_en: str
    kind: Kind
    length: int | None
    min_length: int | None
    max_length: int | None
    total_digits: int | None
    fraction_digits: int | None
    min_value: int | None
    max_value: int | None
    pattern: str | None
    fixed: str | None
    default: str | None
    white_space: Literal["collapse"] | None
    min_occurs: int
    max_occurs: int | None
    code_list: str | None
    personal: bool
    condition_zh: str
    condition_en: str
    certainty: str
    source: str
    ordered: bool
    voidable: bool
    nillable: bool
    also: tuple[str, ...]
    children: tuple[Field, ...]

    @property
    def repeats(self) -> bool:
        """Whether the element may stand more than once in its parent."""
        return self.max_occurs is None or self.max_occurs > 1

    def leaves(self) -> tuple[Field, ...]:
        """All leaves below this field, in document order; a leaf gives itself."""
        if self.kind != "group":
            return (self,)
        return tuple(leaf for child in self.children for leaf in child.leaves())


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a message's definition comes from; a field may say otherwise."""

    certainty: str
    source: str


def tagged(namespace: str, name: str) -> str:
    """The tag of an element of this name; a receipt or two have no namespace."""
    return f"{{{namespace}}}{name}" if namespace else name


def texts(node: Any) -> dict[tuple[str, str], str]:
    """The documentation of a declaration, by its kind (label, help, condition) and language."""
    return {
        (doc.get("source"), doc.get(_LANG)): doc.text or ""
        for doc in node.iterfind(f"{XS}annotation/{XS}documentation")
    }


def occurrence(node: Any) -> tuple[int, int | None]:
    """How often a particle must and may occur."""
    most = node.get("maxOccurs", "1")
    return int(node.get("minOccurs", "1")), None if most == "unbounded" else int(most)


def read_field(node: Any, path: str, origin: Origin) -> Field:
    """The field that an element or attribute declaration describes, with all below it."""
    words = texts(node)
    mark = getattr(node.find(f"{XS}annotation/{XS}appinfo/{SW}field"), "attrib", {})
    min_occurs, max_occurs = occurrence(node)
    if node.tag == f"{XS}attribute":
        min_occurs = int(node.get("use") == "required")
    kind, facets, children = _content(node, path, origin)
    return Field(
        name=node.get("name"),
        path=path,
        label_zh=words[("label", "zh")],
        label_en=words[("label", "en")],
        help_zh=words.get(("help", "zh"), ""),
        help_en=words.get(("help", "en"), ""),
        kind=kind,
        length=facets.get("length"),
        min_length=facets.get("minLength"),
        max_length=facets.get("maxLength"),
        total_digits=facets.get("totalDigits"),
        fraction_digits=facets.get("fractionDigits"),
        min_value=-(2 ** _BITS[kind]) if kind in _BITS else None,
        max_value=2 ** _BITS[kind] - 1 if kind in _BITS else None,
        pattern=_pattern(node),
        fixed=node.get("fixed"),
        default=node.get("default"),
        white_space=_white_space(node, kind),
        min_occurs=min_occurs,
        max_occurs=max_occurs,
        code_list=mark.get("codes"),
        personal=mark.get("personal") == "true",
        condition_zh=words.get(("condition", "zh"), ""),
        condition_en=words.get(("condition", "en"), ""),
        certainty=mark.get("certainty", origin.certainty),
        source=mark.get("source", origin.source),
        ordered=getattr(_model(node), "tag", _SEQUENCE) == _SEQUENCE,
        voidable=node.find(_UNION) is not None,
        nillable=node.get("nillable") == "true",
        also=tuple(mark.get("also", "").split()),
        children=children,
    )


def _content(
    node: Any, path: str, origin: Origin
) -> tuple[Kind, dict[str, int], tuple[Field, ...]]:
    """Kind, facets and children of a declaration in the narrow style that our schemas keep."""
    model = _model(node)
    if model is not None:
        if model.find(f"{XS}any") is not None:
            return "any", {}, ()
        below = f"{path}/" if path else ""
        children = tuple(
            read_field(child, below + child.get("name"), origin)
            for child in model.iterfind(f"{XS}element")
        )
        return "group", {}, children
    restriction = node.find(f"{XS}simpleType/{XS}restriction")
    if restriction is None:
        restriction = node.find(f"{_UNION}/{XS}simpleType/{XS}restriction")
    if restriction is None:
        return _KINDS[node.get("type")], {}, ()
    facets = {
        facet.tag[len(XS) :]: int(facet.get("value"))
        for facet in restriction
        if facet.tag not in (_WHITE_SPACE, _PATTERN)
    }
    return _KINDS[restriction.get("base")], facets, ()


def _model(node: Any) -> Any:
    """How the children of a group stand: a sequence, or in any order (all, or a choice again)."""
    for model in ("sequence", "all", "choice"):
        found = node.find(f"{XS}complexType/{XS}{model}")
        if found is not None:
            return found
    return None


def _pattern(node: Any) -> str | None:
    """The expression that a text has to fit as a whole."""
    found = node.find(f"{XS}simpleType/{XS}restriction/{_PATTERN}")
    return None if found is None else str(found.get("value"))


def _white_space(node: Any, kind: Kind) -> Literal["collapse"] | None:
    """Whether white space is taken off a value before it is measured: of numbers always."""
    told = node.find(f"{XS}simpleType/{XS}restriction/{_WHITE_SPACE}") is not None
    return "collapse" if told or kind in _COLLAPSED else None
