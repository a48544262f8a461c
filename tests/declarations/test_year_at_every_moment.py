"""What a person has used of the year is what their living inventories hold, at every moment."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence

from sqlalchemy import func, select

from single_window.declarations import service
from single_window.declarations.queries import Scope
from single_window.demo.trades import Trade
from single_window.storage import tables as t
from tests.window import INVENTORY, Window, made

FILERS = 8
EACH = 4
LIMIT_FEN = 26_000_00


def differences(window: Window) -> list[tuple[str, int, int]]:
    """Ledgers that differ from the inventories, both read in one statement."""
    d = t.declarations.c
    held = (
        select(func.coalesce(func.sum(d.quota_fen), 0))
        .where(d.quota_key == t.quotas.c.key, d.living_key.is_not(None))
        .scalar_subquery()
    )
    asked = select(t.quotas.c.key, t.quotas.c.used_fen, held.label("held"))
    with window.store.database.read() as connection:
        rows = connection.execute(asked).all()
    assert all(row.used_fen <= LIMIT_FEN for row in rows)
    return [(row.key, row.used_fen, row.held) for row in rows if row.used_fen != row.held]


def shared(trades: Sequence[Trade]) -> list[Trade]:
    """The same trades, bought by one person."""
    buyer = trades[0].records[INVENTORY]["InventoryHead"]["buyerIdNumber"]
    for trade in trades:
        trade.records[INVENTORY]["InventoryHead"]["buyerIdNumber"] = buyer
    return list(trades)


def test_eight_filers_cannot_overdraw_a_year(window: Window) -> None:
    trades = shared(made(FILERS * EACH, seed=34))
    wrong: list[tuple[str, int, int]] = []
    failed: list[BaseException] = []
    done = threading.Event()

    def filer(own: Sequence[Trade], seed: int) -> None:
        rng = random.Random(seed)
        try:
            for trade in own:
                window.file(INVENTORY, [trade.records[INVENTORY]])
                while not (rows := window.rows(t.declarations.c.order_no == trade.order_no)):
                    window.check()  # another filer has taken ours along
                (lead,) = rows
                if rng.random() < 0.2 and lead.living_key:
                    scope = Scope(window.broker)
                    service.withdraw(window.store, window.wake, scope, lead.id, person="")
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    def watch() -> None:
        while not done.is_set():
            wrong.extend(differences(window))

    watcher = threading.Thread(target=watch)
    watcher.start()
    filers = [threading.Thread(target=filer, args=(trades[at::FILERS], at)) for at in range(FILERS)]
    for each in filers:
        each.start()
    for each in filers:
        each.join()
    done.set()
    watcher.join()
    assert (failed, wrong, differences(window)) == ([], [], [])
    rows = window.rows(t.declarations.c.message == INVENTORY)
    refused = [row for row in rows if row.outcome == "rejected"]
    assert refused, "the year was wanted by more than it holds"
    assert {code for row in refused for code in window.codes(row.id)} >= {"TAX-CBEC-02"}
