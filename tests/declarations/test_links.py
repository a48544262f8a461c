"""What papers point to in other regimes: both pages show each other, whichever came first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from single_window.declarations import queries
from single_window.declarations.scope import Scope
from single_window.demo.exports import INVENTORY, exports
from single_window.demo.writing import serialise
from single_window.domain.acts import Link, Target
from single_window.domain.findings import Finding
from single_window.domain.regime import Facts
from single_window.domain.rules import Params
from single_window.storage import tables as t
from single_window.storage.engine import beijing_day, now_ms
from tests.declarations import contracts
from tests.declarations.contracts import Contract, codes
from tests.window import ORDER, Window


@pytest.mark.parametrize("first", ["paper", "target"])
@pytest.mark.parametrize("visible", [True, False])
def test_papers_of_two_regimes_find_each_other(
    sqlite_window: Window, tmp_path: Path, first: str, visible: bool
) -> None:
    window = sqlite_window
    (export,) = exports(1, 77, beijing_day(now_ms()))
    head = export.records[INVENTORY]["InventoryHead"]
    number = f"{head['logisticsCode']}|{head['logisticsNo']}"
    seen: list[Target | None] = []

    def links(message: str, facts: Facts) -> Sequence[Link]:
        return [Link((INVENTORY,), "waybill", number, "OrderHead/note")] if message == ORDER else []

    def linked(link: Link, target: Target | None, facts: Facts, p: Params) -> Sequence[Finding]:
        seen.append(target)
        return [] if target else [Finding("rule", contracts.UNKNOWN, "warn", link.path)]

    with contracts.invented(tmp_path / "invented", links=links, linked=linked):
        contract = Contract(window, "100.00")

        def paper() -> None:
            record = contract.record()
            if visible:
                window.file(ORDER, [record])
                return
            window.trust_other()
            stranger = {"code": "OTHER", "name": "OTHER", "dxp_id": "DXPENT0000000000"}
            body = serialise(ORDER, [record], guid=record["OrderHead"]["guid"], sender=stranger)
            window.receive(body, organisation_id=window.other)
            window.check()

        def target() -> None:
            window.file(INVENTORY, [export.records[INVENTORY]])

        for step in (paper, target) if first == "paper" else (target, paper):
            step()
        own = contract.row()
        (other,) = window.rows(t.declarations.c.message == INVENTORY)
        known = first == "target" and visible
        assert [each and each.id for each in seen] == [other.id if known else None]
        assert codes(window, own.id) == (set() if known else {contracts.UNKNOWN})
        filer = window.broker if visible else window.other
        assert papers(window, filer, own.id) == ([other.id] if visible else [])
        assert papers(window, window.broker, other.id) == ([own.id] if visible else [])


def papers(window: Window, reader: int, number: int) -> list[int]:
    """The papers that are shown to a reader beside one."""
    with window.store.database.read() as connection:
        found = queries.declaration(window.store, connection, Scope(reader), number)
    assert found is not None
    return [each["id"] for each in found["papers"]]
