"""A message that regimes share is parted by one field, and no record has two of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from single_window.domain.owned import ManifestError, Owned
from single_window.domain.regime import Regime
from single_window.domain.sharing import shared

MODE = "DecHead/TradeMode"


def _owner(name: str, when: dict[str, tuple[str, ...]]) -> Regime:
    owned = Owned("DecMessage", "报关单", "Declaration", "released", when=when)
    return cast(Regime, SimpleNamespace(name=name, owned={"DecMessage": owned}))


def test_a_record_belongs_to_the_regime_that_names_its_value() -> None:
    export, repair = _owner("a", {MODE: ("9710", "9810")}), _owner("b", {MODE: ("1371",)})
    found = shared("DecMessage", [export, repair])
    assert found is not None
    record: dict[str, Any] = {"DecHead": {"TradeMode": "1371"}}
    assert found.of(record) is repair
    assert found.of({"DecHead": {"TradeMode": "0110"}}) is None
    assert found.of({"DecHead": "text"}) is None and found.of({}) is None
    assert found.usual("a") == "9710"


def test_what_nobody_parts_needs_no_look() -> None:
    assert shared("DecMessage", [_owner("a", {})]) is None
    assert shared("DecMessage", []) is None


@pytest.mark.parametrize(
    "others",
    [{}, {MODE: ("9710",)}, {"DecHead/IEFlag": ("E",)}],
    ids=["all of them", "the same value", "another field"],
)
def test_two_that_could_claim_one_record_keep_the_window_from_starting(
    others: dict[str, tuple[str, ...]],
) -> None:
    owners = [_owner("a", {MODE: ("9710",)}), _owner("b", others)]
    with pytest.raises(ManifestError):
        shared("DecMessage", owners)
