"""A rule that breaks down sets its own record aside, and costs nobody else anything."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from single_window import regimes
from single_window.cli import main
from single_window.demo.trades import Trade
from single_window.domain.conditions import Record
from single_window.domain.rules import Params
from single_window.logs import Line
from single_window.storage import tables as t
from tests.declarations.test_filing import changed
from tests.window import INVENTORY, ORDER, Window, findings, made, message

CODE = "REC-UNCHECKED"
NUMBER = "100001199001010008"


@contextmanager
def broken(paper: str, order_no: str, head: str) -> Iterator[None]:
    """The rules of a paper, with one among them that breaks down over one record."""
    regime = regimes.sole(paper)
    assert regime is not None
    registered, forget = regime.hooks.rulebook.registered, regime._in_force.cache_clear
    before = len(registered)

    @regime.hooks.rulebook.rule(CODE, message=paper)
    def _breaks(record: Record, _p: Params) -> None:
        if record[head]["orderNo"] == order_no:
            raise LookupError(f"nobody thought of {NUMBER}")

    forget()
    try:
        yield
    finally:
        del registered[before:]
        forget()


def _three(window: Window, **more: Any) -> list[Trade]:
    """Three orders in one message, of which a rule breaks down over the second."""
    trades = made(3)
    with broken(ORDER, trades[1].order_no, "OrderHead"):
        window.file(ORDER, [trade.records[ORDER] for trade in trades], **more)
    return trades


def test_the_record_is_set_aside_and_the_others_go_on(window: Window) -> None:
    _three(window)
    rows = window.rows()
    assert [row.outcome for row in rows] == ["under_way", "held", "under_way"]
    assert window.codes(rows[1].id) == [CODE]
    (chunk,) = window.rows(of=t.chunks)
    assert (chunk.due_at, chunk.accepted, chunk.held) == (None, 2, 1)
    assert [leg.due_at is None for leg in window.rows(of=t.legs)] == [False, True, False]


def test_once_the_rule_is_mended_a_correction_goes_on(sqlite_window: Window) -> None:
    trades = _three(sqlite_window)
    (told,) = sqlite_window.shown(sqlite_window.rows()[1].id)["findings"]
    assert "变更（appType 2）" in told["remedy_zh"] and "a change (appType 2)" in told["remedy_en"]
    sqlite_window.file(ORDER, [changed(trades[1].records[ORDER], appType="2")])
    assert [row.outcome for row in sqlite_window.rows()][1::2] == ["withdrawn", "under_way"]


def test_an_inventory_that_was_set_aside_takes_nothing_of_a_year(sqlite_window: Window) -> None:
    (trade,) = made()
    with broken(INVENTORY, trade.order_no, "InventoryHead"):
        sqlite_window.file_trade(trade)
        sqlite_window.pair()
    row = sqlite_window.lead(trade)
    assert (row.outcome, row.quota_fen, row.pairing) == ("held", 0, "")


def test_what_is_wanted_of_a_year_may_break_down_as_well(
    sqlite_window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    regime = regimes.sole(INVENTORY)
    assert regime is not None
    monkeypatch.setattr(regime, "hooks", replace(regime.hooks, want=lambda *_: 1 // 0))
    (trade,) = made()
    sqlite_window.file_trade(trade)
    assert sqlite_window.lead(trade).outcome == "held"


def test_the_log_names_the_rule_and_nobody(
    sqlite_window: Window, caplog: pytest.LogCaptureFixture
) -> None:
    trades = made(3)
    with caplog.at_level(logging.ERROR), broken(ORDER, trades[1].order_no, "OrderHead"):
        sqlite_window.file(ORDER, [trades[1].records[ORDER]] * 2 + [trades[0].records[ORDER]])
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    line = Line().format(record)
    told = json.loads(line)
    assert (told["event"], told["error"], told["paper"]) == ("rule failed", "LookupError", ORDER)
    assert told["at"][-1].startswith("test_broken_rules.py:") and told["submission"] == 1
    assert not any(word in line for word in (NUMBER, "nobody thought", trades[1].order_no))


def test_a_record_that_its_schema_refuses_is_refused_for_that(sqlite_window: Window) -> None:
    trades = made(2)
    trades[1].records[ORDER]["OrderHead"]["currency"] = "999"
    with broken(ORDER, trades[1].order_no, "OrderHead"):
        sqlite_window.file(ORDER, [trade.records[ORDER] for trade in trades])
    refused = sqlite_window.rows()[1]
    assert {finding.code for finding in findings(sqlite_window, refused.id)} == {"SCH-FIXED"}


def test_the_command_line_says_so_and_judges_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trades = made(2)
    path = tmp_path / "orders.xml"
    path.write_bytes(message(ORDER, [trade.records[ORDER] for trade in trades]))
    with broken(ORDER, trades[0].order_no, "OrderHead"):
        assert main(["check", "--json", str(path)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["decision"] for line in lines if "record" in line] == ["hold", "accept"]
