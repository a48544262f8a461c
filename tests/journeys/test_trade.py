"""One bonded import on its whole way, and the outcomes that marks ask for."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from single_window.storage import tables as t
from tests.journeys.world import AGENCIES, World, breaks


def test_four_papers_end_with_release_tax_and_fx_answered(world: World) -> None:
    world.trades(1)
    (order_no,) = world.order_nos()
    world.until(lambda: world.answered(order_no), "all three agencies answer")
    papers = list(world.items("/declarations", order_no=order_no))
    assert {paper["message"]: paper["outcome"] for paper in papers} == {
        "CEB311Message": "accepted",
        "CEB411Message": "accepted",
        "CEB511Message": "accepted",
        "CEB621Message": "released",
    }


def test_one_answer_tells_all_about_the_trade(world: World) -> None:
    world.trades(1, seed=2)
    (order_no,) = world.order_nos(seed=2)
    world.until(lambda: world.answered(order_no), "all three agencies answer")
    found = world.inventory(order_no)
    assert found["order_no"] == order_no
    assert found["outcome"] == "released"
    assert [leg["agency"] for leg in found["legs"]] == list(AGENCIES)
    assert all(datetime.fromisoformat(leg["at"]).tzinfo for leg in found["legs"])
    assert len(found["papers"]) == 3
    assert found["amounts"]["total"] == found["formula"][-1]["result"]
    assert all(step["expression"] and step["source"] for step in found["formula"])
    kinds = [(event["agency"], event["kind"]) for event in found["timeline"]]
    for event in (("", "received"), ("", "matched"), ("customs", "sent"), ("customs", "released"),
                  ("customs", "closed"), ("customs", "bill"), ("tax", "accepted"),
                  ("fx", "accepted")):  # fmt: skip
        assert event in kinds
    assert all(event["text_zh"] and event["text_en"] for event in found["timeline"])


OUTCOMES = {
    "-T-REJECT": ("rejected", "rejected", "none"),
    "-T-INSPECT": ("released", "released", "accepted"),
    "-T-ERROR": ("released", "released", "accepted"),
    "-T-DUPLICATE": ("released", "released", "accepted"),
    "-T-SHUFFLE": ("released", "released", "accepted"),
    "-T-SLOW": ("released", "released", "accepted"),
    "-T-BILL-SUMMED": ("released", "released", "accepted"),
    "-T-BILL-VOID": ("released", "released", "accepted"),
    "-T-TAX-REJECT": ("released", "released", "rejected"),
    "-T-TAX-HOLD": ("released", "released", "held"),
    "-T-TAX-ERROR": ("released", "released", "accepted"),
}


@pytest.fixture(scope="module")
def marked(world: World) -> World:
    """One trade handed in for each mark, all of them at once."""
    for mark in (*OUTCOMES, "-T-HOLD", "-T-SILENT"):
        world.trades(1, mark=mark)
    return world


@pytest.mark.parametrize("mark", OUTCOMES)
def test_a_mark_brings_about_its_outcome(marked: World, mark: str) -> None:
    (order_no,) = marked.order_nos(mark=mark)
    outcome, customs, tax = OUTCOMES[mark]

    def there() -> bool:
        found = marked.verdicts(order_no)
        return (found.get("customs"), found.get("tax")) == (customs, tax)

    marked.until(there, f"{mark} ends as documented")
    assert marked.inventory(order_no)["outcome"] == outcome


def test_an_inspection_stands_in_the_timeline(marked: World) -> None:
    (order_no,) = marked.order_nos(mark="-T-INSPECT")
    marked.until(lambda: marked.answered(order_no), "the inspected trade is released")
    kinds = [event["kind"] for event in marked.inventory(order_no)["timeline"]]
    assert kinds.index("inspect") < kinds.index("released")


@pytest.mark.parametrize("state", ["SUMMED", "VOID"])
def test_a_bill_goes_on(marked: World, state: str) -> None:
    (order_no,) = marked.order_nos(mark=f"-T-BILL-{state}")
    marked.until(
        lambda: (
            f"bill_{state.lower()}"
            in [event["kind"] for event in marked.inventory(order_no)["timeline"]]
        ),
        "the bill has come to its state",
    )


def test_what_customs_holds_goes_on_once_it_is_let_go(marked: World) -> None:
    (order_no,) = marked.order_nos(mark="-T-HOLD")
    marked.until(lambda: marked.verdicts(order_no).get("customs") == "held", "customs holds")
    assert marked.inventory(order_no)["outcome"] == "held"
    url = f"{marked.agency('customs')}/release"
    assert marked.session.post(url, json={"orderNo": order_no}, timeout=10).ok
    marked.until(lambda: marked.answered(order_no), "the held trade is released")


def test_silence_leaves_it_sent_and_under_way(marked: World) -> None:
    (order_no,) = marked.order_nos(mark="-T-SILENT")
    marked.until(
        lambda: [e for e in marked.books("customs") if e.get("orderNo") == order_no
                 and e["message"] == "CEB621Message"],
        "customs has the silent one",
    )  # fmt: skip
    marked.until(lambda: marked.inventory(order_no)["legs"][0]["transport"] == "sent", "sent")
    assert marked.inventory(order_no)["outcome"] == "under_way"


def test_errors_are_met_with_the_same_message_again(marked: World) -> None:
    (order_no,) = marked.order_nos(mark="-T-ERROR")
    marked.until(lambda: marked.answered(order_no), "the third sending is taken")
    with marked.read() as connection:
        outcomes = connection.execute(
            select(t.attempts.c.outcome)
            .join(t.legs, t.legs.c.outgoing_id == t.attempts.c.outgoing_id)
            .join(t.declarations, t.declarations.c.id == t.legs.c.declaration_id)
            .where(
                t.declarations.c.order_no == order_no,
                t.declarations.c.message == "CEB621Message",
                t.legs.c.agency == "customs",
            )
            .order_by(t.attempts.c.id)
        ).scalars()
        assert list(outcomes) == ["try_later", "try_later", "taken"]
    entered = [each for each in marked.books("customs") if each.get("orderNo") == order_no]
    assert {each["times_received"] for each in entered} == {1}


def test_receipts_that_come_twice_are_counted_not_applied_twice(marked: World) -> None:
    (order_no,) = marked.order_nos(mark="-T-DUPLICATE")
    marked.until(lambda: marked.answered(order_no), "released")
    kinds = [event["kind"] for event in marked.inventory(order_no)["timeline"]]
    assert kinds.count("released") == 1


def test_no_person_stands_in_clear_in_logs_or_data(marked: World) -> None:
    """The agencies' own books are theirs; everything else in the folder is ours."""
    mark = "-T-INSPECT"
    marked.until(lambda: marked.answered(marked.order_nos(mark=mark)[0]), "the trade is through")
    wanted = _persons(marked.data / f"made-1{mark}")
    assert len(wanted) == 4
    ours = [
        path
        for path in marked.data.rglob("*")
        if path.is_file()
        and not path.relative_to(marked.data).parts[0].startswith(("made", "agen"))
    ]
    assert {path.name for path in ours} >= {"window.db", "portal.log", "worker-work.log"}
    found = {path.name: value for path in ours for value in wanted if value in path.read_bytes()}
    assert found == {}


def _persons(folder: Path) -> set[bytes]:
    """Who bought it: identity number, name, telephone, address."""
    body = next(folder.glob("CEB621-*.xml")).read_bytes()
    names = ("buyerIdNumber", "buyerName", "buyerTelephone", "consigneeAddress")
    return {
        match[1] for name in names if (match := re.search(f"<ceb:{name}>(.+?)<".encode(), body))
    }


def test_the_history_is_whole_afterwards(marked: World) -> None:
    assert breaks(marked) == []
