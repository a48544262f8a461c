"""Messages of records that were right and have been changed, as text, and the national verdict."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from schemas.registry import Message, gate, message, messages
from single_window.demo.trades import PAPERS
from tests.intake.documents import right
from tests.schemas import samples

NAMES = tuple(name for name in messages() if message(name).family in ("ceb", "service"))
_NOISE = (
    (">1<", ">&#49;<"),
    (">1<", ">1<!-- c --><"),
    (">1<", "><?p i?>1<"),
    (">9", ">\n9"),
    (">9", "><![CDATA[9]]>"),
    (">-9", ">\u00a0-9"),
    ("></", "> </"),
    ("><", ">\u3000<"),
    ("&lt;", "&#x3C;"),
    ("好", "\x85"),
)


@dataclass(frozen=True, slots=True)
class Mutated:
    """A document, and whether the schema takes each of its records, by libxml2 alone."""

    message: Message
    text: str
    right: tuple[bool, ...]


def mutated(count: int, seed: int) -> Iterator[Mutated]:
    """Documents with `count` records in all; those that are not well-formed are left out.

    Half are made from the schemas, with everything a schema can say; half are everyday papers.
    """
    rng = random.Random(seed)
    everyday = [right(name, 8, indent=indent) for name in PAPERS for indent in (True, False)]
    while count > 0:
        if rng.random() < 0.5:
            found = message(rng.choice(NAMES))
            text = _document(found, rng)
        else:
            text = _everyday(rng.choice(everyday), rng)
            found = message(text.partition("<ceb:")[2].partition(" ")[0])
        try:
            root = etree.fromstring(text.encode())
        except etree.XMLSyntaxError:
            continue
        schema = gate(found.name)
        records = root.iterchildren(f"{{{found.namespace}}}{found.record}")
        verdicts = tuple(schema.validate(record) for record in records)
        count -= len(verdicts)
        yield Mutated(found, text, verdicts)


def _document(found: Message, rng: random.Random) -> str:
    prefixes = {rng.choice(["ceb", None, "x"]): found.namespace}
    if rng.random() < 0.1:
        prefixes["other"] = found.namespace
    name = etree.QName(found.namespace, found.name)
    root = etree.Element(name, nsmap=prefixes, guid="A" * 36, version="1.0")
    for _ in range(rng.choice([1, 1, 3])):
        root.append(samples.broken(found, rng))
    text = etree.tostring(root, encoding="unicode", pretty_print=rng.random() < 0.3)
    if rng.random() < 0.4:
        old, new = rng.choice(_NOISE)
        text = text.replace(old, new, rng.choice([1, 2]))
    return text


_LEAF = re.compile(r"<(ceb:\w+)>([^<]*)</\1>")
_VALUES = (
    *("", " ", "0", "-0", "+1", "01", "1.", ".5", "1e3", "1,5", "NaN", "-1", " 7 ", "142", "502"),
    *("0.123456", "0.1234500", "99999999999999.99999", "123456789012345.12345", "٣", "７"),
    *("2147483647", "2147483648", "-2147483649", "999999999", "1000000000", "0000999999999"),
    *(
        "x",
        "好" * 10,
        "𠮷",
        "\u3000",
        "\u00a0",
        "\u2028",
        "\u0085",
        "\t",
        "a  b",
        "\ufffd",
        "\U0010ffff",
    ),
    *("x" * size for size in (2, 3, 4, 8, 14, 18, 19, 30, 31, 36, 60, 61, 100, 101, 250, 251)),
)


def _everyday(text: str, rng: random.Random) -> str:
    """A message of right records, some of whose fields are changed in their text."""
    for _ in range(rng.choice([1, 2, 5])):
        match = rng.choice(list(_LEAF.finditer(text)))
        tag, value = match.groups()
        new = rng.choice(
            [
                *[f"<{tag}>{rng.choice(_VALUES)}</{tag}>"] * 6,
                f"<{tag}>{value[:-1]}</{tag}>",
                f"<{tag}/>",
                f"<{tag} >{value}</{tag} >",
                match[0] * 2,
                "",
                f"<ceb:note>1</ceb:note>{match[0]}",
            ]
        )
        text = text[: match.start()] + new + text[match.end() :]
    return text
