"""Made-up trades of every mode pass the checks, and nothing about them is left to chance."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from single_window.demo import modes
from single_window.demo.folder import Order
from tests.intake.documents import judged

DAY = date(2026, 11, 20)


@pytest.mark.parametrize(("mode", "trades"), [("9610", 3), ("exports", 3 * len(modes.MODES))])
def test_trades_of_a_mode_are_in_order(tmp_path: Path, mode: str, trades: int) -> None:
    files = modes.write(tmp_path, Order(3, 0, 1, DAY), mode)
    found = [result for path in files for result in judged(path.read_text("utf-8"))[1]]
    assert len(found) >= 4 * trades
    assert {result.decision for result in found} <= {"accept", "warn"}


def test_only_bonded_trades_are_spoiled(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1210"):
        modes.write(tmp_path, Order(3, 1, 1, DAY), "exports")
