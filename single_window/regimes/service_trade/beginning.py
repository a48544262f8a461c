"""What papers say that are begun from others, as far as it has to be reckoned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from single_window.domain.acts import Left
from single_window.domain.money import ZERO
from single_window.regimes.service_trade import filed, withholding
from single_window.regimes.service_trade.following import income_of
from single_window.regimes.service_trade.terms import (
    CONTRACT,
    PARAMETERS,
    PAYMENT,
    RECEIPT,
    WITHHOLDING,
    YES,
    plain,
)
from single_window.regimes.service_trade.weighing import REFUND

Facts = Mapping[str, Any]
Begun = dict[str, str]

_CHANGED = "2"
_ALL, _IN_PART = "ALL", frozenset({"1", "3"})
_REPORTED = ("vat", "cit", "surcharge")


def begun(message: str, facts: Facts, left: Left, count: int) -> Begun:
    """The values of a new paper that is begun from one with these facts, by their paths."""
    return _WAYS[message](facts, left, count) if message in _WAYS else {}


def _change(facts: Facts, left: Left, count: int) -> Begun:
    return {"Head/registerType": _CHANGED, "Head/changeNo": str(count + 1)}


def _payment(facts: Facts, left: Left, count: int) -> Begun:
    if "receiptNo" in facts:
        return {"Head/payKind": REFUND, "Head/isRefund": YES}
    told = {"Head/instalment": str(count + 1)}
    if "contractName" not in facts:
        return told | _of_a_leg(left, filed.BOUGHT) | _before(left, filed.BOUGHT, count)
    return told | _before(left, filed.CONTRACT, count) | _taxed(facts)


def _receipt(facts: Facts, left: Left, count: int) -> Begun:
    if "paymentNo" in facts:
        return {"Head/receiptKind": REFUND}
    return {} if "contractName" in facts else _of_a_leg(left, filed.SOLD)


def _of_a_leg(left: Left, line: str) -> Begun:
    """What is still to be paid or received of one side of a deal, once a part has been."""
    return {"Head/amount": plain(left[line][0])} if line in left else {}


def _before(left: Left, line: str, count: int) -> Begun:
    """What was paid before; nothing is said where no total tells and something was."""
    if line in left:
        rest, whole = left[line]
        return {"Head/paidBefore": plain(whole - rest)}
    return {} if count else {"Head/paidBefore": plain(ZERO)}


def _taxed(contract: Facts) -> Begun:
    """Taxes that are due as a rule: of all that is used or partly performed here (proposal).

    Where a treaty of the foreign side is claimed, its rate; the article a person has to name.
    """
    income = income_of(contract)
    if not income and contract.get("performancePlace") not in _IN_PART:
        return {}
    told = {"Tax/taxResponsibility": _ALL}
    if not income or contract.get("treatyClaim") != YES:
        return told
    values = PARAMETERS.on(PARAMETERS.last_checked())
    treaty = withholding.Treaty(str(contract.get("country", "")), income)
    rate = withholding.treaty_rate(treaty, values)
    return told if rate is None else told | {"Tax/citRate": f"{rate}"}


def _withheld(facts: Facts, left: Left, count: int) -> Begun:
    """The taxes as they were computed of the payment; one that comes to nothing is left out."""
    amounts = facts.get("amounts", {})
    told = {name: Decimal(amounts.get(name) or 0) for name in _REPORTED}
    told = {name: due for name, due in told.items() if due or name != "surcharge"}
    return {f"Head/{name}": plain(due) for name, due in told.items() if name in amounts}


_WAYS: Mapping[str, Callable[[Facts, Left, int], Begun]] = {
    CONTRACT: _change,
    PAYMENT: _payment,
    RECEIPT: _receipt,
    WITHHOLDING: _withheld,
}
