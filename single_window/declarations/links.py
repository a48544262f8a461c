"""What papers point to without acting on it: kept, so that both pages show each other, and judged.

It may be of another regime and may come later. What it says is only told to who may see it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from single_window.declarations.acts import target_of
from single_window.declarations.effects import COLUMNS, touch
from single_window.declarations.legs import first_legs
from single_window.declarations.papers import Origin, Paper, add
from single_window.declarations.sources import sources
from single_window.domain.acts import Link, Target
from single_window.domain.regime import Regime
from single_window.storage import many
from single_window.storage.among import among
from single_window.storage.engine import beijing_day
from single_window.storage.store import Store
from single_window.storage.tables import declarations, messages, touches


def settle(
    store: Store, connection: Connection, origin: Origin, papers: Sequence[Paper], *, at: int
) -> None:
    """Keeps what each paper points to; what its regime says of it is added to the paper."""
    told = [(paper, _links(paper, origin.message)) for paper in papers]
    there = _there(store, connection, [link for _, links in told for link in links])
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    for paper, links in told:
        for link in links:
            target, filer = next((there[m] for m in link.mentions if m in there), (None, 0))
            if target is not None and not (
                filer == origin.organisation_id or origin.sender in target.companies
            ):
                target = None
            _judge(paper, link, target, at)
            for mention in link.mentions:
                row = touch(origin.number(paper), mention)
                rows[row["declaration_id"], mention] = row
    many.add(connection, touches, [*rows.values()])


def _links(paper: Paper, message: str) -> Sequence[Link]:
    asked = paper.regime.hooks.links if paper.regime is not None else None
    return asked(message, paper.facts) if asked is not None else ()


def _judge(paper: Paper, link: Link, target: Target | None, at: int) -> None:
    regime: Regime | None = paper.regime
    if regime is None or regime.hooks.linked is None:
        return
    p = regime.in_force(beijing_day(at), sources())
    for finding in regime.hooks.linked(link, target, paper.facts, p):
        add(paper, finding)


def _there(
    store: Store, connection: Connection, links: Iterable[Link]
) -> dict[str, tuple[Target, int]]:
    """What is linked to and is there, with the organisation that filed it, by mention.

    Of several it is the one that lives, or the newest.
    """
    wanted: dict[Any, set[str]] = defaultdict(set)
    named: dict[Any, set[str]] = defaultdict(set)
    for link in links:
        wanted[link.by].add(link.number)
        named[link.by].update(link.messages)
    found: dict[str, tuple[Target, int]] = {}
    own = declarations.c
    for by, numbers in wanted.items():
        column = COLUMNS[by]
        rows = connection.execute(
            select(declarations, messages.c.sender)
            .join(messages, messages.c.id == own.message_id)
            .where(
                among(connection, column, numbers),
                among(connection, own.message, named[by]),
                own.outcome != "",
            )
            .order_by(own.living_key.is_not(None), own.id)
        ).all()
        first = first_legs(connection, rows)
        for row in rows:
            link = Link((row.message,), by, getattr(row, column.name), "")
            target = target_of(store, row, first.get(row.id))
            found[link.mentions[0]] = (target, row.organisation_id)
    return found
