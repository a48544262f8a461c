"""What follows an export: it names what is there, and never takes back more than went out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from schemas import registry
from single_window.declarations import balances, desk, desk_cases
from single_window.declarations.scope import Scope
from single_window.demo import exports as demo
from single_window.demo.exports import Export, exports, following, in_order
from single_window.domain.money import to_fen
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow, beijing_day, now_ms
from tests.routing.desks import Desk
from tests.window import Window, a_minute_after

_seeds = count(1)


def made(number: int = 1, **how: Any) -> list[Export]:
    """Exports of today, never the same."""
    return list(exports(number, next(_seeds), beijing_day(now_ms()), **how))


def declared(window: Window, steps: Sequence[str], sold: Sequence[Export]) -> Desk:
    """Brings exports to where customs has answered these steps to their inventories."""
    customs = Desk.of("customs")
    for paper in demo.PAPERS:
        window.file(paper, [export.records[paper] for export in sold])
    window.pair()
    customs.answer(window, ("2", "120"), *customs.collect(window))
    window.pair()
    customs.answer(window, steps, *customs.collect(window))
    return customs


def newest(window: Window, message: str) -> AnyRow:
    return window.rows(t.declarations.c.message == message)[-1]


def number_of(window: Window, export: Export) -> str:
    (row,) = window.rows(
        t.declarations.c.order_no == export.order_no, t.declarations.c.message == demo.INVENTORY
    )
    return str(row.invt_no)


STORED, RELEASED = ("2", "120"), ("2", "120", "800")


@pytest.mark.parametrize(
    ("message", "steps", "more", "code"),
    [
        (demo.CANCELLATION, RELEASED, {}, "CBEX-CANCEL-STATE"),
        (demo.CANCELLATION, STORED, {"invtNo": "02132026E999999999"}, "CBEX-ACT-NONE"),
        (demo.CANCELLATION, STORED, {"agentCode": "12999B0002"}, "CBEX-ACT-DIFFERS"),
        (demo.RETURN, STORED, {}, "CBEX-RETURN-STATE"),
        (demo.ARRIVAL, RELEASED, {}, "CBEX-ACT-STATE"),
        (demo.ARRIVAL, STORED, {"logisticsCode": "12999L0009"}, "CBEX-ACT-UNKNOWN"),
        (demo.SUMMARY, RELEASED, {}, "CBEX-SUM-FLAG"),
    ],
)
def test_a_paper_that_names_something_else(
    sqlite_window: Window, message: str, steps: Sequence[str], more: dict[str, str], code: str
) -> None:
    window, sold = sqlite_window, made()
    declared(window, steps, sold)
    numbers = [number_of(window, sold[0])]
    window.file(message, [following(message, sold, numbers=numbers, **more)])
    assert code in window.codes(newest(window, message).id)


def test_a_period_is_summed_up_like_the_list_of_its_inventories(sqlite_window: Window) -> None:
    window, everything = sqlite_window, made(9, flag="B")
    shop = everything[0].head["ebcCode"]
    sold = [each for each in everything if each.head["ebcCode"] == shop]
    declared(window, RELEASED, sold)
    numbers = [number_of(window, each) for each in sold]
    first = window.rows(t.declarations.c.message == demo.INVENTORY)[0].id
    assert window.shown(first)["deadline"]["message"] == demo.SUMMARY
    today = f"{beijing_day(now_ms()):%Y%m%d}"
    window.file(demo.SUMMARY, [following(demo.SUMMARY, sold, numbers=numbers)])
    assert window.shown(first)["deadline"] is None
    by_list = orjson.loads(newest(window, demo.SUMMARY).amounts)
    ends = {"startTime": f"{today}000000", "endTime": f"{today}235959", "copNo": "PERIOD"}
    window.file(demo.SUMMARY, [following(demo.SUMMARY, sold, numbers=[], **ends)])
    period = newest(window, demo.SUMMARY)
    assert orjson.loads(period.amounts) == by_list
    assert len(window.shown(period.id)["papers"]) == len(sold)
    total = sum(
        Decimal(line["totalPrice"])
        for each in sold
        for line in each.records[demo.INVENTORY]["InventoryList"]
    )
    assert (Decimal(by_list["value"]), by_list["inventories"]) == (total, str(len(sold)))


def test_a_return_held_for_the_certificate_goes_on_once_its_number_is_stated(
    sqlite_window: Window,
) -> None:
    window, sold = sqlite_window, made(1, flag="B")
    customs = declared(window, RELEASED, sold)
    record = following(demo.RETURN, sold, numbers=[number_of(window, sold[0])])
    window.file(demo.RETURN, [record])
    held = newest(window, demo.RETURN)
    assert (held.outcome, "RET-EXP-03" in window.codes(held.id)) == ("held", True)
    assert customs.collect(window) == []
    head = record["InvtRefundHead"]
    told = {
        "guid": "C" * 36,
        "appType": "2",
        "appTime": a_minute_after(head["appTime"]),
        "note": "已补税证明：3301202600001",
    }
    changed = in_order(demo.RETURN, record | {"InvtRefundHead": head | told})
    window.file(demo.RETURN, [changed])
    paper = newest(window, demo.RETURN)
    assert (paper.outcome, paper.version) == ("under_way", 2), window.codes(paper.id)
    shown = window.shown(paper.id)
    assert [(f["code"], f["value"]) for f in shown["findings"] if f["code"][:3] == "RET"] == [
        ("RET-EXP-03-STATED", "3301202600001")
    ]
    customs.answer(window, ("120", "399"), *customs.collect(window))
    assert newest(window, demo.RETURN).outcome == "accepted"
    with window.store.database.read() as connection:
        case = desk_cases.case(window.store, connection, "customs", paper.id, accepts=())
    assert case is not None and "3301202600001" in str(case["findings"])


def test_fx_is_told_what_is_paid_back_for_an_export_that_came_back(sqlite_window: Window) -> None:
    window, sold = sqlite_window, made()
    customs, fx = declared(window, RELEASED, sold), Desk.of("fx")
    fx.collect(window)
    line = sold[0].records[demo.INVENTORY]["InventoryList"][0]
    record = following(
        demo.RETURN,
        sold,
        numbers=[number_of(window, sold[0])],
        quantities={line["gnum"]: "1"},
    )
    window.file(demo.RETURN, [record])
    paper = newest(window, demo.RETURN)
    assert fx.collect(window) == []
    customs.answer(window, ("120", "399"), *customs.collect(window))
    (message,) = fx.collect(window)
    report = etree.fromstring(fx.agency.bodies[-1])
    registry.gate("FxReportMessage").assertValid(report)
    told = {etree.QName(leaf).localname: leaf.text for leaf in report.iter() if not len(leaf)}
    back = to_fen(Decimal(line["totalPrice"]) / Decimal(line["qty"]))
    assert (told["flow"], told["orderNo"]) == ("OUT", sold[0].order_no)
    assert (Decimal(told["amountReturned"]), told["currency"]) == (back, line["currency"])
    assert not {"amountExpected", "amountReceived", "payee"} & told.keys()
    fx.answer(window, ("RECEIVED", "ACCEPTED"), message)
    shown = window.shown(paper.id)
    assert [leg["verdict"] for leg in shown["legs"] if leg["agency"] == "fx"] == ["accepted"]
    assert shown["contradictions"] == []
    steps = {each["name"]: each for each in shown["formula"]}
    assert [each["origin"] for each in steps["value_returned"]["inputs"]] == [
        *("target", "paper", "target")
    ]
    assert steps["returned"]["result"] == str(back)


def _owed(window: Window, *, days: int = 0, code: str = "") -> list[tuple[str, str, int, bool]]:
    """What is still to be filed, as the broker reads it so many days from now."""
    today = beijing_day(now_ms()) + timedelta(days=days)
    with window.store.database.read() as connection:
        found = balances.owed(window.store, connection, Scope(window.broker, code), today)
    return [(each.follows, each.until.isoformat(), each.count, each.late) for each in found]


def test_what_must_be_summed_up_is_counted_until_it_is(window: Window) -> None:
    summed = made(9, flag="B")
    shop, _ = Counter(each.head["ebcCode"] for each in summed).most_common(1)[0]
    sold = [*(each for each in summed if each.head["ebcCode"] == shop), *made(1, flag="A")]
    count = len(sold) - 1
    assert _owed(window) == []
    customs = declared(window, RELEASED, sold)
    first = window.rows(t.declarations.c.message == demo.INVENTORY)[0].id
    until = window.shown(first)["deadline"]["until"]
    assert _owed(window) == [(demo.SUMMARY, until, count, False)]
    assert _owed(window, days=70) == [(demo.SUMMARY, until, count, True)]
    numbers = [number_of(window, each) for each in sold[: count - 1]]
    window.file(demo.SUMMARY, [following(demo.SUMMARY, sold[: count - 1], numbers=numbers)])
    assert newest(window, demo.SUMMARY).outcome == "under_way"
    assert _owed(window) == [(demo.SUMMARY, until, 1, False)]
    (message,) = customs.collect(window)
    customs.answer(window, ("100",), message)
    assert _owed(window) == [(demo.SUMMARY, until, count, False)], "customs has refused the summary"
    again = following(demo.SUMMARY, sold[: count - 1], numbers=numbers, copNo="AGAIN")
    window.file(demo.SUMMARY, [again])
    (message,) = customs.collect(window)
    customs.answer(window, ("2", "399"), message)
    named = [facts | {"invtNo": number} for number in numbers for facts in message.records]
    result = _RESULT.format(
        sumNo=named[0]["sumNo"],
        lines="".join(
            f"<SummaryResultList><invtNo>{number}</invtNo><gseqno>1</gseqno><gnum>1</gnum>"
            "</SummaryResultList>"
            for number in numbers
        ),
    )
    window.answer(customs.agency, result.encode())
    assert _owed(window) == [(demo.SUMMARY, until, 1, False)]
    owing = window.rows(t.declarations.c.owes != "")
    assert len(owing) == 1, "what is summed up is looked at no more"


_RESULT = (
    '<CEB792Message xmlns="http://www.chinaport.gov.cn/ceb"><SummaryResult><SummaryResultHead>'
    "<sumNo>{sumNo}</sumNo><opDate>20261125100000000</opDate><decState>R</decState>"
    "</SummaryResultHead>{lines}</SummaryResult></CEB792Message>"
)


def test_a_company_named_in_it_is_reminded_too_and_others_are_not(sqlite_window: Window) -> None:
    window, sold = sqlite_window, made(1, flag="B")
    declared(window, RELEASED, sold)
    with window.store.database.read() as connection:
        told = {
            code: balances.owed(
                window.store, connection, Scope(window.other, code), beijing_day(now_ms())
            )
            for code in (sold[0].head["ebcCode"], "12999X0001")
        }
    assert [len(each) for each in told.values()] == [1, 0]


_asked = st.lists(
    st.tuples(st.integers(0, 1), st.integers(1, 3), st.sampled_from(["accept", "refuse", "wait"])),
    max_size=7,
)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(_asked)
def test_what_came_back_is_never_more_than_what_went_out(
    sqlite_window: Window, asked: list[tuple[int, int, str]]
) -> None:
    window, sold = sqlite_window, made(2)
    customs = declared(window, RELEASED, sold)
    back: dict[int, Decimal] = defaultdict(Decimal)
    for at, (which, quantity, answer) in enumerate(asked):
        export = sold[which]
        line = export.records[demo.INVENTORY]["InventoryList"][0]
        record = following(
            demo.RETURN,
            [export],
            numbers=[number_of(window, export)],
            quantities={line["gnum"]: str(quantity)},
            coElNo=f"R{at}",
        )
        window.file(demo.RETURN, [record])
        paper = newest(window, demo.RETURN)
        if paper.outcome == "under_way":
            steps = {"accept": ("120", "399"), "refuse": ("100",), "wait": ()}[answer]
            customs.answer(window, steps, *customs.collect(window))
            back[which] += 0 if answer == "refuse" else quantity
        assert back[which] <= Decimal(line["qty"])
    assert all(row.used_fen >= 0 for row in window.rows_of_ledger())


def test_what_customs_still_waits_for_is_missing_and_stands_behind_the_inventory(
    window: Window,
) -> None:
    sold = made()
    customs = declared(window, STORED, sold)
    number = newest(window, demo.INVENTORY).id
    told = window.shown(number)
    assert (told["outcome"], told["missing"]) == ("under_way", [demo.ARRIVAL])
    (step,) = [step for step in told["plan"] if step["message"] == demo.ARRIVAL]
    (behind,) = (told["plan"][at] for at in step["after"])
    assert (step["state"], step["waits_for"]) == ("absent", [])
    assert (behind["message"], behind["agency"]) == (demo.INVENTORY, "customs")
    window.file(demo.ARRIVAL, [following(demo.ARRIVAL, sold)])
    assert window.shown(number)["missing"] == []
    customs.answer(window, ("2", "120"), *customs.collect(window))
    papers = window.shown(number)["compared"]["papers"]
    assert demo.ARRIVAL not in {paper["message"] for paper in papers}


@pytest.mark.parametrize(("mode", "offered"), [("9610", False), ("9810", True)])
def test_a_sale_abroad_is_offered_of_goods_of_an_overseas_warehouse_only(
    window: Window, mode: str, offered: bool
) -> None:
    declared(window, RELEASED, made(mode=mode))
    number = newest(window, demo.INVENTORY).id
    with window.store.database.read() as connection:
        ways = desk.ways(window.store, connection, Scope(window.broker), number)
    follow = {each.message for each in ways.follow}
    assert (demo.SALE in follow, demo.RETURN in follow) == (offered, True)
    (line, *_) = window.shown(number)["balances"]
    assert ("sold" in line["taken"]) == offered
