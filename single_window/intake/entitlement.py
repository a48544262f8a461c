"""Whether an organisation may file a well-formed message: its kind, and in whose name it comes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from schemas.registry import Message
from single_window import regimes
from single_window.declarations import mandates
from single_window.domain.findings import Finding
from single_window.storage.engine import beijing_day


def hindrances(
    connection: Connection, organisation_id: int, message: Message, sender: str, *, at: int
) -> list[Finding]:
    """What keeps a message from being filed here by this organisation in the sender's name."""
    name = message.name
    if message.is_receipt:
        return [Finding("envelope", "ENV-RECEIPT", "reject", value=name)]
    regime = regimes.owner(name)
    if regime is None or not regime.steps(name):
        return [Finding("envelope", "ENV-NOT-FILED", "reject", value=name)]
    right = mandates.right(connection, organisation_id, sender, name, at=at)
    if right.holds:
        return []
    return [_refusal(right, message, sender)]


def _refusal(right: mandates.Right, message: Message, sender: str) -> Finding:
    told: dict[str, Any] = {"value": sender}
    if right.standing == "narrow":
        return Finding("rule", "REC-MANDATE-SCOPE", "reject", expected=message.name, **told)
    if right.ended_at is not None:
        day = beijing_day(right.ended_at).isoformat()
        return Finding("rule", "REC-MANDATE-ENDED", "reject", expected=day, **told)
    return Finding("rule", "REC-COMPANY", "reject", **told)
