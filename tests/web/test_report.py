"""The cross-check report on pages: by whom it is seen, of what it is made, how it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from adapters import base
from single_window import regimes
from single_window.domain.reports import Report, Row, Section, Tied
from single_window.routing import dispatch
from tests.portal import INVENTORY, ORDER, PAYMENT, Portal, made, message
from tests.telling import in_both

IMPORT = regimes.load("ecommerce_import")


def _report(
    name: str, facts: Mapping[str, Any], amounts: Mapping[str, Any], others: Sequence[Tied]
) -> Report | None:
    """An invented report: an order against the payments that are tied to it."""
    if name != ORDER:
        return None
    paid = [each.facts["amountPaid"] for each in others if each.message == PAYMENT]
    own = str(facts["acturalPaid"])
    rows = (
        Row(("金额", "Amount"), (own, *(paid or [""])), own in paid, "" if paid else "TAX-CBEC-13"),
        Row(("份数", "Papers"), ("", str(len(others)))),
    )
    columns = (("订单", "Order"), ("支付", "Payments"))
    verdict = ("全部一致", "All agrees") if paid else ("尚未付款", "Not paid yet")
    return Report(
        ("逐项核对", "Cross-check"), verdict, (Section(("款项", "Money"), columns, rows),)
    )


@pytest.fixture(autouse=True)
def _reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IMPORT, "hooks", replace(IMPORT.hooks, report=_report))


def _number(portal: Portal, paper: str) -> int:
    (item,) = portal.call(f"/api/v1/declarations?message={paper}").json["items"]
    return int(item["id"])


@in_both
def test_a_report_is_made_of_what_is_tied_to_the_declaration(portal: Portal, lang: str) -> None:
    (trade,) = made()
    portal.file(message(ORDER, [trade]))
    number = _number(portal, ORDER)
    browser = portal.browser(lang=lang)
    page = browser.get(f"/declarations/{number}").text
    assert {"zh": "尚未付款", "en": "Not paid yet"}[lang] in page
    assert 'href="/reference/rules/TAX-CBEC-13"' in page
    portal.file(message(PAYMENT, [trade]))
    page = browser.get(f"/declarations/{number}").text
    assert {"zh": "全部一致", "en": "All agrees"}[lang] in page
    told = portal.call(f"/api/v1/declarations/{number}").json["report"]
    assert told["agrees"] is True and told["title_zh"] == "逐项核对"
    (section,) = told["sections"]
    assert [row["agrees"] for row in section["rows"]] == [True, None]
    assert len({*section["rows"][0]["sides"]}) == 1


def test_what_has_nothing_to_report_has_no_table(portal: Portal) -> None:
    portal.file(message(INVENTORY, made()))
    number = _number(portal, INVENTORY)
    assert portal.call(f"/api/v1/declarations/{number}").json["report"] is None
    assert "report-sheet" not in portal.browser().get(f"/declarations/{number}").text


def test_an_officer_sees_it_of_the_agency_s_own_papers(portal: Portal) -> None:
    (trade,) = made()
    for paper in (ORDER, PAYMENT):
        portal.file(message(paper, [trade]))
    settings = replace(portal.store.settings, agency_delivery={"customs": "pull"})
    store = replace(portal.store, settings=settings)
    dispatch.dispatch(store, portal.wake, base.load("customs", url=""))
    number = _number(portal, ORDER)
    page = portal.browser("customs").get(f"/officer/declarations/{number}").text
    assert "report-sheet" in page and "All agrees" in page


def test_a_row_has_as_many_sides_as_there_are_columns() -> None:
    with pytest.raises(ValueError, match="Money"):
        Section(("款", "Money"), (("甲", "A"), ("乙", "B")), (Row(("额", "Sum"), ("1",)),))
