"""Offshore resale (离岸转手买卖): whether the two legs of a deal are one deal, and a real one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from single_window.domain.findings import Finding
from single_window.domain.parameters import InForce
from single_window.regimes.service_trade.terms import B, C, finding, plain

CODES = frozenset(
    {
        "OFF-01",
        "OFF-01-ENTERS",
        "OFF-02",
        "OFF-03",
        "OFF-03-CURRENCY",
        "OFF-04",
        "OFF-05",
        "OFF-05-OPEN",
        "OFF-06",
        "OFF-06-B",
        "OFF-06-OPEN",
        "OFF-07",
        "OFF-07-THIN",
        "OFF-07-OPEN",
        "OFF-08",
        "RISK-O-02",
    }
)
_BILL, _COMPANY, _CODE = "TitleDocument/blNo", "Head/uscc", "Head/bopCode"
_SOLD, _BANK, _CURRENCY = "Sale/amount", "Sale/bank", "Sale/currency"
_GOODS, _RELATED = "SaleGoods[1]/name", "Sale/relatedParty"


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a deal: what is paid or got, in which currency, at which bank."""

    amount: Decimal | None
    currency: str
    bank: str


@dataclass(frozen=True, slots=True)
class Deal:
    """Both legs and what is known of them; None is not known."""

    bought: Leg
    sold: Leg
    bill: str
    used_before: bool | None = False
    grade: str | None = None
    matched: bool | None = True
    excepted: bool = False
    code: str = ""
    enters: bool = False
    related: bool = False
    gross: bool = True

    @property
    def margin(self) -> Decimal | None:
        """What is left of the sale (毛利); None across currencies."""
        if self.bought.amount is None or self.sold.amount is None:
            return None
        same = self.bought.currency == self.sold.currency
        return self.sold.amount - self.bought.amount if same else None


def judged(deal: Deal, values: InForce) -> list[Finding]:
    """Everything against a deal, in the order in which it decides (OFF-01..08)."""
    return [
        *coded(deal, values),
        *classed(deal.grade),
        *papered(deal),
        *(_unmatched(deal)),
        *banked(deal),
        *_reported(deal),
        *earned(deal, values),
        *([finding("RISK-O-02", "hold", _RELATED)] if deal.related else []),
    ]


def coded(deal: Deal, values: InForce) -> list[Finding]:
    """Offshore resale has its own code; goods that enter the territory are none (OFF-01)."""
    if deal.enters:
        code = values["zone_code"]
        return [finding("OFF-01-ENTERS", "reject", _CODE, deal.code, expected=code)]
    right = values["offshore_code"]
    if deal.code in ("", right):
        return []
    return [finding("OFF-01", "reject", _CODE, deal.code, expected=right)]


def classed(grade: str | None) -> list[Finding]:
    """Class C may not, class B is looked at deal by deal (OFF-06)."""
    if grade == C:
        return [finding("OFF-06", "reject", _COMPANY)]
    if grade == B:
        return [finding("OFF-06-B", "hold", _COMPANY)]
    return [] if grade else [finding("OFF-06-OPEN", "warn", _COMPANY)]


def papered(deal: Deal) -> list[Finding]:
    """A deal has its transport or title paper (OFF-02), which serves no other (OFF-05)."""
    if not deal.bill.strip():
        return [finding("OFF-02", "hold", _BILL)]
    if deal.used_before is None:
        return [finding("OFF-05-OPEN", "warn", _BILL, deal.bill)]
    return [finding("OFF-05", "reject", _BILL, deal.bill)] if deal.used_before else []


def _unmatched(deal: Deal) -> list[Finding]:
    return [] if deal.matched else [finding("OFF-04", "hold", _GOODS)]


def banked(deal: Deal) -> list[Finding]:
    """Both legs are at one bank and in one currency, or the exception is noted (OFF-03)."""
    if deal.excepted:
        return []
    found: list[Finding] = []
    bought, sold = deal.bought, deal.sold
    if not bought.bank or bought.bank.strip().casefold() != sold.bank.strip().casefold():
        found.append(finding("OFF-03", "hold", _BANK, sold.bank, expected=bought.bank))
    if not bought.currency or bought.currency != sold.currency:
        code = "OFF-03-CURRENCY"
        found.append(finding(code, "hold", _CURRENCY, sold.currency, expected=bought.currency))
    return found


def _reported(deal: Deal) -> list[Finding]:
    return [] if deal.gross else [finding("OFF-08", "reject", _SOLD)]


def earned(deal: Deal, values: InForce) -> list[Finding]:
    """A large loss is held, hardly any margin is flagged (OFF-07)."""
    margin, bought = deal.margin, deal.bought.amount
    if margin is None or bought is None:
        missing = bought is None or deal.sold.amount is None
        return [finding("OFF-07-OPEN", "hold", _SOLD)] if missing else []
    if -margin > bought * values["loss_share"]:
        least = bought - bought * values["loss_share"]
        return [finding("OFF-07", "hold", _SOLD, plain(margin), expected=plain(least))]
    if margin < bought * values["margin_share"]:
        return [finding("OFF-07-THIN", "warn", _SOLD, plain(margin))]
    return []
