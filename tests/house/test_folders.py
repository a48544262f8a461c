"""Folders of one kind hold files of the same names: who knows one regime or agency knows all."""

from __future__ import annotations

import tomllib
from pathlib import PurePath

import pytest

from tests.house import tree

REGIME = {"__init__.py", "regime.toml", "parameters.toml", "rules.py", "cases.csv", "findings.csv",
          "citations.csv"}  # fmt: skip
AGENCY = {"__init__.py", "agency.toml", "marks.toml", "adapter.py", "stub.py"}


def _folders(parent: str, mark: str) -> list[str]:
    return [path.rpartition("/")[0] for path in tree.named(f"/{mark}", under=(parent,))]


def _names(folder: str) -> set[str]:
    return {PurePath(p).name for p in tree.files() if PurePath(p).parent == PurePath(folder)}


@pytest.mark.parametrize("folder", _folders("single_window/regimes/", "regime.toml"))
def test_a_regime_has_the_files_of_a_regime(folder: str) -> None:
    assert sorted(REGIME - _names(folder)) == []


@pytest.mark.parametrize("folder", _folders("adapters/", "agency.toml"))
def test_an_agency_has_the_files_of_an_agency(folder: str) -> None:
    assert sorted(AGENCY - _names(folder)) == []


def test_there_is_no_folder_in_between() -> None:
    below = {p.split("/")[2] for p in tree.files() if p.startswith("single_window/regimes/")}
    regimes = {PurePath(f).name for f in _folders("single_window/regimes/", "regime.toml")}
    assert sorted(name for name in below - regimes if "." not in name) == []


@pytest.mark.parametrize("folder", _folders("single_window/regimes/", "regime.toml"))
def test_every_step_of_a_plan_leads_to_an_agency_that_exists(folder: str) -> None:
    agencies = {PurePath(f).name for f in _folders("adapters/", "agency.toml")}
    manifest = tomllib.loads(tree.text(f"{folder}/regime.toml"))
    steps = _agencies_in(manifest)
    assert sorted(steps - agencies) == []


@pytest.mark.parametrize("folder", _folders("adapters/", "agency.toml"))
def test_an_agency_is_named_in_both_languages(folder: str) -> None:
    manifest = tomllib.loads(tree.text(f"{folder}/agency.toml"))
    assert any("\u4e00" <= letter <= "\u9fff" for letter in manifest["label_zh"])
    assert manifest["label_en"].isascii()


def _agencies_in(value: object) -> set[str]:
    """All values of keys called "agency", however deep the manifest puts them."""
    if isinstance(value, dict):
        own = {value["agency"]} if isinstance(value.get("agency"), str) else set()
        return own.union(*(_agencies_in(inner) for inner in value.values()))
    return (
        set().union(*(_agencies_in(inner) for inner in value)) if isinstance(value, list) else set()
    )
