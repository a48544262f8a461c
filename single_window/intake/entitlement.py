"""Whether a well-formed message may be filed: its kind, its sender, and who else is to get it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from schemas.registry import Message
from single_window import regimes
from single_window.declarations import mandates, subscriptions
from single_window.declarations.subscriptions import Asked
from single_window.domain.findings import Finding
from single_window.storage.engine import beijing_day


def hindrances(
    connection: Connection, organisation_id: int, message: Message, sender: str, *, at: int
) -> list[Finding]:
    """What keeps a message from being filed here by this organisation in the sender's name."""
    name = message.name
    if message.is_receipt:
        return [Finding("envelope", "ENV-RECEIPT", "reject", value=name)]
    if not any(regime.files(name) for regime in regimes.owners(name)):
        return [Finding("envelope", "ENV-NOT-FILED", "reject", value=name)]
    right = mandates.right(connection, organisation_id, sender, name, at=at)
    if right.holds:
        return []
    return [_refusal(right, message, sender)]


def strangers(connection: Connection, asked: Sequence[Asked]) -> list[Finding]:
    """What is to be said of subscribers that no organisation here is; nothing is lost by them."""
    known = subscriptions.subscribers(connection, asked)
    return [
        Finding("envelope", "ENV-SUBSCRIBER", "warn", value=each.address[:80], line=each.line)
        for each in asked
        if each.address not in known
    ]


def _refusal(right: mandates.Right, message: Message, sender: str) -> Finding:
    told: dict[str, Any] = {"value": sender}
    if right.standing == "narrow":
        return Finding("rule", "REC-MANDATE-SCOPE", "reject", expected=message.name, **told)
    if right.ended_at is not None:
        day = beijing_day(right.ended_at).isoformat()
        return Finding("rule", "REC-MANDATE-ENDED", "reject", expected=day, **told)
    return Finding("rule", "REC-COMPANY", "reject", **told)
