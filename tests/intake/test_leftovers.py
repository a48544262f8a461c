"""What a killed portal left on disk goes at the next start, and nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from single_window.intake import leftovers
from single_window.intake.submissions import NotTaken
from single_window.storage.engine import now_ms
from single_window.storage.files import FileStore
from tests.answering import ROOT
from tests.window import ORDER, Window, made, message

_KILLED = """
import os, signal, sys
from pathlib import Path
from single_window.storage.files import FileStore
from single_window.storage.secrets import Vault
files = FileStore(Path(sys.argv[1]), Vault(b"k" * 32))
files.write([b"whole"], limit=100)
def blocks():
    yield b"half"
    os.kill(os.getpid(), signal.SIGKILL)
files.write(blocks(), limit=100)
"""
"""Killed over its second file, and before anything referred to the first."""


def _age(folder: Path) -> None:
    """A night passes."""
    past = now_ms() / 1000 - 2 * leftovers.AGE_SECONDS
    for path in folder.iterdir():
        os.utime(path, (past, past))


def _killed(folder: Path) -> None:
    command = [sys.executable, "-c", _KILLED, str(folder)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode < 0


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_was_never_filed_goes_and_what_was_filed_stays(window: Window) -> None:
    folder = window.store.settings.data / "files"
    window.file(ORDER, [made()[0].records[ORDER]])
    promised = _names(folder)
    assert {Path(name).suffix for name in promised} == {".bin"}
    _killed(folder)
    assert len(_names(folder) - promised) == 3
    _age(folder)
    assert leftovers.clear(window.store, now=now_ms()) == 1
    assert _names(folder) == promised


def test_what_may_still_be_under_way_is_left_alone(sqlite_window: Window) -> None:
    folder = sqlite_window.store.settings.data / "files"
    _killed(folder)
    before = _names(folder)
    assert leftovers.clear(sqlite_window.store, now=now_ms()) == 0
    assert _names(folder) == before


def test_a_kill_between_the_promise_and_the_mark_costs_no_file(
    sqlite_window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sqlite_window.store.settings.data / "files"
    with monkeypatch.context() as patch:
        patch.setattr(FileStore, "settle", lambda *_: None)
        sqlite_window.file(ORDER, [made()[0].records[ORDER]])
    _age(folder)
    assert leftovers.clear(sqlite_window.store, now=now_ms()) == 0
    (row,) = sqlite_window.rows()
    assert sqlite_window.shown(row.id)["outcome"] == "under_way"
    assert {Path(name).suffix for name in _names(folder)} == {".bin"}


def test_what_is_refused_leaves_nothing(sqlite_window: Window) -> None:
    with pytest.raises(NotTaken):
        sqlite_window.receive(message(ORDER, [])[:40])
    assert _names(sqlite_window.store.settings.data / "files") == set()
