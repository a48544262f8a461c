"""Papers and the books that they speak of: reserved when filed, entered when they take effect."""

from __future__ import annotations

from collections.abc import Sequence

from tests.declarations.keepers import BLADE, COMPANY, ENGINE, NUMBER, OLD, opened
from tests.window import Window

Pairs = Sequence[tuple[str, object]]


def work_order(number: str, serial: str, *parts: Pairs, **said: str) -> bytes:
    """A file with one work order."""
    head = {"number": number, "emsNo": NUMBER, "tradeCode": COMPANY, "item": ENGINE,
            "serial": serial, "openedOn": "2026-03-01", **said}  # fmt: skip
    body = _leaves(head.items()) + "".join(f"<Part>{_leaves(part)}</Part>" for part in parts)
    name = "urn:single-window:2026:repair-work-order"
    return (
        f'<RepairWorkOrder xmlns="{name}"><WorkOrder>{body}</WorkOrder></RepairWorkOrder>'
    ).encode()


def _leaves(said: object) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in said)  # type: ignore[attr-defined]


def _part(act: str, item: int, quantity: str) -> Pairs:
    return (("act", act), ("item", item), ("quantity", quantity))


def test_a_work_order_that_is_filed_is_entered_at_once(window: Window) -> None:
    clerk = opened(window, "E1")
    window.receive(
        work_order("W1", "E1", _part("issue", BLADE, "2"), _part("remove", OLD, "2"),
                   finishedOn="2026-03-02", result="repaired")
    )  # fmt: skip
    window.check()
    (row,) = window.rows()
    assert (row.outcome, window.codes(row.id)) == ("accepted", [])
    assert clerk.stock(BLADE, "parts") == 38
    assert clerk.stock(ENGINE, "repaired") == 1
    assert clerk.differences() == []


def test_a_work_order_that_the_book_refuses_leaves_no_trace(window: Window) -> None:
    clerk = opened(window, "E1")
    before = clerk.tables()
    window.receive(work_order("W1", "E1", _part("issue", BLADE, "41")))
    window.check()
    (row,) = window.rows()
    (found,) = window.shown(row.id)["findings"]
    assert (row.outcome, found["code"]) == ("rejected", "BOOK-B10")
    assert found["path"].startswith("Part[1]")
    assert clerk.tables() == before
