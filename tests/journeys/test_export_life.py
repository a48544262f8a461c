"""The life of an export in each mode: declared, arrived, gone, summed up, come back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from single_window.demo import exports as demo
from single_window.demo.declarations import declaration
from single_window.demo.exports import Export
from tests.journeys.world import World, today

SHOP = "12999D0012"


def inventory(world: World, export: Export) -> dict[str, Any]:
    (item,) = world.items("/declarations", order_no=export.order_no, message=demo.INVENTORY)
    found: dict[str, Any] = world.get(f"/declarations/{item['id']}")
    return found


def verdicts(world: World, export: Export) -> dict[str, str]:
    return {leg["agency"]: leg["verdict"] for leg in inventory(world, export)["legs"]}


def until(world: World, export: Export, customs: str) -> dict[str, Any]:
    world.until(lambda: verdicts(world, export).get("customs") == customs, f"customs: {customs}")
    return inventory(world, export)


def declare(world: World, export: Export) -> str:
    """Files an export's papers; returns its number at customs."""
    for paper in demo.PAPERS:
        assert world.hand_in(paper, export.records[paper])["decision"] != "reject"
    return str(until(world, export, "accepted")["numbers"]["invtNo"])


def leave(world: World, sold: Sequence[Export]) -> None:
    """The parcels reach the supervision site, are released there, and leave the country."""
    world.hand_in(demo.ARRIVAL, demo.following(demo.ARRIVAL, sold))
    for export in sold:
        world.until(
            lambda export=export: set(verdicts(world, export).values()) == {"released", "accepted"},
            "released, tax and FX have answered",
        )
    world.hand_in(demo.DEPARTURE, demo.following(demo.DEPARTURE, sold))
    for export in sold:
        world.until(
            lambda export=export: (
                "closed" in {event["kind"] for event in inventory(world, export)["timeline"]}
            ),
            "customs has closed it",
        )


@pytest.mark.parametrize(
    ("mode", "treatment"),
    [("9610", "exempt"), ("1210", "none"), ("9710", "exempt"), ("9810", "exempt")],
)
def test_an_inventory_of_each_mode_leaves_the_country(
    world: World, mode: str, treatment: str
) -> None:
    (export,) = demo.exports(1, 1, today(), mode=mode)
    declare(world, export)
    leave(world, [export])
    found = inventory(world, export)
    assert (found["outcome"], found["amounts"]["treatment"]) == ("released", treatment)
    papers = {paper["message"] for paper in found["papers"]}
    assert {demo.ORDER, demo.WAYBILL, demo.ARRIVAL, demo.DEPARTURE} <= papers


def test_a_declaration_of_goods_between_firms_leaves_in_place_of_an_inventory(world: World) -> None:
    (export,) = demo.exports(1, 9710, today(), mode="9710")
    filed = world.hand_over(declaration(export))
    assert filed["outcome"] == "waiting", "its order has not come"
    where = f"/declarations/{filed['id']}"
    world.hand_in(demo.ORDER, export.records[demo.ORDER])
    done = {"customs": "released", "tax": "accepted", "fx": "accepted"}
    world.until(
        lambda: {leg["agency"]: leg["verdict"] for leg in world.get(where)["legs"]} == done,
        "released, tax and FX have answered",
    )
    found = world.get(where)
    assert found["amounts"]["treatment"] == "refund"
    assert "EntryId" in found["numbers"]


def test_a_month_is_summed_up_into_a_declaration(world: World) -> None:
    sold = [e for e in demo.exports(6, 701, today(), flag="B") if e.head["ebcCode"] == SHOP][:2]
    numbers = [declare(world, export) for export in sold]
    for export in sold:
        leave(world, [export])
    record = demo.following(demo.SUMMARY, sold, numbers=numbers)
    applied = world.hand_in(demo.SUMMARY, record)
    assert applied["decision"] != "reject", applied["findings"]
    lines = [line for export in sold for line in export.records[demo.INVENTORY]["InventoryList"]]
    total = sum(Decimal(line["totalPrice"]) for line in lines)
    assert Decimal(applied["amounts"]["value"]) == total
    world.until(
        lambda: "entryId" in world.get(f"/declarations/{applied['id']}")["numbers"],
        "customs has made a declaration of it",
    )


def test_an_export_is_cancelled_before_its_release_only(world: World) -> None:
    (export,) = demo.exports(1, 605, today())
    number = declare(world, export)
    record = demo.following(demo.CANCELLATION, [export], numbers=[number])
    world.hand_in(demo.CANCELLATION, record)
    world.until(lambda: inventory(world, export)["outcome"] == "withdrawn", "cancelled")
    (other,) = demo.exports(1, 606, today())
    number = declare(world, other)
    leave(world, [other])
    record = demo.following(demo.CANCELLATION, [other], numbers=[number])
    assert world.hand_in(demo.CANCELLATION, record)["decision"] == "reject"


def test_what_comes_back_is_never_more_than_what_left(world: World) -> None:
    (export,) = demo.exports(1, 213, today())
    number = declare(world, export)
    leave(world, [export])
    line = export.records[demo.INVENTORY]["InventoryList"][0]
    some = {line["gnum"]: "1"}
    for at in range(int(line["qty"])):
        record = demo.following(
            demo.RETURN, [export], numbers=[number], quantities=some, coElNo=f"R{at}"
        )
        found = world.hand_in(demo.RETURN, record)
        assert found["decision"] != "reject", found["findings"]
        where = f"/declarations/{found['id']}"
        world.until(
            lambda where=where: (
                {leg["verdict"] for leg in world.get(where)["legs"]} == {"accepted"}
            ),
            "customs has taken it back, and tax knows",
        )
    record = demo.following(
        demo.RETURN, [export], numbers=[number], quantities=some, coElNo="TOOMUCH"
    )
    found = world.hand_in(demo.RETURN, record)
    assert {"CBEX-RETURN-QTY", "CBEX-RETURN-STATE"} & {f["code"] for f in found["findings"]}


def test_goods_of_an_overseas_warehouse_are_booked_sold_and_come_back(world: World) -> None:
    (export,) = demo.exports(1, 9810, today(), mode="9810", flag="B")
    warehouse = world.hand_in(demo.WAREHOUSE, demo.following(demo.WAREHOUSE, [export]))
    assert (warehouse["outcome"], warehouse["legs"]) == ("accepted", [])
    number = declare(world, export)
    leave(world, [export])
    assert inventory(world, export)["amounts"]["treatment"] == "prerefund"
    line = export.records[demo.INVENTORY]["InventoryList"][0]
    part = {"quantities": {line["gnum"]: "1"}}
    sale = world.hand_in(demo.SALE, demo.following(demo.SALE, [export], **part))
    assert sale["decision"] == "accept", sale["findings"]
    assert (sale["amounts"]["treatment"], sale["amounts"]["settles"]) == (
        "settled",
        export.order_no,
    )
    where = f"/declarations/{sale['id']}"
    world.until(
        lambda: [leg["verdict"] for leg in world.get(where)["legs"]] == ["accepted", "accepted"],
        "tax has settled the refund, FX expects the money",
    )
    more = {"quantities": {line["gnum"]: line["qty"]}, "saleNo": "MORE"}
    again = world.hand_in(demo.SALE, demo.following(demo.SALE, [export], **more))
    assert [f["code"] for f in again["findings"]] == ["CBEX-SOLD-QTY"]
    record = demo.following(demo.RETURN, [export], numbers=[number], **part)
    found = world.hand_in(demo.RETURN, record)
    held = {f["code"] for f in found["findings"] if f["severity"] == "hold"}
    assert held == {"RET-EXP-03"}, "the refund that was taken is repaid first"
    papers = {paper["message"] for paper in inventory(world, export)["papers"]}
    assert {demo.SALE, demo.RETURN} <= papers
