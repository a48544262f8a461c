"""The cross-check report of a declaration, made of the papers that its reader may look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from single_window import regimes
from single_window.declarations.papers import opened
from single_window.domain.lifecycle import OVER
from single_window.domain.reports import Tied
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store

_ENDED = ("", *OVER)


def report(
    store: Store, row: AnyRow, facts: dict[str, Any], papers: Iterable[AnyRow]
) -> dict[str, Any] | None:
    """What its regime says of it and of these papers; None where that has nothing to report.

    Papers that came to nothing are left out.
    """
    regime = regimes.of(row)
    if regime is None or regime.hooks.report is None:
        return None
    others = [
        Tied(
            each.message,
            each.key,
            each.outcome,
            opened(store, each.sealed_facts),
            _amounts(each),
        )
        for each in papers
        if each.outcome not in _ENDED
    ]
    found = regime.hooks.report(row.message, facts, _amounts(row), others)
    return found.told() if found is not None else None


def _amounts(row: AnyRow) -> dict[str, Any]:
    return orjson.loads(row.amounts) if row.amounts else {}
