"""Who may import whom: the contracts hold, and would break if somebody broke them."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.answering import ROOT
from tests.house import tree

_FOLDERS = (
    *("adapters/customs", "adapters/tax", "schemas", "worker", "single_window/domain"),
    *("single_window/storage", "single_window/regimes/one", "single_window/regimes/two"),
)

FAULTS = {
    "house": ("schemas/x.py", "import worker"),
    "window": ("single_window/unplaced/__init__.py", ""),
    "regimes": ("single_window/regimes/one/x.py", "import single_window.regimes.two"),
    "agencies": ("adapters/tax/x.py", "import adapters.customs"),
    "pure": ("single_window/domain/x.py", "import lxml"),
    "flask": ("adapters/tax/x.py", "import flask"),
    "celery": ("single_window/storage/x.py", "import celery"),
    "requests": ("single_window/storage/x.py", "import requests"),
    "adapters": ("single_window/storage/x.py", "import adapters"),
}


def _lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    return subprocess.run(
        [*command, "--no-cache", *arguments], cwd=folder, capture_output=True, text=True
    )


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """The project's contracts over a tree of empty packages, where all of them hold."""
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    for folder in _FOLDERS:
        for parent in [tmp_path / folder, *(tmp_path / folder).parents]:
            if parent.is_relative_to(tmp_path) and parent != tmp_path:
                parent.mkdir(parents=True, exist_ok=True)
                (parent / "__init__.py").touch()
    return tmp_path


def test_the_contracts_hold() -> None:
    result = _lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("contract", FAULTS)
def test_a_planted_fault_breaks_the_contract(skeleton: Path, contract: str) -> None:
    path, source = FAULTS[contract]
    (skeleton / path).parent.mkdir(exist_ok=True)
    (skeleton / path).write_text(source + "\n")
    result = _lint(skeleton, "--contract", contract)
    assert result.returncode == 1, result.stdout
    assert " BROKEN" in result.stdout, result.stdout


def test_every_contract_has_been_seen_to_break() -> None:
    setup = configparser.ConfigParser()
    setup.read_string(tree.text("setup.cfg"))
    kept = {s.rpartition(":")[2] for s in setup.sections() if s.startswith("importlinter:contract")}
    assert {*FAULTS} == kept
