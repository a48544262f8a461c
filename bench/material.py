"""What is measured with: messages as bytes, and the papers of each trade in a look-up."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from single_window import regimes
from single_window.demo.cast import parties
from single_window.demo.exports import INVENTORY as EXPORTED
from single_window.demo.exports import exports
from single_window.demo.modes import MODES
from single_window.demo.spoiling import Spoiled, outcomes, plan, spoiled
from single_window.demo.trades import INVENTORY, PAPERS, trades
from single_window.demo.writing import serialise

DAY = date(2026, 11, 24)
SEED = 11
BAD_SHARE = 100
"""One trade in this many is bad."""
BLOCK_BYTES = 256 * 1024

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Inventories:
    """Trades as messages of inventories, and what is known of their other papers by order."""

    messages: list[bytes]
    papers: dict[str, dict[str, Facts]]
    records: int

    @property
    def size(self) -> int:
        """Bytes of all messages."""
        return sum(map(len, self.messages))


def made(count: int, *, seed: int = SEED, mark: str = "") -> list[Spoiled]:
    """Trades of which one in a hundred is bad, without those whose inventory is left out."""
    ways = plan(count, count // BAD_SHARE, seed)
    every = spoiled(trades(count, seed, DAY, mark=mark), ways)
    return [each for each in every if INVENTORY in each.trade.records]


def inventories(chosen: Sequence[Spoiled], per_message: int) -> Inventories:
    """The trades' inventories in unindented messages of so many records."""
    regime = regimes.load("ecommerce_import")
    papers = {
        each.trade.order_no: {
            name: regime.facts(name, record)
            for name, record in each.trade.records.items()
            if name != INVENTORY and not _is_refused(each, name)
        }
        for each in chosen
    }
    messages = [
        message(INVENTORY, [each.trade.records[INVENTORY] for each in block])
        for block in blocks(chosen, per_message)
    ]
    return Inventories(messages, papers, len(chosen))


def mixed(count: int, per_message: int) -> Inventories:
    """Inventories of every mode, in equal parts: bonded and direct imports, and all exports."""
    each = count // (len(MODES) + 2)
    bonded = inventories(made(each), per_message)
    direct = [Spoiled(one, None) for one in trades(each, SEED, DAY, direct=True)]
    imported = inventories(direct, per_message)
    messages, papers = bonded.messages + imported.messages, bonded.papers | imported.papers
    export = regimes.load("ecommerce_export")
    for mode, flag in MODES:
        sold = list(exports(each, SEED, DAY, mode=mode, flag=flag))
        papers |= {
            one.order_no: {
                name: export.facts(name, record)
                for name, record in one.records.items()
                if name != EXPORTED
            }
            for one in sold
        }
        messages += [
            message(EXPORTED, [one.records[EXPORTED] for one in sold[at : at + per_message]])
            for at in range(0, len(sold), per_message)
        ]
    random.Random(SEED).shuffle(messages)
    records = bonded.records + imported.records + each * len(MODES)
    return Inventories(messages, papers, records)


def _is_refused(each: Spoiled, paper: str) -> bool:
    """Whether the window would not have kept this paper: then nothing is matched with it."""
    return each.way is not None and outcomes(each).get(paper) == "rejected"


def message(name: str, records: Sequence[Any]) -> bytes:
    """One unindented, unsigned message of these records."""
    return serialise(name, records, guid=str(uuid.uuid4()).upper(), sender=parties()["agent"])


def blocks(items: Sequence[Spoiled], size: int) -> Iterator[list[Spoiled]]:
    """The items in stretches of one length."""
    rest = iter(items)
    while block := list(islice(rest, size)):
        yield block


def cut(body: bytes) -> Iterator[bytes]:
    """The bytes as they come from a file or a socket: in blocks."""
    return (body[at : at + BLOCK_BYTES] for at in range(0, len(body), BLOCK_BYTES))


__all__ = ["DAY", "INVENTORY", "PAPERS", "SEED", "Inventories", "blocks", "cut", "inventories"]
