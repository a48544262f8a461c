"""Records made from `Field`: the least and the most that a schema takes, and how to break them."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from lxml import etree

from schemas.fields import Field, tagged
from schemas.registry import Message

Record = dict[str, Any]
_WORD = "集装箱𠮷é&<"
_PLAIN = {"double": ("0", "-1.5e3"), "date": ("2026-02-28", "2026-11-24Z"), "any": ("", "x")}


def smallest(message: Message) -> Record:
    """Only what is required, each value as short as allowed."""
    return _values(message.record_field, full=False)


def fullest(message: Message) -> Record:
    """Every element, each value as long as allowed, two lines where lines repeat."""
    return _values(message.record_field, full=True)


def element(message: Message, record: Record) -> Any:
    """The record as an element of its own."""
    spaces = {"ceb": message.namespace} if message.namespace else None
    root = etree.Element(tagged(message.namespace, message.record), nsmap=spaces)
    _fill(root, message.record_field, record, message.namespace)
    return root


def read(node: Any, group: Field) -> Record:
    """The record that an element of this group holds."""
    found: Record = {}
    fields = {field.name: field for field in group.children}
    for child in node:
        name = etree.QName(child).localname
        if fields[name].kind != "group":
            found[name] = child.text or ""
        elif fields[name].repeats:
            found.setdefault(name, []).append(read(child, fields[name]))
        else:
            found[name] = read(child, fields[name])
    return found


def _values(group: Field, full: bool) -> Record:
    record: Record = {}
    for child in group.children:
        if not full and child.min_occurs == 0:
            continue
        value = _values(child, full) if child.kind == "group" else _value(child, full)
        record[child.name] = [value, value][: 1 + full] if child.repeats else value
    return record


def _value(leaf: Field, full: bool) -> str:
    if leaf.fixed is not None:
        return leaf.fixed
    if leaf.pattern is not None:
        moment = "2026-11-24 23:59:59"
        return moment[: leaf.max_length] if full else ""
    if leaf.kind in _PLAIN:
        return _PLAIN[leaf.kind][full]
    if leaf.kind == "string":
        most = leaf.length or leaf.max_length or 40
        least = leaf.length or leaf.min_length or 0
        size = most if full else least
        return (_WORD * (size // len(_WORD) + 1))[:size]
    if leaf.kind == "decimal":
        fraction = 5 if leaf.fraction_digits is None else leaf.fraction_digits
        whole = (leaf.total_digits or 19) - fraction
        return "-" + "9" * whole + "." + "9" * fraction if full else "0"
    return "9" * min(leaf.total_digits or 9, 18) if full else "-1"


def _fill(node: Any, group: Field, record: Record, namespace: str) -> None:
    for child in group.children:
        if child.name not in record:
            continue
        value = record[child.name]
        for one in value if isinstance(value, list) else [value]:
            made = etree.SubElement(node, tagged(namespace, child.name))
            if child.kind == "group":
                _fill(made, child, one, namespace)
            else:
                made.text = one


# --- breaking ---------------------------------------------------------------------------

_NUMBERS = (
    *("", " ", "0", "-0", "+1", "01", "1.", ".5", ".", "1e3", "1,5", "--1", "0x1", "NaN"),
    *(" 7 ", "\n7\t", "12345678901234.12345", "123456789012345.12345", "1.123456"),
    *("1.1234500", "000000000000000000000001", "2147483647", "2147483648", "-2147483649"),
    *("999999999", "1000000000", "0000999999999", "1.0"),
)


def _leaves(root: Any) -> list[Any]:
    return [node for node in root.iter("*") if not len(node)] or [root]


def _length(root: Any, rng: random.Random) -> None:
    node = rng.choice(_leaves(root))
    size = rng.choice([0, 1, 2, 3, 4, 10, 14, 17, 18, 19, 30, 36, 37, 60, 61, 100, 101, 250, 1001])
    node.text = rng.choice(["x", "好", "𠮷", " ", "\t"]) * size


def _number(root: Any, rng: random.Random) -> None:
    numeric = [node for node in _leaves(root) if (node.text or "").strip("-.")[:1].isdigit()]
    rng.choice(numeric or _leaves(root)).text = rng.choice(_NUMBERS)


def _edge(root: Any, rng: random.Random) -> None:
    node = rng.choice(_leaves(root))
    text = node.text or ""
    node.text = rng.choice([text[:-1], text + "x", " " + text, text + " ", text + "\n", "142"])


def _missing(root: Any, rng: random.Random) -> None:
    node = rng.choice(list(root.iterdescendants("*")) or [root])
    if node is not root:
        node.getparent().remove(node)


def _doubled(root: Any, rng: random.Random) -> None:
    node = rng.choice(list(root.iterdescendants("*")) or [root])
    if node is not root:
        node.addnext(copy.deepcopy(node))


def _many(root: Any, rng: random.Random) -> None:
    lines = [node for node in root.iterchildren("*") if "List" in etree.QName(node).localname]
    for _ in range(rng.choice([97, 98, 99]) if lines else 0):
        root.append(copy.deepcopy(lines[0]))


def _moved(root: Any, rng: random.Random) -> None:
    node = rng.choice(list(root.iterdescendants("*")) or [root])
    parent = [] if node is root else node.getparent()
    other = rng.choice([each for each in parent if each is not node] or [node])
    if other is not node:
        other.addnext(node)


def _renamed(root: Any, rng: random.Random) -> None:
    node = rng.choice(list(root.iter("*")))
    names = etree.QName(node)
    node.tag = rng.choice(
        [
            etree.QName(names.namespace, names.localname.upper()),
            etree.QName(names.namespace, names.localname + "X"),
            etree.QName("urn:other", names.localname),
            etree.QName(names.localname),
        ]
    ).text


def _attribute(root: Any, rng: random.Random) -> None:
    xsi = "{http://www.w3.org/2001/XMLSchema-instance}"
    name, value = rng.choice(
        [("id", "1"), (xsi + "nil", "true"), (xsi + "nil", "false"), (xsi + "x", "1")]
    )
    rng.choice(list(root.iter("*"))).set(name, value)


def _stray(root: Any, rng: random.Random) -> None:
    node = rng.choice(list(root.iter("*")))
    kind = rng.choice(["comment", "instruction", "text", "space", "child"])
    if kind == "comment":
        node.append(etree.Comment("why"))
    elif kind == "instruction":
        node.append(etree.ProcessingInstruction("why", "so"))
    elif kind == "child":
        node.append(etree.Element(node.tag))
    else:
        node.tail = "x" if kind == "text" and node is not root else "\n "


def _empty(root: Any, rng: random.Random) -> None:
    node = rng.choice(list(root.iter("*")))
    for child in list(node):
        node.remove(child)
    node.text = rng.choice([None, " "])


BREAKERS: tuple[Callable[[Any, random.Random], None], ...] = (
    *(_length, _number, _edge, _missing, _doubled, _many),
    *(_moved, _renamed, _attribute, _stray, _empty),
)


def broken(message: Message, rng: random.Random) -> Any:
    """A record that was right and has been changed once or twice; it may still be right."""
    root = element(message, rng.choice([smallest, fullest])(message))
    for breaker in rng.sample(BREAKERS, rng.choice([1, 1, 2])):
        breaker(root, rng)
    return root
