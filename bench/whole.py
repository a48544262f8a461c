"""The whole way: from the first upload to the last receipt of the last agency."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import cpu, gate, material, processes, systems
from bench.client import file_all
from bench.systems import Other, System, Window
from single_window.demo.folder import Order, write

WARM_TRADES = 10
WARM_SEED = 3
MOST_SECONDS = 400
POLL_SECONDS = 0.05


class NotTaken(RuntimeError):
    """An upload was refused, so nothing can be measured."""


@dataclass(frozen=True, slots=True)
class Job:
    """Which system runs where, on how many trades; `kill` kills its worker midway."""

    way: str
    engine: str
    trades: int
    broker: str = ""
    per_file: int = 100
    kill: bool = False


def run(job: Job) -> dict[str, Any]:
    """One run of one system on a fresh database: its speed, and whether that counts."""
    with TemporaryDirectory(prefix="bench-") as name, processes.database(job.engine) as database:
        data = Path(name)
        bad = job.trades // material.BAD_SHARE
        files = write(
            data / "papers",
            Order(job.trades, bad, material.SEED, material.DAY, per_file=job.per_file),
        )
        warm = write(data / "warm", Order(WARM_TRADES, 0, WARM_SEED, material.DAY))
        expected = gate.Expected.read(data / "papers")
        with _up(job, data, database) as system:
            before = gate.Expected.read(data / "warm")
            _through(system, warm, before.at())
            both = gate.Expected([*before.trades, *expected.trades])
            return _measured(job, system, files, both, expected.records)


@contextmanager
def _up(job: Job, data: Path, database: str) -> Iterator[System]:
    if job.way == "window":
        with systems.window(data / "window", database, job.broker) as window:
            yield window
    else:
        with systems.other(job.way, data / job.way, database, job.broker) as other:
            yield other


def _measured(
    job: Job, system: System, files: list[Path], expected: gate.Expected, records: int
) -> dict[str, Any]:
    killer = None
    if job.kill and isinstance(system, Window):
        killer = _killing(system, expected.at()["customs"] // 2)
    before = cpu.used(system.processes())
    took = _through(system, files, expected.at())
    spent = {} if job.kill else cpu.per_record(before, cpu.used(system.processes()), records)
    if killer is not None:
        killer.join()
    verdict = _judged(system, expected, took["ids"])
    if took["refused"]:
        verdict.faults += took["refused"]
    return {
        "records": records,
        "seconds": round(took["seconds"], 2),
        "accepted_per_s": round(records / took["accepted_seconds"]),
        "upload_p50_ms": round(_share(took["uploads"], 50) * 1000),
        "upload_p99_ms": round(_share(took["uploads"], 99) * 1000),
        "records_per_s": round(records / took["seconds"], 1),
        "cpu_us_per_record": spent,
        "gate": verdict.told(),
    }


def _through(system: System, files: list[Path], expected: dict[str, int]) -> dict[str, Any]:
    """Files everything and waits for the last receipt."""
    filed = file_all(system.url, system.key, files)
    accepted = time.perf_counter() - filed.begun
    if filed.refused:
        raise NotTaken(f"{system.name}: {filed.refused[0]}")
    done = _waited(lambda: system.agencies.quiet(expected) and system.settled(), filed.begun)
    if not done:
        filed.refused.append(f"not done in time: {system.agencies.health()} of {expected}")
    return {
        "seconds": time.perf_counter() - filed.begun,
        "accepted_seconds": accepted,
        "uploads": sorted(filed.seconds),
        "refused": filed.refused,
        "ids": filed.ids,
    }


def _waited(ready: Callable[[], bool], begun: float) -> bool:
    while time.perf_counter() - begun < MOST_SECONDS:
        if ready():
            return True
        time.sleep(POLL_SECONDS)
    return False


def _killing(window: Window, after: int) -> threading.Thread:
    """Kills the worker once customs has received so many records."""

    def watch() -> None:
        asked = systems.Agencies(window.agencies.addresses)
        if _waited(lambda: asked.health()["customs"]["records"] >= after, time.perf_counter()):
            window.kill_worker()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def _judged(system: System, expected: gate.Expected, ids: list[int]) -> gate.Verdict:
    if isinstance(system, Window):
        return gate.check(system, expected, ids)
    assert isinstance(system, Other)
    return gate.check_other(system.agencies, expected, systems.released(system.database))


def _share(values: list[float], percent: int) -> float:
    return values[min(len(values) - 1, len(values) * percent // 100)] if values else 0
