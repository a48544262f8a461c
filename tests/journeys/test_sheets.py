"""A broker hands in a thousand trades as a workbook, mends the bad ones, and all are released."""

from __future__ import annotations

from collections import Counter
from typing import Any

import openpyxl
import requests
from lxml import html

from single_window.demo.trades import INVENTORY, ORDER, PAPERS, Trade, trades
from tests.journeys.world import World, breaks, today
from tests.workbooks import changed, filled

COUNT, BAD = 1000, 7
BY_FORM = 4
"""Of the bad ones, how many are mended in the page; the others in the workbook that comes back."""


def _spoil(made: list[Trade]) -> dict[str, tuple[str, str, str]]:
    """Makes seven of the trades bad; paper, field and right value by order number."""
    faults = (
        (ORDER, "OrderHead/currency", "999"),
        (ORDER, "OrderHead/buyerName", ""),
        (INVENTORY, "InventoryHead/tradeMode", "0000"),
        (INVENTORY, "InventoryHead/declTime", "2026"),
        (ORDER, "OrderHead/currency", "000"),
        (INVENTORY, "InventoryHead/trafMode", "?"),
        (INVENTORY, "InventoryHead/packNo", "many"),
    )
    right = {}
    for trade, (paper, path, wrong) in zip(made[5 :: COUNT // BAD], faults, strict=False):
        group, _, name = path.partition("/")
        head = trade.records[paper][group]
        right[trade.order_no] = (paper, path, head[name])
        head[name] = wrong
    assert len(right) == BAD
    return right


class Browser:
    """A browser without script in which the broker has logged in."""

    def __init__(self, world: World) -> None:
        self._url = world.url
        self._session = requests.Session()
        self._session.trust_env = False
        words = next(each for each in world.told["logins"] if each["user"] == "broker")
        form = {
            "login": words["user"],
            "password": words["password"],
            "csrf": self._token("/login"),
        }
        assert self._session.post(f"{self._url}/login", data=form, timeout=60).ok

    def _token(self, path: str) -> str:
        return str(self.page(path).xpath('string(//input[@name="csrf"]/@value)'))

    def page(self, path: str) -> Any:
        """A page as a tree."""
        answer = self._session.get(f"{self._url}{path}", timeout=60)
        assert answer.ok, answer.text
        return html.fromstring(answer.text)

    def fetch(self, path: str) -> bytes:
        """A file."""
        answer = self._session.get(f"{self._url}{path}", timeout=60)
        assert answer.ok
        return answer.content

    def upload(self, name: str, body: bytes) -> int:
        """Hands in a file as the form of the first page does; the number of the submission."""
        # A file among the values would be sent before the fields of the form: the order counts.
        parts = [("csrf", (None, self._token("/"))), ("files", (name, body))]
        answer = self._session.post(f"{self._url}/submissions", files=parts, timeout=120)
        assert answer.ok, answer.text
        return int(answer.url.rpartition("/")[2])

    def mend(self, path: str, name: str, value: str) -> None:
        """Fills in one field of a form and files it."""
        (form,) = self.page(path).xpath('//form[@id="paper-form"]')
        values = dict(form.form_values()) | {name: value, "_do": "file"}
        answer = self._session.post(f"{self._url}{path}", data=values, timeout=60)
        assert "/submissions/" in answer.url, answer.text


def test_a_thousand_trades_of_which_seven_are_bad_are_all_released(world: World) -> None:
    made = list(trades(COUNT, 4, today()))
    right = _spoil(made)
    broker = Browser(world)
    body = filled({paper: [trade.records[paper] for trade in made] for paper in PAPERS})
    number = broker.upload("trades.xlsx", body)
    world.until(lambda: world.get(f"/submissions/{number}")["state"] == "done", "all are checked")

    bad = list(world.items(f"/submissions/{number}/records", decision="reject"))
    assert {item["order_no"] for item in bad} == {*right}
    for item in bad[:BY_FORM]:
        _, path, value = right[item["order_no"]]
        broker.mend(f"/forms/mend/{item['declaration']}", path.replace("/", "."), value)
    by_sheet = {item["order_no"]: right[item["order_no"]] for item in bad[BY_FORM:]}
    returned = broker.fetch(f"/submissions/{number}/rejected.xlsx")
    broker.upload("mended.xlsx", changed(returned, lambda book: _mend(book, by_sheet)))

    def released() -> int:
        with world.read() as connection:
            found = Counter(
                connection.exec_driver_sql(
                    "SELECT outcome FROM declarations WHERE message = 'CEB621Message'"
                ).scalars()
            )
        return found["released"]

    world.until(lambda: released() == COUNT, "all are released")
    assert breaks(world) == []


def _mend(book: openpyxl.Workbook, right: dict[str, tuple[str, str, str]]) -> None:
    """Puts the right values into the workbook that came back, and takes the others out."""
    for sheet in book.worksheets[:-2]:
        mark = str(sheet["A1"].value)
        names = {cell.value: cell.column for cell in sheet[1]}
        if "/" in mark or "orderNo" not in names:
            continue
        for row in range(4, sheet.max_row + 1):
            order_no = sheet.cell(row, names["orderNo"]).value
            paper, path, value = right.get(order_no, ("", "", ""))
            if paper == mark:
                sheet.cell(row, names[path.partition("/")[2]]).value = value
