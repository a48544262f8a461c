"""What the rules look things up in: the code tables, the fields that name one, the tariff."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from schemas import codes, registry
from schemas.fields import Field
from single_window.domain.conditions import CodeField
from single_window.domain.rules import Sources


@cache
def sources() -> Sources:
    """What the rules look things up in: the code tables, the fields that name one, the tariff."""
    fields = {
        name: [
            CodeField(group, leaf.name, repeats, leaf.code_list)
            for group, repeats, leaf in _leaves(registry.message(name).record_field)
            if leaf.code_list and leaf.code_list in codes.names()
        ]
        for name in registry.messages()
    }
    return Sources(
        codes=lambda table, day: codes.table(table).codes_on(day),
        code_fields=fields,
        tariff=codes.tariff(),
    )


def _leaves(root: Field) -> Iterator[tuple[str, bool, Field]]:
    for child in root.children:
        if child.kind != "group":
            yield "", False, child
        for leaf in child.children:
            yield child.name, child.repeats, leaf
