"""Tax and FX for tests of services: the simulated agencies, with their accounts, as tests ask.

The number of a contract, payment or receipt may end in what the agencies are to say of it: a hyphen
and a letter for tax, then one for FX (A accepts, R rejects, H holds): `P-7-AR`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from threading import Lock

from adapters.stubs.books import Books
from adapters.stubs.desk import read_message
from adapters.stubs.forms import Facts, Script, script
from tests.window import Agency, Window

LATER = 10.0**10
"""A time at which everything is due."""
_MARKS = {"R": "REJECT", "H": "HOLD"}
_NAMES = ("paymentNo", "receiptNo", "contractNo", "voucherNo")


@dataclass
class Office:
    """A simulated agency without its network: what the window sends it, and what it answers."""

    name: str
    books: Books
    script: Script
    agency: Agency
    taken: int = 0
    mild: bool = False
    """Whether it accepts all, whatever numbers ask for."""
    _lock: Lock = field(default_factory=Lock)

    def work(self, window: Window) -> None:
        """Takes what is due for it, answers all that it has to, and has that taken in."""
        with self._lock:
            window.dispatch(self.agency)
            for message_id, sent in self.agency.got[self.taken :]:
                received = read_message(self.script, sent)
                for facts in received.records:
                    self._mark(facts)
                self.books.take(message_id, received, now=0.0)
            self.taken = len(self.agency.got)
            while due := self.books.due(now=LATER, limit=100):
                for each in due:
                    window.answer(self.agency.real, each.body)
                    self.books.delivered(each.id, now=LATER)

    def release(self) -> None:
        """Lets go all that it holds."""
        self.books.release(self._sign("H"), now=1.0)

    def left(self, account: str) -> Decimal | None:
        """What is left of an account by its own books; None where it keeps none of that name."""
        told = {each["book"]: each for each in self.books.accounts()}
        return Decimal(str(told[account]["there"])) if account in told else None

    def _mark(self, facts: Facts) -> None:
        number = next((facts[name] for name in _NAMES if facts.get(name)), "")
        sign = number.rpartition("-")[2]
        if len(sign) == 2 and set(sign) <= {"A", *_MARKS}:
            facts["dealNo"] = "" if self.mild else self._sign(sign[self.name == "fx"])

    def _sign(self, letter: str) -> str:
        return f"-T-{self.name.upper()}-{_MARKS[letter]}" if letter in _MARKS else ""


@contextmanager
def opened(folder: Path) -> Iterator[dict[str, Office]]:
    """Both offices, by name."""
    made = {}
    for name in ("tax", "fx"):
        told = script(name)
        books = Books(told, folder / f"{name}.db", delay=0.0, slow=0.0)
        made[name] = Office(name, books, told, Agency.of(name))
    try:
        yield made
    finally:
        for each in made.values():
            each.books.close()
