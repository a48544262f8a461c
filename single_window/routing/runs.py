"""Which receipts can be applied together: several steps on the same records cost one look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from single_window.storage.engine import AnyRow

if TYPE_CHECKING:
    from adapters.base import Verdict

Read = tuple[AnyRow, "list[Verdict]"]
"""A stored receipt and what it says."""


def runs(read: Sequence[Read]) -> Iterator[list[Read]]:
    """Receipts, each with its verdicts, in stretches that can be matched and applied together.

    An agency tells one step of the same records after the other, so together they cost little more
    than one. A receipt that names its records by what an earlier one has to tell first (a bill,
    by the number of the inventory) begins anew.
    """
    for _, run in groupby(read, lambda each: all(_names_itself(one) for one in each[1])):
        yield list(run)


def _names_itself(verdict: Verdict) -> bool:
    return bool(verdict.match.get("guid") or verdict.match.get("reference"))
