"""Pages of statistics: each reader's figures, their filings, charts and downloads."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import select

from single_window.accounts.permissions import Role
from single_window.domain.counting import Count, Flow
from single_window.storage import tables as t
from single_window.web.charts import Group, Part, charts
from tests.counting import Invented, accepted, counted_by, economy, nobody_counts
from tests.parties import join
from tests.portal import Portal
from tests.window import Window

NOVEMBER = Count(
    Flow.EXPORT, "value", "EUR", Decimal(900), Decimal(1000), "2026-11", "3301CAT", "227020",
    "SI2", "1", "DEU",
)  # fmt: skip


@pytest.fixture
def invented() -> Iterator[Invented]:
    """A regime whose filings count."""
    found = Invented()
    with counted_by(found):
        yield found


def window(portal: Portal) -> Window:
    """The portal's store, worked by hand."""
    code = t.organisations.c.code == "3301980XYZ"
    with portal.store.database.read() as connection:
        broker = connection.execute(select(t.organisations.c.id).where(code)).scalar_one()
    return Window(portal.store, broker, 0)


@pytest.fixture
def kept(portal: Portal, invented: Invented) -> list[int]:
    """Filings of a few firms over some months."""
    rng = random.Random(3)
    firms = [f"3301{name}" for name in ("CAT", "DOG", "EEL", "FOX", "GNU")]
    counts = economy(rng, firms, ["2026-09", "2026-10", "2026-11"])
    return accepted(window(portal), invented, [[NOVEMBER], *([each] for each in counts)])


def page(client: FlaskClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def test_without_a_regime_that_counts_there_is_nothing_to_see(portal: Portal) -> None:
    with nobody_counts():
        for user in ("trader", "operator", "customs"):
            client = portal.browser(user)
            assert "/statistics" not in client.get("/status").text
            assert "No kind of trade" in client.get("/statistics").text
            assert client.get("/statistics/table.csv").status_code == 404
        assert portal.call("/api/v1/statistics").status_code == 404


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_figure_leads_to_filings(portal: Portal, kept: list[int], lang: str) -> None:
    client = portal.browser("operator", lang=lang)
    for by in ("service", "component", "mode", "partner", "month", "zone", "company", "currency"):
        links = page(client, f"/statistics?by={by}").cssselect("td a.figure")
        assert links
        found = page(client, links[0].get("href"))
        assert found.cssselect("tbody tr td:first-child a")[0].get("href").startswith("/declara")
    drawn = page(client, "/statistics/charts")
    assert {each.get("class") for each in drawn.cssselect(".chart svg")} == {"wide", "tall"}
    page(client, drawn.cssselect(".chart svg a")[0].get("href"))
    total = page(client, "/statistics").cssselect("dl.sums a.figure")[0]
    rows = page(client, total.get("href")).cssselect("tbody tr")
    assert 0 < len(rows) <= len(kept)


def test_a_company_sees_its_own_figures(portal: Portal, kept: list[int]) -> None:
    join(portal, "cat", role=Role.TRADER)
    client = portal.browser("cat")
    shown = page(client, "/statistics?by=company")
    assert [each.text_content() for each in shown.cssselect("tbody th")] == ["3301CAT"]
    assert client.get("/statistics/filings?measure=value&flow=export").status_code == 200


def test_officers_see_small_figures_withheld(portal: Portal, kept: list[int]) -> None:
    told = page(portal.browser("tax"), "/statistics?by=partner").text_content()
    assert "withheld" in told and "3 companies" in told
    whole = page(portal.browser("customs"), "/statistics?by=partner").text_content()
    assert "withheld" not in whole
    tax = portal.call("/api/v1/statistics?by=partner", by="tax").json
    figures = [figure for row in tax["items"] for figure in row["figures"]]
    assert {figure["entries"] for figure in figures if figure["usd"] is None} == {None}
    assert portal.call("/api/v1/statistics?by=company", by="tax").json["items"] == []


def test_a_range_of_months_is_kept_on_the_way(portal: Portal, kept: list[int]) -> None:
    client = portal.browser("operator")
    shown = page(client, "/statistics?by=month&from=2026-11&to=2026-10")
    months = [each.text_content().strip() for each in shown.cssselect("tbody th")]
    assert months == ["2026-10", "2026-11"]
    assert "from=2026-10" in shown.cssselect("td a.figure")[0].get("href")
    assert page(client, "/statistics?from=later&by=sum").cssselect("tbody tr")
    assert page(client, "/statistics?from=2099-01").cssselect(".empty")


def test_a_table_can_be_taken_along(portal: Portal, kept: list[int]) -> None:
    client = portal.browser("operator")
    answer = client.get("/statistics/table.csv?by=partner")
    rows = [*csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))]
    told = portal.call("/api/v1/statistics?by=partner", by="operator").json
    assert [row[0] for row in rows[1:-1]] == [row["value"] for row in told["items"]]
    assert [row[2] for row in rows[1:]] == [
        row[0]["usd"] for row in (*(each["figures"] for each in told["items"]), told["total"])
    ]
    book = openpyxl.load_workbook(io.BytesIO(client.get("/statistics/tables.xlsx").data))
    assert len(book.sheetnames) == 8
    sheet = book["Partner"]
    assert [Decimal(str(row[2].value)) for row in sheet.iter_rows(min_row=2)] == [
        Decimal(row[2]) for row in rows[1:]
    ]


def test_what_a_spreadsheet_would_reckon_stays_a_text(portal: Portal, invented: Invented) -> None:
    accepted(window(portal), invented, [[replace(NOVEMBER, zone="=1+1", amount=Decimal(-5))]])
    client = portal.browser("operator")
    rows = client.get("/statistics/table.csv?by=zone").data.decode("utf-8-sig")
    assert "'=1+1" in rows
    book = openpyxl.load_workbook(io.BytesIO(client.get("/statistics/tables.xlsx").data))
    cell = book["Zone"]["A2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


@pytest.mark.parametrize("upright", [True, False])
@pytest.mark.parametrize("count", [0, 1, 12, 40])
def test_nothing_of_a_chart_stands_outside_it(upright: bool, count: int) -> None:
    rng = random.Random(count)
    groups = [
        Group(
            "227020 计算机服务 computer services of a long name " * rng.randint(1, 2),
            [Part("export", Decimal(rng.randint(-9, 99)), "12.3 M", "/"),
             Part("import", Decimal(rng.choice([0, 10**13])), "10,000 ×10⁸", "/")],
        )
        for _ in range(count)
    ]  # fmt: skip
    for chart in charts(groups, upright=upright):
        for bar in chart.bars:
            assert 0 <= bar.x <= bar.x + bar.width <= chart.width
            assert 0 <= bar.y <= bar.y + bar.height <= chart.height
        assert all(0 <= text.y <= chart.height for text in chart.texts)


def test_charts_are_well_formed(portal: Portal, kept: list[int]) -> None:
    drawn = page(portal.browser("operator"), "/statistics/charts?measure=executed")
    for svg in drawn.cssselect(".chart svg"):
        assert ElementTree.fromstring(html.tostring(svg, encoding="unicode", method="xml"))


def test_the_api_refuses_what_means_nothing(portal: Portal, kept: list[int]) -> None:
    for wrong in ("by=sum", "from=2026-13", "to=yesterday", "regime=none"):
        answer = portal.call(f"/api/v1/statistics?{wrong}", by="operator")
        assert answer.status_code == 400, wrong
    found = portal.call(
        "/api/v1/statistics/filings?measure=value&flow=export&limit=2", by="operator"
    ).json
    assert len(found["items"]) == 2
    after = found["next"]
    more = portal.call(
        f"/api/v1/statistics/filings?measure=value&flow=export&after={after}", by="operator"
    ).json
    assert {each["declaration"] for each in more["items"]}.isdisjoint(
        each["declaration"] for each in found["items"]
    )
