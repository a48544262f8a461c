"""The life of an import after its papers: unpacked, cancelled, returned, changed too late."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select

from single_window.demo import followups
from single_window.demo.trades import INVENTORY, ORDER, PAPERS, Trade
from single_window.demo.trades import trades as demo_trades
from single_window.storage import tables as t
from tests.journeys.world import World, today
from tests.window import a_minute_after


def declare(world: World, seed: int, papers: Iterable[str] = PAPERS, **how: Any) -> Trade:
    (trade,) = demo_trades(1, seed, today(), **how)
    for paper in papers:
        world.hand_in(paper, trade.records[paper])
    return trade


def until_customs(world: World, trade: Trade, verdict: str) -> dict[str, Any]:
    world.until(
        lambda: world.verdicts(trade.order_no).get("customs") == verdict, f"customs: {verdict}"
    )
    return world.inventory(trade.order_no)


def year_used(world: World) -> int:
    """Fen that all persons have used of their years."""
    with world.read() as connection:
        asked = select(func.coalesce(func.sum(t.quotas.c.used_fen), 0))
        return int(
            connection.execute(asked.where(t.quotas.c.key.not_like("returned|%"))).scalar_one()
        )


def test_a_parcel_from_abroad_is_released_once_it_is_unpacked(world: World) -> None:
    trade = declare(world, 9610, direct=True)
    found = until_customs(world, trade, "accepted")
    assert found["outcome"] == "under_way", "customs waits for the supervision site"
    world.hand_in(followups.UNPACKED, followups.unpacked([trade]))
    world.until(lambda: world.answered(trade.order_no), "released, tax and FX have answered")
    signed = world.hand_in(followups.SIGNED, followups.signed(trade))
    world.until(lambda: world.get(f"/declarations/{signed['id']}")["outcome"] == "accepted", "513")
    papers = {paper["message"] for paper in world.inventory(trade.order_no)["papers"]}
    assert {followups.UNPACKED, followups.SIGNED} <= papers


def test_a_cancelled_trade_gives_its_number_and_the_year_back(world: World) -> None:
    before = year_used(world)
    trade = declare(world, 623, mark="-T-HOLD")
    found = until_customs(world, trade, "held")
    assert year_used(world) > before
    record = followups.cancellation(trade, found["numbers"]["invtNo"])
    world.hand_in(followups.CANCELLATION, record)
    world.until(lambda: world.inventory(trade.order_no)["outcome"] == "withdrawn", "cancelled")
    assert year_used(world) == before
    again = world.hand_in(followups.CANCELLATION, record | {"guid": str(uuid.uuid4()).upper()})
    assert again["decision"] == "reject", "it is cancelled once"


def test_what_was_returned_restores_the_year(world: World) -> None:
    before = year_used(world)
    trade = declare(world, 625)
    world.until(lambda: world.answered(trade.order_no), "released, tax and FX have answered")
    found = world.inventory(trade.order_no)
    early = followups.cancellation(trade, found["numbers"]["invtNo"])
    refused = world.hand_in(followups.CANCELLATION, early)
    assert refused["decision"] == "reject", "after release there is no cancellation"
    record = followups.returned(trade, found["numbers"]["invtNo"])
    applied = world.hand_in(followups.RETURN, record)
    where = f"/declarations/{applied['id']}"
    world.until(
        lambda: [leg["verdict"] for leg in world.get(where)["legs"]] == ["accepted"] * 3,
        "customs has taken the goods back, tax and FX give back what was paid",
    )
    world.until(lambda: world.inventory(trade.order_no)["outcome"] == "closed", "all came back")
    assert year_used(world) == before


def test_a_change_after_the_declaration_is_refused(world: World) -> None:
    trade = declare(world, 2)
    world.until(lambda: world.answered(trade.order_no), "released")
    for paper, head in ((ORDER, "OrderHead"), (INVENTORY, "InventoryHead")):
        told = trade.records[paper][head]
        later = {"appType": "2", "appTime": a_minute_after(told["appTime"]), "note": "改"}
        changed = trade.records[paper] | {head: told | later}
        found = world.hand_in(paper, changed)
        assert "REC-STATE" in [finding["code"] for finding in found["findings"]]
    items = world.items("/declarations", order_no=trade.order_no, message=INVENTORY)
    assert [item["outcome"] for item in items] == ["released", "rejected"]


def test_the_order_may_come_last(world: World) -> None:
    (trade,) = demo_trades(1, 31, today())
    for paper in reversed(PAPERS):
        if paper == ORDER:
            world.until(lambda: world.inventory(trade.order_no)["outcome"] == "waiting", "it waits")
        world.hand_in(paper, trade.records[paper])
    world.until(lambda: world.answered(trade.order_no), "released, tax and FX have answered")
