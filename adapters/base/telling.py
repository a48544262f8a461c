"""An agency's message made after its own description: values by the names of its elements.

The description comes from outside: whatever has the shape of a message's schema will do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from adapters.base.values import Item
from adapters.base.writing import document, escaped, leg_guid, masked


class Unfit(ValueError):
    """No sound message can be made: `names` are the elements at fault, never their values."""

    def __init__(self, *names: str) -> None:
        super().__init__(" ".join(names))
        self.names = names


class Element(Protocol):
    """What is asked of the description of an element."""

    @property
    def name(self) -> str: ...
    @property
    def children(self) -> Sequence[Element]: ...
    @property
    def min_occurs(self) -> int: ...
    @property
    def repeats(self) -> bool: ...
    @property
    def personal(self) -> bool: ...


class Description(Protocol):
    """What is asked of the description of a message."""

    @property
    def name(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def record_field(self) -> Element: ...


def told(
    described: Description, items: Sequence[Item], *, agency: str, message_id: str, now: datetime
) -> bytes:
    """The message with one record for each leg; Unfit where a required element has no value.

    `guid` is the leg's own and `reference` its number; a value goes by its name: what agencies
    have said comes before what was filed, and that before what was computed (where `net_paid` is
    told as `netPaid`). Of personal data only the end is told.
    """
    records = (_element(described.record_field, _values(item, agency)) for item in items)
    return document(described.name, message_id, now, records, namespace=described.namespace)


def _values(item: Item, agency: str) -> dict[str, Any]:
    own = {"guid": leg_guid(item, agency), "reference": item.leg_id}
    computed = {_element_name(name): value for name, value in (item.amounts or {}).items()}
    return {**computed, **item.facts, **item.numbers, **own}


def _element_name(figure: str) -> str:
    first, *rest = figure.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _element(field: Element, values: Mapping[str, Any]) -> str:
    """The element with what it holds; "" where nothing in it has a value."""
    if not field.children:
        value = values.get(field.name)
        text = "" if value is None else str(value)
        if text and field.personal:
            text = masked(text) or ""
        return f"<{field.name}>{escaped(text)}</{field.name}>" if text else ""
    content, missing = "", []
    for child in field.children:
        found = "".join(_element(child, each) for each in _each(child, values))
        if child.min_occurs and not found:
            missing.append(child.name)
        content += found
    if missing and (content or field.min_occurs):
        raise Unfit(*missing)
    return f"<{field.name}>{content}</{field.name}>" if content else ""


def _each(field: Element, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Where the values of an element stand: beside the others, or for each of its repetitions."""
    inner = values.get(field.name)
    if not field.children:
        return [values]
    if isinstance(inner, Mapping):
        return [inner]
    if isinstance(inner, list | tuple):
        return inner
    return [] if field.repeats else [values]
