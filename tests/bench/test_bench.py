"""The benchmark measures what it says; how fast anything is, no test asks."""

from __future__ import annotations

from collections import Counter

from lxml import etree

from bench import balances, cpu, gate, intake, material, processes
from bench.books import Book
from bench.memory import Stream
from bench.peer.judging import records_of
from schemas import registry
from single_window.intake.markup import decoded
from single_window.intake.surveying import Judging

GOOD = {"orderNo": "A", "outcome": "released", "bad": False, "papers": {}, "keys": {}}


def test_the_intake_finds_exactly_the_bad_ones() -> None:
    made = material.made(200)
    decided = intake.intake(material.inventories(made, 100))
    bad = sum(each.way is not None and each.way.shown_on == material.INVENTORY for each in made)
    assert decided["accept"] + decided["warn"] == len(made) - bad


def test_the_long_stream_is_one_message_of_valid_records_with_numbers_of_their_own() -> None:
    stream = Stream(1_200)
    judging = Judging(decoded(stream.blocks(), "utf-8"), "checked", material.DAY)
    keys = Counter(result.key for result in judging if result.decision != "reject")
    assert judging.finished().records == 1_200
    assert len(keys) > 1_150
    assert max(keys.values()) == 1


def test_a_book_tells_what_came_twice() -> None:
    book = Book()
    item = {"message": "CEB311Message", "ebpCode": "E", "orderNo": "1", "times_received": 1}
    book.add(item)
    book.add(item | {"times_received": 2})
    assert book.received == {("CEB311Message", "E|1"): 2}
    assert book.repeated == 1


def test_the_gate_sees_one_that_was_not_released() -> None:
    trade = {**GOOD, "keys": {gate.INVENTORY: "E|1"}, "papers": {gate.INVENTORY: "released"}}
    expected = gate.Expected([trade])
    rows = [{"key": "E|1", "outcome": "released", "agency": "customs", "verdict": "released"}]
    rows += [{"key": "E|1", "outcome": "released", "agency": "fx", "verdict": "accepted"}]
    verdict = gate.Verdict()
    gate.check_good(rows, expected, verdict)
    assert not verdict.passed
    rows += [{"key": "E|1", "outcome": "released", "agency": "tax", "verdict": "accepted"}]
    verdict = gate.Verdict()
    gate.check_good(rows, expected, verdict)
    assert verdict.passed


def test_processor_time_is_counted_by_session() -> None:
    group = processes.Group(processes.ROOT / "bench", {})
    assert cpu.used({}) == {}
    assert cpu.per_record({"web": 0}, {"web": 1_000}, 10) == {"web": 100}
    assert group.started == {}


def test_the_yardsticks_read_every_record_and_what_stands_behind_them() -> None:
    body = material.inventories(material.made(3), 100).messages[0]
    name, records, transfer = records_of(etree.fromstring(body))
    assert name == material.INVENTORY
    assert len(records) == 3
    assert registry.message(name).namespace in transfer


def test_the_account_of_the_benchmark_is_one_that_the_window_keeps() -> None:
    told = balances.measure((300, 600), "sqlite")
    assert {*told["ms"]} == {"300", "600"}
    assert {*told["ratio"]} == {"balances", "movements of a figure", "an entry"}
