"""Contracts on technology (技术进出口合同): what is forbidden, licensed, and registered in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from single_window.domain.findings import Finding
from single_window.domain.parameters import InForce
from single_window.domain.taxes import last_day
from single_window.regimes.service_trade.terms import finding

CODES = frozenset(
    {
        "SVC-TEC-02",
        "SVC-TEC-02-OPEN",
        "SVC-TEC-02-PAYMENT",
        "SVC-TEC-03",
        "SVC-TEC-03-OPEN",
        "SVC-TEC-04",
        "SVC-TEC-04-LATE",
        "SVC-TEC-05",
        "SVC-TEC-05-OPEN",
        "SVC-TEC-06",
    }
)
FREE, RESTRICTED, PROHIBITED = "free", "restricted", "prohibited"
_CLASS, _LICENCE = "Technology/techClass", "Technology/licenceNo"
_REGISTERED, _ROYALTY = "Technology/registrationNo", "Technology/firstRoyaltyDate"


@dataclass(frozen=True, slots=True)
class Technology:
    """A contract on technology; what is not known is None.

    `registered` is the day of registration, or the day as of which it has none yet; `lump` and
    `royalty` are how it is paid, `base` the day on which the first royalty base formed.
    """

    kind: str | None
    export: bool = False
    effective: date | None = None
    registered: date | None = None
    lump: bool = True
    royalty: bool = False
    base: date | None = None
    licensed: bool = False
    licence_day: date | None = None


def allowed(tech: Technology) -> list[Finding]:
    """Prohibited technology (禁止类) goes nowhere, restricted (限制类) needs its licence first."""
    if tech.kind not in (FREE, RESTRICTED, PROHIBITED):
        return [finding("SVC-TEC-05-OPEN", "warn", _CLASS, tech.kind or "")]
    if tech.kind == PROHIBITED:
        return [finding("SVC-TEC-06" if tech.export else "SVC-TEC-05", "reject", _CLASS)]
    if tech.kind == FREE:
        return []
    if not tech.licensed:
        return [finding("SVC-TEC-06" if tech.export else "SVC-TEC-04", "reject", _LICENCE)]
    late = tech.licence_day and tech.effective and tech.licence_day > tech.effective
    return [finding("SVC-TEC-04-LATE", "reject", _LICENCE)] if late else []


def in_time(tech: Technology, values: InForce) -> list[Finding]:
    """Free technology is registered within its days after effect (SVC-TEC-02).

    A royalty contract is within its days after the first base formed (SVC-TEC-03); before that
    nothing is due. The last day itself is in time.
    """
    found: list[Finding] = []
    if tech.kind == FREE and tech.lump:
        found += _late("SVC-TEC-02", tech.effective, tech, values["register_days"])
    if tech.royalty and tech.base is not None:
        found += _late("SVC-TEC-03", tech.base, tech, values["royalty_days"])
    return found


def _late(code: str, start: date | None, tech: Technology, days: int) -> list[Finding]:
    path = _ROYALTY if code == "SVC-TEC-03" else _REGISTERED
    if start is None or tech.registered is None:
        return [finding(f"{code}-OPEN", "warn" if start is None else "hold", path)]
    due = last_day(start, days)
    if tech.registered <= due:
        return []
    told = tech.registered.isoformat()
    return [finding(code, "warn", path, told, expected=due.isoformat())]


def may_be_paid(*, registration: str) -> list[Finding]:
    """A technology contract is paid for with its certificate of registration (SVC-TEC-02)."""
    return [] if registration else [finding("SVC-TEC-02-PAYMENT", "hold", "Head/contractNo")]
