"""A bill of lading (提单) or other title paper serves one offshore deal, whoever files it (OFF-05).

It is counted as a person's year is, with room for one: of two deals filed at once one has it, and
a deal that is rejected or withdrawn leaves it to another.
"""

from __future__ import annotations

from unicodedata import normalize

from single_window.domain.conditions import Record
from single_window.domain.findings import Finding
from single_window.domain.regime import EVER, Want
from single_window.domain.rules import Amounts, Params
from single_window.regimes.service_trade.terms import finding

_PATH, _KIND = "TitleDocument/blNo", "bill "


def want(record: Record, amounts: Amounts, p: Params) -> Want | None:
    """The bill that a deal needs for itself, however its letters are written."""
    if "TitleDocument" not in record:
        return None
    written = normalize("NFKC", record["TitleDocument"]["blNo"])
    number = "".join(written.split()).upper()
    return Want(_KIND + number, EVER, 1, 1)


def over(want: Want, used: int) -> Finding:
    """The finding where another deal has the bill."""
    return finding("OFF-05", "reject", _PATH, want.person.removeprefix(_KIND))
