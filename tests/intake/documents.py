"""Documents for the tests of reading: right ones to start from, and what was made of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from single_window.demo.cast import parties
from single_window.demo.trades import PAPERS, trades
from single_window.demo.writing import serialise
from single_window.intake.checking import Result
from single_window.intake.markup import decoded, encoding_of
from single_window.intake.reading import Child, Reader
from single_window.intake.surveying import Judging, Survey

DAY = date(2026, 11, 24)
GUID = "4CDE1CFD-EDED-46B1-946C-B8022E42FC94"
ORDER, PAYMENT, WAYBILL, INVENTORY = PAPERS


def right(message: str = ORDER, count: int = 1, *, indent: bool = False) -> str:
    """A message of right records."""
    records = [trade.records[message] for trade in trades(count, 7, DAY)]
    return serialise(message, records, guid=GUID, sender=parties()["agent"], indent=indent).decode()


def blocks(data: bytes, size: int = 64 * 1024) -> Iterator[bytes]:
    """The bytes in blocks of a size."""
    for at in range(0, len(data), size):
        yield data[at : at + size]


def read(data: bytes, size: int = 64 * 1024, *, ahead: int = 4096) -> list[Child]:
    """The children of a document that arrives in blocks."""
    texts = decoded(blocks(data, size), encoding_of(data[:512]))
    return list(Reader(texts, ahead=ahead, block=ahead).children())


def judged(data: bytes | str) -> tuple[Survey, list[Result]]:
    """What the checks say of a document and of each of its records."""
    raw = data.encode() if isinstance(data, str) else data
    judging = Judging(decoded(blocks(raw), encoding_of(raw[:512])), "checked", DAY)
    results = list(judging)
    return judging.finished(), results
