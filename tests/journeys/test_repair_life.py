"""The life of a repair: account, goods in, goods out, each answered by those whom it concerns."""

from __future__ import annotations

from typing import Any

import pytest

from single_window.storage.engine import beijing_day, now_ms
from tests import repairs
from tests.journeys.world import World


def until(world: World, filed: dict[str, Any], outcome: str) -> dict[str, Any]:
    """The declaration, once it has this outcome."""
    assert filed["decision"] in ("accept", "warn"), filed["findings"]
    where = f"/declarations/{filed['id']}"
    world.until(lambda: world.get(where)["outcome"] == outcome, f"{filed['message']} is {outcome}")
    found: dict[str, Any] = world.get(where)
    return found


def heard(found: dict[str, Any]) -> set[str]:
    """What happened to it, in one word each."""
    return {event["kind"] for event in found["timeline"]}


@pytest.fixture(scope="module")
def book(world: World) -> str:
    """The number of an account that customs has approved."""
    opened = until(world, world.hand_over(repairs.account("BOOK-1")), "accepted")
    assert {"SeqNo", "emsNo"} <= set(opened["numbers"])
    return str(opened["numbers"]["emsNo"])


@pytest.fixture(scope="module")
def entered(world: World, book: str) -> dict[str, Any]:
    """An engine that came in: its inventory, declared and through the gate."""
    filed = world.hand_over(repairs.inventory("IN-1", "I", putrecNo=book))
    approved = until(world, filed, "accepted")
    number = approved["numbers"]["bondInvtNo"]
    declared = world.hand_over(repairs.declaration("IN-1", "I", number, ManualNo=book))
    declared = until(world, declared, "released")
    assert [leg["agency"] for leg in declared["legs"]] == ["customs"], "no money is due"
    until(world, world.hand_over(repairs.gate_pass("PASS-1", "I", number)), "released")
    where = f"/declarations/{approved['id']}"
    world.until(lambda: "deducted" in heard(world.get(where)), "customs has booked it")
    found: dict[str, Any] = world.get(where)
    return found


def test_the_papers_of_an_entry_stand_together(world: World, entered: dict[str, Any]) -> None:
    assert {paper["message"] for paper in entered["papers"]} == {"DecMessage", "SAS121"}
    plan = {step["step"]: step["state"] for step in entered["plan"]}
    assert plan["INV101/customs"] == "accepted"
    assert plan["DecMessage/customs"] == plan["SAS121/customs"] == "released"
    assert plan["DecMessage/fx"] == plan["DecMessage/tax"] == "unneeded"


def test_goods_that_go_back_bring_in_the_fee(
    world: World, book: str, entered: dict[str, Any]
) -> None:
    unrepaired = world.hand_over(repairs.inventory("OUT-0", "E", putrecNo=book))
    assert [each["code"] for each in unrepaired["findings"]] == ["BOOK-B2"]
    today = beijing_day(now_ms()).isoformat()
    finished = repairs.work_order("W-1", book, openedOn=today, finishedOn=today)
    until(world, world.hand_over(finished), "accepted")
    leaving = repairs.inventory("OUT-1", "E", putrecNo=book)
    leaves = until(world, world.hand_over(leaving), "accepted")
    number = leaves["numbers"]["bondInvtNo"]
    assert number.startswith("QD0214") and number[8] == "E"
    told = {"ManualNo": book, "WorkUsd": "25000"}
    filed = world.hand_over(repairs.declaration("OUT-1", "E", number, **told))
    done = {"customs": "released", "tax": "accepted", "fx": "accepted"}
    world.until(
        lambda: {leg["agency"]: leg["verdict"] for leg in found(world, filed)["legs"]} == done,
        "customs has released it, tax and FX have answered",
    )
    declared = found(world, filed)
    assert (declared["amounts"]["treatment"], declared["amounts"]["value"]) == (
        "refund",
        "25000.00",
    )
    assert {"EntryId", "taxFilingNo", "fxCaseNo"} <= set(declared["numbers"])
    assert declared["contradictions"] == []
    until(world, world.hand_over(repairs.gate_pass("PASS-2", "E", number)), "released")
    where = f"/declarations/{leaves['id']}"
    world.until(lambda: "book_entered" in heard(world.get(where)), "it has left the book")


def found(world: World, filed: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = world.get(f"/declarations/{filed['id']}")
    return told


def test_a_paper_that_names_an_unknown_inventory_is_warned_of(world: World, book: str) -> None:
    filed = world.hand_over(repairs.declaration("IN-9", "I", "QD021426I999999999", ManualNo=book))
    assert [each["code"] for each in filed["findings"]] == ["BREP-INV-UNKNOWN"]
    until(world, filed, "released")


def test_marks_choose_what_customs_says(world: World, book: str) -> None:
    refused = world.hand_over(repairs.inventory("W-T-REJECT", "I", putrecNo=book))
    assert "bondInvtNo" in until(world, refused, "rejected")["numbers"]
    turned_away = world.hand_over(repairs.inventory("W-T-IMPORT", "I", putrecNo=book))
    assert until(world, turned_away, "rejected")["numbers"].keys().isdisjoint({"bondInvtNo"})
    made = world.hand_over(repairs.inventory("W-T-GENERATE", "I", putrecNo=book))
    where = f"/declarations/{made['id']}"
    world.until(lambda: "entrySeqNo" in world.get(where)["numbers"], "a declaration was made")
    held = world.hand_over(repairs.gate_pass("W-T-HOLD", "I", "QD021426I999999999"))
    until(world, held, "held")
