"""A folder of message files, and beside them what is expected of each trade."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from schemas import registry
from single_window.demo.cast import parties
from single_window.demo.spoiling import BLOCK, Spoiled, outcomes, plan, spoiled
from single_window.demo.trades import PAPERS, trades
from single_window.demo.writing import serialise


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: how many trades, how many of them bad, and how they are written.

    `per_file` trades share a file of each paper; more than 100 records in one message are more
    than the national limit. `shuffled` mixes the records of a file.
    """

    count: int
    bad: int
    seed: int
    day: date
    mark: str = ""
    indent: bool = False
    per_file: int = BLOCK
    shuffled: bool = False


def write(out: Path, order: Order) -> list[Path]:
    """Writes the messages and expected.json; returns the files of messages in their order."""
    if order.per_file < 1:
        raise ValueError(f"{order.per_file} per file")
    ways = plan(order.count, order.bad, order.seed)
    made = spoiled(trades(order.count, order.seed, order.day, mark=order.mark), ways)
    out.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    expected: list[dict[str, Any]] = []
    rng = random.Random(f"write {order.seed} {order.mark}")
    for number, block in enumerate(_blocks(made, order.per_file), 1):
        expected += [_expected(of) for of in block]
        for paper in PAPERS:
            body = _message(paper, block, order, rng)
            if body:
                files.append(out / f"{paper[:6]}-{number:04d}.xml")
                files[-1].write_bytes(body)
    about = {
        "seed": order.seed,
        "day": order.day.isoformat(),
        "mark": order.mark,
        "count": order.count,
        "bad": order.bad,
    }
    text = json.dumps(about | {"trades": expected}, ensure_ascii=False, indent=1)
    (out / "expected.json").write_text(text + "\n", "utf-8")
    return files


def _blocks(made: Iterator[Spoiled], size: int) -> Iterator[list[Spoiled]]:
    while block := list(islice(made, size)):
        yield block


def _message(paper: str, block: Sequence[Spoiled], order: Order, rng: random.Random) -> bytes:
    chosen = [of for of in block if paper in of.trade.records]
    if order.shuffled:
        chosen = _mixed(chosen, rng)
    if not chosen:
        return b""
    return serialise(
        paper,
        (of.trade.records[paper] for of in chosen),
        guid=str(uuid.UUID(int=rng.getrandbits(128), version=4)).upper(),
        sender=parties()["agent"],
        indent=order.indent,
    )


def _mixed(chosen: Sequence[Spoiled], rng: random.Random) -> list[Spoiled]:
    """The records in another order; one that takes a number still comes after its owner."""
    keys = {of.trade.number: rng.random() for of in chosen}
    for of in chosen:
        before = of.trade.number - 1
        if of.way is not None and of.way.borrowed and before in keys:
            keys[of.trade.number] = max(keys[of.trade.number], keys[before])
    return sorted(chosen, key=lambda of: (keys[of.trade.number], of.trade.number))


def _expected(of: Spoiled) -> dict[str, Any]:
    way, trade = of.way, of.trade
    row: dict[str, Any] = {
        "number": trade.number,
        "orderNo": trade.order_no,
        "bad": way is not None,
        "way": way.name if way else None,
        "outcome": way.outcome if way else "released",
        "papers": outcomes(of),
        "keys": {paper: _key(paper, record) for paper, record in trade.records.items()},
    }
    if way is not None:
        row["finding"] = {
            "message": way.shown_on,
            "key": row["keys"].get(way.shown_on, ""),
            "family": way.family,
            "code": way.code,
            "severity": way.severity,
            "path": way.path,
        }
    return row


def _key(paper: str, record: dict[str, Any]) -> str:
    values = []
    for path in registry.message(paper).key:
        group, _, name = path.partition("/")
        values.append(str(record.get(group, {}).get(name, "")))
    return "|".join(values)
