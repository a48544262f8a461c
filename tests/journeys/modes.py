"""A declaration of each mode of e-commerce, filed and answered by customs, to be looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from single_window.demo import exports as demo
from single_window.demo.declarations import declaration
from single_window.demo.exports import Export, following
from single_window.demo.trades import INVENTORY, Trade
from single_window.demo.trades import trades as demo_trades
from single_window.storage import tables as t
from tests.routing.desks import Desk
from tests.window import Window

ACCEPTED, RELEASED = ("2", "120"), ("2", "120", "800")
EXPORTS = {
    "export_9610": {"mode": "9610"},
    "export_9610_summed": {"mode": "9610", "flag": "B"},
    "export_1210": {"mode": "1210"},
    "export_9710": {"mode": "9710"},
    "export_9810": {"mode": "9810", "flag": "B"},
}
IMPORTS = {
    "import_1210": {"tradeMode": "1210"},
    "import_1239": {"tradeMode": "1239"},
    "import_9610": {},
}
MODES = (*IMPORTS, *EXPORTS, "export_9710_declared", "unlike_export")
"""What the declarations are called; the last is held because its papers do not agree."""
FOLLOWING = ("summary", "sale", "back")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def latin(value: Any) -> Any:
    """The same with Latin letters in place of Chinese ones."""
    if isinstance(value, str):
        return _CHINESE.sub("x", value)
    if isinstance(value, list):
        return [latin(each) for each in value]
    if isinstance(value, Mapping):
        return {name: latin(each) for name, each in value.items()}
    return replace(value, records=latin(value.records))


def of_each_mode(window: Window, day: date) -> dict[str, int]:
    """Files what there is of each mode; returns the numbers of the declarations."""
    customs = Desk.of("customs")
    sold = {name: latin(*demo.exports(1, 7, day, **how)) for name, how in EXPORTS.items()}
    unlike: Export = latin(*demo.exports(1, 8, day))
    unlike.records[demo.INVENTORY]["InventoryList"][0]["itemName"] = "Something else"
    bought = {name: _bought(name, head, day) for name, head in IMPORTS.items()}
    for each in (*sold.values(), unlike, *bought.values()):
        for paper, record in each.records.items():
            window.file(paper, [record])
    declared: Export = latin(*demo.exports(1, 9, day, mode="9710"))
    window.receive(latin(declaration(declared).decode()).encode())
    window.file(demo.ORDER, [declared.records[demo.ORDER]])
    _answered(window, customs, ACCEPTED)
    _answered(window, customs, RELEASED, but=bought["import_9610"].order_no)
    numbers = {name: _number(window, each.order_no) for name, each in (sold | bought).items()}
    numbers |= {"export_9710_declared": _number(window, declared.order_no)}
    numbers |= {"unlike_export": _number(window, unlike.order_no)}
    return numbers | _followed(window, sold)


def _bought(name: str, head: Mapping[str, str], day: date) -> Trade:
    (trade,) = demo_trades(1, 7, day, mark=name[-4:], direct=not head)
    trade = latin(trade)
    trade.records[INVENTORY]["InventoryHead"].update(head)
    return trade


def _answered(window: Window, customs: Desk, steps: Sequence[str], *, but: str = "") -> None:
    """Customs takes what is due and answers it, the goods of one order not to the end."""
    window.check()
    window.pair()
    for message in customs.collect(window):
        others = [facts for facts in message.records if facts.get("orderNo") != but]
        customs.answer(window, steps[:-1], message)
        if others:
            receipt = customs.receipt(steps[-1], message, records=others)
            window.answer(customs.agency, receipt)
    window.pair()


def _number(window: Window, order_no: str) -> int:
    """The declaration that leads the trade of an order."""
    leads = (INVENTORY, demo.INVENTORY, "DecMessage")
    own = t.declarations.c
    (row,) = window.rows(own.order_no == order_no, own.message.in_(leads))
    return int(row.id)


def _followed(window: Window, sold: Mapping[str, Export]) -> dict[str, int]:
    """Files what follows an export: summed up, sold abroad, come back."""
    summed, booked = sold["export_9610_summed"], sold["export_9810"]
    own = t.declarations.c
    named = {row.order_no: str(row.invt_no) for row in window.rows(own.invt_no.is_not(None))}
    for message, each in (
        (demo.SUMMARY, summed), (demo.SALE, booked), (demo.RETURN, booked)
    ):  # fmt: skip
        record = following(message, [each], numbers=[named[each.order_no]])
        window.file(message, [latin(record)])
    newest = {row.message: row.id for row in window.rows()}
    found = (newest[name] for name in (demo.SUMMARY, demo.SALE, demo.RETURN))
    return dict(zip(FOLLOWING, found, strict=True))
