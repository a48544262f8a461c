"""The portal, beside the windows that all tests share; and plans that no regime has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from single_window import regimes
from single_window.domain.plans import Step, Ways
from tests.portal import fresh, portal

__all__ = ["fresh", "portal"]
Invent = Callable[..., None]


@pytest.fixture
def invent(monkeypatch: pytest.MonkeyPatch) -> Invent:
    """Gives a message another plan."""

    def given(*steps: Step) -> None:
        regime = regimes.load("ecommerce_import")
        plan = [*steps, *(each for each in regime.plan if each.message != steps[0].message)]
        names = {step.name for step in plan}
        kept = [replace(each, after=tuple(n for n in each.after if n in names)) for each in plan]
        monkeypatch.setattr(regime, "plan", tuple(kept))
        for message in {step.message for step in kept}:
            own = Ways(tuple(step for step in kept if step.message == message))
            monkeypatch.setitem(regime.ways, message, own)  # type: ignore[arg-type]

    return given
