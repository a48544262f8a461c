"""The agencies' side of a test: what they were sent, and the receipts that they would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import update

from adapters.stubs.desk import Received, read_message
from adapters.stubs.forms import Facts, Script, script
from adapters.stubs.receipts import national_time, receipt
from single_window.demo.trades import Trade
from single_window.routing import receipts
from single_window.storage import tables as t
from single_window.storage.engine import now_ms
from tests.window import AGENCIES, INVENTORY, Agency, Window

AT = 1_795_500_000
"""A moment at which agencies answer."""


@dataclass
class Desk:
    """One agency: its adapter in the window, its forms, and its numbers."""

    agency: Agency
    script: Script
    read: list[Received] = field(default_factory=list)
    _numbered: int = 0

    @classmethod
    def of(cls, name: str) -> Desk:
        """The desk of an agency."""
        return cls(Agency.of(name), script(name))

    def collect(self, window: Window) -> list[Received]:
        """Has the window send what is due; returns the messages that came, records numbered."""
        before = len(self.agency.got)
        window.dispatch(self.agency)
        came = [read_message(self.script, body) for body in self.agency.bodies[before:]]
        for message in came:
            for facts in message.records:
                self._numbered += 1
                if message.form.numbers:
                    numbers = message.form.number(facts, self._numbered, "20261124")
                    facts |= {name: numbers[name] for name in message.form.numbers}
        self.read += came
        return came

    def receipt(
        self, step: str, message: Received, *, at: int = AT, records: Sequence[Facts] = ()
    ) -> bytes:
        """The agency's answer of a step to a message, or to some of its records."""
        told = list(records or message.records)
        guid = str(uuid5(NAMESPACE_OID, f"{step} {at} {told}"))
        return receipt(self.script, message.form, step, told, guid=guid, at=national_time(at))

    def answer(self, window: Window, steps: Sequence[str], *messages: Received) -> None:
        """Gives these answers to messages, in this order, and has them applied."""
        for step in steps:
            for message in messages:
                window.answer(self.agency, self.receipt(step, message))


def desks() -> dict[str, Desk]:
    """All agencies' desks."""
    return {name: Desk.of(name) for name in AGENCIES}


def sent(window: Window, customs: Desk, trades: Sequence[Trade]) -> list[Received]:
    """Brings trades to where customs has their inventories and has not answered; the messages."""
    for paper in trades[0].records:
        window.file(paper, [trade.records[paper] for trade in trades])
    window.pair()
    customs.answer(window, ("2", "120"), *customs.collect(window))
    window.pair()
    came = customs.collect(window)
    assert {message.form.message for message in came} == {INVENTORY}
    return came


def retry(window: Window, desk: Desk) -> None:
    """Lets the pause of unmatched receipts run out, and applies them again."""
    with window.store.database.write() as connection:
        connection.execute(
            update(t.receipts).where(t.receipts.c.state == "unmatched").values(due_at=now_ms())
        )
    receipts.apply_due(window.store, window.wake, desk.agency)
