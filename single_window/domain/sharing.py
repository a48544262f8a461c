"""Messages whose records belong to one regime or another, as one of their fields says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from single_window.domain.conditions import Record
from single_window.domain.owned import ManifestError
from single_window.domain.regime import Regime


@dataclass(frozen=True, slots=True)
class Shared:
    """How a message is shared out: the path of the field that decides, and whose each value is."""

    path: str
    by_value: Mapping[str, Regime]

    def value(self, record: Record) -> str:
        """What the record says there; "" where it says nothing."""
        found: object = record
        for name in self.path.split("/"):
            found = found.get(name, "") if isinstance(found, dict) else ""
        return found if isinstance(found, str) else ""

    def of(self, record: Record) -> Regime | None:
        """The regime that the record belongs to; None where it is nobody's."""
        return self.by_value.get(self.value(record))

    def usual(self, regime: str) -> str:
        """The value that a regime names first: what stands in its blank form."""
        return next(value for value, each in self.by_value.items() if each.name == regime)


def shared(message: str, owners: Sequence[Regime]) -> Shared | None:
    """How a message is shared out; None where one regime has all its records, or none has any.

    Raises ManifestError where two regimes could claim the same record.
    """
    conditions = [owner.owned[message].when for owner in owners]
    if len(owners) < 2 and not any(conditions):
        return None
    paths = {path for when in conditions for path in when} or {""}
    if len(paths) > 1 or not all(conditions):
        named = ", ".join(owner.name for owner in owners)
        raise ManifestError(f"{message}: each of {named} must say `when`, on the same field")
    (path,) = paths
    by_value: dict[str, Regime] = {}
    for owner in owners:
        for value in owner.owned[message].when[path]:
            if value in by_value:
                claimed = f"{by_value[value].name} and {owner.name}"
                raise ManifestError(f"{message}: {path} {value} is claimed by {claimed}")
            by_value[value] = owner
    return Shared(path, by_value)
