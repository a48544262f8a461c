"""Answers that do not fit together are found as they come, marked, and told where they concern."""

from __future__ import annotations

from typing import Any

import pytest

from single_window.declarations import desk_cases, officer
from single_window.storage import tables as t
from tests.routing.desks import AT, Desk, desks, sent
from tests.window import Window, made

RELEASED = ("2", "120", "800", "899")
VOID = (
    '<CEB818Message xmlns="http://www.chinaport.gov.cn/ceb"><Tax><TaxHeadStatus>'
    "<guid>00000000-0000-4000-8000-000000000818</guid><returnTime>20261124100000</returnTime>"
    "<invtNo>{invtNo}</invtNo><taxNo>{taxNo}</taxNo><status>{status}</status>"
    "</TaxHeadStatus></Tax></CEB818Message>"
)


def _through(window: Window, mark: str, *customs: str) -> tuple[dict[str, Desk], int, Any]:
    """A trade with a mark, after customs' answers and what tax and FX say to it."""
    there = desks()
    (trade,) = made(seed=12, mark=mark)
    messages = sent(window, there["customs"], [trade])
    there["customs"].answer(window, customs, *messages)
    for name in ("tax", "fx"):
        came = there[name].collect(window)
        for message in came:
            outcome = there[name].script.outcome(message.form, message.records[0])
            there[name].answer(window, message.form.steps(outcome), message)
    return there, window.lead(trade).id, messages


def _short(told: dict[str, Any]) -> list[str]:
    return [
        f"{each['code']} {each['severity']} {each['figure']}".rstrip()
        for each in told["contradictions"]
    ]


def _desk(window: Window, agency: str) -> list[int]:
    with window.store.database.read() as connection:
        items, _ = officer.inbox(connection, agency, "contradicted")
        assert officer.counts(connection, agency)["contradicted"] == len(items)
    assert {item["contradicts"] for item in items} <= {"hold"}
    return [item["id"] for item in items]


@pytest.mark.parametrize(
    ("mark", "answers", "told", "concerned"),
    [
        ("", (*RELEASED, "bill"), [], set()),
        ("-T-BILL", (*RELEASED, "bill"),
         ["GEN-RND-01 hold vat", "GEN-RND-01-HEAD hold total"], {"customs", "tax"}),
        ("-T-REVOKE", ("2", "120", "800", "100"),
         ["AGREE-ITSELF hold", "AGREE-REFUSED-BEFORE hold", "AGREE-REFUSED-BEFORE hold"],
         {"customs", "tax", "fx"}),
        ("-T-TAX-DIFFER", (*RELEASED, "bill"), ["GEN-RND-01-HEAD hold total"], {"customs", "tax"}),
        ("-T-FX-DIFFER", RELEASED, ["AGREE-TEXT hold paid_currency"], {"fx"}),
        ("-T-TAX-REJECT", RELEASED, ["AGREE-REFUSED-AFTER hold"], {"customs", "tax"}),
    ],
)  # fmt: skip
def test_what_contradicts_is_told_and_lies_on_the_desks_that_it_concerns(
    window: Window, mark: str, answers: tuple[str, ...], told: list[str], concerned: set[str]
) -> None:
    _, number, _ = _through(window, mark, *answers)
    shown = window.shown(number)
    assert _short(shown) == told
    kinds = [event["kind"] for event in shown["timeline"]]
    assert kinds.count("contradiction") == bool(told)
    assert {
        name for name in ("customs", "tax", "fx") if _desk(window, name) == [number]
    } == concerned


def test_an_officer_sees_what_concerns_the_own_agency_only(window: Window) -> None:
    _, number, _ = _through(window, "-T-BILL", *RELEASED, "bill")
    with window.store.database.read() as connection:
        seen = {
            name: desk_cases.case(window.store, connection, name, number, accepts=())
            for name in ("tax", "fx")
        }
    told = {name: _short(case) for name, case in seen.items() if case}
    assert told == {"tax": ["GEN-RND-01-HEAD hold total"], "fx": []}


@pytest.mark.parametrize(("status", "left"), [("2", 1), ("3", 0)])
def test_a_bill_that_is_void_takes_back_what_it_stated(
    window: Window, status: str, left: int
) -> None:
    there, number, messages = _through(window, "-T-BILL", *RELEASED, "bill")
    facts = messages[0].records[0]
    window.answer(there["customs"].agency, VOID.format(status=status, **facts).encode())
    assert (len(window.shown(number)["contradictions"]) > 0) is bool(left)
    assert len(_desk(window, "customs")) == left
    assert len(window.rows(of=t.statements)) == 4 - left


def test_a_bill_that_comes_twice_is_one_bill(window: Window) -> None:
    there, number, messages = _through(window, "-T-BILL", *RELEASED, "bill")
    again = there["customs"].receipt("bill", messages[0], at=AT + 60)
    window.answer(there["customs"].agency, again)
    shown = window.shown(number)
    bills = [bill for bill in shown["bills"] if bill["agency"] == "customs"]
    assert [len(bill["lines"]) for bill in bills] == [len(shown["amounts"]["lines"])]
    kinds = [event["kind"] for event in shown["timeline"]]
    assert (kinds.count("bill"), kinds.count("contradiction")) == (2, 1)
