"""What an agency's folder says about it, and which agencies there are.

`agency.toml` tells of the agency itself. Each family of messages that it takes besides may have a
manifest of its own beside that, named as the family: `accepts`, `[receipts.X]`, and what its
simulated counterpart does with them under `[stub]`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

AGENCIES = Path(__file__).parent.parent
#: An event for a status that no table lists: the operator looks at it, the declaration stays.
UNKNOWN_EVENT = "unknown"


@dataclass(frozen=True, slots=True)
class ReceiptForm:
    """Which elements of a receipt identify the declaration and which bring new numbers.

    `states` names the elements in which the agency states figures, and the figures. Of a receipt
    whose values stand in groups, `reads` says where each is found: "Group/element", the first of
    several that says something, and `also` other names of its root.
    """

    match: tuple[str, ...]
    numbers: tuple[str, ...]
    events: Mapping[str, str]
    states: Mapping[str, str] = field(default_factory=dict)
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `agency.toml` says about an agency.

    `desk` is what its officers may say at the window: the status that a receipt of theirs would
    carry, and the lifecycle event that this means. `envelope` is the form in which national
    messages travel to it ("dxp", "dxpsv" or "none"), `receivers` its numbers at E-port: that for a
    message, or under "" for all others.
    """

    name: str
    label_zh: str
    label_en: str
    delivery: str
    batch: int
    accepts: tuple[str, ...]
    ack_minutes: int
    retry_base_seconds: int
    retry_max_seconds: int
    receipts: Mapping[str, ReceiptForm]
    desk: Mapping[str, tuple[str, str]]
    envelope: str
    receivers: Mapping[str, str]

    def receiver(self, message: str) -> str:
        """The number at E-port to which this message goes."""
        return self.receivers.get(message) or self.receivers.get("", "")

    def event(self, receipt: str, status: str) -> str:
        """The lifecycle event that a status in this receipt means."""
        events = self.receipts[receipt].events
        if status.startswith("-"):
            return events.get("negative", UNKNOWN_EVENT)
        return events.get(status) or events.get("other", UNKNOWN_EVENT)


_OWN, _MARKS = "agency", "marks"


class TakenTwice(ValueError):
    """Two files of an agency describe the same message, receipt, or paper."""


def told_of(name: str) -> dict[str, dict[str, Any]]:
    """What each file of an agency's folder tells, by its name: the agency's own comes first."""
    files = {path.stem: path for path in sorted((AGENCIES / name).glob("*.toml"))}
    files.pop(_MARKS, None)
    order = [_OWN, *(stem for stem in files if stem != _OWN)]
    return {stem: tomllib.loads(files[stem].read_text(encoding="utf-8")) for stem in order}


def joined(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """All of what several files describe by name; TakenTwice where two describe the same."""
    found: dict[str, Any] = {}
    for part in parts:
        if doubled := found.keys() & part.keys():
            raise TakenTwice(", ".join(sorted(doubled)))
        found |= part
    return found


@lru_cache(maxsize=64)
def manifest(name: str) -> Manifest:
    """The manifest of an agency; KeyError when there is no such agency."""
    if name not in names():
        raise KeyError(name)
    files = told_of(name)
    told = files[_OWN]
    shared: dict[str, str] = told.get("events", {})
    receipts = {
        root: ReceiptForm(
            match=tuple(form["match"]),
            numbers=tuple(form.get("numbers", ())),
            events=(shared if form.get("shared", True) else {}) | form.get("events", {}),
            states=form.get("states", {}),
            reads={name: tuple(places) for name, places in form.get("reads", {}).items()},
            also=tuple(form.get("also", ())),
        )
        for root, form in joined(*(each.get("receipts", {}) for each in files.values())).items()
    }
    plain = {key: told[key] for key in _PLAIN_KEYS}
    desk = {word: (status, shared[status]) for word, status in told.get("desk", {}).items()}
    return Manifest(
        name=name,
        accepts=tuple(message for each in files.values() for message in each.get("accepts", ())),
        receipts=receipts,
        desk=desk,
        envelope=told.get("envelope", "none"),
        receivers=told.get("receivers", {}),
        **plain,
    )


_PLAIN_KEYS = (
    "label_zh",
    "label_en",
    "delivery",
    "batch",
    "ack_minutes",
    "retry_base_seconds",
    "retry_max_seconds",
)


def names() -> list[str]:
    """The agencies there are: every folder here that holds an `agency.toml`."""
    return sorted(found.parent.name for found in AGENCIES.glob("*/agency.toml"))
