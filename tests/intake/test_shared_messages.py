"""A message that regimes share: each record is judged and kept as one of its own regime."""

from __future__ import annotations

from datetime import date

from single_window.declarations import service
from single_window.declarations.scope import Scope
from single_window.demo.declarations import declaration
from single_window.demo.exports import exports
from single_window.intake.layouts import layout, layout_of
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow
from tests.window import Window

PAPER, MODE = "DecMessage", "DecHead.TradeMode"


def _filed(window: Window, mode: str) -> AnyRow:
    """A declaration between firms, filed under another mode of trade."""
    (export,) = exports(1, 1, date(2026, 11, 2), mode="9710")
    told = b"<TradeMode>%b<" % mode.encode()
    window.receive(declaration(export).replace(b"<TradeMode>9710<", told))
    window.check()
    return window.rows()[-1]


def test_a_declaration_keeps_the_regime_that_takes_its_mode(sqlite_window: Window) -> None:
    row = _filed(sqlite_window, "9710")
    assert (row.regime, row.outcome) == ("ecommerce_export", "waiting")
    assert len(sqlite_window.rows(of=t.legs)) == 3


def test_one_of_a_mode_that_nobody_takes_is_held_and_goes_nowhere(sqlite_window: Window) -> None:
    row = _filed(sqlite_window, "0110")
    assert (row.regime, row.outcome, row.decision) == ("", "held", "hold")
    (told,) = sqlite_window.shown(row.id)["findings"]
    assert (told["code"], told["path"], told["value"]) == (
        "REC-NOBODYS",
        MODE.replace(".", "/"),
        "0110",
    )
    assert "9710" in told["remedy_zh"] and "9710" in told["remedy_en"]
    assert sqlite_window.rows(of=t.legs) == []
    mine = Scope(sqlite_window.broker)
    service.withdraw(sqlite_window.store, sqlite_window.wake, mine, row.id, person="broker")
    assert _filed(sqlite_window, "9710").outcome == "waiting"


def test_the_form_goes_by_what_stands_in_it() -> None:
    form = layout(PAPER, "ecommerce_export")
    assert form.regime == "ecommerce_export"
    assert form.entry(MODE.replace(".", "/")).default == "9710"
    assert layout_of(PAPER, {MODE: "9810"}) is form
