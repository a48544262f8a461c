"""Which declaration an agency speaks of: by our own number, by theirs, or by the business key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from schemas import registry
from single_window import regimes
from single_window.declarations.legs import LEGS_PER_DECLARATION
from single_window.domain.lifecycle import Outcome
from single_window.storage.among import among
from single_window.storage.engine import AnyRow
from single_window.storage.tables import declarations, legs

if TYPE_CHECKING:
    from adapters.base import Verdict

_WANTED = (
    declarations.c.id,
    declarations.c.submission_id,
    declarations.c.message,
    declarations.c.regime,
    declarations.c.guid,
    declarations.c.key,
    declarations.c.invt_no,
    declarations.c.order_no,
    declarations.c.numbers,
    declarations.c.outcome,
    declarations.c.trade_key,
    declarations.c.waybill_key,
)


class Matching:
    """Finds the declarations that verdicts speak of, in a few queries for all of them."""

    def __init__(self, connection: Connection, agency: str) -> None:
        self._connection = connection
        self._agency = agency

    def find(self, verdicts: Sequence[Verdict]) -> list[AnyRow | None]:
        """For each verdict its declaration, or None. The surest number is tried first."""
        found: list[AnyRow | None] = [None] * len(verdicts)
        for ask in (self._by_leg, self._by_guid, self._by_invt_no, self._by_key):
            open_ = [at for at, row in enumerate(found) if row is None]
            if not open_:
                break
            for at, row in zip(open_, ask([verdicts[at] for at in open_]), strict=True):
                found[at] = row
        return found

    def sent(self, number: int) -> AnyRow | None:
        """The declaration of this number, if this agency has been sent it."""
        return next(iter(self._rows(declarations.c.id, {number})), None)

    def again(self, numbers: Sequence[int]) -> list[AnyRow]:
        """The declarations as they are by now."""
        found = select(*_WANTED).where(among(self._connection, declarations.c.id, numbers))
        return list(self._connection.execute(found))

    def _by_leg(self, verdicts: list[Verdict]) -> list[AnyRow | None]:
        asked = [verdict.match.get("reference", "") for verdict in verdicts]
        numbers = {int(text) // LEGS_PER_DECLARATION for text in asked if text.isdecimal()}
        rows = {row.id: row for row in self._rows(declarations.c.id, numbers)}
        return [
            rows.get(int(text) // LEGS_PER_DECLARATION) if text.isdecimal() else None
            for text in asked
        ]

    def _by_guid(self, verdicts: list[Verdict]) -> list[AnyRow | None]:
        guids = [verdict.match.get("guid", "") for verdict in verdicts]
        return self._by(declarations.c.guid, guids, verdicts)

    def _by_invt_no(self, verdicts: list[Verdict]) -> list[AnyRow | None]:
        """By the agency's own number: the surest of those that it names, then the others."""
        found: list[AnyRow | None] = [None] * len(verdicts)
        for name in _OWN_NUMBERS:
            numbers = [
                "" if row else one.match.get(name, "")
                for one, row in zip(verdicts, found, strict=True)
            ]
            rows = self._by(declarations.c.invt_no, numbers, verdicts) if any(numbers) else found
            found = [row or other for row, other in zip(found, rows, strict=True)]
        return found

    def _by_key(self, verdicts: list[Verdict]) -> list[AnyRow | None]:
        return self._by(declarations.c.key, [_key(verdict) for verdict in verdicts], verdicts)

    def _by(self, column: Any, values: list[str], verdicts: list[Verdict]) -> list[AnyRow | None]:
        wanted = {value for value in values if value}
        rows: dict[str, list[AnyRow]] = defaultdict(list)
        for row in self._rows(column, wanted):
            rows[getattr(row, column.name)].append(row)
        return [
            _only(
                [row for row in rows.get(value, ()) if _may_answer(verdict, row.message)],
                verdict,
            )
            for value, verdict in zip(values, verdicts, strict=True)
        ]

    def _rows(self, column: Any, wanted: set[Any]) -> list[AnyRow]:
        """Declarations with one of the values that this agency has been sent.

        Asked one after the other: as one question PostgreSQL begins with all the agency has.
        """
        if not wanted:
            return []
        found = select(*_WANTED).where(among(self._connection, column, wanted))
        rows = list(self._connection.execute(found))
        sent = self._sent([row.id for row in rows])
        return [row for row in rows if row.id in sent]

    def _sent(self, numbers: Sequence[int]) -> set[int]:
        """Which of these declarations this agency has been sent."""
        found = select(legs.c.declaration_id).where(
            among(self._connection, legs.c.declaration_id, numbers),
            legs.c.agency == self._agency,
            legs.c.outgoing_id.is_not(None),
        )
        return set(self._connection.execute(found).scalars()) if numbers else set()


def own_number(numbers: Mapping[str, str]) -> str:
    """The number by which the agency itself knows a declaration; "" where it has given none."""
    return next((numbers[name] for name in _OWN_NUMBERS if numbers.get(name)), "")


_OWN_NUMBERS = ("invtNo", "sumNo", "bondInvtNo", "passportNo", "cmbNo", "emsNo", "SeqNo")
"""What customs calls a paper by; a unified number is all that it has at first."""


@cache
def _answers(receipt: str) -> str:
    told = registry.messages().get(receipt)
    answered = (told.answers if told else None) or ""
    return answered if regimes.owners(answered) else ""


def _answered(verdict: Verdict) -> str:
    """The message whose record a verdict is about; empty where it may be about several kinds."""
    return _answers(verdict.receipt)


def _may_answer(verdict: Verdict, message: str) -> bool:
    """Whether a verdict may be about a record of the message, in whichever layer it was filed."""
    answered = _answered(verdict)
    return answered in {"", message} or answered == registry.message(message).type


def _names(message: str) -> tuple[str, ...]:
    return tuple(path.rpartition("/")[2] for path in registry.message(message).key)


_KEYS = (
    ("payCode", "payTransactionId"),
    ("logisticsCode", "logisticsNo"),
    ("ebpCode", "orderNo"),
    ("ebpCode", "ebcCode", "orderNo"),
    ("ebcCode", "orderNo", "payNo"),
)
"""Business numbers by which a receipt that answers no message of its own may name a declaration."""


def _key(verdict: Verdict) -> str:
    """The business key that a receipt names, whole; empty where it names none.

    A number of customs' own that is not known yet is waited for: a tax bill that is early names
    the waybill's number too, and is no answer to the waybill.
    """
    match = verdict.match
    answered = _answered(verdict)
    ways = (_names(answered),) if answered else _KEYS
    if not answered and match.get("invtNo"):
        return ""
    return next(
        ("|".join(match[name] for name in way) for way in ways if all(map(match.get, way))), ""
    )


def _only(rows: list[AnyRow], verdict: Verdict) -> AnyRow | None:
    """The one declaration meant: senders repeat guids, so the business number decides.

    Where none is named, it is the only one of them that has no number of the agency yet.
    """
    if len(rows) <= 1:
        return rows[0] if rows else None
    order, keys = verdict.match.get("orderNo"), {*_key_texts(verdict.match), _key(verdict)}
    named = [row for row in rows if order and row.order_no == order]
    keyed = [row for row in rows if row.key in keys]
    living = [row for row in (keyed or named or rows) if row.outcome != Outcome.WITHDRAWN.value]
    if living and (len(living) == 1 or keyed or named):
        return living[-1]
    open_ = [row for row in living if not row.numbers]
    return open_[0] if len(open_) == 1 else None


def _key_texts(match: Mapping[str, str]) -> list[str]:
    return ["|".join(match.get(name, "") for name in names) for names in _KEYS]
