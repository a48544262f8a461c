"""The regimes: every folder here that holds a regime.toml; adding one edits nothing else."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

from single_window.domain import general
from single_window.domain.conditions import Record
from single_window.domain.regime import Kind, Regime
from single_window.domain.sharing import Shared, shared

_FOLDER = Path(__file__).parent


class Filed(Protocol):
    """A row that says under which regime a declaration was filed."""

    @property
    def message(self) -> str:
        """The message that it is a record of."""

    @property
    def regime(self) -> str:
        """The name of the regime; "" where none takes such a record."""


@cache
def all() -> Mapping[str, Regime]:
    """Every regime by name. Raises ManifestError where two claim the same records."""
    names = sorted(path.parent.name for path in _FOLDER.glob("*/regime.toml"))
    found = {name: importlib.import_module(f"{__name__}.{name}").REGIME for name in names}
    for message in {message for regime in found.values() for message in regime.owned}:
        shared(message, [regime for regime in found.values() if message in regime.owned])
    return found


def load(name: str) -> Regime:
    """One regime; KeyError when there is none of that name."""
    return all()[name]


@cache
def owners(message: str) -> tuple[Regime, ...]:
    """The regimes that have records of a message; none for receipts and what nobody took on."""
    return tuple(regime for regime in all().values() if message in regime.owned)


@cache
def sharing(message: str) -> Shared | None:
    """How regimes share a message; None where there is nothing to share, as with most."""
    return shared(message, owners(message))


@cache
def sole(message: str) -> Regime | None:
    """The regime that has every record of a message; None where the record has to be asked."""
    return next(iter(owners(message)), None) if sharing(message) is None else None


def claiming(message: str, record: Record) -> Regime | None:
    """The regime that a record belongs to; None where it is nobody's."""
    by = sharing(message)
    return sole(message) if by is None else by.of(record)


def of(row: Filed) -> Regime | None:
    """The regime under which a declaration was filed; None where it was nobody's."""
    return all().get(row.regime) or sole(row.message)


def kinds() -> dict[str, Kind]:
    """Every kind of worked case that some regime, or general law, carries."""
    found: dict[str, Kind] = dict(general.KINDS)
    for regime in all().values():
        if doubled := found.keys() & regime.kinds.keys():
            raise ValueError(f"{regime.name}: case kinds {sorted(doubled)} are taken")
        found.update(regime.kinds)
    return found
