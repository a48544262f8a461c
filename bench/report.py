"""The results as a table for people, and as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Results = Mapping[str, Any]
FILE = Path(__file__).with_name("results.json")

INTAKE_MOST = 3
"""Times the floor that the intake may take."""
MEMORY_MOST = "1.3"
BALANCES_MOST = 1.5
"""Times as long as the small account's that the page of the large one may take."""
TARGETS = {
    ("usual", "sqlite"): 30,
    ("usual", "postgresql"): 20,
    ("middle", "sqlite"): 2,
    ("middle", "postgresql"): 2,
}


def save(results: Results) -> None:
    """Writes the file."""
    FILE.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")


def say(text: str = "") -> None:
    """One line on the terminal."""
    print(text, flush=True)


def machine(told: Results) -> None:
    """What it ran on."""
    packages = ", ".join(
        f"{name} {version}" for name, version in told["packages"].items() if version
    )
    say(f"{told['cores']} cores, Python {told['python']}, SQLite {told['sqlite']}, {packages}")
    say(f"load before {told['load_before']}, fdatasync {told['fdatasync_us']} us")


def intake(told: Results) -> None:
    """Part (a): from bytes to findings, beside the floor."""
    say(f"\n(a) intake, {told['records']} inventories: bytes to findings in memory, one process")
    say(f"    {'':<28}{'floor us':>10}{'intake us':>11}{'records/s':>11}{'ratio':>8}  target")
    for name in ("national messages of 100", "one message, unsigned", "all modes, mixed"):
        one = told[name]
        say(
            f"    {name:<28}{one['floor_us']:>10}{one['intake_us']:>11}{one['intake_per_s']:>11}"
            f"{one['ratio']:>8}  {_met(one['ratio'] <= INTAKE_MOST)} <= {INTAKE_MOST}"
        )
    say("    where it goes, us per record:")
    for name, us in told["where the time goes"].items():
        say(f"      {name:<36}{us:>7}")


def storing(engine: str, told: Results) -> None:
    """Part (a), apart: what storing adds."""
    say(
        f"    storing, {engine}: received {told['received_per_s']}/s,"
        f" checked and stored {told['checked_and_stored_per_s']}/s (one process)"
    )


def whole(engine: str, told: Results) -> None:
    """Parts (b) and (c): the whole way on one engine, three ways of going it."""
    say(f"\n(b, c) the whole way on {engine}, broker {told['broker']}: four papers, three agencies")
    say(f"    {'':<10}{'records':>9}{'records/s':>11}{'lowest':>9}{'highest':>9}{'x floor':>10}")
    for way in ("window", "middle", "usual"):
        one = told[way]
        say(
            f"    {way:<10}{one['records']:>9}{one['records_per_s']:>11}{one['lowest']:>9}"
            f"{one['highest']:>9}{one['times_floor']:>10}{one['cpu_us']:>9}  {_counts(one)}"
        )
    for way, ratio in told["ratios"].items():
        target = TARGETS.get((way, engine))
        aim = f"{_met(ratio >= target)} >= {target}" if target else ""
        say(f"    window : {way:<8}{ratio:>8}  {aim} (processor time: {told['cpu_ratios'][way]})")
    for way in ("window", "middle"):
        by = ", ".join(f"{name} {us}" for name, us in told[way]["cpu_us_by_process"].items())
        say(f"    processor us per record, {way}: {by}")
    kill = told["kill"]
    say(f"    with its worker killed midway: {kill['records_per_s']}/s  {_counts(kill)}")
    for fault in kill["gate"].get("first_faults", ()):
        say(f"      {fault}")


def memory(told: Results, name: str) -> None:
    """Part (d): peaks by size."""
    say(f"\n(d) peak memory of the {name}")
    for size, kb in told["peak_kb"].items():
        ratio = told["ratio"][size]
        say(f"    {size:>8} records {kb // 1024:>6} MB {ratio:>7}")
    last = [*told["ratio"].values()][-1]
    say(f"    {_met(last * 10 <= 13)} <= {MEMORY_MOST} at the largest")


def balances(engine: str, told: Results) -> None:
    """Part (e): the page of an account book by the number of its movements."""
    sizes = [*told["ms"]]
    say(f"\n(e) an account book on {engine}: {' / '.join(sizes)} movements, ms")
    for name, ratio in told["ratio"].items():
        times = " / ".join(f"{told['ms'][size][name]}" for size in sizes)
        aim = f"{_met(ratio <= BALANCES_MOST)} <= {BALANCES_MOST}"
        say(f"    {name:<24}{times:>18}{ratio:>8}  {aim}")


def _counts(one: Results) -> str:
    gates = one["gates"] if "gates" in one else [one["gate"]]
    return "counts" if all(gate["passed"] for gate in gates) else "DOES NOT COUNT: gate not passed"


def _met(held: bool) -> str:
    return "met:" if held else "MISSED:"
