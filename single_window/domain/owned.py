"""A message as the manifest of the regime that has its records describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class ManifestError(ValueError):
    """A regime's folder is wrong; the program refuses to start with it."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A message that the regime owns, as its manifest describes it.

    `trade` names the facts that papers of one trade share, `link` those by which a paper that
    does not name the trade itself (a waybill) belongs to the one that leads it. `companies` names
    the facts whose companies see what was filed; the first is the one whose business it is. What is
    `optional` is not asked for of every trade. What is `kept` is the window's own: it is taken in
    here, and no agency is told. `kind` names the field of the head that says whether a
    record is new, a change or a deletion. Of a message that regimes share, a regime has the records
    in which the one field of `when` has one of its values.
    """

    name: str
    label_zh: str
    label_en: str
    goal: str
    day: str = ""
    switch: str = ""
    head: str = ""
    lines: str = ""
    facts: tuple[str, ...] = ()
    line_facts: tuple[str, ...] = ()
    duplicate: str = ""
    checked: bool = True
    optional: bool = False
    kept: bool = False
    kind: str = "appType"
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trade: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()

    def asks(self, record: Mapping[str, Any]) -> str:
        """Whether the record is new (1), a change (2) or a deletion (3); new if it does not say."""
        return str(record.get(self.head, record).get(self.kind) or "1")


def owned_of(name: str, row: Mapping[str, Any]) -> Owned:
    """A message from its table in the manifest; ManifestError where that is wrong."""
    known = {f for f in Owned.__dataclass_fields__ if f != "name"}
    if unknown := set(row) - known:
        raise ManifestError(f"{name}: unknown {sorted(unknown)}")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    if when := row.get("when"):
        values["when"] = {path: tuple(among) for path, among in when.items()}
        if len(when) > 1 or not all(when.values()):
            raise ManifestError(f"{name}: `when` names one field and the values it may have")
    return Owned(name=name, **values)
