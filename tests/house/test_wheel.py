"""What is installed is what was written: no schema, table or page stays behind."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.answering import ROOT
from tests.house import tree

_BUILD = "from setuptools.build_meta import build_wheel; build_wheel('made')"


def test_the_wheel_holds_every_file_of_the_packages(tmp_path: Path) -> None:
    written = [
        path for path in tree.files() if path.startswith(tuple(f"{p}/" for p in tree.PACKAGES))
    ]
    for path in [*written, "setup.cfg", "pyproject.toml", "README.md"]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    built = subprocess.run(
        [sys.executable, "-c", _BUILD], cwd=tmp_path, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = (tmp_path / "made").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {*archive.namelist()}
    assert sorted({*written} - held) == []
    assert sorted(path for path in held - {*written} if ".dist-info/" not in path) == []
