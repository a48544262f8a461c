"""A batch of goods under repair in totals: may it be repaired, does it balance, is it late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from single_window.domain.books.judging import months_after, plain
from single_window.domain.findings import Finding
from single_window.domain.parameters import InForce
from single_window.regimes.bonded_repair.terms import finding

CODES = frozenset(
    {
        "REP-01",
        "REP-01-OPEN",
        "REP-02",
        "REP-05",
        "REP-06",
        "REP-08",
        "REP-08-OPEN",
        "REP-08-SOON",
        "REP-12",
    }
)


@dataclass(frozen=True, slots=True)
class Batch:
    """What came in on a day and what has become of it; `due` is the last day of its period.

    `catalogued` is None where nobody has looked the goods up. `own_group` are the group's own
    products sold in China.
    """

    came_in: Decimal
    gone_out: Decimal
    destroyed: Decimal
    waste_sold: Decimal
    entered: date | None = None
    due: date | None = None
    catalogued: bool | None = None
    own_group: bool = False

    @property
    def left(self) -> Decimal:
        """What should still be here (REP-05)."""
        return self.came_in - self.gone_out - self.destroyed


def judged(batch: Batch, today: date, values: InForce) -> Iterator[Finding]:
    """Catalogue, sale of waste, balance, deadline: in this order."""
    yield from may_be_repaired(
        catalogued=batch.catalogued, own_group=batch.own_group, allowed=values["own_group"]
    )
    if batch.waste_sold > 0 and not batch.own_group and not values["waste_sale"]:
        yield finding("REP-06", "reject", value=plain(batch.waste_sold))
    if batch.left < 0:
        yield finding("REP-05", "reject", value=plain(batch.gone_out + batch.destroyed),
                      expected=plain(batch.came_in), difference=plain(-batch.left))  # fmt: skip
    if batch.left > 0 and batch.due is None:
        yield finding("REP-08-OPEN", "warn", value=plain(batch.left))
    elif batch.left > 0 and batch.due is not None:
        yield from late(batch.due, today, batch.left, values)


def may_be_repaired(
    *, catalogued: bool | None, own_group: bool, allowed: bool, approved: bool = False
) -> Iterator[Finding]:
    """REP-01: in a zone only catalogue goods; REP-02: or own products of the group, with proof."""
    if catalogued or approved:
        return
    if own_group and allowed:
        yield finding("REP-02", "warn")
    elif catalogued is None:
        yield finding("REP-01-OPEN", "warn")
    else:
        yield finding("REP-01", "reject")


def late(due: date, today: date, left: Decimal, values: InForce) -> Iterator[Finding]:
    """REP-08: held once the period is over, a warning in the days before its end."""
    more = {"value": plain(left), "expected": due.isoformat()}
    if today > due:
        yield finding("REP-08", "hold", days=str((today - due).days), **more)
    elif due - today <= timedelta(days=values["warn_days"]):
        yield finding("REP-08-SOON", "warn", days=str((due - today).days), **more)


def temporary_due(entered: date, values: InForce, *, extended: bool) -> date:
    """REP-12: goods of mode 1300 go back within months of coming in, extended once at most."""
    months = values["temporary_months"] + (values["temporary_extension"] if extended else 0)
    return months_after(entered, int(months))


def temporary(due: date, today: date, *, back: date | None) -> Iterator[Finding]:
    """REP-12: held when goods of mode 1300 are late; the guarantee becomes tax."""
    if (back or today) > due:
        days = str(((back or today) - due).days)
        yield finding("REP-12", "hold", value=(back or today).isoformat(),
                      expected=due.isoformat(), days=days)  # fmt: skip
