"""What an agency has said before: a word is heard once, and an older one moves nothing any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from single_window.storage import many
from single_window.storage.among import among
from single_window.storage.tables import heard

if TYPE_CHECKING:
    from adapters.base import Verdict

Word = tuple[str, str, int]
"""Receipt, code, and the time at the agency (ms UTC)."""


@dataclass(slots=True)
class Hearing:
    """The words of one agency on declarations whose legs are locked."""

    connection: Connection
    agency: str
    known: dict[int, set[Word]] = field(default_factory=lambda: defaultdict(set))
    new: list[tuple[int, Word]] = field(default_factory=list)

    def recall(self, numbers: Collection[int]) -> None:
        """Reads what was heard of these declarations."""
        own = heard.c
        rows = self.connection.execute(
            select(own.declaration_id, own.receipt, own.code, own.said_at).where(
                among(self.connection, own.declaration_id, numbers), own.agency == self.agency
            )
        )
        for number, *word in rows:
            self.known[number].add(tuple(word))

    def hear(self, number: int, verdict: Verdict) -> bool:
        """Notes a word; False where the very same was heard before."""
        word = _word(verdict)
        if word in self.known[number]:
            return False
        self.known[number].add(word)
        self.new.append((number, word))
        return True

    def is_late(self, number: int, verdict: Verdict) -> bool:
        """Whether something that was said later has been heard already."""
        said_at = _word(verdict)[2]
        return any(at > said_at for _, _, at in self.known[number])

    def write(self) -> None:
        """Keeps what was heard."""
        names = ("receipt", "code", "said_at")
        rows = [
            {"declaration_id": number, "agency": self.agency, **dict(zip(names, word, strict=True))}
            for number, word in self.new
        ]
        many.add(self.connection, heard, rows)


def _word(verdict: Verdict) -> Word:
    return verdict.receipt, verdict.code[:40], round(verdict.at.timestamp() * 1000)
