"""What a rule of law decides of a case, and the number of the rule that does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from single_window.domain.findings import Decision


class Ruling(NamedTuple):
    """A decision with its rule; no rule where nothing stands against it."""

    decision: Decision
    rule: str

    def result(self) -> dict[str, str]:
        """The ruling as a worked case's result."""
        return {"decision": self.decision, "rule": self.rule}


ACCEPTED = Ruling("accept", "")


def first(rulings: Iterable[Ruling]) -> Ruling:
    """The first that refuses or holds; else the first that warns; else all is well."""
    warned = ACCEPTED
    for each in rulings:
        if each.decision in ("reject", "hold"):
            return each
        if each.decision == "warn" and warned is ACCEPTED:
            warned = each
    return warned
