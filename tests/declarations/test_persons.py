"""A person's data is in clear nowhere: not in the database, not in files, not in a log line."""

from __future__ import annotations

import copy
import json
import logging
from pathlib import Path

import pytest

from single_window.logs import Line
from tests.routing.desks import Desk, sent
from tests.window import INVENTORY, ORDER, PAPERS, PAYMENT, Window, made, opened

NUMBER, NAME, PHONE, ADDRESS = "100001195001010010", "欧阳修竹", "12345678901", "无名市 某街 7号"
PERSONS = (NUMBER, NAME, PHONE, ADDRESS)


def planted(trade: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    """The papers of a trade with this person in every place for one."""
    text = json.dumps(trade, ensure_ascii=False)
    order = trade[ORDER]["OrderHead"]
    assert isinstance(order, dict)
    for name, value in (
        ("buyerIdNumber", NUMBER),
        ("buyerName", NAME),
        ("buyerTelephone", PHONE),
        ("consigneeAddress", ADDRESS),
    ):
        text = text.replace(json.dumps(order[name], ensure_ascii=False), f'"{value}"')
    planted_: dict[str, dict[str, object]] = json.loads(text)
    return planted_


def test_a_person_is_nowhere_in_clear(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with opened(data) as window:
        _live(window)
        shown = [window.shown(row.id) for row in window.rows() if row.outcome]
        assert "欧*" in json.dumps(shown, ensure_ascii=False), "masked where it is shown"
        window.store.database.close()
    kept = {path.name: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    assert "window.db" in kept
    for value in PERSONS:
        assert [name for name, body in kept.items() if value.encode() in body] == []
    lines = [Line().format(record) for record in caplog.records]
    assert len(lines) > 20
    assert [line for line in lines for value in PERSONS if value in line] == []


def _live(window: Window) -> None:
    """A good trade, refused and mismatching ones, unreadable answers, one that names the person."""
    customs, trades = Desk.of("customs"), made(4)
    for trade in trades:
        trade.records.update(planted(trade.records))
    (received,) = sent(window, customs, trades[:1])
    customs.answer(window, ["2", "120"], received)
    body = customs.receipt("800", received)
    info = f"订购人{NUMBER} {PHONE}".encode()
    window.answer(customs.agency, body.replace(b"[Code:2600;", info + b"[Code:2600;"))
    window.answer(customs.agency, body[: len(body) // 2] + NUMBER.encode())
    for wrong in ({"buyerIdNumber": NUMBER * 4}, {"buyerTelephone": PHONE * 4}, {"orderNo": ""}):
        record = copy.deepcopy(trades[1].records[ORDER])
        record["OrderHead"] |= wrong
        window.file(ORDER, [record])
    trades[2].records[PAYMENT]["PaymentHead"]["payerName"] = "另一人"
    trades[3].records[INVENTORY]["InventoryHead"]["buyerTelephone"] = "12000000000"
    for trade in trades[2:]:
        window.file_trade(trade, *PAPERS)
    window.pair()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"buyer {NUMBER}.", "buyer 100001****0010."),
        (f"{PHONE}", "123****8901"),
        ("DD26112440B6EE0000968", "DD26112440B6EE0000968"),
    ],
)
def test_a_log_line_masks_what_somebody_let_slip(text: str, shown: str) -> None:
    record = logging.makeLogRecord({"msg": text, "levelname": "INFO", "name": "x"})
    assert json.loads(Line().format(record))["event"] == shown
