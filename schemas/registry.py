"""Finds the message schemas and hands out what is read from them, each at its first use.

A family of messages is a folder here; a message is one file in it, named like its root
element. What stands around its records lies beside it in the file that it includes (`parts.xsd`
and its like), `w3c` holds the standards that families share, `dxp` the envelopes in which messages
travel. A new message is a new file: nothing here names one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lxml import etree

from schemas.fields import SW, XS, Field, Origin, occurrence, read_field, texts

if TYPE_CHECKING:
    import xmlschema

_HERE = Path(__file__).parent
_PARTS = "parts"
_STANDARDS = "w3c"
_ENVELOPES = "dxp"
_PACKAGES = "bonded"
_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Part:
    """An element that stands around the records of a message, and how often it may.

    `field` describes its content where the family defines it, and is None for a part of
    another standard, such as the signature.
    """

    name: str
    namespace: str
    min: int
    max: int | None
    label_zh: str
    label_en: str
    field: Field | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message of an agency's interface: its record, its keys and what answers it.

    `key` holds the paths that together identify what a record speaks of. `receipt` names the
    message that answers this one, `answers` the message that this one answers. `records_max`
    is None when unbounded. `attributes` are those of the root element. `strangers` are elements
    that the schema does not know: where they pass, they are kept and not read.

    A `packed` message may travel in a package, which names it by `type`. `reading` says how its
    elements are looked at: exactly; by their names, however those are written and in any order;
    or leniently, where an agency sends it and departures from the schema are only told.
    `senders` are the fields of its one record in which the company stands that transmits it, the
    first that is given; of other messages a part beside the records says so.
    """

    name: str
    family: str
    namespace: str
    role: Literal["declaration", "receipt"]
    record: str
    label_zh: str
    label_en: str
    help_zh: str
    help_en: str
    record_field: Field
    key: tuple[str, ...]
    regime: str | None
    receipt: str | None
    answers: str | None
    parts: tuple[Part, ...]
    attributes: tuple[Field, ...]
    records_min: int
    records_max: int | None
    edition: str
    strangers: bool
    packed: bool
    type: str
    reading: Literal["exact", "names", "lenient"]
    senders: tuple[str, ...]
    _by_path: Mapping[str, Field] = field(repr=False, compare=False)

    @property
    def is_receipt(self) -> bool:
        """Whether the agency sends this message rather than receives it."""
        return self.role == "receipt"

    @property
    def is_record(self) -> bool:
        """Whether the message is one record and nothing else: its root element is the record."""
        return self.record == self.name

    @property
    def record_label_zh(self) -> str:
        """What one record is called, in Chinese."""
        return self.record_field.label_zh

    @property
    def record_label_en(self) -> str:
        """What one record is called, in English."""
        return self.record_field.label_en

    def field(self, path: str) -> Field:
        """The field at a path of the record, with or without indexes; KeyError if none."""
        return self._by_path[_INDEX.sub("", path)]

    def part(self, name: str) -> Part:
        """The part of this name; KeyError if the message has none."""
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)


class _Messages(Mapping[str, Message]):
    """All messages by name; each file is read when its message is asked for."""

    def __getitem__(self, name: str) -> Message:
        return message(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_files())

    def __len__(self) -> int:
        return len(_files())


def messages() -> Mapping[str, Message]:
    """Every message there is a schema for, by name."""
    return _Messages()


@cache
def message(name: str) -> Message:
    """The message of this name; KeyError if there is none."""
    path = path_of(name)
    tree = _root_of(path)
    root = _named(tree, name)
    info = root.find(f"{XS}annotation/{XS}appinfo/{SW}message").attrib
    origin = Origin(info["certainty"], info["source"])
    record_field = read_field(_named(tree, info["record"]), "", origin)
    (records_min, records_max), parts = _around(root, tree, path, info["record"], origin)
    words = texts(root)
    return Message(
        name=name,
        family=path.parent.name,
        namespace=tree.get("targetNamespace", ""),
        role=info["role"],
        record=info["record"],
        label_zh=words[("label", "zh")],
        label_en=words[("label", "en")],
        help_zh=words.get(("help", "zh"), ""),
        help_en=words.get(("help", "en"), ""),
        record_field=record_field,
        key=tuple(info["key"].split()),
        regime=info.get("regime"),
        receipt=info.get("receipt"),
        answers=info.get("answers"),
        parts=parts,
        attributes=tuple(
            read_field(node, f"@{node.get('name')}", origin)
            for node in root.iterfind(f"{XS}complexType/{XS}attribute")
        ),
        records_min=records_min,
        records_max=records_max,
        edition=info["edition"],
        strangers=info.get("strangers") == "pass",
        packed=info.get("packed") == "true",
        type=info.get("type", name),
        reading=info.get("reading", "exact"),
        senders=tuple(info.get("sender", "").split()),
        _by_path={found.path: found for found in _walk(record_field)},
    )


def path_of(name: str) -> Path:
    """The schema file of this message; KeyError if there is none."""
    return _files()[name]


@cache
def gate(name: str) -> etree.XMLSchema:
    """The compiled schema that judges one record element of this message, standing alone."""
    return etree.XMLSchema(file=str(path_of(name)))


def part_gate(name: str, part: str) -> etree.XMLSchema:
    """The compiled schema that judges one part element of this message, standing alone."""
    found = message(name).part(part)
    if found.field is None:
        return _standard_gate(found.namespace)
    return _parts_gate(_parts_of(path_of(name)))


@cache
def package_field(name: str) -> Field:
    """What a package says of itself: the part of this name (EnvelopInfo, PocketInfo)."""
    tree = _root_of(_HERE / _PACKAGES / f"{_PARTS}.xsd")
    return read_field(_named(tree, name), "", Origin("seen", "schema of the package"))


def envelopes() -> Mapping[str, str]:
    """The namespace of each envelope that a message may travel in, by the name of its root."""
    return {name: _root_of(path).get("targetNamespace") for name, path in _envelopes().items()}


@cache
def envelope_gate(name: str) -> etree.XMLSchema:
    """The compiled schema that judges a whole envelope of this name."""
    return etree.XMLSchema(file=str(_envelopes()[name]))


@cache
def second_opinion(name: str) -> xmlschema.XMLSchema:
    """The same schema for the slower engine, which can name every fault of one record."""
    import xmlschema

    return xmlschema.XMLSchema(str(path_of(name)))


@cache
def _files() -> Mapping[str, Path]:
    """The file of each message, by its name."""
    return {
        path.stem: path
        for path in sorted(_HERE.glob("*/*.xsd"))
        if not path.stem.startswith(_PARTS) and path.parent.name not in (_STANDARDS, _ENVELOPES)
    }


@cache
def _envelopes() -> Mapping[str, Path]:
    return {path.stem: path for path in sorted(_HERE.glob(f"{_ENVELOPES}/*.xsd"))}


@cache
def _parts_gate(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(path))


def _parts_of(path: Path) -> Path:
    """The file of the parts around the records of the message in this one."""
    return path.parent / str(_root_of(path).find(f"{XS}include").get("schemaLocation"))


@cache
def _standard_gate(namespace: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(_standards()[namespace][0]))


@cache
def _standards() -> Mapping[str, tuple[Path, Any]]:
    """File and tree of each shared standard, by its namespace."""
    read = [(path, _root_of(path)) for path in _HERE.glob(f"{_STANDARDS}/*.xsd")]
    return {tree.get("targetNamespace"): (path, tree) for path, tree in read}


def _around(
    root: Any, tree: Any, path: Path, record: str, origin: Origin
) -> tuple[tuple[int, int | None], tuple[Part, ...]]:
    """How many records the root element takes, and the parts it has beside them."""
    records: tuple[int, int | None] = (1, 1)
    parts = []
    for node in root.iterfind(f"{XS}complexType/{XS}sequence/{XS}element[@ref]"):
        prefix, _, name = node.get("ref").partition(":")
        if name == record:
            records = occurrence(node)
            continue
        least, most = occurrence(node)
        namespace = node.nsmap[prefix]
        own = namespace == tree.get("targetNamespace")
        declared = _named(_root_of(_parts_of(path)) if own else _standards()[namespace][1], name)
        words = texts(declared)
        described = read_field(declared, "", origin) if own else None
        labels = words[("label", "zh")], words[("label", "en")]
        parts.append(Part(name, namespace, least, most, *labels, described))
    return records, tuple(parts)


@cache
def _root_of(path: Path) -> Any:
    return etree.parse(str(path)).getroot()


def _named(tree: Any, name: str) -> Any:
    """The global element of this name."""
    for node in tree.iterfind(f"{XS}element"):
        if node.get("name") == name:
            return node
    raise KeyError(name)


def _walk(root: Field) -> Iterator[Field]:
    yield root
    for child in root.children:
        yield from _walk(child)
