"""The examples with which a demonstration begins are filed once, on the day of the first start."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from single_window import regimes
from single_window.accounts.demo import seed_demo
from single_window.demo import papers
from single_window.demo.exports import exports
from single_window.demo.writing import serialise
from single_window.storage.store import Store
from single_window.storage.tables import organisations, submissions

SHOP = "3301960ABC"


def test_days_count_from_the_day_of_filing() -> None:
    told = papers.dated(b"<a>{day-30}</a><b>{day}</b><c>{day+1}</c>", date(2026, 3, 1))
    assert told == b"<a>20260130</a><b>20260301</b><c>20260302</c>"


def test_an_example_is_filed_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = next(iter(exports(1, 1, date(2026, 11, 24), mode="9610", flag="A")))
    name = "CEB303Message"
    body = serialise(
        name, [order.records[name]], guid="A" * 36, sender={"code": "1", "name": "x", "dxp_id": "d"}
    )
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "1-order.xml").write_bytes(body)
    own = regimes.load("ecommerce_export")
    monkeypatch.setattr(own, "folder", tmp_path)
    seed_demo(store)
    for _ in range(2):
        papers.file_examples(store, SHOP)
    with store.database.read() as connection:
        asked = (
            select(func.count())
            .select_from(submissions.join(organisations))
            .where(submissions.c.idempotency_key == "demo-ecommerce_export-1-order")
        )
        assert connection.execute(asked).scalar_one() == 1
