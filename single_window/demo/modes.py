"""A folder of message files for the modes beside bonded import: direct purchase, exports."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from single_window.demo import exports, followups
from single_window.demo.cast import parties
from single_window.demo.folder import Order
from single_window.demo.trades import PAPERS, trades
from single_window.demo.writing import serialise

MODES = (("9610", "A"), ("9610", "B"), ("1210", "A"), ("9710", "A"), ("9810", "A"))
"""Exports by inventory: the mode, and the statistics flag."""
Written = tuple[str, str, Sequence[Any]]
"""A file: its name without ending, its message, its records."""


def write(out: Path, order: Order, mode: str) -> list[Path]:
    """Writes good trades of a mode ("9610" or "exports") with all that lets them be released.

    Raises ValueError where bad ones are asked for: only bonded trades are spoiled on purpose.
    """
    if order.bad:
        raise ValueError("bad trades: 1210 only")
    numbers: list[str] = []
    written = _direct(order, numbers) if mode == "9610" else _exports(order, numbers)
    out.mkdir(parents=True, exist_ok=True)
    files = []
    for name, message, records in written:
        files.append(out / f"{name}.xml")
        files[-1].write_bytes(_bytes(message, records, order))
    told = {"mode": mode, "trades": [{"orderNo": each, "outcome": "released"} for each in numbers]}
    text = json.dumps(told, ensure_ascii=False, indent=1)
    (out / "expected.json").write_text(text + "\n", "utf-8")
    return files


def _bytes(message: str, records: Iterable[Any], order: Order) -> bytes:
    return serialise(
        message,
        records,
        guid=str(uuid.uuid4()).upper(),
        sender=parties()["agent"],
        indent=order.indent,
    )


def _blocks(made: Sequence[Any], size: int) -> Iterator[tuple[int, Sequence[Any]]]:
    for number, at in enumerate(range(0, len(made), size), 1):
        yield number, made[at : at + size]


def _direct(order: Order, numbers: list[str]) -> Iterator[Written]:
    """Parcels from abroad, and what their supervision site reports of each (CEB711)."""
    made = list(trades(order.count, order.seed, order.day, mark=order.mark, direct=True))
    numbers += (trade.order_no for trade in made)
    for at, block in _blocks(made, order.per_file):
        for paper in PAPERS:
            yield f"{paper[:6]}-{at:04d}", paper, [trade.records[paper] for trade in block]
    for at, trade in enumerate(made, 1):
        yield f"CEB711-{at:04d}", followups.UNPACKED, [followups.unpacked([trade])]


def _exports(order: Order, numbers: list[str]) -> Iterator[Written]:
    """Exports of every mode, each mode in files of its own, with the arrival of each parcel."""
    for mode, flag in MODES:
        made = list(
            exports.exports(
                order.count, order.seed, order.day, mode=mode, flag=flag, mark=order.mark
            )
        )
        numbers += (each.order_no for each in made)
        for at, block in _blocks(made, order.per_file):
            for paper in exports.PAPERS:
                records = [each.records[paper] for each in block]
                yield f"{mode}{flag}-{paper[:6]}-{at:04d}", paper, records
            arrivals = [exports.following(exports.ARRIVAL, [each]) for each in block]
            yield f"{mode}{flag}-CEB507-{at:04d}", exports.ARRIVAL, arrivals
