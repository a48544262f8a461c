"""Whole accounts of bonded repair: nothing is said of a right one, of a wrong one its fault."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from schemas import registry
from schemas.fields import Field
from single_window.declarations.words import rendered
from single_window.domain.books.statement import Statement
from single_window.intake.checking import as_record
from single_window.regimes.bonded_repair import accounts, rules
from single_window.regimes.bonded_repair.terms import ACCOUNT
from single_window.web import handbook

FOLDER = Path(__file__).with_name("accounts")
TODAY = date(2026, 11, 24)
CASES: list[dict[str, Any]] = tomllib.loads((FOLDER / "faults.toml").read_text("utf-8"))["case"]
RIGHT = sorted(path.stem for path in FOLDER.glob("*.xml"))


def written(name: str, change: Sequence[Sequence[str]] = ()) -> str:
    """The text of an account, changed by replacements of which each has to find its place."""
    text = (FOLDER / f"{name}.xml").read_text("utf-8")
    for old, new in change:
        text, times = re.subn(old, new, text, count=1)
        assert times == 1, old
    return text


def posted(name: str, change: Sequence[Sequence[str]] = ()) -> Statement:
    """What comes of the account of a file."""
    return judged(written(name, change))


def judged(text: str) -> Statement:
    """What comes of an account."""
    root = etree.fromstring(text.encode())
    message = registry.message(ACCOUNT)
    registry.gate(ACCOUNT).assertValid(root)
    return accounts.judged(as_record(message.record_field, root, message.namespace), TODAY)


def _codes(made: Statement) -> list[str]:
    return [each.code for each in made.findings]


def _path(case: dict[str, Any]) -> str:
    """Where the fault stands; an entry is found by a text in it."""
    path: str = case["path"]
    if "entry" not in case:
        return path
    entries = written(case.get("base", "correct"), case["change"]).split("<Entry>")
    at = next(number for number, text in enumerate(entries) if case["entry"] in text)
    return path.replace("Entry", f"Entry[{at}]", 1)


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_said_of_a_right_account(name: str) -> None:
    made = posted(name)
    assert (rendered(made.findings, ACCOUNT), made.refused) == ([], 0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_wrong_account_is_told_its_one_fault_where_it_stands(case: dict[str, Any]) -> None:
    made = posted(case.get("base", "correct"), case["change"])
    told = [each for each in made.findings if each.code not in case.get("beside", ())]
    assert [each["code"] for each in rendered(told, ACCOUNT)] == [case["code"]]
    for finding in told:
        says = {**dict(finding.args), "value": finding.value, "expected": finding.expected}
        assert (finding.severity, finding.path) == (case["severity"], _path(case))
        assert {name: says[name] for name in case["says"]} == case["says"]


@pytest.mark.parametrize(
    "case", [case for case in CASES if "right" in case], ids=lambda case: case["name"]
)
def test_nothing_is_said_of_its_right_twin(case: dict[str, Any]) -> None:
    assert _codes(posted(case.get("base", "correct"), case["right"])) == []


def test_what_a_refused_entry_leaves_unjudged_is_named() -> None:
    made = posted("correct", [["(?s)  <Entry><number>QD021426I000000102.*?</Entry>\n", ""]])
    assert _codes(made) == ["BOOK-SERIAL-UNKNOWN"]
    assert made.unjudged == ["CFM-105"]


def test_a_difference_that_was_settled_is_not_told_again_by_the_next() -> None:
    count = (
        "<Entry><date>2026-06-30</date><kind>count</kind>"
        "<Line><item>3</item><quantity>59</quantity></Line></Entry>"
    )
    made = posted("periods", [["  <Report>(?s:.*)</Report>", count]])
    assert [(each.code, each.value, each.expected) for each in made.findings] == [
        ("BOOK-B6", "59", "60")
    ]


def test_the_age_of_goods_without_numbers_is_that_of_their_coming_in() -> None:
    old = "<item>1</item><quantity>90</quantity><origin>A</origin><entered>2024-10-10</entered>"
    change = [
        ["<Opening>", f"<Opening>{old}</Opening><Opening>"],
        ["  <Entry><number>PD-2025(?s:.*?)</Entry>", ""],
        ["  <Report>(?s:.*)</Report>", ""],
    ]
    (finding,) = posted("periods", change).findings
    assert (finding.code, finding.expected) == ("BOOK-B11", "2026-10-10")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_is_said_of_the_example_in_the_guide(lang: str) -> None:
    guide = Path(handbook.__file__).with_name("guides") / f"accounts.{lang}.md"
    (example,) = re.findall(r"```xml\n(.*?)```", guide.read_text("utf-8"), re.DOTALL)
    made = judged(example)
    assert (_codes(made), made.refused) == ([], 0)


def test_nothing_that_cannot_be_below_zero_is_below_it_by_a_part() -> None:
    text = written("small").replace("<price>1000</price>", "<price>-0.5</price>")
    assert ("BOOK-VALUE", "Item[3]/price") in [
        (each.code, each.path) for each in judged(text).findings
    ]


_FORM = registry.message(ACCOUNT).record_field
_WORDS = st.sampled_from(
    ["1", "2", "3", "0", "-1", "0.5", "99999999999999999999", "1E9", "x", "", "A", "C", "S1", "W1",
     "2026-03-01", "9999-12-31", "0001-01-01", "goods", "repaired", "part", "old", "scrap", "in",
     "out", "order", "issue", "finish", "count", "opening", "exchange", "reverse", "close",
     "waiting", "abroad", "china", "maker", "007", "035", "serial"]
)  # fmt: skip


def _anything(form: Field) -> st.SearchStrategy[Any]:
    """Any record of a form, however senseless what stands in it."""
    if form.kind != "group":
        return _WORDS
    children = {
        child.name: st.lists(_anything(child), max_size=3) if child.repeats else _anything(child)
        for child in form.children
    }
    return st.fixed_dictionaries({}, optional=children)


@settings(max_examples=150, deadline=None, suppress_health_check=[*HealthCheck])
@given(record=_anything(_FORM))
def test_whatever_is_written_is_answered_and_breaks_nothing(record: dict[str, Any]) -> None:
    made = accounts.judged(record, TODAY)
    assert all(each["text_zh"] for each in rendered(made.findings, ACCOUNT))
    assert all(quantity >= 0 for quantity in made.state.stocks.values())
    accounts.balances(made.state)


_ORDER: dict[str, Any] = {
    "number": "W1", "emsNo": "H1", "tradeCode": "1", "item": "1", "openedOn": "2026-03-02",
    "finishedOn": "2026-03-09", "result": "repaired",
    "Part": [{"act": "issue", "item": "3", "quantity": "2", "date": "2026-03-03"}],
}  # fmt: skip
_PART = _ORDER["Part"][0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"finishedOn": "2026-03-01"}, [("BOOK-ORDER-DAYS", "finishedOn")]),
        ({"result": ""}, [("BOOK-RESULT", "result")]),
        ({"finishedOn": ""}, [("BOOK-ORDER-END", "finishedOn")]),
        ({"finishedOn": "", "result": ""}, []),
        ({"serial": "S1", "quantity": "2"}, [("BOOK-SERIAL-ONE", "quantity")]),
        ({"Part": [{**_PART, "date": "2026-03-10"}]}, [("BOOK-ORDER-CLOSED", "Part[1]/date")]),
        ({"Part": [{**_PART, "quantity": "-2"}]}, [("BOOK-QTY", "Part[1]/quantity")]),
        ({"Part": [{**_PART, "date": "2026-03-01"}]}, [("BOOK-ORDER-DAYS", "Part[1]/date")]),
        ({"Part": [{**_PART, "act": "take"}]}, [("BOOK-VALUE", "Part[1]/act")]),
    ],
)
def test_a_work_order_is_told_what_is_wrong_with_it(
    change: dict[str, Any], said: list[tuple[str, str]]
) -> None:
    found = rules.a_work_order_can_be_read(_ORDER | change, None)
    assert [(each.code, each.path) for each in found] == said


FIGURES = [
    (1, None, "opening 2, came_in 10, finished_repaired 9, finished_unrepairable 1, waiting 2"),
    (1, None, "shipped_repaired 8, repaired 1, shipped_unrepairable 1, unrepairable 0"),
    (1, "A", "opening 2, came_in 8, finished_repaired 8, finished_unrepairable 1, waiting 1"),
    (1, "A", "shipped_repaired 7, repaired 1, shipped_unrepairable 1, unrepairable 0"),
    (1, "C", "opening 0, came_in 2, finished_repaired 1, waiting 1, shipped_repaired 1"),
    (1, "C", "repaired 0, unrepairable 0"),
    (3, None, "opening 40, came_in 200, consumed 186, exchanged 4, should_remain 50, remaining 50"),
    (4, None, "opening 20, arisen 186, reexported 150, destroyed 30, remaining 26"),
    (5, None, "came_in 500, consumed 460, wasted 40, remaining 0"),
    (6, None, "arisen 40, reexported 25, destroyed 10, remaining 5"),
]


@pytest.mark.parametrize(("item", "origin", "figures"), FIGURES)
def test_the_worked_example_comes_out_figure_by_figure(
    item: int, origin: str | None, figures: str
) -> None:
    rows = accounts.balances(posted("correct").state)
    (row,) = (row for row in rows if (row["item"], row["origin"]) == (item, origin))
    wanted = dict(pair.rsplit(" ", 1) for pair in figures.split(", "))
    assert {name: row[name] for name in wanted} == wanted
