"""What the officers of an agency see: what arrived, by age, and one of it with all about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, Label, and_, bindparam, func, or_, select

from single_window import regimes
from single_window.declarations import questions
from single_window.domain.lifecycle import Event, Outcome, Transport, Verdict
from single_window.domain.regime import EVER
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow

Kind = Literal[
    "open", "new", "stored", "held", "asked", "answered", "inspected", "contradicted", "done"
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
Cursor = tuple[int, int]
"""Moment and leg after which a page of the inbox goes on."""
LOOKED_BACK = 1000
"""Of a company's declarations, how many of the last are counted."""
_HOLDING = (Event.HOLD.value, Event.REVIEW.value, Event.INSPECT.value)


def inbox(
    connection: Connection,
    agency: str,
    kind: Kind,
    *,
    order_no: str = "",
    after: Cursor | None = None,
    limit: int = 50,
) -> tuple[list[dict[str, Any]], Cursor | None]:
    """What lies on the agency's desk, the longest waiting first; with an order number all of it."""
    where = [_arrived(agency), t.declarations.c.order_no == order_no] if order_no else [
        _arrived(agency), _of_kind(agency, kind)
    ]  # fmt: skip
    if after is not None:
        moment, leg = after
        where.append(or_(t.legs.c.at > moment, and_(t.legs.c.at == moment, t.legs.c.id > leg)))
    rows = connection.execute(
        select(*_LISTED, questions.last_side().label("last"), _held_by().label("held_by"), _worst())
        .join(t.declarations, t.declarations.c.id == t.legs.c.declaration_id)
        .where(*where)
        .order_by(t.legs.c.at, t.legs.c.id)
        .limit(limit + 1)
    ).all()
    items = [_listed(agency, row) for row in rows[:limit]]
    return items, ((rows[limit - 1].at, rows[limit - 1].id) if len(rows) > limit else None)


_LISTED = (
    t.legs.c.id,
    t.legs.c.declaration_id,
    t.legs.c.content,
    t.legs.c.verdict,
    t.legs.c.at,
    t.declarations.c.order_no,
    t.declarations.c.key,
)


def _listed(agency: str, row: AnyRow) -> dict[str, Any]:
    return {
        "id": row.declaration_id,
        "message": row.content,
        "order_no": row.order_no,
        "key": row.key,
        "state": _state(agency, row.content, row.verdict, row.held_by),
        "last": row.last if row.verdict == Verdict.HELD.value else "",
        "contradicts": row.contradicts or "",
        "since": row.at,
    }


def counts(connection: Connection, agency: str) -> dict[str, int]:
    """How many of each kind lie on the agency's desk; what is done is not counted."""
    found: dict[str, int] = {
        kind: connection.execute(
            select(func.count()).select_from(t.legs).where(_arrived(agency), _of_kind(agency, kind))
        ).scalar_one()
        for kind in KINDS
        if kind not in {"open", "done"}
    }
    return found | {"open": found["new"] + found["stored"] + found["held"]}


def _arrived(agency: str) -> ColumnElement[bool]:
    """The legs that the agency has got. Half of it is the condition of the index, to the letter."""
    pending: ColumnElement[str] = bindparam(
        "pending", Transport.PENDING.value, literal_execute=True
    )
    return and_(
        t.legs.c.agency == agency,
        t.legs.c.transport != pending,
        t.legs.c.transport != Transport.FAILED.value,
    )


def awaits(agency: str) -> list[str]:
    """The messages that the agency ends by a release: taken in, they still lie on its desk."""
    return [
        step.message
        for regime in regimes.all().values()
        for step in regime.plan
        if step.agency == agency and step.goal == Verdict.RELEASED.value
    ]


def _of_kind(agency: str, kind: Kind) -> ColumnElement[bool]:
    verdict = t.legs.c.verdict
    new, held = verdict == Verdict.NONE.value, verdict == Verdict.HELD.value
    goods = t.legs.c.content.in_(awaits(agency))
    stored = and_(verdict == Verdict.ACCEPTED.value, goods)
    match kind:
        case "open":
            return or_(new, held, stored)
        case "new":
            return new
        case "stored":
            return stored
        case "held":
            return held
        case "asked":
            return and_(held, questions.last_side() == questions.AGENCY)
        case "answered":
            return and_(held, questions.last_side() == questions.FILER)
        case "inspected":
            return and_(held, _held_by() == Event.INSPECT.value)
        case "contradicted":
            own = t.contradictions.c
            grave = (own.agency == agency, own.severity == "hold")
            return t.legs.c.declaration_id.in_(select(own.declaration_id).where(*grave))
        case "done":
            ended = (Verdict.RELEASED.value, Verdict.REJECTED.value, Verdict.CLOSED.value)
            taken_in = and_(verdict == Verdict.ACCEPTED.value, ~goods)
            return or_(verdict.in_(ended), taken_in)


def _held_by() -> ColumnElement[str]:
    """By which of its words the agency last held the declaration of a leg."""
    return (
        select(t.events.c.kind)
        .where(
            t.events.c.declaration_id == t.legs.c.declaration_id,
            t.events.c.agency == t.legs.c.agency,
            t.events.c.kind.in_(_HOLDING),
        )
        .order_by(t.events.c.id.desc())
        .limit(1)
        .correlate(t.legs)
        .scalar_subquery()
    )


def _worst() -> Label[str]:
    """How grave a contradiction of answers is that the agency of a leg is party to."""
    own = t.contradictions.c
    return (
        select(own.severity)
        .where(own.agency == t.legs.c.agency, own.declaration_id == t.legs.c.declaration_id)
        .correlate(t.legs)
        .scalar_subquery()
        .label("contradicts")
    )


def _state(agency: str, content: str, verdict: str, held_by: str | None) -> str:
    """Where a paper stands on the desk, in one word."""
    if verdict == Verdict.NONE.value:
        return "new"
    if verdict == Verdict.ACCEPTED.value:
        return "stored" if content in awaits(agency) else "accepted"
    if verdict == Verdict.HELD.value and held_by == Event.INSPECT.value:
        return "inspected"
    return verdict


def record_of(
    connection: Connection, agency: str, code: str, *, message: str, but: int
) -> dict[str, int]:
    """What became of a company's last declarations of one kind at this agency, by outcome."""
    last = (
        select(t.parties.c.declaration_id)
        .where(t.parties.c.code == code, t.parties.c.declaration_id != but)
        .order_by(t.parties.c.declaration_id.desc())
        .limit(LOOKED_BACK)
        .subquery()
    )
    rows = connection.execute(
        select(t.declarations.c.outcome, func.count().label("times"))
        .join(last, last.c.declaration_id == t.declarations.c.id)
        .join(t.legs, t.legs.c.declaration_id == t.declarations.c.id)
        .where(_arrived(agency), t.declarations.c.message == message)
        .group_by(t.declarations.c.outcome)
    )
    found = {row.outcome: row.times for row in rows}
    return {word.value: found[word.value] for word in Outcome if word.value in found}


def leg_of(connection: Connection, agency: str, number: int) -> Any:
    """The leg by which a declaration arrived at the agency; None where it has not."""
    return connection.execute(
        select(t.legs, t.declarations.c.message, t.declarations.c.regime)
        .join(t.declarations, t.declarations.c.id == t.legs.c.declaration_id)
        .where(_arrived(agency), t.legs.c.declaration_id == number)
    ).first()


def used_of_year(connection: Connection, quota_key: str | None) -> int | None:
    """What the buyer of a declaration has used of the yearly limit so far, in fen."""
    if not quota_key or quota_key.endswith(f"|{EVER}"):
        return None
    used = select(t.quotas.c.used_fen).where(t.quotas.c.key == quota_key)
    return connection.execute(used).scalar()


def filed_by(connection: Connection, organisation_id: int) -> Sequence[str]:
    """Code and names of the organisation that handed a declaration in."""
    row = connection.execute(
        select(t.organisations.c.code, t.organisations.c.name_zh, t.organisations.c.name_en).where(
            t.organisations.c.id == organisation_id
        )
    ).one()
    return tuple(row)
