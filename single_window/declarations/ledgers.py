"""What is contended: quantities that two declarations must not both take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from single_window.storage.tables import quotas


@dataclass(frozen=True, slots=True)
class Want:
    """What one declaration wants of a person's year: the ledger key, fen wanted, and the limit."""

    key: str
    fen: int
    limit_fen: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A want that did not fit: what had been used before it, in fen."""

    used_fen: int


def take(connection: Connection, wants: Sequence[Want]) -> list[Refusal | None]:
    """Takes the wants in their order, in the caller's transaction; None where one was granted.

    The condition stands in the statement that takes, so two transactions cannot both take the
    last of it. Persons who appear once (nearly all) are taken in one statement.
    """
    times = Counter(want.key for want in wants)
    once = {want.key: want for want in wants if times[want.key] == 1}
    limits = {want.limit_fen for want in once.values()}
    if connection.dialect.name != "sqlite" and (len(limits) > 1 or len(once) < len(times)):
        _lock(connection, times)
    granted = set()
    for limit in limits:
        granted |= _upsert(connection, [w for w in once.values() if w.limit_fen == limit], limit)
    results: list[Refusal | None] = []
    for want in wants:
        taken = granted if want.key in once else _upsert(connection, [want], want.limit_fen)
        if want.key in taken:
            results.append(None)
            continue
        used = connection.execute(select(quotas.c.used_fen).where(quotas.c.key == want.key))
        results.append(Refusal(used.scalar() or 0))
    return results


def _lock(connection: Connection, keys: Iterable[str]) -> None:
    """Locks all keys in one order: who takes them in several statements could meet another."""
    statement = postgresql.insert(quotas)
    statement = statement.on_conflict_do_update(
        index_elements=[quotas.c.key], set_={"used_fen": quotas.c.used_fen}
    )
    connection.execute(statement, [{"key": key, "used_fen": 0} for key in sorted(keys)])


def _upsert(connection: Connection, wants: list[Want], limit: int) -> set[str]:
    rows = [{"key": want.key, "used_fen": want.fen} for want in wants if want.fen <= limit]
    if not rows:
        return set()
    rows.sort(key=lambda row: str(row["key"]))  # one order of locks: no deadlock between takers
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(quotas)
    total = quotas.c.used_fen + statement.excluded.used_fen
    statement = statement.on_conflict_do_update(
        index_elements=[quotas.c.key], set_={"used_fen": total}, where=total <= limit
    )
    return set(connection.execute(statement.returning(quotas.c.key), rows).scalars())


_GIVE = (
    update(quotas)
    .where(quotas.c.key == bindparam("of"))
    .values(used_fen=quotas.c.used_fen - bindparam("fen"))
)


def give_back(connection: Connection, taken: Iterable[tuple[str | None, int]]) -> None:
    """Returns what declarations took that will not be released: (key, fen) each."""
    rows = [{"of": key, "fen": fen} for key, fen in taken if key and fen]
    if rows:
        connection.execute(_GIVE, sorted(rows, key=lambda row: str(row["of"])))
