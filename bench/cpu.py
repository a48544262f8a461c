"""Processor time of the measured processes: what is left when the machine is busy with others."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def used(sessions: Mapping[str, int]) -> dict[str, int]:
    """Microseconds used so far by the processes of each session, by the session's name."""
    names = {number: name for name, number in sessions.items()}
    ticks: dict[str, int] = defaultdict(int)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        # After the name: state, parent, group, session; user and system time are 11 and 12.
        name = names.get(int(fields[3]))
        if name is not None:
            ticks[name] += int(fields[11]) + int(fields[12])
    return {name: ticks[name] * 1_000_000 // _TICK for name in sessions}


def per_record(before: Mapping[str, int], after: Mapping[str, int], records: int) -> dict[str, int]:
    """Microseconds per record that each used between two looks."""
    return {name: round((after[name] - before[name]) / records) for name in after}
