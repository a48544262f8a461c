"""What the rules look things up in: the code tables, the fields that name one, the tariff."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from schemas import codes, registry
from schemas.fields import Field
from single_window import settings
from single_window.declarations import registers
from single_window.domain.conditions import CodeField
from single_window.domain.rules import Sources


@cache
def sources() -> Sources:
    """What the rules look things up in: code tables, fields that name one, tariff, registers.

    Raises BadRegister; what an operator changes in the registers holds from the next start on.
    """
    fields = {
        name: [
            CodeField(group, leaf.name, repeats, leaf.code_list)
            for group, repeats, leaf in _leaves(registry.message(name).record_field)
            if leaf.code_list and leaf.code_list in codes.names()
        ]
        for name in registry.messages()
    }
    kept = registers.load(settings.load().registers_folder)
    return Sources(
        codes=lambda table, day: codes.table(table).codes_on(day),
        code_fields=fields,
        tariff=codes.tariff(),
        registers_on=kept.on,
        rates_on=kept.rates_on,
        middle=kept.middle,
    )


def _leaves(group: Field, repeats: bool = False) -> Iterator[tuple[str, bool, Field]]:
    """Each leaf with the path of its group, and whether that repeats; not lines within lines."""
    for child in group.children:
        if child.kind != "group":
            yield group.path, repeats, child
        elif not repeats:
            yield from _leaves(child, child.repeats)
