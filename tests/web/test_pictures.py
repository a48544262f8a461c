"""The picture of a plan: nothing lies upon anything else, no text is wider than its box."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from single_window.web.pictures import SIGNS, Box, pictures, tone, wrapped

STATES = (
    "absent", "unneeded", "elsewhere", "waits", "kept", "pending", "sent", "acknowledged", "failed",
    "never", "accepted", "held", "rejected", "released", "closed",
)  # fmt: skip
_WORDS = st.text("ab 清单，、等", min_size=1, max_size=60).filter(str.strip)


@st.composite
def _plans(draw: st.DrawFn) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    for at in range(draw(st.integers(1, 9))):
        after = draw(st.sets(st.integers(0, at - 1), max_size=4)) if at else set()
        steps.append(
            {
                "title": draw(_WORDS),
                "by": draw(_WORDS),
                "word": draw(_WORDS),
                "state": draw(st.sampled_from(STATES)),
                "after": sorted(after),
                "depth": max((steps[other]["depth"] + 1 for other in after), default=0),
            }
        )
    return steps


def _apart(one: Box, other: Box) -> bool:
    return (
        one.x + one.width < other.x
        or other.x + other.width < one.x
        or one.y + one.height < other.y
        or other.y + other.height < one.y
    )


@given(_plans())
def test_boxes_lie_within_the_picture_and_apart_and_every_wait_has_its_arrow(
    steps: list[dict[str, Any]],
) -> None:
    for picture in pictures(steps):
        assert [box.step for box in picture.boxes] == steps
        for box in picture.boxes:
            assert box.x > 0 and box.x + box.width < picture.width
            assert box.y > 0 and box.y + box.height < picture.height
            assert all(box.y < line.y < box.y + box.height for line in box.lines)
        assert all(_apart(one, other) for one, other in combinations(picture.boxes, 2))
        assert len(picture.arrows) == sum(len(step["after"]) for step in steps)
        done = [
            not {"accepted", "released"}.isdisjoint((steps[at]["state"], step["state"]))
            for step in steps
            for at in step["after"]
        ]
        assert sum(arrow.open for arrow in picture.arrows) == sum(done)


def test_the_narrow_picture_fits_a_telephone() -> None:
    step = {"title": "清单", "by": "海关", "word": "已放行", "state": "released"}
    plan = [{**step, "after": [*range(at)], "depth": at} for at in range(6)]
    assert pictures(plan)[1].width <= 358


@given(_WORDS, st.integers(4, 30))
def test_a_text_is_broken_into_lines_without_loss(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(not line.startswith(("，", "、")) for line in lines[1:])


def test_latin_words_stay_whole_and_chinese_breaks_where_the_line_is_full() -> None:
    assert wrapped("waits for Payment", 6) == ["waits for", "Payment"]
    assert wrapped("等待：支付凭证、物流运单", 8) == ["等待：支付凭证、", "物流运单"]


def test_every_state_has_a_colour_and_with_it_a_sign() -> None:
    assert {tone(state) for state in STATES} <= {*SIGNS}
    assert tone("accepted") != tone("rejected") != tone("waits")
