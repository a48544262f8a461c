"""The whole way in one process: processor time of each stage, free of waiting and of others' noise.

The agencies' books are the real ones, asked without HTTP; what sockets, brokers and processes add
is the difference to the whole way. `python -m bench.stages` prints it, `--profile STAGE` looks
into one stage.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapters import base
from adapters.stubs.books import Books
from adapters.stubs.desk import read_message
from adapters.stubs.forms import Script, script
from bench import material, processes
from bench.storing import hand_in, nobody, owner_of
from single_window.accounts.demo import seed_demo
from single_window.declarations.trades import pair_due
from single_window.demo.folder import Order, write
from single_window.intake.chunks import check_due
from single_window.routing.arrivals import store_receipt
from single_window.routing.dispatch import dispatch
from single_window.routing.receipts import apply_due
from single_window.settings import Settings
from single_window.storage.migrate import upgrade
from single_window.storage.store import Store

BAG = 8
"""Receipts that have come in before somebody looks at them."""


@dataclass(slots=True)
class Clock:
    """Processor time by stage."""

    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    profiled: str = ""
    profile: cProfile.Profile = field(default_factory=cProfile.Profile)

    def run(self, stage: str, work: Callable[[], Any]) -> Any:
        """Runs the work, and adds what it took to its stage."""
        begun = time.process_time()
        found = self.profile.runcall(work) if stage == self.profiled else work()
        self.spent[stage] += time.process_time() - begun
        return found


@dataclass(slots=True)
class Nearby:
    """An agency in this process: the real adapter, the real books, no network between."""

    adapter: base.Adapter
    script: Script
    books: Books
    clock: Clock

    @property
    def name(self) -> str:
        """The agency's name."""
        return self.adapter.name

    @property
    def manifest(self) -> base.Manifest:
        """What is known of the agency."""
        return self.adapter.manifest

    def build(self, items: Sequence[base.Item], *, message_id: str, now: Any) -> bytes:
        """As the adapter builds."""
        return self.adapter.build(items, message_id=message_id, now=now)

    def parse(self, body: bytes) -> list[base.Verdict]:
        """As the adapter reads."""
        return self.adapter.parse(body)

    def send(self, body: bytes, *, message_id: str, content: str = "") -> base.Sent:
        """Straight into the books; the time is the agency's, not the sender's."""
        begun = time.process_time()
        self.books.take(message_id, read_message(self.script, body), now=time.time())
        took = time.process_time() - begun
        self.clock.spent["(the agencies)"] += took
        self.clock.spent["send"] -= took
        return base.Sent(base.Outcome.TAKEN, 202)


def measure(trades: int, engine: str, *, profiled: str = "") -> tuple[dict[str, float], Clock]:
    """Microseconds per record of each stage, four papers a trade."""
    clock = Clock(profiled=profiled)
    with TemporaryDirectory(prefix="bench-") as name, processes.database(engine) as database:
        store = Store.open(Settings(data=Path(name), database_url=database))
        upgrade(store.database)
        seed_demo(store)
        owner = owner_of(store)
        order = Order(trades, trades // material.BAD_SHARE, material.SEED, material.DAY)
        files = write(Path(name) / "papers", order)
        agencies = [_nearby(agency, Path(name), clock) for agency in base.names()]
        for path in files:
            clock.run("receive", partial(hand_in, store, owner, path.read_bytes()))
        clock.run("check and store", lambda: check_due(store, nobody, most=10_000))
        while _turn(store, agencies, clock):
            pass
        store.database.close()
    records = 4 * trades
    return {stage: round(s / records * 1_000_000, 1) for stage, s in clock.spent.items()}, clock


def _turn(store: Store, agencies: Sequence[Nearby], clock: Clock) -> int:
    """One look at everything; returns how much there was to do."""
    done = int(clock.run("pair", lambda: pair_due(store, nobody)))
    for agency in agencies:
        done += clock.run("send", lambda a=agency: dispatch(store, nobody, a))
        while due := clock.run("(the agencies)", lambda a=agency: _due(a)):
            for each in due:
                body = each.body
                clock.run(
                    "take receipts",
                    lambda a=agency, b=body: store_receipt(store, nobody, a.name, b),
                )
                agency.books.delivered(each.id, now=time.time())
            clock.run("apply receipts", lambda a=agency: apply_due(store, nobody, a))
            done += len(due)
    return done


def _due(agency: Nearby) -> list[Any]:
    return agency.books.due(now=time.time() + 60, limit=BAG)


def _nearby(name: str, data: Path, clock: Clock) -> Nearby:
    known = script(name)
    books = Books(known, data / f"{name}-books.db", delay=0, slow=0)
    return Nearby(base.load(name, url="http://127.0.0.1:9"), known, books, clock)


def told(stages: Mapping[str, float]) -> str:
    """The stages in one line."""
    return ", ".join(f"{stage} {us}" for stage, us in stages.items())


def main() -> None:
    """Measures the stages on one engine and prints them."""
    parser = argparse.ArgumentParser(prog="python -m bench.stages", description=main.__doc__)
    parser.add_argument("--trades", type=int, default=500)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--profile", default="", metavar="STAGE")
    asked = parser.parse_args()
    stages, clock = measure(asked.trades, asked.engine, profiled=asked.profile)
    print(f"us per record: {told(stages)}; sum {sum(stages.values()):.0f}")
    if asked.profile:
        pstats.Stats(clock.profile).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    main()
