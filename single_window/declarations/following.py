"""What may be filed about a declaration as it stands, and what was filed about it before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from single_window import regimes
from single_window.declarations import effects
from single_window.domain.acts import Left, mentions_of
from single_window.domain.following import Follow
from single_window.domain.lifecycle import OVER
from single_window.domain.regime import Regime
from single_window.storage.engine import AnyRow
from single_window.storage.tables import declarations, touches


def offered(row: AnyRow, facts: Mapping[str, Any]) -> tuple[Follow, ...]:
    """The papers that the filer may begin from a declaration now, one that changes it last."""
    regime = regimes.of(row)
    if regime is None:
        return ()
    return tuple(
        regime.follows.get((message, row.message)) or Follow(message, row.message, {})
        for message in sorted(regime.messages, key=lambda name: name == row.message)
        if _may_follow(regime, message, row, facts)
    )


def _may_follow(regime: Regime, message: str, row: AnyRow, facts: Mapping[str, Any]) -> bool:
    """What acts on it, as the act allows; what its forms.toml begins from it, while that lives."""
    follow = regime.follows.get((message, row.message))
    named = follow is not None
    if follow is not None and not follow.fits(facts):
        return False
    act = regime.acts.get(message)
    if act is None or row.message not in act.on:
        return named and row.living_key is not None
    matters = bool(named or any(act.effects.values()) or act.ledger)
    there = act.by != "invt_no" or bool(row.invt_no)
    return matters and there and act.concerns(facts) and row.outcome in act.states


def left(connection: Connection, row: AnyRow, ledger: str) -> Left:
    """Of each line of a declaration that papers took of: how much is left of how much."""
    return effects.left(connection.execute(effects.takings(row.id, ledger, over=OVER)))


def filed_before(connection: Connection, row: AnyRow, message: str) -> int:
    """How many papers of a message name the declaration, without those that came to nothing."""
    naming = select(touches.c.declaration_id).where(touches.c.key.in_(mentions_of(row)))
    return connection.execute(
        select(func.count()).where(
            declarations.c.id.in_(naming),
            declarations.c.message == message,
            declarations.c.outcome.not_in(("", *OVER)),
        )
    ).scalar_one()
