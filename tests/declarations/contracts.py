"""An invented regime: payments of contracts, in the clothes of messages that there are.

An order is a contract of so much; a payment leads its trade and takes of the contract, which may
come after it. A return changes the contract, to what its reason says, or closes it. A payment of a
number that ends in a sign opens, within the contract, a line of its own with half as much again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from schemas import registry
from single_window import regimes
from single_window.demo.followups import returned
from single_window.demo.trades import Trade
from single_window.domain.acts import Taken, Taking, Target
from single_window.domain.findings import Finding
from single_window.domain.regime import Facts, Hooks, Match, Regime
from single_window.domain.rules import Params, Rulebook
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow
from tests.routing.desks import Desk
from tests.window import ORDER, PAYMENT, Window, findings, made

CHANGE = "CEB625Message"
DIFFERS, MISSING = "TAX-CBEC-13", "TAX-CBEC-13-MISSING"
UNKNOWN, STATE, TOO_MUCH = "-625016", "CBEC-RETURN-STATE", "CBEC-RETURN-QTY"
ACCEPTED, REFUSED = ("2", "120"), ("2", "100")
OWN_LINE = "L"
"""Ends the number of a payment that opens a line of its own."""

MANIFEST = """
label_zh = "合同"
label_en = "Contracts"
leads = ["CEB411Message"]

[message.CEB311Message]
label_zh = "合同"
label_en = "Contract"
goal = "accepted"
head = "OrderHead"
companies = ["ebcCode"]
trade = ["ebpCode", "orderNo"]
facts = ["guid", "appType", "appTime", "orderNo", "ebpCode", "ebcCode", "acturalPaid", "payCode"]

[message.CEB411Message]
label_zh = "付款"
label_en = "Payment"
goal = "accepted"
head = "PaymentHead"
companies = ["payCode"]
trade = ["ebpCode", "orderNo"]

[message.CEB625Message]
label_zh = "变更"
label_en = "Change"
goal = "accepted"
head = "InvtRefundHead"
companies = ["ebcCode"]

[act.CEB411Message]
on = ["CEB625Message", "CEB311Message"]
by = { key = ["target"] }
states = ["under_way", "accepted"]
agree = ["payCode"]
ledger = "paid"
earlier = true
unknown = { code = "-625016", severity = "reject" }
refused = { code = "CBEC-RETURN-STATE", severity = "reject" }
differs = { code = "TAX-CBEC-13", severity = "reject" }

[act.CEB625Message]
on = "CEB311Message"
by = { key = ["target"] }
states = ["accepted"]
ledger = "paid"
effect = { kind = { change = "amend", close = "close" } }
unknown = { code = "-625016", severity = "reject" }
refused = { code = "CBEC-RETURN-STATE", severity = "reject" }

[[plan]]
agency = "customs"
message = "CEB311Message"
goal = "accepted"

[[plan]]
agency = "customs"
message = "CEB411Message"
after = ["CEB311Message/customs"]
goal = "accepted"

[[plan]]
agency = "customs"
message = "CEB625Message"
goal = "accepted"
"""
_TRADES: list[Trade] = []
_seeds, _numbers = count(500), count(1)
_CALLED = {
    PAYMENT: {"target": "PaymentHead/orderNo"},
    CHANGE: {"target": "InvtRefundHead/orderNo"},
}
earlier: list[tuple[tuple[str, str], ...]] = []
"""What payments were told that papers had taken before them: message and number of each."""


def _match(papers: Mapping[str, Facts], _labels: object) -> Match:
    return Match(missing=() if ORDER in papers else (ORDER,))


def _missing(names: Any, facts: Facts, labels: Any, expired: bool) -> list[Finding]:
    args = (("paper", ORDER), ("paper_zh", "合同"), ("paper_en", "Contract"), ("key", "?"))
    code = MISSING.replace("MISSING", "EXPIRED") if expired else MISSING
    severity = "reject" if expired else "warn"
    return [Finding("rule", code, severity, "PaymentHead/orderNo", args=args)]  # type: ignore[arg-type]


def _payment(record: Mapping[str, Any]) -> Facts:
    head = record["PaymentHead"]
    names = ("guid", "appType", "appTime", "orderNo", "ebpCode", "payCode", "payTransactionId")
    told = {name: head[name] for name in (*names, "amountPaid")}
    return told | {"target": f"{head['ebpCode']}|{head['orderNo']}"}


def _change(record: Mapping[str, Any]) -> Facts:
    head = record["InvtRefundHead"]
    kind, _, total = head["reason"].partition(" ")
    names = ("guid", "appType", "appTime", "orderNo", "ebpCode", "ebcCode", "copNo")
    told = {name: head[name] for name in names} | {"kind": kind, "total": total}
    return told | {"target": f"{head['ebpCode']}|{head['orderNo']}"}


def _taking(
    message: str, facts: Facts, target: Target, used: Mapping[str, Decimal], p: Params
) -> Taken:
    total = Decimal(target.facts["acturalPaid"])
    if message == CHANGE:
        less = total - Decimal(facts["total"] or total)
        path = "InvtRefundHead/reason"
        return Taken((), (Taking("contract", less, total, path),) if less > 0 else ())
    earlier.append(tuple((one.message, one.key) for one in target.earlier))
    paid, path = Decimal(facts["amountPaid"]), "PaymentHead/amountPaid"
    whole = Taking("contract", paid, total, path)
    roomy = [line for line, of in target.limits.items() if line[:1] == "+" and used[line] < of]
    number = facts["payTransactionId"]
    if roomy:
        return Taken((), (whole, Taking(roomy[0], paid, target.limits[roomy[0]], path)))
    if number.endswith(OWN_LINE):
        own = Taking(f"+{number}", paid, paid * 3 / 2, path)
        return Taken((), (whole, own), {"opened": number})
    return Taken((), (whole,))


def _too_much(taking: Taking, left: Decimal) -> Finding:
    return Finding("rule", TOO_MUCH, "reject", taking.path, str(taking.quantity), str(left))


def _amended(target: Facts, paper: Facts) -> Facts:
    return target | {"acturalPaid": paper["total"]}


@contextmanager
def invented(folder: Path, **hooks: Any) -> Iterator[Regime]:
    """The invented regime in the place of the one whose messages it takes."""
    own = folder / "ecommerce_import"
    shutil.copytree(regimes.load("ecommerce_import").folder, own)
    (own / "regime.toml").write_text(MANIFEST)
    told: dict[str, Any] = {
        "rulebook": Rulebook(),
        "match": _match,
        "missing": _missing,
        "facts": {PAYMENT: _payment, CHANGE: _change},
        "taking": _taking,
        "too_much": _too_much,
        "amended": _amended,
        "called": _CALLED,
    }
    _TRADES.extend(made(4, seed=next(_seeds)))  # as long as their own regime reckons them
    made_up = {**regimes.all(), "ecommerce_import": Regime(own, Hooks(**told | hooks))}
    caches = (regimes.owners, regimes.sharing, regimes.sole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regimes, "all", lambda: made_up)
        for each in caches:
            each.cache_clear()
        earlier.clear()
        yield made_up["ecommerce_import"]
    for each in caches:
        each.cache_clear()


@dataclass
class Contract:
    """A contract in a window, and the papers about it."""

    window: Window
    total: str
    order_no: str = ""

    def __post_init__(self) -> None:
        self.trade = _TRADES.pop()
        self.order_no = self.trade.order_no

    def file(self, total: str = "") -> None:
        """Files the contract itself."""
        self.window.file(ORDER, [self.record(total)])

    def record(self, total: str = "") -> dict[str, Any]:
        """The contract itself, under a guid of its own."""
        guid = f"O{next(_numbers):08d}".ljust(36, "0")
        told = {"acturalPaid": total or self.total, "guid": guid}
        head = self.trade.records[ORDER]["OrderHead"] | told
        return self.trade.records[ORDER] | {"OrderHead": head}

    def payment(self, amount: str, sign: str = "", **more: str) -> dict[str, Any]:
        """One payment of it, never the same."""
        number = f"{next(_numbers):08d}"
        told = {"payTransactionId": f"{number}{sign}", "guid": f"P{number}".ljust(36, "0")}
        head = self.trade.records[PAYMENT]["PaymentHead"] | told | {"amountPaid": amount} | more
        return {"PaymentHead": head}

    def pay(self, amount: str, sign: str = "", **more: str) -> AnyRow:
        """Files a payment; how it stands."""
        record = self.payment(amount, sign, **more)
        self.window.file(PAYMENT, [record])
        return self.at(record["PaymentHead"]["payTransactionId"])

    def at(self, number: str) -> AnyRow:
        """A payment by its number, as it stands."""
        own = t.declarations.c.key.endswith(f"|{number}")
        while not (rows := self.window.rows(own)):
            self.window.check()  # another filer has taken ours along
        return rows[-1]

    def change(self, reason: str) -> AnyRow:
        """Files a change; how it stands."""
        number = f"{next(_numbers):08d}"
        record = returned(self.trade, "29992026I000000001")
        told = {"copNo": f"C{number}", "guid": f"C{number}".ljust(36, "0"), "reason": reason}
        record["InvtRefundHead"] |= told
        self.window.file(CHANGE, [record])
        return self.at(f"C{number}")

    def row(self) -> AnyRow:
        """The contract as it stands."""
        key = registry.message(ORDER).key
        assert key
        return self.window.rows(
            t.declarations.c.message == ORDER, t.declarations.c.order_no == self.order_no
        )[-1]


def ledger(window: Window) -> dict[str, Decimal]:
    """What is taken of each line, as the ledger has it, by the ledger's key without its name."""
    rows = [row for row in window.rows_of_ledger() if row.key.startswith("paid|")]
    return {row.key[5:]: Decimal(row.used_fen) / 100_000 for row in rows if row.used_fen}


def codes(window: Window, number: int) -> set[str]:
    """What was found about a declaration."""
    return {finding.code for finding in findings(window, number)}


def accepted(window: Window, contract: Contract) -> Desk:
    """A contract that customs has accepted."""
    customs = Desk.of("customs")
    contract.file()
    customs.answer(window, ACCEPTED, *customs.collect(window))
    assert contract.row().outcome == "accepted"
    return customs
