"""Files of whole accounts, judged as the checks judge them, with all that the book then holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from single_window.declarations.words import rendered
from single_window.domain.findings import Finding, decision
from single_window.intake.markup import Refused
from single_window.intake.rehearsal import documents
from single_window.intake.submissions import refusal
from single_window.intake.surveying import Judging
from single_window.regimes.bonded_repair import accounts
from single_window.regimes.bonded_repair.terms import ACCOUNT


@dataclass(frozen=True, slots=True)
class Judged:
    """One account of a file; `unreadable` where there was none, or none that could be read."""

    told: dict[str, Any]
    unreadable: bool = False

    @property
    def decision(self) -> str:
        """The worst that was found."""
        return str(self.told["decision"])


def judged(path: Path, today: date, *, limit: int) -> Iterator[Judged]:
    """The accounts of a file, or of the files in a ZIP, as of a day."""
    name = str(path)
    try:
        for part in documents(path, limit):
            name = part.name
            judging = Judging(part.texts(), "ignored", today)
            if judging.message.name != ACCOUNT:
                raise Refused("TRN-NOT-ACCOUNT", value=judging.message.name, expected=ACCOUNT)
            for result in judging:
                told = _told(name, result.lined(), "|".join(result.key), result.child.line)
                record = result.record if result.record is not None else result.unsound
                yield Judged(told | _held(record or {}, today))
    except Refused as refused:
        yield Judged(_told(name, refusal(refused).findings, "", refused.line), unreadable=True)


def _told(name: str, findings: list[Finding], key: str, line: int | None) -> dict[str, Any]:
    return {
        "file": name,
        "message": ACCOUNT,
        "line": line,
        "key": key,
        "decision": decision(findings),
        "findings": rendered(findings, ACCOUNT),
    }


def _held(record: Any, today: date) -> dict[str, Any]:
    made = accounts.judged(record, today)
    return {
        "as_of": today.isoformat(),
        "entries": {"posted": made.posted, "refused": made.refused},
        "unjudged": made.unjudged,
        "balances": accounts.balances(made.state),
        "serials": accounts.pieces(made.state),
        "due": accounts.deadlines(made),
    }
