"""The middle of the window without its entrances, and an agency that does as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from adapters import base
from adapters.base import Adapter, Outcome, Sent, Verdict
from single_window.declarations import queries, trades
from single_window.declarations.queries import Scope
from single_window.declarations.words import opened_findings
from single_window.demo.cast import parties
from single_window.demo.trades import PAPERS, Trade
from single_window.demo.trades import trades as demo_trades
from single_window.demo.writing import serialise
from single_window.domain.findings import Finding
from single_window.intake import chunks, submissions
from single_window.intake.submissions import Filed
from single_window.routing import dispatch, receipts
from single_window.routing.arrivals import store_receipt
from single_window.settings import Settings
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow, beijing_day, now_ms
from single_window.storage.store import Store
from tests import tables

ORDER, PAYMENT, WAYBILL, INVENTORY = PAPERS
AGENCIES = ("customs", "tax", "fx")


@dataclass
class Window:
    """A store with the demo's organisations, worked by hand."""

    store: Store
    broker: int
    """An organisation that may transmit for any company."""
    other: int
    """One that may transmit for itself only."""
    woken: list[tuple[str, str]] = field(default_factory=list)

    def wake(self, name: str, argument: str) -> None:
        """What services call when there is work."""
        self.woken.append((name, argument))

    def receive(self, body: bytes | Iterable[bytes], **more: Any) -> Filed:
        """Hands in bytes as the demo's broker."""
        given: dict[str, Any] = {
            "organisation_id": self.broker,
            "person": "broker",
            "channel": "api",
            "blocks": [body] if isinstance(body, bytes) else body,
            "media_type": "application/xml",
            "file_name": "",
            "idempotency_key": None,
            "check_only": False,
        }
        return submissions.receive(self.store, self.wake, **given | more)

    def trust_other(self) -> None:
        """Lets the other organisation, too, transmit for any company."""
        own = t.organisations.c.id == self.other
        with self.store.database.write() as connection:
            connection.execute(update(t.organisations).where(own).values(any_company=True))

    def file(self, paper: str, records: Iterable[Mapping[str, Any]], **more: Any) -> Filed:
        """Hands in one message of records and has it checked."""
        filed = self.receive(message(paper, records), **more)
        self.check()
        return filed

    def file_trade(self, trade: Trade, *papers: str) -> None:
        """Hands in the papers of a trade, each as a message of its own."""
        for paper in papers or PAPERS:
            self.file(paper, [trade.records[paper]])

    def check(self) -> None:
        """Checks what is due."""
        while chunks.check_due(self.store, self.wake):
            pass

    def pair(self) -> None:
        """Lets the papers of trades find each other."""
        while trades.pair_due(self.store, self.wake):
            pass

    def rows(self, *where: ColumnElement[bool], of: Any = t.declarations) -> list[AnyRow]:
        """Rows of a table, declarations by default, in the order of their numbers."""
        with self.store.database.read() as connection:
            return list(connection.execute(select(of).where(*where).order_by(of.c.id)))

    def rows_of_ledger(self) -> list[AnyRow]:
        """What is counted so that nobody takes it twice."""
        with self.store.database.read() as connection:
            return list(connection.execute(select(t.quotas).order_by(t.quotas.c.key)))

    def released_days_ago(self, number: int, days: int) -> None:
        """Makes believe that a declaration was released earlier."""
        own = (t.legs.c.declaration_id == number) & (t.legs.c.step == 0)
        with self.store.database.write() as connection:
            at = now_ms() - days * 86_400_000
            connection.execute(update(t.legs).where(own).values(at=at))

    def lead(self, trade: Trade) -> AnyRow:
        """The newest inventory of a trade."""
        return self.rows(
            t.declarations.c.message == INVENTORY, t.declarations.c.order_no == trade.order_no
        )[-1]

    def shown(self, number: int) -> dict[str, Any]:
        """The consolidated answer on a declaration."""
        with self.store.database.read() as connection:
            found = queries.declaration(self.store, connection, Scope(self.broker), number)
        assert found is not None
        return found

    def codes(self, number: int) -> list[str]:
        """The codes of what was found about a declaration."""
        return [finding["code"] for finding in self.shown(number)["findings"]]

    def dispatch(self, agency: Agency) -> int:
        """Makes and sends what is due for an agency."""
        return dispatch.dispatch(self.store, self.wake, agency)

    def answer(self, agency: Adapter, body: bytes) -> int:
        """Takes in a receipt of an agency and applies it."""
        number = store_receipt(self.store, self.wake, agency.name, body)
        receipts.apply_due(self.store, self.wake, agency)
        return number


@dataclass
class Agency:
    """A real adapter whose network is the test: outcomes come from a list, then all is taken."""

    real: Adapter
    outcomes: list[Outcome] = field(default_factory=list)
    got: list[tuple[str, bytes]] = field(default_factory=list)
    retry_after: int | None = None
    body: bytes = b""
    before: Callable[[], None] | None = None

    @classmethod
    def of(cls, name: str, *outcomes: Outcome) -> Agency:
        """The agency of that name; its first sendings end in these outcomes."""
        return cls(base.load(name, url="http://127.0.0.1:9"), list(outcomes))

    @property
    def name(self) -> str:
        """As in its folder."""
        return self.real.name

    @property
    def manifest(self) -> base.Manifest:
        """As in its folder."""
        return self.real.manifest

    def build(self, items: Any, *, message_id: str, now: Any) -> bytes:
        """As the real one does."""
        return self.real.build(items, message_id=message_id, now=now)

    def tell(self, described: Any, items: Any, *, message_id: str, now: Any) -> bytes:
        """As the real one does."""
        return self.real.tell(described, items, message_id=message_id, now=now)

    def wrap(self, body: bytes, **told: Any) -> bytes:
        """As the real one does."""
        return self.real.wrap(body, **told)

    def parse(self, body: bytes) -> list[Verdict]:
        """As the real one does."""
        return self.real.parse(body)

    def send(self, body: bytes, *, message_id: str, content: str = "application/xml") -> Sent:
        """Notes what was sent, and does as it is told."""
        if self.before is not None:
            self.before()
        self.got.append((message_id, body))
        outcome = self.outcomes.pop(0) if self.outcomes else Outcome.TAKEN
        detail = "" if outcome is Outcome.TAKEN else "told to"
        return Sent(outcome, detail=detail, body=self.body or None, retry_after=self.retry_after)

    @property
    def bodies(self) -> list[bytes]:
        """What was sent, in its order."""
        return [body for _, body in self.got]


def a_minute_after(moment: str) -> str:
    """YYYYMMDDhhmmss of the nation's clock, a minute on."""
    shape = "%Y%m%d%H%M%S"
    return (datetime.strptime(moment, shape) + timedelta(minutes=1)).strftime(shape)  # noqa: DTZ007


def made(count: int = 1, *, seed: int = 1, mark: str = "") -> list[Trade]:
    """Consistent trades of today."""
    return list(demo_trades(count, seed, beijing_day(now_ms()), mark=mark))


_numbers = iter(range(1, 10**12))


def message(paper: str, records: Iterable[Mapping[str, Any]], *, guid: str = "") -> bytes:
    """A national message of records, each under a number of its own."""
    number = guid or f"00000000-0000-4000-8000-{next(_numbers):012d}"
    return serialise(paper, records, guid=number, sender=parties()["agent"])


def findings(window: Window, number: int) -> list[Finding]:
    """What was found about a declaration."""
    (row,) = window.rows(t.declarations.c.id == number)
    return opened_findings(window.store, row.sealed_findings)


def _organisation(store: Store, code: str, *, any_company: bool) -> int:
    row = {"code": code, "name_zh": code, "name_en": code, "any_company": any_company}
    with store.database.write() as connection:
        made = insert(t.organisations).values(row).returning(t.organisations.c.id)
        return int(connection.execute(made).scalar_one())


@contextmanager
def opened(folder: Path, database_url: str = "", **settings: Any) -> Iterator[Window]:
    """A window on a data folder, with tables and two organisations."""
    store = Store.open(Settings(data=folder, database_url=database_url, **settings))
    try:
        tables.lay(store.database)
        broker = _organisation(store, "3301980XYZ", any_company=True)
        yield Window(store, broker, _organisation(store, "OTHER", any_company=False))
    finally:
        store.database.close()
