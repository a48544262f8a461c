"""What always holds of money of services, read in one statement; and a company that moves some."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ParamSpec, TypeVar

import orjson
from sqlalchemy import String, cast, select

from single_window.declarations import counted, service
from single_window.declarations.papers import opened
from single_window.declarations.scope import Scope
from single_window.domain.acts import UNITS
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow, Busy
from tests import services
from tests.offices import Office
from tests.window import Window

CONTRACT, PAYMENT, RECEIPT = (
    "ServiceContractMessage", "OutboundPaymentMessage", "InboundReceiptMessage",
)  # fmt: skip
OVER = ("rejected", "withdrawn")
_numbers = itertools.count(1)
P = ParamSpec("P")
R = TypeVar("R")


def again(action: Callable[P, R], *given: P.args, **named: P.kwargs) -> R:
    """Does it again as long as the database is busy."""
    while True:
        try:
            return action(*given, **named)
        except Busy:
            time.sleep(0.01)


@dataclass
class Company:
    """Two contracts of a company, one to pay on and one to receive on, and whoever files for it."""

    window: Window
    total: str = "200000.00"
    number: str = ""
    most: dict[str, Decimal] = field(default_factory=dict)
    """The highest total that was ever filed for a contract, by its number."""
    _changes: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.number = f"C{next(_numbers)}"

    def contract_no(self, side: str) -> str:
        """The number of the contract of this side, I (pays) or E (receives)."""
        return f"{self.number}-{side}"

    def file(self, name: str, **changes: str) -> AnyRow:
        """Files a paper under a guid of its own; how it stands."""
        number = next(_numbers)
        told = {n if "." in n else f"Head.{n}": text for n, text in changes.items()}
        told["Head.guid"] = f"5E2C0000-0000-4000-B000-{number:012d}"
        filed = again(self.window.receive, services.paper(name, told))
        own = t.declarations.c.submission_id == filed.id
        while not (rows := again(self.window.rows, own)):
            again(self.window.check)
        return rows[0]

    def register(self, side: str, total: str = "", **more: str) -> AnyRow:
        """Registers a contract, or changes it to a total where `registerType` says so."""
        name = "engineering-contract" if side == "I" else "kpo-contract"
        asked = total or self.total
        own = self.contract_no(side)
        self.most[own] = max(self.most.get(own, Decimal(0)), Decimal(asked))
        return self.file(name, contractNo=own, totalAmount=asked, **more)

    def change(self, side: str, total: str) -> AnyRow:
        """Changes a contract's total."""
        return self.register(side, total, registerType="2", changeNo=str(next(self._changes)))

    def close(self, side: str) -> AnyRow:
        """Closes a contract."""
        return self.register(side, registerType="3", changeNo=str(next(self._changes)))

    def pay(self, amount: str, sign: str = "AA", **more: str) -> AnyRow:
        """Files a payment, which the agencies answer as its sign asks."""
        number = f"{self.number}-{next(_numbers)}-{sign}"
        told = {"paymentNo": number, "contractNo": self.contract_no("I"), "amount": amount}
        return self.file("engineering-payment", **told | more)

    def correct(self, payment: AnyRow, amount: str) -> AnyRow:
        """Files a payment again with another amount."""
        told = {"paymentNo": payment.key.rpartition("|")[2], "appType": "2"}
        told |= {"appTime": f"2026112010{next(_numbers) % 60:02d}00"}
        return self.file(
            "engineering-payment", contractNo=self.contract_no("I"), amount=amount, **told
        )

    def report(self, payment: AnyRow) -> AnyRow:
        """Files the report of the taxes withheld from a payment, as they were computed."""
        told: dict[str, str] = orjson.loads(payment.amounts or "{}")
        paid = {name: told.get(name, "0") for name in ("vat", "cit")}
        number = payment.key.rpartition("|")[2]
        return self.file(
            "engineering-withholding", paymentNo=number, voucherNo=f"V{next(_numbers)}", **paid
        )

    def receive(self, amount: str, sign: str = "AA", **more: str) -> AnyRow:
        """Files a receipt."""
        number = f"{self.number}-{next(_numbers)}-{sign}"
        told = {"receiptNo": number, "contractNo": self.contract_no("E"), "amount": amount}
        return self.file("kpo-receipt", **told | more)

    def get_back(self, payment: AnyRow, amount: str) -> AnyRow:
        """Files a receipt of what comes back of a payment."""
        told = {"receiptKind": "R", "refundOf": payment.key.rpartition("|")[2]}
        told |= {"payeeCode": payment.key.partition("|")[0], "currency": "USD"}
        told |= {"contractNo": self.contract_no("I"), "transactionRemark": "退款"}
        return self.receive(amount, **told)

    def give_back(self, receipt: AnyRow, amount: str) -> AnyRow:
        """Files a payment of what goes back of a receipt."""
        told = {"isRefund": "1", "payKind": "R", "refundOf": receipt.key.rpartition("|")[2]}
        told |= {"payerCode": receipt.key.partition("|")[0], "exemptCode": "X01"}
        told |= {"contractNo": self.contract_no("E"), "transactionRemark": "退款"}
        return self.pay(amount, **told)

    def deal(self, number: str, bill: str) -> AnyRow:
        """Files an offshore deal on a bill of lading."""
        return self.file("offshore-deal", **{"dealNo": number, "TitleDocument.blNo": bill})

    def withdraw(self, row: AnyRow) -> bool:
        """Takes a paper back; whether that was still possible."""
        try:
            again(
                service.withdraw,
                *(self.window.store, self.window.wake, Scope(self.window.broker), row.id),
                person="",
            )
        except service.NotAllowed:
            return False
        return True

    def rows(self, message: str) -> list[AnyRow]:
        """The company's papers of a message, in their order."""
        own = t.declarations.c.key.contains(self.number + "-")
        return self.window.rows(own, t.declarations.c.message == message)

    def at(self, row: AnyRow) -> AnyRow:
        """How a paper stands now."""
        return self.window.rows(t.declarations.c.id == row.id)[0]


def settle(window: Window, offices: Mapping[str, Office]) -> None:
    """Lets all go on that can."""
    for _ in range(4):
        again(window.pair)
        for office in offices.values():
            again(office.work, window)
    again(window.pair)


def _read(window: Window) -> list[AnyRow]:
    """All papers of services, each with what it takes and what the ledger of that says."""
    d, own, q = t.declarations.c, t.touches.c, t.quotas
    key = own.ledger + "|" + cast(own.target_id, String) + "|" + own.line
    asked = (
        select(
            *(d.id, d.message, d.key, d.outcome, d.decision, d.sealed_facts, d.amounts),
            *(own.target_id, own.line, own.units, own.of_units, q.c.used_fen),
        )
        .outerjoin(t.touches, own.declaration_id == d.id)
        .outerjoin(q, q.c.key == key)
        .where(d.regime == "service_trade", d.outcome != "")
        .order_by(d.id)
    )
    with window.store.database.read() as connection:
        return list(connection.execute(asked))


def broken(window: Window, most: Mapping[str, Decimal]) -> list[str]:
    """The laws that do not hold, each with what it is about; `most` is the highest total filed.

    A contract's total, a record's amount, and what a payment was for are never taken more of than
    there is; the ledger is what living papers have taken; records cover a contract at most.
    """
    rows = _read(window)
    wrong = _unrecorded(rows)
    papers = {row.id: row for row in rows}
    taken: dict[tuple[int, str], int] = defaultdict(int)
    ledger: dict[tuple[int, str], int | None] = {}
    covers: dict[tuple[int, str], int] = {}
    for row in rows:
        if not row.line:
            continue
        at = (row.target_id, row.line)
        ledger[at] = row.used_fen
        if row.units > 0:
            taken[at] += row.units
            covers[at] = max(covers.get(at, 0), row.of_units)
            if row.outcome in OVER:
                wrong.append(f"{row.key} is {row.outcome} and holds {row.line}")
    for at, used in ledger.items():
        if (used or 0) != taken.get(at, 0):
            wrong.append(f"ledger of {at}: {used}, taken {taken.get(at)}")
    for (target, line), units in taken.items():
        paper = papers[target]
        there = _there(window, paper, line, covers[target, line])
        if units > there:
            wrong.append(f"{units} of {there} taken: {line} of {paper.key}")
    records: dict[int, int] = defaultdict(int)
    for (target, line), room in covers.items():
        records[target] += room if line.startswith("record ") else 0
    for target, units in records.items():
        number = papers[target].key.split("|")[1]
        if units > most.get(number, units) * UNITS:
            wrong.append(f"records of {number} cover {units}")
    return wrong


def _unrecorded(rows: list[AnyRow]) -> list[str]:
    """Payments that take of a contract and need a tax record, and take of none."""
    lines: dict[tuple[str, int], set[str]] = defaultdict(set)
    for row in rows:
        told = orjson.loads(row.amounts or "{}")
        if told.get("record_needed") == "1" and (row.units or 0) > 0:
            lines[row.key, row.id].add(row.line.partition(" ")[0])
    return [f"{key} has no record" for (key, _), own in lines.items() if own == {"contract"}]


def _there(window: Window, paper: AnyRow, line: str, covers: int) -> int:
    """How much there is of a line: of a contract or a payment as it stands, of a record as told."""
    facts = opened(window.store, paper.sealed_facts)
    if line == "contract":
        return int(Decimal(facts["totalAmount"]) * UNITS)
    return int(Decimal(facts["amount"]) * UNITS) if line == "refund" else covers


def miscounted(window: Window) -> list[str]:
    """Filings that count for something else than they should, and cells that are not their sums.

    All is read in one statement.
    """
    d, own, cells = t.declarations, t.counted.c, t.count_cells
    asked = (
        select(d, own.units.label("counts"), own.cell_id, cells.c.units.label("cell"))
        .outerjoin(t.counted, own.declaration_id == d.c.id)
        .outerjoin(cells, cells.c.id == own.cell_id)
        .where(d.c.regime == "service_trade")
    )
    with window.store.database.read() as connection:
        rows = connection.execute(asked).all()
    told: dict[int, list[int]] = defaultdict(list)
    cell_sums = {row.cell_id: row.cell for row in rows if row.cell_id is not None}
    for row in rows:
        if row.cell_id is not None:
            told[row.id].append(row.counts)
            cell_sums[row.cell_id] -= row.counts
    wrong = [f"cell {cell} is off by {units}" for cell, units in cell_sums.items() if units]
    for row in {row.id: row for row in rows}.values():
        due = sorted(each.units for each in counted.due(window.store, row))
        if due != sorted(told[row.id]):
            wrong.append(f"{row.key} counts {told[row.id]}, due {due}")
    return wrong


def left_of(window: Window, row: AnyRow) -> Decimal:
    """What a contract has left by our own books: its total without what was accepted of it."""
    told: dict[str, Any] = opened(window.store, row.sealed_facts)
    gone = sum(
        (
            Decimal(each.units) / UNITS
            for each in _read(window)
            if each.target_id == row.id and each.line == "contract" and each.units > 0
            and each.message != CONTRACT and each.outcome in ("accepted", "closed")
        ),
        Decimal(0),
    )  # fmt: skip
    return Decimal(told["totalAmount"]) - gone
