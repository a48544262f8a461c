"""The values that pass between the window and an agency's adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

#: The way between two transport nodes: the one of entry, the one at its end, and the running number
#: that the message has at the first.
Nodes = tuple[str, str, int]


class Outcome(StrEnum):
    """What the network did with a message; only a parsed verdict can refuse a declaration."""

    TAKEN = "taken"
    REFUSED = "refused"
    TRY_LATER = "try_later"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Item:
    """One leg to be told to an agency: whose it is and all that the message may need."""

    leg_id: int
    declaration_id: int
    message: str
    key: str
    facts: Mapping[str, Any]
    amounts: Mapping[str, Any] | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one sending; `body` is an answer to be read as a receipt, or None."""

    outcome: Outcome
    status: int | None = None
    detail: str = ""
    body: bytes | None = None
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One agency's word on one record: the lifecycle event, and how to find the declaration.

    `receipt` names the message that it came in, which tells what kind of record is meant: the
    receipt of a cancellation gives the number of the inventory too, and is no answer to that.

    A word that counts `once` is known by its receipt, its code and its time at the agency: the same
    again says nothing new, and one that is older than what was heard before moves nothing.

    `amounts` are the figures that it states, `bill` the number of the bill in which it does; a
    bill with figures replaces what it stated before, and one with none (void) takes that back.
    """

    agency: str
    event: str
    code: str
    text: str
    at: datetime
    match: Mapping[str, str]
    numbers: Mapping[str, str] = field(default_factory=dict)
    amounts: Mapping[str, Any] | None = None
    receipt: str = ""
    bill: str = ""
    once: bool = False


class NotAReceipt(ValueError):
    """The bytes are no receipt of this agency; nothing of them may be used."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
