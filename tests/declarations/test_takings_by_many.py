"""Whatever is filed, changed, taken back and refused at once: takings stay within what there is."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from sqlalchemy import String, cast, func, select

from single_window.declarations import service
from single_window.declarations.papers import opened
from single_window.declarations.scope import Scope
from single_window.domain.acts import UNITS
from single_window.storage import tables as t
from single_window.storage.engine import Busy
from tests.declarations import contracts
from tests.declarations.contracts import CHANGE, Contract
from tests.routing.desks import Desk
from tests.window import Window

FILERS, EACH = 8, 4


def differences(window: Window) -> list[tuple[str, int, int]]:
    """Lines whose ledger is not what living papers have taken of it; read in one statement."""
    d, own = t.declarations.c, t.touches.c
    key = own.ledger + "|" + cast(own.target_id, String) + "|" + own.line
    taken = (
        select(func.coalesce(func.sum(own.units), 0))
        .join(t.declarations, d.id == own.declaration_id)
        .where(key == t.quotas.c.key, own.units > 0, d.living_key.is_not(None))
        .scalar_subquery()
    )
    asked = select(t.quotas.c.key, t.quotas.c.used_fen, taken.label("taken"))
    with window.store.database.read() as connection:
        rows = connection.execute(asked.where(t.quotas.c.key.startswith("paid|"))).all()
    return [(row.key, row.used_fen, row.taken) for row in rows if row.used_fen != row.taken]


def overdrawn(window: Window, contract: Contract) -> list[tuple[Decimal, Decimal]]:
    """A contract of which more is taken than it is for, both read in one statement."""
    d = t.declarations.c
    used = select(t.quotas.c.used_fen).where(
        t.quotas.c.key == "paid|" + cast(d.id, String) + "|contract"
    )
    asked = select(d.sealed_facts, used.scalar_subquery().label("used")).where(
        d.message == "CEB311Message", d.order_no == contract.order_no
    )
    with window.store.database.read() as connection:
        rows = connection.execute(asked).all()
    told = [
        (
            Decimal(row.used or 0) / UNITS,
            Decimal(opened(window.store, row.sealed_facts)["acturalPaid"]),
        )
        for row in rows
    ]
    return [each for each in told if each[0] > each[1]]


def again(action: object, *given: object) -> object:
    """Does it again as long as the database is busy."""
    while True:
        try:
            return action(*given)  # type: ignore[operator]
        except Busy:
            time.sleep(0.01)


def test_takings_are_within_limits_whoever_does_what_at_once(
    window: Window, tmp_path: Path
) -> None:
    with contracts.invented(tmp_path / "invented"):
        contract, wrong, failed, done = Contract(window, "100.00"), [], [], threading.Event()
        seen: dict[str, int] = defaultdict(int)

        def one(seed: int, number: int) -> None:
            rng = random.Random(seed * 100 + number)
            if seed == 0:  # the agency, and whoever files and changes the contract
                desk = Desk.of("customs")
                if number == 0:
                    again(contract.file)
                else:
                    again(contract.change, rng.choice(["change 60.00", "change 140.00"]))
                for message in again(desk.collect, window):  # type: ignore[attr-defined]
                    steps = contracts.REFUSED if rng.random() < 0.3 else ("2", "120", "399")
                    again(desk.answer, window, steps, message)
                return
            row = again(contract.pay, f"{rng.randint(5, 40)}.00", rng.choice(["", "L"]))
            seen[row.outcome] += 1  # type: ignore[attr-defined]
            again(window.pair)
            if rng.random() < 0.4:
                try:
                    scope, number = Scope(window.broker), row.id  # type: ignore[attr-defined]
                    service.withdraw(window.store, window.wake, scope, number, person="")
                except (service.NotAllowed, Busy):
                    pass

        def filer(seed: int) -> None:
            try:
                for number in range(EACH):
                    one(seed, number)
            except BaseException as error:  # noqa: BLE001 - told by the test
                failed.append(error)

        def watch() -> None:
            while not done.is_set():
                wrong.extend([*differences(window), *overdrawn(window, contract)])

        watcher = threading.Thread(target=watch)
        watcher.start()
        filers = [threading.Thread(target=filer, args=(seed,)) for seed in range(FILERS)]
        for each in filers:
            each.start()
        for each in filers:
            each.join()
        done.set()
        watcher.join()
        assert (failed, wrong) == ([], [])
        assert (differences(window), overdrawn(window, contract)) == ([], [])
        assert seen["waiting"] and window.rows(t.declarations.c.message == CHANGE)
