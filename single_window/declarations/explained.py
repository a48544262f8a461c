"""What a record says and what was computed of it, told with labels, inputs and grounds."""

from __future__ import annotations

from typing import Any

import orjson

from schemas import codes, registry
from single_window import regimes
from single_window.declarations.masking import mask
from single_window.declarations.sources import sources
from single_window.domain.regime import Regime
from single_window.storage.engine import AnyRow, beijing_day


def shown(row: AnyRow, facts: dict[str, Any]) -> list[dict[str, str]]:
    """The head facts of a record with labels; personal values masked, codes with their names.

    What was put together of them to find another paper by its key is none of them.
    """
    if row.message not in registry.messages() or not facts:
        return []
    found, regime = registry.message(row.message), regimes.of(row)
    fields = {leaf.name: leaf for leaf in reversed(found.record_field.leaves())}
    if regime is not None:
        called = regime.hooks.called.get(row.message, {})
        fields |= {name: found.field(path) for name, path in called.items()}
    composed = _composed(regime, row.message) if regime is not None else frozenset()
    result = []
    for name, value in facts.items():
        field = fields.get(name) if name not in composed else None
        if field is None or not isinstance(value, str) or not value:
            continue
        table = codes.table(field.code_list) if field.code_list in codes.names() else None
        result.append(
            {
                "name": name,
                "label_zh": field.label_zh,
                "label_en": field.label_en,
                "value": mask(value) if field.personal else value,
                "name_zh": table.label(value, "zh") if table else "",
                "name_en": table.label(value, "en") if table else "",
            }
        )
    return result


def _composed(regime: Regime, message: str) -> frozenset[str]:
    act = regime.acts.get(message)
    names = act.names if act is not None and act.by == "key" else ()
    return frozenset(names) & regime.hooks.called.get(message, {}).keys()


def computed(row: AnyRow, facts: dict[str, Any]) -> dict[str, Any]:
    """The amounts, what they are called, how they came about, and the day whose law judges them."""
    amounts = orjson.loads(row.amounts) if row.amounts else None
    regime = regimes.of(row)
    if regime is None or amounts is None:
        return {"amounts": amounts, "figures": [], "formula": [], "law_day": None}
    received = beijing_day(row.created_at)
    day = regime.day_of(row.message, {regime.owned[row.message].head: facts}, received)
    return {
        "amounts": amounts,
        "figures": _figures(regime, amounts),
        "formula": regime.explain(amounts, regime.in_force(day, sources())),
        "law_day": day.isoformat(),
    }


def _figures(regime: Regime, amounts: dict[str, Any]) -> list[dict[str, str]]:
    """The amounts in the order in which they were computed, by the names that people use."""
    return [
        {
            "name": name,
            "label_zh": f.label_zh,
            "label_en": f.label_en,
            "value": amounts[name],
            "unit": f.unit,
        }
        for name in amounts
        if (f := regime.figure(name)).label_zh != name and not name.endswith("currency")
    ]
