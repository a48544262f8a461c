"""A month's summary: nothing is lost, nothing counted twice, whatever order it comes in."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from single_window.regimes.ecommerce_export.summing import HEAD_KEY, SUMS, Released, summary
from single_window.regimes.ecommerce_export.terms import INVENTORY
from tests.regimes.exports import facts

_NUMBER = st.decimals(0, 9999, places=5).map(lambda n: f"{n:f}")
_LINES = st.lists(
    st.fixed_dictionaries(
        {
            "country": st.sampled_from(["502", "305"]),
            "gcode": st.sampled_from(["3926909090", "8544422100"]),
            "currency": st.sampled_from(["142", "502"]),
            "unit": st.sampled_from(["011", "007"]),
            "unit1": st.just("035"),
            "itemName": st.sampled_from(["甲", "乙"]),
            **dict.fromkeys(SUMS, _NUMBER),
        }
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def _inventories(draw: st.DrawFn) -> list[Released]:
    found = []
    for at in range(draw(st.integers(0, 6))):
        lines = [{"gnum": str(n), **line} for n, line in enumerate(draw(_LINES), 1)]
        head = {
            "statisticsFlag": draw(st.sampled_from("AB")),
            "ebcCode": draw(st.sampled_from(["E1", "E2"])),
            "ownerCode": draw(st.sampled_from(["NO", "P1"])),
            "portCode": "5141",
        }
        day = draw(st.sampled_from([date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 30)]))
        found.append(Released(f"E{at:09d}", day, {**head, "lines": lines}))
    return found


@settings(max_examples=60, deadline=None)
@given(_inventories(), st.booleans(), st.booleans(), st.randoms())
def test_sums_of_a_summary_are_sums_of_its_lines(
    inventories: list[Released], by_producer: bool, by_item_name: bool, chance: random.Random
) -> None:
    def made(of: list[Released]) -> object:
        return summary(of, year=2026, month=11, by_producer=by_producer, by_item_name=by_item_name)

    merged = summary(
        inventories, year=2026, month=11, by_producer=by_producer, by_item_name=by_item_name
    )
    meant = [
        one for one in inventories if one.facts["statisticsFlag"] == "B" and one.day.month == 11
    ]
    sources = [each for one in merged for line in one.lines for each in line.lines]
    assert Counter(sources) == Counter(
        (one.invt_no, line["gnum"]) for one in meant for line in one.facts["lines"]
    )
    for name in SUMS:
        total = sum((line.sums[name] for one in merged for line in one.lines), Decimal(0))
        assert total == sum(
            (Decimal(line[name]) for one in meant for line in one.facts["lines"]), Decimal(0)
        )
    assert sorted(n for one in merged for n in one.inventories) == sorted(
        one.invt_no for one in meant
    )
    shuffled = inventories[:]
    chance.shuffle(shuffled)
    assert made(shuffled) == merged


def test_what_differs_in_any_part_of_the_key_is_another_declaration() -> None:
    same = facts(INVENTORY, InventoryHead__statisticsFlag="B")
    day = date(2026, 11, 20)
    others = [{**same, name: "9"} for name in HEAD_KEY]
    released = [Released(f"E{at}", day, each) for at, each in enumerate([same, same, *others])]
    merged = summary(released, year=2026, month=11)
    assert sorted(len(one.inventories) for one in merged) == [1] * len(HEAD_KEY) + [2]
    (two,) = [one for one in merged if len(one.inventories) == 2]
    assert [line.sums["totalPrice"] for line in two.lines] == [Decimal(400), Decimal(100)]
    assert two.sums["grossWeight"] == Decimal(5)
    assert len(summary(released, year=2026, month=11, by_producer=False)) == len(HEAD_KEY)
    assert summary(released, year=2026, month=12) == ()
