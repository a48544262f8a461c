"""What papers take of those that they are about: money of a contract, of a record, of a payment.

Everything is counted in the currency of what it is taken from, and never more than there is. A
payment takes of its contract's total (line `contract`) and, where it needs one, of its tax record
(line `record <number of the payment that asked for it>`). What comes back brings back no room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from single_window.domain.acts import Taken, Taking, Target
from single_window.domain.conditions import number
from single_window.domain.findings import Finding
from single_window.domain.lifecycle import Outcome
from single_window.domain.money import ZERO
from single_window.domain.regime import YES, Facts
from single_window.domain.risks import RISKS, in_parts
from single_window.domain.rules import Params
from single_window.regimes.service_trade import filed, following
from single_window.regimes.service_trade.rules import CLOSED
from single_window.regimes.service_trade.terms import (
    CONTRACT,
    PAYMENT,
    RECEIPT,
    WITHHOLDING,
    finding,
    on,
    plain,
)

CODES = frozenset(
    {
        "SVC-CONTRACT-BELOW",
        "SVC-CONTRACT-OTHER",
        "SVC-DEAL-CURRENCY",
        "SVC-DEAL-PARTY",
        "SVC-DEAL-REST",
        "SVC-RECORD-STATED-REST",
        "SVC-REFUND-CURRENCY",
        "SVC-REFUND-REST",
        "SVC-REFUND-STATE",
        "SVC-TARGET-STATE",
        "SVC-WITHHELD-TWICE",
        "RISK-S-03",
    }
)
RECORD, STATED, REFUND, WITHHELD = "record ", "stated ", "refund", "withheld"
"""Lines: a tax record by the payment that asked for it, one that was made elsewhere by its number,
what came back, the report of taxes."""
_FIXED = {
    "direction": "Head/direction",
    "currency": "Head/currency",
    "partyName": "ForeignParty/name",
    "country": "ForeignParty/country",
}
"""What makes a contract that contract: who wants another one registers another."""
_AMOUNT, _TOTAL = "Head/amount", "Head/totalAmount"


@dataclass(frozen=True, slots=True)
class _Paper:
    """A paper that takes: what it says, what of, what was taken before, and the law of the day."""

    message: str
    facts: Facts
    target: Target
    used: Mapping[str, Decimal]
    p: Params

    @property
    def amount(self) -> Decimal:
        """The money that it is about."""
        return _money(self.facts, "amount") or ZERO

    @property
    def rate_day(self) -> date:
        """The day whose middle rate it was weighed by."""
        return _rate_day(self.facts["amounts"], self.p.day)


def taking(
    message: str, facts: Facts, target: Target, used: Mapping[str, Decimal], p: Params
) -> Taken:
    """What a paper takes of its target, and what stands against that."""
    return _WAYS[message](_Paper(message, facts, target, used, p))


def too_much(wanted: Taking, left: Decimal) -> Finding:
    """The finding where less is left of a line than a paper wants."""
    rest = max(left, ZERO)
    if wanted.line == filed.CONTRACT:
        return following.no_room(rest, wanted.quantity)
    if wanted.line.startswith(RECORD):
        return following.no_room(rest, wanted.quantity, record=wanted.line.removeprefix(RECORD))
    if wanted.line.startswith(STATED):
        return finding(
            "SVC-RECORD-STATED-REST", "reject", wanted.path, plain(wanted.quantity),
            expected=plain(rest), record=wanted.line.removeprefix(STATED),
        )  # fmt: skip
    code = {REFUND: "SVC-REFUND-REST", WITHHELD: "SVC-WITHHELD-TWICE"}.get(wanted.line)
    return finding(
        code or "SVC-DEAL-REST", "reject", wanted.path, plain(wanted.quantity), expected=plain(rest)
    )


# --- money --------------------------------------------------------------------------------------


def _moved(paper: _Paper) -> Taken:
    """Money that is paid or received: of a contract, of a deal, or back."""
    target = paper.target.facts
    if paper.facts.get("refundOf"):
        return _given_back(paper)
    if paper.target.outcome is Outcome.CLOSED:
        number = str(paper.facts["orderNo"])
        return Taken((finding("SVC-TARGET-STATE", "reject", "Head/contractNo", number),))
    return _of_deal(paper) if "businessReason" in target else _of_contract(paper)


def _of_contract(paper: _Paper) -> Taken:
    facts, contract, values = paper.facts, dict(paper.target.facts), on(paper.p.day)
    amounts: Mapping[str, Any] = facts["amounts"]
    usd = _money(amounts, "usd")
    paid = sum((_money(each.amounts, "value") or ZERO for each in paper.target.earlier), ZERO)
    found = following.against_contract(facts, contract, values, usd=usd, paid=paid)
    total, told = _money(contract, "totalAmount"), _described(contract)
    takings = [] if total is None else [Taking(filed.CONTRACT, paper.amount, total, _AMOUNT)]
    if paper.message == PAYMENT:
        found += _in_parts(paper, usd)
        rate = paper.p.middle(facts["currency"], paper.rate_day)
        more, taxes = following.withheld(facts, contract, rate, values)
        found, told = [*found, *more], told | taxes
        if amounts.get("record_needed") == YES:
            line, room = _record(paper, total)
            takings.append(Taking(line, paper.amount, room, _AMOUNT))
            told |= {"record_for": line.removeprefix(RECORD), "record_amount": plain(room)}
        takings += _stated(paper)
    return Taken(tuple(found), tuple(takings), told)


def _stated(paper: _Paper) -> Iterator[Taking]:
    """What is taken of a record that was made elsewhere: it covers what was first said of it."""
    number, covers = paper.facts.get("taxRecordNo"), _money(paper.facts, "recordAmount")
    if number and covers is not None:
        line = f"{STATED}{number}"
        room = paper.target.limits.get(line, covers)
        yield Taking(line, paper.amount, room, _AMOUNT)


def _in_parts(paper: _Paper, usd: Decimal | None) -> list[Finding]:
    """Payments of one contract within days of each other that stay just under the line together."""
    limits = RISKS.from_first(paper.p.day)
    near = [
        _money(each.amounts, "usd")
        for each in paper.target.earlier
        if each.message == PAYMENT
        and abs((_rate_day(each.amounts, each.day) - paper.rate_day).days) < limits["parts_days"]
    ]
    parts = [each for each in (*near, usd) if each is not None]
    if usd is None or not in_parts(parts, limits).rule:
        return []
    return [finding("RISK-S-03", "hold", _AMOUNT, plain(sum(parts, ZERO)))]


def _rate_day(amounts: Mapping[str, Any], otherwise: date) -> date:
    stated = amounts.get("rate_day")
    return date.fromisoformat(stated) if stated else otherwise


def _described(contract: Facts) -> dict[str, Any]:
    """What agencies are told of the contract beside the money, and what it counts as."""
    told = {
        "contract_total": contract.get("totalAmount"),
        "payee_name": contract.get("partyName"),
        "payee_country": contract.get("country"),
        "tax_basis": contract.get("taxBasis"),
        "performed": contract.get("performancePlace"),
    }
    return {name: text for name, text in told.items() if text}


def _record(paper: _Paper, total: Decimal | None) -> tuple[str, Decimal]:
    """The tax record that a payment is made under, as its line, and how much that covers.

    It is the first that was asked for and has room; else one of the payment's own (SVC-FIL-02),
    which covers what was asked for, at most what no record of the contract covers yet. Where none
    covers the payment, it is the one with most room. A record that was to cover more than what a
    contract has come to by a change covers that much.
    """
    limits, used = paper.target.limits, paper.used
    own, asked = f"{RECORD}{paper.facts['paymentNo']}", _money(paper.facts, "recordAmount")
    rooms = {line: of for line, of in limits.items() if line.startswith(RECORD) and line != own}
    rest = max(total - sum(rooms.values(), ZERO), ZERO) if total is not None else None
    if asked is None:
        asked = paper.amount + used.get(own, ZERO) if rest is None else rest
    rooms[own] = asked if rest is None else min(asked, rest)
    left = {line: room - used.get(line, ZERO) for line, room in rooms.items()}
    line = next(
        (each for each in rooms if left[each] >= paper.amount),
        max(left, key=lambda each: left[each]),
    )
    room = rooms[line] if total is None else min(rooms[line], total)
    return line, max(room, used.get(line, ZERO))


def _of_deal(paper: _Paper) -> Taken:
    """Money of an offshore deal: paid for its purchase, received for its sale, in full at most."""
    facts, deal = paper.facts, dict(paper.target.facts)
    side = filed.BOUGHT if paper.message == PAYMENT else filed.SOLD
    legs = {
        "bought": _money(deal, f"{filed.BOUGHT}_amount") or ZERO,
        "sold": _money(deal, f"{filed.SOLD}_amount") or ZERO,
    }
    found = following.against_deal(facts, deal, legs)
    currency = deal.get(f"{side}_currency", "")
    found += _other(facts, "SVC-DEAL-CURRENCY", currency)
    party, payer = deal.get(f"{side}_partyName", ""), facts.get("payerName")
    if payer is not None and not _alike(payer, party):
        found.append(finding("SVC-DEAL-PARTY", "hold", "Head/payerName", payer, expected=party))
    whole = legs["bought" if side == filed.BOUGHT else "sold"]
    told = {"payee_name": party, "payee_country": deal.get(f"{side}_country", "")}
    return Taken(tuple(found), (Taking(side, paper.amount, whole, _AMOUNT),), told)


def _given_back(paper: _Paper) -> Taken:
    """Money that comes back: at most what was moved, and only once that has been carried out."""
    facts, target = paper.facts, paper.target
    found = _other(facts, "SVC-REFUND-CURRENCY", str(target.facts.get("currency", "")))
    if target.outcome not in (Outcome.ACCEPTED, Outcome.CLOSED):
        found.append(finding("SVC-REFUND-STATE", "reject", "Head/refundOf", facts["refundOf"]))
    whole = _money(target.facts, "amount") or ZERO
    told = {name: target.amounts[name] for name in _SHARED if name in target.amounts}
    return Taken(tuple(found), (Taking(REFUND, paper.amount, whole, _AMOUNT),), told)


_SHARED = ("payee_name", "payee_country", "performed")


# --- contracts and taxes ------------------------------------------------------------------------


def _changed(paper: _Paper) -> Taken:
    """A change of a contract, or its closing: a lower total is kept free until it takes effect."""
    facts, contract = paper.facts, paper.target.facts
    told = {name: (str(facts.get(name, "")), str(contract.get(name, ""))) for name in _FIXED}
    found = [
        finding("SVC-CONTRACT-OTHER", "reject", path, told[name][0], expected=told[name][1])
        for name, path in _FIXED.items()
        if told[name][0] != told[name][1]
    ]
    before, after = _money(contract, "totalAmount"), _money(facts, "totalAmount")
    if facts.get("registerType") == CLOSED or before == after:
        return Taken(tuple(found))
    if before is None or after is None:
        said, was = (str(each.get("totalAmount", "")) for each in (facts, contract))
        return Taken((*found, finding("SVC-CONTRACT-OTHER", "reject", _TOTAL, said, expected=was)))
    spent = paper.used.get(filed.CONTRACT, ZERO)
    if after < spent:
        found.append(
            finding("SVC-CONTRACT-BELOW", "reject", _TOTAL, plain(after), expected=plain(spent))
        )
    less = before - after
    takings = (Taking(filed.CONTRACT, less, before, _TOTAL),) if less > 0 and not found else ()
    return Taken(tuple(found), takings)


def amended(contract: Facts, change: Facts) -> Facts:
    """The facts of a contract once a change has taken effect: of the change, as registered."""
    kept = ("guid", "appType", "appTime", "registerType", "changeNo")
    changed = {name: value for name, value in change.items() if name not in (*kept, "target")}
    return changed | {name: contract[name] for name in kept if name in contract}


def _withheld(paper: _Paper) -> Taken:
    """Taxes paid in for a payment: reported once, and as they were computed."""
    found = following.report_differs(paper.facts, paper.target.amounts, on(paper.p.day))
    return Taken(tuple(found), (Taking(WITHHELD, Decimal(1), Decimal(1), "Head/paymentNo"),))


_WAYS: Mapping[str, Callable[[_Paper], Taken]] = {
    CONTRACT: _changed,
    PAYMENT: _moved,
    RECEIPT: _moved,
    WITHHOLDING: _withheld,
}


def _other(facts: Facts, code: str, currency: str) -> list[Finding]:
    said = str(facts.get("currency", ""))
    if said == currency:
        return []
    return [finding(code, "reject", "Head/currency", said, expected=currency)]


def _alike(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()


def _money(told: Mapping[str, Any], name: str) -> Decimal | None:
    return number(str(told.get(name) or ""))
