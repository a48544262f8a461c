"""`python -m bench`: everything in one run, so that the figures may be compared."""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench import balances, intake, machine, memory, processes, report, storing, whole
from bench.whole import Job


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything; the yardsticks get less, since rates are compared per record."""

    intake: int
    rounds: int
    storing: int
    trades: Mapping[str, int]
    whole_rounds: int
    memory: tuple[int, ...]
    movements: tuple[int, ...]


FULL = Sizes(
    10_000,
    5,
    3_000,
    {"window": 2_500, "middle": 1_000, "usual": 80},
    3,
    (1_000, 10_000, 100_000),
    (1_000, 1_000_000),
)
QUICK = Sizes(
    1_000,
    3,
    500,
    {"window": 500, "middle": 300, "usual": 20},
    1,
    (1_000, 10_000),
    (1_000, 100_000),
)
PER_FILE = {"window": 100, "middle": 500, "usual": 100}
"""Trades in a file: the middle way gets its batches of 500."""
PARTS = ("intake", "whole", "memory", "balances")


def main() -> None:
    """Measures, prints, and writes the results."""
    asked = _parser().parse_args()
    # Whoever ends the run ends what it has started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sizes = QUICK if asked.quick else FULL
    begun = time.monotonic()
    results: dict[str, Any] = {"machine": machine.described(), "quick": asked.quick}
    report.machine(results["machine"])
    engines = ["sqlite", *(["postgresql"] if processes.postgresql() else [])]
    if asked.engine:
        engines = [asked.engine]
    results["intake"] = intake.measure(sizes.intake, rounds=sizes.rounds)
    report.intake(results["intake"])
    if "intake" in asked.parts:
        results["storing"] = {engine: storing.measure(sizes.storing, engine) for engine in engines}
        for engine, told in results["storing"].items():
            report.storing(engine, told)
    if "whole" in asked.parts:
        floor = results["intake"]["national messages of 100"]["floor_per_s"]
        results["whole"] = {}
        for engine in engines:
            results["whole"][engine] = _whole(engine, sizes, asked.broker, floor)
            report.whole(engine, results["whole"][engine])
    if "memory" in asked.parts:
        results["memory"] = {"intake": memory.measure(sizes.memory)}
        results["memory"]["portal"] = memory.upload((sizes.memory[0], sizes.memory[-1]))
        for name, told in results["memory"].items():
            report.memory(told, name)
    if "balances" in asked.parts:
        results["balances"] = {e: balances.measure(sizes.movements, e) for e in engines}
        for engine, told in results["balances"].items():
            report.balances(engine, told)
    results["seconds"] = round(time.monotonic() - begun)
    report.save(results)
    report.say(f"\n{results['seconds']} s; written to {report.FILE}")


def _whole(engine: str, sizes: Sizes, broker: str, floor: int) -> dict[str, Any]:
    """Rounds of all three ways in turn, then one more of the window with a kill."""
    runs: dict[str, list[dict[str, Any]]] = {way: [] for way in sizes.trades}
    for _ in range(sizes.whole_rounds):
        for way, trades in sizes.trades.items():
            runs[way].append(whole.run(Job(way, engine, trades, broker, PER_FILE[way])))
    told: dict[str, Any] = {way: _summed(found, floor) for way, found in runs.items()}
    return told | {
        "broker": (broker or "sqla+sqlite").partition(":")[0],
        "ratios": {way: _ratio(runs, way) for way in ("usual", "middle")},
        "cpu_ratios": {way: _cpu_ratio(told, way) for way in ("usual", "middle")},
        "kill": whole.run(Job("window", engine, sizes.trades["window"], broker, kill=True)),
    }


def _ratio(runs: Mapping[str, list[dict[str, Any]]], way: str) -> float:
    """How many times as fast the window is: round by round, and of those the median."""
    pairs = zip(runs["window"], runs[way], strict=True)
    return round(
        statistics.median(own["records_per_s"] / one["records_per_s"] for own, one in pairs), 1
    )


def _cpu_ratio(told: Mapping[str, Any], way: str) -> float:
    return round(told[way]["cpu_us"] / told["window"]["cpu_us"], 1)


def _summed(runs: list[dict[str, Any]], floor: int) -> dict[str, Any]:
    rates = [run["records_per_s"] for run in runs]
    median = statistics.median(rates)
    return {
        "records": runs[0]["records"],
        "records_per_s": median,
        "lowest": min(rates),
        "highest": max(rates),
        "times_floor": round(floor / median, 1),
        "cpu_us": round(statistics.median(sum(r["cpu_us_per_record"].values()) for r in runs)),
        "cpu_us_by_process": runs[-1]["cpu_us_per_record"],
        "gates": [run["gate"] for run in runs],
        "runs": runs,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, one round")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), help="only this engine")
    parser.add_argument("--broker", default="", help="address of a Celery broker for all ways")
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=PARTS,
        default=PARTS,
        help="what is measured; intake always is",
    )
    return parser


if __name__ == "__main__":
    main()
