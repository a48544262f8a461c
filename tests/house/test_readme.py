"""What the documentation tells people to type and to open is there."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.answering import ROOT
from tests.house import tree

_DOCUMENTS = tree.named(".md")
_TARGETS = {*re.findall(r"^([a-z]+):", tree.text("Makefile"), re.MULTILINE)}


def _told(pattern: str) -> list[str]:
    return sorted({word for path in _DOCUMENTS for word in re.findall(pattern, tree.text(path))})


@pytest.mark.parametrize("target", _told(r"(?:`|^ {4})make ([a-z]+)"))
def test_make_has_the_target_that_is_told(target: str) -> None:
    assert target in _TARGETS


@pytest.mark.parametrize("target", sorted(_TARGETS))
def test_make_help_explains_the_target(target: str) -> None:
    assert re.search(rf"^{target}:.*## \w", tree.text("Makefile"), re.MULTILINE)


@pytest.mark.parametrize("command", _told(r"(?:`|bin/)single-window ([a-z]+)"))
def test_the_command_line_has_the_command_that_is_told(command: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "single_window.cli", command, "--help"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("path", _told(r"`((?:\w+/)+(?:[\w.-]+\.\w+)?)`"))
def test_a_file_or_folder_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


# Guides link to pages of the window; tests/web/test_handbook.py follows them.
_READ_AS_FILES = [path for path in _DOCUMENTS if "/guides/" not in path]


@pytest.mark.parametrize("document", _READ_AS_FILES)
def test_a_link_leads_to_a_file(document: str) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", tree.text(document))
    assert [t for t in targets if not (ROOT / document).parent.joinpath(t).exists()] == []
