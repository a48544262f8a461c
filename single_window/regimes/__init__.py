"""The regimes: every folder here that holds a regime.toml; adding one edits nothing else."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from single_window.domain import general
from single_window.domain.regime import Kind, Regime

_FOLDER = Path(__file__).parent


@cache
def all() -> Mapping[str, Regime]:
    """Every regime by name."""
    names = sorted(path.parent.name for path in _FOLDER.glob("*/regime.toml"))
    return {name: importlib.import_module(f"{__name__}.{name}").REGIME for name in names}


def load(name: str) -> Regime:
    """One regime; KeyError when there is none of that name."""
    return all()[name]


@cache
def owner(message: str) -> Regime | None:
    """The regime that owns a message; None for receipts and what nobody has taken on yet."""
    return next((regime for regime in all().values() if message in regime.owned), None)


def kinds() -> dict[str, Kind]:
    """Every kind of worked case that some regime, or general law, carries."""
    found: dict[str, Kind] = dict(general.KINDS)
    for regime in all().values():
        if doubled := found.keys() & regime.kinds.keys():
            raise ValueError(f"{regime.name}: case kinds {sorted(doubled)} are taken")
        found.update(regime.kinds)
    return found
