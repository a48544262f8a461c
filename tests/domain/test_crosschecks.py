"""What the agencies say is compared: decisions by the order of the plan, figures to the fen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from single_window.domain.crosschecks import (
    WINDOW,
    Contradiction,
    Statement,
    Word,
    decisions,
    figures,
    worst,
)
from single_window.domain.plans import Step

FEN = Decimal("0.01")
CUSTOMS = Step("customs", "M", goal="released")
TAX = Step("tax", "M", ("M/customs",))
FX = Step("fx", "M", ("M/customs",))
PLAN = (CUSTOMS, TAX, FX)


def _codes(found: list[Contradiction]) -> list[str]:
    return [each.code for each in found]


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("customs:stored customs:released customs:closed tax:accepted fx:accepted", []),
        ("customs:closed customs:stored customs:released", []),
        ("customs:stored customs:returned", []),
        ("customs:released customs:returned", ["AGREE-ITSELF"]),
        ("customs:returned customs:released", ["AGREE-ITSELF"]),
        ("customs:returned customs:stored", []),
        ("tax:accepted tax:rejected", []),
        ("tax:rejected tax:accepted", ["AGREE-ITSELF"]),
        ("customs:released tax:accepted customs:returned",
         ["AGREE-ITSELF", "AGREE-REFUSED-BEFORE"]),
        ("customs:rejected tax:accepted", ["AGREE-REFUSED-BEFORE"]),
        ("customs:released tax:rejected fx:accepted", ["AGREE-REFUSED-AFTER"]),
        ("customs:released tax:rejected fx:rejected", ["AGREE-REFUSED-AFTER"] * 2),
        ("customs:stored tax:rejected", []),
        ("elsewhere:rejected customs:released", []),
    ],
)  # fmt: skip
def test_decisions_contradict_or_do_not(said: str, codes: list[str]) -> None:
    words = [Word(*word.split(":")) for word in said.split()]
    assert _codes(decisions(PLAN, words)) == codes


def test_for_a_paper_that_is_taken_in_a_refusal_that_is_taken_back_contradicts() -> None:
    paper = Step("customs", "P", goal="accepted")
    assert decisions([paper], [Word("customs", "stored"), Word("customs", "returned")]) == []
    told = decisions([paper], [Word("customs", "returned"), Word("customs", "stored")])
    assert [side.word.kind for side in told[0].sides if side.word] == ["returned", "stored"]


def _line(gnum: str, **taxes: str) -> dict[str, str]:
    return {"gnum": gnum, "duty": "0.00", "ct": "0.00", "vat": "9.10"} | taxes


def _said(who: str, *lines: dict[str, str], **whole: str) -> Statement:
    sums = {n: str(sum(Decimal(line[n]) for line in lines)) for n in ("duty", "ct", "vat")}
    return Statement.of(who, {**sums, **whole, "lines": list(lines)})


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        ([_line("1")], [_line("1")], []),
        ([_line("1")], [_line("01", vat="9.10000")], []),
        ([_line("1")], [_line("1", vat="9.11")], ["GEN-RND-01 warn vat 1 0.01"]),
        ([_line("1")], [_line("1", vat="9.09")], ["GEN-RND-01 warn vat 1 0.01"]),
        ([_line("1")], [_line("1", vat="9.12")], ["GEN-RND-01 hold vat 1 0.02"]),
        ([_line("1")], [_line("1", vat="9.11001")], ["GEN-RND-01 hold vat 1 0.01001"]),
        ([_line("1")], [_line("1", duty="3.00", ct="0.01")],
         ["GEN-RND-01 hold duty 1 3.00", "GEN-RND-01 warn ct 1 0.01"]),
        ([_line("1"), _line("2")], [_line("1"), _line("2", vat="9.20")],
         ["GEN-RND-01 hold vat 2 0.10"]),
        ([_line("1"), _line("2")], [_line("1")], ["GEN-RND-01-LINES hold   "]),
        ([_line("1", hs="0409000000")], [_line("1", hs="3304990029")], ["AGREE-TEXT hold hs 1 "]),
        ([_line("1")], [_line("1", vat="?")],  ["AGREE-TEXT hold vat 1 "]),
    ],
)  # fmt: skip
def test_a_bill_is_compared_line_by_line(ours: Any, theirs: Any, told: list[str]) -> None:
    heads = {"vat": "9.10"} if theirs[0]["vat"] == "?" else {}
    bill = Statement.of("customs", {"lines": theirs} | heads)
    found = figures([_said(WINDOW, *ours), bill], tolerance=FEN)
    assert [_short(each) for each in found] == told


def _short(each: Contradiction) -> str:
    return f"{each.code} {each.severity} {each.figure} {each.line} {each.difference}"


@pytest.mark.parametrize(
    ("whole", "told"),
    [
        ({"total": "18.20"}, []),
        ({"total": "18.22"}, ["GEN-RND-01-HEAD warn total  0.02"]),
        ({"total": "18.23"}, ["GEN-RND-01-HEAD hold total  0.03"]),
        ({"total": "18.20", "tax_currency": "502"}, ["AGREE-TEXT hold tax_currency  "]),
        ({"paid": "250.00"}, []),
    ],
)
def test_wholes_are_compared_where_somebody_states_no_lines(
    whole: dict[str, str], told: list[str]
) -> None:
    ours = _said(WINDOW, _line("1"), _line("2"), total="18.20", tax_currency="142")
    found = figures([ours, Statement.of("tax", whole)], tolerance=FEN)
    assert [_short(each) for each in found] == told


def test_of_customs_and_tax_both_are_told_where_they_differ() -> None:
    ours = _said(WINDOW, _line("1"), total="9.10")
    bill = _said("customs", _line("1", vat="12.00"), total="12.00")
    found = figures([ours, bill, Statement.of("tax", {"total": "9.10"})], tolerance=FEN)
    assert [_short(each) for each in found] == [
        "GEN-RND-01 hold vat 1 2.90",
        "GEN-RND-01-HEAD hold total  2.90",
    ]
    assert [(side.who, side.value) for side in found[1].sides] == [
        (WINDOW, "9.10"), ("customs", "12.00"), ("tax", "9.10"),
    ]  # fmt: skip


def test_a_bill_whose_head_is_not_the_sum_of_its_lines_is_found_out() -> None:
    bill = _said("customs", _line("1"), _line("2"), vat="18.30")
    ours = _said(WINDOW, _line("1"), _line("2"))
    assert [_short(each) for each in figures([ours, bill], tolerance=FEN)] == [
        "GEN-RND-01-SUM hold vat  0.10"
    ]


_FEN = st.integers(-99_999, 9_999_999).map(lambda fen: str(Decimal(fen) / 100))
_LINES = st.lists(st.fixed_dictionaries(dict.fromkeys(("duty", "ct", "vat"), _FEN)), min_size=1)


def _numbered(lines: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{"gnum": str(at)} | line for at, line in enumerate(lines, 1)]


@given(_LINES, _LINES)
def test_who_is_asked_first_makes_no_difference(
    one: list[dict[str, str]], other: list[dict[str, str]]
) -> None:
    said = [_said("customs", *_numbered(one)), _said(WINDOW, *_numbered(other))]
    ahead, back = figures(said, tolerance=FEN), figures(said[::-1], tolerance=FEN)
    told = lambda found: sorted((e.code, e.severity, e.figure, e.line, e.difference) for e in found)  # noqa: E731
    assert told(ahead) == told(back)
    assert bool(worst(ahead)) == (one != other)


@given(_LINES, st.integers(-500, 500), st.data())
def test_one_line_that_is_off_is_found_with_its_difference_to_the_fen(
    lines: list[dict[str, str]], fen: int, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(lines) - 1))
    name = data.draw(st.sampled_from(("duty", "ct", "vat")))
    theirs = [dict(line) for line in lines]
    theirs[at][name] = str(Decimal(theirs[at][name]) + Decimal(fen) / 100)
    said = [_said(WINDOW, *_numbered(lines)), _said("customs", *_numbered(theirs))]
    found = [
        (e.line, e.figure, e.severity, Decimal(e.difference)) for e in figures(said, tolerance=FEN)
    ]
    off = Decimal(abs(fen)) / 100
    severity = "warn" if off <= FEN else "hold"
    assert found == ([(str(at + 1), name, severity, off)] if fen else [])


_GRANTED = st.builds(
    Word,
    st.sampled_from(("customs", "tax", "fx")),
    st.sampled_from(("stored", "released", "closed", "accepted")),
)


@given(st.lists(_GRANTED, max_size=8))
def test_where_nobody_refuses_nothing_contradicts(words: list[Word]) -> None:
    assert decisions(PLAN, words) == []
