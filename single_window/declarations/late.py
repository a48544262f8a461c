"""Papers that lead a trade and act on another: what they act on may come after them.

At its filing such a paper takes of what is there. If that is not there yet, the paper waits as for
any other that is missing, and is settled when its trade is looked at and all that it waits for has
been taken in. The order of locks is that of a filing: the legs of papers, the legs of what they act
on, the papers' own rows, ledgers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select, update

from single_window import regimes
from single_window.declarations.acts import AWAITING, Acting
from single_window.declarations.counts import IDS_PER_CHUNK
from single_window.declarations.effects import COLUMNS, act_of
from single_window.declarations.papers import Origin, Paper, opened
from single_window.domain.acts import BY_SIGN
from single_window.domain.regime import Regime
from single_window.storage.among import among
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store
from single_window.storage.tables import declarations, legs, messages, touches


def marks(row: Mapping[str, Any], regime: Regime | None) -> list[str]:
    """The marks under which papers may wait for this declaration to act on it."""
    acts = [regime.acts[name] for name in regime.leads if name in regime.acts] if regime else []
    told = [(act, row.get(COLUMNS[act.by].name)) for act in acts if row["message"] in act.on]
    return [AWAITING + act.mention(number) for act, number in told if number]


def wakes(row: AnyRow, at: int, number: str = "") -> list[dict[str, Any]]:
    """Pairings to look at when a paper has moved: its trade, and who waits to act on it.

    `number` is what an agency has just given it and its row does not have yet.
    """
    regime = regimes.of(row)
    keys = marks({**row._mapping, "invt_no": number or row.invt_no}, regime)
    if regime is not None and regime.leads and row.message not in regime.leads:
        keys.append(f"T|{row.trade_key}" if row.trade_key else f"W|{row.waybill_key}")
    return [{"key": key, "due_at": at} for key in keys]


def naming(connection: Connection, mentions: Iterable[str]) -> Any:
    """The numbers of the papers that name one of these."""
    named = among(connection, touches.c.key, mentions)
    return select(touches.c.declaration_id).where(named)


def hold(connection: Connection, leads: Sequence[int]) -> None:
    """Locks the legs of papers, then those of what they name."""
    keys = select(touches.c.key).where(among(connection, touches.c.declaration_id, leads))
    named = select(declarations.c.id).where(_of(connection, connection.execute(keys).scalars()))
    for wanted in (
        among(connection, legs.c.declaration_id, leads),
        legs.c.declaration_id.in_(named),
    ):
        connection.execute(
            select(legs.c.id).where(wanted).order_by(legs.c.id).with_for_update()
        ).all()


def targets(
    connection: Connection, leads: Sequence[AnyRow], columns: Sequence[Any]
) -> dict[int, dict[str, AnyRow]]:
    """Per lead that acts on others, what it names and is there, by message."""
    acting = {lead.id: lead for lead in leads if act_of(lead) is not None}
    if not acting:
        return {}
    rows = connection.execute(
        select(touches.c.declaration_id, touches.c.key).where(
            among(connection, touches.c.declaration_id, acting)
        )
    )
    named: dict[int, list[str]] = defaultdict(list)
    for number, key in rows:
        named[number].append(key)
    mentions = {key for keys in named.values() for key in keys}
    found = connection.execute(
        select(*columns)
        .where(_of(connection, mentions), declarations.c.living_key.is_not(None))
        .order_by(declarations.c.id)
    ).all()
    return {
        number: {row.message: row for row in found if _names(acting[number], keys, row)}
        for number, keys in named.items()
    }


def _names(lead: AnyRow, keys: Sequence[str], row: AnyRow) -> bool:
    """Whether a paper, which mentions these numbers, may act on a declaration."""
    act = act_of(lead)
    assert act is not None
    number = getattr(row, COLUMNS[act.by].name)
    fits = row.message in act.on and regimes.of(row) is regimes.of(lead)
    return bool(fits and number and act.mention(number) in keys)


def _of(connection: Connection, mentions: Iterable[str]) -> ColumnElement[bool]:
    """True for the declarations that have one of these numbers."""
    numbers: dict[str, set[str]] = defaultdict(set)
    for mention in mentions:
        sign, _, number = mention.partition("|")
        numbers[sign].add(number)
    ways = [
        among(connection, COLUMNS[BY_SIGN[sign]], told)
        for sign, told in numbers.items()
        if sign in BY_SIGN
    ]
    return or_(*ways) if ways else declarations.c.id.is_(None)


def settle(store: Store, connection: Connection, lead: AnyRow, at: int) -> Paper | None:
    """Settles a lead on what is there by now, and keeps it; None where nothing is left to settle.

    The findings are in what is returned. A lead that is rejected is left as it was.
    """
    regime = regimes.of(lead)
    assert regime is not None
    row = connection.execute(
        select(declarations, messages.c.sender)
        .join(messages, messages.c.id == declarations.c.message_id)
        .where(declarations.c.id == lead.id)
    ).one()
    chunk, place = divmod(lead.id, IDS_PER_CHUNK)
    origin = Origin(
        *(row.submission_id, row.message_id, row.organisation_id, chunk, 0, row.message),
        check_only=False,
        sender=row.sender,
    )
    facts = opened(store, row.sealed_facts)
    paper = Paper(
        *(place, row.line, row.first_offset, row.length, row.sha256, row.key, None, []),
        regime=regime,
        facts=facts,
        amounts=row.amounts,
        replaces=lead.id,
    )
    acting = Acting(store, connection, regime, origin, at, late=True)
    kept = {
        touch.key: touch.target_id
        for touch in connection.execute(
            select(touches.c.key, touches.c.target_id).where(touches.c.declaration_id == lead.id)
        )
    }
    if acting.is_settled(paper, kept):
        return None
    acting.settle([paper])
    if paper.decision != "reject":
        own = declarations.c.id == lead.id
        connection.execute(update(declarations).where(own).values(amounts=paper.amounts))
    return paper
