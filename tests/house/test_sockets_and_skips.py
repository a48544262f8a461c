"""Tests stay on this machine, and a skip that nobody expected is a failure."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.answering import ROOT, needed, unexpected


def test_a_call_to_another_machine_is_refused_before_a_packet_leaves() -> None:
    with socket.socket() as caller, pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        caller.connect(("192.0.2.1", 80))


def test_a_name_of_another_machine_is_not_even_looked_up() -> None:
    with pytest.raises(RuntimeError, match="example"):
        socket.getaddrinfo("example.invalid", 80)


def test_a_call_on_this_machine_goes_through() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_the_reason_of_a_skip_names_what_was_missing() -> None:
    assert needed("Skipped: needs redis: nothing answers") == ("redis", "nothing answers")


@pytest.mark.parametrize(
    ("reason", "expected", "fails"),
    [
        ("needs redis: nothing answers", "", False),
        ("needs redis: nothing answers", "chromium", False),
        ("needs redis: nothing answers", "chromium, redis", True),
        ("did not feel like it", "", False),
        ("did not feel like it", "redis", True),
    ],
)
def test_a_skip_fails_where_the_thing_was_expected(reason: str, expected: str, fails: bool) -> None:
    assert unexpected(reason, expected) is fails


@pytest.mark.parametrize(("expected", "code"), [("", 0), ("chromium", 0), ("redis", 1)])
def test_a_run_that_expects_a_service_fails_without_it(
    tmp_path: Path, expected: str, code: int
) -> None:
    lines = ["import pytest", "def test_it(): pytest.skip('needs redis: none')"]
    (tmp_path / "test_skips.py").write_text("\n".join(lines))
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider",
         "--rootdir", tmp_path, "-c", os.devnull, tmp_path],
        cwd=ROOT, env={**os.environ, "SW_EXPECT": expected}, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == code, result.stdout + result.stderr
    assert ("Not run: 1 for want of redis (none)" in result.stdout) is (code == 0)
