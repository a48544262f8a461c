"""Statistics are what the accepted filings add up to, whatever becomes of filings."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import delete, event, select, update

from single_window.declarations import counted, recounting, service
from single_window.declarations.queries import Scope
from single_window.demo.followups import CANCELLATION, cancellation
from single_window.demo.trades import Trade
from single_window.domain.counting import MOST, Count, Flow, month_of
from single_window.domain.lifecycle import Outcome
from single_window.storage import tables as t
from single_window.storage.engine import Busy
from tests.counting import CAT, Invented, counted_by, differences, entries, some
from tests.routing.desks import AT, Desk, sent
from tests.window import INVENTORY, ORDER, Window, made

ONE = Count(Flow.EXPORT, "value", "EUR", Decimal("12.345"), Decimal("13.5"), "2026-11", CAT)


@pytest.fixture
def invented() -> Iterator[Invented]:
    """A regime whose filings count."""
    found = Invented()
    with counted_by(found):
        yield found


def changed(trade: Trade, *, minute: int) -> dict[str, object]:
    """The order of a trade as its filer sends it again, corrected."""
    record = trade.records[ORDER]
    head = record["OrderHead"] | {"appType": "2", "appTime": f"202611241259{minute:02}"}
    return {**record, "OrderHead": head | {"note": str(minute)}}


def test_a_filing_counts_from_when_it_has_reached_its_goal(
    window: Window, invented: Invented
) -> None:
    (trade,) = made()
    invented.counts = {trade.order_no: [ONE, replace(ONE, usd=None), replace(ONE, amount=MOST * 2)]}
    customs = Desk.of("customs")
    window.file(ORDER, [trade.records[ORDER]])
    (came,) = customs.collect(window)
    customs.answer(window, ["2"], came)
    assert (entries(window), differences(window)) == (0, [])
    customs.answer(window, ["120"], came)
    (cell,) = window.rows(of=t.count_cells)
    assert (cell.units, cell.usd_units, cell.entries, cell.unrated) == (24690, 13500, 2, 1)
    assert (cell.month, cell.company, cell.currency, cell.flow) == (
        "2026-11", CAT, "EUR", "export",
    )  # fmt: skip
    assert differences(window) == []


def test_what_is_taken_back_counts_no_longer(window: Window, invented: Invented) -> None:
    (trade,) = made()
    invented.counts, invented.messages = {trade.order_no: [ONE]}, (INVENTORY,)
    customs = Desk.of("customs")
    came = sent(window, customs, [trade])
    customs.answer(window, ["2", "120", "800"], *came)
    assert entries(window) == 1
    lead = window.lead(trade)
    with window.store.database.write() as connection:
        counted.settle(window.store, connection, [lead, lead])
    assert (entries(window), differences(window)) == (1, [])
    invented.counts = {trade.order_no: [ONE, replace(ONE, service="227020")]}
    assert [each.where for each in differences(window)] == [str(lead.id)]
    with window.store.database.write() as connection:
        counted.settle(window.store, connection, [lead])
    assert (entries(window), differences(window)) == (2, [])


@pytest.mark.parametrize("seed", range(3))
def test_sums_are_those_of_the_filings_that_stand(
    window: Window, invented: Invented, seed: int
) -> None:
    rng = random.Random(seed)
    trades = made(6, seed=seed + 1)
    invented.counts = {trade.order_no: some(rng) for trade in trades}
    invented.messages = (ORDER, INVENTORY)
    customs = Desk.of("customs")
    inventories = sent(window, customs, trades)
    told = 0
    for at in range(16):
        trade = rng.choice(trades)
        for step in rng.sample(["2", "120", "800", "100", "899", "3", "4"], 2):
            (message,) = inventories
            own = [each for each in message.records if each["orderNo"] == trade.order_no]
            window.answer(customs.agency, customs.receipt(step, message, at=AT + at, records=own))
        doing = rng.randrange(4)
        if doing == 0:
            invented.counts[trade.order_no] = some(rng)
            with window.store.database.write() as connection:
                own_rows = t.declarations.c.order_no == trade.order_no
                rows = connection.execute(select(t.declarations).where(own_rows)).all()
                counted.settle(window.store, connection, rows)
        elif doing == 1:
            window.file(ORDER, [changed(trade, minute=at)])
        elif doing == 2 and window.lead(trade).invt_no:
            window.file(CANCELLATION, [cancellation(trade, window.lead(trade).invt_no)])
            customs.answer(window, ("2", "120", "399"), *customs.collect(window))
        assert differences(window) == []
        told += entries(window)
    assert told, "something has counted on the way"


def test_a_withdrawn_filing_counts_for_nothing(window: Window, invented: Invented) -> None:
    (trade,) = made()
    invented.counts = {trade.order_no: [ONE]}
    window.file(ORDER, [trade.records[ORDER]])
    (row,) = window.rows()
    with window.store.database.write() as connection:
        word = {"outcome": Outcome.ACCEPTED.value}
        connection.execute(update(t.declarations).values(word))
        counted.settle(window.store, connection, [row])
    assert entries(window) == 1
    service.withdraw(window.store, window.wake, Scope(window.broker), row.id, person="")
    assert (entries(window), window.rows(of=t.count_cells)[0].units) == (0, 0)
    assert differences(window) == []


def test_many_who_count_at_once_lose_nothing(window: Window, invented: Invented) -> None:
    rng = random.Random(5)
    trades = made(12, seed=9)
    for trade in trades:
        invented.counts[trade.order_no] = some(rng)
    window.file(ORDER, [trade.records[ORDER] for trade in trades])
    rows = window.rows()
    failed: list[BaseException] = []

    def worker(seed: int) -> None:
        own = random.Random(seed)
        for _ in range(12):
            some_rows = own.sample(rows, 4)
            word = own.choice([Outcome.ACCEPTED, Outcome.REJECTED, Outcome.HELD]).value
            try:
                with window.store.database.write() as connection:
                    for row in sorted(some_rows, key=lambda row: row.id):
                        mine = t.declarations.c.id == row.id
                        connection.execute(update(t.declarations).where(mine).values(outcome=word))
                    counted.settle(window.store, connection, some_rows)
            except Busy:
                continue  # nothing was changed
            except BaseException as error:  # noqa: BLE001 - told by the test
                failed.append(error)

    workers = [threading.Thread(target=worker, args=(seed,)) for seed in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert (failed, differences(window)) == ([], [])


def test_what_was_spoilt_is_told_and_can_be_reckoned_anew(
    window: Window, invented: Invented
) -> None:
    trades = made(3)
    rng = random.Random(2)
    invented.counts = {trade.order_no: [ONE, *some(rng)] for trade in trades}
    customs = Desk.of("customs")
    window.file(ORDER, [trade.records[ORDER] for trade in trades])
    customs.answer(window, ["120"], *customs.collect(window))
    before = window.rows(of=t.count_cells)
    first = window.rows()[0].id
    with window.store.database.write() as connection:
        connection.execute(update(t.count_cells).values(units=t.count_cells.c.units + 1))
        connection.execute(delete(t.counted).where(t.counted.c.declaration_id == first))
    assert str(first) in [each.where for each in differences(window)]
    assert recounting.rebuild(window.store) == len(trades)
    assert differences(window) == []
    sums = [sorted(row[1:] for row in rows) for rows in (before, window.rows(of=t.count_cells))]
    assert sums[0] == sums[1]


def test_a_regime_that_counts_nothing_costs_no_query(sqlite_window: Window) -> None:
    window = sqlite_window
    customs = Desk.of("customs")
    asked: list[str] = []
    engine = window.store.database.engine
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    came = sent(window, customs, made())
    customs.answer(window, ["2", "120", "800"], *came)
    assert asked
    assert [sql for sql in asked if "count" in sql and "counted" in sql] == []
    assert [sql for sql in asked if "count_cells" in sql] == []


def test_a_month_is_read_from_a_day_as_messages_write_it() -> None:
    days = ("20261103", "2026-11-03", "20261103235959", "2026-13-01", "")
    assert [month_of(day) for day in days] == ["2026-11", "2026-11", "2026-11", "", ""]
