"""Tables of figures say what is counted, each opens its filings, and small ones are withheld."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest

from single_window.declarations.scope import Reach, Scope
from single_window.domain.counting import Count, Flow
from single_window.oversight import trade
from single_window.oversight.trade import Asked, Behind, Table
from tests.counting import CAT, DOG, EEL, REGIME, Invented, accepted, counted_by
from tests.window import Window

FOX = "3301960FOX"
ALL, CUSTOMS, TAX = Reach(), Reach(agency="customs"), Reach(agency="tax")
EXPORTS, IMPORTS = ("value", "export"), ("value", "import")


@pytest.fixture
def invented() -> Iterator[Invented]:
    """A regime whose filings count."""
    found = Invented()
    with counted_by(found):
        yield found


def one(company: str, usd: int | None, **more: Any) -> list[Count]:
    """What a filing counts for: an export of a service in November, if nothing else is said."""
    flow, month = more.pop("flow", Flow.EXPORT), more.pop("month", "2026-11")
    told = {"service": "227020", "component": "SI2", "partner": "DEU"} | more
    measure = told.pop("measure", "value")
    rate = None if usd is None else Decimal(usd)
    return [Count(flow, measure, "EUR", Decimal((usd or 50) * 2), rate, month, company, **told)]


def table(
    window: Window, reach: Reach, by: str = "service", *, since: str = "", until: str = ""
) -> Table:
    with window.store.database.read() as connection:
        (found,) = trade.tables(
            connection, reach, Asked(REGIME, since, until), [by],
            fewest=window.store.settings.statistics_companies,
        )  # fmt: skip
    return found


def shown(told: Table, column: trade.Column = EXPORTS) -> dict[str, int | None]:
    """Each value's sum in US dollars, None where it is withheld."""
    rows = {row.value: row.at(column) for row in told.rows} | {"total": told.total.at(column)}
    return {value: int(each.usd) if each.shown or not each.withheld else None
            for value, each in rows.items()}  # fmt: skip


def behind(
    window: Window, reach: Reach, by: str = "", value: str = "", **more: Any
) -> list[dict[str, Any]]:
    with window.store.database.read() as connection:
        found, _ = trade.filings(
            connection, reach, Asked(REGIME), Behind(*EXPORTS, by, value), **more
        )
    return found


def file_some(window: Window, invented: Invented, *more: Sequence[Count]) -> list[int]:
    return accepted(
        window,
        invented,
        [
            one(CAT, 100),
            one(DOG, 200),
            one(EEL, 300),
            one(CAT, 40, service="222011", component="SC1"),
            one(CAT, 70, flow=Flow.IMPORT, partner="VNM"),
            one(DOG, None, month="2026-10"),
            *more,
        ],
    )


def test_figures_are_sums_by_each_dimension(window: Window, invented: Invented) -> None:
    file_some(window, invented)
    assert shown(table(window, ALL)) == {"227020": 600, "222011": 40, "total": 640}
    assert shown(table(window, ALL, "component")) == {"SI2": 600, "SC1": 40, "total": 640}
    assert shown(table(window, ALL, "month")) == {"2026-10": 0, "2026-11": 640, "total": 640}
    assert shown(table(window, ALL, "company")) == {CAT: 140, DOG: 200, EEL: 300, "total": 640}
    by_partner = table(window, ALL, "partner")
    assert by_partner.columns == (EXPORTS, IMPORTS)
    assert shown(by_partner, IMPORTS) == {"DEU": 0, "VNM": 70, "total": 70}
    assert by_partner.total.balance("value") == 570
    (euros,) = table(window, ALL, "currency").rows
    assert (euros.at(EXPORTS).own, euros.at(EXPORTS).entries, euros.at(EXPORTS).unrated) == (
        1380, 5, 1,
    )  # fmt: skip
    assert shown(table(window, ALL, since="2026-10", until="2026-10"))["total"] == 0
    assert table(window, ALL, since="2026-12").rows == ()


def test_a_company_has_its_own_and_what_it_filed(window: Window, invented: Invented) -> None:
    numbers = file_some(window, invented)
    filer = Reach(company="", scope=Scope(window.broker))
    assert shown(table(window, filer)) == shown(table(window, ALL))
    assert {each["declaration"] for each in behind(window, filer)} <= {*numbers}
    stranger = Reach(company=CAT, scope=Scope(window.other))
    assert shown(table(window, stranger)) == {"227020": 100, "222011": 40, "total": 140}
    assert behind(window, stranger) == []
    assert table(window, Reach(company="", scope=Scope(window.other))).rows == ()


def test_a_figure_opens_the_filings_that_it_sums_up(window: Window, invented: Invented) -> None:
    numbers = file_some(window, invented)
    for told in (table(window, ALL, by) for by in trade.BY):
        for row in told.rows:
            found = behind(window, ALL, told.by, row.value)
            assert len(found) == row.at(EXPORTS).entries
            assert sum((each["usd"] or 0 for each in found), Decimal(0)) == row.at(EXPORTS).usd
    with window.store.database.read() as connection:
        asked = (connection, ALL, Asked(REGIME), Behind(*EXPORTS))
        first, following = trade.filings(*asked, limit=3)
        rest, end = trade.filings(*asked, limit=3, after=following or 0)
    assert [each["declaration"] for each in (*first, *rest)] == [*numbers[:4], numbers[5]]
    assert end is None


def test_an_agency_that_gets_every_filing_sees_every_figure(
    window: Window, invented: Invented
) -> None:
    file_some(window, invented)
    assert shown(table(window, CUSTOMS)) == shown(table(window, ALL))
    assert len(behind(window, CUSTOMS)) == 5


def test_small_figures_are_withheld_and_none_follows_from_a_total(
    window: Window, invented: Invented
) -> None:
    file_some(
        window, invented,
        *(one(each, 1000, service="228024", component="SJ2") for each in (CAT, DOG, EEL, FOX)),
    )  # fmt: skip
    services = table(window, TAX, since="2026-11")
    assert shown(services) == {"228024": 4000, "227020": None, "222011": None, "total": 4640}
    parts = table(window, TAX, "component", since="2026-11")
    assert shown(parts) == {"SJ2": 4000, "SI2": None, "SC1": None, "total": 4640}
    assert shown(table(window, TAX), IMPORTS)["total"] is None
    assert services.total.balance("value") is None
    assert behind(window, TAX) == []
    with window.store.database.read() as connection:
        none = trade.tables(connection, TAX, Asked(REGIME), ["company"], fewest=3)
    assert none == []


def test_two_ranges_tell_no_more_than_their_months(window: Window, invented: Invented) -> None:
    file_some(window, invented, *(one(each, 7, month="2026-09") for each in (CAT, DOG, EEL, FOX)))
    long, short = table(window, TAX), table(window, TAX, since="2026-09", until="2026-09")
    assert shown(short)["total"] == 28
    assert (shown(long)["total"], long.total.at(EXPORTS).withheld) == (28 + 640, 1)
    october = table(window, TAX, "month").rows[1]
    assert (october.value, october.at(EXPORTS).shown) == ("2026-10", False)


def test_the_fewest_companies_can_be_chosen(window: Window, invented: Invented) -> None:
    file_some(window, invented)
    with window.store.database.read() as connection:
        (found,) = trade.tables(connection, TAX, Asked(REGIME), ["service"], fewest=1)
    assert shown(found) == {"227020": 600, "222011": 40, "total": 640}
