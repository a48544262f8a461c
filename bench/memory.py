"""Peak memory of the intake by the size of the message; each size in a process of its own.

`python -m bench.memory 1000` is such a process: it writes one JSON object.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from bench import material, systems
from bench.processes import ROOT
from schemas import registry
from single_window.demo.cast import parties
from single_window.domain.findings import decision
from single_window.intake.markup import decoded
from single_window.intake.surveying import Judging

SIZES = (1_000, 10_000, 100_000)
DISTINCT = 500
"""Records that are really made; further ones differ from them by their numbers only."""


def measure(sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Peak of the intake at each size, and as a ratio to that of the smallest."""
    peaks = {size: _peak(size) for size in sizes}
    first = peaks[sizes[0]]["peak_kb"]
    return {
        "peak_kb": {str(size): told["peak_kb"] for size, told in peaks.items()},
        "start_kb": peaks[sizes[0]]["start_kb"],
        "records_judged": {str(size): told["records"] for size, told in peaks.items()},
        "ratio": {str(size): round(told["peak_kb"] / first, 2) for size, told in peaks.items()},
    }


def _peak(size: int) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.memory", str(size)],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    told: dict[str, int] = json.loads(done.stdout)
    return told


class Stream:
    """One long message of inventories, made while it is read; each record has its own numbers."""

    def __init__(self, records: int) -> None:
        made = material.made(min(DISTINCT, records))
        self._records = records
        bodies = [
            material.message(material.INVENTORY, [each.trade.records[material.INVENTORY]])
            for each in made
        ]
        self._one = [_record(body.decode()) for body in bodies]
        order = made[0].trade.order_no
        self._tag = order[8:14]

    def blocks(self) -> Iterator[bytes]:
        """The bytes of the message, some records at a time."""
        known = registry.message(material.INVENTORY)
        yield (
            f'<ceb:{known.name} xmlns:ceb="{known.namespace}" guid="{"0" * 36}" version="1.0">'
        ).encode()
        left, turn = self._records, 0
        while left > 0:
            for at in range(0, min(left, len(self._one)), 50):
                text = "".join(self._one[at : min(at + 50, left)])
                yield text.replace(self._tag, f"{turn:06d}").encode()
            left -= len(self._one)
            turn += 1
        agent = parties()["agent"]
        yield (
            f"<ceb:BaseTransfer><ceb:copCode>{agent['code']}</ceb:copCode>"
            f"<ceb:copName>{agent['name']}</ceb:copName><ceb:dxpMode>DXP</ceb:dxpMode>"
            f"<ceb:dxpId>{agent['dxp_id']}</ceb:dxpId></ceb:BaseTransfer></ceb:{known.name}>"
        ).encode()


def _record(text: str) -> str:
    found = re.search(r"<ceb:Inventory>.*</ceb:Inventory>", text, re.DOTALL)
    assert found is not None
    return found.group()


def upload(sizes: tuple[int, ...]) -> dict[str, Any]:
    """Peak of the portal's process after an upload of each size, one after the other."""
    peaks: dict[str, int] = {}
    with (
        TemporaryDirectory(prefix="bench-") as name,
        systems.window(Path(name) / "window", "", "") as window,
    ):
        for size in sizes:
            answer = requests.post(
                f"{window.url}/api/v1/submissions?check_only=true",
                data=Stream(size).blocks(),
                headers={
                    "Authorization": f"Bearer {window.key}",
                    "Content-Type": "application/xml",
                },
                timeout=600,
            )
            answer.raise_for_status()
            peaks[str(size)] = high_water_kb(window.processes()["portal"])
    first = peaks[str(sizes[0])]
    return {"peak_kb": peaks, "ratio": {s: round(kb / first, 2) for s, kb in peaks.items()}}


def high_water_kb(process: int) -> int:
    """The most memory that a process has held so far."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) if found else 0


def main() -> None:
    """Judges a message of so many records and tells the peak."""
    stream = Stream(int(sys.argv[1]))
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    judging = Judging(decoded(stream.blocks(), "utf-8"), "checked", material.DAY)
    counted = sum(1 for result in judging if decision(result.findings))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"start_kb": start, "peak_kb": peak, "records": counted}))


if __name__ == "__main__":
    main()
